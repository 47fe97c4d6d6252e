/* What a state that was lost had published comes back into the outbox while our own
 * stream is read, so that a journal begun anew can be filled with it.
 *
 * It stands aside (table `adopted`) until all of it was verified; then it takes its
 * place in the transaction that seals anew what this state had sealed meanwhile. Kept
 * is what policy.keep asks for, without a gap: what stands before one fills nothing. */
#ifndef ADAPTERS_ENGINE_ADOPT_H
#define ADAPTERS_ENGINE_ADOPT_H

#include "adapters/engine/chain.h"
#include "adapters/engine/stream.h"

/* Reading begins, or begins anew. */
SB_CHECK int sb_adopt_begin(struct sb_stream *s, struct sb_err *err);
/* An entry that the chain has taken in; `b` NULL: a claim or an epoch. */
SB_CHECK int sb_adopt_keep(struct sb_stream *s,
                           const struct sb_chain *chain,
                           const struct sb_entry_in *e,
                           const struct sb_chain_batch *b,
                           uint64_t now_ms,
                           struct sb_err *err);
/* Inside the transaction that moves the stream: everything takes its place. */
SB_CHECK int sb_adopt_take(struct sb_stream *s, struct sb_err *err);

#endif
