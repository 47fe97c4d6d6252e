/* What a source has published: per local key its id_local and a hash of its content.
 *
 * One SQLite file per source, beside the adapter's state. A chunk changes it at once
 * and writes down how to undo that; when the outbox turns out not to hold the chunk, it
 * is undone, so that memory and outbox never disagree after a crash. */
#ifndef ADAPTERS_SQLITE_MEMORY_H
#define ADAPTERS_SQLITE_MEMORY_H

#include "adapters/engine/sql.h"

struct sb_memory_item {
    bool known;
    uint8_t content[SB_HASH];
    char id_local[512]; /* NUL-terminated */
};

SB_CHECK int sb_memory_open(struct sb_sql **out, const char *path, struct sb_err *err);
SB_CHECK int sb_memory_find(struct sb_sql *s,
                            struct sb_bytes key,
                            struct sb_memory_item *out,
                            struct sb_err *err);
/* Whether another key has that id_local. */
SB_CHECK int sb_memory_taken(struct sb_sql *s,
                             struct sb_bytes key,
                             struct sb_bytes id_local,
                             bool *out,
                             struct sb_err *err);
/* Change `ord` of the chunk: the key has this now (known false: nothing any more). */
SB_CHECK int sb_memory_set(struct sb_sql *s,
                           uint64_t ord,
                           struct sb_bytes key,
                           const struct sb_memory_item *item,
                           struct sb_err *err);
/* Undoes change `ord` of the chunk. */
SB_CHECK int sb_memory_revert(struct sb_sql *s, uint64_t ord, struct sb_err *err);
/* The chunk begins (undo is empty), is written down under its token and the last id of
 * the change log that it covers; all in the caller's transaction. */
SB_CHECK int sb_memory_mark(struct sb_sql *s,
                            struct sb_bytes token,
                            int64_t last_id,
                            struct sb_err *err);
/* The chunk that is written down: its token (appended) and last id; empty: none. */
SB_CHECK int sb_memory_marked(struct sb_sql *s,
                              struct sb_buf *token,
                              int64_t *last_id,
                              struct sb_err *err);
/* The chunk is in the outbox: forgets how to undo it. */
SB_CHECK int sb_memory_settle(struct sb_sql *s, struct sb_err *err);
/* It is not: undoes it. */
SB_CHECK int sb_memory_undo(struct sb_sql *s, struct sb_err *err);

#endif
