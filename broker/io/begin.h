/* The entries that begin an empty journal: directories from files, each dated by its
 * own version. Part of the start (start.h).
 *
 * A first generation begins with the configured directory alone. A later one begins
 * with every directory before it as well, so that the epochs that publishers bring
 * again find the directory which they name: they stand beside it as directory-<N>.sbd,
 * from the first that the anchor's roots accept. */
#ifndef BROKER_IO_BEGIN_H
#define BROKER_IO_BEGIN_H

#include "broker/journal/journal.h"

/* Adds the directory of the file `path`, and what belongs before it, to an empty trust.
 * SB_E_NOT_FOUND names a file that is missing. */
SB_CHECK int sb_begin_trust(struct sb_trust *trust,
                            const struct sb_anchor *anchor,
                            const char *path,
                            struct sb_err *err);
/* How many directories the trust holds, from its first to its newest. */
uint64_t sb_begin_count(const struct sb_trust *trust);
/* Appends all of them to an empty journal, in order, in one transaction. */
SB_CHECK int sb_begin_journal(struct sb_journal *journal,
                              const struct sb_trust *trust,
                              uint64_t now_ms,
                              struct sb_err *err);

#endif
