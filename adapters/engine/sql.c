/* SQLite for the adapter's own files: opening, upgrading, transactions.
 *
 * An I/O error is never retried here: the transaction is rolled back and the caller
 * stops or asks again from what is durable. */
#include "adapters/engine/sql_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 5000

int sb_sql_fail(const struct sb_sql *s, int rc, const char *doing, struct sb_err *err)
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
    return rc == SQLITE_OK ? 0 : sb_sql_fail(s, rc, "statement", err);
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

/* It takes no memory when it is wanted: that there is none may be the reason. */
static int prepare_rollback(struct sb_sql *s, struct sb_err *err)
{
    int sq = sqlite3_prepare_v3(
        s->db, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &s->rollback, NULL);
    return sq == SQLITE_OK ? 0 : sb_sql_fail(s, sq, "ROLLBACK", err);
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
        rc = sb_sql_fail(s, sq, "open", err);
    if (!rc && (sq = sqlite3_busy_timeout(s->db, WAIT_MS)) != SQLITE_OK)
        rc = sb_sql_fail(s, sq, "open", err);
    if (!rc)
        rc = execute(s,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                     "PRAGMA secure_delete = ON; PRAGMA mmap_size = 0",
                     err);
    if (!rc)
        rc = prepare_rollback(s, err);
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
    sqlite3_finalize(s->rollback);
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
    if (sqlite3_get_autocommit(s->db))
        return;
    (void)sqlite3_step(s->rollback); /* the next statement says why it failed */
    (void)sqlite3_reset(s->rollback);
}
