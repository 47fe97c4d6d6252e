/* SQLite's result codes as ours. */
#include "adapters/sqlite/error.h"

static int code_of(int rc, int otherwise)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_SCHEMA:
        return SB_E_BUSY;
    case SQLITE_FULL:
        return SB_E_DISK_FULL;
    case SQLITE_NOMEM:
        return SB_E_MEMORY;
    case SQLITE_IOERR:
        return SB_E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SB_E_DB_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return SB_E_PERMISSION;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return SB_E_SINK_REFUSED;
    default:
        return otherwise;
    }
}

int sb_sqlite_fail(
    sqlite3 *db, int rc, int otherwise, const char *what, struct sb_err *err)
{
    const char *words = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    return sb_fail(err, code_of(rc, otherwise), "%s: %s", what, words);
}
