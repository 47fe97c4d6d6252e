/* SQLite as a source: the change log, read by state.
 *
 * A chunk: the oldest entries of the log, grouped by key; each key's row as it is
 * *now*, against what was published before, is an alta, a correccion, an anulacion or
 * nothing. The log is read and the rows are mapped in one read transaction; entries are
 * deleted only once the outbox holds what came of them. */
#include "adapters/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/sqlite/db.h"
#include "adapters/sqlite/source_impl.h"
#include "keys/hash.h"

static int simple(struct source *s, const char *sql, struct sb_err *err)
{
    return s->db->ops->run(s->db, sb_bytes_str(sql), NULL, 0, NULL, NULL, err);
}

static void source_close(struct sb_source *base)
{
    struct source *s = (struct source *)(void *)base;
    if (!s)
        return;
    if (s->db)
        s->db->ops->close(s->db);
    sb_sql_close(s->memory);
    sb_arena_free(s->plan);
    sb_arena_free(s->arena);
    free(s);
}

/* "SELECT k1, k2, max(id) ... GROUP BY k1, k2 ORDER BY 3" */
static int make_read(struct source *s, struct sb_err *err)
{
    struct sb_buf b = {0};
    struct sb_buf keys = {0};
    for (size_t i = 1; i <= s->facts->key.n; i++)
        sb_buf_printf(&keys, "%sk%zu", i > 1 ? ", " : "", i);
    sb_buf_printf(&b,
                  "SELECT %.*s, max(id) FROM (SELECT * FROM sacbe_change"
                  " WHERE source = :source ORDER BY id LIMIT :max)"
                  " GROUP BY %.*s ORDER BY max(id)",
                  SB_FMT(sb_buf_bytes(&keys)),
                  SB_FMT(sb_buf_bytes(&keys)));
    int rc = sb_buf_check(&keys, err);
    if (!rc)
        rc = sb_buf_check(&b, err);
    if (!rc) {
        s->read_sql = sb_arena_dup(s->plan, sb_buf_bytes(&b));
        rc = s->read_sql.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&b);
    sb_buf_free(&keys);
    return rc;
}

static const struct sb_source_ops ops;

static int source_open(struct sb_source **out,
                       const struct sb_source_options *options,
                       struct sb_err *err)
{
    struct source *s = calloc(1, sizeof *s);
    if (!s)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    char path[4096];
    (void)snprintf(
        path, sizeof path, "%s/%s.source.db", options->state_dir, options->name);
    s->base.ops = &ops;
    s->mapping = options->mapping;
    s->facts = sb_mapping_facts(options->mapping);
    s->schema = -1;
    s->plan = sb_arena_new(0);
    s->arena = sb_arena_new(0);
    int rc = s->plan && s->arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_capture_of(s->mapping, s->plan, &s->capture, err);
    if (!rc)
        rc = make_read(s, err);
    if (!rc)
        rc = sb_capture_db(&s->db, s->mapping, options->database, err);
    if (!rc)
        rc = sb_capture_verify(s->db, &s->capture, s->mapping, err);
    if (!rc)
        rc = sb_memory_open(&s->memory, path, err);
    if (rc) {
        source_close(&s->base);
        return rc;
    }
    *out = &s->base;
    return 0;
}

static struct sb_param param(const char *name, enum sb_cell_type type)
{
    return (struct sb_param){sb_bytes_str(name), {.type = type}};
}

static int forget_log(struct source *s, int64_t last_id, struct sb_err *err)
{
    struct sb_param p[2] = {param("source", SB_CELL_TEXT), param("id", SB_CELL_INT)};
    p[0].cell.s = s->capture.source;
    p[1].cell.i = last_id;
    return s->db->ops->run(
        s->db,
        sb_bytes_str("DELETE FROM sacbe_change WHERE source = :source AND id <= :id"),
        p,
        2,
        NULL,
        NULL,
        err);
}

static int
source_recover(struct sb_source *base, struct sb_bytes token, struct sb_err *err)
{
    struct source *s = (struct source *)(void *)base;
    struct sb_buf marked = {0};
    int64_t last_id = 0;
    int rc = sb_memory_marked(s->memory, &marked, &last_id, err);
    if (!rc && marked.n && sb_bytes_eq(sb_buf_bytes(&marked), token)) {
        rc = forget_log(s, last_id, err);
        if (!rc)
            rc = sb_memory_settle(s->memory, err);
    } else if (!rc && marked.n) {
        rc = sb_memory_undo(s->memory, err);
    }
    sb_buf_free(&marked);
    return rc;
}

static int take_key(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct source *s = ctx;
    struct changed *c = &s->changed[s->n_changed];
    if (s->n_changed == s->room)
        return sb_fail(err, SB_E_INTERNAL, "the change log gave more than was asked");
    for (size_t i = 0; i < s->facts->key.n; i++) {
        c->cells[i] = row->cells[i];
        if (c->cells[i].type != SB_CELL_TEXT)
            continue;
        c->cells[i].s = sb_arena_dup(s->arena, row->cells[i].s);
        if (!c->cells[i].s.p)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    c->id = row->cells[s->facts->key.n].i;
    if (c->id > s->last_id)
        s->last_id = c->id;
    s->n_changed++;
    return 0;
}

static int read_log(struct source *s, size_t max, struct sb_err *err)
{
    sb_arena_reset(s->arena);
    s->changed = sb_arena_alloc(s->arena, max, sizeof *s->changed);
    s->changes = sb_arena_alloc(s->arena, 2 * max, sizeof *s->changes);
    if (!s->changed || !s->changes)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    s->room = max;
    s->n = s->n_changed = 0;
    s->last_id = 0;
    struct sb_param p[2] = {param("source", SB_CELL_TEXT), param("max", SB_CELL_INT)};
    p[0].cell.s = s->capture.source;
    p[1].cell.i = (int64_t)max;
    return s->db->ops->run(s->db, s->read_sql, p, 2, take_key, s, err);
}

static int note_schema(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    (void)err;
    *(int64_t *)ctx = row->cells[0].i;
    return 0;
}

/* Triggers are looked at again whenever the schema has changed. */
static int verify(struct source *s, struct sb_err *err)
{
    int64_t now = 0;
    int rc = s->db->ops->run(
        s->db, sb_bytes_str("PRAGMA schema_version"), NULL, 0, note_schema, &now, err);
    if (rc || now == s->schema)
        return rc;
    rc = sb_capture_verify(s->db, &s->capture, s->mapping, err);
    if (!rc)
        s->schema = now;
    return rc;
}

/* The log and the rows, as they are at one moment. */
static int read_chunk(struct source *s, size_t max, struct sb_err *err)
{
    int rc = simple(s, "BEGIN", err);
    if (rc)
        return rc;
    rc = verify(s, err);
    if (!rc)
        rc = read_log(s, max, err);
    for (size_t i = 0; !rc && i < s->n_changed; i++)
        rc = sb_source_key(s, &s->changed[i], err);
    if (!rc)
        rc = simple(s, "COMMIT", err);
    if (rc)
        s->db->ops->rollback(s->db);
    return rc;
}

static int source_next(struct sb_source *base,
                       size_t max,
                       struct sb_source_batch *out,
                       struct sb_err *err)
{
    struct source *s = (struct source *)(void *)base;
    int rc = sb_sql_begin(s->memory, err);
    if (rc)
        return rc;
    rc = read_chunk(s, max, err);
    if (!rc && s->n) {
        sb_random(s->token, sizeof s->token);
        rc = sb_memory_mark(
            s->memory, sb_bytes(s->token, SB_SOURCE_TOKEN), s->last_id, err);
    }
    if (!rc && s->n)
        rc = sb_sql_commit(s->memory, err);
    else
        sb_sql_rollback(s->memory);
    *out =
        (struct sb_source_batch){sb_bytes(s->token, SB_SOURCE_TOKEN), s->changes, s->n};
    if (rc || s->n)
        return rc ? rc : 1;
    if (s->n_changed == 0)
        return 0;
    rc = forget_log(s, s->last_id, err); /* nothing came of it */
    return rc ? rc : 1;
}

static int source_refused(struct sb_source *base,
                          size_t index,
                          int code,
                          const char *pointer,
                          struct sb_err *err)
{
    struct source *s = (struct source *)(void *)base;
    (void)code;
    (void)pointer;
    return sb_memory_revert(s->memory, index, err);
}

static int source_done(struct sb_source *base, struct sb_err *err)
{
    struct source *s = (struct source *)(void *)base;
    int rc = forget_log(s, s->last_id, err);
    return rc ? rc : sb_memory_settle(s->memory, err);
}

/* Puts the key of a row in quarantine into the log again. */
static int source_again(struct sb_source *base,
                        struct sb_bytes table,
                        struct sb_bytes key,
                        struct sb_err *err)
{
    struct source *s = (struct source *)(void *)base;
    struct sb_param p = param("key", SB_CELL_TEXT);
    p.cell.s = key;
    if (!sb_bytes_eq(table, s->facts->table))
        return sb_fail(err, SB_E_NOT_FOUND, "the mapping does not capture that table");
    struct sb_buf b = {0};
    sb_buf_printf(&b, "%.*s WHERE ''", SB_FMT(s->capture.snapshot));
    for (size_t i = 0; i < s->facts->key.n; i++) {
        sb_buf_str(&b, i ? " || '-' || coalesce(" : " || coalesce(");
        s->db->ops->quote(&b, s->facts->key.items[i]);
        sb_buf_str(&b, ", '')");
    }
    sb_buf_str(&b, " = :key");
    int rc = sb_buf_check(&b, err);
    if (!rc)
        rc = s->db->ops->run(s->db, sb_buf_bytes(&b), &p, 1, NULL, NULL, err);
    sb_buf_free(&b);
    return rc;
}

static const struct sb_source_ops ops = {
    .name = "sqlite",
    .open = source_open,
    .recover = source_recover,
    .next = source_next,
    .refused = source_refused,
    .done = source_done,
    .close = source_close,
    .again = source_again,
};

const struct sb_driver sb_sqlite_driver = {
    .name = "sqlite",
    .db_open = sb_sqlite_db_open,
    .source = &ops,
    .capture_plan = sb_capture_plan,
    .capture_install = sb_capture_install,
    .capture_remove = sb_capture_remove,
    .capture_check = sb_capture_check,
    .mapping_db = sb_capture_db,
};
