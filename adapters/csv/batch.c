/* Purpose: a batch being made: its room, its rows' notes and keys.
 * Invariant: each record is noted in `_use` once, in the transaction that makes the
 * batch; a second use is the mapping's fault and stops the set. */
#include <inttypes.h>
#include <stdio.h>

#include "adapters/csv/steps.h"
#include "adapters/sqlite/db.h"

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory");
}

size_t sb_csv_table(const struct csv_source *s, struct sb_bytes name)
{
    for (size_t i = 0; i < s->facts->n_set; i++)
        if (sb_bytes_eq(s->facts->set[i].table, name))
            return i;
    return s->facts->n_set;
}

void sb_csv_chunk_reset(struct csv_source *s)
{
    sb_arena_free(s->batch.arena);
    s->batch = (struct batch){0};
}

static int take_line(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    (void)err;
    *(uint64_t *)ctx = (uint64_t)row->cells[0].i;
    return 1;
}

static int line_of(
    struct csv_source *s, size_t table, int64_t row, uint64_t *line, struct sb_err *err)
{
    struct sb_buf sql = {0};
    sb_buf_str(&sql, "SELECT _line FROM ");
    sb_csv_quote(&sql, s->facts->set[table].table);
    sb_buf_str(&sql, " WHERE _row = :row");
    struct sb_param p = {sb_bytes_str("row"), {.type = SB_CELL_INT, .i = row}};
    int rc = sb_buf_check(&sql, err);
    if (rc == 0)
        rc = s->db->ops->run(s->db, sb_buf_bytes(&sql), &p, 1, take_line, line, err);
    sb_buf_free(&sql);
    return rc;
}

int sb_csv_use(struct csv_source *s,
               size_t table,
               int64_t row,
               const char *outcome,
               uint64_t *line,
               struct sb_err *err)
{
    if (table >= s->facts->n_set)
        return sb_fail(err, SB_E_MAPPING, "an array names no table of the set");
    int rc = *line ? 0 : line_of(s, table, row, line, err);
    if (rc)
        return rc;
    if (*line == 0)
        return sb_fail(err,
                       SB_E_MAPPING,
                       "%.*s has no record _row %" PRId64,
                       SB_FMT(s->facts->set[table].table),
                       row);
    rc = sb_sql_do(s->sql,
                   err,
                   "INSERT INTO _use VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                   "uiuus",
                   (uint64_t)table,
                   row,
                   s->chunk + 1,
                   *line,
                   outcome);
    if (rc == 0 && sb_sql_changed(s->sql) == 0)
        rc = sb_fail(err,
                     SB_E_MAPPING,
                     "line %" PRIu64 " of %s is used twice",
                     *line,
                     s->members[table].name);
    return rc;
}

int sb_csv_batch_grow(struct batch *b, struct sb_err *err)
{
    if (b->n < b->room)
        return 0;
    size_t room = b->room ? b->room * 2 : 64;
    struct sb_source_change *changes = sb_arena_alloc(b->arena, room, sizeof *changes);
    struct item *items = sb_arena_alloc(b->arena, room, sizeof *items);
    if (!changes || !items)
        return memory(err);
    if (b->n) {
        memcpy(changes, b->changes, b->n * sizeof *changes);
        memcpy(items, b->items, b->n * sizeof *items);
    }
    b->changes = changes;
    b->items = items;
    b->room = room;
    return 0;
}

int sb_csv_row_key(struct csv_source *s,
                   size_t table,
                   uint64_t line,
                   struct sb_source_row *out,
                   struct sb_err *err)
{
    char *key =
        sb_arena_str(s->batch.arena, "%s:%" PRIu64, s->members[table].name, line);
    if (!key)
        return memory(err);
    *out = (struct sb_source_row){s->facts->set[table].table, sb_bytes_str(key)};
    return 0;
}

/* What is no number is text already. */
static struct sb_bytes cell_text(struct sb_arena *arena, const struct sb_cell *c)
{
    if (c->type != SB_CELL_INT && c->type != SB_CELL_REAL)
        return sb_arena_dup(arena, c->s);
    const char *text = c->type == SB_CELL_INT ? sb_arena_str(arena, "%" PRId64, c->i)
                                              : sb_arena_str(arena, "%.17g", c->d);
    return text ? sb_bytes_str(text) : (struct sb_bytes){0};
}

int sb_csv_local_row(struct csv_source *s,
                     const struct sb_row *row,
                     struct sb_value *out,
                     struct sb_err *err)
{
    *out = (struct sb_value){.type = SB_MAP};
    for (size_t i = 0; i < row->n; i++) {
        const struct sb_cell *c = &row->cells[i];
        if (c->type == SB_CELL_NULL || sb_bytes_is(row->names[i], "_n"))
            continue;
        struct sb_value v = sb_value_text(cell_text(s->batch.arena, c));
        if (!v.as.s.p || !sb_value_set(out, row->names[i], v, s->batch.arena))
            return memory(err);
    }
    return 0;
}

int sb_csv_batch_begin(struct csv_source *s, struct sb_err *err)
{
    sb_csv_chunk_reset(s);
    s->batch.arena = sb_arena_new(0);
    s->batch.position = s->position;
    sb_csv_run_token(s, s->batch.token);
    if (!s->batch.arena)
        return memory(err);
    int rc = s->db ? 0 : sb_sqlite_db_open(&s->db, s->state, false, err);
    return rc ? rc : sb_sql_begin(s->sql, err);
}

/* Keeps the batch's notes. A batch with nothing to give is done at once. */
int sb_csv_batch_end(struct csv_source *s, int rc, struct sb_err *err)
{
    if (rc == 0)
        rc = sb_sql_do(
            s->sql, err, "UPDATE _run SET pending = ?", "i", s->batch.position);
    if (rc == 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    if (rc)
        return rc;
    s->batch.waiting = s->batch.n > 0;
    return s->batch.waiting ? 0 : sb_csv_run_done(s, err);
}

/* The mapping's fault stops the set; others are the caller's. */
int sb_csv_batch_stop(struct csv_source *s, struct sb_err *err)
{
    struct sb_err why = *err;
    sb_csv_chunk_reset(s);
    if (why.code == SB_E_SINK_REFUSED) /* the driver's word for what SQL cannot do */
        why.code = SB_E_MAPPING;
    return why.code == SB_E_MAPPING ? sb_csv_run_stop(s, s->facts->n_set, &why, err)
                                    : why.code;
}
