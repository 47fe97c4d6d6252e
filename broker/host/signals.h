/* Signals as a file descriptor, for the poller of the loop thread.
 *
 * Open before the first thread and the first CZMQ call, so that every thread inherits
 * the mask and CZMQ's own handlers (zsys_handler_set(NULL) first) never run. */
#ifndef BROKER_HOST_SIGNALS_H
#define BROKER_HOST_SIGNALS_H

#include "schemas/base/err.h"

struct sb_signals;

/* Blocks SIGTERM, SIGINT and SIGHUP for this thread and its children, and collects
 * them. */
SB_CHECK int sb_signals_open(struct sb_signals **out, struct sb_err *err);
/* Closes the descriptor and restores the mask; takes NULL. */
void sb_signals_free(struct sb_signals *s);
/* Readable when a signal waits; non-blocking, close-on-exec. */
int sb_signals_fd(const struct sb_signals *s);
/* The next signal's number, or 0 when none waits. */
int sb_signals_next(struct sb_signals *s);

#endif
