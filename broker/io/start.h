/* From files to a running core: the trust, the journal, the streams where they stood.
 */
#ifndef BROKER_IO_START_H
#define BROKER_IO_START_H

#include "broker/io/broker.h"
#include "broker/journal/journal.h"

struct sb_start { /* what sb_start_open made; the caller owns it */
    struct sb_journal *journal;
    struct sb_core *core;
    struct sb_buf note;              /* newest checkpoint; empty: none yet */
    struct sb_checkpoint checkpoint; /* what it says */
    struct sb_buf final;             /* newest note with a quorum; empty: none yet */
    uint64_t final_size;
    uint64_t directories; /* held, from the first to the newest */
};

/* The trust that the broker would start with: the anchor, then the journal's
 * directories, or in a new journal those of files (begin.h). Checks that the vault is
 * the broker's of the newest. Changes nothing. */
SB_CHECK int sb_start_trust(struct sb_trust **out,
                            const struct sb_broker_config *config,
                            struct sb_err *err);
/* Opens the journal, begins a new one with its directories, restores the core. */
SB_CHECK int sb_start_open(struct sb_start *out,
                           const struct sb_broker_config *config,
                           struct sb_err *err);
void sb_start_close(struct sb_start *s);

#endif
