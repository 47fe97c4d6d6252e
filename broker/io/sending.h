/* What is on its way to the connections of one key: libzmq counts messages, and a
 * message may be large.
 *
 * A part is given to libzmq with a note of its size; the size is taken off when libzmq
 * lets go of it, in whatever thread. */
#ifndef BROKER_IO_SENDING_H
#define BROKER_IO_SENDING_H

#include "broker/io/hold.h"

/* Above the credit that adapters give and above all directories of many years. */
#define SB_SENDING_MAX (512ull * 1024u * 1024u)

struct sb_sending;

struct sb_sending *sb_sending_new(void); /* NULL: out of memory */
/* What is on its way stays counted, and is freed with its last part. Takes NULL. */
void sb_sending_free(struct sb_sending *s);
uint64_t sb_sending_bytes(const struct sb_sending *s);
/* Sends one part, never blocking: 0, or errno as zmq_send has it. A large part that
 * lies in a lent hold is shared with libzmq, any other is copied. */
SB_CHECK int sb_sending_part(struct sb_sending *s,
                             void *socket,
                             struct sb_bytes part,
                             const struct sb_lent *lent,
                             bool more);

#endif
