/* Purpose: what a run has done, in the state file.
 * Invariant: `_seen` and the position move together, and only when the outbox has the
 * batch; whatever a batch noted before is undone if the outbox has it not.
 * Not for: files and folders. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/csv/steps.h"

static const char *const steps[] = {
    "CREATE TABLE _seen(" /* what was published: the hash of its mapped payload */
    "  id_local TEXT PRIMARY KEY, hash BLOB NOT NULL, set_key TEXT NOT NULL,"
    "  run INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX _seen_set ON _seen(set_key, run);"
    "CREATE TABLE _done(hash BLOB PRIMARY KEY) WITHOUT ROWID;" /* sets, by bytes */
    "CREATE TABLE _run("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, set_key TEXT, set_hash BLOB,"
    "  mapping BLOB, phase INTEGER, chunk INTEGER, position INTEGER,"
    "  pending INTEGER, code INTEGER, text TEXT);"
    "CREATE TABLE _member("
    "  n INTEGER PRIMARY KEY, name TEXT, hash BLOB, device INTEGER, inode INTEGER,"
    "  size INTEGER, mtime INTEGER, refused INTEGER);"
    "CREATE TABLE _warning(n INTEGER, text TEXT);"
    "CREATE TABLE _use(" /* where each record stands */
    "  tbl INTEGER, row INTEGER, chunk INTEGER, line INTEGER, outcome TEXT,"
    "  PRIMARY KEY(tbl, row)) WITHOUT ROWID;"
    "CREATE TABLE _next(id_local TEXT PRIMARY KEY, hash BLOB) WITHOUT ROWID;"
    "CREATE TABLE _left("
    "  n INTEGER PRIMARY KEY, tbl INTEGER, row INTEGER, line INTEGER, code INTEGER,"
    "  motivo TEXT)",
    NULL,
};

int sb_csv_code(sqlite3 *db, int otherwise)
{
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_NOMEM:
        return SB_E_MEMORY;
    case SQLITE_FULL:
        return SB_E_DISK_FULL;
    case SQLITE_IOERR:
        return SB_E_IO;
    default:
        return otherwise;
    }
}

int sb_csv_fail(struct csv_source *s, int code, struct sb_err *err)
{
    return sb_fail(err, sb_csv_code(s->handle, code), "%s", sqlite3_errmsg(s->handle));
}

int sb_csv_prepare(struct csv_source *s,
                   struct sb_bytes sql,
                   sqlite3_stmt **out,
                   struct sb_err *err)
{
    int rc = sqlite3_prepare_v2(s->handle, (const char *)sql.p, (int)sql.n, out, NULL);
    return rc == SQLITE_OK ? 0 : sb_csv_fail(s, SB_E_MAPPING, err);
}

int sb_csv_execute(struct csv_source *s, struct sb_buf *sql, struct sb_err *err)
{
    sb_buf_byte(sql, '\0');
    int rc = sb_buf_check(sql, err);
    if (rc == 0 &&
        sqlite3_exec(s->handle, (const char *)sql->p, NULL, NULL, NULL) != SQLITE_OK)
        rc = sb_csv_fail(s, SB_E_IO, err);
    sb_buf_reset(sql);
    return rc;
}

static int load_members(struct csv_source *s, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_start(s->sql,
                          &q,
                          err,
                          "SELECT n, name, hash, device, inode, size, mtime, refused "
                          "FROM _member",
                          "");
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1) {
        uint64_t n = sb_sql_uint(q, 0);
        struct sb_bytes name = sb_sql_bytes(q, 1);
        rc = 0;
        if (n >= s->facts->n_set)
            continue;
        struct member *m = &s->members[n];
        m->name = strndup((const char *)name.p, name.n);
        if (!m->name)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
        m->stamp = (struct stamp){sqlite3_column_int64(q, 3),
                                  sqlite3_column_int64(q, 4),
                                  sqlite3_column_int64(q, 5),
                                  sqlite3_column_int64(q, 6)};
        m->refused = sb_sql_uint(q, 7) != 0;
        if (!sb_sql_fixed(q, 2, m->hash, SB_HASH))
            memset(m->hash, 0, SB_HASH);
    }
    sb_sql_end(q);
    return rc;
}

/* The run that a stop or crash left, if any. */
static int load(struct csv_source *s, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_start(s->sql,
                          &q,
                          err,
                          "SELECT id, set_key, set_hash, mapping, phase, chunk, "
                          "position FROM _run",
                          "");
    if (rc == 0)
        rc = sb_sql_row(s->sql, q, err);
    if (rc == 1) {
        struct sb_bytes key = sb_sql_bytes(q, 1);
        s->run = sqlite3_column_int64(q, 0);
        s->set_key = strndup((const char *)key.p, key.n);
        if (!sb_sql_fixed(q, 2, s->set_hash, SB_HASH))
            memset(s->set_hash, 0, SB_HASH);
        s->same_mapping = sb_bytes_eq(sb_sql_bytes(q, 3),
                                      sb_bytes(s->facts->id, sizeof s->facts->id));
        s->phase = (enum phase)sb_sql_uint(q, 4);
        s->chunk = sb_sql_uint(q, 5);
        s->position = sqlite3_column_int64(q, 6);
        rc = s->set_key ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_sql_end(q);
    return rc ? rc : load_members(s, err);
}

int sb_csv_run_open(struct csv_source *s, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_open(&s->sql, s->state, steps, err);
    if (rc == 0)
        rc = sb_sql_start(s->sql, &q, err, "SELECT 1", "");
    if (rc)
        return rc;
    s->handle = sqlite3_db_handle(q);
    sb_sql_end(q);
    return load(s, err);
}

int sb_csv_run_recover(struct csv_source *s, struct sb_bytes token, struct sb_err *err)
{
    char own[48];
    sb_csv_run_token(s, own);
    bool given = s->phase == PHASE_MAP || s->phase == PHASE_EMIT;
    int rc = given && sb_bytes_is(token, own) ? sb_csv_run_done(s, err)
                                              : sb_csv_run_undo(s, err);
    bool ends = s->phase >= PHASE_END;
    bool goes_on = s->phase >= PHASE_MAP && s->same_mapping;
    if (rc || s->phase == PHASE_IDLE || ends || goes_on)
        return rc;
    return sb_csv_run_forget(s, err); /* the files are still in in/ */
}

static int put_members(struct csv_source *s, struct sb_err *err)
{
    int rc = sb_sql_do(s->sql, err, "DELETE FROM _member", "");
    for (size_t i = 0; rc == 0 && i < s->facts->n_set; i++) {
        const struct member *m = &s->members[i];
        rc = sb_sql_do(s->sql,
                       err,
                       "INSERT INTO _member VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                       "usbiiiiu",
                       (uint64_t)i,
                       m->name,
                       sb_bytes(m->hash, SB_HASH),
                       m->stamp.device,
                       m->stamp.inode,
                       m->stamp.size,
                       m->stamp.mtime,
                       (uint64_t)m->refused);
    }
    return rc;
}

int sb_csv_run_begin(struct csv_source *s, struct sb_err *err)
{
    int rc = sb_sql_begin(s->sql, err);
    if (rc)
        return rc;
    rc = sb_sql_do(s->sql,
                   err,
                   "INSERT INTO _run(set_key, mapping, phase, chunk, position) "
                   "VALUES(?, ?, ?, 0, 0)",
                   "sbu",
                   s->set_key,
                   sb_bytes(s->facts->id, sizeof s->facts->id),
                   (uint64_t)PHASE_LEARN);
    s->run = sb_sql_last_id(s->sql);
    if (rc == 0)
        rc = put_members(s, err);
    if (rc == 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    s->same_mapping = true;
    s->phase = PHASE_LEARN;
    s->chunk = 0;
    s->position = 0;
    s->rest = 0;
    s->again = false;
    return rc;
}

int sb_csv_run_phase(struct csv_source *s, enum phase phase, struct sb_err *err)
{
    int rc = sb_sql_begin(s->sql, err);
    if (rc)
        return rc;
    rc = sb_sql_do(s->sql,
                   err,
                   "UPDATE _run SET phase = ?, position = 0, set_hash = ?",
                   "ub",
                   (uint64_t)phase,
                   sb_bytes(s->set_hash, SB_HASH));
    if (rc == 0)
        rc = put_members(s, err);
    if (rc == 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    if (rc == 0) {
        s->phase = phase;
        s->position = 0;
    }
    return rc;
}

int sb_csv_run_stop(struct csv_source *s,
                    size_t member,
                    const struct sb_err *why,
                    struct sb_err *err)
{
    for (size_t i = 0; i < s->facts->n_set; i++)
        s->members[i].refused = member == s->facts->n_set || i == member;
    int rc = sb_sql_do(s->sql,
                       err,
                       "UPDATE _run SET code = ?, text = ?",
                       "is",
                       (int64_t)why->code,
                       why->text);
    return rc ? rc : sb_csv_run_phase(s, PHASE_STOP, err);
}

int sb_csv_run_forget(struct csv_source *s, struct sb_err *err)
{
    struct sb_buf sql = {0};
    sb_csv_stage_close(s);
    sb_csv_select_close(s);
    sb_csv_chunk_reset(s);
    if (s->db)
        s->db->ops->close(s->db);
    s->db = NULL;
    sb_buf_str(&sql,
               "BEGIN IMMEDIATE; DELETE FROM _run; DELETE FROM _member;"
               "DELETE FROM _warning; DELETE FROM _use; DELETE FROM _next;"
               "DELETE FROM _left; DROP TABLE IF EXISTS _event;");
    for (size_t i = 0; i < s->facts->n_set; i++) {
        sb_buf_str(&sql, "DROP TABLE IF EXISTS ");
        sb_csv_quote(&sql, s->facts->set[i].table);
        sb_buf_str(&sql, ";");
    }
    sb_buf_str(&sql, "COMMIT");
    int rc = sb_csv_execute(s, &sql, err);
    sb_buf_free(&sql);
    if (rc && !sqlite3_get_autocommit(s->handle) &&
        sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        return sb_csv_fail(s, SB_E_IO, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < s->facts->n_set; i++) {
        free(s->members[i].name);
        s->members[i] = (struct member){0};
    }
    s->phase = PHASE_IDLE;
    return 0;
}

void sb_csv_run_token(const struct csv_source *s, char out[48])
{
    snprintf(out, 48, "%" PRId64 ":%" PRIu64, s->run, s->chunk + 1);
}

/* All statements in one transaction. */
static int
settle(struct csv_source *s, const char *const *statements, struct sb_err *err)
{
    int rc = sb_sql_begin(s->sql, err);
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && statements[i]; i++)
        rc = sb_sql_do(s->sql, err, statements[i], "");
    if (rc == 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    return rc;
}

int sb_csv_run_done(struct csv_source *s, struct sb_err *err)
{
    static const char *const done[] = {
        "UPDATE _seen SET run = (SELECT id FROM _run), "
        "set_key = (SELECT set_key FROM _run) WHERE id_local IN "
        "(SELECT id_local FROM _next WHERE hash IS NULL)",
        "INSERT INTO _seen SELECT n.id_local, n.hash, r.set_key, r.id "
        "FROM _next n, _run r WHERE n.hash IS NOT NULL "
        "ON CONFLICT(id_local) DO UPDATE SET hash = excluded.hash, "
        "set_key = excluded.set_key, run = excluded.run",
        "DELETE FROM _next",
        "UPDATE _run SET chunk = chunk + 1, position = pending",
        NULL};
    uint64_t position = 0;
    int rc = settle(s, done, err);
    if (rc == 0)
        rc = sb_sql_number(s->sql, &position, 0, err, "SELECT position FROM _run", "");
    if (rc)
        return rc;
    s->chunk++;
    s->position = (int64_t)position;
    s->batch.waiting = false;
    return 0;
}

int sb_csv_run_undo(struct csv_source *s, struct sb_err *err)
{
    static const char *const undo[] = {
        "DELETE FROM _use WHERE chunk > (SELECT chunk FROM _run)",
        "DELETE FROM _next",
        NULL};
    return settle(s, undo, err);
}
