/* Purpose: the read-only connection, and what is read in whole: streams, all entries.
 * Invariant: nothing here writes, checkpoints or keeps a snapshot open after a call.
 * Not here: answers to the core (read.c). */
#include "broker/journal/reader_form.h"

#include <stdlib.h>

static const char *const sql_text[SB_READ_COUNT] = {
    [SB_READ_STREAM] = "SELECT e.idx, e.kind, l.data, e.record, e.items, e.reader"
                       " FROM entry e INDEXED BY entry_stream"
                       " LEFT JOIN leaf l ON l.idx = e.idx"
                       " WHERE e.stream = (SELECT id FROM stream WHERE name = ?)"
                       " AND e.idx >= ? AND e.idx < ? ORDER BY e.idx",
    [SB_READ_ENTRY] = "SELECT e.idx, e.kind, l.data, e.record, e.items, e.hash, e.last"
                      " FROM entry e LEFT JOIN leaf l ON l.idx = e.idx"
                      " WHERE e.idx = ?",
    [SB_READ_CT_SIZES] = "SELECT class, length(raw) FROM ct WHERE id >= ? AND id < ?",
    [SB_READ_CTS] = "SELECT class, raw FROM ct WHERE id >= ? AND id < ? ORDER BY id",
    [SB_READ_NUMBER] = "SELECT idx, hash FROM entry WHERE kind = ? AND first = ?"
                       " AND stream = ifnull((SELECT id FROM stream WHERE name = ?), 0)"
                       " ORDER BY idx LIMIT 1",
    [SB_READ_HOLDS] = "SELECT idx, hash, last FROM entry WHERE kind = 6"
                      " AND stream = (SELECT id FROM stream WHERE name = ?)"
                      " AND first <= ? ORDER BY first DESC LIMIT 1",
    [SB_READ_IN_FORCE] = "SELECT idx FROM entry WHERE kind = ?"
                         " AND stream = (SELECT id FROM stream WHERE name = ?)"
                         " AND idx < ? ORDER BY first DESC LIMIT 1",
    [SB_READ_STREAMS] = "SELECT s.name, s.claim_no, s.claim_hash, s.instance,"
                        " s.claim_index, s.last_seq, s.last_hash, s.last_index,"
                        " s.epoch_no, s.epoch_hash, s.epoch_index, e.record"
                        " FROM stream s LEFT JOIN entry e"
                        " ON s.epoch_no > 0 AND e.idx = s.epoch_index ORDER BY s.id",
    [SB_READ_WITHDRAWN] = "SELECT w.record, w.last FROM entry b"
                          " JOIN entry w INDEXED BY entry_number"
                          " ON w.stream = b.stream AND w.kind = 10"
                          " AND w.first <= b.last AND w.last >= b.first"
                          " WHERE b.idx = ? ORDER BY w.first",
    [SB_READ_LEAF] = "SELECT data, hash FROM leaf WHERE idx = ?",
    [SB_READ_NODE] = "SELECT hash FROM tree WHERE id = ?",
    [SB_READ_LAST_PRUNE] =
        ("SELECT record FROM entry INDEXED BY entry_number"
         " WHERE stream = 0 AND kind = 10 ORDER BY idx DESC LIMIT 1"),
    [SB_READ_SIZE] = "SELECT ifnull(max(idx) + 1, 0) FROM leaf",
};

_Static_assert(SB_KIND_PRUNE == 10, "the number in SB_READ_WITHDRAWN");

_Static_assert(SB_KIND_BATCH == 6, "the number in SB_READ_HOLDS");

int sb_journal_reader_open(struct sb_journal_reader **out,
                           const char *path,
                           struct sb_err *err)
{
    struct sb_journal_reader *r = calloc(1, sizeof *r);
    if (!r)
        return sb_fail(err, SB_E_MEMORY, "no memory for the journal's reader");
    int rc = sb_db_open_reader(&r->db, path, false, err);
    if (rc == 0)
        rc = sb_layout_check(r->db, err);
    for (int i = 0; i < SB_READ_COUNT && rc == 0; i++)
        rc = sb_db_prepare(r->db, &r->sql[i], sql_text[i], err);
    r->arena = sb_arena_new(0);
    if (rc == 0 && !r->arena)
        rc = sb_fail(err, SB_E_MEMORY, "no memory for the journal's reader");
    if (rc != 0) {
        sb_journal_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void sb_journal_reader_close(struct sb_journal_reader *r)
{
    if (!r)
        return;
    for (int i = 0; i < SB_READ_COUNT; i++)
        sqlite3_finalize(r->sql[i]);
    sqlite3_close(r->db);
    sb_arena_free(r->arena);
    free(r);
}

static int stream_row(sqlite3_stmt *st, struct sb_stream_state *s, struct sb_err *err)
{
    *s = (struct sb_stream_state){
        .stream = sb_db_bytes(st, 0),
        .claim_no = sb_db_int(st, 1),
        .claim_index = sb_db_int(st, 4),
        .last_seq = sb_db_int(st, 5),
        .last_index = sb_db_int(st, 7),
        .epoch_no = sb_db_int(st, 8),
        .epoch_index = sb_db_int(st, 10),
        .epoch = sb_db_bytes(st, 11),
    };
    int rc = sb_db_fixed(st, 2, s->claim_hash, SB_HASH, err);
    if (rc == 0)
        rc = sb_db_fixed(st, 3, s->instance, SB_INSTANCE, err);
    if (rc == 0)
        rc = sb_db_fixed(st, 6, s->last_hash, SB_HASH, err);
    if (rc == 0)
        rc = sb_db_fixed(st, 9, s->epoch_hash, SB_HASH, err);
    if (rc == 0 && s->epoch_no > 0 && s->epoch.n == 0)
        rc = sb_fail(err,
                     SB_E_DB_CORRUPT,
                     "the journal lost the epoch of %.*s at entry %llu",
                     SB_FMT(s->stream),
                     (unsigned long long)s->epoch_index);
    return rc;
}

int sb_journal_streams(struct sb_journal_reader *r,
                       sb_stream_fn fn,
                       void *ctx,
                       struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_STREAMS];
    int rc;
    while ((rc = sb_db_step(st, err)) == 1) {
        struct sb_stream_state state;
        rc = stream_row(st, &state, err);
        if (rc == 0)
            rc = fn(ctx, &state, err);
        if (rc != 0)
            break;
    }
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

int sb_reader_row(sqlite3_stmt *st, struct sb_stored_entry *out, struct sb_err *err)
{
    *out = (struct sb_stored_entry){
        .index = sb_db_int(st, 0),
        .kind = (enum sb_kind)sb_db_int(st, 1),
        .leaf = sb_db_bytes(st, 2),
        .record = sb_db_bytes(st, 3),
        .items = sb_db_bytes(st, 4),
    };
    if (out->leaf.n > 0 && out->record.n > 0 && sb_kind_text(out->kind))
        return 0;
    return sb_fail(err,
                   SB_E_DB_CORRUPT,
                   "entry %llu of the journal is damaged",
                   (unsigned long long)out->index);
}

/* Directories and catalogues have no stream, and an index finds them. */
static const char *each_sql(enum sb_kind kind)
{
    if (kind == SB_KIND_DIRECTORY || kind == SB_KIND_CATALOGUE)
        return "SELECT e.idx, e.kind, l.data, e.record, e.items"
               " FROM entry e INDEXED BY entry_number LEFT JOIN leaf l ON l.idx = e.idx"
               " WHERE e.stream = 0 AND e.kind = ?2 AND e.idx >= ?1 ORDER BY e.idx";
    return "SELECT e.idx, e.kind, l.data, e.record, e.items"
           " FROM entry e LEFT JOIN leaf l ON l.idx = e.idx"
           " WHERE e.idx >= ?1 AND (?2 = 0 OR e.kind = ?2) ORDER BY e.idx";
}

int sb_journal_each(struct sb_journal_reader *r,
                    uint64_t from,
                    enum sb_kind kind,
                    bool with_cts,
                    sb_entry_fn fn,
                    void *ctx,
                    struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(r->db, &st, each_sql(kind), err);
    if (rc != 0)
        return rc;
    sb_db_bind_int(st, 1, from);
    sb_db_bind_int(st, 2, (uint64_t)kind);
    while ((rc = sb_db_step(st, err)) == 1) {
        struct sb_stored_entry entry;
        rc = sb_reader_row(st, &entry, err);
        if (rc == 0 && with_cts && entry.kind == SB_KIND_BATCH) {
            sb_arena_reset(r->arena);
            rc = sb_reader_cts(r, NULL, r->arena, &entry, err);
            if (rc == 0)
                rc = sb_reader_withdrawals(r, r->arena, &entry, err);
        }
        if (rc == 0)
            rc = fn(ctx, &entry, err);
        if (rc != 0)
            break;
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}
