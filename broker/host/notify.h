/* "I am up": for systemd (sd_notify(3)'s datagram, without its library) and for tests
 * (`--ready-fd N`: one line `ready`). */
#ifndef BROKER_HOST_NOTIFY_H
#define BROKER_HOST_NOTIFY_H

#include "schemas/base/err.h"

/* Sends READY=1 to $NOTIFY_SOCKET where there is one, and writes "ready\n" to
 * `ready_fd` (closed afterwards) unless it is negative. */
SB_CHECK int sb_notify_ready(int ready_fd, struct sb_err *err);
/* One more state ("STOPPING=1", "RELOADING=1", "STATUS=..."); nothing without systemd.
 */
SB_CHECK int sb_notify_state(const char *state, struct sb_err *err);

#endif
