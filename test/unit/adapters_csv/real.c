/* The real files give the counts that adapters/examples/README.md states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/unit/adapters_csv/drop.h"

static const char *domain = SB_TEST_DOMAIN;

static void check_traffic(struct drop *d, const char *year, const size_t want[4])
{
    char name[80];
    snprintf(name, sizeof name, "ine_transito_hechos_%s.csv", year);
    drop_copy(d, domain, name);
    snprintf(name, sizeof name, "ine_transito_fallecidos_lesionados_%s.csv", year);
    drop_copy(d, domain, name);
    assert_true(drop_drain(d));
    printf("traffic %s: %zu events, %zu victims joined, %zu without event, %zu with "
           "several\n",
           year,
           d->counts.alta,
           d->counts.with,
           drop_reason(d, "persona_sin_evento"),
           drop_reason(d, "persona_varios_eventos"));
    assert_int_equal(d->counts.alta, want[0]);
    assert_int_equal(d->counts.correccion, 0);
    assert_int_equal(d->counts.with, want[1]);
    assert_int_equal(drop_reason(d, "persona_sin_evento"), want[2]);
    assert_int_equal(drop_reason(d, "persona_varios_eventos"), want[3]);
    assert_int_equal(d->counts.parents, 0);
}

static void traffic(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    check_traffic(&d, "2017", (const size_t[]){5879, 8371, 172, 82});
    check_traffic(&d, "2018", (const size_t[]){6395, 8952, 375, 80});
    drop_copy(&d, domain, "ine_transito_hechos_2017.csv");
    drop_copy(&d, domain, "ine_transito_fallecidos_lesionados_2017.csv");
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.batches, 0);
    assert_true(drop_exists(&d, "done/ine_transito_hechos_2017.csv~2.report.json"));
    drop_close(&d);
}

static void disasters(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "desinventar.map.yaml");
    drop_copy(&d, domain, "riesgos_desinventar_2005_2015.csv");
    assert_true(drop_drain(&d));
    printf("disasters: %zu events (%zu without a municipality), %zu ambiguous, %zu "
           "impossible dates\n",
           d.counts.alta,
           d.counts.no_municipality,
           drop_reason(&d, "ambiguous"),
           drop_reason(&d, "date"));
    assert_int_equal(d.counts.alta, 3895);
    assert_int_equal(d.counts.no_municipality, 73);
    assert_int_equal(drop_reason(&d, "ambiguous"), 4);
    assert_int_equal(drop_reason(&d, "date"), 1);
    drop_close(&d);
}

static void earthquakes(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "usgs_sismos.map.yaml");
    drop_copy(&d, domain, "usgs_sismos_m5_gtm_2013_2023.csv");
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 186);
    assert_int_equal(d.counts.reasons[0].n, 0);
    drop_close(&d);
}

int main(void)
{
    const char *elsewhere = getenv("SACBE_DOMAIN");
    if (elsewhere)
        domain = elsewhere;
    if (access(domain, R_OK) != 0) {
        printf("skipped: no real files at %s (SACBE_DOMAIN)\n", domain);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic),
        cmocka_unit_test(disasters),
        cmocka_unit_test(earthquakes),
    };
    return cmocka_run_group_tests_name("adapters.csv.real", tests, NULL, NULL);
}
