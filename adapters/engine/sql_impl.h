/* What sql.c and sql_query.c share. */
#ifndef ADAPTERS_ENGINE_SQL_IMPL_H
#define ADAPTERS_ENGINE_SQL_IMPL_H

#include "adapters/engine/sql.h"

#define SB_SQL_KEPT 128u

struct sb_sql_kept {
    const char *sql; /* static: its address is the key */
    sqlite3_stmt *stmt;
};

struct sb_sql {
    sqlite3 *db;
    sqlite3_stmt *rollback; /* ready from the start */
    char *path;
    unsigned depth;
    size_t n;
    struct sb_sql_kept kept[SB_SQL_KEPT];
};

/* "path: doing: why"; returns the code that SQLite's `rc` means. */
int sb_sql_fail(const struct sb_sql *s, int rc, const char *doing, struct sb_err *err);

#endif
