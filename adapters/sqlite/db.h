/* SQLite as a local database: the ops of adapters/engine/db.h.
 *
 * One connection, one thread. Foreign keys are on, another writer is waited for
 * (SB_SQLITE_WAIT_MS, then SB_E_BUSY). The journal mode is the institution's own matter
 * and is never changed. A BLOB is given as TEXT with its bytes: whether they are UTF-8
 * is judged where the value is used. */
#ifndef ADAPTERS_SQLITE_DB_H
#define ADAPTERS_SQLITE_DB_H

#include "adapters/engine/db.h"

#define SB_SQLITE_WAIT_MS 2000

/* `create`: makes an empty file when there is none; else SB_E_NOT_FOUND. */
SB_CHECK int sb_sqlite_db_open(struct sb_db **out,
                               const char *path,
                               bool create,
                               struct sb_err *err);

#endif
