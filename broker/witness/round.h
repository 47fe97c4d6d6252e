/* The cosigning conversation as a client leads it: when COSIGN goes, what stands in it,
 * what a CHECKPOINT means. FORMATS, "Bus protocol". Used by adapters and sacbe-witness.
 *
 *     WELCOME      sb_round_begin
 *     each turn    if (sb_round_due) sb_round_ask, send, and when it went
 * sb_round_asked CHECKPOINT   sb_round_take; then sb_round_entry or sb_round_own for
 * each path
 *
 * Invariant: a cosignature goes only as sb_witness_cosign gave it; what was seen moves
 * only by an answer that starts from it. Not here: sockets, clocks (times are given),
 * what a missing proof means to who wanted it. */
#ifndef BROKER_WITNESS_ROUND_H
#define BROKER_WITNESS_ROUND_H

#include "broker/witness/witness.h"
#include "keys/proof.h"

#define SB_ROUND_MS 10000u             /* between two COSIGN */
#define SB_ROUND_SOON_MS 1000u         /* after something new was offered or stored */
#define SB_ROUND_AGAIN_MS (3600000ull) /* an unchanged tree is cosigned again after */

struct sb_round;

/* `w` is borrowed. `again_ms`: SB_ROUND_AGAIN_MS. */
SB_CHECK int sb_round_new(struct sb_round **out,
                          struct sb_witness *w,
                          uint64_t again_ms,
                          struct sb_err *err);
void sb_round_free(struct sb_round *r); /* takes NULL */

/* A session began: COSIGN is due at once, and our newest cosignature goes again. */
void sb_round_begin(struct sb_round *r);
/* Something of ours awaits its proof: COSIGN goes within SB_ROUND_SOON_MS of the last.
 */
void sb_round_hurry(struct sb_round *r);
bool sb_round_due(const struct sb_round *r, uint64_t mono_ms);
/* When it is due, monotonic: for the loop's timeout. */
uint64_t sb_round_due_ms(const struct sb_round *r);

/* Fills a COSIGN: what we have seen, the wanted `indices` (rising, at most
 * SB_PROVE_MAX; borrowed, unchanged), and our cosignature line, or the whole note that
 * we saw when the broker proved nothing from there last time, or nothing. Slices live
 * until the next call of this room. */
SB_CHECK int sb_round_ask(struct sb_round *r,
                          const struct sb_trust *trust,
                          uint64_t *indices,
                          size_t n,
                          struct sb_message *out,
                          struct sb_err *err);
/* It was sent; true when it bore our cosignature. */
bool sb_round_asked(struct sb_round *r, uint64_t mono_ms);
/* Since when (monotonic) COSIGN has gone unproved in this session; 0: it has not. */
uint64_t sb_round_unproved_ms(const struct sb_round *r);

struct sb_round_answer {
    struct sb_checkpoint checkpoint; /* of the note; signed by the log's key */
    bool proved; /* an answer to COSIGN, consistent with what we saw: it is now
                    what we have seen, and its paths count */
    struct sb_final final; /* of this note; unasked ones tell freshness so */
};

/* A CHECKPOINT, asked or not; the first of all counts only once we asked (what comes
 * unasked may be ahead of the candidate that is to be cosigned). Errors as
 * sb_witness_take (SB_E_SPLIT_VIEW: both notes are kept; go on asking, which shows the
 * broker what we saw), or SB_E_IO and the like.
 */
SB_CHECK int sb_round_take(struct sb_round *r,
                           const struct sb_trust *trust,
                           const struct sb_message *checkpoint,
                           uint64_t now_ms,
                           struct sb_round_answer *out,
                           struct sb_err *err);
/* Of an answer that is `proved`. 1: the entry with this leaf hash stands at `index`; 0:
 * the message has no path for it (not asked, or not yet in the tree); SB_E_INCLUSION:
 * the path does not lead to the note's root. */
SB_CHECK int sb_round_entry(const struct sb_round_answer *a,
                            const struct sb_message *checkpoint,
                            uint64_t index,
                            const uint8_t leaf_hash[SB_HASH],
                            struct sb_err *err);
/* Likewise one of as.checkpoint.own with a batch (last_seq > 0): 0 and the leaf, which
 * is a batch's, or SB_E_INCLUSION. Whether the leaf's record hash is that of the
 * caller's own batch is the caller's to see. */
SB_CHECK int sb_round_own(const struct sb_round_answer *a,
                          const struct sb_message *checkpoint,
                          const struct sb_own_proof *own,
                          struct sb_entry *leaf,
                          struct sb_err *err);

#endif
