/* Files dropped into a folder: what is published, what is not, and what the report
 * says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/adapters_csv/drop.h"

#define HEADER                                                                         \
    "n\xc3\xbam_corre,a\xc3\xb1o_ocu,mes_ocu,d\xc3\xad"                                \
    "a_ocu,hora_ocu,mupio_ocu,"                                                        \
    "depto_ocu,zona_ocu,tipo_eve,tipo_veh,marca_veh,color_veh,modelo_veh\n"
#define EVENT(n, hour, kind) n ",2019,1,2," hour ",115,1,99," kind ",4,32,5,2001\n"
#define PHEADER                                                                        \
    "a\xc3\xb1o_ocu,mes_ocu,d\xc3\xad"                                                 \
    "a_ocu,hora_ocu,mupio_ocu,zona_ocu,"                                               \
    "tipo_eve,sexo_per,edad_per,fall_les,int_o_noint\n"
#define PERSON(hour, kind, rest) "2019,1,2," hour ",115,99," kind "," rest "\n"
#define HECHOS "ine_transito_hechos_2019.csv"
#define PERSONAS "ine_transito_fallecidos_lesionados_2019.csv"

static void put(struct drop *d, const char *name, const char *text)
{
    drop_put(d, name, text, strlen(text));
}

static void put_both(struct drop *d, const char *events, const char *persons)
{
    put(d, HECHOS, events);
    put(d, PERSONAS, persons);
}

static const char events3[] =
    HEADER EVENT("1", "10", "1") EVENT("2", "11", "1") EVENT("3", "12", "2");
static const char persons3[] =
    PHEADER PERSON("10", "1", "1,20,1,1") PERSON("10", "1", "2,999,2,9")
        PERSON("12", "2", "2,99,2,1") PERSON("15", "2", "1,30,2,1");

/* The word stands in the file. */
static bool says(const struct drop *d, const char *path, const char *word)
{
    char *text = drop_report(d, path);
    bool found = strstr(text, word) != NULL;
    if (!found)
        print_error("%s\n", text);
    free(text);
    return found;
}

static void publishes_and_reports(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d, events3, persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 3);
    assert_int_equal(d.counts.with, 3);
    assert_int_equal(d.counts.no_persons, 1);
    assert_int_equal(drop_reason(&d, "persona_sin_evento"), 1);
    assert_string_equal(d.counts.last_key, PERSONAS ":5");
    assert_false(drop_exists(&d, "in/" HECHOS));
    assert_true(drop_exists(&d, "done/" PERSONAS));
    assert_true(says(&d, "done/" HECHOS ".report.json", "\"published\": 3"));
    assert_true(says(&d, "done/" PERSONAS ".report.json", "\"rows\": 4"));
    assert_true(says(&d, "done/" PERSONAS ".report.json", "\"persona_sin_evento\""));
    drop_close(&d);
}

static void waits_for_the_whole_set(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put(&d, HECHOS, events3);
    put(&d, "ine_transito_fallecidos_lesionados_2018.csv", persons3);
    put(&d, "otra_cosa.csv", "a\n");
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.batches, 0);
    assert_true(drop_exists(&d, "in/" HECHOS));
    put(&d, PERSONAS, persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 3);
    assert_true(drop_exists(&d, "in/otra_cosa.csv"));
    drop_close(&d);
}

static void a_second_drop_adds_nothing(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d, events3, persons3);
    assert_true(drop_drain(&d));
    put_both(&d, events3, persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.batches, 0);
    assert_true(says(&d, "done/" HECHOS "~2.report.json", "\"repeated\": true"));
    drop_close(&d);
}

/* One changed, one new, one gone, one as it was. */
static void a_changed_row_is_a_correction(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d, events3, persons3);
    assert_true(drop_drain(&d));
    put_both(&d,
             HEADER EVENT("1", "10", "1") EVENT("2", "11", "3") EVENT("4", "9", "1"),
             persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 1);
    assert_int_equal(d.counts.correccion, 1);
    assert_int_equal(drop_reason(&d, "persona_sin_evento"), 2);
    const char *report = "done/" HECHOS "~2.report.json";
    assert_true(says(&d, report, "\"unchanged\": 1"));
    assert_true(says(&d, report, "\"correccion\": 1"));
    assert_true(says(&d, report, "\"2019-3\""));
    drop_close(&d);
}

/* An event in quarantine takes its persons along; so does one the catalogue refuses. */
static void persons_go_with_their_event(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d,
             HEADER "1,2019,2,30,10,115,1,99,1,4,32,5,2001\n"
                    "2,2019,1,2,11,115,2,99,1,4,32,5,2001\n",
             PHEADER "2019,2,30,10,115,99,1,1,20,1,1\n" PERSON("11", "1", "1,20,1,1")
                 PERSON("11", "1", "1,21,1,1"));
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 0);
    assert_int_equal(drop_reason(&d, "date"), 1);
    assert_int_equal(drop_reason(&d, "invalid"), 1);
    assert_int_equal(d.counts.parents, 3);
    assert_true(says(&d, "done/" PERSONAS ".report.json", "\"evento_en_cuarentena\""));
    assert_true(says(&d, "done/" PERSONAS ".report.json", "\"SB-318\""));
    /* Mended, it is an alta: nothing was published before. */
    put_both(&d,
             HEADER "2,2019,1,2,11,115,1,99,1,4,32,5,2001\n",
             PHEADER PERSON("11", "1", "1,20,1,1") PERSON("11", "1", "1,21,1,1"));
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 1);
    drop_close(&d);
}

static void an_id_twice_is_nobody(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d,
             HEADER EVENT("1", "10", "1") EVENT("2", "11", "1") EVENT("1", "12", "1"),
             PHEADER PERSON("10", "1", "1,20,1,1"));
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 1);
    assert_int_equal(drop_reason(&d, "duplicate_id"), 2);
    assert_int_equal(d.counts.parents, 1);
    drop_close(&d);
}

static void a_ragged_row_is_quarantined(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(
        &d, HEADER EVENT("1", "10", "1") "2,2019,1,2\n" EVENT("3", "12", "1"), PHEADER);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 2);
    assert_int_equal(drop_reason(&d, "csv_row"), 1);
    assert_string_equal(d.counts.last_key, HECHOS ":3");
    assert_true(says(&d, "done/" HECHOS ".report.json", "\"rows\": 3"));
    drop_close(&d);
}

static void a_missing_column_refuses(void **state)
{
    (void)state;
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put_both(&d, HEADER EVENT("1", "10", "1"), "a\xc3\xb1o_ocu,mes_ocu\n2019,1\n");
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.batches, 0);
    assert_true(drop_exists(&d, "refused/" HECHOS));
    assert_true(says(&d, "refused/" PERSONAS ".report.json", "\"SB-320\""));
    put_both(&d, events3, persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 3);
    drop_close(&d);
}

/* Only the file that cannot be read is refused; its companion waits. */
static void a_bad_file_is_refused_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {"a,a\n1,2\n",
                                      "a,\n1,2\n",
                                      "_a,b\n1,2\n",
                                      "a,b;c\n",
                                      "",
                                      "a,b\n\"1,2\n",
                                      "a\n\x81\n"};
    struct drop d;
    drop_open(&d, "transito_ine.map.yaml");
    put(&d, HECHOS, events3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(&d, PERSONAS, bad[i]);
        assert_true(drop_drain(&d));
        assert_int_equal(d.counts.batches, 0);
        assert_true(drop_exists(&d, "in/" HECHOS));
        assert_false(drop_exists(&d, "in/" PERSONAS));
    }
    assert_true(says(&d, "refused/" PERSONAS ".report.json", "\"SB-320\""));
    put(&d, PERSONAS, persons3);
    assert_true(drop_drain(&d));
    assert_int_equal(d.counts.alta, 3);
    drop_close(&d);
}

#define REST                                                                           \
    "  - {to: tipo_magnitud, const: mb}\n  - {to: profundidad, const: 10}\n"           \
    "  - {to: revision, const: revisado}\n"

/* The same row in every dress that a file may wear. */
static void every_dress_is_the_same(void **state)
{
    (void)state;
#define SISMO_MAP                                                                      \
    "mapping: 1\ntype: riesgos.sismo\nsource:\n  driver: csv\n  folder: in\n"          \
    "  set: [{table: s, file: 's_(\\w+)\\.csv'}]\n"                                    \
    "event:\n  sql: SELECT _row, n\xc3\xbamero_de_red AS id_local, a\xc3\xb1o, "       \
    "latitud AS "                                                                      \
    "la, longitud AS lo, mag FROM s\n"                                                 \
    "  fields:\n  - {to: ocurrido_en, parts: [a\xc3\xb1o]}\n"                          \
    "  - {to: lat, from: la, as: number}\n  - {to: lon, from: lo, as: number}\n"       \
    "  - {to: magnitud, from: mag, as: number}\n" REST
    static const char *const dress[] = {
        "N\xc3\xbamero de red,A\xc3\xb1o,Latitud,Longitud,mag\nx,2017,14.5,-90,5\n",
        "\xef\xbb\xbfN\xc3\xbamero de red,A\xc3\xb1o,Latitud,Longitud,mag\r\n"
        "x,2017,14.5,-90,5\r\n",
        "n\xc3\xbamero  de red;a\xc3\xb1o;LATITUD;longitud;mag\nx;2017;14.5;-90;5\n",
        "N\xfamero de red\tA\xf1o\tLatitud\tLongitud\tmag\nx\t2017\t14.5\t-90\t5\n",
        "Nu\xcc\x81mero de red,An\xcc\x83o,Latitud,Longitud,mag\nx,2017,14.5,-90,5\n",
        "mag,Longitud,Latitud, A\xc3\xb1o ,\"N\xc3\xbamero de "
        "red\"\n5,-90,14.5,2017,x\n",
        "mag,Longitud,Latitud,a\xc3\xb1o,n\xc3\xbamero de red,de m\xc3\xa1s\n"
        "5,-90,14.5,2017,x,y\n",
    };
    struct drop d;
    drop_open(&d, SISMO_MAP);
    for (size_t i = 0; i < sizeof dress / sizeof *dress; i++) {
        char name[32];
        snprintf(name, sizeof name, "s_%zu.csv", i);
        put(&d, name, dress[i]);
        assert_true(drop_drain(&d));
        assert_int_equal(d.counts.alta, i == 0); /* later ones are the same fact */
        assert_int_equal(d.counts.correccion, 0);
        snprintf(name, sizeof name, "done/s_%zu.csv.report.json", i);
        assert_true(says(&d, name, i ? "\"unchanged\": 1" : "\"published\": 1"));
    }
    assert_true(says(&d, "done/s_6.csv.report.json", "de_m\xc3\xa1s"));
    drop_close(&d);
}

/* A record that nothing uses, or two events use, is the mapping's fault. */
static void accounting_stops_the_set(void **state)
{
    (void)state;
    static const char *const maps[] = {
        "mapping: 1\ntype: riesgos.sismo\nsource:\n  driver: csv\n  folder: in\n"
        "  set: [{table: s, file: 's_(\\w+)\\.csv'}]\nevent:\n"
        "  sql: SELECT _row, id, id AS id_local FROM s WHERE 0\n  fields:\n"
        "  - {to: ocurrido_en, parts: [id]}\n  - {to: lat, from: id}\n"
        "  - {to: lon, from: id}\n  - {to: magnitud, from: id}\n" REST,
        "mapping: 1\ntype: riesgos.sismo\nsource:\n  driver: csv\n  folder: in\n"
        "  set: [{table: s, file: 's_(\\w+)\\.csv'}]\nevent:\n"
        "  sql: SELECT _row, id, id AS id_local FROM s\n  fields:\n"
        "  - {to: ocurrido_en, parts: [id]}\n  - {to: lat, from: id}\n"
        "  - {to: lon, from: id}\n  - {to: magnitud, from: id}\n" REST
        "leftover:\n- {table: s, sql: \"SELECT _row, 'x' AS motivo FROM s\"}\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct drop d;
        drop_open(&d, maps[i]);
        put(&d, "s_1.csv", "id\n2017\n");
        assert_true(drop_drain(&d));
        assert_true(says(&d, "refused/s_1.csv.report.json", "\"SB-312\""));
        assert_true(says(&d, "refused/s_1.csv.report.json", "line 2 of s_1.csv"));
        drop_close(&d);
    }
}

/* Crashes at every batch, before and after the outbox has it: nothing is given twice,
 * nothing is missed. */
static void a_crash_is_made_good(void **state)
{
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        struct drop d;
        size_t alta = 0;
        size_t left = 0;
        size_t refused = 0;
        drop_open(&d, "transito_ine.map.yaml");
        d.chunk = 1;
        d.crash_at = 1;
        d.crash_stored = stored;
        put_both(
            &d,
            HEADER EVENT("1", "10", "1") "2,2019,1,2,11,115,2,99,1,4,32,5,2001\n" EVENT(
                "3", "12", "2"),
            persons3);
        bool over = false;
        for (int i = 0; i < 20 && !over; i++) {
            over = drop_drain(&d);
            alta += d.counts.alta;
            left += drop_reason(&d, "persona_sin_evento");
            refused += drop_reason(&d, "invalid");
            if (!stored && !over) { /* at once again; the next time a batch later */
                drop_restart(&d);
                d.crash_at = 0;
                over = drop_drain(&d);
                alta += d.counts.alta;
                left += drop_reason(&d, "persona_sin_evento");
                refused += drop_reason(&d, "invalid");
            }
            drop_restart(&d);
        }
        assert_true(over);
        assert_int_equal(alta, 2);
        assert_int_equal(left, 1);
        assert_int_equal(refused, 1);
        assert_true(says(&d, "done/" HECHOS ".report.json", "\"published\": 2"));
        drop_close(&d);
    }
}

static void serves_mapping_check(void **state)
{
    (void)state;
    struct drop d;
    struct sb_db *db = NULL;
    struct sb_err err = {0};
    drop_open(&d, "transito_ine.map.yaml");
    assert_int_equal(sb_csv_driver.mapping_db(&db, d.mapping, NULL, &err),
                     SB_E_NOT_FOUND);
    put_both(&d, events3, persons3);
    assert_int_equal(sb_csv_driver.mapping_db(&db, d.mapping, NULL, &err), 0);
    assert_int_equal(sb_mapping_check(d.mapping, db, &err), 0);
    db->ops->close(db);
    drop_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_and_reports),
        cmocka_unit_test(waits_for_the_whole_set),
        cmocka_unit_test(a_second_drop_adds_nothing),
        cmocka_unit_test(a_changed_row_is_a_correction),
        cmocka_unit_test(persons_go_with_their_event),
        cmocka_unit_test(an_id_twice_is_nobody),
        cmocka_unit_test(a_ragged_row_is_quarantined),
        cmocka_unit_test(a_missing_column_refuses),
        cmocka_unit_test(a_bad_file_is_refused_alone),
        cmocka_unit_test(every_dress_is_the_same),
        cmocka_unit_test(accounting_stops_the_set),
        cmocka_unit_test(a_crash_is_made_good),
        cmocka_unit_test(serves_mapping_check),
    };
    return cmocka_run_group_tests_name("adapters.csv.folder", tests, NULL, NULL);
}
