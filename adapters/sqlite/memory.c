/* Tables `published`, `undo`, `chunk`. */
#include "adapters/sqlite/memory.h"

#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE published(key BLOB PRIMARY KEY, id_local TEXT NOT NULL,"
    " content BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX published_id ON published(id_local);"
    /* id_local NULL: the key was not there before */
    "CREATE TABLE undo(ord INTEGER PRIMARY KEY, key BLOB NOT NULL, id_local TEXT,"
    " content BLOB);"
    "CREATE TABLE chunk(one INTEGER PRIMARY KEY CHECK(one = 1), token BLOB NOT NULL,"
    " last_id INTEGER NOT NULL);",
    NULL};

int sb_memory_open(struct sb_sql **out, const char *path, struct sb_err *err)
{
    return sb_sql_open(out, path, steps, err);
}

int sb_memory_find(struct sb_sql *s,
                   struct sb_bytes key,
                   struct sb_memory_item *out,
                   struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(s,
                          &row,
                          err,
                          "SELECT id_local, content FROM published WHERE key = ?",
                          "b",
                          key);
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    struct sb_memory_item item = {.known = rc == 1};
    if (rc == 1) {
        struct sb_bytes id = sb_sql_bytes(row, 0);
        (void)snprintf(item.id_local, sizeof item.id_local, "%.*s", SB_FMT(id));
        if (!sb_sql_fixed(row, 1, item.content, SB_HASH))
            rc = sb_fail(err, SB_E_DB_CORRUPT, "a row of the published keys");
    }
    sb_sql_end(row);
    if (rc < 0)
        return rc;
    *out = item;
    return 0;
}

int sb_memory_taken(struct sb_sql *s,
                    struct sb_bytes key,
                    struct sb_bytes id_local,
                    bool *out,
                    struct sb_err *err)
{
    uint64_t n = 0;
    int rc = sb_sql_number(s,
                           &n,
                           0,
                           err,
                           "SELECT count(*) FROM published"
                           " WHERE id_local = ? AND key <> ?",
                           "tb",
                           id_local,
                           key);
    if (!rc)
        *out = n != 0;
    return rc;
}

static int put(struct sb_sql *s,
               struct sb_bytes key,
               const struct sb_memory_item *item,
               struct sb_err *err)
{
    if (!item->known)
        return sb_sql_do(s, err, "DELETE FROM published WHERE key = ?", "b", key);
    return sb_sql_do(s,
                     err,
                     "INSERT INTO published(key, id_local, content) VALUES (?, ?, ?)"
                     " ON CONFLICT(key) DO UPDATE SET id_local = excluded.id_local,"
                     " content = excluded.content",
                     "bsb",
                     key,
                     item->id_local,
                     sb_bytes(item->content, SB_HASH));
}

int sb_memory_set(struct sb_sql *s,
                  uint64_t ord,
                  struct sb_bytes key,
                  const struct sb_memory_item *item,
                  struct sb_err *err)
{
    struct sb_memory_item old;
    int rc = sb_memory_find(s, key, &old, err);
    if (!rc)
        rc = sb_sql_do(s,
                       err,
                       "INSERT INTO undo(ord, key, id_local, content)"
                       " VALUES (?, ?, ?, ?)",
                       "ubsb",
                       ord,
                       key,
                       old.known ? old.id_local : NULL,
                       sb_bytes(old.content, SB_HASH));
    return rc ? rc : put(s, key, item, err);
}

static int undo_row(struct sb_sql *s, uint64_t ord, struct sb_err *err)
{
    int rc = sb_sql_do(s,
                       err,
                       "INSERT OR REPLACE INTO published(key, id_local, content)"
                       " SELECT key, id_local, content FROM undo"
                       "  WHERE ord = ? AND id_local IS NOT NULL",
                       "u",
                       ord);
    if (!rc)
        rc = sb_sql_do(s,
                       err,
                       "DELETE FROM published WHERE key ="
                       " (SELECT key FROM undo WHERE ord = ? AND id_local IS NULL)",
                       "u",
                       ord);
    if (!rc)
        rc = sb_sql_do(s, err, "DELETE FROM undo WHERE ord = ?", "u", ord);
    return rc;
}

int sb_memory_revert(struct sb_sql *s, uint64_t ord, struct sb_err *err)
{
    int rc = sb_sql_begin(s, err);
    if (rc)
        return rc;
    rc = undo_row(s, ord, err);
    if (!rc)
        return sb_sql_commit(s, err);
    sb_sql_rollback(s);
    return rc;
}

int sb_memory_mark(struct sb_sql *s,
                   struct sb_bytes token,
                   int64_t last_id,
                   struct sb_err *err)
{
    return sb_sql_do(
        s,
        err,
        "INSERT OR REPLACE INTO chunk(one, token, last_id) VALUES (1, ?, ?)",
        "bi",
        token,
        last_id);
}

int sb_memory_marked(struct sb_sql *s,
                     struct sb_buf *token,
                     int64_t *last_id,
                     struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    *last_id = 0;
    int rc = sb_sql_start(s, &row, err, "SELECT token, last_id FROM chunk", "");
    if (rc)
        return rc;
    rc = sb_sql_row(s, row, err);
    if (rc == 1) {
        struct sb_bytes t = sb_sql_bytes(row, 0);
        sb_buf_put(token, t.p, t.n);
        *last_id = sqlite3_column_int64(row, 1);
    }
    sb_sql_end(row);
    return rc < 0 ? rc : sb_buf_check(token, err);
}

static int forget(struct sb_sql *s, struct sb_err *err)
{
    int rc = sb_sql_do(s, err, "DELETE FROM undo", "");
    return rc ? rc : sb_sql_do(s, err, "DELETE FROM chunk", "");
}

int sb_memory_settle(struct sb_sql *s, struct sb_err *err)
{
    int rc = sb_sql_begin(s, err);
    if (rc)
        return rc;
    rc = forget(s, err);
    if (!rc)
        return sb_sql_commit(s, err);
    sb_sql_rollback(s);
    return rc;
}

int sb_memory_undo(struct sb_sql *s, struct sb_err *err)
{
    uint64_t most = 0;
    int rc = sb_sql_begin(s, err);
    if (rc)
        return rc;
    rc = sb_sql_number(s, &most, 0, err, "SELECT max(ord) + 1 FROM undo", "");
    while (!rc && most > 0)
        rc = undo_row(s, --most, err);
    if (!rc)
        rc = forget(s, err);
    if (!rc)
        return sb_sql_commit(s, err);
    sb_sql_rollback(s);
    return rc;
}
