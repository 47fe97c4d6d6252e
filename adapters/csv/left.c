/* Purpose: what no event uses -> quarantine; and changes that the catalogue refuses.
 * Invariant: a refusal is noted before the outbox has the batch, so that it is known
 * after a crash too. */
#include "adapters/csv/steps.h"

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory");
}

static int take_local(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct csv_source *s = ctx;
    struct sb_source_change *c = &s->batch.changes[s->batch.n];
    int rc = sb_csv_local_row(s, row, &c->local, err);
    return rc ? rc : 1;
}

/* A row that no event uses, as it stands in its table (a ragged one does not). */
static int
find_local(struct csv_source *s, size_t table, int64_t row, struct sb_err *err)
{
    struct sb_buf sql = {0};
    sb_buf_str(&sql, "SELECT * FROM ");
    sb_csv_quote(&sql, s->facts->set[table].table);
    sb_buf_str(&sql, " WHERE _row = :row");
    struct sb_param p = {sb_bytes_str("row"), {.type = SB_CELL_INT, .i = row}};
    int rc = sb_buf_check(&sql, err);
    if (rc == 0)
        rc = s->db->ops->run(s->db, sb_buf_bytes(&sql), &p, 1, take_local, s, err);
    sb_buf_free(&sql);
    return rc;
}

static int add_left(struct csv_source *s, sqlite3_stmt *q, struct sb_err *err)
{
    struct item item = {.table = (size_t)sb_sql_uint(q, 1),
                        .row = sqlite3_column_int64(q, 2)};
    uint64_t line = sb_sql_uint(q, 3);
    struct sb_bytes motivo = sb_arena_dup(s->batch.arena, sb_sql_bytes(q, 5));
    int rc = motivo.p ? sb_csv_batch_grow(&s->batch, err) : memory(err);
    if (rc)
        return rc;
    struct sb_source_change *c = &s->batch.changes[s->batch.n];
    *c = (struct sb_source_change){.code = (int)sqlite3_column_int64(q, 4)};
    c->motivo = motivo.n ? (const char *)motivo.p : NULL;
    s->batch.position = sqlite3_column_int64(q, 0);
    const char *outcome = c->motivo ? c->motivo : sb_code_name(c->code);
    rc = sb_csv_use(s, item.table, item.row, outcome, &line, err);
    if (rc == 0)
        rc = sb_csv_row_key(s, item.table, line, &c->row, err);
    if (rc == 0)
        rc = find_local(s, item.table, item.row, err);
    if (rc == 0)
        s->batch.items[s->batch.n++] = item;
    return rc;
}

int sb_csv_emit(struct csv_source *s, size_t max, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_csv_batch_begin(s, err);
    if (rc)
        return rc;
    rc = sb_sql_start(s->sql,
                      &q,
                      err,
                      "SELECT n, tbl, row, line, code, motivo FROM _left WHERE n > ? "
                      "ORDER BY n LIMIT ?",
                      "iu",
                      s->position,
                      (uint64_t)max);
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1)
        rc = add_left(s, q, err);
    sb_sql_end(q);
    bool over = rc == 0 && s->batch.n == 0;
    rc = sb_csv_batch_end(s, rc, err);
    if (rc)
        return sb_csv_batch_stop(s, err);
    return over ? sb_csv_run_phase(s, PHASE_END, err) : 0;
}

int sb_csv_refuse_change(struct csv_source *s,
                         size_t index,
                         int code,
                         struct sb_err *err)
{
    if (!s->batch.waiting || index >= s->batch.n)
        return sb_fail(err, SB_E_STATE, "no such change waits");
    const struct item *item = &s->batch.items[index];
    static const char update[] =
        "UPDATE _use SET outcome = ? WHERE tbl = ? AND row = ?";
    int rc = sb_sql_begin(s->sql, err);
    if (rc)
        return rc;
    rc = sb_sql_do(s->sql,
                   err,
                   update,
                   "sui",
                   sb_code_name(code),
                   (uint64_t)item->table,
                   item->row);
    for (size_t i = 0; rc == 0 && i < item->n_used; i++)
        rc = sb_sql_do(s->sql,
                       err,
                       update,
                       "sui",
                       SB_CSV_PARENT,
                       (uint64_t)sb_csv_table(s, item->used[i].table),
                       item->used[i].row);
    if (rc == 0)
        rc = sb_sql_do(s->sql,
                       err,
                       "UPDATE _next SET hash = NULL WHERE id_local = ?",
                       "t",
                       item->id_local);
    if (rc == 0)
        return sb_sql_commit(s->sql, err);
    sb_sql_rollback(s->sql);
    return rc;
}
