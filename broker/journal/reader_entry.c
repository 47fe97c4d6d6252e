/* Purpose: one entry with what stands beside it: ciphertexts, withdrawals, and where in
 * its stream it is found. */
#include "broker/journal/reader_form.h"

sqlite3_stmt *
sb_reader_holder(struct sb_journal_reader *r, struct sb_bytes stream, uint64_t seq)
{
    sqlite3_stmt *st = r->sql[SB_READ_HOLDS];
    sb_db_bind_text(st, 1, stream);
    sb_db_bind_int(st, 2, seq);
    return st;
}

int sb_reader_in_force(struct sb_journal_reader *r,
                       struct sb_bytes stream,
                       enum sb_kind kind,
                       uint64_t index,
                       uint64_t *out,
                       struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_IN_FORCE];
    sb_db_bind_int(st, 1, (uint64_t)kind);
    sb_db_bind_text(st, 2, stream);
    sb_db_bind_int(st, 3, index);
    int rc = sb_db_step(st, err);
    if (rc == 1) {
        *out = sb_db_int(st, 0);
        sqlite3_reset(st);
    }
    return rc;
}

static int copy_entry(struct sb_arena *arena,
                      const struct sb_stored_entry *row,
                      struct sb_stored_entry *out,
                      struct sb_err *err)
{
    struct sb_stored_entry e = {.index = row->index, .kind = row->kind};
    e.leaf = sb_arena_dup(arena, row->leaf);
    e.record = sb_arena_dup(arena, row->record);
    e.items = sb_arena_dup(arena, row->items);
    if (!e.leaf.p || !e.record.p || !e.items.p)
        return sb_fail(err, SB_E_MEMORY, "no memory for an entry");
    *out = e;
    return 0;
}

int sb_reader_entry(struct sb_journal_reader *r,
                    uint64_t index,
                    struct sb_arena *arena,
                    struct sb_stored_entry *out,
                    struct sb_err *err)
{
    struct sb_stored_entry row;
    sqlite3_stmt *st = r->sql[SB_READ_ENTRY];
    sb_db_bind_int(st, 1, index);
    int rc = sb_db_step(st, err);
    if (rc == 0)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "entry %llu of the journal is missing",
                       (unsigned long long)index);
    if (rc == 1)
        rc = sb_reader_row(st, &row, err);
    if (rc == 0)
        rc = copy_entry(arena, &row, out, err);
    sqlite3_reset(st);
    return rc;
}

#define FIXARRAY 0x90u /* msgpack: an array of up to 15 */
_Static_assert(SB_CLASSES < 16, "the head of a list of classes is one byte");

struct room { /* for the payload of all wanted classes: its head, then their lists */
    uint8_t *p;
    size_t n;
};

static int make_room(struct sb_journal_reader *r,
                     const struct sb_codes *classes,
                     struct sb_arena *arena,
                     struct sb_stored_entry *entry,
                     struct room *room,
                     struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_CT_SIZES];
    size_t n = 1;
    int rc;
    sb_db_bind_int(st, 1, entry->index * SB_CT_PLACES);
    sb_db_bind_int(st, 2, (entry->index + 1) * SB_CT_PLACES);
    while ((rc = sb_db_step(st, err)) == 1)
        if (!classes || sb_codes_has(classes, sb_db_bytes(st, 0)))
            n += (size_t)sb_db_int(st, 1);
    if (rc != 0)
        return rc;
    *room = (struct room){sb_arena_room(arena, n), n};
    entry->cts = sb_bytes(room->p, room->p ? 1 : 0);
    return room->p ? 0 : sb_fail(err, SB_E_MEMORY, "no memory for ciphertexts");
}

static int add_ct(sqlite3_stmt *st,
                  const struct sb_codes *classes,
                  struct sb_arena *arena,
                  struct sb_stored_entry *entry,
                  const struct room *room,
                  struct sb_err *err)
{
    struct sb_bytes name = sb_db_bytes(st, 0);
    struct sb_bytes list = sb_layout_ct(sb_db_bytes(st, 1));
    if (list.n == 0 || (classes && !sb_codes_has(classes, name)))
        return 0;
    if (entry->n_cts == SB_CLASSES || list.n > room->n - entry->cts.n)
        return sb_fail(err, SB_E_DB_CORRUPT, "an entry has too many ciphertexts");
    entry->ct_class[entry->n_cts] = sb_arena_dup(arena, name);
    if (!entry->ct_class[entry->n_cts].p)
        return sb_fail(err, SB_E_MEMORY, "no memory for ciphertexts");
    memcpy(room->p + entry->cts.n, list.p, list.n);
    entry->ct_raw[entry->n_cts++] = sb_bytes(room->p + entry->cts.n, list.n);
    entry->cts.n += list.n;
    room->p[0] = (uint8_t)(FIXARRAY | entry->n_cts);
    return 0;
}

int sb_reader_cts(struct sb_journal_reader *r,
                  const struct sb_codes *classes,
                  struct sb_arena *arena,
                  struct sb_stored_entry *entry,
                  struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_CTS];
    struct room room;
    int rc = make_room(r, classes, arena, entry, &room, err);
    if (rc != 0)
        return rc;
    sb_db_bind_int(st, 1, entry->index * SB_CT_PLACES);
    sb_db_bind_int(st, 2, (entry->index + 1) * SB_CT_PLACES);
    while ((rc = sb_db_step(st, err)) == 1) {
        rc = add_ct(st, classes, arena, entry, &room, err);
        if (rc != 0)
            break;
    }
    sqlite3_reset(st);
    if (entry->n_cts == 0)
        entry->cts = sb_bytes(NULL, 0);
    return rc;
}

/* Whether an event lacks a ciphertext. What was withdrawn does, since its record was
 * appended: so the records of a batch that is whole, of which a stream may have many,
 * need not be searched. */
static bool has_gap(const struct sb_stored_entry *entry)
{
    for (size_t c = 0; c < entry->n_cts; c++)
        if (!sb_cts_whole(entry->ct_raw[c]))
            return true;
    return entry->n_cts == 0;
}

/* Records that add nothing to those before them are left out: of many that overlap, few
 * tell the same. */
int sb_reader_withdrawals(struct sb_journal_reader *r,
                          struct sb_arena *arena,
                          struct sb_stored_entry *entry,
                          struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_WITHDRAWN];
    uint64_t covered = 0; /* up to this seq */
    int rc;
    if (!has_gap(entry))
        return 0;
    sb_db_bind_int(st, 1, entry->index);
    while ((rc = sb_db_step(st, err)) == 1) {
        if (sb_db_int(st, 1) <= covered)
            continue;
        if (!entry->withdrawals)
            entry->withdrawals =
                sb_arena_alloc(arena, SB_WITHDRAWALS_MAX, sizeof *entry->withdrawals);
        struct sb_bytes record = sb_arena_dup(arena, sb_db_bytes(st, 0));
        if (!entry->withdrawals || !record.p) {
            rc = sb_fail(err, SB_E_MEMORY, "no memory for withdrawals");
            break;
        }
        covered = sb_db_int(st, 1);
        entry->withdrawals[entry->n_withdrawals++] = record;
        if (entry->n_withdrawals == SB_WITHDRAWALS_MAX)
            break;
    }
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}
