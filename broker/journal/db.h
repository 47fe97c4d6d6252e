/* SQLite as this room uses it: connections, statements, and its errors as ours.
 * Private to this room. */
#ifndef BROKER_JOURNAL_DB_H
#define BROKER_JOURNAL_DB_H

#include <sqlite3.h>

#include "schemas/base/bytes.h"

#define SB_DB_PAGE 8192

/* Sets err from SQLite's result `rc`; `what` says what was done to which file. */
int sb_db_fail(struct sb_err *err, sqlite3 *db, int rc, const char *what);
SB_CHECK int sb_db_exec(sqlite3 *db, const char *sql, struct sb_err *err);
SB_CHECK int
sb_db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql, struct sb_err *err);
/* The only number of the only row of `sql`. */
SB_CHECK int
sb_db_number(sqlite3 *db, const char *sql, int64_t *out, struct sb_err *err);
/* Steps a statement that gives no row, and resets it. */
SB_CHECK int sb_db_run(sqlite3_stmt *st, struct sb_err *err);
/* 1: a row stands in `st`; 0: no more; the statement is reset unless 1. */
SB_CHECK int sb_db_step(sqlite3_stmt *st, struct sb_err *err);

/* Bound bytes are borrowed until the statement is reset. */
void sb_db_bind_int(sqlite3_stmt *st, int at, uint64_t v);
void sb_db_bind_blob(sqlite3_stmt *st, int at, struct sb_bytes b);
void sb_db_bind_text(sqlite3_stmt *st, int at, struct sb_bytes b);
/* Borrowed until the next step. */
struct sb_bytes sb_db_bytes(sqlite3_stmt *st, int column);
uint64_t sb_db_int(sqlite3_stmt *st, int column);
/* Copies a blob of exactly SB_HASH bytes; anything else is SB_E_DB_CORRUPT. */
SB_CHECK int
sb_db_fixed(sqlite3_stmt *st, int column, uint8_t *out, size_t n, struct sb_err *err);

/* The one connection that writes; the file is made with mode 0600. */
SB_CHECK int sb_db_open_writer(sqlite3 **out, const char *path, struct sb_err *err);
/* Only to move the WAL into the file, beside the writer. */
SB_CHECK int sb_db_open_mover(sqlite3 **out, const char *path, struct sb_err *err);
/* Read-only. `still`: nobody writes to the file, which is then not locked either, so
 * that a copy on a read-only medium can be opened. */
SB_CHECK int
sb_db_open_reader(sqlite3 **out, const char *path, bool still, struct sb_err *err);
/* The URI of such a connection, NUL-terminated. */
void sb_db_uri(struct sb_buf *uri, const char *path, bool still);
/* Whether a WAL stands beside the file, as it does while a writer lives. */
bool sb_db_has_wal(const char *path);

#endif
