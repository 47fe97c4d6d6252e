/* A peer that asks for proofs, checks all that it is told, and cosigns, truly or not.
 */
#ifndef TEST_UNIT_BROKER_CORE_SIM_WITNESS_H
#define TEST_UNIT_BROKER_CORE_SIM_WITNESS_H

#include "test/unit/broker_core/sim.h"

struct sim_witness {
    struct sb_buf candidate; /* the note that the last answer named */
    uint64_t seen;           /* size of the largest tree whose consistency was proved */
};

/* COSIGN with a cosignature of the candidate: `how` 0 none, 1 true, 2 false. */
void sim_witness_ask(struct sim *s,
                     struct sim_witness *w,
                     uint64_t peer,
                     size_t member,
                     const uint8_t session[SB_SESSION],
                     unsigned how);
/* CHECKPOINT and FETCHED: every signature, root and path holds. */
void sim_witness_hears(struct sim *s,
                       struct sim_witness *w,
                       const struct sb_message *m);

#endif
