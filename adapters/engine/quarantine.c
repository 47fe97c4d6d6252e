/* Rows of the quarantine. Listing and retrying: verbs_quarantine.c. */
#include "adapters/engine/quarantine.h"

int sb_quarantine_put(struct sb_sql *s,
                      const struct sb_quarantined *q,
                      uint64_t now_ms,
                      struct sb_err *err)
{
    return sb_sql_do(
        s,
        err,
        "INSERT INTO quarantine(direction, source, tbl, key, code, pointer,"
        " reason, id_local, first_ms, last_ms, payload, classes)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)"
        " ON CONFLICT(direction, source, tbl, key) DO UPDATE SET"
        " code = excluded.code, pointer = excluded.pointer,"
        " reason = excluded.reason, id_local = excluded.id_local,"
        " last_ms = excluded.last_ms, times = times + 1,"
        " payload = excluded.payload, classes = excluded.classes",
        "stttusstubu",
        q->direction,
        q->source,
        q->table,
        q->key,
        (uint64_t)sb_code_number(q->code),
        q->pointer ? q->pointer : "",
        q->reason ? q->reason : "",
        q->id_local,
        now_ms,
        q->payload,
        (uint64_t)q->classes);
}

int sb_quarantine_clear(struct sb_sql *s,
                        const char *direction,
                        struct sb_bytes source,
                        struct sb_bytes table,
                        struct sb_bytes key,
                        struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "DELETE FROM quarantine"
                     " WHERE direction = ? AND source = ? AND tbl = ? AND key = ?",
                     "sttt",
                     direction,
                     source,
                     table,
                     key);
}

int sb_quarantine_before(struct sb_sql *s,
                         struct sb_bytes stream,
                         struct sb_bytes id_local,
                         uint64_t seq,
                         uint64_t *out,
                         struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT count(*) FROM quarantine WHERE direction = 'in'"
                         " AND source = ? AND id_local = ?"
                         " AND CAST(key AS INTEGER) < ? AND code IN (?, ?, ?)",
                         "ttuuuu",
                         stream,
                         id_local,
                         seq,
                         (uint64_t)sb_code_number(SB_E_SINK_REFUSED),
                         (uint64_t)sb_code_number(SB_E_MAPPING),
                         (uint64_t)sb_code_number(SB_E_LIMIT));
}

int sb_quarantine_overtake(struct sb_sql *s,
                           struct sb_bytes stream,
                           struct sb_bytes id_local,
                           uint64_t seq,
                           struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "UPDATE quarantine SET payload = x'' WHERE direction = 'in'"
                     " AND source = ? AND id_local = ? AND CAST(key AS INTEGER) < ?",
                     "ttu",
                     stream,
                     id_local,
                     seq);
}

int sb_quarantine_withdraw(struct sb_sql *s,
                           struct sb_bytes stream,
                           uint64_t first_seq,
                           uint64_t last_seq,
                           struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "DELETE FROM quarantine WHERE direction = 'in' AND source = ?"
                     " AND CAST(key AS INTEGER) BETWEEN ? AND ?",
                     "tuu",
                     stream,
                     first_seq,
                     last_seq);
}

int sb_quarantine_between(struct sb_sql *s,
                          struct sb_bytes stream,
                          uint64_t first_seq,
                          uint64_t last_seq,
                          uint64_t *out,
                          struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT count(*) FROM quarantine WHERE direction = 'in'"
                         " AND source = ? AND CAST(key AS INTEGER) BETWEEN ? AND ?",
                         "tuu",
                         stream,
                         first_seq,
                         last_seq);
}

int sb_quarantine_count(struct sb_sql *s,
                        const char *direction,
                        uint64_t *out,
                        struct sb_err *err)
{
    return sb_sql_number(s,
                         out,
                         0,
                         err,
                         "SELECT count(*) FROM quarantine WHERE direction = ?",
                         "s",
                         direction);
}
