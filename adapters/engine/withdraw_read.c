/* A reader's duty when a publisher takes events back. */
#include "adapters/engine/withdraw.h"

#include "adapters/engine/disclose.h"
#include "adapters/engine/quarantine.h"
#include "adapters/engine/receive.h"

int sb_withdraw_heard(struct sb_env *env,
                      const struct sb_withdraw *w,
                      const uint8_t hash[SB_HASH],
                      struct sb_err *err)
{
    int rc = sb_sql_begin(env->state, err);
    if (rc)
        return rc;
    rc = sb_sql_do(env->state,
                   err,
                   "INSERT INTO withdrawn(hash, stream, first_seq, last_seq,"
                   " annulled_by) VALUES (?, ?, ?, ?, ?)"
                   " ON CONFLICT(hash) DO UPDATE SET done = 0 WHERE done = 2",
                   "btuuu",
                   sb_bytes(hash, SB_HASH),
                   w->stream,
                   w->first_seq,
                   w->last_seq,
                   w->annulled_by);
    bool news = !rc && sb_sql_changed(env->state) > 0;
    if (!rc)
        rc = sb_quarantine_withdraw(
            env->state, w->stream, w->first_seq, w->last_seq, err);
    if (rc) {
        sb_sql_rollback(env->state);
        return rc;
    }
    rc = sb_sql_commit(env->state, err);
    if (!rc && news)
        sb_log(env->log,
               SB_LOG_INFO,
               "withdraw",
               SB_LOG_TEXT("event", "withdrawn"),
               SB_LOG_BYTES("stream", w->stream),
               SB_LOG_U64("first", w->first_seq),
               SB_LOG_U64("last", w->last_seq));
    return rc;
}

struct duty { /* the oldest that is not done, after the one before */
    uint8_t hash[SB_HASH];
    char stream[SB_STREAM_MAX + 1];
    struct sb_withdraw w;
};

/* 1: there is one; 0: none. */
static int next_duty(struct sb_sql *s, struct duty *d, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT hash, stream, first_seq, last_seq, annulled_by"
                          " FROM withdrawn WHERE done = 0 AND hash > ?"
                          " ORDER BY hash LIMIT 1",
                          "b",
                          sb_bytes(d->hash, SB_HASH));
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        struct sb_bytes stream = sb_sql_bytes(row, 1);
        d->w = (struct sb_withdraw){.first_seq = sb_sql_uint(row, 2),
                                    .last_seq = sb_sql_uint(row, 3),
                                    .annulled_by = sb_sql_uint(row, 4)};
        if (stream.n > SB_STREAM_MAX || !sb_sql_fixed(row, 0, d->hash, SB_HASH))
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a withdrawal");
        else
            memcpy(d->stream, stream.p, stream.n);
        if (rc == 1)
            d->stream[stream.n] = '\0';
    }
    sb_sql_end(row);
    d->w.stream = sb_bytes_str(d->stream);
    return rc;
}

struct waiting { /* the first annulment in quarantine */
    uint64_t seq;
    unsigned classes;
    struct sb_buf id_local;
    struct sb_buf payload;
};

/* 1: there is one; 0: none. */
static int first_waiting(struct sb_sql *s,
                         const struct duty *d,
                         struct waiting *out,
                         struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT CAST(key AS INTEGER), classes, id_local, payload"
                          " FROM quarantine WHERE direction = 'in' AND source = ?"
                          " AND CAST(key AS INTEGER) BETWEEN ? AND ?"
                          " ORDER BY 1 LIMIT 1",
                          "tuu",
                          d->w.stream,
                          d->w.last_seq + 1,
                          d->w.annulled_by);
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        struct sb_bytes id = sb_sql_bytes(row, 2);
        struct sb_bytes payload = sb_sql_bytes(row, 3);
        out->seq = sb_sql_uint(row, 0);
        out->classes = (unsigned)sb_sql_uint(row, 1);
        sb_buf_put(&out->id_local, id.p, id.n);
        sb_buf_put(&out->payload, payload.p, payload.n);
        int full = sb_buf_check(&out->payload, err);
        rc = full ? full : rc;
    }
    sb_sql_end(row);
    return rc;
}

/* An annulment may have been set aside behind what is withdrawn now: it is tried again.
 * 1: out of quarantine; 0: it stays there. */
static int try_again(struct sb_receive *r,
                     struct sb_target *t,
                     const struct duty *d,
                     struct sb_err *err)
{
    struct waiting w = {.seq = 0};
    uint64_t before = 0;
    struct sb_sql *state = r->env->state;
    int rc = first_waiting(state, d, &w, err);
    if (rc == 1) {
        struct sb_bytes id = sb_buf_bytes(&w.id_local);
        rc = sb_quarantine_before(state, d->w.stream, id, w.seq, &before, err);
        struct sb_bytes payload = sb_buf_bytes(&w.payload);
        if (!rc && !before && payload.n &&
            sb_apply_again(t, payload, w.classes, d->w.stream, w.seq, NULL) == 0) {
            rc = sb_quarantine_withdraw(state, d->w.stream, w.seq, w.seq, err);
            rc = rc ? rc : 1;
        }
    }
    sb_buf_free(&w.id_local);
    sb_buf_free(&w.payload);
    return rc;
}

/* The rows are gone once the annulments were applied; one in quarantine was not. */
static int
is_due(struct sb_receive *r, const struct duty *d, bool *out, struct sb_err *err)
{
    uint64_t seq = 0;
    uint8_t hash[SB_HASH];
    uint64_t waiting = 0;
    struct sb_reading *at = sb_receive_reading(r, d->w.stream);
    *out = false;
    if (!at || !at->target)
        return 0; /* no sink takes the stream any more */
    int rc = sb_receive_place(at, &seq, hash, NULL);
    if (rc || seq < d->w.last_seq || seq < d->w.annulled_by)
        return 0; /* not yet; a database in trouble is asked again */
    if (!d->w.annulled_by) {
        *out = true;
        return 0;
    }
    do
        rc = try_again(r, at->target, d, err);
    while (rc == 1);
    if (!rc)
        rc = sb_quarantine_between(r->env->state,
                                   d->w.stream,
                                   d->w.last_seq + 1,
                                   d->w.annulled_by,
                                   &waiting,
                                   err);
    *out = !rc && waiting == 0;
    return rc;
}

static int say_deleted(struct sb_env *env,
                       const struct duty *d,
                       uint64_t now_ms,
                       struct sb_err *err)
{
    const struct sb_act act = {.who = env->institution,
                               .act = sb_bytes_str(SB_ACT_DELETE),
                               .stream = d->w.stream,
                               .first_seq = d->w.first_seq,
                               .last_seq = d->w.last_seq,
                               .text = sb_bytes_str(""),
                               .time = now_ms};
    int rc = sb_sql_begin(env->state, err);
    if (rc)
        return rc;
    /* what came again from further back may have been set aside again */
    rc = sb_quarantine_withdraw(
        env->state, d->w.stream, d->w.first_seq, d->w.last_seq, err);
    if (!rc)
        rc = sb_act_keep(env, &act, err);
    if (!rc)
        rc = sb_sql_do(env->state,
                       err,
                       "UPDATE withdrawn SET done = 1 WHERE hash = ?",
                       "b",
                       sb_bytes(d->hash, SB_HASH));
    if (!rc)
        return sb_sql_commit(env->state, err);
    sb_sql_rollback(env->state);
    return rc;
}

int sb_withdraw_obey(struct sb_receive *r, uint64_t now_ms, struct sb_err *err)
{
    struct duty d = {.hash = {0}};
    int rc = 0;
    while ((rc = next_duty(r->env->state, &d, err)) == 1) {
        bool due = false;
        rc = is_due(r, &d, &due, err);
        if (rc)
            return rc;
        struct sb_err why = {.code = 0};
        rc = due ? say_deleted(r->env, &d, now_ms, &why) : 0;
        if (rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_DB_CORRUPT)
            return sb_fail(err, rc, "%s", why.text);
        if (rc) /* no key at the moment: later */
            sb_log(r->env->log, SB_LOG_WARNING, "withdraw", SB_LOG_ERR(&why));
    }
    return rc;
}
