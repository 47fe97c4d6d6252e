/* Putting a backup in the place of a lost journal. FORMATS, "Journal": a journal that
 * lacks what was signed must not go on; a directory opens the next generation. */
#ifndef BROKER_JOURNAL_RESTORE_H
#define BROKER_JOURNAL_RESTORE_H

#include "broker/journal/verify.h"

struct sb_restore_note { /* a checkpoint that somebody holds; borrowed */
    const char *name;    /* where it came from, for messages */
    struct sb_bytes note;
};

struct sb_restore_facts {
    struct sb_journal_facts journal;
    uint64_t generation;
    uint64_t signed_size; /* the largest of the notes; 0: there was none */
};

/* Verifies the backup, and holds it to the notes: each must be of a log key that the
 * backup's directories name, and reached with its root. SB_E_BACKUP: not whole;
 * SB_E_JOURNAL_SHORT: it lacks what was signed; SB_E_JOURNAL_ROOT: another history;
 * SB_E_JOURNAL_GENERATION: a later generation was opened; SB_E_NOTE: another log's. */
SB_CHECK int sb_restore_judge(const char *backup,
                              const struct sb_restore_note *notes,
                              size_t n,
                              sb_progress_fn progress,
                              void *ctx,
                              struct sb_restore_facts *out,
                              struct sb_err *err);

/* Copies the backup to where the broker looks for its journal, with its note unless one
 * is there. SB_E_JOURNAL_LOCKED while a broker runs; SB_E_EXISTS for a journal that is
 * there, unless `aside` is given: then its file and WAL get that suffix. */
SB_CHECK int sb_restore_place(const char *backup,
                              const char *journal,
                              const char *aside,
                              struct sb_err *err);

#endif
