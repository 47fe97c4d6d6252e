/* What the files of verify share. Private to this room.
 *
 * Every table is read once, in order, side by side: `entry`, `leaf`, `ct` and
 * `checkpoint` each stand at the first row that was not yet looked at. */
#ifndef BROKER_JOURNAL_VERIFY_FORM_H
#define BROKER_JOURNAL_VERIFY_FORM_H

#include "broker/journal/layout.h"
#include "broker/journal/row.h"
#include "broker/journal/verify.h"
#include "keys/note.h"
#include "keys/seal.h"
#include "keys/sign.h"
#include "keys/tree.h"

enum sb_verify_sql {
    SB_VERIFY_ENTRY,
    SB_VERIFY_LEAF,
    SB_VERIFY_CT,
    SB_VERIFY_TREE,
    SB_VERIFY_CHECKPOINT,
    SB_VERIFY_STREAM,
    SB_VERIFY_LEAF_AT,
    SB_VERIFY_COUNT,
};

struct sb_verify_stream { /* as the entries before say; its row number is its place */
    struct sb_bytes name;
    uint64_t claim_no;
    uint8_t claim_hash[SB_HASH];
    uint8_t instance[SB_INSTANCE];
    uint64_t claim_index;
    uint64_t last_seq; /* 0: no batch yet */
    uint8_t last_hash[SB_HASH];
    uint64_t last_index;
    uint64_t epoch_no;
    uint8_t epoch_hash[SB_HASH];
    uint64_t epoch_index;
    struct sb_arena *arena; /* of the epoch */
    struct sb_epoch epoch;
};

struct sb_verify_withdrawn { /* events whose ciphertexts must be gone */
    struct sb_bytes stream;
    uint64_t first;
    uint64_t last;
};

struct sb_verify {
    sqlite3 *db;
    sqlite3_stmt *sql[SB_VERIFY_COUNT];
    bool more_cts;         /* a row of ct stands */
    bool more_checkpoints; /* a row of checkpoint stands */
    uint64_t index;        /* of the entry that is looked at */
    struct sb_tree tree;
    uint64_t stored_ms;
    uint64_t directory; /* version in force; 0: none yet */
    uint8_t directory_hash[SB_HASH];
    uint64_t generation;
    char origin[SB_ORIGIN];
    uint8_t (*logs)[SB_PK]; /* log keys that directories named so far */
    size_t n_logs;
    struct sb_exchange x;
    uint64_t retention;                    /* of the directory in force */
    uint64_t pruned_below;                 /* of all prune records, also later ones */
    struct sb_verify_withdrawn *withdrawn; /* of all; sorted, without overlaps */
    size_t n_withdrawn;
    struct sb_verify_stream *streams;
    size_t n_streams;
    struct sb_arena *arena; /* of one entry */
    struct sb_arena *names;
    struct sb_journal_facts facts;
};

/* The entry that stands in SB_VERIFY_ENTRY and SB_VERIFY_LEAF. */
SB_CHECK int sb_verify_entry(struct sb_verify *v, struct sb_err *err);
/* A batch's items and ciphertexts against its record and its stream's epoch. */
SB_CHECK int sb_verify_batch(struct sb_verify *v,
                             const struct sb_batch *batch,
                             const struct sb_epoch *epoch,
                             struct sb_bytes items,
                             struct sb_err *err);
/* Collects all prune records and withdrawals before the entries are looked at: they
 * come after the batches that they explain. */
SB_CHECK int sb_verify_collect(struct sb_verify *v, struct sb_err *err);
/* A prune record is right, at the entry that is looked at. */
SB_CHECK int sb_verify_prune(struct sb_verify *v,
                             const struct sb_row *row,
                             const struct sb_entry *leaf,
                             struct sb_bytes record,
                             struct sb_err *err);
/* Whether the ciphertexts of this event were withdrawn. */
bool sb_verify_is_withdrawn(const struct sb_verify *v,
                            struct sb_bytes stream,
                            uint64_t seq);
/* Puts the entry's number before a fault, under `code` unless the fault has one of its
 * own. */
int sb_verify_fault(uint64_t index, int code, struct sb_err *err);
/* No ciphertexts but those of batches up to the entry that is looked at. */
SB_CHECK int sb_verify_no_cts(struct sb_verify *v, struct sb_err *err);
SB_CHECK int sb_verify_next_ct(struct sb_verify *v, struct sb_err *err);
/* The checkpoints at `size` entries, whose root the tree has. */
SB_CHECK int sb_verify_checkpoints(struct sb_verify *v, struct sb_err *err);
/* The rows of streams, the number of tree rows, checkpoints past the end. */
SB_CHECK int sb_verify_rest(struct sb_verify *v, struct sb_err *err);
/* Whether the columns have these types: 'i' integer, 'b' blob, 't' text. */
bool sb_verify_types(sqlite3_stmt *st, const char *types);
/* SQLite's own check of all pages: SB_E_JOURNAL_PAGE names the first damaged one. */
SB_CHECK int sb_verify_pages(sqlite3 *db, struct sb_err *err);

#endif
