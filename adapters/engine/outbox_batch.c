/* Rows of the outbox: batches. */
#include "adapters/engine/outbox.h"

int sb_outbox_add_batch(struct sb_sql *s,
                        int64_t stream,
                        const struct sb_outbox_batch *b,
                        struct sb_err *err)
{
    return sb_sql_do(
        s,
        err,
        "INSERT INTO batch(stream, first_seq, last_seq, claim_no, epoch_no,"
        " hash, record, items, cts, mapping, sent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iuuuubbbbbu",
        stream,
        b->first_seq,
        b->last_seq,
        b->claim_no,
        b->epoch_no,
        sb_bytes(b->hash, SB_HASH),
        b->record,
        b->items,
        b->cts,
        sb_bytes(b->mapping, SB_MAPPING_ID),
        b->sent);
}

static int read_batch(sqlite3_stmt *row,
                      struct sb_arena *arena,
                      struct sb_outbox_batch *out,
                      struct sb_err *err)
{
    struct sb_outbox_batch b = {.first_seq = sb_sql_uint(row, 0),
                                .last_seq = sb_sql_uint(row, 1),
                                .claim_no = sb_sql_uint(row, 2),
                                .epoch_no = sb_sql_uint(row, 3),
                                .sent = sb_sql_uint(row, 9)};
    if (!sb_sql_fixed(row, 4, b.hash, SB_HASH) ||
        !sb_sql_fixed(row, 8, b.mapping, SB_MAPPING_ID))
        return sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a batch");
    b.record = sb_arena_dup(arena, sb_sql_bytes(row, 5));
    b.items = sb_arena_dup(arena, sb_sql_bytes(row, 6));
    b.cts = sb_arena_dup(arena, sb_sql_bytes(row, 7));
    if (!b.record.p || !b.items.p || !b.cts.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    *out = b;
    return 0;
}

int sb_outbox_batch(struct sb_sql *s,
                    int64_t stream,
                    int64_t first_seq,
                    struct sb_arena *arena,
                    struct sb_outbox_batch *out,
                    struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc =
        sb_sql_start(s,
                     &row,
                     err,
                     "SELECT first_seq, last_seq, claim_no, epoch_no, hash, record,"
                     " items, cts, mapping, sent FROM batch"
                     " WHERE stream = ? AND first_seq = ?",
                     "iu",
                     stream,
                     first_seq);
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1)
        rc = read_batch(row, arena, out, err);
    else if (rc == 0)
        rc = sb_fail(err, SB_E_NOT_FOUND, "the outbox holds no such batch");
    sb_sql_end(row);
    return rc;
}

int sb_outbox_head(struct sb_sql *s,
                   int64_t stream,
                   uint64_t *seq,
                   uint8_t hash[SB_HASH],
                   struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT last_seq, hash FROM batch WHERE stream = ?1"
                          " UNION ALL"
                          " SELECT stored_seq, stored_hash FROM stream WHERE id = ?1"
                          " ORDER BY 1 DESC LIMIT 1",
                          "i",
                          stream);
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        *seq = sb_sql_uint(row, 0);
        rc = sb_sql_fixed(row, 1, hash, SB_HASH)
                 ? 0
                 : sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a batch");
    } else if (rc == 0) {
        rc = sb_fail(err, SB_E_NOT_FOUND, "the outbox holds no such stream");
    }
    sb_sql_end(row);
    return rc;
}

int sb_outbox_has(struct sb_sql *s,
                  int64_t stream,
                  uint64_t seq,
                  const uint8_t hash[SB_HASH],
                  bool *out,
                  struct sb_err *err)
{
    uint64_t n = 0;
    int rc = sb_sql_number(s,
                           &n,
                           0,
                           err,
                           "SELECT (SELECT count(*) FROM batch WHERE stream = ?1"
                           "  AND last_seq = ?2 AND hash = ?3)"
                           " + (SELECT count(*) FROM stream WHERE id = ?1"
                           "  AND stored_seq = ?2 AND stored_hash = ?3)",
                           "iub",
                           stream,
                           seq,
                           sb_bytes(hash, SB_HASH));
    if (!rc)
        *out = n != 0;
    return rc;
}
