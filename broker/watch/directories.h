/* The directories that a witness holds, as files of its state folder:
 * `directory-<version>.sbd`, from the first it was given. */
#ifndef BROKER_WATCH_DIRECTORIES_H
#define BROKER_WATCH_DIRECTORIES_H

#include "keys/trust.h"

/* Adds what stands in `folder` to an empty trust, in order, up to the first gap: what
 * is missing there is asked of the broker again. A file that does not hold is an error
 * that names it. */
SB_CHECK int
sb_directories_load(const char *folder, struct sb_trust *trust, struct sb_err *err);
/* Keeps the newest directory of the trust. */
SB_CHECK int sb_directories_keep(const char *folder,
                                 const struct sb_trust *trust,
                                 struct sb_err *err);

#endif
