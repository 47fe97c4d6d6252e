/* Rows of the outbox: streams, claims, epochs, tokens. Batches: outbox_batch.c. */
#include "adapters/engine/outbox.h"

#include "keys/hash.h"

static int read_stream(struct sb_sql *s,
                       struct sb_bytes name,
                       struct sb_outbox_stream *out,
                       struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT id, instance, stored_seq, stored_hash, stored_epoch,"
                          " stopped, proved_seq, proved_index, final_seq"
                          " FROM stream WHERE name = ?",
                          "t",
                          name);
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        *out = (struct sb_outbox_stream){.id = (int64_t)sb_sql_uint(row, 0),
                                         .stored_seq = sb_sql_uint(row, 2),
                                         .stored_epoch = sb_sql_uint(row, 4),
                                         .stopped = -(int)sb_sql_uint(row, 5),
                                         .proved_seq = sb_sql_uint(row, 6),
                                         .proved_index = sb_sql_uint(row, 7),
                                         .final_seq = sb_sql_uint(row, 8)};
        if (!sb_sql_fixed(row, 1, out->instance, SB_INSTANCE) ||
            !sb_sql_fixed(row, 3, out->stored_hash, SB_HASH))
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a stream");
    }
    sb_sql_end(row);
    return rc;
}

int sb_outbox_stream(struct sb_sql *s,
                     struct sb_bytes name,
                     struct sb_outbox_stream *out,
                     struct sb_err *err)
{
    int rc = read_stream(s, name, out, err);
    if (rc)
        return rc < 0 ? rc : 0;
    uint8_t instance[SB_INSTANCE];
    uint8_t zero[SB_HASH] = {0};
    sb_random(instance, sizeof instance);
    rc = sb_sql_do(s,
                   err,
                   "INSERT INTO stream(name, instance, stored_hash) VALUES (?, ?, ?)",
                   "tbb",
                   name,
                   sb_bytes(instance, sizeof instance),
                   sb_bytes(zero, sizeof zero));
    if (!rc)
        rc = read_stream(s, name, out, err);
    if (rc == 0)
        return sb_fail(err, SB_E_INTERNAL, "a stream's row has not been made");
    return rc < 0 ? rc : 0;
}

int sb_outbox_stop(struct sb_sql *s,
                   int64_t stream,
                   int code,
                   struct sb_bytes evidence,
                   struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE stream SET stopped = ?, evidence = ? WHERE id = ?",
                     "ubi",
                     (uint64_t)sb_code_number(code),
                     evidence,
                     stream);
}

int sb_outbox_stored(struct sb_sql *s,
                     int64_t stream,
                     uint64_t seq,
                     const uint8_t hash[SB_HASH],
                     uint64_t now_ms,
                     struct sb_err *err)
{
    int rc = sb_sql_begin(s, err);
    if (rc)
        return rc;
    rc = sb_sql_do(s,
                   err,
                   "UPDATE batch SET stored = 1, stored_ms = ?"
                   " WHERE stream = ? AND last_seq <= ? AND stored = 0",
                   "uiu",
                   now_ms,
                   stream,
                   seq);
    if (!rc)
        rc = sb_sql_do(s,
                       err,
                       "UPDATE stream SET stored_seq = ?, stored_hash = ? WHERE id = ?",
                       "ubi",
                       seq,
                       sb_bytes(hash, SB_HASH),
                       stream);
    if (!rc)
        return sb_sql_commit(s, err);
    sb_sql_rollback(s);
    return rc;
}

int sb_outbox_stored_epoch(struct sb_sql *s,
                           int64_t stream,
                           uint64_t epoch_no,
                           struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE stream SET stored_epoch = ? WHERE id = ?",
                     "ui",
                     epoch_no,
                     stream);
}

int sb_outbox_stored_claim(struct sb_sql *s,
                           int64_t stream,
                           uint64_t claim_no,
                           struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE claim SET stored = 1 WHERE stream = ? AND claim_no = ?",
                     "iu",
                     stream,
                     claim_no);
}

static int read_record(struct sb_sql *s,
                       sqlite3_stmt *row,
                       struct sb_outbox_record *out,
                       struct sb_buf *record,
                       struct sb_err *err)
{
    int rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        struct sb_outbox_record r = {.number = sb_sql_uint(row, 0),
                                     .events = sb_sql_uint(row, 3),
                                     .stored = sb_sql_uint(row, 3) != 0};
        struct sb_bytes bytes = sb_sql_bytes(row, 2);
        if (record)
            sb_buf_put(record, bytes.p, bytes.n);
        rc = sb_sql_fixed(row, 1, r.hash, SB_HASH)
                 ? 0
                 : sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a record");
        if (!rc && record)
            rc = sb_buf_check(record, err);
        if (!rc)
            *out = r;
    } else if (rc == 0) {
        rc = sb_fail(err, SB_E_NOT_FOUND, "the outbox holds no such record");
    }
    sb_sql_end(row);
    return rc;
}

int sb_outbox_claim(struct sb_sql *s,
                    int64_t stream,
                    uint64_t number,
                    struct sb_outbox_record *out,
                    struct sb_buf *record,
                    struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT claim_no, hash, record, stored FROM claim"
                          " WHERE stream = ?1 AND (?2 = 0 OR claim_no = ?2)"
                          " ORDER BY claim_no DESC LIMIT 1",
                          "iu",
                          stream,
                          number);
    return rc ? rc : read_record(s, row, out, record, err);
}

int sb_outbox_epoch(struct sb_sql *s,
                    int64_t stream,
                    uint64_t number,
                    struct sb_outbox_record *out,
                    struct sb_buf *record,
                    struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT epoch_no, hash, record, events FROM epoch"
                          " WHERE stream = ?1 AND (?2 = 0 OR epoch_no = ?2)"
                          " ORDER BY epoch_no DESC LIMIT 1",
                          "iu",
                          stream,
                          number);
    return rc ? rc : read_record(s, row, out, record, err);
}

int sb_outbox_add_claim(struct sb_sql *s,
                        int64_t stream,
                        uint64_t claim_no,
                        const uint8_t hash[SB_HASH],
                        struct sb_bytes record,
                        struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT INTO claim(stream, claim_no, hash, record)"
                     " VALUES (?, ?, ?, ?)",
                     "iubb",
                     stream,
                     claim_no,
                     sb_bytes(hash, SB_HASH),
                     record);
}

int sb_outbox_add_epoch(struct sb_sql *s,
                        int64_t stream,
                        uint64_t epoch_no,
                        const uint8_t hash[SB_HASH],
                        struct sb_bytes record,
                        struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT INTO epoch(stream, epoch_no, hash, record)"
                     " VALUES (?, ?, ?, ?)",
                     "iubb",
                     stream,
                     epoch_no,
                     sb_bytes(hash, SB_HASH),
                     record);
}

int sb_outbox_count_events(struct sb_sql *s,
                           int64_t stream,
                           uint64_t epoch_no,
                           uint64_t more,
                           struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE epoch SET events = events + ?"
                     " WHERE stream = ? AND epoch_no = ?",
                     "uiu",
                     more,
                     stream,
                     epoch_no);
}

int sb_outbox_cut(struct sb_sql *s,
                  int64_t stream,
                  uint64_t epoch_no,
                  uint64_t seq,
                  struct sb_err *err)
{
    int rc = sb_sql_do(s,
                       err,
                       "DELETE FROM epoch WHERE stream = ? AND epoch_no > ?",
                       "iu",
                       stream,
                       epoch_no);
    if (rc)
        return rc;
    return sb_sql_do(s,
                     err,
                     "DELETE FROM batch WHERE stream = ? AND first_seq > ?",
                     "iu",
                     stream,
                     seq);
}

int sb_outbox_token(struct sb_sql *s,
                    const char *source,
                    struct sb_buf *out,
                    struct sb_err *err)
{
    int rc = sb_sql_blob(
        s, out, err, "SELECT token FROM token WHERE source = ?", "s", source);
    return rc < 0 ? rc : sb_buf_check(out, err);
}

int sb_outbox_put_token(struct sb_sql *s,
                        const char *source,
                        struct sb_bytes token,
                        struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT INTO token(source, token) VALUES (?, ?)"
                     " ON CONFLICT(source) DO UPDATE SET token = excluded.token",
                     "sb",
                     source,
                     token);
}
