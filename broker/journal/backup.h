/* A whole copy of a journal, taken while its broker runs, and what is known of the
 * newest one.
 *
 * The entries are copied in short reading transactions, so that the broker's WAL is
 * never held for long; what was withdrawn meanwhile is withdrawn in the copy as well.
 * The copy is verified like any journal before it gets its name, fsynced with its
 * folder; the newest signed note is written beside it as `<to>-note`. It is a journal:
 * `verify`, `replay` and `export` read it, a broker can go on with it. */
#ifndef BROKER_JOURNAL_BACKUP_H
#define BROKER_JOURNAL_BACKUP_H

#include "broker/journal/verify.h"

enum sb_backup_step { SB_BACKUP_COPY, SB_BACKUP_VERIFY };

struct sb_backup_config {
    const char *from;
    const char *to;
    bool replace; /* an older backup of that name */
    /* Each may be NULL; `ctx` is theirs. */
    void (*begin)(void *ctx, enum sb_backup_step step);
    sb_progress_fn progress;
    void *ctx;
};

/* SB_E_EXISTS unless `replace`; SB_E_BACKUP when the copy does not verify. A failure
 * leaves nothing of this name behind. */
SB_CHECK int sb_journal_backup(const struct sb_backup_config *config,
                               struct sb_journal_facts *out,
                               struct sb_err *err);

/* The newest backup, as `<journal>-backup` remembers it. SB_E_NOT_FOUND: none. */
struct sb_backup_mark {
    uint64_t entries;
    uint64_t time_ms;
};
SB_CHECK int sb_backup_mark_read(const char *journal,
                                 struct sb_backup_mark *out,
                                 struct sb_err *err);
SB_CHECK int sb_backup_mark_write(const char *journal,
                                  const struct sb_backup_mark *mark,
                                  struct sb_err *err);

#endif
