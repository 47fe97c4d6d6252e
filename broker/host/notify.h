/* What systemd is told (sd_notify(3)'s datagram, without its library). */
#ifndef BROKER_HOST_NOTIFY_H
#define BROKER_HOST_NOTIFY_H

#include "schemas/base/err.h"

/* Sends a state ("READY=1", "STOPPING=1", "STATUS=...", lines parted by a newline) to
 * $NOTIFY_SOCKET; does nothing where there is none. */
SB_CHECK int sb_notify_state(const char *state, struct sb_err *err);

#endif
