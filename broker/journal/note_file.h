/* The second copy of the newest signed note: `<journal>-note`, so that an older copy of
 * the journal, put in its place alone, is found. Private to this room. */
#ifndef BROKER_JOURNAL_NOTE_FILE_H
#define BROKER_JOURNAL_NOTE_FILE_H

#include "broker/journal/journal_form.h"

struct sb_note_file { /* as it was found at start */
    bool any;
    bool older; /* of an older generation: it binds this journal to nothing */
    struct sb_checkpoint checkpoint;
};

SB_CHECK int
sb_note_file_name(struct sb_journal *j, const char *path, struct sb_err *err);
/* A file that is not a note of a log key in the vault is SB_E_JOURNAL_CHECKPOINT; one
 * of another exchange or a newer generation is SB_E_JOURNAL_GENERATION. */
SB_CHECK int sb_note_file_read(const struct sb_journal *j,
                               struct sb_note_file *out,
                               struct sb_err *err);
/* Durable when it returns. */
SB_CHECK int sb_note_file_write(const struct sb_journal *j,
                                struct sb_bytes note,
                                struct sb_err *err);
/* By any log key of the vault: the key may have been renewed since. */
SB_CHECK int sb_note_file_open(const struct sb_journal *j,
                               struct sb_bytes note,
                               struct sb_checkpoint *out,
                               struct sb_err *err);

#endif
