/* Purpose: sign where the journal stands, and keep what witnesses sign under it.
 * Invariant: a checkpoint is on disk, twice, before anybody is given it; of one size
 * there is one root. Not here: what a start compares with it (load.c). */
#include "broker/journal/note_file.h"

#include <stdio.h>

static int persist(struct sb_journal *j,
                   const struct sb_checkpoint *c,
                   struct sb_bytes note,
                   struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_CHECKPOINT];
    int rc = sb_db_run(j->sql[SB_SQL_BEGIN], err);
    if (rc != 0)
        return rc;
    sb_db_bind_int(st, 1, c->size);
    sb_db_bind_blob(st, 2, sb_bytes(c->root, SB_HASH));
    sb_db_bind_blob(st, 3, note);
    rc = sb_db_run(st, err);
    return rc == 0 ? sb_journal_commit(j, err) : rc;
}

static int sign_and_persist(struct sb_journal *j,
                            struct sb_checkpoint *c,
                            struct sb_buf *note,
                            struct sb_err *err)
{
    struct sb_err failure = {0};
    int rc = sb_checkpoint_sign(j->vault, c, note, err);
    if (rc == 0)
        rc = sb_buf_check(note, err);
    if (rc != 0)
        return rc;
    rc = persist(j, c, sb_buf_bytes(note), &failure);
    if (rc == 0)
        rc = sb_note_file_write(j, sb_buf_bytes(note), &failure);
    return rc == 0 ? 0 : sb_journal_failed(j, &failure, err);
}

/* A reader was in the way when the WAL should be cut. */
static int cut_again(struct sb_journal *j, uint64_t mono_ms, struct sb_err *err)
{
    struct sb_err failure = {0};
    if (!j->cut_due || mono_ms - j->cut_mono < SB_CUT_MS)
        return 0;
    j->cut_mono = mono_ms;
    int rc = sb_journal_cut(j, &failure);
    return rc == 0 ? 0 : sb_journal_failed(j, &failure, err);
}

int sb_journal_checkpoint(struct sb_journal *j,
                          uint64_t mono_ms,
                          bool force,
                          struct sb_buf *note,
                          struct sb_checkpoint *out,
                          struct sb_err *err)
{
    int rc = sb_journal_alive(j, err);
    if (rc == 0)
        rc = cut_again(j, mono_ms, err);
    if (rc != 0 || j->tree.size == j->checkpoint_size)
        return rc;
    if (!force && j->signed_one && mono_ms - j->checkpoint_mono < j->checkpoint_ms)
        return 0;
    struct sb_checkpoint c = {.size = j->tree.size};
    struct sb_buf own = {0};
    snprintf(c.origin, sizeof c.origin, "%s", j->origin);
    sb_tree_root(&j->tree, c.root);
    rc = sign_and_persist(j, &c, &own, err);
    if (rc == 0) {
        j->checkpoint_size = c.size;
        j->checkpoint_mono = mono_ms;
        j->signed_one = true;
        sb_buf_put(note, own.p, own.n);
        rc = sb_buf_check(note, err);
        *out = c;
    }
    sb_buf_free(&own);
    return rc == 0 ? 1 : rc;
}

int sb_journal_last_note(struct sb_journal *j, struct sb_buf *out, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_LAST_NOTE];
    int rc = sb_journal_alive(j, err);
    if (rc == 0)
        rc = sb_db_step(st, err);
    if (rc <= 0)
        return rc;
    struct sb_bytes note = sb_db_bytes(st, 2);
    sb_buf_put(out, note.p, note.n);
    sqlite3_reset(st);
    return sb_buf_check(out, err);
}

static int check_cosigned(struct sb_journal *j,
                          uint64_t size,
                          struct sb_bytes note,
                          struct sb_err *err)
{
    struct sb_checkpoint c;
    uint8_t root[SB_HASH];
    sqlite3_stmt *st = j->sql[SB_SQL_ROOT_AT];
    int rc = sb_note_file_open(j, note, &c, err);
    if (rc != 0)
        return rc;
    sb_db_bind_int(st, 1, size);
    rc = sb_db_step(st, err);
    if (rc < 0)
        return rc;
    bool same = rc == 1;
    rc = same ? sb_db_fixed(st, 0, root, SB_HASH, err) : 0;
    sqlite3_reset(st);
    if (rc != 0)
        return rc;
    if (same && c.size == size && strcmp(c.origin, j->origin) == 0 &&
        memcmp(c.root, root, SB_HASH) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_JOURNAL_CHECKPOINT,
                   "the note of %s at %llu entries is not a checkpoint that %s has",
                   c.origin,
                   (unsigned long long)c.size,
                   j->origin);
}

int sb_journal_cosigned(struct sb_journal *j,
                        uint64_t size,
                        struct sb_bytes note,
                        struct sb_err *err)
{
    struct sb_err failure = {0};
    sqlite3_stmt *st = j->sql[SB_SQL_SET_NOTE];
    int rc = sb_journal_alive(j, err);
    if (rc == 0)
        rc = check_cosigned(j, size, note, err);
    if (rc != 0)
        return rc;
    rc = sb_db_run(j->sql[SB_SQL_BEGIN], &failure);
    sb_db_bind_blob(st, 1, note);
    sb_db_bind_int(st, 2, size);
    if (rc == 0)
        rc = sb_db_run(st, &failure);
    if (rc == 0)
        rc = sb_journal_commit(j, &failure);
    return rc == 0 ? 0 : sb_journal_failed(j, &failure, err);
}
