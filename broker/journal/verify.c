/* Purpose: check a whole journal file, beside a running broker or on a copy.
 * Invariant: "good" is said only after every row of every table was looked at, and
 * every page by SQLite. It never writes to the file. */
#include "broker/journal/verify_form.h"

#include <stdlib.h>

#define PROGRESS_ENTRIES 256

static const char *const sql_text[SB_VERIFY_COUNT] = {
    [SB_VERIFY_ENTRY] = "SELECT idx, kind, stream, first, last, hash, reader, record,"
                        " items FROM entry ORDER BY idx",
    [SB_VERIFY_LEAF] = "SELECT idx, data, hash FROM leaf ORDER BY idx",
    [SB_VERIFY_CT] = "SELECT id, class, raw FROM ct ORDER BY id",
    [SB_VERIFY_TREE] = "SELECT hash FROM tree WHERE id = ?",
    [SB_VERIFY_CHECKPOINT] = "SELECT size, root, note FROM checkpoint ORDER BY size",
    [SB_VERIFY_STREAM] = "SELECT id, name, claim_no, claim_hash, instance, claim_index,"
                         " last_seq, last_hash, last_index, epoch_no, epoch_hash,"
                         " epoch_index FROM stream ORDER BY id",
    [SB_VERIFY_LEAF_AT] = "SELECT data FROM leaf WHERE idx = ?",
};

static void release(struct sb_verify *v)
{
    for (int i = 0; i < SB_VERIFY_COUNT; i++)
        sqlite3_finalize(v->sql[i]);
    for (size_t i = 0; i < v->n_streams; i++)
        sb_arena_free(v->streams[i].arena);
    free(v->streams);
    free(v->logs);
    free(v->withdrawn);
    sb_arena_free(v->arena);
    sb_arena_free(v->names);
    sqlite3_close(v->db);
}

static int
prepare(struct sb_verify *v, const char *path, bool still, struct sb_err *err)
{
    v->arena = sb_arena_new(0);
    v->names = sb_arena_new(0);
    if (!v->arena || !v->names)
        return sb_fail(err, SB_E_MEMORY, "no memory to verify the journal");
    int rc = sb_db_open_reader(&v->db, path, still, err);
    if (rc == 0) /* one snapshot for all that is read */
        rc = sb_db_exec(v->db, "BEGIN", err);
    if (rc == 0)
        rc = sb_layout_check(v->db, err);
    if (rc == 0)
        rc = sb_layout_compare(v->db, err);
    for (int i = 0; i < SB_VERIFY_COUNT && rc == 0; i++)
        rc = sb_db_prepare(v->db, &v->sql[i], sql_text[i], err);
    if (rc == 0)
        rc = sb_verify_collect(v, err);
    if (rc == 0)
        rc = sb_verify_next_ct(v, err);
    if (rc != 0)
        return rc;
    rc = sb_db_step(v->sql[SB_VERIFY_CHECKPOINT], err);
    v->more_checkpoints = rc == 1;
    return rc < 0 ? rc : 0;
}

static int check_expected(const struct sb_verify *v,
                          const struct sb_journal_expect *expect,
                          struct sb_err *err)
{
    uint8_t root[SB_HASH];
    if (!expect || !expect->any || expect->size != v->tree.size)
        return 0;
    sb_tree_root(&v->tree, root);
    if (memcmp(root, expect->root, SB_HASH) == 0)
        return 0;
    return sb_fail(
        err,
        SB_E_JOURNAL_ROOT,
        "entry %llu or one before it is not the expected one: the first %llu "
        "entries have another root",
        (unsigned long long)v->index,
        (unsigned long long)expect->size);
}

/* 1: an entry and its leaf stand; 0: both lists ended together. */
static int next_entry(struct sb_verify *v, struct sb_err *err)
{
    int entry = sb_db_step(v->sql[SB_VERIFY_ENTRY], err);
    if (entry < 0)
        return entry;
    int leaf = sb_db_step(v->sql[SB_VERIFY_LEAF], err);
    if (leaf < 0)
        return leaf;
    if (entry == 0 && leaf == 0)
        return 0;
    if (entry != leaf || sb_db_int(v->sql[SB_VERIFY_ENTRY], 0) != v->index ||
        sb_db_int(v->sql[SB_VERIFY_LEAF], 0) != v->index)
        return sb_fail(err,
                       SB_E_JOURNAL_ENTRY,
                       "entry %llu or its leaf is missing",
                       (unsigned long long)v->index);
    return 1;
}

static int check_all(struct sb_verify *v,
                     const struct sb_journal_expect *expect,
                     sb_progress_fn progress,
                     void *ctx,
                     struct sb_err *err)
{
    int64_t total = 0;
    int rc =
        sb_db_number(v->db, "SELECT ifnull(max(idx) + 1, 0) FROM leaf", &total, err);
    if (rc == 0)
        rc = check_expected(v, expect, err);
    if (rc != 0)
        return rc;
    for (; (rc = next_entry(v, err)) == 1; v->index++) {
        rc = sb_verify_entry(v, err);
        if (rc == 0)
            rc = sb_verify_checkpoints(v, err);
        if (rc == 0)
            rc = check_expected(v, expect, err);
        if (rc != 0)
            return rc;
        if (progress && v->index % PROGRESS_ENTRIES == 0)
            progress(ctx, v->index, (uint64_t)total);
    }
    if (rc == 0)
        rc = sb_verify_rest(v, err);
    if (rc == 0 && expect && expect->any && expect->size > v->tree.size)
        rc = sb_fail(err,
                     SB_E_JOURNAL_SHORT,
                     "entry %llu is missing: %llu entries are expected",
                     (unsigned long long)v->tree.size,
                     (unsigned long long)expect->size);
    if (rc == 0 && progress)
        progress(ctx, v->tree.size, v->tree.size);
    return rc;
}

/* What SQLite could not read: the page that it is on. */
static int name_page(struct sb_verify *v, bool counted, struct sb_err *err)
{
    struct sb_err page = {0};
    struct sb_err why = *err;
    if (v->db && sb_verify_pages(v->db, &page) == 0)
        page.text[0] = 0;
    if (!v->db || page.code == 0)
        return sb_fail(
            err, SB_E_JOURNAL_PAGE, "page 1 of the journal's file: %.400s", why.text);
    if (!counted)
        return sb_fail(err, SB_E_JOURNAL_PAGE, "%.400s", page.text);
    return sb_fail(err,
                   SB_E_JOURNAL_PAGE,
                   "entry %llu or what stands beside it cannot be read: %.400s",
                   (unsigned long long)v->index,
                   page.text);
}

int sb_journal_verify(const char *path,
                      const struct sb_journal_expect *expect,
                      sb_progress_fn progress,
                      void *ctx,
                      struct sb_journal_facts *out,
                      struct sb_err *err)
{
    struct sb_verify v = {0};
    struct sb_err why = {0};
    bool still = !sb_db_has_wal(path);
    int rc = prepare(&v, path, still, &why);
    bool opened = rc == 0;
    if (opened)
        rc = check_all(&v, expect, progress, ctx, &why);
    if (rc == SB_E_DB_CORRUPT)
        rc = name_page(&v, opened, &why);
    if (rc == 0)
        rc = sb_verify_pages(v.db, &why);
    if (rc != 0 && still && sb_db_has_wal(path))
        rc = sb_fail(&why,
                     SB_E_BUSY,
                     "a broker opened the journal %s while it was read: verify again",
                     path);
    if (rc == 0) {
        v.facts.entries = v.tree.size;
        sb_tree_root(&v.tree, v.facts.root);
        *out = v.facts;
    } else if (err) {
        *err = why;
    }
    release(&v);
    return rc;
}
