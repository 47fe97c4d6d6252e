/* SQLite connection behind the ops table of a local database.
 *
 * Prepared statements are kept by their text, so that a statement of a mapping is
 * compiled once however many rows it maps. Not here: capture, and the adapter's own
 * state file. */
#include "adapters/sqlite/db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapters/sqlite/error.h"

#define KEPT 96u

struct statement {
    sqlite3_stmt *stmt;
    char *sql;
    size_t n;
    uint64_t used;
    bool busy;
};

struct sqlite_db {
    struct sb_db base;
    sqlite3 *db;
    sqlite3_stmt *rollback; /* made when there was memory for it */
    bool stuck;             /* and yet it could not be: nothing runs before it is */
    uint64_t clock;
    struct statement kept[KEPT];
};

static struct sqlite_db *self(struct sb_db *db)
{
    return (struct sqlite_db *)(void *)db;
}

static void forget(struct statement *s)
{
    sqlite3_finalize(s->stmt);
    free(s->sql);
    *s = (struct statement){0};
}

static void db_close(struct sb_db *base)
{
    struct sqlite_db *d = self(base);
    for (size_t i = 0; i < KEPT; i++)
        forget(&d->kept[i]);
    sqlite3_finalize(d->rollback);
    sqlite3_close_v2(d->db);
    free(d);
}

/* Compiles exactly one statement. */
static int compile(struct sqlite_db *d,
                   struct sb_bytes sql,
                   sqlite3_stmt **out,
                   struct sb_err *err)
{
    if (sql.n > SB_SQLITE_SQL_MAX)
        return sb_fail(err, SB_E_LIMIT, "a statement of %zu bytes is too long", sql.n);
    const char *rest = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(d->db,
                                (const char *)sql.p,
                                (int)sql.n,
                                SQLITE_PREPARE_PERSISTENT,
                                &stmt,
                                &rest);
    if (rc != SQLITE_OK)
        return sb_sqlite_fail(d->db, rc, SB_E_MAPPING, "statement", err);
    if (!stmt)
        return sb_fail(err, SB_E_MAPPING, "a statement is empty");
    sqlite3_stmt *second = NULL;
    size_t left = sql.n - (size_t)((const uint8_t *)rest - sql.p);
    rc =
        left ? sqlite3_prepare_v3(d->db, rest, (int)left, 0, &second, NULL) : SQLITE_OK;
    if (rc == SQLITE_NOMEM) {
        sqlite3_finalize(stmt);
        return sb_sqlite_fail(d->db, rc, SB_E_MAPPING, "statement", err);
    }
    bool more = rc != SQLITE_OK || second;
    sqlite3_finalize(second);
    if (more) {
        sqlite3_finalize(stmt);
        return sb_fail(err, SB_E_MAPPING, "one statement was expected, there are more");
    }
    *out = stmt;
    return 0;
}

/* The kept statement of that text, or a fresh one in the place of the one unused for
 * longest. */
static int acquire(struct sqlite_db *d,
                   struct sb_bytes sql,
                   struct statement **out,
                   struct sb_err *err)
{
    struct statement *victim = NULL;
    for (size_t i = 0; i < KEPT; i++) {
        struct statement *s = &d->kept[i];
        if (s->busy)
            continue;
        if (s->stmt && s->n == sql.n && memcmp(s->sql, sql.p, sql.n) == 0) {
            s->used = ++d->clock;
            s->busy = true;
            *out = s;
            return 0;
        }
        if (!victim || s->used < victim->used)
            victim = s;
    }
    if (!victim)
        return sb_fail(err, SB_E_LIMIT, "too many statements run inside one another");
    sqlite3_stmt *stmt = NULL;
    int rc = compile(d, sql, &stmt, err);
    if (rc)
        return rc;
    char *copy = malloc(sql.n + 1);
    if (!copy) {
        sqlite3_finalize(stmt);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    memcpy(copy, sql.p, sql.n);
    forget(victim);
    *victim = (struct statement){
        .stmt = stmt, .sql = copy, .n = sql.n, .used = ++d->clock, .busy = true};
    *out = victim;
    return 0;
}

static void release(struct statement *s)
{
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
    s->busy = false;
}

static int bind_cell(sqlite3_stmt *stmt, int i, const struct sb_cell *c)
{
    switch (c->type) {
    case SB_CELL_INT:
        return sqlite3_bind_int64(stmt, i, c->i);
    case SB_CELL_REAL:
        return sqlite3_bind_double(stmt, i, c->d);
    case SB_CELL_TEXT:
        return sqlite3_bind_text64(stmt,
                                   i,
                                   c->s.n ? (const char *)c->s.p : "",
                                   c->s.n,
                                   SQLITE_STATIC,
                                   SQLITE_UTF8);
    case SB_CELL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, i);
}

static int bind_all(struct sqlite_db *d,
                    sqlite3_stmt *stmt,
                    const struct sb_param *params,
                    size_t n_params,
                    struct sb_err *err)
{
    int n = sqlite3_bind_parameter_count(stmt);
    for (int i = 1; i <= n; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i);
        if (!name || name[0] != ':')
            return sb_fail(err,
                           SB_E_MAPPING,
                           "write parameters as :name, not \"%s\"",
                           name ? name : "?");
        size_t k = 0;
        while (k < n_params && !sb_bytes_is(params[k].name, name + 1))
            k++;
        if (k == n_params)
            return sb_fail(err,
                           SB_E_MAPPING,
                           "nothing gives the parameter \"%s\" its value",
                           name);
        int rc = bind_cell(stmt, i, &params[k].cell);
        if (rc != SQLITE_OK)
            return sb_sqlite_fail(d->db, rc, SB_E_SINK_REFUSED, name, err);
    }
    return 0;
}

static void
read_row(sqlite3_stmt *stmt, int n, struct sb_bytes *names, struct sb_cell *cells)
{
    for (int i = 0; i < n; i++) {
        struct sb_cell *c = &cells[i];
        *c = (struct sb_cell){0};
        names[i] = sb_bytes_str(sqlite3_column_name(stmt, i));
        switch (sqlite3_column_type(stmt, i)) {
        case SQLITE_INTEGER:
            c->type = SB_CELL_INT;
            c->i = sqlite3_column_int64(stmt, i);
            break;
        case SQLITE_FLOAT:
            c->type = SB_CELL_REAL;
            c->d = sqlite3_column_double(stmt, i);
            break;
        case SQLITE_TEXT:
        case SQLITE_BLOB:
            c->type = SB_CELL_TEXT;
            c->s.p = sqlite3_column_blob(stmt, i);
            c->s.n = (size_t)sqlite3_column_bytes(stmt, i);
            break;
        default:
            break;
        }
    }
}

static int step_all(struct sqlite_db *d,
                    sqlite3_stmt *stmt,
                    sb_row_fn fn,
                    void *ctx,
                    struct sb_err *err)
{
    int columns = sqlite3_column_count(stmt);
    struct sb_bytes *names = calloc((size_t)columns + 1, sizeof *names);
    struct sb_cell *cells = calloc((size_t)columns + 1, sizeof *cells);
    int out = names && cells ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    bool first = true;
    while (!out) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
            break;
        if (rc != SQLITE_ROW) {
            out = sb_sqlite_fail(d->db, rc, SB_E_SINK_REFUSED, "statement", err);
            break;
        }
        if (first && sqlite3_column_count(stmt) != columns) {
            out = sb_fail(err, SB_E_BUSY, "the table's columns have just changed");
            break;
        }
        first = false;
        if (!fn)
            continue;
        read_row(stmt, columns, names, cells);
        struct sb_row row = {.n = (size_t)columns, .names = names, .cells = cells};
        int stop = fn(ctx, &row, err);
        if (stop) {
            out = stop < 0 ? stop : 0;
            break;
        }
    }
    free(names);
    free(cells);
    return out;
}

static void roll_back(struct sqlite_db *d)
{
    d->stuck = false;
    if (sqlite3_get_autocommit(d->db))
        return; /* some errors have rolled back already */
    (void)sqlite3_step(d->rollback);
    (void)sqlite3_reset(d->rollback);
    d->stuck = sqlite3_get_autocommit(d->db) == 0;
}

static int roll_back_again(struct sqlite_db *d, struct sb_err *err)
{
    roll_back(d);
    return d->stuck
               ? sb_sqlite_fail(d->db, sqlite3_errcode(d->db), SB_E_IO, "rollback", err)
               : 0;
}

static int db_run(struct sb_db *base,
                  struct sb_bytes sql,
                  const struct sb_param *params,
                  size_t n_params,
                  sb_row_fn fn,
                  void *ctx,
                  struct sb_err *err)
{
    struct sqlite_db *d = self(base);
    struct statement *s = NULL;
    int rc = d->stuck ? roll_back_again(d, err) : 0;
    if (!rc)
        rc = acquire(d, sql, &s, err);
    if (!s)
        return rc;
    rc = bind_all(d, s->stmt, params, n_params, err);
    if (!rc)
        rc = step_all(d, s->stmt, fn, ctx, err);
    release(s);
    return rc;
}

static void db_rollback(struct sb_db *base)
{
    roll_back(self(base));
}

static int db_begin(struct sb_db *base, struct sb_err *err)
{
    return db_run(base, sb_bytes_str("BEGIN IMMEDIATE"), NULL, 0, NULL, NULL, err);
}

static int db_commit(struct sb_db *base, struct sb_err *err)
{
    return db_run(base, sb_bytes_str("COMMIT"), NULL, 0, NULL, NULL, err);
}

static int db_describe(struct sb_db *base,
                       struct sb_bytes sql,
                       struct sb_arena *arena,
                       struct sb_bytes **params,
                       size_t *n_params,
                       struct sb_bytes **columns,
                       size_t *n_columns,
                       struct sb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = compile(self(base), sql, &stmt, err);
    if (rc)
        return rc;
    size_t np = (size_t)sqlite3_bind_parameter_count(stmt);
    size_t nc = (size_t)sqlite3_column_count(stmt);
    struct sb_bytes *p = sb_arena_alloc(arena, np + 1, sizeof *p);
    struct sb_bytes *c = sb_arena_alloc(arena, nc + 1, sizeof *c);
    bool whole = p && c;
    for (size_t i = 0; whole && i < np; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, (int)i + 1);
        p[i] =
            sb_arena_dup(arena, sb_bytes_str(name && name[0] == ':' ? name + 1 : ""));
        whole = p[i].p != NULL;
    }
    for (size_t i = 0; whole && i < nc; i++) {
        c[i] = sb_arena_dup(arena, sb_bytes_str(sqlite3_column_name(stmt, (int)i)));
        whole = c[i].p != NULL;
    }
    sqlite3_finalize(stmt);
    if (!whole)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    *params = p;
    *n_params = np;
    *columns = c;
    *n_columns = nc;
    return 0;
}

static void db_quote(struct sb_buf *out, struct sb_bytes identifier)
{
    sb_buf_byte(out, '"');
    for (size_t i = 0; i < identifier.n; i++) {
        if (identifier.p[i] == '"')
            sb_buf_byte(out, '"');
        sb_buf_byte(out, identifier.p[i]);
    }
    sb_buf_byte(out, '"');
}

static const struct sb_db_ops ops = {
    .name = "sqlite",
    .close = db_close,
    .run = db_run,
    .begin = db_begin,
    .commit = db_commit,
    .rollback = db_rollback,
    .describe = db_describe,
    .quote = db_quote,
};

int sb_sqlite_db_open(struct sb_db **out,
                      const char *path,
                      bool create,
                      struct sb_err *err)
{
    if (!create && strcmp(path, ":memory:") != 0 && access(path, F_OK) != 0)
        return sb_fail(err, SB_E_NOT_FOUND, "%s: there is no such database", path);
    struct sqlite_db *d = calloc(1, sizeof *d);
    if (!d)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    d->base.ops = &ops;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (create ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(path, &d->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(d->db, SB_SQLITE_WAIT_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(d->db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    if (rc == SQLITE_OK) /* reads the header: not a database, or no right */
        rc =
            sqlite3_exec(d->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v3(
            d->db, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &d->rollback, NULL);
    if (rc != SQLITE_OK) {
        int code = sb_sqlite_fail(d->db, rc, SB_E_SOURCE, path, err);
        db_close(&d->base);
        return code;
    }
    *out = &d->base;
    return 0;
}
