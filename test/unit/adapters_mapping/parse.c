/* A mapping file is read strictly: each fault with its line, and a suggestion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/adapters_mapping/bench.h"

#define HEAD                                                                           \
    "mapping: 1\n"                                                                     \
    "type: interior.hecho_transito\n"                                                  \
    "source: {driver: sqlite, table: t, key: [id]}\n"                                  \
    "event:\n"                                                                         \
    "  sql: SELECT 1 AS id_local FROM t WHERE id = :id\n"

static const struct {
    const char *text;
    int code;
    const char *said; /* part of the message */
} faults[] = {
    {"mapping: 2\n", SB_E_CONFIG_RANGE, ":1: "},
    {"mapping: 1\ntipe: x\n", SB_E_CONFIG_UNKNOWN_KEY, "did you mean \"type\""},
    {"mapping: 1\ntype: riesgos.sismo\nsource: {driver: sqlite, table: t, key: [id]}\n"
     "event:\n  sql: ''\n",
     SB_E_CONFIG_MISSING,
     ":5: \"sql\" is empty"},
    {HEAD "evnt: x\n", SB_E_CONFIG_UNKNOWN_KEY, ":6: unknown key \"evnt\""},
    {"mapping: 1\ntype: interior.hecho_transit\nsource: {driver: sqlite}\nevent: {}\n",
     SB_E_UNKNOWN_TYPE,
     ":2: event type \"interior.hecho_transit\" is not known (did you mean "
     "\"interior.hecho_transito\"?)"},
    {"mapping: 1\ntype: riesgos.sismo\nsource: {driver: sqlit}\nevent: {sql: x}\n",
     SB_E_MAPPING,
     ":3: driver \"sqlit\" is not known (did you mean \"sqlite\"?)"},
    {"mapping: 1\ntype: riesgos.sismo\nsource:\n  driver: sqlite\n  tabel: t\n"
     "event: {sql: x}\n",
     SB_E_CONFIG_UNKNOWN_KEY,
     ":5: unknown key \"tabel\" in \"source\" (did you mean \"table\"?)"},
    {"mapping: 1\ntype: riesgos.sismo\nsource: {driver: sqlite, table: t}\n"
     "event: {sql: x}\n",
     SB_E_CONFIG_MISSING,
     "\"key\" is missing"},
    {"mapping: 1\ntype: riesgos.sismo\nsource: {driver: csv, folder: in, set: []}\n"
     "event: {sql: x}\n",
     SB_E_CONFIG_MISSING,
     "\"set\" is empty"},
    {"mapping: 1\ntype: riesgos.sismo\nsource:\n  driver: csv\n  folder: in\n"
     "  set: [{table: _x, file: a}]\nevent: {sql: x}\n",
     SB_E_MAPPING,
     ":6: a table's name"},
    {HEAD "  fields:\n  - {to: municipo, from: m}\n",
     SB_E_MAPPING,
     ":7: field \"municipo\" is not known (did you mean \"municipio\"?)"},
    {HEAD "  fields:\n  - {to: personas, from: m}\n",
     SB_E_MAPPING,
     "field \"personas\""},
    {HEAD "  fields:\n  - {to: operacion, from: m}\n", SB_E_MAPPING, "captured"},
    {HEAD "  fields:\n  - {to: zona, from: z, as: integer}\n",
     SB_E_MAPPING,
     "type \"integer\" is not known"},
    {HEAD "  fields:\n  - {to: zona, frm: z}\n",
     SB_E_CONFIG_UNKNOWN_KEY,
     "did you mean \"from\""},
    {HEAD "  fields:\n  - {to: zona, from: z}\n  - {to: zona, from: y}\n",
     SB_E_CONFIG_DUPLICATE,
     ":8: "},
    {HEAD "  fields:\n  - {to: municipio, from: m, codes: municipio}\n",
     SB_E_MAPPING,
     "did you mean \"municipios\""},
    {HEAD "  fields:\n  - {to: municipio, from: m, codes: departamentos}\n",
     SB_E_MAPPING,
     "list is \"municipios\""},
    {HEAD "  fields:\n  - {to: tipo_eve, from: t, crosswalk: pnc_tipo_event}\n",
     SB_E_MAPPING,
     "did you mean \"pnc_tipo_evento\""},
    {HEAD "  fields:\n  - {to: municipio, from: m, crosswalk: municipio_nombre}\n",
     SB_E_MAPPING,
     "needs 2 columns in \"from\", not 1"},
    {HEAD "  fields:\n  - {to: municipio, from: [a, b]}\n",
     SB_E_MAPPING,
     "need a crosswalk"},
    {HEAD "  fields:\n  - {to: zona, const: 3, from: z}\n",
     SB_E_MAPPING,
     "\"from\" does not go with \"const\""},
    {HEAD "  fields:\n  - {to: zona, const: tres}\n", SB_E_MAPPING, "wants integer"},
    {HEAD "  fields:\n  - {to: municipio, const: '9999'}\n",
     SB_E_UNKNOWN_CODE,
     "not in the list"},
    {HEAD "  fields:\n  - {to: ocurrido_en, parts: [a, m], pad: 2}\n",
     SB_E_MAPPING,
     "\"pad\" does not go with \"parts\""},
    {HEAD "  fields:\n  - {to: ocurrido_en, parts: [a, m], missing: [{value: 9}]}\n",
     SB_E_MAPPING,
     "which \"part\""},
    {HEAD "  fields:\n  - {to: ocurrido_en, parts: [aa, mm, dd, hh], "
          "missing: [{value: 9, part: hra}]}\n",
     SB_E_MAPPING,
     "part \"hra\""},
    {HEAD "  fields:\n  - {to: registrado_en, parts: [a, m, d]}\n",
     SB_E_MAPPING,
     "no precision"},
    {HEAD "  fields:\n  - {to: zona, from: z, missing: [{value: 9, reason: nose}]}\n",
     SB_E_MAPPING,
     "no_registrado"},
    {HEAD "  fields:\n  - {to: zona, from: z, missing: [{value: 9, part: hora}]}\n",
     SB_E_MAPPING,
     "only for"},
    {HEAD "  fields:\n  - {to: zona, from: z, pad: 99}\n", SB_E_CONFIG_RANGE, ":7: "},
    {HEAD "arrays:\n- {to: persona, sql: x}\n",
     SB_E_MAPPING,
     ":7: array \"persona\" is not known (did you mean \"personas\"?)"},
    {HEAD "arrays:\n- {to: personas, sql: x}\n- {to: personas, sql: y}\n",
     SB_E_CONFIG_DUPLICATE,
     ":8: "},
    {HEAD "arrays:\n- {to: personas, sql: x, fields: [{to: edat, from: e}]}\n",
     SB_E_MAPPING,
     "did you mean \"edad\""},
    {HEAD "leftover:\n- {table: t, sql: x}\n", SB_E_MAPPING, "no table of"},
};

static void refuses(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct sb_mapping *m = NULL;
        int rc = bench_mapping(b, faults[i].text, &m);
        bool said = strstr(b->err.text, faults[i].said) != NULL;
        if (rc != faults[i].code || !said)
            print_error("case %zu: %d \"%s\", wanted %d \"%s\"\n",
                        i,
                        rc,
                        b->err.text,
                        faults[i].code,
                        faults[i].said);
        assert_int_equal(rc, faults[i].code);
        assert_true(said);
        assert_null(m);
        assert_memory_equal(b->err.text, b->path, strlen(b->path));
    }
}

static void states_facts(void **state)
{
    struct bench *b = *state;
    struct sb_mapping *m = NULL;
    assert_int_equal(
        sb_mapping_load(
            &m, SB_TEST_EXAMPLES "/transito_ine.map.yaml", b->catalog, &b->err),
        0);
    const struct sb_mapping_facts *f = sb_mapping_facts(m);
    assert_true(sb_bytes_is(f->type, "interior.hecho_transito"));
    assert_true(sb_bytes_is(f->driver, "csv"));
    assert_int_equal(f->n_set, 2);
    assert_true(sb_bytes_is(f->set[1].table, "personas"));
    assert_int_equal(f->index.n, 7);
    assert_int_equal(f->n_arrays, 2);
    assert_true(sb_bytes_is(f->arrays[0].field, "vehiculos"));
    assert_int_equal(f->n_leftover, 1);
    uint8_t id[8];
    memcpy(id, f->id, sizeof id);
    sb_mapping_free(m);
    m = NULL;
    assert_int_equal(bench_mapping(b, HEAD, &m), 0);
    assert_memory_not_equal(id, sb_mapping_facts(m)->id, sizeof id);
    assert_true(sb_bytes_is(sb_mapping_facts(m)->key.items[0], "id"));
    sb_mapping_free(m);
    sb_mapping_free(NULL);
}

/* Paths are beside the file that names them. */
static void resolves_paths(void **state)
{
    struct bench *b = *state;
    struct sb_mapping *m = NULL;
    assert_int_equal(bench_mapping(b,
                                   "mapping: 1\ntype: riesgos.sismo\n"
                                   "source: {driver: sqlite, file: x.db, table: t, "
                                   "key: id}\nevent: {sql: SELECT 1}\n",
                                   &m),
                     0);
    assert_true(sb_bytes_is(sb_mapping_facts(m)->file, "/tmp/x.db"));
    sb_mapping_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(states_facts, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(resolves_paths, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests_name("adapters.mapping.parse", tests, NULL, NULL);
}
