/* fuzz.row: what a local database says, mapped to an event. An input is the cells of
 * one row of traffic and of persons, each a type and a text that ends at a zero byte.
 * A row becomes an event that is written and read as itself, or a fault that says
 * which field. */
#include <stdio.h>
#include <stdlib.h>

#include "schemas/catalog/json.h"
#include "test/fuzz/local.h"

static struct sb_catalog *catalog;
static struct sb_db *db;
static struct sb_mapping *mapping;

static void begin(void)
{
    catalog = fuzz_catalog();
    db = fuzz_database();
    fuzz_must(
        sb_mapping_load(
            &mapping, fuzz_file(sb_bytes_str(fuzz_mapping_text)), catalog, NULL) == 0,
        "the mapping loads");
}

static void end(void)
{
    sb_mapping_free(mapping);
    db->ops->close(db);
    sb_catalog_free(catalog);
}

static struct sb_cell cell(struct sb_bytes *in)
{
    struct sb_cell c = {.type = (enum sb_cell_type)(fuzz_byte(in) % 4)};
    char number[32];
    const uint8_t *zero = in->n ? memchr(in->p, 0, in->n) : NULL;
    size_t n = zero ? (size_t)(zero - in->p) : in->n;
    c.s = sb_bytes(in->n ? (const void *)in->p : "", n);
    if (in->n)
        *in = sb_bytes(in->p + n, in->n - n);
    (void)fuzz_byte(in);
    snprintf(
        number, sizeof number, "%.*s", (int)(n < 31 ? n : 31), (const char *)c.s.p);
    c.i = strtoll(number, NULL, 10);
    c.d = strtod(number, NULL);
    return c;
}

static void insert(const char *sql, struct sb_bytes *in, size_t n)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    struct sb_param params[7];
    struct sb_err err = {0};
    for (size_t i = 0; i < n; i++)
        params[i] = (struct sb_param){sb_bytes_str(names[i]), cell(in)};
    int rc = db->ops->run(db, sb_bytes_str(sql), params, n, NULL, NULL, &err);
    fuzz_judged(rc, &err);
}

static void written(const struct sb_mapped *mapped, struct sb_arena *arena)
{
    struct sb_buf packed = {0};
    struct sb_value again;
    struct sb_err err = {0};
    const struct sb_event_type *type =
        sb_catalog_type(catalog, sb_bytes_str("interior.hecho_transito"));
    fuzz_judged(sb_event_type_validate(type, &mapped->value, SB_CLASS_ALL, NULL, &err),
                &err);
    int rc = sb_value_pack(&mapped->value, &packed, &err);
    fuzz_judged(rc, &err);
    if (rc == 0)
        fuzz_must(sb_value_unpack(sb_buf_bytes(&packed), arena, &again, &err) == 0 &&
                      sb_value_eq(&mapped->value, &again),
                  "an event is read as it was written");
    sb_buf_free(&packed);
}

static int map(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    struct sb_map_input in = {row, &key, 1, "alta"};
    struct sb_arena *arena = sb_arena_new(16 * SB_MIB);
    struct sb_mapped mapped = {0};
    struct sb_map_fault fault = {0};
    (void)ctx;
    int rc = sb_mapping_row(mapping, db, &in, arena, &mapped, &fault, err);
    if (rc == 0)
        written(&mapped, arena);
    if (rc == 1)
        fuzz_must(fault.code < 0 && sb_code_name(fault.code) &&
                      memchr(fault.pointer, 0, sizeof fault.pointer),
                  "a fault says why and where");
    sb_arena_free(arena);
    return rc < 0 ? rc : 0;
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_param key = {sb_bytes_str("id"), {.type = SB_CELL_INT, .i = 7}};
    fuzz_must(db->ops->begin(db, &err) == 0, "a transaction");
    insert("INSERT INTO t VALUES(7, :a, :b, :c, :d, :e, :f, :g)", &in, 7);
    for (int i = 0; i < 3 && in.n > 0; i++)
        insert("INSERT INTO p VALUES(7, :a, :b)", &in, 2);
    int rc = db->ops->run(
        db, sb_mapping_facts(mapping)->event_sql, &key, 1, map, NULL, &err);
    fuzz_judged(rc, &err);
    db->ops->rollback(db);
}

static void seeds(struct fuzz_seeds *to)
{
    static const char good[] = "\3A-1\0\1"
                               "2026\0\1"
                               "11\0\1"
                               "25\0\1"
                               "101\0\3"
                               "col\0\1"
                               "3\0\3"
                               "M\0\1"
                               "1\0\3"
                               "H\0\1"
                               "2";
    static const char odd[] = "\1"
                              "9223372036854775807\0\2"
                              "1e300\0\3"
                              "13\0\3"
                              "31\0\3"
                              "0101\0\3"
                              "ZZZ\0\1"
                              "99\0"
                              "\0\0\3\xff\xfe";
    fuzz_seed(to, "good", sb_bytes(good, sizeof good - 1));
    fuzz_seed(to, "odd", sb_bytes(odd, sizeof odd - 1));
}

const struct fuzz_target fuzz_target = {.name = "row",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 1024,
                                        .mutations = 3000};
