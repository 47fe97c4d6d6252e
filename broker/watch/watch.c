/* Purpose: the witness's loop: what the broker says, when to ask, when to cry out.
 * Invariant: nothing is sent that broker/witness did not give; a directory is on disk
 * before it counts for the next session.
 * Not: judging notes (broker/witness), the session (broker/client). */
#include "broker/watch/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "broker/host/clock.h"
#include "broker/watch/directories.h"
#include "broker/watch/watch_impl.h"

#define TURN_MS 1000       /* the client wants to be called that often */
#define ALARM_MS 60000u    /* between two lines of an alarm that stands */
#define UNPROVED_MS 60000u /* connected and without a proof for so long: an alarm */

static int open_state(struct sb_watch *w, struct sb_err *err)
{
    if (mkdir(w->state, 0700) && errno != EEXIST)
        return sb_fail_os(err, errno, "%s", w->state);
    int rc = sb_directories_load(w->state, w->trust, err);
    if (!rc)
        rc = sb_witness_open(
            &w->witness, w->state, sb_bytes_str(w->institution), w->vault, err);
    if (!rc)
        rc = sb_round_new(&w->round, w->witness, SB_ROUND_AGAIN_MS, err);
    return rc;
}

int sb_watch_open(struct sb_watch **out,
                  const struct sb_watch_config *config,
                  struct sb_err *err)
{
    struct sb_watch *w = calloc(1, sizeof *w);
    if (!w)
        return sb_fail(err, SB_E_MEMORY, "witness");
    w->config = config;
    w->started_ms = config->now_ms();
    int rc = sb_watch_load_keys(w, err);
    if (!rc)
        rc = open_state(w, err);
    if (!rc)
        rc = sb_watch_connect(w, err);
    if (!rc)
        rc = sb_admin_open(&w->admin,
                           sb_config_text(config->config, "run_dir"),
                           sb_watch_verbs,
                           w,
                           err);
    if (rc) {
        sb_watch_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

void sb_watch_close(struct sb_watch *w)
{
    if (!w)
        return;
    sb_admin_close(w->admin);
    sb_client_close(w->client);
    sb_round_free(w->round);
    sb_witness_close(w->witness);
    sb_watch_free_keys(w);
    free(w);
}

static void on_welcome(struct sb_watch *w, const struct sb_message *m)
{
    w->here = true;
    w->told_refusal = false;
    w->named_version = m->as.welcome.directory_version;
    w->generation = m->as.welcome.generation;
    w->welcome_mono = sb_clock_mono_ms();
    sb_round_begin(w->round);
    sb_log(w->config->log,
           SB_LOG_INFO,
           "witness",
           SB_LOG_TEXT("event", "welcome"),
           SB_LOG_TEXT("broker", w->address),
           SB_LOG_U64("generation", m->as.welcome.generation),
           SB_LOG_U64("directory", m->as.welcome.directory_version));
}

/* A directory that does not fit the ones held is the broker's fault, and an alarm. */
static int
on_directory(struct sb_watch *w, const struct sb_message *m, struct sb_err *err)
{
    struct sb_err why = {0};
    int rc = sb_trust_add(w->trust, m->payload[0], &why);
    if (rc == SB_E_MEMORY)
        return sb_fail(err, rc, "%s", why.text);
    if (rc) {
        sb_log(w->config->log,
               SB_LOG_WARNING,
               "witness",
               SB_LOG_TEXT("event", "directory_refused"),
               SB_LOG_ERR(&why));
        return 0;
    }
    uint64_t version = sb_dir_body(sb_trust_newest(w->trust))->version;
    rc = sb_directories_keep(w->state, w->trust, err);
    if (rc)
        return rc;
    sb_client_directory(w->client, version);
    sb_log(w->config->log,
           SB_LOG_INFO,
           "witness",
           SB_LOG_TEXT("event", "directory"),
           SB_LOG_U64("version", version));
    if (version >= w->named_version && sb_watch_key(w, w->config->now_ms(), &why))
        sb_log(w->config->log, SB_LOG_WARNING, "witness", SB_LOG_ERR(&why));
    return 0;
}

/* A note that is not of our log, or contradicts it, is the broker's fault; that it
 * cannot be kept is ours, and ends the program: it would forget what it has seen. */
static int
on_checkpoint(struct sb_watch *w, const struct sb_message *m, struct sb_err *err)
{
    struct sb_round_answer a;
    struct sb_err why = {0};
    if (!sb_trust_newest(w->trust))
        return 0;
    bool known = sb_witness_contradicted(w->witness, NULL);
    int rc = sb_round_take(w->round, w->trust, m, w->config->now_ms(), &a, &why);
    if (rc == SB_E_SPLIT_VIEW && !known)
        w->alarm_mono = 0;
    else if (rc == SB_E_NOTE)
        sb_log(w->config->log,
               SB_LOG_WARNING,
               "witness",
               SB_LOG_TEXT("event", "checkpoint_refused"),
               SB_LOG_ERR(&why));
    if (rc)
        return rc == SB_E_SPLIT_VIEW || rc == SB_E_NOTE
                   ? 0
                   : sb_fail(err, rc, "%s", why.text);
    uint64_t now = w->config->now_ms(); /* a witness's clock may be ahead */
    uint64_t fresh = a.final.quorum && a.final.fresh_ms < now ? a.final.fresh_ms : now;
    if (a.final.final && fresh >= w->final_ms) {
        w->final_ms = fresh;
        w->final_size = a.checkpoint.size;
    }
    return 0;
}

static void on_refused(struct sb_watch *w, const struct sb_message *m)
{
    int code = sb_code_from_number((long)m->as.refused.code);
    sb_fail(&w->refused,
            code ? code : SB_E_REMOTE,
            "the broker refuses a cosignature or a question");
    sb_log(w->config->log, SB_LOG_WARNING, "witness", SB_LOG_ERR(&w->refused));
}

static int
on_message(struct sb_watch *w, const struct sb_message *m, struct sb_err *err)
{
    switch ((int)m->cmd) {
    case SB_CMD_WELCOME:
        on_welcome(w, m);
        return 0;
    case SB_CMD_DIRECTORY:
        return on_directory(w, m, err);
    case SB_CMD_CHECKPOINT:
        return on_checkpoint(w, m, err);
    case SB_CMD_REFUSED:
        on_refused(w, m);
        return 0;
    default:
        return 0;
    }
}

static void watch_session(struct sb_watch *w)
{
    enum sb_client_state state = sb_client_state(w->client);
    struct sb_err why = {0};
    if (state == SB_CLIENT_HERE)
        return;
    if (w->here)
        sb_log(w->config->log,
               SB_LOG_INFO,
               "witness",
               SB_LOG_TEXT("event", "session_lost"));
    w->here = false;
    if (state != SB_CLIENT_REFUSED || w->told_refusal ||
        !sb_client_refusal(w->client, &why))
        return;
    w->told_refusal = true;
    sb_log(w->config->log, SB_LOG_WARNING, "witness", SB_LOG_ERR(&why));
}

static int listen_to(struct sb_watch *w, struct sb_err *err)
{
    struct sb_message m;
    int rc;
    while ((rc = sb_client_next(w->client, 0, &m, err)) == 1) {
        watch_session(w);
        rc = on_message(w, &m, err);
        if (rc)
            return rc;
    }
    watch_session(w);
    return rc;
}

/* The directory of another generation follows its WELCOME; what we signed before is not
 * for this journal. A broker that never gives it is asked all the same. */
static bool is_coming(const struct sb_watch *w, uint64_t mono)
{
    const struct sb_dir *dir = sb_trust_newest(w->trust);
    return dir && sb_dir_body(dir)->generation < w->generation &&
           mono - w->welcome_mono < SB_ROUND_MS;
}

static int ask(struct sb_watch *w, uint64_t mono, struct sb_err *err)
{
    struct sb_message m;
    if (!w->here || is_coming(w, mono) || !sb_round_due(w->round, mono))
        return 0;
    int rc = sb_round_ask(w->round, w->trust, NULL, 0, &m, err);
    if (rc)
        return rc;
    rc = sb_client_send(w->client, &m, err);
    if (rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION)
        return 0; /* it stays due */
    if (rc)
        return rc;
    if (sb_round_asked(w->round, mono))
        w->cosigned_ms = w->config->now_ms();
    return 0;
}

/* What stands is said again each minute. */
static void cry_out(struct sb_watch *w, uint64_t mono)
{
    struct sb_err why = {0};
    uint64_t since = w->here ? sb_round_unproved_ms(w->round) : 0;
    if (w->alarm_mono && mono - w->alarm_mono < ALARM_MS)
        return;
    if (!sb_witness_contradicted(w->witness, &why) && since &&
        mono - since >= UNPROVED_MS)
        sb_fail(&why,
                SB_E_UNPROVED,
                "the broker has not proved for %llu s that its journal only grew",
                (unsigned long long)((mono - since) / 1000));
    if (!why.code)
        return;
    w->alarm_mono = mono;
    sb_log(w->config->log,
           SB_LOG_WARNING,
           "witness",
           SB_LOG_TEXT("event", "alarm"),
           SB_LOG_ERR(&why));
}

static void take_signals(struct sb_watch *w)
{
    int sig;
    while (w->config->signals && (sig = sb_signals_next(w->config->signals)))
        if (sig == SIGHUP)
            sb_service_reload(w->config->service, &(struct sb_reload){.take = NULL});
        else
            w->stopping = true;
}

static void tell_service(struct sb_watch *w)
{
    struct sb_service *s = w->config->service;
    struct sb_err why = {0};
    if (!sb_service_turn(s, true, sb_clock_mono_ms()))
        return;
    if (sb_witness_contradicted(w->witness, &why))
        sb_service_status(s, "ALARM: %s", why.text);
    else if (w->here)
        sb_service_status(s,
                          "connected to %s, %llu entries are final",
                          w->address,
                          (unsigned long long)w->final_size);
    else
        sb_service_status(s, "not connected to %s", w->address);
}

static void wait_for_work(struct sb_watch *w)
{
    struct pollfd fds[3] = {{.fd = sb_client_fd(w->client), .events = POLLIN},
                            {.fd = sb_admin_fd(w->admin), .events = POLLIN},
                            {.fd = -1, .events = POLLIN}};
    if (w->config->signals)
        fds[2].fd = sb_signals_fd(w->config->signals);
    uint64_t mono = sb_clock_mono_ms();
    uint64_t due = w->here ? sb_round_due_ms(w->round) : UINT64_MAX;
    uint64_t left = due > mono ? due - mono : 1;
    (void)poll(fds, 3, left < TURN_MS ? (int)left : TURN_MS);
}

static int turn(struct sb_watch *w, struct sb_err *err)
{
    take_signals(w);
    int rc = listen_to(w, err);
    if (!rc)
        rc = ask(w, sb_clock_mono_ms(), err);
    cry_out(w, sb_clock_mono_ms());
    tell_service(w);
    if (!rc)
        rc = sb_admin_step(w->admin, err);
    return rc;
}

int sb_watch_run(struct sb_watch *w,
                 int (*ready)(void *ctx, struct sb_err *err),
                 void *ctx,
                 struct sb_err *err)
{
    int rc = ready ? ready(ctx, err) : 0;
    while (!rc && !w->stopping) {
        rc = turn(w, err);
        if (!rc && !w->stopping)
            wait_for_work(w);
    }
    if (rc)
        sb_log(w->config->log, SB_LOG_ERROR, "witness", SB_LOG_ERR(err));
    return rc;
}
