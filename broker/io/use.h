/* What the journal takes of its disk: bytes of each institution's streams, kept over a
 * restart, and how fast the file grows.
 *
 * `<journal>-use` remembers the counts of some number of entries, so that a start reads
 * only the rows after them. It is a convenience: missing, older than a prune or of
 * another journal, all rows are counted again. */
#ifndef BROKER_IO_USE_H
#define BROKER_IO_USE_H

#include "broker/journal/reader.h"

struct sb_use_of { /* one institution */
    struct sb_bytes institution;
    uint64_t bytes;
};

struct sb_use_counts {
    uint64_t generation;
    uint64_t entries; /* of the journal, that were counted */
    uint64_t pruned_below;
    struct sb_use_of *items; /* sorted by institution */
    size_t n;
};

void sb_use_write(const struct sb_use_counts *counts, struct sb_buf *out);
SB_CHECK int sb_use_read(struct sb_bytes in,
                         struct sb_arena *arena,
                         struct sb_use_counts *out,
                         struct sb_err *err);
/* Writes `<journal>-use`, whole or not at all; no fsync. */
SB_CHECK int sb_use_save(const char *journal,
                         const struct sb_core *core,
                         uint64_t generation,
                         struct sb_err *err);
/* Tells the core what stands in the journal, before its first step. */
SB_CHECK int sb_use_restore(struct sb_core *core,
                            const char *journal,
                            struct sb_journal_reader *reader,
                            uint64_t generation,
                            struct sb_err *err);
/* Bytes of the journal's file and its WAL; 0: unknown. */
uint64_t sb_use_file(const char *journal);

#endif
