/* SQLite for the adapter's own files: a thin layer over prepared statements.
 *
 * An I/O error is never retried here: the transaction is rolled back and the caller
 * stops or asks again from what is durable. */
#include "adapters/engine/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT 128u
#define WAIT_MS 5000

struct kept {
    const char *sql;
    sqlite3_stmt *stmt;
};

struct sb_sql {
    sqlite3 *db;
    char *path;
    unsigned depth;
    size_t n;
    struct kept kept[KEPT];
};

static int fail(struct sb_sql *s, int rc, const char *doing, struct sb_err *err)
{
    int code = SB_E_IO;
    switch (rc & 0xff) {
    case SQLITE_FULL:
        code = SB_E_DISK_FULL;
        break;
    case SQLITE_NOMEM:
        code = SB_E_MEMORY;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = SB_E_BUSY;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        code = SB_E_DB_CORRUPT;
        break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
        code = SB_E_INTERNAL;
        break;
    default:
        break;
    }
    return sb_fail(err, code, "%s: %s: %s", s->path, doing, sqlite3_errmsg(s->db));
}

static int execute(struct sb_sql *s, const char *sql, struct sb_err *err)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : fail(s, rc, "statement", err);
}

/* The file must be there with 0600 before SQLite opens it: its own umask would do. */
static int make_file(const char *path, struct sb_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s", path);
    struct stat st;
    int rc = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        rc = sb_fail(err,
                     SB_E_PERMISSION,
                     "%s: must be a file with mode 0600 (chmod 600 %s)",
                     path,
                     path);
    close(fd);
    return rc;
}

static int upgrade(struct sb_sql *s, const char *const *steps, struct sb_err *err)
{
    uint64_t have = 0;
    int rc = sb_sql_number(s, &have, 0, err, "PRAGMA user_version", "");
    if (rc)
        return rc;
    uint64_t want = 0;
    while (steps[want])
        want++;
    if (have > want)
        return sb_fail(err,
                       SB_E_DB_NEWER,
                       "%s: made by a newer sacbe (schema %llu, this one knows %llu)",
                       s->path,
                       (unsigned long long)have,
                       (unsigned long long)want);
    if (have == want)
        return 0;
    rc = sb_sql_begin(s, err);
    for (uint64_t v = have; !rc && v < want; v++)
        rc = execute(s, steps[v], err);
    char pragma[64];
    (void)snprintf(
        pragma, sizeof pragma, "PRAGMA user_version = %llu", (unsigned long long)want);
    if (!rc)
        rc = execute(s, pragma, err);
    if (!rc)
        return sb_sql_commit(s, err);
    sb_sql_rollback(s);
    return rc;
}

int sb_sql_open(struct sb_sql **out,
                const char *path,
                const char *const *steps,
                struct sb_err *err)
{
    int rc = make_file(path, err);
    if (rc)
        return rc;
    struct sb_sql *s = calloc(1, sizeof *s);
    if (!s || !(s->path = strdup(path))) {
        free(s);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    int sq = sqlite3_open_v2(path,
                             &s->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    if (sq != SQLITE_OK)
        rc = fail(s, sq, "open", err);
    if (!rc && (sq = sqlite3_busy_timeout(s->db, WAIT_MS)) != SQLITE_OK)
        rc = fail(s, sq, "open", err);
    if (!rc)
        rc = execute(s,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                     "PRAGMA secure_delete = ON; PRAGMA mmap_size = 0",
                     err);
    if (!rc)
        rc = upgrade(s, steps, err);
    if (rc) {
        sb_sql_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void sb_sql_close(struct sb_sql *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        sqlite3_finalize(s->kept[i].stmt);
    sqlite3_close_v2(s->db);
    free(s->path);
    free(s);
}

int sb_sql_begin(struct sb_sql *s, struct sb_err *err)
{
    int rc = s->depth == 0 ? sb_sql_do(s, err, "BEGIN IMMEDIATE", "") : 0;
    if (!rc)
        s->depth++;
    return rc;
}

int sb_sql_commit(struct sb_sql *s, struct sb_err *err)
{
    if (s->depth > 1) {
        s->depth--;
        return 0;
    }
    int rc = sb_sql_do(s, err, "COMMIT", "");
    if (rc)
        sb_sql_rollback(s);
    s->depth = 0;
    return rc;
}

void sb_sql_rollback(struct sb_sql *s)
{
    if (s->depth > 1) {
        s->depth--;
        return;
    }
    s->depth = 0;
    if (!sqlite3_get_autocommit(s->db) && sb_sql_do(s, NULL, "ROLLBACK", "") != 0)
        return; /* the next statement says why */
}

static int
keep(struct sb_sql *s, const char *sql, sqlite3_stmt **out, struct sb_err *err)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->kept[i].sql == sql) {
            *out = s->kept[i].stmt;
            return 0;
        }
    if (s->n == KEPT)
        return sb_fail(err, SB_E_INTERNAL, "%s: too many statements", s->path);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return fail(s, rc, "statement", err);
    s->kept[s->n++] = (struct kept){sql, stmt};
    *out = stmt;
    return 0;
}

static int bind_bytes(sqlite3_stmt *stmt, int i, struct sb_bytes v, bool text)
{
    const char *p = v.n ? (const char *)v.p : "";
    return text ? sqlite3_bind_text64(stmt, i, p, v.n, SQLITE_STATIC, SQLITE_UTF8)
                : sqlite3_bind_blob64(stmt, i, p, v.n, SQLITE_STATIC);
}

static int bind(sqlite3_stmt *stmt, const char *types, va_list args)
{
    int rc = SQLITE_OK;
    for (int i = 1; types[i - 1] && rc == SQLITE_OK; i++) {
        const char *text = NULL;
        switch (types[i - 1]) {
        case 'i':
            rc = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
            break;
        case 'u':
            rc = sqlite3_bind_int64(stmt, i, (int64_t)va_arg(args, uint64_t));
            break;
        case 't':
            rc = bind_bytes(stmt, i, va_arg(args, struct sb_bytes), true);
            break;
        case 'b':
            rc = bind_bytes(stmt, i, va_arg(args, struct sb_bytes), false);
            break;
        case 's':
            text = va_arg(args, const char *);
            rc = text ? sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC)
                      : sqlite3_bind_null(stmt, i);
            break;
        default:
            rc = SQLITE_MISUSE;
            break;
        }
    }
    return rc;
}

static int start(struct sb_sql *s,
                 sqlite3_stmt **out,
                 struct sb_err *err,
                 const char *sql,
                 const char *types,
                 va_list args)
{
    sqlite3_stmt *stmt = NULL;
    int rc = keep(s, sql, &stmt, err);
    if (rc)
        return rc;
    int sq = bind(stmt, types, args);
    if (sq != SQLITE_OK) {
        sb_sql_end(stmt);
        return fail(s, sq, "binding", err);
    }
    *out = stmt;
    return 0;
}

int sb_sql_do(
    struct sb_sql *s, struct sb_err *err, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list args;
    va_start(args, types);
    int rc = start(s, &stmt, err, sql, types, args);
    va_end(args);
    if (rc)
        return rc;
    do
        rc = sb_sql_row(s, stmt, err);
    while (rc == 1);
    sb_sql_end(stmt);
    return rc;
}

int sb_sql_start(struct sb_sql *s,
                 sqlite3_stmt **out,
                 struct sb_err *err,
                 const char *sql,
                 const char *types,
                 ...)
{
    va_list args;
    va_start(args, types);
    int rc = start(s, out, err, sql, types, args);
    va_end(args);
    return rc;
}

int sb_sql_row(struct sb_sql *s, sqlite3_stmt *stmt, struct sb_err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : fail(s, rc, "statement", err);
}

void sb_sql_end(sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

int sb_sql_number(struct sb_sql *s,
                  uint64_t *out,
                  uint64_t otherwise,
                  struct sb_err *err,
                  const char *sql,
                  const char *types,
                  ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list args;
    va_start(args, types);
    int rc = start(s, &stmt, err, sql, types, args);
    va_end(args);
    if (rc)
        return rc;
    rc = sb_sql_row(s, stmt, err);
    bool there = rc == 1 && sqlite3_column_type(stmt, 0) != SQLITE_NULL;
    uint64_t v = there ? sb_sql_uint(stmt, 0) : otherwise;
    sb_sql_end(stmt);
    if (rc < 0)
        return rc;
    *out = v;
    return 0;
}

int sb_sql_blob(struct sb_sql *s,
                struct sb_buf *out,
                struct sb_err *err,
                const char *sql,
                const char *types,
                ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list args;
    va_start(args, types);
    int rc = start(s, &stmt, err, sql, types, args);
    va_end(args);
    if (rc)
        return rc;
    rc = sb_sql_row(s, stmt, err);
    if (rc == 1) {
        struct sb_bytes v = sb_sql_bytes(stmt, 0);
        sb_buf_put(out, v.p, v.n);
    }
    sb_sql_end(stmt);
    return rc;
}

struct sb_bytes sb_sql_bytes(sqlite3_stmt *stmt, int column)
{
    const void *p = sqlite3_column_blob(stmt, column);
    return sb_bytes(p, (size_t)sqlite3_column_bytes(stmt, column));
}

uint64_t sb_sql_uint(sqlite3_stmt *stmt, int column)
{
    int64_t v = sqlite3_column_int64(stmt, column);
    return v < 0 ? 0 : (uint64_t)v;
}

bool sb_sql_fixed(sqlite3_stmt *stmt, int column, uint8_t *out, size_t n)
{
    struct sb_bytes b = sb_sql_bytes(stmt, column);
    if (b.n != n || n == 0)
        return false;
    memcpy(out, b.p, n);
    return true;
}

int64_t sb_sql_last_id(const struct sb_sql *s)
{
    return sqlite3_last_insert_rowid(s->db);
}

uint64_t sb_sql_changed(const struct sb_sql *s)
{
    return (uint64_t)sqlite3_changes64(s->db);
}
