/* A hand-off between two threads: owned pointers over an inproc PAIR.
 *
 * Who sends gives the object away; who takes it owns it. Nothing else is shared. The
 * thread sanitizer does not see libzmq's lock-free queues, so the hand-off is annotated
 * here, and only here. */
#ifndef BROKER_IO_CHANNEL_H
#define BROKER_IO_CHANNEL_H

#include "schemas/base/err.h"

struct sb_channel { /* one end; plain data; zero is none */
    void *socket;
};

/* Both ends; pass one to the other thread when it starts. `name` is unique in `zmq`. */
SB_CHECK int sb_channel_pair(void *zmq,
                             const char *name,
                             struct sb_channel *a,
                             struct sb_channel *b,
                             struct sb_err *err);
/* Takes `object` on success. Never blocks. */
SB_CHECK int sb_channel_send(struct sb_channel *c, void *object, struct sb_err *err);
/* 1: *out is the caller's; 0: none within timeout_ms (0: do not wait, -1: for ever). */
SB_CHECK int
sb_channel_take(struct sb_channel *c, void **out, int timeout_ms, struct sb_err *err);
/* Drain before: what still waits would be lost. */
void sb_channel_close(struct sb_channel *c);

#endif
