/* Bytes that have several owners: the loop, the journal's thread, what was stored last,
 * libzmq while it sends them. Nobody copies them, and who lets go last frees them.
 *
 * A hold has the frames of one message as they came, or an arena, or both. One thread
 * fills it, before it is shared; after that nobody writes to its bytes. */
#ifndef BROKER_IO_HOLD_H
#define BROKER_IO_HOLD_H

#include <zmq.h>

#include "broker/core/message.h"

#define SB_HOLD_PARTS                                                                  \
    (1 + SB_FRAMES) /* the routing id, and all frames of a message                     \
                     */

struct sb_hold;

struct sb_hold *sb_hold_new(void);                /* one owner; NULL: out of memory */
struct sb_hold *sb_hold_share(struct sb_hold *h); /* one owner more; the same pointer */
void sb_hold_drop(struct sb_hold *h);             /* one owner less; takes NULL */
/* Empties it for the next message when the caller is its only owner; false: it is
 * shared, and stays as it is. */
bool sb_hold_reuse(struct sb_hold *h);
/* For copies that live as long. */
struct sb_arena *sb_hold_arena(struct sb_hold *h);
/* The next part to receive into, empty; NULL: it has SB_HOLD_PARTS. */
zmq_msg_t *sb_hold_part(struct sb_hold *h);
size_t sb_hold_parts(const struct sb_hold *h);
zmq_msg_t *sb_hold_at(struct sb_hold *h, size_t i);
/* Whether the slice lies in its frames or its arena. */
bool sb_hold_has(struct sb_hold *h, struct sb_bytes b);

#define SB_LENT_MAX 32u

struct sb_lent { /* the holds that the slices of one step may lie in; borrowed */
    size_t n;
    struct sb_hold *hold[SB_LENT_MAX];
};

/* A hold that finds no place is not known: its bytes are copied when they are sent. */
void sb_lent_add(struct sb_lent *l, struct sb_hold *h);
/* The one that has this slice, or NULL. */
struct sb_hold *sb_lent_find(const struct sb_lent *l, struct sb_bytes b);

#endif
