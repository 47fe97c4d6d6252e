/* Running the one task; saying acts and withdrawals. */
#include "adapters/engine/task.h"

#include <stdlib.h>

#include "adapters/engine/disclose.h"

#define DUTY_MS 1000u

static void drop(struct sb_tasks *t)
{
    struct sb_task *task = t->now;
    t->now = NULL;
    if (!task)
        return;
    struct sb_arena *arena = task->arena;
    task->ops->free(task);
    sb_arena_free(arena);
}

void sb_tasks_close(struct sb_tasks *t)
{
    drop(t);
}

int sb_task_begin(struct sb_tasks *t,
                  uint64_t id,
                  const struct sb_task_ops *ops,
                  struct sb_task **out,
                  struct sb_err *err)
{
    if (t->now)
        return sb_fail(
            err, SB_E_BUSY, "this adapter is answering another question: ask again");
    struct sb_task *task = calloc(1, ops->size);
    struct sb_arena *arena = sb_arena_new(0);
    if (!task || !arena) {
        free(task);
        sb_arena_free(arena);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    task->ops = ops;
    task->of = t;
    task->id = id;
    task->arena = arena;
    task->heard_mono = t->mono_ms;
    t->now = task;
    *out = task;
    return 0;
}

int sb_task_ask(struct sb_task *task,
                struct sb_bytes stream,
                uint64_t seq,
                struct sb_err *err)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    struct sb_env *env = task->of->env;
    m.as.fetch.stream = stream;
    m.as.fetch.seq = seq;
    return env->send(env->send_ctx, &m, err);
}

struct sb_stream *sb_task_own(const struct sb_tasks *t, struct sb_bytes stream)
{
    for (size_t i = 0; i < t->n_streams; i++)
        if (sb_bytes_is(stream, t->streams[i].name))
            return &t->streams[i];
    return NULL;
}

/* What a step of the task came to; answers when it is over. */
static int
settle(struct sb_tasks *t, int rc, const struct sb_err *why, struct sb_err *err)
{
    struct sb_task *task = t->now;
    if (rc == 0)
        return 0;
    rc = t->answer(
        t->ctx, task->id, rc < 0 ? why : NULL, rc < 0 ? NULL : &task->value, err);
    drop(t);
    return rc;
}

static int
give_up(const struct sb_tasks *t, int code, const char *text, struct sb_err *why)
{
    return sb_fail(why,
                   code,
                   "%s%s",
                   text,
                   t->now->written ? "; what was asked is written down and will be sent"
                                   : "");
}

int sb_tasks_welcome(struct sb_tasks *t, bool new_generation, struct sb_err *err)
{
    int rc = sb_act_again(t->env, err);
    return rc ? rc : sb_withdraw_again(t->env, new_generation, err);
}

int sb_tasks_away(struct sb_tasks *t, struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    if (!t->now)
        return 0;
    int rc =
        give_up(t, SB_E_NO_CONNECTION, "the session with the broker was lost", &why);
    return settle(t, rc, &why, err);
}

static int stored(struct sb_tasks *t, const struct sb_message *m, struct sb_err *err)
{
    if (m->as.stored.kind == SB_KIND_ACT)
        return sb_act_forget(t->env, m->as.stored.hash, err);
    return sb_withdraw_stored(t->env, m->as.stored.hash, err);
}

/* Signed with a key that is ours no more: what was said is right all the same. */
static bool is_key(int code)
{
    return code == SB_E_KEY_EXPIRED || code == SB_E_SIGNATURE || code == SB_E_NO_KEY;
}

static int refused(struct sb_tasks *t, const struct sb_message *m, struct sb_err *err)
{
    int code = sb_code_from_number((long)m->as.refused.code);
    bool act = m->as.refused.kind == SB_KIND_ACT;
    if (sb_refused_later(code))
        t->held_mono = t->mono_ms + m->as.refused.expected;
    if (code == SB_E_BUSY || code == SB_E_STOPPING || sb_refused_later(code))
        return act ? sb_act_again(t->env, err) : sb_withdraw_again(t->env, false, err);
    sb_log(t->env->log,
           SB_LOG_WARNING,
           "task",
           SB_LOG_CODE(code),
           SB_LOG_TEXT("event", act ? "act_refused" : "withdrawal_refused"),
           SB_LOG_BYTES("stream", m->as.refused.stream));
    struct sb_stream *own = sb_task_own(t, m->as.refused.stream);
    struct sb_err why = {.code = 0};
    int rc = 0;
    if (is_key(code) && act)
        rc = sb_act_resign(t->env, m->as.refused.hash, t->now_ms, &why);
    else if (is_key(code) && own)
        rc = sb_withdraw_resign(own, m->as.refused.hash, t->now_ms, &why);
    else
        return act ? sb_act_forget(t->env, m->as.refused.hash, err)
                   : sb_withdraw_refused(t->env, m->as.refused.hash, err);
    if (rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_DB_CORRUPT)
        return sb_fail(err, rc, "%s", why.text);
    return 0; /* without a key at the moment, the next session tries again */
}

int sb_tasks_message(struct sb_tasks *t, const struct sb_message *m, struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    int rc = 0;
    if (m->cmd == SB_CMD_STORED)
        rc = stored(t, m, err);
    else if (m->cmd == SB_CMD_REFUSED)
        rc = refused(t, m, err);
    if (rc || !t->now)
        return rc;
    t->now->heard_mono = t->mono_ms;
    return settle(t, t->now->ops->hear(t->now, m, &why), &why, err);
}

static int quiet(int rc)
{
    return rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION ? 0 : rc;
}

static int duties(struct sb_tasks *t, struct sb_err *err)
{
    int rc = sb_withdraw_obey(t->receive, t->now_ms, err);
    if (t->mono_ms < t->held_mono)
        return rc;
    if (!rc)
        rc = quiet(sb_act_say(t->env, err));
    if (!rc)
        rc = quiet(sb_withdraw_say(t->streams, t->n_streams, err));
    return rc;
}

int sb_tasks_tick(struct sb_tasks *t,
                  uint64_t now_ms,
                  uint64_t mono_ms,
                  struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    int rc = 0;
    t->now_ms = now_ms;
    t->mono_ms = mono_ms;
    if (sb_trust_newest(t->env->trust) && mono_ms - t->duty_mono >= DUTY_MS) {
        t->duty_mono = mono_ms;
        rc = duties(t, err);
    }
    if (rc || !t->now)
        return rc;
    rc = t->now->ops->turn(t->now, &why);
    if (rc == SB_E_BUSY)
        rc = 0; /* a full socket: the next turn */
    if (rc == 0 && mono_ms - t->now->heard_mono >= SB_TASK_SILENT_MS)
        rc = give_up(t, SB_E_TIMEOUT, "the broker does not answer", &why);
    return settle(t, rc, &why, err);
}
