/* A witness without a database, as one object: open, run until told to stop, close.
 *
 * Connects with the role "witness", keeps the directories it is given, asks for proofs
 * every 10 s (round.h), cosigns what holds, and says so loudly when it does not. One
 * thread. */
#ifndef BROKER_WATCH_WATCH_H
#define BROKER_WATCH_WATCH_H

#include "broker/host/config.h"
#include "broker/host/log.h"
#include "broker/host/service.h"
#include "broker/host/signals.h"

struct sb_watch;

struct sb_watch_config {            /* borrowed while the witness lives */
    const struct sb_config *config; /* by sb_watch_keys */
    const char *passphrase;         /* of the vault; n 0: it is not sealed */
    size_t passphrase_n;
    struct sb_log *log;         /* may be NULL */
    struct sb_signals *signals; /* SIGTERM and SIGINT stop; may be NULL */
    struct sb_service *service; /* told that it lives; SIGHUP reloads; may be NULL */
    uint64_t (*now_ms)(void);   /* real time */
};

SB_CHECK int sb_watch_open(struct sb_watch **out,
                           const struct sb_watch_config *config,
                           struct sb_err *err);
/* Until a signal or the admin verb `stop`: 0. `ready` (may be NULL) is called once it
 * runs, connected or not. */
SB_CHECK int sb_watch_run(struct sb_watch *w,
                          int (*ready)(void *ctx, struct sb_err *err),
                          void *ctx,
                          struct sb_err *err);
void sb_watch_close(struct sb_watch *w); /* takes NULL */

/* `--check`: says each finding; `why` NULL when it is well. Makes and changes nothing.
 * Returns the number of findings that are not well. */
typedef void (*sb_watch_say_fn)(void *ctx, const char *what, const struct sb_err *why);
size_t
sb_watch_check(const struct sb_watch_config *config, sb_watch_say_fn say, void *ctx);

#endif
