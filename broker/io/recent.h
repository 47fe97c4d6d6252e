/* What was stored last, still in memory: a reader that keeps up is served from here,
 * so that the journal is read only by those who are behind.
 *
 * Entries by index without a hole, as they were committed; the oldest go first. What a
 * withdrawal or a prune record may have emptied in the journal is not kept: such an
 * entry, and a batch that lacks a ciphertext, takes all before it away. */
#ifndef BROKER_IO_RECENT_H
#define BROKER_IO_RECENT_H

#include "broker/io/job.h"

#define SB_RECENT_BYTES (16u * SB_MIB) /* records, items and ciphertexts */
#define SB_RECENT_ENTRIES 2048u        /* small ones cost more than their bytes */

struct sb_recent;

/* Of a journal of `size` entries; NULL: out of memory. */
struct sb_recent *sb_recent_new(uint64_t size);
void sb_recent_free(struct sb_recent *r); /* takes NULL */
/* Takes the committed appends, a list in order. */
void sb_recent_add(struct sb_recent *r, struct sb_job *done);
/* Lets go of what was here at the last call: call it now and then. */
void sb_recent_age(struct sb_recent *r);
/* Whether all that a READ asks for is here, but for what its limits leave out. */
bool sb_recent_has(const struct sb_recent *r, const struct sb_effect *read);
/* Answers a READ that is here as sb_journal_read does. The list lives in `arena`, the
 * slices as long as `lent`'s holds, which live until the next add or age. */
SB_CHECK int sb_recent_read(const struct sb_recent *r,
                            const struct sb_effect *read,
                            struct sb_arena *arena,
                            struct sb_lent *lent,
                            struct sb_input *entries,
                            struct sb_err *err);

#endif
