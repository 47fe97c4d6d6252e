/* What one institution has seen of the broker's journal, and its cosignature. FORMATS,
 * "Journal": Witness. Used by every adapter and by sacbe-witness.
 *
 * Invariant: a cosignature leaves only after the note it signs has been verified
 * against everything seen before and is on disk. What was seen survives restarts:
 *
 *     DIR/seen-<generation>           the newest note that held (C2SP signed note)
 *     DIR/evidence-<n>-a.note -b.note two signed notes that contradict each other
 *     DIR/evidence-<n>.txt            why they do
 *
 * Files are written beside, fsynced and renamed. Not here: sockets, clocks, timers. */
#ifndef BROKER_WITNESS_WITNESS_H
#define BROKER_WITNESS_WITNESS_H

#include "broker/core/message.h"
#include "keys/cosign.h"
#include "keys/trust.h"

struct sb_witness;

/* Makes `dir` (0700) when it is missing. `institution` is copied; `vault` is borrowed
 * (NULL, or without a witness key: nothing is cosigned). SB_E_NOTE: a file in it is
 * damaged (the witness does not begin anew by itself). */
SB_CHECK int sb_witness_open(struct sb_witness **out,
                             const char *dir,
                             struct sb_bytes institution,
                             const struct sb_vault *vault,
                             struct sb_err *err);
void sb_witness_close(struct sb_witness *w); /* takes NULL */

/* The newest tree seen of the generation of `trust`'s newest directory; size 0: none.
 */
struct sb_checkpoint sb_witness_seen(struct sb_witness *w,
                                     const struct sb_trust *trust);
struct sb_bytes sb_witness_note(const struct sb_witness *w); /* empty: none */

/* Reads a note that the log's key of a directory of the trust signed, of its newest
 * directory's exchange and generation. SB_E_NOTE: it is not. Changes nothing. */
SB_CHECK int sb_witness_read(const struct sb_trust *trust,
                             struct sb_bytes note,
                             struct sb_checkpoint *out,
                             struct sb_err *err);

/* Judges a note. With a proof (`seen` is our size): it must be consistent; the note is
 * then what we have seen. Without one (`seen` is another): a note of our size with our
 * root is taken for its cosignatures; a larger or smaller one changes nothing. The
 * first note of a generation is taken as it is. 0: it holds. SB_E_SPLIT_VIEW: signed by
 * the log's key, and it contradicts what was seen (smaller than seen though asked from
 * there, another root, a proof that does not hold). Both notes are kept; until a new
 * generation begins nothing is cosigned and what was seen stays:
 * sb_witness_contradicted. SB_E_NOTE: not signed by the log key of a directory of the
 * trust, or of another exchange or generation. SB_E_IO and the like: not persisted. */
SB_CHECK int sb_witness_take(struct sb_witness *w,
                             const struct sb_trust *trust,
                             struct sb_bytes note,
                             uint64_t seen,
                             const uint8_t (*path)[SB_HASH],
                             size_t n,
                             uint64_t now_ms,
                             struct sb_err *err);
/* Whether a contradiction stands in DIR (also from before the restart); `why`, when not
 * NULL, says which. */
bool sb_witness_contradicted(const struct sb_witness *w, struct sb_err *why);

/* Appends our cosignature line over what we have seen. 1: appended; 0: nothing to sign
 * (no witness key in vault and directory, nothing seen, contradicted, or this size was
 * signed less than `again_ms` ago). */
SB_CHECK int sb_witness_cosign(struct sb_witness *w,
                               const struct sb_trust *trust,
                               uint64_t now_ms,
                               uint64_t again_ms,
                               struct sb_buf *line,
                               struct sb_err *err);

struct sb_final {      /* what a note's cosignatures say by the newest directory */
    bool final;        /* the quorum is met; with quorum 0 always */
    size_t n;          /* valid cosignatures */
    uint64_t quorum;   /* of the policy */
    uint64_t fresh_ms; /* age runs from here; 0 when quorum 0 or not final */
};
SB_CHECK int sb_witness_final(const struct sb_trust *trust,
                              struct sb_bytes note,
                              uint64_t now_ms,
                              struct sb_final *out,
                              struct sb_err *err);

#endif
