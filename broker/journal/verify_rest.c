/* Purpose: what is no entry: checkpoints, rows of streams, the number of tree rows, and
 * SQLite's own pages. */
#include "broker/journal/tree_rows.h"
#include "broker/journal/verify_form.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_TEXT 240

static int next_checkpoint(struct sb_verify *v, struct sb_err *err)
{
    int rc = sb_db_step(v->sql[SB_VERIFY_CHECKPOINT], err);
    v->more_checkpoints = rc == 1;
    return rc < 0 ? rc : 0;
}

static bool is_signed(const struct sb_verify *v,
                      struct sb_bytes note,
                      uint64_t size,
                      const uint8_t root[SB_HASH])
{
    struct sb_checkpoint c;
    for (size_t i = 0; i < v->n_logs; i++)
        if (sb_checkpoint_open(note, v->logs[i], &c, NULL) == 0)
            return c.size == size && memcmp(c.root, root, SB_HASH) == 0 &&
                   strcmp(c.origin, v->origin) == 0;
    return false;
}

int sb_verify_checkpoints(struct sb_verify *v, struct sb_err *err)
{
    sqlite3_stmt *st = v->sql[SB_VERIFY_CHECKPOINT];
    uint64_t size = v->tree.size;
    uint8_t root[SB_HASH];
    if (!v->more_checkpoints || sb_db_int(st, 0) > size)
        return 0;
    sb_tree_root(&v->tree, root);
    if (!sb_verify_types(st, "ibb") || sb_db_int(st, 0) != size ||
        !sb_bytes_eq(sb_db_bytes(st, 1), sb_bytes(root, SB_HASH)))
        return sb_fail(err,
                       SB_E_JOURNAL_ROOT,
                       "entry %llu: the checkpoint after it has another root than the "
                       "entries up to it",
                       (unsigned long long)v->index);
    if (!is_signed(v, sb_db_bytes(st, 2), size, root))
        return sb_fail(err,
                       SB_E_JOURNAL_CHECKPOINT,
                       "entry %llu: the checkpoint after it is not signed by a log key "
                       "of the directories before it",
                       (unsigned long long)v->index);
    v->facts.checkpoint_size = size;
    return next_checkpoint(v, err);
}

static bool is_row_of(sqlite3_stmt *st, const struct sb_verify_stream *s, size_t id)
{
    return sb_verify_types(st, "itibbiibiibi") && sb_db_int(st, 0) == id &&
           sb_bytes_eq(sb_db_bytes(st, 1), s->name) &&
           sb_db_int(st, 2) == s->claim_no &&
           sb_bytes_eq(sb_db_bytes(st, 3), sb_bytes(s->claim_hash, SB_HASH)) &&
           sb_bytes_eq(sb_db_bytes(st, 4), sb_bytes(s->instance, SB_INSTANCE)) &&
           sb_db_int(st, 5) == s->claim_index && sb_db_int(st, 6) == s->last_seq &&
           sb_bytes_eq(sb_db_bytes(st, 7), sb_bytes(s->last_hash, SB_HASH)) &&
           sb_db_int(st, 8) == s->last_index && sb_db_int(st, 9) == s->epoch_no &&
           sb_bytes_eq(sb_db_bytes(st, 10), sb_bytes(s->epoch_hash, SB_HASH)) &&
           sb_db_int(st, 11) == s->epoch_index;
}

static int check_streams(struct sb_verify *v, struct sb_err *err)
{
    sqlite3_stmt *st = v->sql[SB_VERIFY_STREAM];
    int rc = 0;
    for (size_t i = 0; i < v->n_streams; i++) {
        rc = sb_db_step(st, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || !is_row_of(st, &v->streams[i], i + 1))
            return sb_fail(err,
                           SB_E_JOURNAL_ENTRY,
                           "entry %llu: the row of its stream %.*s does not say what "
                           "the entries say",
                           (unsigned long long)v->streams[i].claim_index,
                           SB_FMT(v->streams[i].name));
    }
    rc = sb_db_step(st, err);
    if (rc == 1)
        return sb_fail(err,
                       SB_E_JOURNAL_ENTRY,
                       "entry %llu: a stream has a row, but no entry up to the end",
                       (unsigned long long)v->tree.size);
    return rc;
}

int sb_verify_rest(struct sb_verify *v, struct sb_err *err)
{
    int64_t rows = 0;
    if (v->more_cts)
        return sb_fail(
            err,
            SB_E_JOURNAL_CT,
            "entry %llu: ciphertexts stand beside it, but it is missing",
            (unsigned long long)(sb_db_int(v->sql[SB_VERIFY_CT], 0) / SB_CT_PLACES));
    if (v->more_checkpoints)
        return sb_fail(err,
                       SB_E_JOURNAL_SHORT,
                       "entry %llu is missing: a signed checkpoint names %llu entries",
                       (unsigned long long)v->tree.size,
                       (unsigned long long)sb_db_int(v->sql[SB_VERIFY_CHECKPOINT], 0));
    int rc = check_streams(v, err);
    if (rc == 0)
        rc = sb_db_number(v->db, "SELECT count(*) FROM tree", &rows, err);
    if (rc == 0 && (uint64_t)rows != sb_tree_row_count(v->tree.size))
        rc = sb_fail(err,
                     SB_E_JOURNAL_TREE,
                     "entry %llu is missing, but the tree has rows for it",
                     (unsigned long long)v->tree.size);
    return rc;
}

/* The root page of the table or index that SQLite's message names; 0 when none. */
static long named_root(sqlite3 *db, const char *message)
{
    sqlite3_stmt *st = NULL;
    long page = 0;
    struct sb_err ignored;
    if (sb_db_prepare(db, &st, "SELECT name, rootpage FROM sqlite_schema", &ignored) !=
        0)
        return 0;
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 0);
        if (name && strstr(message, name))
            page = (long)sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    return page;
}

/* The page that a message of SQLite's check is about: the last number after "page ", or
 * the root of what it names; 1 (the header and the schema) when it says neither. */
static long page_of(sqlite3 *db, const char *message)
{
    long page = 0;
    for (const char *at = message; (at = strcasestr(at, "page ")) != NULL; at += 5) {
        long number = strtol(at + 5, NULL, 10);
        if (number > 0)
            page = number;
    }
    if (page == 0)
        page = named_root(db, message);
    return page > 0 ? page : 1;
}

int sb_verify_pages(sqlite3 *db, struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    char text[PAGE_TEXT];
    int got = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &st, NULL);
    if (got == SQLITE_OK)
        got = sqlite3_step(st);
    const char *said =
        got == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : "";
    if (said && strcmp(said, "ok") == 0) {
        sqlite3_finalize(st);
        return 0;
    }
    snprintf(text, sizeof text, "%s", said && *said ? said : sqlite3_errmsg(db));
    sqlite3_finalize(st);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    return sb_fail(err,
                   SB_E_JOURNAL_PAGE,
                   "page %ld of the journal's file is damaged (%s)",
                   page_of(db, text),
                   text);
}
