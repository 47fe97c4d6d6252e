/* What an operator may ask about single events; answered later (task.h).
 *
 * event-find ID STREAM; event-prove STREAM SEQ CLASS ORDER; event-withdraw STREAM FIRST
 * LAST REASON KEEP DRY. An empty argument means none. */
#include "adapters/engine/engine_impl.h"

#include "schemas/base/text.h"

static int number(struct sb_bytes text, uint64_t *out, struct sb_err *err)
{
    uint64_t n = 0;
    if (!sb_text_number(text, &n) || n == 0)
        return sb_fail(err, SB_E_ARGUMENT, "\"%.*s\" is no event", SB_FMT(text));
    *out = n;
    return 0;
}

/* Everything here asks the broker. */
static int later(struct sb_engine *e, int rc, struct sb_err *err)
{
    if (!rc && !e->here) {
        sb_tasks_close(&e->tasks);
        rc = sb_fail(err, SB_E_NO_CONNECTION, "there is no session with the broker");
    }
    return rc ? rc : SB_ADMIN_LATER;
}

static void told(struct sb_engine *e, const struct sb_admin_request *request)
{
    sb_log(e->env.log,
           SB_LOG_INFO,
           "admin",
           SB_LOG_BYTES("event", request->verb),
           SB_LOG_BYTES("stream", request->args[0]),
           SB_LOG_BYTES("seq", request->args[1]));
}

int sb_verb_event_find(void *ctx,
                       const struct sb_admin_request *request,
                       struct sb_arena *arena,
                       struct sb_value *value,
                       struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)arena;
    (void)value;
    struct sb_bytes stream = request->n_args > 1 ? request->args[1] : sb_bytes_str("");
    if (request->args[0].n == 0)
        return sb_fail(err, SB_E_ARGUMENT, "an id_local is not empty");
    int rc = sb_task_find(&e->tasks, request->id, request->args[0], stream, err);
    return later(e, rc, err);
}

int sb_verb_event_prove(void *ctx,
                        const struct sb_admin_request *request,
                        struct sb_arena *arena,
                        struct sb_value *value,
                        struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)arena;
    (void)value;
    struct sb_prove_wish wish = {.stream = request->args[0]};
    if (request->n_args > 2)
        wish.class_name = request->args[2];
    if (request->n_args > 3)
        wish.order = request->args[3];
    int rc = number(request->args[1], &wish.seq, err);
    if (!rc)
        rc = sb_task_prove(&e->tasks, request->id, &wish, err);
    if (!rc && wish.class_name.n)
        told(e, request);
    return later(e, rc, err);
}

int sb_verb_event_withdraw(void *ctx,
                           const struct sb_admin_request *request,
                           struct sb_arena *arena,
                           struct sb_value *value,
                           struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)arena;
    (void)value;
    struct sb_withdraw_wish wish = {
        .stream = request->args[0],
        .reason = request->args[3],
        .keep = request->n_args > 4 && request->args[4].n > 0,
        .dry = request->n_args > 5 && request->args[5].n > 0};
    int rc = number(request->args[1], &wish.first, err);
    if (!rc)
        rc = number(request->args[2], &wish.last, err);
    if (!rc)
        rc = sb_task_withdraw(&e->tasks, request->id, &wish, err);
    if (!rc && !wish.dry)
        told(e, request);
    return later(e, rc, err);
}
