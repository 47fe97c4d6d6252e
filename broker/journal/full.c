/* Purpose: a disk that is full: what was begun is taken back, and may be tried again.
 * Invariant: nothing of a transaction that failed so was ever durable. In a WAL the
 * last frame commits, and SQLite calls the disk full (SQLITE_FULL) only where it could
 * not write; a failed fsync, of which nobody knows what it kept, is another error and
 * stops the journal. Not here: finding room (broker/io/room.c). */
#include "broker/journal/journal_form.h"

int sb_journal_failed(struct sb_journal *j,
                      const struct sb_err *failure,
                      struct sb_err *err)
{
    if (err)
        *err = *failure;
    if (failure->code != SB_E_DISK_FULL)
        return sb_journal_stop(j, failure);
    if (!sqlite3_get_autocommit(j->db))
        (void)sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite3_get_autocommit(j->db) ? failure->code : sb_journal_stop(j, failure);
}

int sb_journal_reusable(struct sb_journal *j, uint64_t *bytes, struct sb_err *err)
{
    int64_t pages = 0;
    int rc = sb_journal_alive(j, err);
    if (rc == 0)
        rc = sb_db_number(j->db, "PRAGMA freelist_count", &pages, err);
    if (rc == 0)
        *bytes = (uint64_t)pages * SB_DB_PAGE;
    return rc;
}

int sb_journal_shrink(struct sb_journal *j, struct sb_err *err)
{
    struct sb_err failure = {0};
    int rc = sb_journal_alive(j, err);
    if (rc != 0)
        return rc;
    rc = sb_journal_cut(j, &failure);
    return rc == 0 ? 0 : sb_journal_failed(j, &failure, err);
}
