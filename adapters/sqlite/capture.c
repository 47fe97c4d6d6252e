/* Installing, checking and removing capture in the institution's database. */
#include "adapters/sqlite/capture.h"

#include <stdio.h>

#include "adapters/sqlite/db.h"

#define LOG_TABLE                                                                      \
    "CREATE TABLE IF NOT EXISTS sacbe_change("                                         \
    "id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, k1, k2, k3, k4, k5, " \
    "k6)"
#define LOG_INDEX                                                                      \
    "CREATE INDEX IF NOT EXISTS sacbe_change_source ON sacbe_change(source, id)"

int sb_capture_db(struct sb_db **out,
                  const struct sb_mapping *m,
                  const char *database,
                  struct sb_err *err)
{
    const struct sb_mapping_facts *f = sb_mapping_facts(m);
    char path[4096];
    if (f->file.n == 0 && !database)
        return sb_fail(
            err,
            SB_E_MAPPING,
            "%.*s: write \"file\" in source, or \"database\" in the adapter's"
            " configuration",
            SB_FMT(f->path));
    if (f->file.n)
        (void)snprintf(path, sizeof path, "%.*s", SB_FMT(f->file));
    else
        (void)snprintf(path, sizeof path, "%s", database);
    return sb_sqlite_db_open(out, path, false, err);
}

static int run(struct sb_db *db, struct sb_bytes sql, struct sb_err *err)
{
    return db->ops->run(db, sql, NULL, 0, NULL, NULL, err);
}

struct found {
    struct sb_bytes want;
    bool there;
    bool same;
};

static int compare(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct found *f = ctx;
    (void)err;
    f->there = true;
    f->same =
        row->cells[0].type == SB_CELL_TEXT && sb_bytes_eq(row->cells[0].s, f->want);
    return 1;
}

static int
look(struct sb_db *db, struct sb_bytes name, struct found *f, struct sb_err *err)
{
    struct sb_param p = {sb_bytes_str("name"), {.type = SB_CELL_TEXT, .s = name}};
    return db->ops->run(
        db,
        sb_bytes_str("SELECT sql FROM sqlite_schema WHERE name = :name"),
        &p,
        1,
        compare,
        f,
        err);
}

int sb_capture_verify(struct sb_db *db,
                      const struct sb_capture *c,
                      const struct sb_mapping *m,
                      struct sb_err *err)
{
    struct sb_bytes path = sb_mapping_facts(m)->path;
    struct found log = {.there = false};
    int rc = look(db, sb_bytes_str("sacbe_change"), &log, err);
    if (!rc && !log.there)
        return sb_fail(err,
                       SB_E_CAPTURE_MISSING,
                       "capture is not installed: sacbe capture install %.*s",
                       SB_FMT(path));
    for (size_t i = 0; !rc && i < c->n_triggers; i++) {
        struct found t = {.want = c->triggers[i].sql};
        rc = look(db, c->triggers[i].name, &t, err);
        if (!rc && (!t.there || !t.same))
            return sb_fail(err,
                           t.there ? SB_E_CAPTURE_CHANGED : SB_E_CAPTURE_MISSING,
                           "trigger \"%.*s\" is %s: sacbe capture install %.*s",
                           SB_FMT(c->triggers[i].name),
                           t.there ? "not as it was installed" : "missing",
                           SB_FMT(path));
    }
    return rc;
}

static void drop(struct sb_buf *b, const struct sb_db *db, struct sb_bytes trigger)
{
    sb_buf_reset(b);
    sb_buf_str(b, "DROP TRIGGER IF EXISTS ");
    db->ops->quote(b, trigger);
}

struct names {
    struct sb_arena *arena;
    struct sb_bytes items[256];
    size_t n;
};

static int collect(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct names *l = ctx;
    if (l->n == sizeof l->items / sizeof l->items[0])
        return sb_fail(err, SB_E_LIMIT, "too many triggers of one mapping");
    l->items[l->n] = sb_arena_dup(l->arena, row->cells[0].s);
    if (!l->items[l->n].p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    l->n++;
    return 0;
}

/* Drops every trigger of the source, also those of tables that the mapping no longer
 * names. */
static int drop_all(struct sb_db *db,
                    struct sb_arena *arena,
                    struct sb_bytes source,
                    struct sb_err *err)
{
    struct names l = {.arena = arena};
    struct sb_param p = {sb_bytes_str("source"), {.type = SB_CELL_TEXT, .s = source}};
    int rc = db->ops->run(
        db,
        sb_bytes_str(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND"
            " substr(name, 1, length(:source) + 7) = 'sacbe:' || :source || ':'"),
        &p,
        1,
        collect,
        &l,
        err);
    struct sb_buf sql = {0};
    for (size_t i = 0; !rc && i < l.n; i++) {
        drop(&sql, db, l.items[i]);
        rc = sb_buf_check(&sql, err);
        if (!rc)
            rc = run(db, sb_buf_bytes(&sql), err);
    }
    sb_buf_free(&sql);
    return rc;
}

static int install(struct sb_db *db,
                   const struct sb_capture *c,
                   struct sb_arena *arena,
                   struct sb_err *err)
{
    int rc = run(db, sb_bytes_str(LOG_TABLE), err);
    if (!rc)
        rc = run(db, sb_bytes_str(LOG_INDEX), err);
    if (!rc)
        rc = drop_all(db, arena, c->source, err);
    for (size_t i = 0; !rc && i < c->n_triggers; i++)
        rc = run(db, c->triggers[i].sql, err);
    if (!rc)
        rc = run(db, c->snapshot, err);
    return rc;
}

static int uninstall(struct sb_db *db,
                     const struct sb_capture *c,
                     struct sb_arena *arena,
                     struct sb_err *err)
{
    struct sb_param p = {sb_bytes_str("source"),
                         {.type = SB_CELL_TEXT, .s = c->source}};
    struct found log = {.there = false};
    struct names others = {.arena = arena};
    int rc = drop_all(db, arena, c->source, err);
    if (!rc)
        rc = look(db, sb_bytes_str("sacbe_change"), &log, err);
    if (rc || !log.there)
        return rc;
    rc = db->ops->run(db,
                      sb_bytes_str("DELETE FROM sacbe_change WHERE source = :source"),
                      &p,
                      1,
                      NULL,
                      NULL,
                      err);
    if (!rc)
        rc = db->ops->run(db,
                          sb_bytes_str("SELECT name FROM sqlite_schema WHERE type ="
                                       " 'trigger' AND substr(name, 1, 6) = 'sacbe:'"
                                       " LIMIT 1"),
                          NULL,
                          0,
                          collect,
                          &others,
                          err);
    if (!rc && others.n == 0)
        rc = run(db, sb_bytes_str("DROP TABLE sacbe_change"), err);
    return rc;
}

/* Opens, runs one of the above in a transaction, closes. */
static int in_transaction(const struct sb_mapping *m,
                          const char *database,
                          int (*work)(struct sb_db *db,
                                      const struct sb_capture *c,
                                      struct sb_arena *arena,
                                      struct sb_err *err),
                          struct sb_err *err)
{
    struct sb_db *db = NULL;
    struct sb_capture c;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_capture_of(m, arena, &c, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_capture_db(&db, m, database, err);
    if (!rc)
        rc = db->ops->begin(db, err);
    if (!rc) {
        rc = work(db, &c, arena, err);
        if (!rc)
            rc = db->ops->commit(db, err);
        if (rc)
            db->ops->rollback(db);
    }
    if (db)
        db->ops->close(db);
    sb_arena_free(arena);
    return rc;
}

int sb_capture_install(const struct sb_mapping *m,
                       const char *database,
                       struct sb_err *err)
{
    return in_transaction(m, database, install, err);
}

int sb_capture_remove(const struct sb_mapping *m,
                      const char *database,
                      struct sb_err *err)
{
    return in_transaction(m, database, uninstall, err);
}

int sb_capture_check(const struct sb_mapping *m,
                     const char *database,
                     struct sb_err *err)
{
    struct sb_db *db = NULL;
    struct sb_capture c;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_capture_of(m, arena, &c, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_capture_db(&db, m, database, err);
    if (!rc)
        rc = sb_capture_verify(db, &c, m, err);
    if (db)
        db->ops->close(db);
    sb_arena_free(arena);
    return rc;
}

int sb_capture_plan(const struct sb_mapping *m,
                    const char *database,
                    struct sb_buf *sql,
                    struct sb_err *err)
{
    struct sb_capture c;
    struct sb_arena *arena = sb_arena_new(0);
    (void)database;
    int rc = arena ? sb_capture_of(m, arena, &c, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc) {
        sb_buf_str(sql, "BEGIN IMMEDIATE;\n" LOG_TABLE ";\n" LOG_INDEX ";\n");
        for (size_t i = 0; i < c.n_triggers; i++)
            sb_buf_printf(sql, "%.*s;\n", SB_FMT(c.triggers[i].sql));
        sb_buf_printf(sql, "%.*s;\nCOMMIT;\n", SB_FMT(c.snapshot));
        rc = sb_buf_check(sql, err);
    }
    sb_arena_free(arena);
    return rc;
}
