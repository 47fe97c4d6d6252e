/* What a prune record or a withdrawal takes away: ciphertexts, and nothing else.
 * Private to this room. */
#ifndef BROKER_JOURNAL_GONE_H
#define BROKER_JOURNAL_GONE_H

#include "broker/journal/journal_form.h"
#include "broker/journal/row.h"

/* Whether group[at], of kind prune, may be appended: it takes away nothing that does
 * not stand before it. The entries before it in its group count. */
SB_CHECK int sb_gone_check(struct sb_journal *j,
                           const struct sb_append *group,
                           size_t at,
                           const struct sb_row *row,
                           struct sb_err *err);
/* In the transaction that appends the withdrawal: the ciphertexts of its events become
 * empty in every class that is still there. `stream` is the stream's row number. */
SB_CHECK int sb_gone_withdraw(struct sb_journal *j,
                              const struct sb_withdraw *withdraw,
                              uint64_t stream,
                              struct sb_err *err);
/* What is to be pruned, from the prune records that stand in the journal. */
SB_CHECK int sb_gone_load(struct sb_journal *j, struct sb_err *err);

#endif
