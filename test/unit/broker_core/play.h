/* One random schedule: who is there, what was sent, what was heard. */
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
    struct sim_witness witness; /* the publisher's */
    struct sb_buf body;
    struct sb_buf record;
    uint32_t seed;
};

/* Below n, from the schedule's own seed. */
uint32_t play_dice(struct play *g, uint32_t n);
/* play_evidence.c: one thing that happens beside the streams. */
void play_roll_evidence(struct play *g);
void play_final_never_shrinks(struct play *g);

#endif
