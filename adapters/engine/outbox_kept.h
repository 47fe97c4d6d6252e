/* What the outbox keeps of what was stored: to be proved, to fill a journal begun anew,
 * and until when. */
#ifndef ADAPTERS_ENGINE_OUTBOX_KEPT_H
#define ADAPTERS_ENGINE_OUTBOX_KEPT_H

#include "adapters/engine/outbox.h"

/* Writes down row->proved_seq, proved_index and final_seq. */
SB_CHECK int sb_outbox_proved(struct sb_sql *s,
                              const struct sb_outbox_stream *row,
                              struct sb_err *err);
/* When the oldest batch that is stored and not proved was stored; 0: there is none. */
SB_CHECK int sb_outbox_unproved_ms(struct sb_sql *s,
                                   const struct sb_outbox_stream *row,
                                   uint64_t *out,
                                   struct sb_err *err);

/* SHA-256 of the record of the batch that ends at `seq`: what the journal's leaf names.
 * 1: there is one; 0: none. */
SB_CHECK int sb_outbox_record_hash(struct sb_sql *s,
                                   int64_t stream,
                                   uint64_t seq,
                                   uint8_t hash[SB_HASH],
                                   struct sb_err *err);
/* Appends the record of the oldest batch that is not stored. 1: there is one; 0: none.
 */
SB_CHECK int sb_outbox_waiting_record(struct sb_sql *s,
                                      int64_t stream,
                                      struct sb_buf *out,
                                      struct sb_err *err);
/* First seq of the oldest batch kept; 0: none. */
SB_CHECK int
sb_outbox_first(struct sb_sql *s, int64_t stream, uint64_t *out, struct sb_err *err);
/* Last seq of the batches that a journal of before had stored and the present one has
 * not; 0: none. */
SB_CHECK int sb_outbox_refill_seq(struct sb_sql *s,
                                  int64_t stream,
                                  uint64_t *out,
                                  struct sb_err *err);
/* Drops batches that are final and were sent before `before_ms` (policy.keep); the
 * newest final one of each stream stays, to be held against the broker's proofs. */
SB_CHECK int sb_outbox_prune(struct sb_sql *s, uint64_t before_ms, struct sb_err *err);

#endif
