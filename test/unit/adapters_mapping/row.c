/* One local row -> one event or one fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/adapters_mapping/bench.h"

#define SOURCE "source: {driver: sqlite, table: t, key: [id]}\n"
#define TRAFFIC(columns, rest)                                                         \
    "mapping: 1\ntype: interior.hecho_transito\n" SOURCE                               \
    "event:\n  sql: \"SELECT 'a' AS id_local, " columns "\"\n" rest
#define INCIDENT(columns, rest)                                                        \
    "mapping: 1\ntype: riesgos.incidente\n" SOURCE                                     \
    "event:\n  sql: \"SELECT 'a' AS id_local, " columns "\"\n" rest
#define ONE(field) "  fields: [" field "]\n"

static const struct {
    const char *text;
    const char *want; /* JSON, or "code pointer" */
} cases[] = {
    /* columns */
    {TRAFFIC("3 AS zona, 'x' AS otra", ""),
     "{\"id_local\":\"a\",\"operacion\":\"alta\",\"zona\":3}"},
    {TRAFFIC("NULL AS zona", ""), "{\"id_local\":\"a\",\"operacion\":\"alta\"}"},
    {TRAFFIC("3 AS zona, 'no_aplica' AS \\\"calidad.zona\\\"", ""),
     "{\"calidad\":{\"zona\":\"no_aplica\"},\"id_local\":\"a\",\"operacion\":"
     "\"alta\"}"},
    {TRAFFIC("'anulacion' AS operacion", ""),
     "{\"id_local\":\"a\",\"operacion\":\"alta\"}"},
    /* missing */
    {TRAFFIC("99 AS z",
             ONE("{to: zona, from: z, missing: [{value: 99, reason: "
                 "no_aplica}]}")),
     "{\"calidad\":{\"zona\":\"no_aplica\"},\"id_local\":\"a\",\"operacion\":"
     "\"alta\"}"},
    {TRAFFIC("'99' AS z, 'ilegible' AS \\\"calidad.zona\\\"",
             ONE("{to: zona, from: z, as: int, missing: [{value: 99}]}")),
     "{\"calidad\":{\"zona\":\"ilegible\"},\"id_local\":\"a\",\"operacion\":\"alta\"}"},
    {TRAFFIC("9 AS z", ONE("{to: zona, from: z, missing: [{value: 99}]}")),
     "{\"id_local\":\"a\",\"operacion\":\"alta\",\"zona\":9}"},
    /* as, pad, codes, const */
    {TRAFFIC("'12x' AS z", ONE("{to: zona, from: z, as: int}")), "conversion /zona"},
    {TRAFFIC("101 AS m", ONE("{to: municipio, from: m, pad: 4, codes: municipios}")),
     "{\"id_local\":\"a\",\"municipio\":\"0101\",\"operacion\":\"alta\"}"},
    {TRAFFIC("199 AS m", ONE("{to: municipio, from: m, pad: 4, codes: municipios}")),
     "unknown_code /municipio"},
    {TRAFFIC("1 AS x", ONE("{to: zona, const: 5}")),
     "{\"id_local\":\"a\",\"operacion\":\"alta\",\"zona\":5}"},
    {TRAFFIC("1 AS x", ONE("{to: norma, const: 2018}")),
     "{\"id_local\":\"a\",\"norma\":\"2018\",\"operacion\":\"alta\"}"},
    /* crosswalks: the output in the field's own type */
    {TRAFFIC("'col' AS t", ONE("{to: tipo_eve, from: t, crosswalk: pnc_tipo_evento}")),
     "{\"id_local\":\"a\",\"operacion\":\"alta\",\"tipo_eve\":1}"},
    {TRAFFIC("'ZZZ' AS t", ONE("{to: tipo_eve, from: t, crosswalk: pnc_tipo_evento}")),
     "no_match /tipo_eve"},
    {INCIDENT("'petén' AS d, 'San  BENITO' AS m",
              ONE("{to: municipio, from: [d, m], crosswalk: [municipio_nombre, "
                  "desinventar_municipio]}")),
     "{\"id_local\":\"a\",\"municipio\":\"1703\",\"operacion\":\"alta\"}"},
    {INCIDENT("'San Marcos' AS d, 'TAJAMULCO' AS m",
              ONE("{to: municipio, from: [d, m], crosswalk: [municipio_nombre, "
                  "desinventar_municipio]}")),
     "{\"id_local\":\"a\",\"municipio\":\"1209\",\"operacion\":\"alta\"}"},
    {INCIDENT("'Huehuetenango' AS d, 'CONCEPCION' AS m",
              ONE("{to: municipio, from: [d, m], crosswalk: [municipio_nombre, "
                  "desinventar_municipio]}")),
     "ambiguous /municipio"},
    {INCIDENT("'Petén' AS d, NULL AS m",
              ONE("{to: municipio, from: [d, m], crosswalk: municipio_nombre}")),
     "{\"id_local\":\"a\",\"operacion\":\"alta\"}"},
    /* parts */
    {TRAFFIC("2017 AS a, 3 AS m, 9 AS d, 16 AS h",
             ONE("{to: ocurrido_en, parts: [a, m, d, h], missing: [{value: 99, part: "
                 "hora}]}")),
     "{\"id_local\":\"a\",\"ocurrido_en\":\"2017-03-09T16:00:00-06:00\","
     "\"ocurrido_precision\":\"hora\",\"operacion\":\"alta\"}"},
    {TRAFFIC("2017 AS a, 3 AS m, 9 AS d, 99 AS h",
             ONE("{to: ocurrido_en, parts: [a, m, d, h], missing: [{value: 99, part: "
                 "h}]}")),
     "{\"id_local\":\"a\",\"ocurrido_en\":\"2017-03-09T00:00:00-06:00\","
     "\"ocurrido_precision\":\"dia\",\"operacion\":\"alta\"}"},
    {TRAFFIC("'2017' AS a, '3' AS m, NULL AS d, '5' AS h",
             ONE("{to: ocurrido_en, parts: [a, m, d, h]}")),
     "{\"id_local\":\"a\",\"ocurrido_en\":\"2017-03-01T00:00:00-06:00\","
     "\"ocurrido_precision\":\"mes\",\"operacion\":\"alta\"}"},
    {TRAFFIC("NULL AS a, 3 AS m", ONE("{to: ocurrido_en, parts: [a, m]}")),
     "{\"id_local\":\"a\",\"operacion\":\"alta\"}"},
    {TRAFFIC("2009 AS a, 6 AS m, 31 AS d", ONE("{to: ocurrido_en, parts: [a, m, d]}")),
     "date /ocurrido_en"},
    {TRAFFIC("2009 AS a, 6 AS m, '3x' AS d",
             ONE("{to: ocurrido_en, parts: [a, m, d]}")),
     "conversion /ocurrido_en"},
    {TRAFFIC("2009 AS a, 'ilegible' AS \\\"calidad.ocurrido_en\\\"",
             ONE("{to: ocurrido_en, parts: [a]}")),
     "{\"calidad\":{\"ocurrido_en\":\"ilegible\"},\"id_local\":\"a\","
     "\"operacion\":\"alta\"}"},
    /* the first fault is the row's */
    {TRAFFIC("'x' AS z, 'y' AS m",
             ONE("{to: zona, from: z, as: int}, {to: municipio, from: m, pad: 4}")),
     "conversion /zona"},
};

static void check_case(struct bench *b, const char *text, const char *want)
{
    struct sb_mapping *m = NULL;
    int rc = bench_mapping(b, text, &m);
    if (rc)
        print_error("%s\n", b->err.text);
    assert_int_equal(rc, 0);
    const char *got = NULL;
    struct sb_map_fault fault;
    if (bench_map(b, m, &got, &fault) == 1)
        got = sb_arena_str(b->arena, "%s %s", sb_code_name(fault.code), fault.pointer);
    assert_string_equal(got, want);
    sb_mapping_free(m);
}

static void maps(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(b, cases[i].text, cases[i].want);
}

static void id_is_text(void **state)
{
    struct bench *b = *state;
    check_case(b,
               "mapping: 1\ntype: riesgos.sismo\n" SOURCE
               "event: {sql: SELECT 15 AS id_local}\n",
               "{\"id_local\":\"15\",\"operacion\":\"alta\"}");
    check_case(b,
               "mapping: 1\ntype: riesgos.sismo\n" SOURCE
               "event: {sql: 'SELECT 15 AS n', fields: [{to: id_local, from: n}]}\n",
               "{\"id_local\":\"15\",\"operacion\":\"alta\"}");
    check_case(b,
               "mapping: 1\ntype: riesgos.sismo\n" SOURCE
               "event: {sql: SELECT NULL AS id_local}\n",
               "invalid /id_local");
}

#define PERSONS(sql, fields)                                                           \
    "mapping: 1\ntype: interior.hecho_transito\n" SOURCE                               \
    "event: {sql: \"SELECT 'a' AS id_local, 4 AS muni\"}\n"                            \
    "arrays:\n- to: personas\n  table: p\n  key: [id]\n  sql: \"" sql "\"\n" fields

static void maps_arrays(void **state)
{
    struct bench *b = *state;
    bench_sql(b,
              (const char *const[]){"CREATE TABLE p(id, muni, edad, sexo)",
                                    "INSERT INTO p VALUES(7, 4, 33, 'M'), "
                                    "(7, 4, 999, 'F'), (7, 5, 1, 'M'), (8, 4, 1, 'M')",
                                    NULL});
    check_case(b,
               PERSONS("SELECT edad, sexo FROM p WHERE id = :id AND muni = :muni",
                       "  fields:\n"
                       "  - {to: edad, missing: [{value: 999, reason: ilegible}]}\n"
                       "  - {to: sexo, crosswalk: pnc_sexo}\n"),
               "{\"id_local\":\"a\",\"operacion\":\"alta\",\"personas\":["
               "{\"edad\":33,\"sexo\":\"H\"},"
               "{\"calidad\":{\"edad\":\"ilegible\"},\"sexo\":\"M\"}]}");
    check_case(b,
               PERSONS("SELECT edad FROM p WHERE id = :id AND 0", ""),
               "{\"id_local\":\"a\",\"operacion\":\"alta\",\"personas\":[]}");
    check_case(b,
               PERSONS("SELECT 'x' AS e, muni FROM p WHERE id = :id ORDER BY muni DESC",
                       "  fields: [{to: edad, from: e, as: int}]\n"),
               "conversion /personas/0/edad");
}

/* With a reason for the whole array its query is not run. */
static void omits_arrays(void **state)
{
    struct bench *b = *state;
    check_case(b,
               "mapping: 1\ntype: interior.hecho_transito\n" SOURCE
               "event:\n  sql: \"SELECT 'a' AS id_local, 'no_registrado' AS "
               "\\\"calidad.personas\\\"\"\n"
               "arrays: [{to: personas, sql: SELECT nada FROM ninguna}]\n",
               "{\"calidad\":{\"personas\":\"no_registrado\"},\"id_local\":\"a\","
               "\"operacion\":\"alta\"}");
}

/* An array of plain values: its column is `valor`. */
static void maps_plain_elements(void **state)
{
    struct bench *b = *state;
    check_case(b,
               "mapping: 1\ntype: comun.alerta\n" SOURCE
               "event: {sql: SELECT 'a' AS id_local}\n"
               "arrays:\n- to: area\n  sql: SELECT 1 AS n UNION ALL SELECT 2\n"
               "  fields: [{to: valor, from: n, pad: 2, codes: departamentos}]\n",
               "{\"area\":[\"01\",\"02\"],\"id_local\":\"a\",\"operacion\":\"alta\"}");
}

/* Rows that the arrays read are told, whether the event maps or not. */
static void tells_used_rows(void **state)
{
    struct bench *b = *state;
    struct sb_mapping *m = NULL;
    int rc = bench_mapping(b,
                           "mapping: 1\ntype: interior.hecho_transito\n" SOURCE
                           "event:\n  sql: \"SELECT 'a' AS id_local, 'x' AS z\"\n"
                           "  fields: [{to: zona, from: z, as: int}]\n"
                           "arrays:\n- to: personas\n  table: p\n"
                           "  sql: SELECT 11 AS _row UNION ALL SELECT 12\n",
                           &m);
    assert_int_equal(rc, 0);
    struct sb_map_fault fault;
    const char *json = NULL;
    assert_int_equal(bench_map(b, m, &json, &fault), 1);
    assert_int_equal(fault.n_used, 2);
    assert_int_equal(fault.used[1].row, 12);
    assert_true(sb_bytes_is(fault.used[1].table, "p"));
    assert_true(sb_bytes_is(fault.id_local, "a"));
    sb_mapping_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maps, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(id_is_text, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(maps_arrays, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(omits_arrays, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(
            maps_plain_elements, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(tells_used_rows, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests_name("adapters.mapping.row", tests, NULL, NULL);
}
