/* Rows of a journal into a new one, in short transactions. Private to this room. */
#ifndef BROKER_JOURNAL_COPY_H
#define BROKER_JOURNAL_COPY_H

#include "broker/journal/backup.h"
#include "broker/journal/layout.h"

/* Fills the empty file `to` with all rows of `config->from`; not synced. */
SB_CHECK int
sb_copy_rows(const struct sb_backup_config *config, const char *to, struct sb_err *err);
/* Its newest note, appended, and what it names; size 0: it has none. */
SB_CHECK int sb_copy_note(const char *path,
                          struct sb_buf *note,
                          struct sb_journal_expect *expect,
                          struct sb_err *err);

#endif
