/* fault.memory.local: mappings, sinks and the institution's database without memory: a
 * row is mapped whole or the query fails; an event is applied whole or not at all. */
#include <stdio.h>

#include "schemas/catalog/json.h"
#include "test/fault/memory/exhaust.h"
#include "test/unit/adapters_mapping/bench.h"

static const char mapping_text[] =
    "mapping: 1\ntype: interior.hecho_transito\n"
    "source: {driver: sqlite, table: t, key: [id]}\n"
    "event:\n"
    "  sql: SELECT 'A' || id AS id_local, 101 AS muni, 'col' AS tipo FROM t WHERE id = "
    ":id\n"
    "  fields:\n"
    "  - {to: municipio, from: muni, pad: 4, codes: municipios}\n"
    "  - {to: tipo_eve, from: tipo, crosswalk: pnc_tipo_evento}\n"
    "arrays:\n"
    "- to: personas\n"
    "  table: p\n"
    "  key: [id]\n"
    "  sql: SELECT 'M' AS sexo FROM t WHERE id = :id\n"
    "  fields: [{to: sexo, crosswalk: pnc_sexo}]\n";

static const char sink_text[] =
    "sink: 1\ntype: interior.hecho_transito\n"
    "target: {driver: sqlite, file: x.db}\n"
    "alta:\n- INSERT INTO hecho VALUES(:id_local, :municipio)\n"
    "- INSERT INTO cuenta VALUES(:id_local)\n"
    "correccion: [SELECT 1]\nanulacion: [SELECT 1]\n"
    "arrays: {personas: {each: ['INSERT INTO persona VALUES(:id_local)']}}\n";

struct place {
    struct bench *bench;
    struct sb_mapping *mapping;
    struct sb_sink *sink;
    struct sb_value payload;
};

static int run_load(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_mapping *m = NULL;
    int rc = sb_mapping_load(&m, p->bench->path, p->bench->catalog, err);
    sb_mapping_free(m);
    return rc;
}

static int run_load_sink(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_sink *s = NULL;
    int rc = sb_sink_load(&s, p->bench->path, p->bench->catalog, err);
    sb_sink_free(s);
    return rc;
}

static int map_one(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    struct sb_map_input in = {row, &key, 1, "alta"};
    struct sb_mapped mapped = {0};
    struct sb_map_fault fault = {0};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = sb_mapping_row(p->mapping, p->bench->db, &in, arena, &mapped, &fault, err);
    if (rc == 1)
        rc = sb_fail(err, SB_E_INTERNAL, "a fault %d %s", fault.code, fault.pointer);
    if (rc == 0 && !sb_bytes_is(mapped.id_local, "A7"))
        rc = sb_fail(err, SB_E_INTERNAL, "another event");
    sb_arena_free(arena);
    return rc;
}

static int run_map(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    return p->bench->db->ops->run(p->bench->db,
                                  sb_mapping_facts(p->mapping)->event_sql,
                                  &key,
                                  1,
                                  map_one,
                                  p,
                                  err);
}

static int run_apply(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_db *db = p->bench->db;
    int rc = db->ops->begin(db, err);
    if (rc != 0)
        return rc;
    rc = sb_sink_apply(p->sink,
                       db,
                       &p->payload,
                       SB_CLASS_ALL,
                       sb_bytes_str("pnc/interior.hecho_transito"),
                       1,
                       err);
    if (rc == 0)
        rc = db->ops->commit(db, err);
    if (rc != 0)
        db->ops->rollback(db);
    return rc;
}

static void judge_apply(void *ctx, int rc)
{
    static const char *const again[] = {
        "DELETE FROM hecho", "DELETE FROM cuenta", "DELETE FROM persona", NULL};
    struct place *p = ctx;
    const char *rows = bench_ask(p->bench,
                                 "SELECT (SELECT count(*) FROM hecho) || (SELECT "
                                 "count(*) FROM cuenta) || (SELECT count(*) FROM "
                                 "persona)");
    assert_string_equal(rows, rc == 0 ? "112" : "000");
    bench_sql(p->bench, again);
}

static void a_local_database(void **state)
{
    static const char *const tables[] = {"CREATE TABLE t(id)",
                                         "INSERT INTO t VALUES(7)",
                                         "CREATE TABLE hecho(a, b)",
                                         "CREATE TABLE cuenta(a)",
                                         "CREATE TABLE persona(a)",
                                         NULL};
    struct place p = {.bench = *state};
    struct exhaust_scenario load = {.name = "mapping", .run = run_load};
    struct exhaust_scenario map = {.name = "row", .run = run_map};
    struct exhaust_scenario load_sink = {.name = "sink", .run = run_load_sink};
    struct exhaust_scenario apply = {
        .name = "apply", .run = run_apply, .judge = judge_apply};
    bench_sql(p.bench, tables);
    assert_int_equal(bench_mapping(p.bench, mapping_text, &p.mapping), 0);
    exhaust_each(&load, &p);
    exhaust_each(&map, &p);
    assert_int_equal(bench_sink(p.bench, sink_text, &p.sink), 0);
    p.payload = bench_value(p.bench,
                            "{\"id_local\":\"A7\",\"municipio\":\"0101\","
                            "\"operacion\":\"alta\",\"personas\":[{},{}]}");
    exhaust_each(&load_sink, &p);
    exhaust_each(&apply, &p);
    sb_mapping_free(p.mapping);
    sb_sink_free(p.sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_local_database, bench_setup, bench_teardown)};
    return cmocka_run_group_tests_name("fault.memory.local", tests, NULL, NULL);
}
