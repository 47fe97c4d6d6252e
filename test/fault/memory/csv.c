/* fault.memory.csv: two files staged, mapped and reported without memory. What the
 * outbox has is not given again, what it has not comes, and no file is refused and no
 * row quarantined for want of memory. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/adapters_csv/drop.h"

#include <stdio.h>

#define HECHOS "ine_transito_hechos_2019.csv"
#define PERSONAS "ine_transito_fallecidos_lesionados_2019.csv"
#define EVENTS 6u

static const char events[] =
    "n\xc3\xbam_corre,a\xc3\xb1o_ocu,mes_ocu,d\xc3\xad"
    "a_ocu,hora_ocu,mupio_ocu,"
    "depto_ocu,zona_ocu,tipo_eve,tipo_veh,marca_veh,color_veh,modelo_veh\n"
    "1,2019,1,2,10,115,1,99,1,4,32,5,2001\n"
    "2,2019,1,2,11,115,1,99,1,4,32,5,2001\n"
    "3,2019,1,2,12,115,1,99,2,4,32,5,2001\n"
    "4,2019,1,2,13,115,1,99,2,4,32,5,2001\n"
    "5,2019,1,2,14,115,1,99,2,4,32,5,2001\n"
    "6,2019,1,2,15,115,1,99,2,4,32,5,2001\n";
static const char persons[] = "a\xc3\xb1o_ocu,mes_ocu,d\xc3\xad"
                              "a_ocu,hora_ocu,mupio_ocu,zona_ocu,"
                              "tipo_eve,sexo_per,edad_per,fall_les,int_o_noint\n"
                              "2019,1,2,10,115,99,1,1,20,1,1\n"
                              "2019,1,2,10,115,99,1,2,999,2,9\n"
                              "2019,1,2,12,115,99,2,2,99,2,1\n";

struct place {
    struct drop d;
    size_t given; /* events that the outbox has */
};

static void begin(void *ctx)
{
    struct place *p = ctx;
    p->given = 0;
    drop_empty(&p->d);
    drop_put(&p->d, HECHOS, events, strlen(events));
    drop_put(&p->d, PERSONAS, persons, strlen(persons));
}

/* The engine's part, which has memory of its own: the outbox's transaction. */
static int keep(struct place *p, const struct sb_source_batch *b, struct sb_err *err)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->changes[i].code)
            return sb_fail(err, SB_E_INTERNAL, "quarantined: %d", b->changes[i].code);
    p->given += b->n;
    snprintf(p->d.token, sizeof p->d.token, "%.*s", SB_FMT(b->token));
    return 0;
}

static int run(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_source *s = NULL;
    struct sb_source_batch b;
    char state[300];
    snprintf(state, sizeof state, "%s/state", p->d.root);
    struct sb_source_options options = {
        .mapping = p->d.mapping, .state_dir = state, .name = "test"};
    int rc = sb_csv_driver.source->open(&s, &options, err);
    if (rc != 0)
        return rc;
    rc = s->ops->recover(s, sb_bytes_str(p->d.token), err);
    while (rc == 0 && (rc = s->ops->next(s, 4, &b, err)) == 1) {
        rc = 0;
        if (b.n == 0)
            continue;
        rc = keep(p, &b, err);
        if (rc == 0)
            rc = s->ops->done(s, err);
    }
    s->ops->close(s);
    return rc;
}

static void judge(void *ctx, int rc)
{
    struct place *p = ctx;
    drop_start(&p->d);
    assert_true(drop_drain(&p->d));
    assert_int_equal(p->given + p->d.counts.alta, EVENTS);
    assert_int_equal(p->d.counts.correccion, 0);
    assert_int_equal(p->d.counts.reasons[0].n, 0);
    assert_true(rc != 0 || p->given == EVENTS);
    assert_true(drop_exists(&p->d, "done/" HECHOS ".report.json"));
    assert_true(drop_exists(&p->d, "done/" PERSONAS));
    assert_false(drop_exists(&p->d, "in/" HECHOS));
    drop_stop(&p->d);
}

static void a_folder_of_files(void **state)
{
    struct place p;
    struct exhaust_scenario s = {.name = "csv",
                                 .begin = begin,
                                 .run = run,
                                 .judge = judge,
                                 .most = 6,
                                 .most_full = 1500};
    (void)state;
    drop_open(&p.d, "transito_ine.map.yaml");
    drop_stop(&p.d);
    exhaust_each(&s, &p);
    drop_close(&p.d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_folder_of_files)};
    return cmocka_run_group_tests_name("fault.memory.csv", tests, NULL, NULL);
}
