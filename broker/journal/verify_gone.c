/* Purpose: what explains a missing ciphertext, and whether it was allowed.
 * Invariant: only records that stand in the journal explain; an absence that none
 * explains is loss. Who may withdraw is judged with signatures, by the audit. */
#include "broker/journal/verify_form.h"

#include <stdlib.h>

/* One of kind prune; stream 0 has the prune records, the others have withdrawals. */
static const char list_sql[] =
    "SELECT e.idx, l.data, e.record"
    " FROM (SELECT 0 AS id UNION ALL SELECT id FROM stream) s"
    " JOIN entry e INDEXED BY entry_number ON e.stream = s.id AND e.kind = 10"
    " LEFT JOIN leaf l ON l.idx = e.idx ORDER BY e.idx";

_Static_assert(SB_KIND_PRUNE == 10, "the number in list_sql");

static int
add_withdrawn(struct sb_verify *v, const struct sb_withdraw *w, struct sb_err *err)
{
    size_t n = v->n_withdrawn;
    struct sb_verify_withdrawn *more = v->withdrawn;
    if ((n & (n - 1)) == 0) /* full: it grows by doubling */
        more = realloc(v->withdrawn, (n > 0 ? 2 * n : 1) * sizeof *more);
    struct sb_bytes name = sb_arena_dup(v->names, w->stream);
    if (more)
        v->withdrawn = more;
    if (!more || !name.p)
        return sb_fail(err, SB_E_MEMORY, "no memory for withdrawals");
    more[n] = (struct sb_verify_withdrawn){name, w->first_seq, w->last_seq};
    v->n_withdrawn++;
    return 0;
}

/* The entry is judged again in its place; here its record must be its leaf's. */
static int collect_one(struct sb_verify *v, sqlite3_stmt *st, struct sb_err *err)
{
    struct sb_entry leaf;
    struct sb_row row;
    struct sb_bytes record = sb_db_bytes(st, 2);
    sb_arena_reset(v->arena);
    int rc = sb_row_leaf(SB_KIND_PRUNE, sb_db_bytes(st, 1), record, &leaf, err);
    if (rc == 0)
        rc = sb_row_read(SB_KIND_PRUNE, record, v->arena, &row, err);
    if (rc == 0 && row.stream.n > 0)
        return add_withdrawn(v, &row.as.withdraw, err);
    if (rc == 0 && row.first > sb_db_int(st, 0))
        rc = sb_fail(err, SB_E_JOURNAL_ENTRY, "it prunes entries that come after it");
    if (rc == 0 && row.first > v->pruned_below)
        v->pruned_below = row.first;
    return rc;
}

static int by_place(const void *a, const void *b)
{
    const struct sb_verify_withdrawn *l = a;
    const struct sb_verify_withdrawn *r = b;
    int c = sb_bytes_cmp(l->stream, r->stream);
    return c != 0 ? c : (l->first > r->first) - (l->first < r->first);
}

/* Sorts, and joins what overlaps. */
static void join_withdrawn(struct sb_verify *v)
{
    struct sb_verify_withdrawn *list = v->withdrawn;
    size_t kept = 0;
    if (v->n_withdrawn == 0)
        return;
    qsort(list, v->n_withdrawn, sizeof *list, by_place);
    for (size_t i = 1; i < v->n_withdrawn; i++) {
        struct sb_verify_withdrawn *last = &list[kept];
        if (!sb_bytes_eq(list[i].stream, last->stream) || list[i].first > last->last)
            list[++kept] = list[i];
        else if (list[i].last > last->last)
            last->last = list[i].last;
    }
    v->n_withdrawn = kept + 1;
}

int sb_verify_collect(struct sb_verify *v, struct sb_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sb_db_prepare(v->db, &st, list_sql, err);
    while (rc == 0 && (rc = sb_db_step(st, err)) == 1) {
        rc = collect_one(v, st, err);
        if (rc != 0)
            rc = sb_verify_fault(sb_db_int(st, 0), SB_E_JOURNAL_ENTRY, err);
    }
    sqlite3_finalize(st);
    join_withdrawn(v);
    return rc;
}

bool sb_verify_is_withdrawn(const struct sb_verify *v,
                            struct sb_bytes stream,
                            uint64_t seq)
{
    size_t low = 0;
    size_t high = v->n_withdrawn;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sb_verify_withdrawn *w = &v->withdrawn[middle];
        int c = sb_bytes_cmp(w->stream, stream);
        if (c == 0 && w->first <= seq && seq <= w->last)
            return true;
        if (c < 0 || (c == 0 && w->last < seq))
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static int by_log(const struct sb_verify *v, struct sb_bytes bytes, struct sb_err *err)
{
    struct sb_record record;
    uint8_t id[SB_KEY_ID];
    int rc = sb_record_read(bytes, &record, err);
    for (size_t i = 0; rc == 0 && i < v->n_logs; i++) {
        struct sb_err why = {0};
        sb_key_id(id, sb_bytes_str(SB_USE_LOG), v->logs[i]);
        int found = sb_verify_record(&v->x, &record, id, v->logs[i], &why);
        if (found == 0)
            return 0;
        if (found == SB_E_MEMORY)
            return sb_fail(err, found, "%s", why.text);
    }
    return sb_fail(err,
                   SB_E_RETENTION,
                   "the prune record is not signed by a log key of the directories "
                   "before it");
}

/* When the entry before `below` was stored. */
static int
newest_of(struct sb_verify *v, uint64_t below, uint64_t *ms, struct sb_err *err)
{
    struct sb_entry leaf = {.stored_ms = 0};
    sqlite3_stmt *st = v->sql[SB_VERIFY_LEAF_AT];
    sb_db_bind_int(st, 1, below - 1);
    int rc = sb_db_step(st, err);
    if (rc == 1)
        rc = sb_entry_read(sb_db_bytes(st, 0), &leaf, err);
    else if (rc == 0)
        rc = sb_fail(err, SB_E_JOURNAL_ENTRY, "a leaf that it covers is missing");
    sqlite3_reset(st);
    if (rc == 0)
        *ms = leaf.stored_ms;
    return rc;
}

int sb_verify_prune(struct sb_verify *v,
                    const struct sb_row *row,
                    const struct sb_entry *leaf,
                    struct sb_bytes record,
                    struct sb_err *err)
{
    const struct sb_prune *p = &row->as.prune;
    uint64_t newest = 0;
    int rc = by_log(v, record, err);
    if (rc != 0)
        return rc;
    if (v->retention == 0)
        return sb_fail(err,
                       SB_E_RETENTION,
                       "the directory in force keeps ciphertexts for ever, and they "
                       "were pruned");
    if (p->before > leaf->stored_ms || v->retention > leaf->stored_ms - p->before)
        return sb_fail(err,
                       SB_E_RETENTION,
                       "ciphertexts were pruned before the time that the directory "
                       "in force keeps them");
    rc = newest_of(v, p->below, &newest, err);
    if (rc == 0 && newest >= p->before)
        rc = sb_fail(err,
                     SB_E_RETENTION,
                     "the prune record covers entry %llu, which was not stored before "
                     "its time",
                     (unsigned long long)(p->below - 1));
    return rc;
}
