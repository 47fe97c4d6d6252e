/* Purpose: what the journal says of itself: its notes, its newest prune record, and
 * which entry was the first at a time. */
#include "broker/journal/reader_form.h"
#include "schemas/record/entry.h"

int sb_journal_notes(struct sb_journal_reader *r,
                     sb_note_fn fn,
                     void *ctx,
                     struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(
        r->db, &st, "SELECT size, note FROM checkpoint ORDER BY size DESC", err);
    while (rc == 0 && (rc = sb_db_step(st, err)) == 1)
        rc = fn(ctx, sb_db_int(st, 0), sb_db_bytes(st, 1), err);
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

int sb_journal_last_prune(struct sb_journal_reader *r,
                          struct sb_buf *record,
                          struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_LAST_PRUNE];
    int rc = sb_db_step(st, err);
    if (rc <= 0)
        return rc;
    struct sb_bytes bytes = sb_db_bytes(st, 0);
    sb_buf_put(record, bytes.p, bytes.n);
    sqlite3_reset(st);
    return sb_buf_check(record, err);
}

static int
stored_at(struct sb_journal_reader *r, uint64_t index, uint64_t *ms, struct sb_err *err)
{
    struct sb_entry entry = {.stored_ms = 0};
    sqlite3_stmt *st = r->sql[SB_READ_LEAF];
    sb_db_bind_int(st, 1, index);
    int rc = sb_db_step(st, err);
    if (rc < 0)
        return rc;
    if (rc == 0 || sb_entry_read(sb_db_bytes(st, 0), &entry, err) != 0)
        rc = sb_fail(err,
                     SB_E_DB_CORRUPT,
                     "the leaf of entry %llu is missing or damaged",
                     (unsigned long long)index);
    else
        rc = 0;
    sqlite3_reset(st);
    if (rc == 0)
        *ms = entry.stored_ms;
    return rc;
}

/* Times never fall: halves the range that holds the first such entry. */
int sb_journal_index_at(struct sb_journal_reader *r,
                        uint64_t ms,
                        uint64_t *index,
                        struct sb_err *err)
{
    uint64_t low = 0;
    uint64_t high = 0;
    int rc = sb_journal_reader_size(r, &high, err);
    while (rc == 0 && low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t at = 0;
        rc = stored_at(r, middle, &at, err);
        if (at < ms)
            low = middle + 1;
        else
            high = middle;
    }
    if (rc == 0)
        *index = low;
    return rc;
}
