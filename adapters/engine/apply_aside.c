/* Events that a sink does not take: in quarantine, and out of it again. */
#include "adapters/engine/apply_impl.h"

#include <stdio.h>

#include "adapters/engine/quarantine.h"

static int keep_reject(
    struct run *r, uint64_t seq, int code, const char *pointer, struct sb_err *err)
{
    struct sb_env *env = r->t->env;
    struct sb_reject reject = {.reader = env->institution,
                               .stream = sb_bytes_str(r->c->name),
                               .seq = seq,
                               .code = (uint64_t)sb_code_number(code),
                               .pointer = sb_bytes_str(pointer),
                               .time = r->now_ms};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH];
    sb_reject_write(&reject, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_env_sign(env, sb_buf_bytes(&body), r->now_ms, &record, hash, err);
    if (!rc)
        rc = sb_sql_do(env->state,
                       err,
                       "INSERT OR IGNORE INTO reject(hash, record) VALUES (?, ?)",
                       "bb",
                       sb_bytes(hash, SB_HASH),
                       sb_buf_bytes(&record));
    sb_buf_free(&body);
    sb_buf_free(&record);
    return rc;
}

struct sb_bytes sb_apply_id_of(const struct sb_value *payload)
{
    const struct sb_value *id = sb_value_get(payload, "id_local");
    return id && id->type == SB_STR ? id->as.s : (struct sb_bytes){NULL, 0};
}

/* With the reject that its publisher gets, when this is the first time. */
static int keep_aside(struct run *r,
                      const struct aside *a,
                      struct sb_bytes key,
                      struct sb_err *err)
{
    struct sb_sql *state = r->t->env->state;
    struct sb_quarantined q = {.direction = "in",
                               .source = sb_bytes_str(r->c->name),
                               .key = key,
                               .code = a->why->code,
                               .pointer = a->pointer,
                               .reason = a->why->text,
                               .id_local = sb_apply_id_of(&a->event->payload),
                               .payload = a->event->packed,
                               .classes = a->event->held};
    uint64_t known = 0;
    int rc = sb_sql_number(state,
                           &known,
                           0,
                           err,
                           "SELECT count(*) FROM quarantine WHERE direction = 'in'"
                           " AND source = ? AND tbl = '' AND key = ?",
                           "tt",
                           q.source,
                           q.key);
    if (!rc)
        rc = sb_quarantine_put(state, &q, r->now_ms, err);
    if (!rc && a->reject && !known)
        rc = keep_reject(r, a->seq, a->why->code, a->pointer, err);
    return rc;
}

int sb_apply_set_aside(struct run *r, const struct aside *a, struct sb_err *err)
{
    struct sb_sql *state = r->t->env->state;
    char key[24];
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)a->seq);
    int rc = sb_sql_begin(state, err);
    if (rc)
        return rc;
    rc = keep_aside(r, a, sb_bytes_str(key), err);
    if (!rc)
        rc = sb_sql_commit(state, err);
    else
        sb_sql_rollback(state);
    if (rc)
        return rc;
    r->aside++;
    r->done.quarantined++;
    r->done.rejected += a->reject;
    sb_log(r->t->env->log,
           SB_LOG_WARNING,
           "apply",
           SB_LOG_CODE(a->why->code),
           SB_LOG_TEXT("event", a->reject ? "rejected" : "quarantined"),
           SB_LOG_TEXT("stream", r->c->name),
           SB_LOG_U64("seq", a->seq),
           SB_LOG_TEXT("pointer", a->pointer));
    return 0;
}

int sb_apply_take_back(struct run *r, uint64_t seq, struct sb_err *err)
{
    char key[24];
    if (!r->aside)
        return 0;
    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)seq);
    return sb_quarantine_clear(r->t->env->state,
                               "in",
                               sb_bytes_str(r->c->name),
                               sb_bytes(NULL, 0),
                               sb_bytes_str(key),
                               err);
}
