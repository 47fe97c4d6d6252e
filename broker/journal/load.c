/* Purpose: hold a journal that is opened to what was signed.
 * Invariant: a journal that is shorter than a checkpoint in its own rows or in the file
 * beside it, or has another root there, is not opened. */
#include "broker/journal/note_file.h"
#include "broker/journal/row.h"

/* The last checkpoints as they stand on disk, while the leaves are counted. */
struct last {
    bool any;
    uint64_t size;
    uint8_t root[SB_HASH];
    struct sb_note_file file;
};

static int check_note(const struct sb_journal *j,
                      struct sb_bytes note,
                      const struct last *last,
                      struct sb_err *err)
{
    struct sb_checkpoint c;
    if (sb_note_file_open(j, note, &c, err) != 0 || c.size != last->size ||
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

/* A file of an older generation says nothing of this journal. */
static bool binds(const struct sb_note_file *file)
{
    return file->any && !file->older;
}

static int
check_roots(const struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    const struct sb_checkpoint *file = &last->file.checkpoint;
    bool row = last->any && j->tree.size == last->size;
    bool copy = binds(&last->file) && j->tree.size == file->size;
    if (!row && !copy)
        return 0;
    sb_tree_root(&j->tree, root);
    if (row && memcmp(root, last->root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_ROOT,
                       "the first %llu entries of the journal are not those of its "
                       "signed checkpoint: restore it, or open a new generation",
                       (unsigned long long)last->size);
    if (copy && memcmp(root, file->root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_ROOT,
                       "the first %llu entries of the journal are not those that this "
                       "broker signed in %s: put the true journal back; if it is lost, "
                       "keep both files and open a new generation",
                       (unsigned long long)file->size,
                       j->note_path);
    return 0;
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
        if (rc == 0)
            rc = check_roots(j, last, err);
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

static int check_copy(struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    const struct sb_checkpoint *file = &last->file.checkpoint;
    if (!binds(&last->file) || file->size <= j->tree.size)
        return 0;
    return sb_fail(err,
                   SB_E_JOURNAL_SHORT,
                   "the journal has %llu entries, but this broker signed %llu in %s: "
                   "this is an older copy. Put the newest one back; if it is lost, "
                   "keep both files and open a new generation",
                   (unsigned long long)j->tree.size,
                   (unsigned long long)file->size,
                   j->note_path);
}

/* A generation begins with an empty journal: one that has entries and no checkpoint
 * must at least begin with a directory of this generation. */
static int check_generation(struct sb_journal *j, struct sb_err *err)
{
    struct sb_row row = {0};
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(
        j->db, &st, "SELECT record FROM entry WHERE idx = 0 AND kind = 1", err);
    if (rc == 0)
        rc = sb_db_step(st, err);
    sb_arena_reset(j->arena);
    if (rc == 1)
        rc = sb_row_read(SB_KIND_DIRECTORY, sb_db_bytes(st, 0), j->arena, &row, err);
    if (rc == 0 && row.as.directory.generation != j->generation)
        rc = sb_fail(err,
                     SB_E_JOURNAL_GENERATION,
                     "%s was signed in an older generation, and the journal is not of "
                     "generation %llu: move the old journal away, then start again",
                     j->note_path,
                     (unsigned long long)j->generation);
    sqlite3_finalize(st);
    return rc;
}

/* After a crash between a checkpoint's row and its file, or for a journal that had no
 * such file yet. */
static int renew_copy(struct sb_journal *j, const struct last *last, struct sb_err *err)
{
    sqlite3_stmt *st = j->sql[SB_SQL_LAST_NOTE];
    if (!last->any || (binds(&last->file) && last->file.checkpoint.size >= last->size))
        return 0;
    int rc = sb_db_step(st, err);
    if (rc == 1)
        rc = sb_note_file_write(j, sb_db_bytes(st, 2), err);
    sqlite3_reset(st);
    return rc;
}

_Static_assert(SB_KIND_DIRECTORY == 1, "the number in check_generation");

int sb_journal_load(struct sb_journal *j, struct sb_err *err)
{
    struct last last = {0};
    int rc = load_last(j, &last, err);
    if (rc == 0)
        rc = sb_note_file_read(j, &last.file, err);
    if (rc == 0)
        rc = load_leaves(j, &last, err);
    if (rc == 0)
        rc = check_size(j, &last, err);
    if (rc == 0)
        rc = check_copy(j, &last, err);
    if (rc == 0 && last.file.older && !last.any && j->tree.size > 0)
        rc = check_generation(j, err);
    if (rc == 0)
        rc = renew_copy(j, &last, err);
    j->checkpoint_size = last.size;
    return rc;
}
