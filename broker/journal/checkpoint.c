/* Purpose: sign where the journal stands, and hold it to what was signed.
 * Invariant: a checkpoint is on disk before anybody is given it; a journal that is
 * shorter than its last checkpoint, or has another root there, is not opened. */
#include "broker/journal/journal_form.h"
#include "broker/journal/row.h"

#include <stdio.h>

/* The last checkpoint as it stands on disk, while the leaves are counted. */
struct last {
    bool any;
    uint64_t size;
    uint8_t root[SB_HASH];
};

/* By any log key of the vault: the key may have been renewed since. */
static int open_note(const struct sb_journal *j,
                     struct sb_bytes note,
                     struct sb_checkpoint *out,
                     struct sb_err *err)
{
    int rc = sb_fail(err, SB_E_NO_KEY, "the broker's vault holds no log key");
    for (size_t i = 0; i < sb_vault_count(j->vault); i++) {
        struct sb_vault_key key = sb_vault_key_at(j->vault, i);
        if (!sb_bytes_is(key.use, SB_USE_LOG))
            continue;
        rc = sb_checkpoint_open(note, key.pk, out, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

static int check_note(const struct sb_journal *j,
                      struct sb_bytes note,
                      const struct last *last,
                      struct sb_err *err)
{
    struct sb_checkpoint c;
    if (open_note(j, note, &c, err) != 0 || c.size != last->size ||
        memcmp(c.root, last->root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_CHECKPOINT,
                       "the journal's checkpoint at %llu entries is not signed by this "
                       "broker's log key",
                       (unsigned long long)last->size);
    if (strcmp(c.origin, j->origin) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "the journal is %s, but this broker runs %s",
                       c.origin,
                       j->origin);
    return 0;
}

static int load_last(struct sb_journal *j, struct last *last, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_LAST_NOTE];
    int rc = sb_db_step(st, err);
    if (rc <= 0)
        return rc;
    last->any = true;
    last->size = sb_db_int(st, 0);
    rc = sb_db_fixed(st, 1, last->root, SB_HASH, err);
    if (rc == 0)
        rc = check_note(j, sb_db_bytes(st, 2), last, err);
    sqlite3_reset(st);
    return rc;
}

static int
add_leaf(struct sb_journal *j, uint64_t index, struct sb_bytes data, struct sb_err *err)
{
    struct sb_entry entry;
    uint8_t hash[SB_HASH];
    if (index != j->tree.size)
        return sb_fail(err,
                       SB_E_JOURNAL_ENTRY,
                       "entry %llu is missing in the journal",
                       (unsigned long long)j->tree.size);
    int rc = sb_entry_read(data, &entry, err);
    if (rc != 0 || entry.stored_ms < j->stored_ms)
        return sb_fail(err,
                       SB_E_JOURNAL_ENTRY,
                       "entry %llu of the journal is damaged",
                       (unsigned long long)index);
    sb_tree_leaf(hash, data);
    sb_tree_append(&j->tree, hash);
    j->stored_ms = entry.stored_ms;
    return 0;
}

static int
check_root(const struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    sb_tree_root(&j->tree, root);
    if (memcmp(root, last->root, SB_HASH) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_JOURNAL_ROOT,
                   "the first %llu entries of the journal are not those of its signed "
                   "checkpoint: restore it, or open a new generation",
                   (unsigned long long)last->size);
}

static int
load_leaves(struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(j->db, &st, "SELECT idx, data FROM leaf ORDER BY idx", err);
    if (rc != 0)
        return rc;
    while ((rc = sb_db_step(st, err)) == 1) {
        rc = add_leaf(j, sb_db_int(st, 0), sb_db_bytes(st, 1), err);
        if (rc == 0 && last->any && j->tree.size == last->size)
            rc = check_root(j, last, err);
        if (rc != 0)
            break;
    }
    sqlite3_finalize(st);
    return rc;
}

static int check_size(struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    int64_t rows = 0;
    int rc =
        sb_db_number(j->db, "SELECT ifnull(max(idx) + 1, 0) FROM entry", &rows, err);
    if (rc != 0)
        return rc;
    if ((uint64_t)rows != j->tree.size || (last->any && last->size > j->tree.size))
        return sb_fail(err,
                       SB_E_JOURNAL_SHORT,
                       "the journal has %lld entries and %llu leaves; its signed "
                       "checkpoint names %llu: entries were lost",
                       (long long)rows,
                       (unsigned long long)j->tree.size,
                       (unsigned long long)last->size);
    return 0;
}

int sb_journal_load(struct sb_journal *j, struct sb_err *err)
{
    struct last last = {0};
    int rc = load_last(j, &last, err);
    if (rc == 0)
        rc = load_leaves(j, &last, err);
    if (rc == 0)
        rc = check_size(j, &last, err);
    j->checkpoint_size = last.size;
    return rc;
}

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
        return 0;
    if (err)
        *err = failure;
    return sb_journal_stop(j, &failure);
}

int sb_journal_checkpoint(struct sb_journal *j,
                          uint64_t mono_ms,
                          bool force,
                          struct sb_buf *note,
                          struct sb_checkpoint *out,
                          struct sb_err *err)
{
    int rc = sb_journal_alive(j, err);
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
