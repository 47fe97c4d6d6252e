/* What an operator may ask of a running adapter: names, numbers and reasons. */
#include "adapters/engine/engine_impl.h"

#include "adapters/engine/publish.h"
#include "adapters/engine/value_list.h"

/* As the broker's `lag`: a row per stream read, with the reader's own view. */
static int run_lag(void *ctx,
                   const struct sb_admin_request *request,
                   struct sb_arena *arena,
                   struct sb_value *value,
                   struct sb_err *err)
{
    struct sb_engine *e = ctx;
    struct sb_list l = {.arena = arena};
    (void)request;
    *value = sb_status_readings(e, &l);
    sb_status_held(e, &l, value);
    return sb_list_check(&l, err);
}

static int run_resume(void *ctx,
                      const struct sb_admin_request *request,
                      struct sb_arena *arena,
                      struct sb_value *value,
                      struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)arena;
    (void)value;
    for (size_t i = 0; i < e->n_streams; i++) {
        if (!sb_bytes_is(request->args[0], e->streams[i].name))
            continue;
        sb_log(e->env.log,
               SB_LOG_INFO,
               "admin",
               SB_LOG_TEXT("event", "resume"),
               SB_LOG_TEXT("stream", e->streams[i].name));
        return sb_publish_resume(&e->streams[i], err);
    }
    return sb_fail(err,
                   SB_E_NOT_FOUND,
                   "this adapter publishes no stream \"%.*s\"",
                   SB_FMT(request->args[0]));
}

static int run_stop(void *ctx,
                    const struct sb_admin_request *request,
                    struct sb_arena *arena,
                    struct sb_value *value,
                    struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)request;
    (void)arena;
    (void)value;
    (void)err;
    e->stopping = true;
    return 0;
}

const struct sb_admin_verb sb_engine_verbs[] = {
    {"status", 0, 0, sb_verb_status},
    {"lag", 0, 0, run_lag},
    {"quarantine-list", 0, 2, sb_verb_quarantine_list},
    {"quarantine-show", 1, 2, sb_verb_quarantine_show},
    {"quarantine-retry", 1, 1, sb_verb_quarantine_retry},
    {"quarantine-export", 0, 1, sb_verb_quarantine_export},
    {"quarantine-discard", 1, 1, sb_verb_quarantine_discard},
    {"stream-resume", 1, 1, run_resume},
    {"event-find", 1, 2, sb_verb_event_find},
    {"event-prove", 2, 4, sb_verb_event_prove},
    {"event-withdraw", 4, 6, sb_verb_event_withdraw},
    {"stop", 0, 0, run_stop},
    {NULL, 0, 0, NULL}};
