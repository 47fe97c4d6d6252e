/* Purpose: how many bytes of each stream stand in the journal.
 * Invariant: counts what is there: a pruned ciphertext counts no more.
 * Not: pages, indexes and leaves, which are nobody's. */
#include "broker/journal/reader_form.h"

_Static_assert(SB_CT_PLACES == 4, "the number in the statement below");

int sb_journal_use(struct sb_journal_reader *r,
                   uint64_t from,
                   sb_use_fn fn,
                   void *ctx,
                   struct sb_err *err)
{
    static const char sql[] =
        "SELECT s.name, u.bytes FROM (SELECT +e.stream AS id,"
        " sum(length(e.record) + length(e.items) + ifnull((SELECT sum(length(c.raw))"
        " FROM ct c WHERE c.id >= e.idx * 4 AND c.id < e.idx * 4 + 4), 0)) AS bytes"
        " FROM entry e WHERE e.idx >= ?1 AND +e.stream > 0 GROUP BY +e.stream) u"
        " JOIN stream s ON s.id = u.id";
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(r->db, &st, sql, err);
    if (rc == 0)
        sb_db_bind_int(st, 1, from);
    while (rc == 0 && (rc = sb_db_step(st, err)) == 1)
        rc = fn(ctx, sb_db_bytes(st, 0), sb_db_int(st, 1), err);
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}
