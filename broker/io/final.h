/* The broker's own notes: whether it signed one, and which is the newest that a quorum
 * cosigned (found in the journal at a start, followed while the broker runs). */
#ifndef BROKER_IO_FINAL_H
#define BROKER_IO_FINAL_H

#include "broker/journal/reader.h"

/* A note signed by any log key of the vault: the key may have been renewed since. */
SB_CHECK int sb_final_open(const struct sb_vault *vault,
                           struct sb_bytes note,
                           struct sb_checkpoint *out,
                           struct sb_err *err);
/* Whether the witnesses of `dir` made this note final by its quorum (0: always). */
SB_CHECK int sb_final_check(const struct sb_dir *dir,
                            struct sb_bytes note,
                            uint64_t now_ms,
                            bool *final,
                            struct sb_err *err);
/* The newest final one of a journal; empty when there is none. */
SB_CHECK int sb_final_find(struct sb_journal_reader *reader,
                           const struct sb_dir *dir,
                           uint64_t now_ms,
                           struct sb_buf *note,
                           uint64_t *size,
                           struct sb_err *err);

#endif
