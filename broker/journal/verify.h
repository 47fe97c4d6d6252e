/* Offline check of a whole journal file: every row against every other, ciphertexts
 * against the items' hashes, items against items_root, chains, tree, checkpoints,
 * pages. The first finding is in `err`, which names the first bad index or damaged
 * page. */
#ifndef BROKER_JOURNAL_VERIFY_H
#define BROKER_JOURNAL_VERIFY_H

#include "keys/hash.h"

struct sb_journal_facts {
    uint64_t entries;
    uint64_t events;
    uint64_t batches;
    uint64_t pruned;    /* ciphertexts missing under a prune record */
    uint64_t withdrawn; /* ciphertexts missing under a withdrawal */
    uint8_t root[SB_HASH];
    uint64_t checkpoint_size;
};
struct sb_journal_expect { /* `any` false: nothing beyond the journal itself */
    bool any;
    uint64_t size;
    uint8_t root[SB_HASH]; /* of the first `size` entries */
};
typedef void (*sb_progress_fn)(void *ctx, uint64_t done, uint64_t total);
SB_CHECK int sb_journal_verify(const char *path,
                               const struct sb_journal_expect *expect,
                               sb_progress_fn progress,
                               void *ctx,
                               struct sb_journal_facts *out,
                               struct sb_err *err);

#endif
