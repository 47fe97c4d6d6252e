/* A member of the exchange that does not keep to the protocol, and strangers. */
#ifndef TEST_FUZZ_CORE_ROGUE_H
#define TEST_FUZZ_CORE_ROGUE_H

#include "test/unit/broker_core/play.h"

struct rogue {
    size_t member; /* whose keys it has */
    uint64_t peer; /* 0: away */
    uint8_t session[SB_SESSION];
    uint64_t entries; /* the credit that it gave, all in all */
};

/* Something that nobody should do; the script says what. */
void rogue_roll(struct rogue *r, struct play *g);
/* What came of it: no more entries than credit, no class that is not granted, and what
 * the core remembers is bounded. */
void rogue_judge(struct rogue *r, struct play *g);
void rogue_end(struct rogue *r, struct play *g);

#endif
