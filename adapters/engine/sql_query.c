/* SQLite for the adapter's own files: statements, prepared once and kept. */
#include "adapters/engine/sql_impl.h"

#include <stdarg.h>

static int
keep(struct sb_sql *s, const char *sql, sqlite3_stmt **out, struct sb_err *err)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->kept[i].sql == sql) {
            *out = s->kept[i].stmt;
            return 0;
        }
    if (s->n == SB_SQL_KEPT)
        return sb_fail(err, SB_E_INTERNAL, "%s: too many statements", s->path);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return sb_sql_fail(s, rc, "statement", err);
    s->kept[s->n++] = (struct sb_sql_kept){sql, stmt};
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
        return sb_sql_fail(s, sq, "binding", err);
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
    return rc == SQLITE_DONE ? 0 : sb_sql_fail(s, rc, "statement", err);
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
