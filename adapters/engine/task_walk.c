/* Walks: asking, and following `prev`. */
#include "adapters/engine/task_walk.h"

int sb_walk_turn(struct sb_task *task,
                 struct sb_walk *w,
                 size_t *asked,
                 struct sb_err *err)
{
    if (w->asked) {
        (*asked)++;
        return 0;
    }
    if (w->next == 0 || task->of->mono_ms < w->again_mono)
        return 0;
    int rc = sb_task_ask(task, sb_bytes_str(w->stream), w->next, err);
    if (rc)
        return rc;
    w->asked = true;
    (*asked)++;
    return 0;
}

static int follow(struct sb_walk *w, const struct sb_fetched *f, struct sb_err *err)
{
    if (w->known && memcmp(w->hash, f->hash, SB_HASH) != 0)
        return sb_fail(
            err,
            SB_E_FORK,
            "%s: the journal's batch at %llu is not the one that the next is "
            "chained to",
            w->stream,
            (unsigned long long)f->batch.first_seq);
    w->known = w->moved = true;
    memcpy(w->hash, f->batch.prev, SB_HASH);
    w->next = f->batch.first_seq > w->down_to ? f->batch.first_seq - 1 : 0;
    return 0;
}

int sb_walk_hear(struct sb_task *task,
                 struct sb_walk *w,
                 const struct sb_message *m,
                 struct sb_arena *arena,
                 struct sb_fetched *out,
                 struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    if (!w->asked || m->as.fetched.seq != w->next ||
        !sb_bytes_is(m->as.fetched.stream, w->stream))
        return 0;
    w->asked = false;
    int rc = sb_fetched_read(task->of->env, m, arena, out, &why);
    if (rc == SB_E_BUSY) {
        w->again_mono = task->of->mono_ms + SB_TASK_AGAIN_MS;
        return 0;
    }
    if (rc == SB_E_NOT_FOUND && w->moved) {
        w->next = 0; /* a journal begun anew has not what is older */
        return 0;
    }
    if (!rc)
        rc = follow(w, out, &why);
    if (!rc)
        rc = sb_fetched_open(task->of->env, out, &w->keys, &why);
    return rc ? sb_fail(err, rc, "%s", why.text) : 1;
}
