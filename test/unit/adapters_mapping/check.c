/* A mapping held against the database: what would fail later is refused now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/adapters_mapping/bench.h"

#define SOURCE                                                                         \
    "mapping: 1\ntype: interior.hecho_transito\n"                                      \
    "source: {driver: sqlite, table: t, key: [id]}\n"
#define FIELDS                                                                         \
    "  fields:\n"                                                                      \
    "  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"                                 \
    "  - {to: municipio, from: muni, pad: 4, codes: municipios}\n"                     \
    "  - {to: tipo_eve, from: tipo, codes: tipo_eve}\n"
#define EVENT                                                                          \
    "event:\n"                                                                         \
    "  sql: SELECT id AS id_local, anio, mes, dia, muni, tipo FROM t WHERE id = "      \
    ":id\n" FIELDS
#define PERSONS                                                                        \
    "arrays:\n"                                                                        \
    "- to: personas\n"                                                                 \
    "  table: p\n"                                                                     \
    "  key: [id]\n"

static const struct {
    const char *text;
    const char *said; /* NULL: accepted */
} cases[] = {
    {SOURCE EVENT, NULL},
    {SOURCE EVENT PERSONS "  sql: SELECT sexo, res AS fall_les FROM p WHERE id = :id\n"
                          "  fields: [{to: sexo, crosswalk: pnc_sexo}]\n",
     NULL},
    {SOURCE "event:\n  sql: SELECT nada FROM t\n", "no such column: nada"},
    {SOURCE "event:\n  sql: SELEC 1\n", "syntax error"},
    {SOURCE "event:\n  sql: DELETE FROM t\n", "no SELECT"},
    {SOURCE "event:\n  sql: SELECT 1 AS a, 2 AS a\n", "two columns are called \"a\""},
    {SOURCE "event:\n  sql: SELECT id AS id_local FROM t WHERE id = :ids\n",
     "parameter \"ids\" is not known (did you mean \"id\"?)"},
    {SOURCE "event:\n  sql: SELECT id AS id_local, anio, mes, dia, muni AS mun, tipo "
            "FROM t\n" FIELDS,
     "column \"muni\" is not known (did you mean \"mun\"?)"},
    {SOURCE "event:\n  sql: SELECT id, anio, mes, dia, muni, tipo FROM t\n" FIELDS,
     "nothing fills \"id_local\""},
    {SOURCE "event:\n  sql: SELECT id AS id_local, tipo, anio, mes, dia FROM t\n"
            "  fields:\n  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"
            "  - {to: tipo_eve, from: tipo, codes: tipo_eve}\n",
     "nothing fills \"municipio\""},
    {SOURCE "event:\n  sql: SELECT id AS id_local, tipo, anio, mes, dia, "
            "'no_registrado' AS \"calidad.municipio\" FROM t\n"
            "  fields:\n  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"
            "  - {to: tipo_eve, from: tipo, codes: tipo_eve}\n",
     NULL},
    {SOURCE "event:\n  sql: SELECT id AS id_local, anio, mes, dia, muni, tipo, "
            "'no_aplica' AS \"calidad.zoma\" FROM t\n" FIELDS,
     "did you mean \"zona\""},
    {SOURCE "event:\n  sql: SELECT id AS id_local, anio, mes, dia, tipo, muni AS "
            "municipio FROM t\n"
            "  fields:\n  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"
            "  - {to: tipo_eve, from: tipo, codes: tipo_eve}\n",
     "\"municipio\" is a code"},
    {SOURCE "event:\n  sql: SELECT id AS id_local, anio, mes, dia, muni, tipo FROM t\n"
            "  fields:\n  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"
            "  - {to: municipio, from: muni, pad: 4, codes: municipios}\n"
            "  - {to: tipo_eve, from: tipo, as: int}\n",
     "\"tipo_eve\" is a code"},
    {SOURCE EVENT PERSONS "  sql: SELECT sexo FROM p WHERE id = :id\n"
                          "  fields: [{to: sexo, crosswalk: pnc_sexo}]\n",
     "nothing fills \"fall_les\" of \"personas\""},
    {SOURCE EVENT PERSONS "  sql: SELECT sexo, res AS fall_les FROM p WHERE id = :idd\n"
                          "  fields: [{to: sexo, crosswalk: pnc_sexo}]\n",
     "parameter \"idd\""},
    {SOURCE EVENT PERSONS "  sql: SELECT sexo, res AS fall_les FROM q WHERE id = :id\n",
     "no such table: q"},
};

static void judges(void **state)
{
    struct bench *b = *state;
    bench_sql(b,
              (const char *const[]){
                  "CREATE TABLE t(id INTEGER PRIMARY KEY, anio, mes, dia, muni, tipo)",
                  "CREATE TABLE p(id, sexo, res)",
                  NULL});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb_mapping *m = NULL;
        int rc = bench_mapping(b, cases[i].text, &m);
        if (rc)
            print_error("case %zu does not load: %s\n", i, b->err.text);
        assert_int_equal(rc, 0);
        rc = sb_mapping_check(m, b->db, &b->err);
        const char *want = cases[i].said;
        bool fine = want ? rc != 0 && strstr(b->err.text, want) : rc == 0;
        if (!fine)
            print_error("case %zu: %d \"%s\"\n", i, rc, b->err.text);
        assert_true(fine);
        if (rc)
            assert_memory_equal(b->err.text, b->path, strlen(b->path));
        sb_mapping_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(judges, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests_name("adapters.mapping.check", tests, NULL, NULL);
}
