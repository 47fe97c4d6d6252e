/* The adapter's own SQLite files: opening with a version, statements kept,
 * transactions.
 *
 * WAL, synchronous FULL, 0600, one connection in the process. PRAGMA user_version says
 * which schema a file has: a newer one is refused, an older one upgraded in one
 * transaction. Not for institutions' databases (adapters/sqlite does those). */
#ifndef ADAPTERS_ENGINE_SQL_H
#define ADAPTERS_ENGINE_SQL_H

#include <sqlite3.h>

#include "schemas/base/bytes.h"

struct sb_sql;

/* `steps[i]` brings a file from version i to i + 1; ended by NULL; static. */
SB_CHECK int sb_sql_open(struct sb_sql **out,
                         const char *path,
                         const char *const *steps,
                         struct sb_err *err);
void sb_sql_close(struct sb_sql *s); /* takes NULL */

/* Transactions nest by count: only the outermost commits. After an error of any inner
 * part the outermost must roll back. */
SB_CHECK int sb_sql_begin(struct sb_sql *s, struct sb_err *err);
SB_CHECK int sb_sql_commit(struct sb_sql *s, struct sb_err *err);
void sb_sql_rollback(struct sb_sql *s);

/* Binds by `types`: i int64_t, u uint64_t (< 2^63), t struct sb_bytes as text, b struct
 * sb_bytes as blob, s const char * (NULL: null). Bound bytes must live until the end of
 * the call, or of the rows. `sql` is static text: the statement is kept by its address.
 */
SB_CHECK int sb_sql_do(
    struct sb_sql *s, struct sb_err *err, const char *sql, const char *types, ...);
/* Starts a query. Then sb_sql_row until it is not 1, and sb_sql_end always. */
SB_CHECK int sb_sql_start(struct sb_sql *s,
                          sqlite3_stmt **out,
                          struct sb_err *err,
                          const char *sql,
                          const char *types,
                          ...);
/* 1: a row; 0: no more; negative: error. */
SB_CHECK int sb_sql_row(struct sb_sql *s, sqlite3_stmt *stmt, struct sb_err *err);
void sb_sql_end(sqlite3_stmt *stmt); /* takes NULL */
/* One integer of one row; `otherwise` when there is no row or a null. */
SB_CHECK int sb_sql_number(struct sb_sql *s,
                           uint64_t *out,
                           uint64_t otherwise,
                           struct sb_err *err,
                           const char *sql,
                           const char *types,
                           ...);
/* Appends the bytes of the first column of the first row. 1: there was one; 0: none. */
SB_CHECK int sb_sql_blob(struct sb_sql *s,
                         struct sb_buf *out,
                         struct sb_err *err,
                         const char *sql,
                         const char *types,
                         ...);

/* Columns of the present row; bytes live until the next row. */
struct sb_bytes sb_sql_bytes(sqlite3_stmt *stmt, int column);
uint64_t sb_sql_uint(sqlite3_stmt *stmt, int column);
/* A blob of exactly n bytes; false otherwise. */
bool sb_sql_fixed(sqlite3_stmt *stmt, int column, uint8_t *out, size_t n);
/* The rowid of the last insert; rows changed by the last statement. */
int64_t sb_sql_last_id(const struct sb_sql *s);
uint64_t sb_sql_changed(const struct sb_sql *s);

#endif
