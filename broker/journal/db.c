/* Purpose: open SQLite the one way that a journal allows, and translate its errors.
 * Invariant: the writer syncs before a commit returns, and is the only one to move
 * pages from the WAL into the file. */
#include "broker/journal/db.h"
#include "broker/journal/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MS 5000

static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return SB_E_DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return SB_E_DB_CORRUPT;
    case SQLITE_NOMEM:
        return SB_E_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SB_E_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return SB_E_PERMISSION;
    case SQLITE_INTERRUPT:
        return SB_E_INTERRUPTED;
    default:
        return SB_E_IO;
    }
}

int sb_db_fail(struct sb_err *err, sqlite3 *db, int rc, const char *what)
{
    const char *file = db ? sqlite3_db_filename(db, "main") : NULL;
    return sb_fail(err,
                   code_of(rc),
                   "journal %s: %s: %s",
                   file ? file : "",
                   what,
                   db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

int sb_db_exec(sqlite3 *db, const char *sql, struct sb_err *err)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sb_db_fail(err, db, rc, "cannot set up");
}

int sb_db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql, struct sb_err *err)
{
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? 0 : sb_db_fail(err, db, rc, "cannot prepare");
}

int sb_db_number(sqlite3 *db, const char *sql, int64_t *out, struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(db, &st, sql, err);
    if (rc != 0)
        return rc;
    int got = sqlite3_step(st);
    if (got == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    else
        rc = sb_db_fail(err, db, got, "cannot read");
    sqlite3_finalize(st);
    return rc;
}

int sb_db_step(sqlite3_stmt *st, struct sb_err *err)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        rc = 0;
    else
        rc = sb_db_fail(err,
                        sqlite3_db_handle(st),
                        sqlite3_extended_errcode(sqlite3_db_handle(st)),
                        sqlite3_stmt_readonly(st) ? "cannot read" : "cannot write");
    sqlite3_reset(st);
    return rc;
}

int sb_db_run(sqlite3_stmt *st, struct sb_err *err)
{
    int rc = sb_db_step(st, err);
    if (rc == 1)
        sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

void sb_db_bind_int(sqlite3_stmt *st, int at, uint64_t v)
{
    sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

void sb_db_bind_blob(sqlite3_stmt *st, int at, struct sb_bytes b)
{
    if (b.n == 0)
        sqlite3_bind_zeroblob(st, at, 0);
    else
        sqlite3_bind_blob64(st, at, b.p, b.n, SQLITE_STATIC);
}

void sb_db_bind_text(sqlite3_stmt *st, int at, struct sb_bytes b)
{
    const char *p = b.n == 0 ? "" : (const char *)b.p;
    sqlite3_bind_text64(st, at, p, b.n, SQLITE_STATIC, SQLITE_UTF8);
}

struct sb_bytes sb_db_bytes(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);
    int n = sqlite3_column_bytes(st, column);
    return p && n > 0 ? sb_bytes(p, (size_t)n) : sb_bytes(NULL, 0);
}

uint64_t sb_db_int(sqlite3_stmt *st, int column)
{
    return (uint64_t)sqlite3_column_int64(st, column);
}

int sb_db_fixed(
    sqlite3_stmt *st, int column, uint8_t *out, size_t n, struct sb_err *err)
{
    struct sb_bytes b = sb_db_bytes(st, column);
    if (!b.p || b.n != n)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "journal: column %s has %zu bytes instead of %zu",
                       sqlite3_column_name(st, column),
                       b.n,
                       n);
    memcpy(out, b.p, n);
    return 0;
}

static int make_file(const char *path, struct sb_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return sb_fail_os(err, errno, "cannot open the journal %s", path);
    close(fd);
    return 0;
}

/* A connection of one thread, not yet set up. `give` closes it when that failed. */
static int
open_as(sqlite3 **db, const char *name, int flags, const char *vfs, struct sb_err *err)
{
    int got = sqlite3_open_v2(name, db, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (got != SQLITE_OK)
        return sb_db_fail(err, *db, got, "cannot open");
    sqlite3_extended_result_codes(*db, 1);
    sqlite3_busy_timeout(*db, OPEN_MS); /* who is there may be busy with a WAL */
    return 0;
}

/* The end of each opening: `rc` is what setting up said. */
static int give(sqlite3 **out, sqlite3 *db, int rc)
{
    if (rc == 0)
        *out = db;
    else
        sqlite3_close(db);
    return rc;
}

int sb_db_open_writer(sqlite3 **out, const char *path, struct sb_err *err)
{
    static const char pragmas[] = "PRAGMA page_size = 8192;"
                                  "PRAGMA mmap_size = 0;"
                                  "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA wal_autocheckpoint = 0;"
                                  "PRAGMA cache_size = -12288;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA secure_delete = ON;"
                                  "PRAGMA trusted_schema = OFF;"
                                  "PRAGMA cell_size_check = ON;";
    int rc = make_file(path, err);
    if (rc == 0)
        rc = sb_gather_register(err);
    if (rc != 0)
        return rc;
    sqlite3 *db = NULL;
    rc = open_as(&db, path, SQLITE_OPEN_READWRITE, SB_GATHER_VFS, err);
    if (rc == 0)
        rc = sb_db_exec(db, pragmas, err);
    if (rc == 0)
        sqlite3_busy_timeout(db, 0);
    return give(out, db, rc);
}

int sb_db_open_mover(sqlite3 **out, const char *path, struct sb_err *err)
{
    sqlite3 *db = NULL;
    int64_t tables = 0; /* a look opens the WAL */
    int rc = open_as(&db, path, SQLITE_OPEN_READWRITE, NULL, err);
    if (rc == 0) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        rc = sb_db_exec(
            db, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;", err);
    }
    if (rc == 0)
        rc = sb_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc == 0)
        sqlite3_busy_timeout(db, 0);
    return give(out, db, rc);
}

/* A URI of SQLite: the path with the three letters escaped that mean something there.
 */
void sb_db_uri(struct sb_buf *uri, const char *path, bool still)
{
    sb_buf_str(uri, "file:");
    for (const char *c = path; *c; c++) {
        if (*c == '%' || *c == '?' || *c == '#')
            sb_buf_printf(uri, "%%%02x", (unsigned)*c);
        else
            sb_buf_byte(uri, (uint8_t)*c);
    }
    sb_buf_str(uri, still ? "?mode=ro&immutable=1" : "?mode=ro");
    sb_buf_byte(uri, 0);
}

bool sb_db_has_wal(const char *path)
{
    struct sb_buf name = {0};
    struct stat st;
    sb_buf_printf(&name, "%s-wal", path);
    sb_buf_byte(&name, 0);
    bool has = name.failed || stat((const char *)name.p, &st) == 0;
    sb_buf_free(&name);
    return has;
}

static int open_uri(sqlite3 **out, const char *uri, struct sb_err *err)
{
    sqlite3 *db = NULL;
    int rc = open_as(&db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL, err);
    if (rc == 0) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        rc = sb_db_exec(
            db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;", err);
    }
    return give(out, db, rc);
}

int sb_db_open_reader(sqlite3 **out, const char *path, bool still, struct sb_err *err)
{
    if (access(path, R_OK) != 0)
        return sb_fail_os(err, errno, "cannot read the journal %s", path);
    struct sb_buf uri = {0};
    sb_db_uri(&uri, path, still);
    int rc = sb_buf_check(&uri, err);
    if (rc == 0)
        rc = open_uri(out, (const char *)uri.p, err);
    sb_buf_free(&uri);
    return rc;
}
