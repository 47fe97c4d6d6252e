/* Purpose: the rig's files and databases, seen from outside. Not a test itself. */
#include <sqlite3.h>
#include <stdio.h>

#include "test/unit/adapters_engine/rig.h"

char *rig_path(struct rig *r, const char *name)
{
    static char path[2 * RIG_PATH];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return path;
}

void rig_write(struct rig *r, const char *name, const char *text)
{
    assert_int_equal(sb_file_write(rig_path(r, name), sb_bytes_str(text), 0600, NULL),
                     0);
}

void rig_run(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static const char *ask(const char *path, const char *sql)
{
    static char answer[400];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    answer[0] = '\0';
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        snprintf(
            answer, sizeof answer, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

static const char *database(const struct rig_side *s)
{
    return s->member == PNC ? "pnc.db" : "stcns.db";
}

void rig_sql(struct rig_side *s, const char *sql)
{
    rig_run(rig_path(s->rig, database(s)), sql);
}

const char *rig_ask(struct rig_side *s, const char *sql)
{
    return ask(rig_path(s->rig, database(s)), sql);
}

const char *rig_state(struct rig_side *s, const char *sql)
{
    return ask(rig_path(s->rig, s->member == PNC ? "pnc.state" : "stcns.state"), sql);
}

void rig_insert(struct rig *r, int num, const char *text)
{
    char sql[400];
    snprintf(sql,
             sizeof sql,
             "BEGIN; INSERT INTO aviso_area VALUES (%d, '01');"
             " INSERT INTO aviso VALUES (%d, 'verde', '%s'); COMMIT",
             num,
             num,
             text);
    rig_sql(&r->pnc, sql);
}
