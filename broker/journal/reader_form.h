/* What the reader's files share. Private to this room. */
#ifndef BROKER_JOURNAL_READER_FORM_H
#define BROKER_JOURNAL_READER_FORM_H

#include "broker/journal/layout.h"
#include "broker/journal/reader.h"

enum sb_reader_sql {
    SB_READ_STREAM,
    SB_READ_ENTRY,
    SB_READ_CT_SIZES,
    SB_READ_CTS,
    SB_READ_NUMBER,
    SB_READ_HOLDS,
    SB_READ_IN_FORCE,
    SB_READ_STREAMS,
    SB_READ_WITHDRAWN,
    SB_READ_LEAF,
    SB_READ_NODE,
    SB_READ_LAST_PRUNE,
    SB_READ_SIZE,
    SB_READ_COUNT,
};

struct sb_journal_reader {
    sqlite3 *db;
    sqlite3_stmt *sql[SB_READ_COUNT];
    struct sb_arena *arena; /* ciphertexts of one entry, in sb_journal_each */
};

/* Copies the ciphertexts of entry->index; `classes` NULL: all of them. */
SB_CHECK int sb_reader_cts(struct sb_journal_reader *r,
                           const struct sb_codes *classes,
                           struct sb_arena *arena,
                           struct sb_stored_entry *entry,
                           struct sb_err *err);
/* The batch of `stream` that begins at or before `seq`: the statement, bound; its
 * columns are idx, hash, last. */
sqlite3_stmt *
sb_reader_holder(struct sb_journal_reader *r, struct sb_bytes stream, uint64_t seq);
/* The newest entry of this kind in the stream before `index`. 1: found, 0: none. */
SB_CHECK int sb_reader_in_force(struct sb_journal_reader *r,
                                struct sb_bytes stream,
                                enum sb_kind kind,
                                uint64_t index,
                                uint64_t *out,
                                struct sb_err *err);
/* Copies leaf, record and items of an entry that must be there. */
SB_CHECK int sb_reader_entry(struct sb_journal_reader *r,
                             uint64_t index,
                             struct sb_arena *arena,
                             struct sb_stored_entry *out,
                             struct sb_err *err);
/* Copies the withdrawals that cover events of the batch entry->index, whose wanted
 * ciphertexts were copied before. */
SB_CHECK int sb_reader_withdrawals(struct sb_journal_reader *r,
                                   struct sb_arena *arena,
                                   struct sb_stored_entry *entry,
                                   struct sb_err *err);
/* The columns idx, kind, data, record, items of a row, borrowed until the next step. */
SB_CHECK int
sb_reader_row(sqlite3_stmt *st, struct sb_stored_entry *out, struct sb_err *err);

#endif
