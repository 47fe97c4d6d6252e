/* Where a reader stands, in the reader's own database: the table sacbe_cursor.
 *
 * It is moved in the transaction of the data, so that data and cursor are one truth:
 * restored together, lost together. `hash` is that of the batch in which `seq` lies. */
#ifndef ADAPTERS_ENGINE_CURSOR_H
#define ADAPTERS_ENGINE_CURSOR_H

#include "adapters/engine/db.h"
#include "schemas/record/entry.h"

/* Makes the table when it is not there. */
SB_CHECK int sb_cursor_install(struct sb_db *db, struct sb_err *err);
/* Whether the table is there (changes nothing). */
SB_CHECK int sb_cursor_installed(struct sb_db *db, bool *out, struct sb_err *err);
/* All cursors, sorted by stream; lists and names live in the arena. */
SB_CHECK int sb_cursor_list(struct sb_db *db,
                            struct sb_arena *arena,
                            struct sb_heads *out,
                            struct sb_err *err);
/* Seq 0 and zeros when the stream has none. */
SB_CHECK int sb_cursor_get(struct sb_db *db,
                           struct sb_bytes stream,
                           uint64_t *seq,
                           uint8_t hash[SB_HASH],
                           struct sb_err *err);
/* Inside the caller's transaction. */
SB_CHECK int sb_cursor_put(struct sb_db *db,
                           struct sb_bytes stream,
                           uint64_t seq,
                           const uint8_t hash[SB_HASH],
                           struct sb_err *err);

#endif
