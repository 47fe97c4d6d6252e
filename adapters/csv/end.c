/* Purpose: the end of a run: every record accounted for, reports, files moved.
 * Invariant: a file goes to done/ only when each of its records is an event, in
 * quarantine, or as it was before; all that can be repeated after a crash. */
#include <inttypes.h>
#include <stdio.h>

#include "adapters/csv/steps.h"

/* One number of a query on a staged table; 0 when there is no row. */
static int ask(struct csv_source *s,
               const char *before,
               size_t table,
               const char *after,
               uint64_t *out,
               struct sb_err *err)
{
    struct sb_buf sql = {0};
    sqlite3_stmt *q = NULL;
    sb_buf_str(&sql, before);
    sb_csv_quote(&sql, s->facts->set[table].table);
    sb_buf_str(&sql, after);
    int rc = sb_buf_check(&sql, err);
    if (rc == 0)
        rc = sb_csv_prepare(s, sb_buf_bytes(&sql), &q, err);
    if (rc == 0 && sqlite3_bind_parameter_count(q) == 1 &&
        sqlite3_bind_int64(q, 1, (int64_t)table) != SQLITE_OK)
        rc = sb_csv_fail(s, SB_E_IO, err);
    *out = 0;
    if (rc == 0 && sqlite3_step(q) == SQLITE_ROW)
        *out = sb_sql_uint(q, 0);
    if (rc == 0 && sqlite3_reset(q) != SQLITE_OK)
        rc = sb_csv_fail(s, SB_E_IO, err);
    sqlite3_finalize(q);
    sb_buf_free(&sql);
    return rc;
}

/* The first record of a table that nothing used: its line, or 0. Counting is enough
 * where all were used, for none is used twice. */
static int
find_unused(struct csv_source *s, size_t table, uint64_t *line, struct sb_err *err)
{
    uint64_t staged = 0;
    uint64_t used = 0;
    int rc = ask(s, "SELECT count(*) FROM ", table, "", &staged, err);
    if (rc == 0)
        rc = sb_sql_number(s->sql,
                           &used,
                           0,
                           err,
                           "SELECT (SELECT count(*) FROM _use WHERE tbl = ?1) - "
                           "(SELECT count(*) FROM _left WHERE tbl = ?1 AND code = ?2)",
                           "ui",
                           (uint64_t)table,
                           (int64_t)SB_E_CSV_ROW);
    *line = 0;
    if (rc || staged == used)
        return rc;
    return ask(s,
               "SELECT _line FROM ",
               table,
               " WHERE _row NOT IN (SELECT row FROM _use WHERE tbl = ?) "
               "ORDER BY _row LIMIT 1",
               line,
               err);
}

/* 1 when the run was stopped instead. */
static int account(struct csv_source *s, struct sb_err *err)
{
    for (size_t i = 0; i < s->facts->n_set; i++) {
        struct sb_err why;
        uint64_t line = 0;
        int rc = find_unused(s, i, &line, err);
        if (rc)
            return rc;
        if (line == 0)
            continue;
        sb_fail(&why,
                SB_E_MAPPING,
                "line %" PRIu64 " of %s is used by no event and no \"leftover\" query",
                line,
                s->members[i].name);
        rc = sb_csv_run_stop(s, s->facts->n_set, &why, err);
        return rc ? rc : 1;
    }
    return 0;
}

static int
settle(struct csv_source *s, size_t member, const char *to, struct sb_err *err)
{
    struct sb_buf report = {0};
    int rc = sb_csv_report(s, member, &report, err);
    if (rc == 0)
        rc = sb_csv_folder_settle(s, member, to, sb_buf_bytes(&report), err);
    sb_buf_free(&report);
    return rc;
}

int sb_csv_end(struct csv_source *s, struct sb_err *err)
{
    uint64_t again = 0;
    int rc = sb_sql_number(s->sql,
                           &again,
                           0,
                           err,
                           "SELECT 1 FROM _done WHERE hash = ?",
                           "b",
                           sb_bytes(s->set_hash, SB_HASH));
    s->again = again == 1;
    if (rc == 0 && !s->again)
        rc = account(s, err);
    if (rc)
        return rc < 0 ? rc : 0;
    for (size_t i = 0; rc == 0 && i < s->facts->n_set; i++)
        rc = settle(s, i, s->done, err);
    if (rc == 0)
        rc = sb_sql_do(s->sql,
                       err,
                       "INSERT OR IGNORE INTO _done VALUES(?)",
                       "b",
                       sb_bytes(s->set_hash, SB_HASH));
    return rc ? rc : sb_csv_run_phase(s, PHASE_CLEAN, err);
}

int sb_csv_stop(struct csv_source *s, struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->facts->n_set; i++)
        if (s->members[i].refused)
            rc = settle(s, i, s->refused, err);
    return rc ? rc : sb_csv_run_phase(s, PHASE_CLEAN, err);
}
