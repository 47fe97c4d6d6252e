/* The rig's own answers to COSIGN, so that a test can make the broker lie: candidates
 * over the journal in memory, with real paths and real signatures. Off by default. */
#ifndef TEST_UNIT_ADAPTERS_ENGINE_RIG_BROKER_H
#define TEST_UNIT_ADAPTERS_ENGINE_RIG_BROKER_H

#include "test/unit/broker_core/sim.h"

struct rig;
struct rig_side;

struct rig_broker {
    bool answers;       /* COSIGN is answered here */
    uint64_t size;      /* of the candidate; 0: the whole journal */
    uint64_t altered;   /* this many first entries are as they are; 0: all of them */
    unsigned cosigners; /* bit per member: who has cosigned the candidate */
    uint64_t cosigned_s[MEMBERS]; /* when; 0: now */
    /* The last word before it goes; false: it does not go. */
    bool (*twist)(struct rig *r, struct sb_message *m, struct sb_arena *arena);
    size_t asked;       /* COSIGN so far */
    struct sb_buf last; /* payload of the newest */
};

/* A CHECKPOINT for what `m` (a COSIGN) asks, put into the side's mail. */
void rig_answer(struct rig_side *s, const struct sb_message *m);
/* An unasked CHECKPOINT with the candidate's note. */
void rig_offer(struct rig_side *s);
/* A NOTICE with a record. */
void rig_notice(struct rig_side *s, struct sb_bytes record);
/* A publisher's heads, signed: one stream. */
void rig_heads(struct rig *r,
               uint64_t seq,
               const uint8_t hash[SB_HASH],
               struct sb_buf *record);

#endif
