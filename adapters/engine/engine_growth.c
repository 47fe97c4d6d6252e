/* Purpose: how long the disks of an adapter last: that of the outbox, and that of the
 * database and its change log; how old the oldest unsent batch is.
 * Invariant: looks only; what is not known is not told. */
#include "adapters/engine/engine_impl.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "adapters/engine/value_list.h"
#include "broker/host/clock.h"

#define FILE_MAX 4096

static uint64_t size_of(const char *path, const char *end)
{
    char name[FILE_MAX];
    struct stat st;
    int n = snprintf(name, sizeof name, "%s%s", path, end);
    bool good = n > 0 && (size_t)n < sizeof name && stat(name, &st) == 0;
    return good && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static uint64_t free_at(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
}

static uint64_t state_bytes(const struct sb_engine *e, char path[FILE_MAX])
{
    int n = snprintf(path, FILE_MAX, "%s/adapter.db", e->state_dir);
    return n > 0 && n < FILE_MAX ? size_of(path, "") + size_of(path, "-wal") : 0;
}

/* 0: it is no file of this machine. */
static uint64_t database_bytes(const struct sb_engine *e, const char **path)
{
    *path = sb_config_text(e->config->config, "database");
    return *path ? size_of(*path, "") + size_of(*path, "-wal") : 0;
}

void sb_engine_watch_growth(struct sb_engine *e, uint64_t mono)
{
    char path[FILE_MAX];
    const char *database;
    sb_forecast_add(&e->state_growth, mono, state_bytes(e, path));
    sb_forecast_add(&e->database_growth, mono, database_bytes(e, &database));
}

static void put_days(struct sb_list *l,
                     struct sb_value *map,
                     const char *key,
                     const struct sb_forecast *f,
                     uint64_t bytes,
                     uint64_t room)
{
    uint64_t growth = sb_forecast_growth(f, sb_clock_mono_ms(), bytes);
    if (growth)
        sb_list_count(l, map, key, sb_forecast_days(room, growth));
}

static int oldest(struct sb_engine *e, uint64_t *ms, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(e->env.state,
                          &row,
                          err,
                          "SELECT ifnull(min(sent), 0) FROM batch WHERE stored = 0",
                          "");
    if (rc)
        return rc;
    rc = sb_sql_row(e->env.state, row, err);
    *ms = rc == 1 ? sb_sql_uint(row, 0) : 0;
    sb_sql_end(row);
    return rc < 0 ? rc : 0;
}

int sb_status_growth_put(struct sb_engine *e,
                         struct sb_list *l,
                         struct sb_value *map,
                         struct sb_err *err)
{
    char path[FILE_MAX];
    const char *database = NULL;
    uint64_t sent = 0;
    uint64_t state = state_bytes(e, path);
    uint64_t rows = database_bytes(e, &database);
    int rc = oldest(e, &sent, err);
    if (rc)
        return rc;
    sb_list_count(l, map, "outbox_oldest_ms", sent);
    sb_list_count(l, map, "state_bytes", state);
    put_days(l, map, "state_days", &e->state_growth, state, free_at(path));
    if (rows == 0)
        return 0;
    sb_list_count(l, map, "database_bytes", rows);
    put_days(l, map, "database_days", &e->database_growth, rows, free_at(database));
    return 0;
}
