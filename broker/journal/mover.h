/* A thread that moves pages from the WAL into the file while the writer goes on.
 * Private to this room. https://www.sqlite.org/wal.html, "Checkpointing" */
#ifndef BROKER_JOURNAL_MOVER_H
#define BROKER_JOURNAL_MOVER_H

#include "broker/journal/db.h"

struct sb_mover;

/* With a connection of its own to the journal at `path`. */
SB_CHECK int
sb_mover_start(struct sb_mover **out, const char *path, struct sb_err *err);
/* Waits for the pass that is under way. Takes NULL. */
void sb_mover_stop(struct sb_mover *m);
/* Begins a pass: what readers and the writer have let go, without waiting for anybody.
 * Not while one is under way. */
void sb_mover_go(struct sb_mover *m);
/* True once after each pass: SQLite's result, and the pages of the WAL that are in the
 * file, counted from its beginning. */
bool sb_mover_ended(struct sb_mover *m, int *result, int *pages);

#endif
