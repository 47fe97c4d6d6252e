/* Where a replay stands in the database that it fills, and what that refused: the
 * tables sacbe_replay and sacbe_replay_refused, in SQL that every driver understands.
 *
 * They move in the transaction of the data. Not for adapters, whose place is
 * sacbe_cursor: a database has the one or the other. */
#ifndef ADAPTERS_CLI_REPLAY_STORE_H
#define ADAPTERS_CLI_REPLAY_STORE_H

#include "adapters/cli/replaying.h"
#include "adapters/engine/db.h"

/* SB_E_STATE: an adapter's database (`what` says which). Takes up the place of a run
 * before. `create`: makes the tables. */
SB_CHECK int sb_replay_store_open(struct sb_db *db,
                                  bool create,
                                  struct sb_replaying *p,
                                  const char *what,
                                  struct sb_err *err);
/* Inside the caller's transaction: whether the place is still `expected` (all zero:
 * none). SB_E_BUSY: another replay writes here. */
SB_CHECK int sb_replay_store_same(struct sb_db *db,
                                  const struct sb_place *expected,
                                  struct sb_err *err);
/* Likewise. */
SB_CHECK int sb_replay_store_place(struct sb_db *db,
                                   const char *source,
                                   const struct sb_place *place,
                                   struct sb_err *err);
/* Likewise. `of_row`: the tables refused it, so that later events of the same row wait;
 * otherwise the event itself is no good. */
SB_CHECK int sb_replay_store_refused(struct sb_db *db,
                                     const struct sb_given *g,
                                     bool of_row,
                                     struct sb_err *err);
/* Whether an earlier event of the same stream and row was refused by the tables. */
SB_CHECK int sb_replay_store_waits(struct sb_db *db,
                                   const struct sb_given *g,
                                   bool *out,
                                   struct sb_err *err);

#endif
