/* Purpose: the event query and the leftover queries, run in slices.
 * Invariant: every event row is kept, with its own types, before the first is mapped:
 * what follows does not depend on a query that goes on.
 * Not for: mapping (chunk.c). */
#include <stdio.h>

#include "adapters/csv/steps.h"
#include "adapters/sqlite/db.h"

struct read_columns {    /* what the mapping's statements read */
    struct sb_buf names; /* "table\0column\0" ... */
};

void sb_csv_select_close(struct csv_source *s)
{
    sqlite3_finalize(s->select);
    sqlite3_finalize(s->insert);
    s->select = NULL;
    s->insert = NULL;
}

static int note_read(void *ctx,
                     int action,
                     const char *table,
                     const char *column,
                     const char *database,
                     const char *trigger)
{
    (void)database;
    (void)trigger;
    struct read_columns *r = ctx;
    if (action == SQLITE_READ && table && column) {
        sb_buf_put(&r->names, table, strlen(table) + 1);
        sb_buf_put(&r->names, column, strlen(column) + 1);
    }
    return SQLITE_OK;
}

static bool
was_read(const struct read_columns *r, const char *table, const char *column)
{
    const char *p = (const char *)r->names.p;
    const char *end = p + r->names.n;
    while (p && p < end) {
        const char *c = p + strlen(p) + 1;
        if (strcmp(p, table) == 0 && strcmp(c, column) == 0)
            return true;
        p = c + strlen(c) + 1;
    }
    return false;
}

static int try_statement(struct csv_source *s, struct sb_bytes sql, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_csv_prepare(s, sql, &q, err);
    sqlite3_finalize(q);
    return rc;
}

/* Compiles all that the mapping will run: a column that a file lacks fails here. */
static int try_all(struct csv_source *s, struct sb_err *err)
{
    const struct sb_mapping_facts *f = s->facts;
    int rc = try_statement(s, f->event_sql, err);
    for (size_t i = 0; rc == 0 && i < f->n_arrays; i++)
        rc = try_statement(s, f->arrays[i].sql, err);
    for (size_t i = 0; rc == 0 && i < f->n_leftover; i++)
        rc = try_statement(s, f->leftover[i].sql, err);
    return rc;
}

static int warn_extra(struct csv_source *s,
                      size_t member,
                      const struct read_columns *read,
                      struct sb_err *err)
{
    struct sb_bytes table = s->facts->set[member].table;
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_start(
        s->sql, &q, err, "SELECT name FROM pragma_table_info(?)", "t", table);
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1) {
        struct sb_bytes name = sb_sql_bytes(q, 0);
        char t[80];
        char column[512];
        snprintf(t, sizeof t, "%.*s", SB_FMT(table));
        snprintf(column, sizeof column, "%.*s", SB_FMT(name));
        rc = 0;
        if (column[0] != '_' && !was_read(read, t, column))
            rc = sb_sql_do(s->sql,
                           err,
                           "INSERT INTO _warning VALUES(?, "
                           "'no statement reads the column \"' || ? || '\"')",
                           "ut",
                           (uint64_t)member,
                           name);
    }
    sb_sql_end(q);
    return rc;
}

static int check(struct csv_source *s, struct sb_err *err)
{
    struct read_columns read = {{.limit = 4u << 20}};
    sqlite3_set_authorizer(s->handle, note_read, &read);
    int rc = try_all(s, err);
    sqlite3_set_authorizer(s->handle, NULL, NULL);
    if (rc == SB_E_MAPPING)
        rc = sb_fail(err,
                     SB_E_CSV_HEADER,
                     "the mapping does not fit the files' columns: %s",
                     sqlite3_errmsg(s->handle));
    if (rc == 0 && read.names.failed == SB_E_MEMORY) /* a warning would be false */
        rc = sb_buf_check(&read.names, err);
    if (rc == 0)
        rc = sb_sql_do(s->sql, err, "DELETE FROM _warning", "");
    for (size_t i = 0; rc == 0 && i < s->facts->n_set; i++)
        rc = warn_extra(s, i, &read, err);
    sb_buf_free(&read.names);
    if (rc == 0 && !s->db)
        rc = sb_sqlite_db_open(&s->db, s->state, false, err);
    return rc ? rc : sb_mapping_check(s->mapping, s->db, err);
}

static int create_event(struct csv_source *s, struct sb_err *err)
{
    struct sb_buf sql = {0};
    struct sb_buf insert = {0};
    int n = sqlite3_column_count(s->select);
    sb_buf_str(
        &sql,
        "DROP TABLE IF EXISTS _event; CREATE TABLE _event(_n INTEGER PRIMARY KEY");
    sb_buf_str(&insert, "INSERT INTO _event VALUES(NULL");
    bool id = false;
    for (int i = 0; i < n; i++) {
        struct sb_bytes name = sb_bytes_str(sqlite3_column_name(s->select, i));
        sb_buf_str(&sql, ", ");
        sb_csv_quote(&sql, name);
        sb_buf_str(&insert, ", ?");
        id = id || sb_bytes_is(name, "id_local");
    }
    sb_buf_str(&sql, ");");
    sb_buf_str(&insert, ")");
    if (id)
        sb_buf_str(&sql, "CREATE INDEX _event_id ON _event(id_local)");
    int rc = sb_csv_execute(s, &sql, err);
    if (rc == 0)
        rc = sb_buf_check(&insert, err);
    if (rc == 0)
        rc = sb_csv_prepare(s, sb_buf_bytes(&insert), &s->insert, err);
    sb_buf_free(&sql);
    sb_buf_free(&insert);
    return rc;
}

static int begin_select(struct csv_source *s, struct sb_err *err)
{
    int rc = check(s, err);
    if (rc == 0)
        rc = sb_csv_prepare(s, s->facts->event_sql, &s->select, err);
    return rc ? rc : create_event(s, err);
}

static int copy_row(struct csv_source *s, struct sb_err *err)
{
    int n = sqlite3_column_count(s->select);
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < n; i++)
        rc = sqlite3_bind_value(s->insert, i + 1, sqlite3_column_value(s->select, i));
    if (rc == SQLITE_OK && sqlite3_step(s->insert) != SQLITE_DONE)
        rc = SQLITE_ERROR;
    if (sqlite3_reset(s->insert) != SQLITE_OK)
        rc = SQLITE_ERROR;
    return rc == SQLITE_OK ? 0 : sb_csv_fail(s, SB_E_IO, err);
}

/* Up to a slice of the running query's rows, each given to `take`: 1 more, 0 over. */
static int step_slice(struct csv_source *s,
                      int (*take)(struct csv_source *s, struct sb_err *err),
                      struct sb_err *err)
{
    int rc = sb_sql_begin(s->sql, err);
    int more = 1;
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && i < SB_CSV_SLICE && more; i++) {
        int step = sqlite3_step(s->select);
        more = step == SQLITE_ROW;
        if (more)
            rc = take(s, err);
        else if (step != SQLITE_DONE)
            rc = sb_csv_fail(s, SB_E_MAPPING, err);
    }
    if (rc == 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    return rc ? rc : more;
}

/* A fault of the mapping or of the set as a whole stops the run. */
static int stop(struct csv_source *s, struct sb_err *err)
{
    struct sb_err why = *err;
    bool theirs = why.code == SB_E_MAPPING || why.code == SB_E_CSV_HEADER;
    sb_csv_select_close(s);
    return theirs ? sb_csv_run_stop(s, s->facts->n_set, &why, err) : why.code;
}

int sb_csv_select(struct csv_source *s, struct sb_err *err)
{
    int rc = s->select ? 0 : begin_select(s, err);
    if (rc == 0)
        rc = step_slice(s, copy_row, err);
    if (rc < 0)
        return stop(s, err);
    if (rc)
        return 0;
    sb_csv_select_close(s);
    return sb_csv_run_phase(s, PHASE_MAP, err);
}

static int column_of(sqlite3_stmt *q, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(q); i++)
        if (strcmp(sqlite3_column_name(q, i), name) == 0)
            return i;
    return 0; /* sb_mapping_check has seen both columns */
}

static int take_rest(struct csv_source *s, struct sb_err *err)
{
    int row = column_of(s->select, "_row");
    int motivo = column_of(s->select, "motivo");
    if (sqlite3_column_type(s->select, motivo) == SQLITE_NULL)
        return 0;
    return sb_sql_do(s->sql,
                     err,
                     "INSERT INTO _left(tbl, row, code, motivo) VALUES(?, ?, ?, ?)",
                     "uiit",
                     (uint64_t)sb_csv_table(s, s->facts->leftover[s->rest].table),
                     sqlite3_column_int64(s->select, row),
                     (int64_t)SB_E_LEFTOVER,
                     sb_sql_bytes(s->select, motivo));
}

/* Begins again after a restart: only what is not there yet must be found anew. */
static int begin_rest(struct csv_source *s, struct sb_err *err)
{
    int rc = s->rest ? 0
                     : sb_sql_do(s->sql,
                                 err,
                                 "DELETE FROM _left WHERE code = ?",
                                 "i",
                                 (int64_t)SB_E_LEFTOVER);
    if (rc || s->rest == s->facts->n_leftover)
        return rc;
    return sb_csv_prepare(s, s->facts->leftover[s->rest].sql, &s->select, err);
}

int sb_csv_rest(struct csv_source *s, struct sb_err *err)
{
    int rc = s->select ? 0 : begin_rest(s, err);
    if (rc == 0 && s->rest < s->facts->n_leftover)
        rc = step_slice(s, take_rest, err);
    if (rc < 0)
        return stop(s, err);
    if (rc)
        return 0;
    sb_csv_select_close(s);
    if (s->rest < s->facts->n_leftover)
        s->rest++;
    if (s->rest < s->facts->n_leftover)
        return 0;
    s->rest = 0;
    return sb_csv_run_phase(s, PHASE_EMIT, err);
}
