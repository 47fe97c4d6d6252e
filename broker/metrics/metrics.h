/* The metrics of a running daemon: asked through its admin socket, and served over
 * HTTP (`metrics: 127.0.0.1:9464` in its configuration).
 *
 * The server is a thread of the daemon that is one more asker of its admin socket: the
 * daemon's loop neither waits for it nor knows of it. GET and HEAD of /metrics; at most
 * SB_METRICS_CONNECTIONS at the same time, ten seconds of silence each. It tells codes
 * and counts, never content; who may read them is decided by the address it listens on.
 */
#ifndef BROKER_METRICS_METRICS_H
#define BROKER_METRICS_METRICS_H

#include "broker/host/log.h"

#define SB_METRICS_CONNECTIONS 8u

/* Asks the daemon of `run_dir`; appends its metrics as text. Errors as sb_admin_call.
 */
SB_CHECK int
sb_metrics_ask(const char *run_dir, struct sb_buf *out, struct sb_err *err);

struct sb_metrics_server;

struct sb_metrics_config { /* borrowed while the server lives */
    const char *listen;    /* "127.0.0.1:9464", "[::1]:9464": a numeric address; port 0:
                              any that is free */
    /* Appends the text; called in the server's thread. */
    int (*text)(void *ctx, struct sb_buf *out, struct sb_err *err);
    void *ctx;
    struct sb_log *log; /* may be NULL */
};

/* SB_E_CONFIG_TYPE: no such address; SB_E_IO: it cannot be listened on. */
SB_CHECK int sb_metrics_open(struct sb_metrics_server **out,
                             const struct sb_metrics_config *config,
                             struct sb_err *err);
void sb_metrics_close(struct sb_metrics_server *m); /* takes NULL */
unsigned sb_metrics_port(const struct sb_metrics_server *m);

#endif
