/* Receipts: what a reader signs about what it applied. FORMATS, "Journal".
 *
 * Invariant: a receipt names a batch only when the path of its entry, whose leaf we
 * were given with it, led to the root that the receipt names. At most one a minute per
 * subscription, and only for what is new. */
#ifndef ADAPTERS_ENGINE_RECEIPT_H
#define ADAPTERS_ENGINE_RECEIPT_H

#include "adapters/engine/receive.h"
#include "broker/witness/round.h"

#define SB_RECEIPT_MS 60000u

/* The entries whose proof a receipt waits for, rising: how many (at most `max`). */
size_t sb_receipt_wanted(struct sb_receive *r,
                         uint64_t mono_ms,
                         uint64_t *indices,
                         size_t max);
/* A tree was verified: signs for the entries that the message proves in it. */
SB_CHECK int sb_receipt_proved(struct sb_receive *r,
                               const struct sb_round_answer *a,
                               const struct sb_message *m,
                               uint64_t now_ms,
                               uint64_t mono_ms,
                               struct sb_err *err);
/* A receipt was refused for now: what it told is told again, once it is proved. */
void sb_receipt_again(struct sb_receive *r);
/* The journal was begun anew: entries have other indices there. Takes NULL. */
SB_CHECK int sb_receipt_forget(struct sb_receive *r, struct sb_err *err);
/* What waits for its receipt is written down each second, and comes back at the next
 * start where the reader's cursor still stands there. */
SB_CHECK int
sb_receipt_save(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err);
SB_CHECK int sb_receipt_load(struct sb_receive *r, struct sb_err *err);

#endif
