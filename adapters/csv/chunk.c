/* Purpose: event rows of a run -> changes.
 * Invariant: what was published with the same content is not given again; an id that
 * stands twice in a set is given for no row of it. */
#include <stdio.h>

#include "adapters/csv/steps.h"
#include "keys/hash.h"

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory");
}

/* Notes the rows that go with an event, and gives them keys. */
static int use_with(struct csv_source *s,
                    struct sb_source_change *c,
                    const struct item *item,
                    const char *outcome,
                    struct sb_err *err)
{
    struct sb_source_row *with =
        sb_arena_alloc(s->batch.arena, item->n_used + 1, sizeof *with);
    if (!with)
        return memory(err);
    for (size_t i = 0; i < item->n_used; i++) {
        size_t table = sb_csv_table(s, item->used[i].table);
        uint64_t line = 0;
        int rc = sb_csv_use(s, table, item->used[i].row, outcome, &line, err);
        if (rc == 0)
            rc = sb_csv_row_key(s, table, line, &with[i], err);
        if (rc)
            return rc;
    }
    c->with = with;
    c->n_with = item->n_used;
    return 0;
}

struct seen {
    bool there;
    bool this_run;
    bool same;
};

static int find_seen(struct csv_source *s,
                     struct sb_bytes id,
                     const uint8_t *hash,
                     struct seen *out,
                     struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    *out = (struct seen){0};
    int rc = sb_sql_start(
        s->sql, &q, err, "SELECT hash, run FROM _seen WHERE id_local = ?", "t", id);
    if (rc == 0)
        rc = sb_sql_row(s->sql, q, err);
    if (rc == 1) {
        out->there = true;
        out->same = hash && sb_bytes_eq(sb_sql_bytes(q, 0), sb_bytes(hash, SB_HASH));
        out->this_run = sqlite3_column_int64(q, 1) == s->run;
        rc = 0;
    }
    sb_sql_end(q);
    return rc;
}

/* An id that stands in two rows says which fact is meant in neither. */
static int is_repeated(struct csv_source *s,
                       const struct sb_row *row,
                       struct sb_bytes id,
                       bool *out,
                       struct sb_err *err)
{
    const struct sb_cell *own = sb_row_get(row, sb_bytes_str("id_local"));
    uint64_t n = 0;
    uint64_t pending = 0;
    int rc = 0;
    if (own && own->type == SB_CELL_TEXT)
        rc = sb_sql_number(s->sql,
                           &n,
                           0,
                           err,
                           "SELECT count(*) FROM _event WHERE id_local = ?",
                           "t",
                           own->s);
    else if (own && own->type == SB_CELL_INT)
        rc = sb_sql_number(s->sql,
                           &n,
                           0,
                           err,
                           "SELECT count(*) FROM _event WHERE id_local = ? + 0",
                           "i",
                           own->i);
    if (rc == 0)
        rc = sb_sql_number(s->sql,
                           &pending,
                           0,
                           err,
                           "SELECT count(*) FROM _next WHERE id_local = ?",
                           "t",
                           id);
    *out = n > 1 || pending > 0;
    return rc;
}

static int note_next(struct csv_source *s,
                     struct sb_bytes id,
                     const uint8_t *hash,
                     struct sb_err *err)
{
    if (id.n == 0)
        return 0;
    if (!hash)
        return sb_sql_do(s->sql,
                         err,
                         "INSERT INTO _next VALUES(?, NULL) ON CONFLICT DO NOTHING",
                         "t",
                         id);
    return sb_sql_do(s->sql,
                     err,
                     "INSERT INTO _next VALUES(?, ?) ON CONFLICT DO NOTHING",
                     "tb",
                     id,
                     sb_bytes(hash, SB_HASH));
}

static int add_fault(struct csv_source *s,
                     const struct sb_row *row,
                     struct item *item,
                     const struct sb_map_fault *fault,
                     struct sb_err *err)
{
    struct sb_source_change c = {.code = fault->code, .id_local = fault->id_local};
    uint64_t line = 0;
    memcpy(c.pointer, fault->pointer, sizeof c.pointer);
    item->id_local = fault->id_local;
    item->used = fault->used;
    item->n_used = fault->n_used;
    int rc = sb_csv_batch_grow(&s->batch, err);
    if (rc == 0)
        rc = sb_csv_use(
            s, item->table, item->row, sb_code_name(fault->code), &line, err);
    if (rc == 0)
        rc = sb_csv_row_key(s, item->table, line, &c.row, err);
    if (rc == 0)
        rc = use_with(s, &c, item, SB_CSV_PARENT, err);
    if (rc == 0)
        rc = sb_csv_local_row(s, row, &c.local, err);
    if (rc == 0)
        rc = note_next(s, fault->id_local, NULL, err);
    if (rc)
        return rc;
    s->batch.items[s->batch.n] = *item;
    s->batch.changes[s->batch.n++] = c;
    return 0;
}

static int
hash_payload(const struct sb_value *v, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct sb_buf packed = {0};
    int rc = sb_value_pack(v, &packed, err);
    if (rc == 0)
        sb_hash(out, "sacbe/csv/1", sb_buf_bytes(&packed));
    sb_buf_free(&packed);
    return rc;
}

static int add_event(struct csv_source *s,
                     struct item *item,
                     struct sb_mapped *mapped,
                     const struct seen *seen,
                     const uint8_t hash[SB_HASH],
                     struct sb_err *err)
{
    const char *operation = seen->there ? "correccion" : "alta";
    struct sb_source_change c = {.operacion = operation, .id_local = mapped->id_local};
    uint64_t line = 0;
    item->id_local = mapped->id_local;
    item->used = mapped->used;
    item->n_used = mapped->n_used;
    int rc = sb_csv_batch_grow(&s->batch, err);
    if (rc == 0)
        rc = sb_csv_use(s,
                        item->table,
                        item->row,
                        seen->same ? "unchanged" : operation,
                        &line,
                        err);
    if (rc == 0)
        rc = sb_csv_row_key(s, item->table, line, &c.row, err);
    if (rc == 0)
        rc = use_with(s, &c, item, seen->same ? "unchanged" : "event", err);
    if (rc == 0)
        rc = note_next(s, mapped->id_local, seen->same ? NULL : hash, err);
    if (rc || seen->same)
        return rc;
    struct sb_value text = sb_value_text(sb_bytes_str(operation));
    if (!sb_value_set(&mapped->value, sb_bytes_str("operacion"), text, s->batch.arena))
        return memory(err);
    c.value = mapped->value;
    s->batch.items[s->batch.n] = *item;
    s->batch.changes[s->batch.n++] = c;
    return 0;
}

static int judge(struct csv_source *s,
                 const struct sb_row *row,
                 struct item *item,
                 struct sb_mapped *mapped,
                 struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    struct seen seen;
    bool repeated = false;
    int rc = hash_payload(&mapped->value, hash, err);
    if (rc == 0)
        rc = find_seen(s, mapped->id_local, hash, &seen, err);
    if (rc == 0)
        rc = is_repeated(s, row, mapped->id_local, &repeated, err);
    if (rc)
        return rc;
    if (!repeated && !seen.this_run)
        return add_event(s, item, mapped, &seen, hash, err);
    struct sb_map_fault fault = {.code = SB_E_DUPLICATE_ID,
                                 .pointer = "/id_local",
                                 .id_local = mapped->id_local,
                                 .used = mapped->used,
                                 .n_used = mapped->n_used};
    return add_fault(s, row, item, &fault, err);
}

static int take_event(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct csv_source *s = ctx;
    const struct sb_cell *n = sb_row_get(row, sb_bytes_str("_n"));
    const struct sb_cell *own = sb_row_get(row, sb_bytes_str("_row"));
    if (!n || !own || own->type != SB_CELL_INT)
        return sb_fail(err, SB_E_MAPPING, "the event query's _row is not a number");
    struct sb_map_input in = {.row = row, .operacion = "alta"};
    struct item item = {.table = 0, .row = own->i};
    struct sb_mapped mapped;
    struct sb_map_fault fault;
    int rc =
        sb_mapping_row(s->mapping, s->db, &in, s->batch.arena, &mapped, &fault, err);
    s->batch.position = n->i;
    if (rc == 1)
        return add_fault(s, row, &item, &fault, err);
    return rc ? rc : judge(s, row, &item, &mapped, err);
}

int sb_csv_map(struct csv_source *s, size_t max, struct sb_err *err)
{
    struct sb_param p[] = {
        {sb_bytes_str("after"), {.type = SB_CELL_INT, .i = s->position}},
        {sb_bytes_str("max"), {.type = SB_CELL_INT, .i = (int64_t)max}},
    };
    int rc = sb_csv_batch_begin(s, err);
    if (rc)
        return rc;
    rc = s->db->ops->run(
        s->db,
        sb_bytes_str("SELECT * FROM _event WHERE _n > :after ORDER BY _n LIMIT :max"),
        p,
        2,
        take_event,
        s,
        err);
    bool over = rc == 0 && s->batch.position == s->position;
    rc = sb_csv_batch_end(s, rc, err);
    if (rc)
        return sb_csv_batch_stop(s, err);
    return over ? sb_csv_run_phase(s, PHASE_REST, err) : 0;
}
