/* Opening one event of a batch that passed its joins. */
#ifndef ADAPTERS_ENGINE_OPENING_H
#define ADAPTERS_ENGINE_OPENING_H

#include "adapters/engine/chain.h"
#include "adapters/engine/sections.h"

struct sb_opened {
    unsigned held; /* classes opened; 0: nothing in it is for us */
    struct sb_value payload;
    struct sb_bytes packed; /* the payload's bytes */
};

/* SB_E_JOIN: the batch came without ciphertexts of a class that the epoch gives us and
 * a grant still does. Where the grant has ended, the broker gives less; where a prune
 * record that we have verified (watch.h) says that they are gone, *pruned is set. */
SB_CHECK int sb_opening_complete(const struct sb_chain *c,
                                 const struct sb_chain_batch *b,
                                 uint64_t now_ms,
                                 struct sb_arena *arena,
                                 bool *pruned,
                                 struct sb_err *err);

/* Errors are the event's fault (to be rejected), but for SB_E_MEMORY; `pointer` says
 * where it breaks the catalogue. Everything lives in the arena. */
SB_CHECK int sb_opening_event(const struct sb_chain *c,
                              const struct sb_chain_batch *b,
                              size_t i,
                              const struct sb_type_facts *type,
                              struct sb_arena *arena,
                              struct sb_opened *out,
                              char pointer[SB_FAULT_POINTER],
                              struct sb_err *err);

#endif
