/* SQLite's result codes as ours. Private to this room. */
#ifndef ADAPTERS_SQLITE_ERROR_H
#define ADAPTERS_SQLITE_ERROR_H

#include <sqlite3.h>

#include "schemas/base/err.h"

#define SB_SQLITE_SQL_MAX (1024u * 1024u)

/* "what: the database's words". Busy, full, damaged, forbidden and the like have codes
 * of their own; every other fault is `otherwise`. Returns the code. */
int sb_sqlite_fail(
    sqlite3 *db, int rc, int otherwise, const char *what, struct sb_err *err);

#endif
