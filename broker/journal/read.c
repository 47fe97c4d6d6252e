/* Purpose: answers to the core's effects: find a record, find a cursor, read a stream.
 * Invariant: only the answer's kind and union are written; `now_ms` and `mono_ms` of
 * the input belong to the caller. */
#include "broker/journal/reader_form.h"

#define FIRST_ENTRIES 64

int sb_journal_lookup(struct sb_journal_reader *r,
                      const struct sb_effect *lookup,
                      struct sb_input *found,
                      struct sb_err *err)
{
    bool batch = lookup->as.lookup.kind == SB_KIND_BATCH;
    uint64_t first = lookup->as.lookup.first;
    sqlite3_stmt *st = r->sql[SB_READ_NUMBER];
    if (batch) {
        st = sb_reader_holder(r, lookup->as.lookup.stream, first);
    } else {
        sb_db_bind_int(st, 1, (uint64_t)lookup->as.lookup.kind);
        sb_db_bind_int(st, 2, first);
        sb_db_bind_text(st, 3, lookup->as.lookup.stream);
    }
    int rc = sb_db_step(st, err);
    if (rc < 0)
        return rc;
    struct sb_input in = {.kind = SB_IN_FOUND};
    in.as.found.id = lookup->as.lookup.id;
    if (rc == 1 && (!batch || sb_db_int(st, 2) >= first)) {
        in.as.found.found = true;
        in.as.found.index = sb_db_int(st, 0);
        rc = sb_db_fixed(st, 1, in.as.found.hash, SB_HASH, err);
    }
    sqlite3_reset(st);
    if (rc < 0)
        return rc;
    found->kind = in.kind;
    found->as = in.as;
    return 0;
}

/* Claim and epoch that were in force when the batch at o.index was appended. */
static int fill_force(struct sb_journal_reader *r,
                      struct sb_bytes stream,
                      struct sb_arena *arena,
                      struct sb_input *in,
                      struct sb_err *err)
{
    uint64_t index = in->as.opened.index;
    uint64_t *claim = &in->as.opened.claim_index;
    uint64_t *epoch = &in->as.opened.epoch_index;
    struct sb_stored_entry entry = {0};
    int rc = sb_reader_in_force(r, stream, SB_KIND_CLAIM, index, claim, err);
    if (rc == 1)
        rc = sb_reader_in_force(r, stream, SB_KIND_EPOCH, index, epoch, err);
    if (rc == 0)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "the journal has no claim or epoch before the batch %llu",
                       (unsigned long long)index);
    if (rc == 1)
        rc = sb_reader_entry(r, *epoch, arena, &entry, err);
    in->as.opened.epoch = entry.record;
    return rc;
}

int sb_journal_cursor(struct sb_journal_reader *r,
                      const struct sb_effect *open,
                      struct sb_arena *arena,
                      struct sb_input *opened,
                      struct sb_err *err)
{
    struct sb_bytes stream = open->as.open.stream;
    uint64_t seq = open->as.open.seq;
    sqlite3_stmt *st = sb_reader_holder(r, stream, seq);
    struct sb_input in = {.kind = SB_IN_OPENED};
    in.as.opened.id = open->as.open.id;
    int rc = sb_db_step(st, err);
    if (rc == 1 && sb_db_int(st, 2) >= seq) {
        in.as.opened.found = true;
        in.as.opened.index = sb_db_int(st, 0);
        in.as.opened.last_seq = sb_db_int(st, 2);
        rc = sb_db_fixed(st, 1, in.as.opened.hash, SB_HASH, err);
    }
    sqlite3_reset(st);
    if (rc == 0 && in.as.opened.found)
        rc = fill_force(r, stream, arena, &in, err);
    if (rc < 0)
        return rc;
    opened->kind = in.kind;
    opened->as = in.as;
    return 0;
}

struct page { /* the entries of one answer */
    struct sb_stored_entry *entries;
    size_t n;
    size_t cap;
    uint64_t bytes;
};

static bool grow(struct page *page, struct sb_arena *arena)
{
    if (page->n < page->cap)
        return true;
    size_t cap = page->cap ? 2 * page->cap : FIRST_ENTRIES;
    struct sb_stored_entry *more = sb_arena_alloc(arena, cap, sizeof *more);
    if (!more)
        return false;
    if (page->n > 0)
        memcpy(more, page->entries, page->n * sizeof *more);
    page->entries = more;
    page->cap = cap;
    return true;
}

/* Bytes of an entry's payload frames, its wanted ciphertexts included. */
static int measure(struct sb_journal_reader *r,
                   const struct sb_stored_entry *entry,
                   const struct sb_codes *classes,
                   uint64_t *bytes,
                   struct sb_err *err)
{
    *bytes = entry->leaf.n + entry->record.n + entry->items.n;
    if (entry->kind != SB_KIND_BATCH || classes->n == 0)
        return 0;
    sqlite3_stmt *st = r->sql[SB_READ_CT_SIZES];
    int rc;
    sb_db_bind_int(st, 1, entry->index * SB_CT_PLACES);
    sb_db_bind_int(st, 2, (entry->index + 1) * SB_CT_PLACES);
    *bytes += 1; /* the list's head */
    while ((rc = sb_db_step(st, err)) == 1)
        if (sb_codes_has(classes, sb_db_bytes(st, 0)))
            *bytes += sb_db_int(st, 1);
    return rc;
}

static int keep(struct sb_journal_reader *r,
                const struct sb_codes *classes,
                struct sb_arena *arena,
                struct page *page,
                const struct sb_stored_entry *row,
                struct sb_err *err)
{
    struct sb_stored_entry e = *row;
    e.leaf = sb_arena_dup(arena, row->leaf);
    e.record = sb_arena_dup(arena, row->record);
    e.items = sb_arena_dup(arena, row->items);
    if (!grow(page, arena) || !e.leaf.p || !e.record.p || !e.items.p)
        return sb_fail(err, SB_E_MEMORY, "no memory for a stream's entries");
    int rc = 0;
    if (e.kind == SB_KIND_BATCH && classes->n > 0)
        rc = sb_reader_cts(r, classes, arena, &e, err);
    if (rc == 0 && e.kind == SB_KIND_BATCH)
        rc = sb_reader_withdrawals(r, arena, &e, err);
    if (rc == 0)
        page->entries[page->n++] = e;
    return rc;
}

static bool
is_wanted(sqlite3_stmt *st, const struct sb_stored_entry *entry, struct sb_bytes reader)
{
    if (entry->kind == SB_KIND_REGRANT)
        return sb_bytes_eq(sb_db_bytes(st, 5), reader);
    return true;
}

/* 0: kept or not wanted; 1: the page is full, and the entry was left out. */
static int take(struct sb_journal_reader *r,
                const struct sb_effect *read,
                struct sb_arena *arena,
                struct page *page,
                struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_STREAM];
    const struct sb_codes *classes = &read->as.read.classes;
    struct sb_stored_entry entry;
    uint64_t bytes = 0;
    int rc = sb_reader_row(st, &entry, err);
    if (rc != 0 || !is_wanted(st, &entry, read->as.read.reader))
        return rc;
    rc = measure(r, &entry, classes, &bytes, err);
    if (rc != 0)
        return rc;
    if (page->n > 0 && (page->n >= read->as.read.max_entries ||
                        page->bytes + bytes > read->as.read.max_bytes))
        return 1;
    page->bytes += bytes;
    return keep(r, classes, arena, page, &entry, err);
}

int sb_journal_read(struct sb_journal_reader *r,
                    const struct sb_effect *read,
                    struct sb_arena *arena,
                    struct sb_input *entries,
                    struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_STREAM];
    uint64_t below = read->as.read.below;
    struct page page = {0};
    uint64_t through = below > 0 ? below - 1 : 0;
    int rc;
    sb_db_bind_text(st, 1, read->as.read.stream);
    sb_db_bind_int(st, 2, read->as.read.from);
    sb_db_bind_int(st, 3, below);
    while ((rc = sb_db_step(st, err)) == 1) {
        uint64_t index = sb_db_int(st, 0);
        rc = take(r, read, arena, &page, err);
        if (rc == 1)
            through = index - 1; /* `from` or a kept entry is below it */
        if (rc != 0)
            break;
    }
    sqlite3_reset(st);
    if (rc < 0)
        return rc;
    struct sb_input in = {.kind = SB_IN_READ};
    in.as.read.id = read->as.read.id;
    in.as.read.entries = page.entries;
    in.as.read.n = page.n;
    in.as.read.through = through;
    entries->kind = in.kind;
    entries->as = in.as;
    return 0;
}
