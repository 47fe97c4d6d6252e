/* One schedule: who is there, what was sent, what was heard. */
#ifndef TEST_UNIT_BROKER_CORE_PLAY_H
#define TEST_UNIT_BROKER_CORE_PLAY_H

#include "test/unit/broker_core/sim_witness.h"

#define STEPS 160

struct reader {
    size_t member;
    uint64_t peer; /* 0: away */
    uint8_t session[SB_SESSION];
    uint64_t seq; /* applied */
    uint8_t hash[SB_HASH];
    uint64_t credit;
    const char *const *classes;
    struct sim_witness witness;
    uint64_t lies; /* false receipts; each is refused unless its session ends first */
};

struct play {
    struct sim *sim;
    struct sim_publisher p;
    uint64_t peer; /* of the publisher; 0: away */
    uint8_t session[SB_SESSION];
    struct sim_batch batches[STEPS];
    size_t n_batches;
    size_t stored; /* batches answered */
    struct reader readers[2];
    uint64_t next_peer;
    uint64_t final_size;
    enum sb_kind claiming; /* CLAIM or EPOCH that is not answered yet; 0: neither */
    struct sb_buf claim;   /* that record */
    struct sim_witness witness; /* the publisher's */
    struct sb_buf body;
    struct sb_buf record;
    bool limited;        /* the publisher has a quota */
    uint64_t held_until; /* it was told to wait; 0: it was not */
    size_t n_held;       /* how often */
    struct sb_limit limit;
    bool was_low;   /* the disk was nearly full at times */
    bool was_wrong; /* so was the clock */
    uint32_t seed;
    bool scripted; /* the script is asked instead of the seed; at its end 0 */
    struct sb_bytes script;
};

/* Below n, from the schedule's own seed, or the next byte of its script. */
uint32_t play_dice(struct play *g, uint32_t n);
/* play.c: the exchange with its publisher and readers; a claim and an epoch are stored.
 * Every fourth seed gives the publisher a quota. */
void play_begin(struct play *g, uint32_t seed);
/* One thing happens, and everybody hears what came. */
void play_roll(struct play *g);
/* The broker's clock is set: right, past the directory's life, or two days back. */
void play_clock(struct play *g);
/* Everybody comes back: all that was sent is stored, and applied once by each. */
void play_finish(struct play *g);
void play_end(struct play *g);
/* A peer that nobody is; whoever was it is away. */
uint64_t play_fresh_peer(struct play *g);
void play_publisher_enters(struct play *g);
/* kill -9 and a new start. */
void play_crash(struct play *g);
/* play_evidence.c: one thing that happens beside the streams. */
void play_roll_evidence(struct play *g);
void play_final_never_shrinks(struct play *g);
/* play_trees.c: claims and receipts that name trees of the journal's past. */
void play_claims(struct play *g);
/* The publisher is back: what of its claim was not answered goes again. */
void play_claims_again(struct play *g);
/* STORED came. */
void play_claim_stored(struct play *g, const struct sb_message *m);
/* A receipt; one of four lies. */
void play_receipt(struct play *g, struct reader *r);
/* Nothing was stored that names another tree. */
void play_trees_are_ours(const struct play *g);

#endif
