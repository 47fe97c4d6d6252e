/* Purpose: copy a journal's rows while another process appends to it.
 * Invariant: entries below the copied number never change, so they may be read piece by
 * piece; only ciphertexts go, and the record that says so is in the journal before they
 * do. The last piece is one snapshot with streams, notes, and whatever was withdrawn
 * since the beginning: together the pieces are a journal as it stood at that moment.
 * Not atomic on disk: who calls syncs, verifies and names the file. */
#include "broker/journal/copy.h"

#include "broker/journal/tree_rows.h"

#define PIECE 512  /* entries read in one transaction */
#define NOTES 4096 /* the newest, which may have got cosignatures: copied last */

enum copy_sql {
    COPY_SIZE,
    COPY_ENTRY,
    COPY_LEAF,
    COPY_CT,
    COPY_HASHES,
    COPY_TREE,
    COPY_OLD_NOTES,
    COPY_NOTES,
    COPY_STREAMS,
    COPY_GONE,
    COPY_COUNT,
};

static const char *const sql_text[COPY_COUNT] = {
    [COPY_SIZE] = "SELECT ifnull(max(idx) + 1, 0) FROM src.leaf",
    [COPY_ENTRY] = "INSERT INTO main.entry SELECT * FROM src.entry"
                   " WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
    [COPY_LEAF] = "INSERT INTO main.leaf SELECT * FROM src.leaf"
                  " WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
    [COPY_CT] = "INSERT INTO main.ct SELECT * FROM src.ct"
                " WHERE id >= ?1 * 4 AND id < ?2 * 4 ORDER BY id",
    [COPY_HASHES] = "SELECT hash FROM main.leaf WHERE idx >= ?1 AND idx < ?2"
                    " ORDER BY idx",
    [COPY_TREE] = "INSERT INTO main.tree(id, hash) VALUES(?, ?)",
    [COPY_OLD_NOTES] = "INSERT INTO main.checkpoint SELECT * FROM src.checkpoint"
                       " WHERE size > ?1 AND size <= ?2 ORDER BY size",
    [COPY_NOTES] = "INSERT INTO main.checkpoint SELECT * FROM src.checkpoint"
                   " WHERE size > ?1 ORDER BY size",
    [COPY_STREAMS] = "INSERT INTO main.stream SELECT * FROM src.stream ORDER BY id",
    /* as long as it was: it is written where it stands */
    [COPY_GONE] = "UPDATE main.ct SET raw = s.raw"
                  " FROM src.entry w JOIN src.entry b INDEXED BY entry_number"
                  " ON b.stream = w.stream AND b.kind = 6 AND b.first <= w.last"
                  " AND b.last >= w.first"
                  " JOIN src.ct s ON s.id >= b.idx * 4 AND s.id < b.idx * 4 + 4"
                  " WHERE w.idx >= ?1 AND w.kind = 10 AND w.stream <> 0"
                  " AND main.ct.id = s.id",
};

_Static_assert(SB_CT_PLACES == 4, "the number in COPY_CT and COPY_GONE");
_Static_assert(SB_KIND_PRUNE == 10 && SB_KIND_BATCH == 6, "numbers in COPY_GONE");

struct copy {
    const struct sb_backup_config *config;
    sqlite3 *db;
    sqlite3_stmt *sql[COPY_COUNT];
    struct sb_tree tree;
    uint64_t done;      /* entries */
    uint64_t began;     /* entries that the journal had at the beginning */
    uint64_t old_notes; /* notes up to this size are copied first */
};

static int open_pair(struct copy *c, const char *to, struct sb_err *err)
{
    static const char pragmas[] = "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF;"
                                  "PRAGMA synchronous = OFF; PRAGMA mmap_size = 0;"
                                  "PRAGMA cache_size = -32768;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA secure_delete = ON;"
                                  "PRAGMA trusted_schema = OFF;";
    struct sb_buf uri = {0};
    sqlite3_stmt *attach = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    int got = sqlite3_open_v2(to, &c->db, flags, NULL);
    if (got != SQLITE_OK)
        return sb_db_fail(err, c->db, got, "cannot open the copy");
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(c->db, 5000);
    int rc = sb_db_exec(c->db, pragmas, err);
    if (rc == 0)
        rc = sb_layout_upgrade(c->db, err);
    sb_db_uri(&uri, c->config->from, !sb_db_has_wal(c->config->from));
    if (rc == 0)
        rc = sb_buf_check(&uri, err);
    if (rc == 0)
        rc = sb_db_prepare(c->db, &attach, "ATTACH ? AS src", err);
    if (rc == 0) {
        sb_db_bind_text(attach, 1, sb_bytes(uri.p, uri.n - 1));
        rc = sb_db_run(attach, err);
    }
    sqlite3_finalize(attach);
    sb_buf_free(&uri);
    return rc;
}

static int run_range(
    struct copy *c, enum copy_sql which, uint64_t from, uint64_t to, struct sb_err *err)
{
    sqlite3_stmt *st = c->sql[which];
    sb_db_bind_int(st, 1, from);
    if (sqlite3_bind_parameter_count(st) > 1)
        sb_db_bind_int(st, 2, to);
    return sb_db_run(st, err);
}

/* The tree's rows are made anew, from the leaves. */
static int grow(struct copy *c, uint64_t from, uint64_t to, struct sb_err *err)
{
    struct sb_tree_row rows[SB_TREE_LEVELS];
    uint8_t hash[SB_HASH];
    sqlite3_stmt *st = c->sql[COPY_HASHES];
    sqlite3_stmt *put = c->sql[COPY_TREE];
    int rc;
    sb_db_bind_int(st, 1, from);
    sb_db_bind_int(st, 2, to);
    while ((rc = sb_db_step(st, err)) == 1) {
        rc = sb_db_fixed(st, 0, hash, SB_HASH, err);
        size_t n = rc == 0 ? sb_tree_grow(&c->tree, hash, rows) : 0;
        for (size_t i = 0; i < n && rc == 0; i++) {
            sb_db_bind_int(put, 1, rows[i].id);
            sb_db_bind_blob(put, 2, sb_bytes(rows[i].hash, SB_HASH));
            rc = sb_db_run(put, err);
        }
        if (rc != 0)
            break;
    }
    sqlite3_reset(st);
    return rc;
}

static int copy_piece(struct copy *c, uint64_t to, struct sb_err *err)
{
    int rc = run_range(c, COPY_ENTRY, c->done, to, err);
    if (rc == 0)
        rc = run_range(c, COPY_LEAF, c->done, to, err);
    if (rc == 0)
        rc = run_range(c, COPY_CT, c->done, to, err);
    if (rc == 0)
        rc = grow(c, c->done, to, err);
    if (rc == 0)
        c->done = to;
    return rc;
}

static int size_now(struct copy *c, uint64_t *size, struct sb_err *err)
{
    int64_t n = 0;
    int rc = sb_db_number(c->db, sql_text[COPY_SIZE], &n, err);
    if (rc == 0)
        *size = (uint64_t)n;
    return rc;
}

static void tell(const struct copy *c, uint64_t size)
{
    if (c->config->progress)
        c->config->progress(c->config->ctx, c->done, size);
}

/* All but the newest entries and notes. */
static int copy_most(struct copy *c, struct sb_err *err)
{
    uint64_t size = c->began;
    int rc = 0;
    while (rc == 0 && size - c->done > PIECE) {
        rc = sb_db_exec(c->db, "BEGIN", err);
        if (rc == 0)
            rc = copy_piece(c, c->done + PIECE, err);
        if (rc == 0)
            rc = sb_db_exec(c->db, "COMMIT", err);
        if (rc == 0)
            rc = size_now(c, &size, err);
        tell(c, size);
    }
    for (uint64_t from = 0; rc == 0 && from < c->old_notes; from += NOTES) {
        uint64_t to = from + NOTES < c->old_notes ? from + NOTES : c->old_notes;
        rc = run_range(c, COPY_OLD_NOTES, from, to, err);
    }
    return rc;
}

static int copy_last(struct copy *c, struct sb_err *err)
{
    uint64_t size = 0;
    int rc = sb_db_exec(c->db, "BEGIN", err);
    if (rc == 0)
        rc = size_now(c, &size, err);
    if (rc == 0)
        rc = copy_piece(c, size, err);
    if (rc == 0)
        rc = sb_db_run(c->sql[COPY_STREAMS], err);
    if (rc == 0)
        rc = run_range(c, COPY_NOTES, c->old_notes, 0, err);
    if (rc == 0)
        rc = run_range(c, COPY_GONE, c->began, 0, err);
    if (rc == 0)
        rc = sb_db_exec(c->db, "COMMIT", err);
    tell(c, size);
    return rc;
}

static int prepare(struct copy *c, struct sb_err *err)
{
    static const char newest[] =
        "SELECT ifnull(min(size), 1) - 1 FROM (SELECT size FROM"
        " src.checkpoint ORDER BY size DESC LIMIT 1024)";
    int64_t layout = 0;
    int64_t notes = 0;
    int rc = sb_db_number(c->db, "PRAGMA src.user_version", &layout, err);
    if (rc == 0 && layout != SB_LAYOUT)
        rc = sb_fail(err,
                     SB_E_STATE,
                     "the journal %s has layout %lld: use the version of sacbe that "
                     "its broker has",
                     c->config->from,
                     (long long)layout);
    for (int i = 0; i < COPY_COUNT && rc == 0; i++)
        rc = sb_db_prepare(c->db, &c->sql[i], sql_text[i], err);
    if (rc == 0)
        rc = size_now(c, &c->began, err);
    if (rc == 0)
        rc = sb_db_number(c->db, newest, &notes, err);
    c->old_notes = (uint64_t)notes;
    return rc;
}

int sb_copy_rows(const struct sb_backup_config *config,
                 const char *to,
                 struct sb_err *err)
{
    struct copy c = {.config = config};
    bool still = !sb_db_has_wal(config->from);
    int rc = open_pair(&c, to, err);
    if (rc == 0)
        rc = prepare(&c, err);
    if (rc == 0)
        rc = copy_most(&c, err);
    if (rc == 0)
        rc = copy_last(&c, err);
    for (int i = 0; i < COPY_COUNT; i++)
        sqlite3_finalize(c.sql[i]);
    sqlite3_close(c.db);
    if (rc == 0 && still && sb_db_has_wal(config->from))
        rc = sb_fail(err,
                     SB_E_BUSY,
                     "a broker opened the journal %s while it was copied: do it again",
                     config->from);
    return rc;
}

int sb_copy_note(const char *path,
                 struct sb_buf *note,
                 struct sb_journal_expect *expect,
                 struct sb_err *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    *expect = (struct sb_journal_expect){.any = false};
    int rc = sb_db_open_reader(&db, path, !sb_db_has_wal(path), err);
    if (rc == 0)
        rc = sb_db_prepare(db,
                           &st,
                           "SELECT size, root, note FROM checkpoint"
                           " ORDER BY size DESC LIMIT 1",
                           err);
    if (rc == 0)
        rc = sb_db_step(st, err);
    if (rc == 1) {
        struct sb_bytes b = sb_db_bytes(st, 2);
        expect->any = true;
        expect->size = sb_db_int(st, 0);
        rc = sb_db_fixed(st, 1, expect->root, SB_HASH, err);
        sb_buf_put(note, b.p, b.n);
        rc = rc == 0 ? sb_buf_check(note, err) : rc;
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return rc;
}
