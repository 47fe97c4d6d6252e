/* A stream that is read: how far, what its publisher says about it, what of it waits
 * for a receipt. Plain data for the engine's files. */
#ifndef ADAPTERS_ENGINE_READING_H
#define ADAPTERS_ENGINE_READING_H

#include "adapters/engine/apply.h"
#include "adapters/engine/stream.h"

struct sb_receive;
struct sb_subscription;

struct sb_applied_batch { /* the newest one of a stream, for its receipt */
    uint64_t seq;         /* 0: none */
    uint8_t hash[SB_HASH];
    uint64_t index; /* of its entry */
    uint8_t leaf_hash[SB_HASH];
    bool proved;
};

struct sb_signed_head { /* what the stream's publisher signed about it */
    uint64_t seq;       /* 0: nothing yet */
    uint8_t hash[SB_HASH];
    uint64_t heard_ms; /* when it says that it was signed; never in the future */
};

struct sb_reading { /* a stream that is read */
    struct sb_chain chain;
    bool open;
    char name[SB_STREAM_MAX + 1];
    struct sb_target *target;   /* NULL when adopting */
    struct sb_stream *adopting; /* our own stream, or NULL */
    struct sb_applied_batch newest;
    struct sb_applied_batch awaited; /* asked about; seq 0: nothing */
    struct sb_signed_head head;
    uint64_t behind_mono;  /* since when we are behind the head; 0: we are not */
    uint64_t came_mono;    /* when an entry of it came last */
    uint64_t held_until;   /* monotonic; 0: not held */
    uint64_t pause_ms;     /* grows while it is held again and again */
    struct sb_err trouble; /* code 0: none */
    bool forked;           /* another batch than its publisher signed */
    bool applied_dirty;    /* APPLIED not sent yet */
    bool receipt_dirty;    /* not in a receipt yet */
    bool receipt_unsaved;  /* nor written down as such */
    uint64_t applied;      /* events since start */
    uint64_t quarantined;
};

/* The reading of a stream that a sink takes, made when it is new; NULL: no sink does,
 * or no memory. */
struct sb_reading *sb_receive_reading(struct sb_receive *r, struct sb_bytes stream);
/* Our own stream, read to adopt it; NULL as above. */
struct sb_reading *sb_receive_own(struct sb_receive *r, struct sb_bytes stream);
/* How far a reading has been applied: its cursor. */
SB_CHECK int sb_receive_place(struct sb_reading *at,
                              uint64_t *seq,
                              uint8_t hash[SB_HASH],
                              struct sb_err *err);

/* The subscription that brings a reading; NULL: our own stream. */
struct sb_subscription *sb_receive_sub(struct sb_receive *r,
                                       const struct sb_reading *at);

#endif
