/* Batches that were stored: proved, final, dropped, sent again. */
#include "adapters/engine/outbox_kept.h"

#include "keys/hash.h"

int sb_outbox_prune(struct sb_sql *s, uint64_t before_ms, struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "DELETE FROM batch WHERE (stream, first_seq) IN"
                     " (SELECT b.stream, b.first_seq FROM batch b"
                     "   JOIN stream s ON s.id = b.stream"
                     "   WHERE b.stored = 1 AND b.sent < ?"
                     "     AND b.last_seq < s.final_seq LIMIT 500)",
                     "u",
                     before_ms);
}

int sb_outbox_proved(struct sb_sql *s,
                     const struct sb_outbox_stream *row,
                     struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE stream SET proved_seq = ?, proved_index = ?, final_seq = ?"
                     " WHERE id = ?",
                     "uuui",
                     row->proved_seq,
                     row->proved_index,
                     row->final_seq,
                     row->id);
}

int sb_outbox_unproved_ms(struct sb_sql *s,
                          const struct sb_outbox_stream *row,
                          uint64_t *out,
                          struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT min(stored_ms) FROM batch WHERE stream = ?"
                         " AND last_seq > ? AND stored = 1 AND stored_ms > 0",
                         "iu",
                         row->id,
                         row->proved_seq);
}

int sb_outbox_record_hash(struct sb_sql *s,
                          int64_t stream,
                          uint64_t seq,
                          uint8_t hash[SB_HASH],
                          struct sb_err *err)
{
    struct sb_buf record = {0};
    int rc = sb_sql_blob(s,
                         &record,
                         err,
                         "SELECT record FROM batch WHERE stream = ? AND last_seq = ?"
                         " AND first_seq > 0",
                         "iu",
                         stream,
                         seq);
    if (rc == 1) {
        int full = sb_buf_check(&record, err);
        if (full)
            rc = full;
        else
            sb_sha256(hash, sb_buf_bytes(&record));
    }
    sb_buf_free(&record);
    return rc;
}

int sb_outbox_first(struct sb_sql *s, int64_t stream, uint64_t *out, struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT min(first_seq) FROM batch WHERE stream = ?"
                         " AND first_seq > 0",
                         "i",
                         stream);
}

int sb_outbox_refill_seq(struct sb_sql *s,
                         int64_t stream,
                         uint64_t *out,
                         struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT max(last_seq) FROM batch WHERE stream = ?"
                         " AND stored = 0 AND stored_ms > 0",
                         "i",
                         stream);
}

int sb_outbox_waiting_record(struct sb_sql *s,
                             int64_t stream,
                             struct sb_buf *out,
                             struct sb_err *err)
{
    int rc = sb_sql_blob(s,
                         out,
                         err,
                         "SELECT record FROM batch WHERE stream = ? AND stored = 0"
                         " ORDER BY first_seq LIMIT 1",
                         "i",
                         stream);
    int full = rc < 0 ? rc : sb_buf_check(out, err);
    return full ? full : rc;
}
