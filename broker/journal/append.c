/* Purpose: one group of entries, one transaction.
 * Invariant: what is written is what verify demands: indices without a hole, times that
 * never fall, columns as the records say, tree rows for every completed subtree. A
 * group that is refused before the transaction leaves the journal usable. */
#include "broker/journal/gone.h"
#include "broker/journal/tree_rows.h"

static int
check_columns(const struct sb_append *a, const struct sb_row *row, struct sb_err *err)
{
    bool own = a->kind == SB_KIND_PRUNE; /* columns are taken from its record */
    bool numbered = row->first != 0 && !own;
    if (!sb_bytes_eq(a->stream, row->stream) && row->stream.n > 0 && !own)
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "its stream is not its record's");
    if (numbered && (a->first != row->first || a->last != row->last))
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "its numbers are not its record's");
    if (memcmp(a->hash, row->hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "its hash is not its record's");
    if (a->kind == SB_KIND_CLAIM &&
        memcmp(a->instance, row->as.claim.instance, SB_INSTANCE) != 0)
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "its instance is not its record's");
    if (a->kind == SB_KIND_REGRANT && !sb_bytes_eq(a->reader, row->reader))
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "its reader is not its record's");
    bool batch = a->kind == SB_KIND_BATCH;
    if (batch != (a->items.n > 0) || (!batch && a->n_cts > 0) || a->n_cts > SB_CLASSES)
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "items and ciphertexts do not fit it");
    return 0;
}

static int check_one(struct sb_journal *j,
                     const struct sb_append *group,
                     size_t at,
                     uint64_t *stored_ms,
                     struct sb_err *err)
{
    struct sb_entry leaf;
    struct sb_row row;
    const struct sb_append *a = &group[at];
    uint64_t index = j->tree.size + at;
    if (a->index != index)
        return sb_fail(err,
                       SB_E_JOURNAL_ORDER,
                       "entry %llu cannot follow %llu entries",
                       (unsigned long long)a->index,
                       (unsigned long long)index);
    sb_arena_reset(j->arena);
    int rc = sb_row_leaf(a->kind, a->leaf, a->record, &leaf, err);
    if (rc == 0)
        rc = sb_row_read(a->kind, a->record, j->arena, &row, err);
    if (rc == 0)
        rc = check_columns(a, &row, err);
    if (rc == 0 && a->kind == SB_KIND_PRUNE)
        rc = sb_gone_check(j, group, at, &row, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "entry %llu", (unsigned long long)index);
    if (leaf.stored_ms < *stored_ms || leaf.stored_ms > INT64_MAX)
        return sb_fail(err,
                       SB_E_JOURNAL_ORDER,
                       "entry %llu is older than the one before it",
                       (unsigned long long)index);
    *stored_ms = leaf.stored_ms;
    return 0;
}

static int
stream_id(struct sb_journal *j, struct sb_bytes name, uint64_t *id, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_STREAM];
    sb_db_bind_text(st, 1, name);
    int rc = sb_db_step(st, err);
    if (rc == 1) {
        *id = sb_db_int(st, 0);
        sqlite3_reset(st);
        return 0;
    }
    if (rc < 0)
        return rc;
    st = j->sql[SB_SQL_NEW_STREAM];
    sb_db_bind_text(st, 1, name);
    rc = sb_db_run(st, err);
    if (rc == 0)
        *id = (uint64_t)sqlite3_last_insert_rowid(j->db);
    return rc;
}

/* The stream's row after this entry. */
static int move_stream(struct sb_journal *j,
                       const struct sb_append *a,
                       uint64_t id,
                       struct sb_err *err)
{
    sqlite3_stmt *st;
    int at = 4;
    if (a->kind == SB_KIND_CLAIM)
        st = j->sql[SB_SQL_SET_CLAIM];
    else if (a->kind == SB_KIND_EPOCH)
        st = j->sql[SB_SQL_SET_EPOCH];
    else if (a->kind == SB_KIND_BATCH)
        st = j->sql[SB_SQL_SET_BATCH];
    else
        return 0;
    sb_db_bind_int(st, 1, a->last);
    sb_db_bind_blob(st, 2, sb_bytes(a->hash, SB_HASH));
    sb_db_bind_int(st, 3, a->index);
    if (a->kind == SB_KIND_CLAIM)
        sb_db_bind_blob(st, at++, sb_bytes(a->instance, SB_INSTANCE));
    sb_db_bind_int(st, at, id);
    return sb_db_run(st, err);
}

/* What stands in an entry's row beside its record. */
struct columns {
    uint64_t stream;
    uint64_t first;
    uint64_t last;
};

static int put_row(struct sb_journal *j,
                   const struct sb_append *a,
                   const struct columns *c,
                   struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_ENTRY];
    sb_db_bind_int(st, 1, a->index);
    sb_db_bind_int(st, 2, (uint64_t)a->kind);
    sb_db_bind_int(st, 3, c->stream);
    sb_db_bind_int(st, 4, c->first);
    sb_db_bind_int(st, 5, c->last);
    sb_db_bind_blob(st, 6, sb_bytes(a->hash, SB_HASH));
    sb_db_bind_text(st, 7, a->kind == SB_KIND_REGRANT ? a->reader : sb_bytes(NULL, 0));
    sb_db_bind_blob(st, 8, a->record);
    sb_db_bind_blob(st, 9, a->items);
    return sb_db_run(st, err);
}

/* A prune record or a withdrawal; what a withdrawal covers goes with it. */
static int put_gone(struct sb_journal *j, const struct sb_append *a, struct sb_err *err)
{
    struct sb_row row;
    sb_arena_reset(j->arena);
    int rc = sb_row_read(a->kind, a->record, j->arena, &row, err);
    if (rc != 0)
        return rc;
    struct columns c = {.first = row.first, .last = row.last};
    if (row.stream.n > 0)
        rc = stream_id(j, row.stream, &c.stream, err);
    if (rc == 0)
        rc = put_row(j, a, &c, err);
    if (rc == 0 && row.stream.n > 0)
        rc = sb_gone_withdraw(j, &row.as.withdraw, c.stream, err);
    else if (row.first > j->prune_below)
        j->prune_below = row.first;
    return rc;
}

static int
put_entry(struct sb_journal *j, const struct sb_append *a, struct sb_err *err)
{
    bool streamed = a->kind == SB_KIND_CLAIM || a->kind == SB_KIND_EPOCH ||
                    a->kind == SB_KIND_REGRANT || a->kind == SB_KIND_BATCH;
    struct columns c = {0};
    if (a->kind == SB_KIND_PRUNE)
        return put_gone(j, a, err);
    if (a->kind == SB_KIND_DIRECTORY || (streamed && a->kind != SB_KIND_REGRANT)) {
        c.first = a->first;
        c.last = a->last;
    }
    int rc = streamed ? stream_id(j, a->stream, &c.stream, err) : 0;
    if (rc == 0)
        rc = move_stream(j, a, c.stream, err);
    return rc == 0 ? put_row(j, a, &c, err) : rc;
}

static int put_cts(struct sb_journal *j, const struct sb_append *a, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_CT];
    int rc = 0;
    for (size_t i = 0; i < a->n_cts && rc == 0; i++) {
        sb_db_bind_int(st, 1, a->index * SB_CT_PLACES + i);
        sb_db_bind_text(st, 2, a->ct_class[i]);
        sb_db_bind_blob(st, 3, a->ct_raw[i]);
        rc = sb_db_run(st, err);
    }
    return rc;
}

static int put_leaf(struct sb_journal *j,
                    const struct sb_append *a,
                    struct sb_tree *tree,
                    struct sb_err *err)
{
    struct sb_tree_row rows[SB_TREE_LEVELS];
    uint8_t hash[SB_HASH];
    sqlite3_stmt *st = j->sql[SB_SQL_LEAF];
    sb_db_bind_int(st, 1, a->index);
    sb_db_bind_blob(st, 2, a->leaf);
    sb_tree_leaf(hash, a->leaf);
    sb_db_bind_blob(st, 3, sb_bytes(hash, SB_HASH));
    int rc = sb_db_run(st, err);
    size_t n = sb_tree_grow(tree, hash, rows);
    st = j->sql[SB_SQL_TREE];
    for (size_t i = 0; i < n && rc == 0; i++) {
        sb_db_bind_int(st, 1, rows[i].id);
        sb_db_bind_blob(st, 2, sb_bytes(rows[i].hash, SB_HASH));
        rc = sb_db_run(st, err);
    }
    return rc;
}

static int put_group(struct sb_journal *j,
                     const struct sb_append *group,
                     size_t n,
                     struct sb_tree *tree,
                     struct sb_err *err)
{
    int rc = sb_db_run(j->sql[SB_SQL_BEGIN], err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = put_entry(j, &group[i], err);
        if (rc == 0)
            rc = put_cts(j, &group[i], err);
        if (rc == 0)
            rc = put_leaf(j, &group[i], tree, err);
    }
    return rc == 0 ? sb_journal_commit(j, err) : rc;
}

int sb_journal_append(struct sb_journal *j,
                      const struct sb_append *group,
                      size_t n,
                      struct sb_err *err)
{
    struct sb_err failure = {0};
    uint64_t stored_ms = j->stored_ms;
    int rc = sb_journal_alive(j, err);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = check_one(j, group, i, &stored_ms, err);
    if (rc != 0 || n == 0)
        return rc;
    struct sb_tree tree = j->tree;
    uint64_t prune_below = j->prune_below;
    rc = put_group(j, group, n, &tree, &failure);
    if (rc == 0 && j->cut_due)
        rc = sb_journal_cut(j, &failure);
    if (rc != 0) {
        j->prune_below = prune_below;
        return sb_journal_failed(j, &failure, err);
    }
    j->tree = tree;
    j->stored_ms = stored_ms;
    return 0;
}
