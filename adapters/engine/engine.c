/* The adapter's loop. */
#include "adapters/engine/engine.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "adapters/engine/engine_impl.h"
#include "adapters/engine/full.h"
#include "adapters/engine/publish.h"
#include "adapters/engine/state.h"
#include "broker/host/clock.h"
#include "schemas/catalog/catalog.h"

#define IDLE_MS 25       /* between two looks at a source that had nothing */
#define TROUBLE_MS 2000u /* between two looks at a source in trouble */
#define MESSAGES 64      /* of one turn */
#define GOODBYE_MS 2000u /* for answers to what is in flight */

int sb_engine_open(struct sb_engine **out,
                   const struct sb_engine_config *config,
                   struct sb_err *err)
{
    struct sb_engine *e = calloc(1, sizeof *e);
    if (!e)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    e->config = config;
    e->loaded_ms = sb_clock_now_ms();
    int rc = sb_engine_load_keys(e, err);
    if (!rc)
        rc = sb_engine_load_state(e, err);
    if (!rc)
        rc = sb_engine_load_streams(e, err);
    if (!rc)
        rc = sb_engine_load_targets(e, err);
    if (!rc)
        rc = sb_engine_load_evidence(e, err);
    if (rc) {
        sb_engine_close(e);
        return rc;
    }
    *out = e;
    return 0;
}

void sb_engine_close(struct sb_engine *e)
{
    if (!e)
        return;
    sb_tasks_close(&e->tasks);
    sb_admin_close(e->admin);
    sb_client_close(e->client);
    sb_receive_close(&e->receive);
    sb_evidence_close(&e->evidence);
    for (size_t i = 0; i < e->n_feeds; i++) {
        sb_feed_close(&e->feeds[i]);
        sb_mapping_free(e->feeds[i].mapping);
    }
    for (size_t i = 0; i < e->n_streams; i++)
        sb_stream_close(&e->streams[i]);
    for (size_t i = 0; i < e->n_targets; i++) {
        if (e->targets[i].db)
            e->targets[i].db->ops->close(e->targets[i].db);
        sb_sink_free(e->targets[i].sink);
    }
    free(e->feeds);
    free(e->streams);
    free(e->targets);
    sb_arena_free(e->waiting_arena);
    sb_alarms_free(e->env.alarms);
    sb_sql_close(e->env.state);
    sb_room_close(e->room);
    sb_trust_free(e->env.trust);
    sb_vault_free(e->vault);
    sb_catalog_free(e->catalog);
    free(e);
}

/* The session's state as the client sees it. */
static void watch_session(struct sb_engine *e)
{
    enum sb_client_state state = sb_client_state(e->client);
    if (state == SB_CLIENT_HERE)
        return;
    e->waits = false;
    if (e->here) {
        e->here = false;
        for (size_t i = 0; i < e->n_streams; i++)
            sb_publish_away(&e->streams[i]);
        sb_receive_away(&e->receive);
        sb_evidence_away(&e->evidence);
        sb_watch_away(&e->watch);
        sb_log(e->env.log, SB_LOG_INFO, "engine", SB_LOG_TEXT("event", "session_lost"));
    }
    struct sb_err why = {.code = 0};
    if (state == SB_CLIENT_REFUSED && !e->refused &&
        sb_client_refusal(e->client, &why)) {
        e->refused = true;
        sb_log(e->env.log, SB_LOG_WARNING, "engine", SB_LOG_ERR(&why));
    }
}

static int listen_to(struct sb_engine *e, bool *more, struct sb_err *err)
{
    *more = true;
    for (int i = 0; i < MESSAGES; i++) {
        struct sb_message m;
        struct sb_err why = {.code = 0};
        int rc = sb_client_next(e->client, 0, &m, &why);
        watch_session(e);
        if (rc == 0) {
            *more = false;
            return 0;
        }
        rc = rc < 0 ? sb_fail(err, rc, "%s", why.text) : sb_engine_message(e, &m, err);
        if (rc)
            return rc;
    }
    return 0;
}

/* Errors after which going on would only repeat them, or worse. */
static bool is_fatal(const struct sb_engine *e, int code)
{
    (void)e;
    return code == SB_E_MEMORY || code == SB_E_DB_CORRUPT || code == SB_E_INTERNAL;
}

static int feed_all(struct sb_engine *e, bool *more, struct sb_err *err)
{
    uint64_t mono = sb_clock_mono_ms();
    if (!sb_trust_newest(e->env.trust))
        return 0; /* the first session brings one */
    for (size_t i = 0; i < e->n_feeds && !e->stopping; i++) {
        struct sb_feed *f = &e->feeds[i];
        if (mono < f->due_ms)
            continue;
        if (!sb_engine_may_capture(e))
            return 0; /* an outbox that cannot grow: what is not captured is not lost */
        struct sb_err why = {.code = 0};
        int before = f->err.code;
        int rc = sb_feed_turn(f, sb_clock_now_ms(), &why);
        f->due_ms = mono + (rc == 1 ? 0 : rc == 0 ? IDLE_MS : TROUBLE_MS);
        *more = *more || rc == 1;
        if (rc < 0 && is_fatal(e, rc) && !f->source)
            return sb_fail(err, rc, "%s: %s", f->name, why.text);
        if (rc < 0 && rc != before)
            sb_log(e->env.log,
                   SB_LOG_WARNING,
                   "feed",
                   SB_LOG_ERR(&why),
                   SB_LOG_TEXT("source", f->name));
    }
    return 0;
}

static int pump_all(struct sb_engine *e, struct sb_err *err)
{
    bool busy = false;
    for (size_t i = 0; i < e->n_streams && !busy; i++) {
        struct sb_stream *s = &e->streams[i];
        struct sb_err why = {.code = 0};
        int rc = sb_publish_pump(s, sb_clock_now_ms(), &busy, &why);
        if (!rc)
            continue;
        if (rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_DISK_FULL)
            return sb_fail(err, rc, "%s: %s", s->name, why.text);
        sb_log(e->env.log,
               SB_LOG_WARNING,
               "publish",
               SB_LOG_ERR(&why),
               SB_LOG_TEXT("stream", s->name));
        rc = sb_publish_stop(s, rc, sb_bytes_str(why.text), err);
        if (rc)
            return rc;
    }
    return 0;
}

static void take_signals(struct sb_engine *e)
{
    int signal = 0;
    while (e->config->signals && (signal = sb_signals_next(e->config->signals)) != 0)
        if (signal == SIGHUP)
            sb_engine_reload(e);
        else
            e->stopping = true;
}

static void wait_for(struct sb_engine *e, int timeout_ms)
{
    struct pollfd fds[3] = {
        {.fd = sb_client_fd(e->client), .events = POLLIN},
        {.fd = e->admin ? sb_admin_fd(e->admin) : -1, .events = POLLIN},
        {.fd = -1, .events = POLLIN}};
    if (e->config->signals)
        fds[2].fd = sb_signals_fd(e->config->signals);
    (void)poll(fds, 3, timeout_ms); /* an interruption is a wake-up like any other */
}

static int turn(struct sb_engine *e, bool *more, struct sb_err *err)
{
    bool messages = false;
    *more = false;
    take_signals(e);
    sb_engine_tell_service(e);
    int rc = listen_to(e, &messages, err);
    if (!rc && e->admin)
        rc = sb_admin_step(e->admin, err);
    if (!rc)
        rc = feed_all(e, more, err);
    if (!rc)
        rc = pump_all(e, err);
    if (!rc) {
        rc = sb_receive_turn(&e->receive, sb_clock_now_ms(), sb_clock_mono_ms(), err);
        *more = *more || messages || rc == 1;
        rc = rc < 0 ? rc : 0;
    }
    if (!rc)
        rc = sb_engine_timers(e, err);
    return rc;
}

static bool in_flight(const struct sb_engine *e)
{
    for (size_t i = 0; i < e->n_streams; i++)
        if (e->streams[i].in_flight)
            return true;
    return false;
}

/* Answers to what is on its way, so that the next start has less to ask. */
static int say_goodbye(struct sb_engine *e, struct sb_err *err)
{
    uint64_t until = sb_clock_mono_ms() + GOODBYE_MS;
    int rc = 0;
    sb_service_stopping(e->config->service);
    while (!rc && e->here && in_flight(e) && sb_clock_mono_ms() < until) {
        bool more = false;
        wait_for(e, IDLE_MS);
        rc = listen_to(e, &more, err);
    }
    for (size_t i = 0; !rc && i < e->n_streams; i++)
        rc = sb_publish_flush(&e->streams[i], sb_clock_now_ms(), err);
    e->receive.saved_mono = 0;
    return rc ? rc : sb_receipt_save(&e->receive, sb_clock_mono_ms(), err);
}

int sb_engine_run(struct sb_engine *e,
                  int (*ready)(void *ctx, struct sb_err *err),
                  void *ctx,
                  struct sb_err *err)
{
    const char *run_dir = sb_config_text(e->config->config, "run_dir");
    e->started_ms = sb_clock_now_ms();
    e->minute_mono = sb_clock_mono_ms();
    int rc = sb_engine_connect(e, err);
    if (!rc)
        rc = sb_admin_open(&e->admin, run_dir, sb_engine_verbs, e, err);
    if (!rc && ready)
        rc = ready(ctx, err);
    e->ran = !rc;
    while (!rc && !e->stopping) {
        bool more = false;
        rc = turn(e, &more, err);
        if (!rc && !more && !e->stopping)
            wait_for(e, IDLE_MS);
    }
    if (rc)
        return rc;
    rc = say_goodbye(e, err);
    return rc == SB_E_DISK_FULL ? 0 : rc; /* the next session tells it again */
}
