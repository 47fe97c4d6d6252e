/* A publisher's withdrawals: written down, said, and obeyed in its own outbox. */
#include "adapters/engine/withdraw.h"

#include "adapters/engine/quarantine.h"
#include "adapters/engine/stream.h"

int sb_withdraw_keep(struct sb_stream *s,
                     const struct sb_withdraw *w,
                     uint8_t hash[SB_HASH],
                     struct sb_err *err)
{
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_withdraw again;
    sb_withdraw_write(w, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc && sb_withdraw_read(sb_buf_bytes(&body), &again, NULL) != 0)
        rc = sb_fail(err,
                     SB_E_ARGUMENT,
                     "a reason has 1 to %u bytes of text, and events run from a first "
                     "to a last",
                     SB_REASON_MAX);
    if (!rc)
        rc = sb_env_sign(s->env, sb_buf_bytes(&body), w->time, &record, hash, err);
    if (!rc)
        rc = sb_sql_do(s->env->state,
                       err,
                       "INSERT INTO withdrawal(hash, stream, first_seq, last_seq,"
                       " annulled_by, record) VALUES (?, ?, ?, ?, ?, ?)",
                       "biuuub",
                       sb_bytes(hash, SB_HASH),
                       s->row.id,
                       w->first_seq,
                       w->last_seq,
                       w->annulled_by,
                       sb_buf_bytes(&record));
    sb_buf_free(&body);
    sb_buf_free(&record);
    return rc;
}

int sb_withdraw_moved(struct sb_stream *s, struct sb_err *err)
{
    int rc = sb_sql_do(s->env->state,
                       err,
                       "DELETE FROM withdrawal WHERE stream = ? AND stored = 0"
                       " AND annulled_by > ?",
                       "iu",
                       s->row.id,
                       s->row.stored_seq);
    if (!rc && sb_sql_changed(s->env->state) > 0)
        sb_log(s->env->log,
               SB_LOG_WARNING,
               "withdraw",
               SB_LOG_TEXT("event", "withdrawal_forgotten"),
               SB_LOG_TEXT("stream", s->name),
               SB_LOG_TEXT("text", "its annulments got new numbers: withdraw again"));
    return rc;
}

/* The next one of a stream, sent. 1: there was one; 0: none. */
static int say_next(struct sb_stream *s, uint8_t hash[SB_HASH], struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    struct sb_env *env = s->env;
    int rc = sb_sql_start(env->state,
                          &row,
                          err,
                          "SELECT record, hash FROM withdrawal WHERE stream = ?1"
                          " AND stored = 0 AND said = 0"
                          " AND max(last_seq, annulled_by) <= ?2 LIMIT 1",
                          "iu",
                          s->row.id,
                          s->row.stored_seq);
    if (rc)
        return rc;
    rc = sb_sql_row(env->state, row, err);
    if (rc == 1) {
        struct sb_message m = {.cmd = SB_CMD_WITHDRAW, .n_payload = 1};
        m.payload[0] = sb_sql_bytes(row, 0);
        if (!sb_sql_fixed(row, 1, hash, SB_HASH))
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a withdrawal");
        else
            rc = env->send(env->send_ctx, &m, err);
        rc = rc ? rc : 1;
    }
    sb_sql_end(row);
    return rc;
}

static int say(struct sb_stream *s, struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    int rc = 0;
    while ((rc = say_next(s, hash, err)) == 1) {
        rc = sb_sql_do(s->env->state,
                       err,
                       "UPDATE withdrawal SET said = 1 WHERE hash = ?",
                       "b",
                       sb_bytes(hash, SB_HASH));
        if (rc)
            break;
    }
    return rc;
}

int sb_withdraw_say(struct sb_stream *streams, size_t n, struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (streams[i].welcomed && !streams[i].adopting && !streams[i].row.stopped &&
            streams[i].row.stored_seq >= streams[i].refill_seq) /* behind the refill */
            rc = say(&streams[i], err);
    return rc;
}

struct kept { /* one withdrawal of the table */
    int64_t stream;
    char name[SB_STREAM_MAX + 1];
    uint64_t first;
    uint64_t last;
};

/* 1: it is ours; 0: we know of none. */
static int
find(struct sb_sql *s, const uint8_t *hash, struct kept *out, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT w.stream, s.name, w.first_seq, w.last_seq"
                          " FROM withdrawal w JOIN stream s ON s.id = w.stream"
                          " WHERE w.hash = ?",
                          "b",
                          sb_bytes(hash, SB_HASH));
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        struct sb_bytes name = sb_sql_bytes(row, 1);
        *out = (struct kept){.stream = (int64_t)sb_sql_uint(row, 0),
                             .first = sb_sql_uint(row, 2),
                             .last = sb_sql_uint(row, 3)};
        if (name.n > SB_STREAM_MAX)
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a stream");
        else
            memcpy(out->name, name.p, name.n);
    }
    sb_sql_end(row);
    return rc;
}

/* The batch that holds `seq`, or the next one: its first seq; 0: none any more. */
static int next_batch(struct sb_sql *s,
                      const struct kept *w,
                      uint64_t seq,
                      uint64_t *first,
                      struct sb_err *err)
{
    return sb_sql_number(s,
                         first,
                         0,
                         err,
                         "SELECT min(first_seq) FROM batch WHERE stream = ?"
                         " AND first_seq > 0 AND last_seq >= ? AND first_seq <= ?",
                         "iuu",
                         w->stream,
                         seq,
                         w->last);
}

static int empty_batch(struct sb_sql *s,
                       const struct kept *w,
                       const struct sb_outbox_batch *b,
                       struct sb_arena *arena,
                       struct sb_err *err)
{
    struct sb_cts cts;
    struct sb_buf left = {0};
    int rc = sb_cts_read(b->cts, arena, &cts, err);
    for (size_t c = 0; !rc && c < cts.n; c++)
        for (size_t i = 0; i < cts.classes[c].n; i++)
            if (b->first_seq + i >= w->first && b->first_seq + i <= w->last)
                cts.classes[c].cts[i] = sb_bytes("", 0);
    if (!rc) {
        sb_cts_write(&left, &cts);
        rc = sb_buf_check(&left, err);
    }
    if (!rc)
        rc = sb_sql_do(s,
                       err,
                       "UPDATE batch SET cts = ? WHERE stream = ? AND first_seq = ?",
                       "biu",
                       sb_buf_bytes(&left),
                       w->stream,
                       b->first_seq);
    sb_buf_free(&left);
    return rc;
}

static int empty_outbox(struct sb_sql *s, const struct kept *w, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    uint64_t seq = w->first;
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    while (!rc) {
        struct sb_outbox_batch b = {0};
        uint64_t first = 0;
        sb_arena_reset(arena);
        rc = next_batch(s, w, seq, &first, err);
        if (rc || !first)
            break;
        rc = sb_outbox_batch(s, w->stream, (int64_t)first, arena, &b, err);
        if (!rc)
            rc = empty_batch(s, w, &b, arena, err);
        if (!rc)
            seq = b.last_seq + 1;
    }
    sb_arena_free(arena);
    return rc;
}

int sb_withdraw_stored(struct sb_env *env,
                       const uint8_t hash[SB_HASH],
                       struct sb_err *err)
{
    struct kept w = {0};
    int rc = find(env->state, hash, &w, err);
    if (rc != 1)
        return rc;
    rc = sb_sql_begin(env->state, err);
    if (rc)
        return rc;
    rc = empty_outbox(env->state, &w, err);
    if (!rc)
        rc = sb_quarantine_withdraw(
            env->state, sb_bytes_str(w.name), w.first, w.last, err);
    if (!rc)
        rc = sb_sql_do(env->state,
                       err,
                       "UPDATE withdrawal SET stored = 1 WHERE hash = ?",
                       "b",
                       sb_bytes(hash, SB_HASH));
    if (!rc)
        return sb_sql_commit(env->state, err);
    sb_sql_rollback(env->state);
    return rc;
}

int sb_withdraw_adopt(struct sb_stream *s,
                      const struct sb_withdraw *w,
                      const uint8_t hash[SB_HASH],
                      struct sb_bytes record,
                      struct sb_err *err)
{
    int rc = sb_sql_do(s->env->state,
                       err,
                       "INSERT OR IGNORE INTO withdrawal(hash, stream, first_seq,"
                       " last_seq, annulled_by, record, said)"
                       " VALUES (?, ?, ?, ?, ?, ?, 1)",
                       "biuuub",
                       sb_bytes(hash, SB_HASH),
                       s->row.id,
                       w->first_seq,
                       w->last_seq,
                       w->annulled_by,
                       record);
    return rc ? rc : sb_withdraw_stored(s->env, hash, err);
}

int sb_withdraw_refused(struct sb_env *env,
                        const uint8_t hash[SB_HASH],
                        struct sb_err *err)
{
    return sb_sql_do(env->state,
                     err,
                     "DELETE FROM withdrawal WHERE hash = ? AND stored = 0",
                     "b",
                     sb_bytes(hash, SB_HASH));
}

static int resign(struct sb_stream *s,
                  const uint8_t hash[SB_HASH],
                  struct sb_bytes raw,
                  uint64_t now_ms,
                  struct sb_err *err)
{
    struct sb_record record;
    struct sb_withdraw w;
    uint8_t other[SB_HASH];
    int rc = sb_record_read(raw, &record, err);
    if (!rc)
        rc = sb_withdraw_read(record.body, &w, err);
    if (!rc)
        rc = sb_sql_begin(s->env->state, err);
    if (rc)
        return rc;
    w.time = now_ms;
    rc = sb_withdraw_refused(s->env, hash, err);
    if (!rc)
        rc = sb_withdraw_keep(s, &w, other, err);
    if (!rc)
        return sb_sql_commit(s->env->state, err);
    sb_sql_rollback(s->env->state);
    return rc;
}

int sb_withdraw_resign(struct sb_stream *s,
                       const uint8_t hash[SB_HASH],
                       uint64_t now_ms,
                       struct sb_err *err)
{
    struct sb_buf raw = {0};
    int rc = sb_sql_blob(s->env->state,
                         &raw,
                         err,
                         "SELECT record FROM withdrawal WHERE hash = ? AND stored = 0",
                         "b",
                         sb_bytes(hash, SB_HASH));
    if (rc == 1)
        rc = resign(s, hash, sb_buf_bytes(&raw), now_ms, err);
    sb_buf_free(&raw);
    return rc;
}

int sb_withdraw_again(struct sb_env *env, bool new_generation, struct sb_err *err)
{
    int rc = sb_sql_do(env->state,
                       err,
                       "UPDATE withdrawal SET said = 0, stored = stored AND NOT ?",
                       "u",
                       (uint64_t)new_generation);
    if (rc || !new_generation)
        return rc;
    /* a deletion counts behind its withdrawal, which the refill brings */
    return sb_sql_do(env->state, err, "UPDATE withdrawn SET done = 2", "");
}
