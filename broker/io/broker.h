/* The broker as one object: open, run until told to stop, close.
 *
 * The loop runs in the caller's thread; the journal and its reader have their own. */
#ifndef BROKER_IO_BROKER_H
#define BROKER_IO_BROKER_H

#include "broker/core/core.h"
#include "broker/host/log.h"
#include "broker/host/service.h"
#include "broker/host/signals.h"

struct sb_broker;

struct sb_broker_tuning { /* what a running broker can take */
    uint64_t session_ms;
    const struct sb_priority *priorities; /* borrowed until the next tuning */
    size_t n_priorities;
};

struct sb_broker_config { /* borrowed while the broker lives */
    const char *run_dir;  /* of admin.sock */
    const char *listen;   /* tcp://host:port, port may be * */
    const char *journal;
    const char *anchor;
    const char *directory; /* record file that begins an empty journal */
    const char *catalogue; /* record file that follows it; NULL: none */
    const struct sb_vault *vault;
    struct sb_log *log;         /* may be NULL */
    struct sb_signals *signals; /* SIGTERM and SIGINT stop; may be NULL */
    struct sb_service *service; /* told that it lives; may be NULL */
    /* SIGHUP: what a changed configuration says, all or nothing; NULL: no reload. */
    int (*tune)(void *ctx,
                const struct sb_config *fresh,
                struct sb_broker_tuning *out,
                struct sb_err *err);
    void *tune_ctx;
    uint64_t checkpoint_ms;
    uint64_t session_ms;
    uint64_t reserve; /* bytes kept beside the journal for a full disk; 0: none */
    uint64_t low;     /* free bytes below which peers are held back; 0: never */
    const struct sb_priority *priorities;
    size_t n_priorities;
    uint64_t (*now_ms)(void);  /* real time */
    uint64_t (*mono_ms)(void); /* monotonic */
};

/* After this, peers may connect; nothing is answered before sb_broker_run. */
SB_CHECK int sb_broker_open(struct sb_broker **out,
                            const struct sb_broker_config *config,
                            struct sb_err *err);
const char *sb_broker_address(const struct sb_broker *b); /* as bound */
/* Until SIGTERM, SIGINT or the admin verb `stop`: 0 after a graceful stop. An error is
 * a fail stop: something could not be made durable or sent. */
SB_CHECK int sb_broker_run(struct sb_broker *b, struct sb_err *err);
void sb_broker_close(struct sb_broker *b); /* takes NULL */

#endif
