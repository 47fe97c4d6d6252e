/* A daemon as its service manager sees it: ready, alive, reloading, stopping; and
 * SIGHUP: what of a changed configuration can be taken while it runs.
 *
 * Alive means progress, not existence: the loop says so in each of its turns, and says
 * no while one of its threads has work and finishes none. Then nothing more is told,
 * and the manager (WatchdogSec=) starts the daemon again.
 *
 * Without a manager ($NOTIFY_SOCKET) nothing is told, and reloading works all the same.
 * Every function takes a NULL service, which does nothing. One thread: the loop's.
 * Source: sd_notify(3), sd_watchdog_enabled(3). */
#ifndef BROKER_HOST_SERVICE_H
#define BROKER_HOST_SERVICE_H

#include "broker/host/config.h"
#include "broker/host/log.h"

#define SB_SERVICE_STATUS_MS 5000u /* a line of status is due that often */

struct sb_service;

struct sb_service_config {            /* borrowed while the service lives */
    const char *module;               /* of its lines in the log */
    const char *file;                 /* the configuration's */
    const struct sb_config_key *keys; /* with SB_DAEMON_KEYS */
    const struct sb_config *config;   /* with which it was started */
    struct sb_log *log;
};

SB_CHECK int sb_service_open(struct sb_service **out,
                             const struct sb_service_config *config,
                             struct sb_err *err);
void sb_service_close(struct sb_service *s); /* takes NULL */

/* READY=1, and one line on `ready_fd` ("ready", or "ready DETAIL"; closed afterwards)
 * unless it is negative. */
SB_CHECK int sb_service_ready(struct sb_service *s,
                              int ready_fd,
                              const char *detail,
                              struct sb_err *err);
/* Each turn of the loop: WATCHDOG=1 when it is time, unless something is not `alive`.
 * True when a line of status is due. */
bool sb_service_turn(struct sb_service *s, bool alive, uint64_t mono_ms);
/* STATUS=, where it is not the last one. */
void sb_service_status(struct sb_service *s, const char *fmt, ...) SB_PRINTF(2, 3);
/* STOPPING=1, once. */
void sb_service_stopping(struct sb_service *s);

struct sb_pulse { /* a thread as the loop sees it; begins as {0} */
    uint64_t done;
    uint64_t since_ms;
};
/* Whether a thread makes progress: it has nothing to do (`busy` false), or the count of
 * what it finished has moved within half of the manager's patience. */
bool sb_service_moves(const struct sb_service *s,
                      struct sb_pulse *p,
                      bool busy,
                      uint64_t done,
                      uint64_t mono_ms);

struct sb_reload { /* what a program can take while it runs, log_level excepted */
    const char *const *keys; /* ended by NULL; NULL: none */
    /* All or nothing; `fresh` lives until the next reload that succeeds. May be NULL.
     */
    int (*take)(void *ctx, const struct sb_config *fresh, struct sb_err *err);
    void *ctx;
};
/* SIGHUP: reads the file anew. One that is not valid, or that `take` refuses, changes
 * nothing and is logged; else log_level and `keys` are in force, and each other key
 * that differs from the start is logged: `event=needs_restart key=listen`. */
void sb_service_reload(struct sb_service *s, const struct sb_reload *r);

#endif
