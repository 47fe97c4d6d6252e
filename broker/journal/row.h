/* What a record says of itself: the columns of its journal entry. Private to this room.
 *
 * The writer refuses an entry whose columns say otherwise; verify compares them again.
 */
#ifndef BROKER_JOURNAL_ROW_H
#define BROKER_JOURNAL_ROW_H

#include "keys/hash.h"
#include "schemas/record/directory.h"
#include "schemas/record/entry.h"
#include "schemas/record/epoch.h"
#include "schemas/record/event.h"
#include "schemas/record/evidence.h"

struct sb_row { /* slices borrow from the record and the arena */
    enum sb_kind kind;
    struct sb_bytes body;
    struct sb_bytes stream; /* of claims, epochs, re-grants, batches and withdrawals */
    uint64_t first;         /* claim, epoch, directory number or first seq; a prune
                               record: `below`; else 0 */
    uint64_t last;          /* last seq; else as first */
    struct sb_bytes reader; /* of a re-grant */
    uint8_t hash[SB_HASH];  /* of the body */
    union {
        struct sb_directory directory;
        struct sb_claim claim;
        struct sb_epoch epoch;
        struct sb_regrant regrant;
        struct sb_batch batch;
        struct sb_prune prune;       /* a prune entry without a stream */
        struct sb_withdraw withdraw; /* one with a stream */
    } as;
};

/* The columns of `record`, which must be of this kind. */
SB_CHECK int sb_row_read(enum sb_kind kind,
                         struct sb_bytes record,
                         struct sb_arena *arena,
                         struct sb_row *out,
                         struct sb_err *err);
/* Leaf data that stands for this record: decoded, with this kind and hash. */
SB_CHECK int sb_row_leaf(enum sb_kind kind,
                         struct sb_bytes leaf,
                         struct sb_bytes record,
                         struct sb_entry *out,
                         struct sb_err *err);

#endif
