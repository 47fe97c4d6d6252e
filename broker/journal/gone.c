/* Purpose: take ciphertexts away, under a record that stands in the journal.
 * Invariant: no entry, leaf or item is touched; what is to be pruned is told by the
 * prune records alone, so that an interrupted run is found again. Removed bytes are
 * overwritten in place (`secure_delete`), rows that have ciphertexts are never moved,
 * and the WAL that still has the old pages is cut.
 * Not a judge: whether policy permits it is the core's matter, and verify's. */
#include "broker/journal/gone.h"

static int stored_last_seq(struct sb_journal *j,
                           struct sb_bytes name,
                           uint64_t *out,
                           struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_LAST_SEQ];
    sb_db_bind_text(st, 1, name);
    int rc = sb_db_step(st, err);
    *out = rc == 1 ? sb_db_int(st, 0) : 0;
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

int sb_gone_check(struct sb_journal *j,
                  const struct sb_append *group,
                  size_t at,
                  const struct sb_row *row,
                  struct sb_err *err)
{
    uint64_t last = 0;
    if (row->stream.n == 0)
        return row->first <= group[at].index
                   ? 0
                   : sb_fail(err,
                             SB_E_JOURNAL_ENTRY,
                             "a prune record covers entries that come after it");
    int rc = stored_last_seq(j, row->stream, &last, err);
    for (size_t i = 0; i < at; i++)
        if (group[i].kind == SB_KIND_BATCH && sb_bytes_eq(group[i].stream, row->stream))
            last = group[i].last;
    if (rc == 0 && row->last > last)
        rc = sb_fail(err,
                     SB_E_JOURNAL_ENTRY,
                     "a withdrawal of %.*s@%llu: the stream ends at %llu",
                     SB_FMT(row->stream),
                     (unsigned long long)row->last,
                     (unsigned long long)last);
    return rc;
}

/* A class's list `[class, [bin ...]]` again, with empty bins from `from` to `to`; it
 * stays as long as it was, so that it is written where it stood. */
static int empty_bins(struct sb_bytes raw,
                      uint64_t from,
                      uint64_t to,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    struct sb_unpack u = sb_unpack(raw);
    sb_unpack_array(&u, 2, 2);
    sb_pack_array(out, 2);
    sb_pack_str(out, sb_unpack_code(&u));
    size_t n = sb_unpack_array(&u, 1, SB_BATCH_EVENTS);
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++) {
        struct sb_bytes bin = sb_unpack_bin(&u, SB_EVENT_MAX);
        sb_pack_bin(out, i >= from && i <= to ? sb_bytes(NULL, 0) : bin);
    }
    while (out->n < raw.n && !out->failed)
        sb_buf_byte(out, 0);
    if (u.failed)
        return sb_fail(err, SB_E_DB_CORRUPT, "a list of ciphertexts is damaged");
    return sb_buf_check(out, err);
}

static int empty_row(
    struct sb_journal *j, uint64_t id, uint64_t from, uint64_t to, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_GET_CT];
    struct sb_buf raw = {0};
    sb_db_bind_int(st, 1, id);
    int rc = sb_db_step(st, err);
    if (rc <= 0)
        return rc; /* pruned, or a class that the batch has not */
    struct sb_bytes old = sb_db_bytes(st, 0);
    rc = old.n > 0 ? empty_bins(old, from, to, &raw, err) : 0;
    bool gone_before = rc == 0 && sb_bytes_eq(old, sb_buf_bytes(&raw));
    sqlite3_reset(st);
    if (rc == 0 && !gone_before) {
        j->cut_due = true;
        st = j->sql[SB_SQL_SET_CT];
        sb_db_bind_blob(st, 1, sb_buf_bytes(&raw));
        sb_db_bind_int(st, 2, id);
        rc = sb_db_run(st, err);
    }
    sb_buf_free(&raw);
    return rc;
}

int sb_gone_withdraw(struct sb_journal *j,
                     const struct sb_withdraw *withdraw,
                     uint64_t stream,
                     struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_BATCHES];
    int rc;
    sb_db_bind_int(st, 1, stream);
    sb_db_bind_int(st, 2, withdraw->last_seq);
    while ((rc = sb_db_step(st, err)) == 1) {
        uint64_t index = sb_db_int(st, 0);
        uint64_t first = sb_db_int(st, 1);
        if (sb_db_int(st, 2) < withdraw->first_seq)
            break;
        uint64_t from = withdraw->first_seq > first ? withdraw->first_seq - first : 0;
        rc = 0;
        for (uint64_t c = 0; c < SB_CT_PLACES && rc == 0; c++)
            rc = empty_row(
                j, index * SB_CT_PLACES + c, from, withdraw->last_seq - first, err);
        if (rc != 0)
            break;
    }
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

int sb_gone_load(struct sb_journal *j, struct sb_err *err)
{
    int64_t below = 0;
    int rc = sb_db_number(j->db,
                          "SELECT ifnull(max(first), 0) FROM entry"
                          " WHERE stream = 0 AND kind = 10",
                          &below,
                          err);
    j->prune_below = (uint64_t)below;
    return rc;
}

_Static_assert(SB_KIND_PRUNE == 10, "the number in sb_gone_load");

/* The last of the next `max` rows that are to be emptied. 0: none is left. */
static int
next_chunk(struct sb_journal *j, size_t max, uint64_t *last, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_CHUNK];
    sb_db_bind_int(st, 1, j->prune_from);
    sb_db_bind_int(st, 2, j->prune_below * SB_CT_PLACES);
    sb_db_bind_int(st, 3, max);
    int rc = sb_db_step(st, err);
    if (rc == 1 && sqlite3_column_type(st, 0) == SQLITE_NULL)
        rc = 0;
    if (rc == 1)
        *last = sb_db_int(st, 0);
    sqlite3_reset(st);
    return rc;
}

/* Empties these rows, and removes those that no other stands near. */
static int remove_rows(struct sb_journal *j, uint64_t last, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_EMPTY];
    int rc = sb_db_run(j->sql[SB_SQL_BEGIN], err);
    if (rc != 0)
        return rc;
    sb_db_bind_int(st, 1, j->prune_from);
    sb_db_bind_int(st, 2, last);
    rc = sb_db_run(st, err);
    st = j->sql[SB_SQL_PRUNE];
    sb_db_bind_int(st, 1, last);
    sb_db_bind_int(st, 2, SB_CT_MARGIN);
    if (rc == 0)
        rc = sb_db_run(st, err);
    if (rc == 0)
        rc = sb_journal_commit(j, err);
    if (rc != 0)
        return rc;
    j->prune_from = last + 1;
    j->cut_due = true;
    return 0;
}

static int prune_chunk(struct sb_journal *j, size_t max, struct sb_err *err)
{
    uint64_t last = 0;
    int rc = next_chunk(j, max > 0 ? max : 1, &last, err);
    if (rc == 1)
        rc = remove_rows(j, last, err);
    if (rc == 0 && last > 0)
        rc = next_chunk(j, 1, &last, err);
    if (rc == 0 && j->cut_due)
        rc = sb_journal_cut(j, err);
    return rc;
}

int sb_journal_prune_step(struct sb_journal *j, size_t max, struct sb_err *err)
{
    struct sb_err failure = {0};
    int rc = sb_journal_alive(j, err);
    if (rc != 0)
        return rc;
    rc = prune_chunk(j, max, &failure);
    return rc >= 0 ? rc : sb_journal_failed(j, &failure, err);
}
