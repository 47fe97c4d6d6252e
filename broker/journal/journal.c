/* Purpose: the writer's life: lock, open, commit, close.
 * Invariant: one writer per file, in all processes; after a failure nothing more is
 * written. Not here: what is appended (append.c), what is signed (checkpoint.c). */
#include "broker/journal/gone.h"
#include "broker/journal/note_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "schemas/base/text.h"

static const char *const sql_text[SB_SQL_COUNT] = {
    [SB_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SB_SQL_COMMIT] = "COMMIT",
    [SB_SQL_ENTRY] = "INSERT INTO entry(idx, kind, stream, first, last, hash, reader,"
                     " record, items) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SB_SQL_LEAF] = "INSERT INTO leaf(idx, data, hash) VALUES(?, ?, ?)",
    [SB_SQL_CT] = "INSERT INTO ct(id, class, raw) VALUES(?, ?, ?)",
    [SB_SQL_TREE] = "INSERT INTO tree(id, hash) VALUES(?, ?)",
    [SB_SQL_STREAM] = "SELECT id FROM stream WHERE name = ?",
    [SB_SQL_NEW_STREAM] = "INSERT INTO stream(name) VALUES(?)",
    [SB_SQL_SET_CLAIM] = "UPDATE stream SET claim_no = ?, claim_hash = ?,"
                         " claim_index = ?, instance = ? WHERE id = ?",
    [SB_SQL_SET_EPOCH] = "UPDATE stream SET epoch_no = ?, epoch_hash = ?,"
                         " epoch_index = ? WHERE id = ?",
    [SB_SQL_SET_BATCH] = "UPDATE stream SET last_seq = ?, last_hash = ?,"
                         " last_index = ? WHERE id = ?",
    /* the same note may come again: its row was kept when its file had no room */
    [SB_SQL_CHECKPOINT] = "INSERT INTO checkpoint(size, root, note) VALUES(?, ?, ?)"
                          " ON CONFLICT(size) DO NOTHING",
    [SB_SQL_LAST_NOTE] = "SELECT size, root, note FROM checkpoint"
                         " ORDER BY size DESC LIMIT 1",
    [SB_SQL_ROOT_AT] = "SELECT root FROM checkpoint WHERE size = ?",
    [SB_SQL_SET_NOTE] = "UPDATE checkpoint SET note = ? WHERE size = ?",
    [SB_SQL_LAST_SEQ] = "SELECT last_seq FROM stream WHERE name = ?",
    [SB_SQL_BATCHES] = "SELECT idx, first, last FROM entry WHERE stream = ?"
                       " AND kind = 6 AND first <= ? ORDER BY first DESC",
    [SB_SQL_GET_CT] = "SELECT raw FROM ct WHERE id = ?",
    [SB_SQL_SET_CT] = "UPDATE ct SET raw = ? WHERE id = ?",
    [SB_SQL_CHUNK] = "SELECT max(id) FROM (SELECT id FROM ct WHERE id >= ? AND id < ?"
                     " AND length(raw) > 0 ORDER BY id LIMIT ?)",
    [SB_SQL_EMPTY] = "UPDATE ct SET raw = x'' WHERE id >= ? AND id <= ?",
    [SB_SQL_PRUNE] = "DELETE FROM ct WHERE id <= (SELECT id FROM ct WHERE id <= ?"
                     " ORDER BY id DESC LIMIT 1 OFFSET ?)",
};

_Static_assert(SB_KIND_BATCH == 6, "the number in SB_SQL_BATCHES");

int sb_journal_alive(const struct sb_journal *j, struct sb_err *err)
{
    if (j->stopped.code == 0)
        return 0;
    return sb_fail(
        err,
        j->stopped.code,
        "the journal writes nothing after a failure; restart the broker when "
        "its cause is gone: %.300s",
        j->stopped.text);
}

int sb_journal_stop(struct sb_journal *j, const struct sb_err *err)
{
    j->stopped = *err;
    return err->code;
}

static int on_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sb_journal *j = ctx;
    (void)db;
    (void)name;
    j->wal_pages = pages;
    return SQLITE_OK;
}

/* A WAL that could not be moved is whole: a reader is in the way, or the disk is full.
 */
static bool may_wait(int got)
{
    return got == SQLITE_OK || got == SQLITE_BUSY || got == SQLITE_FULL;
}

static int move_wal(struct sb_journal *j, struct sb_err *err)
{
    int mode = j->wal_pages < SB_WAL_CUT ? SQLITE_CHECKPOINT_PASSIVE
                                         : SQLITE_CHECKPOINT_TRUNCATE;
    j->wal_next = j->wal_pages + SB_WAL_MOVE;
    int got = sqlite3_wal_checkpoint_v2(j->db, NULL, mode, NULL, NULL);
    if (!may_wait(got)) /* the transactions themselves are durable */
        return sb_db_fail(err, j->db, got, "cannot move the WAL into the file");
    return 0;
}

int sb_journal_commit(struct sb_journal *j, struct sb_err *err)
{
    int rc = sb_db_run(j->sql[SB_SQL_COMMIT], err);
    if (j->wal_pages < SB_WAL_MOVE)
        j->wal_next = SB_WAL_MOVE;
    if (rc != 0 || j->wal_pages < j->wal_next + SB_WAL_LATE)
        return rc;
    return move_wal(j, err);
}

static int begin_pass(struct sb_journal *j, struct sb_err *err)
{
    int rc = 0;
    if (!j->mover)
        rc = sb_mover_start(&j->mover, sqlite3_db_filename(j->db, "main"), err);
    if (rc != 0)
        return rc;
    sb_mover_go(j->mover);
    j->moving = true;
    return 0;
}

/* After a pass: again while each leaves much less than the one before (the writer has
 * gone on meanwhile); the last one is ours. */
static int end_pass(struct sb_journal *j, int result, int pages, struct sb_err *err)
{
    int left = j->wal_pages > pages ? j->wal_pages - pages : 0;
    j->moving = false;
    if (!may_wait(result))
        return sb_db_fail(err, NULL, result, "cannot move the WAL into the file");
    bool again = left > SB_WAL_LITTLE && left < j->wal_left / 2;
    j->wal_left = again ? left : INT_MAX;
    return again ? begin_pass(j, err) : move_wal(j, err);
}

static int settle(struct sb_journal *j, struct sb_err *err)
{
    int result = SQLITE_OK;
    int pages = 0;
    if (j->moving)
        return sb_mover_ended(j->mover, &result, &pages)
                   ? end_pass(j, result, pages, err)
                   : 0;
    if (j->wal_next == 0 || j->wal_pages < j->wal_next)
        return 0;
    j->wal_left = INT_MAX;
    return j->wal_pages < SB_WAL_CUT ? begin_pass(j, err) : move_wal(j, err);
}

int sb_journal_settle(struct sb_journal *j, struct sb_err *err)
{
    struct sb_err failure = {0};
    int rc = sb_journal_alive(j, err);
    if (rc != 0)
        return rc;
    rc = settle(j, &failure);
    return rc == 0 ? 0 : sb_journal_failed(j, &failure, err);
}

int sb_journal_cut(struct sb_journal *j, struct sb_err *err)
{
    int got =
        sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    j->cut_due = got != SQLITE_OK;
    if (!may_wait(got))
        return sb_db_fail(err, j->db, got, "cannot move the WAL into the file");
    return 0;
}

static int take_lock(struct sb_journal *j, const char *path, struct sb_err *err)
{
    struct sb_buf name = {0};
    sb_buf_printf(&name, "%s-lock", path);
    sb_buf_byte(&name, 0);
    int rc = sb_buf_check(&name, err);
    if (rc == 0) {
        j->lock = open((const char *)name.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (j->lock < 0)
            rc = sb_fail_os(err, errno, "cannot open %s", (const char *)name.p);
    }
    if (rc == 0 && flock(j->lock, LOCK_EX | LOCK_NB) != 0)
        rc = errno == EWOULDBLOCK
                 ? sb_fail(err,
                           SB_E_JOURNAL_LOCKED,
                           "the journal %s is in use by another broker",
                           path)
                 : sb_fail_os(err, errno, "cannot lock %s", (const char *)name.p);
    sb_buf_free(&name);
    return rc;
}

static void release(struct sb_journal *j)
{
    sb_mover_stop(j->mover);
    for (int i = 0; i < SB_SQL_COUNT; i++)
        sqlite3_finalize(j->sql[i]);
    sqlite3_close(j->db);
    sb_arena_free(j->arena);
    free(j->note_path);
    if (j->lock >= 0)
        close(j->lock);
    free(j);
}

static int configure(struct sb_journal *j,
                     const struct sb_journal_config *config,
                     struct sb_err *err)
{
    struct sb_vault_key log;
    if (!sb_text_is_code(sb_bytes_str(config->exchange)) || config->generation == 0)
        return sb_fail(
            err, SB_E_ARGUMENT, "a journal needs its exchange's name and generation");
    if (!sb_vault_newest(config->vault, SB_USE_LOG, &log))
        return sb_fail(err, SB_E_NO_KEY, "the broker's vault holds no log key");
    j->vault = config->vault;
    j->checkpoint_ms = config->checkpoint_ms;
    sb_checkpoint_origin(j->origin, sb_bytes_str(config->exchange), config->generation);
    j->generation = config->generation;
    j->arena = sb_arena_new(0);
    if (!j->arena)
        return sb_fail(err, SB_E_MEMORY, "no memory for the journal");
    return sb_note_file_name(j, config->path, err);
}

static int open_db(struct sb_journal *j, const char *path, struct sb_err *err)
{
    int rc = take_lock(j, path, err);
    j->cut_due = sb_db_has_wal(path); /* of a process that was killed */
    if (rc == 0)
        rc = sb_db_open_writer(&j->db, path, err);
    if (rc == 0)
        rc = sb_layout_upgrade(j->db, err);
    for (int i = 0; i < SB_SQL_COUNT && rc == 0; i++)
        rc = sb_db_prepare(j->db, &j->sql[i], sql_text[i], err);
    if (rc == 0)
        sqlite3_wal_hook(j->db, on_wal, j);
    return rc;
}

int sb_journal_open(struct sb_journal **out,
                    const struct sb_journal_config *config,
                    struct sb_err *err)
{
    struct sb_journal *j = calloc(1, sizeof *j);
    if (!j)
        return sb_fail(err, SB_E_MEMORY, "no memory for the journal");
    j->lock = -1;
    int rc = configure(j, config, err);
    if (rc == 0)
        rc = open_db(j, config->path, err);
    if (rc == 0)
        rc = sb_journal_load(j, err);
    if (rc == 0)
        rc = sb_gone_load(j, err);
    if (rc != 0) {
        release(j);
        return rc;
    }
    *out = j;
    return 0;
}

void sb_journal_close(struct sb_journal *j)
{
    struct sb_buf note = {0};
    struct sb_checkpoint checkpoint;
    struct sb_err err;
    if (!j)
        return;
    sb_mover_stop(j->mover);
    j->mover = NULL;
    /* A failure here loses nothing: the next start signs what this one could not. */
    if (j->stopped.code == 0 &&
        sb_journal_checkpoint(j, 0, true, &note, &checkpoint, &err) >= 0)
        sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sb_buf_free(&note);
    release(j);
}

uint64_t sb_journal_size(const struct sb_journal *j)
{
    return j->tree.size;
}

uint64_t sb_journal_stored_ms(const struct sb_journal *j)
{
    return j->stored_ms;
}

void sb_journal_root(const struct sb_journal *j, uint8_t out[SB_HASH])
{
    sb_tree_root(&j->tree, out);
}
