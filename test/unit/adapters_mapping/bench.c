/* Purpose: what the tests of mappings and sinks stand on. Not a test itself. */
#include "test/unit/adapters_mapping/bench.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/sqlite/db.h"
#include "schemas/catalog/json.h"

int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    assert_int_equal(sb_catalog_load(&b->catalog, SB_TEST_SNS, &b->err), 0);
    assert_int_equal(sb_sqlite_db_open(&b->db, ":memory:", true, &b->err), 0);
    b->arena = sb_arena_new(0);
    assert_non_null(b->arena);
    snprintf(b->path, sizeof b->path, "/tmp/sacbe-map-XXXXXX");
    int fd = mkstemp(b->path);
    assert_true(fd >= 0);
    close(fd);
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    struct bench *b = *state;
    unlink(b->path);
    b->db->ops->close(b->db);
    sb_catalog_free(b->catalog);
    sb_arena_free(b->arena);
    free(b);
    return 0;
}

static void write_text(struct bench *b, const char *text)
{
    b->err = (struct sb_err){0};
    assert_int_equal(sb_file_write(b->path, sb_bytes_str(text), 0600, &b->err), 0);
}

int bench_mapping(struct bench *b, const char *text, struct sb_mapping **out)
{
    write_text(b, text);
    return sb_mapping_load(out, b->path, b->catalog, &b->err);
}

int bench_sink(struct bench *b, const char *text, struct sb_sink **out)
{
    write_text(b, text);
    return sb_sink_load(out, b->path, b->catalog, &b->err);
}

void bench_sql(struct bench *b, const char *const *statements)
{
    for (size_t i = 0; statements[i]; i++) {
        int rc = b->db->ops->run(
            b->db, sb_bytes_str(statements[i]), NULL, 0, NULL, NULL, &b->err);
        if (rc)
            print_error("%s: %s\n", statements[i], b->err.text);
        assert_int_equal(rc, 0);
    }
}

struct answer {
    struct bench *b;
    const char *text;
};

static int take_answer(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    (void)err;
    struct answer *a = ctx;
    const struct sb_cell *c = &row->cells[0];
    switch (c->type) {
    case SB_CELL_NULL:
        a->text = "null";
        break;
    case SB_CELL_INT:
        a->text = sb_arena_str(a->b->arena, "%" PRId64, c->i);
        break;
    case SB_CELL_REAL:
        a->text = sb_arena_str(a->b->arena, "%g", c->d);
        break;
    case SB_CELL_TEXT:
        a->text = sb_arena_str(a->b->arena, "%.*s", SB_FMT(c->s));
        break;
    }
    return 1;
}

const char *bench_ask(struct bench *b, const char *sql)
{
    struct answer a = {b, "no row"};
    int rc =
        b->db->ops->run(b->db, sb_bytes_str(sql), NULL, 0, take_answer, &a, &b->err);
    assert_int_equal(rc, 0);
    return a.text;
}

struct one {
    struct bench *b;
    const struct sb_mapping *m;
    struct sb_mapped mapped;
    struct sb_map_fault *fault;
    int rc;
};

static int map_one(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct one *o = ctx;
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    struct sb_map_input in = {row, &key, 1, "alta"};
    o->rc = sb_mapping_row(o->m, o->b->db, &in, o->b->arena, &o->mapped, o->fault, err);
    return o->rc < 0 ? o->rc : 1;
}

int bench_map(struct bench *b,
              const struct sb_mapping *m,
              const char **json,
              struct sb_map_fault *fault)
{
    struct one o = {.b = b, .m = m, .fault = fault, .rc = -1};
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    int rc = b->db->ops->run(
        b->db, sb_mapping_facts(m)->event_sql, &key, 1, map_one, &o, &b->err);
    if (rc)
        print_error("%s\n", b->err.text);
    assert_int_equal(rc, 0);
    if (o.rc)
        return o.rc;
    struct sb_buf text = {0};
    assert_int_equal(sb_value_to_json(&o.mapped.value, 0, &text, &b->err), 0);
    *json = (const char *)sb_arena_dup(b->arena, sb_buf_bytes(&text)).p;
    sb_buf_free(&text);
    return 0;
}

struct sb_value bench_value(struct bench *b, const char *json)
{
    struct sb_value v;
    assert_int_equal(sb_json_to_value(sb_bytes_str(json), b->arena, &v, &b->err), 0);
    return v;
}
