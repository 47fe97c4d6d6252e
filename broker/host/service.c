/* Purpose: what the service manager is told, and a configuration that changes.
 * Invariant: a reload takes all that it can or nothing; the manager always hears READY
 * after RELOADING; a manager that cannot be reached costs one line in the log.
 * Not: signals (signals.h), and what a key means (its program). */
#include "broker/host/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/host/clock.h"
#include "broker/host/daemon.h"
#include "broker/host/notify.h"

enum { STATUS_TEXT = 400, LINE_TEXT = 512 };

struct sb_service {
    const struct sb_service_config *config;
    struct sb_config *fresh; /* of the last reload; NULL: none yet */
    uint64_t patience_ms;    /* of the manager; 0: it does not watch */
    uint64_t beat_ms;        /* monotonic: the last WATCHDOG */
    uint64_t status_ms;      /* monotonic: the last time that a status was due */
    bool managed;
    bool stuck; /* that something does not move has been logged */
    bool stopping;
    bool unheard; /* that the manager cannot be reached has been logged */
    char status[STATUS_TEXT];
};

static uint64_t environment_number(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    uint64_t n = text && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    return end && *end == '\0' ? n : 0;
}

int sb_service_open(struct sb_service **out,
                    const struct sb_service_config *config,
                    struct sb_err *err)
{
    struct sb_service *s = calloc(1, sizeof *s);
    if (!s)
        return sb_fail(err, SB_E_MEMORY, "service");
    uint64_t pid = environment_number("WATCHDOG_PID");
    const char *socket = getenv("NOTIFY_SOCKET");
    s->config = config;
    s->managed = socket && *socket;
    if (s->managed && (!getenv("WATCHDOG_PID") || pid == (uint64_t)getpid()))
        s->patience_ms = environment_number("WATCHDOG_USEC") / 1000;
    *out = s;
    return 0;
}

void sb_service_close(struct sb_service *s)
{
    if (!s)
        return;
    sb_config_free(s->fresh);
    free(s);
}

static void tell(struct sb_service *s, const char *state)
{
    struct sb_err why = {.code = 0};
    if (sb_notify_state(state, &why) == 0 || s->unheard)
        return;
    s->unheard = true;
    sb_log(s->config->log,
           SB_LOG_WARNING,
           s->config->module,
           SB_LOG_TEXT("event", "not_notified"),
           SB_LOG_ERR(&why));
}

int sb_service_ready(struct sb_service *s,
                     int ready_fd,
                     const char *detail,
                     struct sb_err *err)
{
    char line[LINE_TEXT];
    int n = snprintf(line, sizeof line, detail ? "ready %s\n" : "ready\n", detail);
    int broken = n > 0 && (size_t)n < sizeof line ? 0 : EINVAL;
    if (ready_fd >= 0) {
        if (!broken && write(ready_fd, line, (size_t)n) != n)
            broken = errno;
        close(ready_fd);
    }
    if (broken)
        return sb_fail_os(err, broken, "--ready-fd %d: cannot be written", ready_fd);
    if (s)
        s->beat_ms = sb_clock_mono_ms();
    return s ? sb_notify_state("READY=1", err) : 0;
}

/* A third of the manager's patience: one that comes late is no reason to be ended. */
static void beat(struct sb_service *s, bool alive, uint64_t mono_ms)
{
    if (!s->patience_ms || mono_ms - s->beat_ms < s->patience_ms / 3)
        return;
    if (alive) {
        s->beat_ms = mono_ms;
        s->stuck = false;
        tell(s, "WATCHDOG=1");
    } else if (!s->stuck) {
        s->stuck = true;
        sb_log(s->config->log,
               SB_LOG_ERROR,
               s->config->module,
               SB_LOG_TEXT("event", "stuck"),
               SB_LOG_TEXT("text", "a thread has work and finishes none"));
    }
}

bool sb_service_turn(struct sb_service *s, bool alive, uint64_t mono_ms)
{
    if (!s || !s->managed)
        return false;
    beat(s, alive, mono_ms);
    if (s->stopping || (s->status_ms && mono_ms - s->status_ms < SB_SERVICE_STATUS_MS))
        return false;
    s->status_ms = mono_ms;
    return true;
}

void sb_service_status(struct sb_service *s, const char *fmt, ...)
{
    char text[STATUS_TEXT];
    char state[STATUS_TEXT + 16];
    if (!s || !s->managed)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' '; /* what follows a line's end would be a state of its own */
    if (strcmp(text, s->status) == 0)
        return;
    memcpy(s->status, text, sizeof text);
    snprintf(state, sizeof state, "STATUS=%s", text);
    tell(s, state);
}

void sb_service_stopping(struct sb_service *s)
{
    if (!s || s->stopping)
        return;
    s->stopping = true;
    tell(s, "STOPPING=1\nSTATUS=stopping");
}

bool sb_service_moves(const struct sb_service *s,
                      struct sb_pulse *p,
                      bool busy,
                      uint64_t done,
                      uint64_t mono_ms)
{
    if (!busy || done != p->done || p->since_ms == 0) {
        p->done = done;
        p->since_ms = mono_ms;
        return true;
    }
    return !s || !s->patience_ms || mono_ms - p->since_ms < s->patience_ms / 2;
}

static bool is_taken(const struct sb_reload *r, const char *key)
{
    if (strcmp(key, "log_level") == 0)
        return true;
    for (size_t i = 0; r->keys && r->keys[i]; i++)
        if (strcmp(r->keys[i], key) == 0)
            return true;
    return false;
}

/* `was`: what is in force, for keys that were taken; else with what it was started. */
static void tell_keys(struct sb_service *s,
                      const struct sb_reload *r,
                      const struct sb_config *was,
                      const struct sb_config *fresh)
{
    for (const struct sb_config_key *k = s->config->keys; k->name; k++) {
        bool taken = is_taken(r, k->name);
        if (sb_config_same(taken ? was : s->config->config, fresh, k->name))
            continue;
        sb_log(s->config->log,
               taken ? SB_LOG_INFO : SB_LOG_WARNING,
               s->config->module,
               SB_LOG_TEXT("event", taken ? "reloaded" : "needs_restart"),
               SB_LOG_TEXT("key", k->name));
    }
}

static int reload(struct sb_service *s, const struct sb_reload *r, struct sb_err *err)
{
    struct sb_config *fresh = NULL;
    const struct sb_config *was = s->fresh ? s->fresh : s->config->config;
    int rc = sb_config_load(&fresh, s->config->file, s->config->keys, err);
    if (!rc && r->take)
        rc = r->take(r->ctx, fresh, err);
    if (rc) {
        sb_config_free(fresh);
        return rc;
    }
    tell_keys(s, r, was, fresh);
    sb_log_set_level(s->config->log, sb_daemon_log_level(fresh));
    sb_config_free(s->fresh);
    s->fresh = fresh;
    return 0;
}

void sb_service_reload(struct sb_service *s, const struct sb_reload *r)
{
    char state[64];
    struct sb_err why = {.code = 0};
    if (!s)
        return;
    snprintf(state,
             sizeof state,
             "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             sb_clock_mono_us());
    tell(s, state);
    if (reload(s, r, &why) == 0) {
        sb_log(s->config->log,
               SB_LOG_INFO,
               s->config->module,
               SB_LOG_TEXT("event", "reload"),
               SB_LOG_TEXT("file", s->config->file));
    } else {
        sb_log(s->config->log,
               SB_LOG_WARNING,
               s->config->module,
               SB_LOG_TEXT("event", "reload_refused"),
               SB_LOG_ERR(&why));
        sb_service_status(s, "the changed configuration is refused: %s", why.text);
    }
    tell(s, "READY=1");
    s->status_ms = sb_clock_mono_ms(); /* a refusal is to be read for a while */
}
