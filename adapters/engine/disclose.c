/* Acts: signing, keeping, saying. */
#include "adapters/engine/disclose.h"

int sb_act_sign(const struct sb_env *env,
                const struct sb_act *act,
                struct sb_buf *record,
                uint8_t hash[SB_HASH],
                struct sb_err *err)
{
    struct sb_buf body = {0};
    struct sb_act again;
    struct sb_arena *arena = sb_arena_new(0);
    sb_act_write(act, &body);
    int rc =
        arena ? sb_buf_check(&body, err) : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc && sb_act_read(sb_buf_bytes(&body), arena, &again, NULL) != 0)
        rc = sb_fail(
            err, SB_E_ARGUMENT, "an order has 1 to %u bytes of text", SB_REASON_MAX);
    if (!rc)
        rc = sb_env_sign(env, sb_buf_bytes(&body), act->time, record, hash, err);
    sb_arena_free(arena);
    sb_buf_free(&body);
    return rc;
}

int sb_act_keep(struct sb_env *env, const struct sb_act *act, struct sb_err *err)
{
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH];
    int rc = sb_act_sign(env, act, &record, hash, err);
    if (!rc)
        rc = sb_sql_do(env->state,
                       err,
                       "INSERT OR IGNORE INTO act(hash, record) VALUES (?, ?)",
                       "bb",
                       sb_bytes(hash, SB_HASH),
                       sb_buf_bytes(&record));
    sb_buf_free(&record);
    return rc;
}

/* The next one, sent. 1: there was one; 0: none. */
static int say_next(struct sb_env *env, uint8_t hash[SB_HASH], struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(env->state,
                          &row,
                          err,
                          "SELECT record, hash FROM act WHERE said = 0 LIMIT 1",
                          "");
    if (rc)
        return rc;
    rc = sb_sql_row(env->state, row, err);
    if (rc == 1) {
        struct sb_message m = {.cmd = SB_CMD_ACT, .n_payload = 1};
        m.payload[0] = sb_sql_bytes(row, 0);
        if (!sb_sql_fixed(row, 1, hash, SB_HASH))
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of an act");
        else
            rc = env->send(env->send_ctx, &m, err);
        rc = rc ? rc : 1;
    }
    sb_sql_end(row);
    return rc;
}

int sb_act_say(struct sb_env *env, struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    int rc = 0;
    while ((rc = say_next(env, hash, err)) == 1) {
        rc = sb_sql_do(env->state,
                       err,
                       "UPDATE act SET said = 1 WHERE hash = ?",
                       "b",
                       sb_bytes(hash, SB_HASH));
        if (rc)
            break;
    }
    return rc;
}

int sb_act_again(struct sb_env *env, struct sb_err *err)
{
    return sb_sql_do(env->state, err, "UPDATE act SET said = 0 WHERE said = 1", "");
}

static int
resign(struct sb_env *env, struct sb_bytes raw, uint64_t now_ms, struct sb_err *err)
{
    struct sb_record record;
    struct sb_act act;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_record_read(raw, &record, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_act_read(record.body, arena, &act, err);
    act.time = now_ms;
    if (!rc)
        rc = sb_act_keep(env, &act, err);
    sb_arena_free(arena);
    return rc;
}

int sb_act_resign(struct sb_env *env,
                  const uint8_t hash[SB_HASH],
                  uint64_t now_ms,
                  struct sb_err *err)
{
    struct sb_buf raw = {0};
    int rc = sb_sql_blob(env->state,
                         &raw,
                         err,
                         "SELECT record FROM act WHERE hash = ?",
                         "b",
                         sb_bytes(hash, SB_HASH));
    if (rc == 1) {
        rc = sb_sql_begin(env->state, err);
        if (!rc) {
            rc = sb_act_forget(env, hash, err);
            if (!rc)
                rc = resign(env, sb_buf_bytes(&raw), now_ms, err);
            if (!rc)
                rc = sb_sql_commit(env->state, err);
            else
                sb_sql_rollback(env->state);
        }
    }
    sb_buf_free(&raw);
    return rc;
}

int sb_act_forget(struct sb_env *env, const uint8_t hash[SB_HASH], struct sb_err *err)
{
    return sb_sql_do(env->state,
                     err,
                     "DELETE FROM act WHERE hash = ?",
                     "b",
                     sb_bytes(hash, SB_HASH));
}
