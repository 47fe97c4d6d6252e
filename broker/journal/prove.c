/* Purpose: paths in the journal's tree, and the batch of one event with all that a
 * proof of it needs. Invariant: one answer is of one snapshot; only O(log n) rows are
 * read for a path. */
#include "broker/journal/reader_form.h"

static int begin(struct sb_journal_reader *r, struct sb_err *err)
{
    return sb_db_exec(r->db, "BEGIN", err);
}

/* Ends the snapshot; a failure before it goes on. */
static int end(struct sb_journal_reader *r, int rc, struct sb_err *err)
{
    int ended = sb_db_exec(r->db, "COMMIT", rc == 0 ? err : NULL);
    return rc != 0 ? rc : ended;
}

int sb_journal_node(void *reader,
                    unsigned level,
                    uint64_t pos,
                    uint8_t out[SB_HASH],
                    struct sb_err *err)
{
    struct sb_journal_reader *r = reader;
    sqlite3_stmt *st = r->sql[level == 0 ? SB_READ_LEAF : SB_READ_NODE];
    uint64_t id = level == 0 ? pos : ((2 * pos + 1) << level) - 1;
    sb_db_bind_int(st, 1, id);
    int rc = sb_db_step(st, err);
    if (rc == 0)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "the journal's tree has no node %llu at level %u",
                       (unsigned long long)pos,
                       level);
    if (rc == 1)
        rc = sb_db_fixed(st, level == 0 ? 1 : 0, out, SB_HASH, err);
    sqlite3_reset(st);
    return rc;
}

int sb_journal_reader_size(struct sb_journal_reader *r,
                           uint64_t *size,
                           struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_SIZE];
    int rc = sb_db_step(st, err);
    if (rc == 1)
        *size = sb_db_int(st, 0);
    sqlite3_reset(st);
    return rc < 0 ? rc : 0;
}

static int check_size(struct sb_journal_reader *r, uint64_t size, struct sb_err *err)
{
    uint64_t have = 0;
    int rc = sb_journal_reader_size(r, &have, err);
    if (rc == 0 && size > have)
        rc = sb_fail(err,
                     SB_E_RANGE,
                     "a proof in a tree of %llu entries: the journal has %llu",
                     (unsigned long long)size,
                     (unsigned long long)have);
    return rc;
}

static int copy_leaf(struct sb_journal_reader *r,
                     uint64_t index,
                     struct sb_arena *arena,
                     struct sb_bytes *out,
                     struct sb_err *err)
{
    sqlite3_stmt *st = r->sql[SB_READ_LEAF];
    sb_db_bind_int(st, 1, index);
    int rc = sb_db_step(st, err);
    if (rc == 0)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "the leaf of entry %llu is missing",
                       (unsigned long long)index);
    if (rc < 0)
        return rc;
    *out = sb_arena_dup(arena, sb_db_bytes(st, 0));
    sqlite3_reset(st);
    return out->p ? 0 : sb_fail(err, SB_E_MEMORY, "no memory for a leaf");
}

static int prove_entries(struct sb_journal_reader *r,
                         const struct sb_effect *prove,
                         struct sb_arena *arena,
                         struct sb_input *in,
                         struct sb_err *err)
{
    size_t n = prove->as.prove.n;
    struct sb_path *paths = sb_arena_alloc(arena, n, sizeof *paths);
    struct sb_bytes *leaves = sb_arena_alloc(arena, n, sizeof *leaves);
    if (n > 0 && (!paths || !leaves))
        return sb_fail(err, SB_E_MEMORY, "no memory for proofs");
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        uint64_t index = prove->as.prove.indices[i];
        rc = sb_proof_inclusion(
            index, prove->as.prove.size, sb_journal_node, r, &paths[i], err);
        if (rc == 0)
            rc = copy_leaf(r, index, arena, &leaves[i], err);
    }
    in->as.proved.paths = paths;
    in->as.proved.leaves = leaves;
    in->as.proved.n = n;
    return rc;
}

static int prove_all(struct sb_journal_reader *r,
                     const struct sb_effect *prove,
                     struct sb_arena *arena,
                     struct sb_input *in,
                     struct sb_err *err)
{
    uint64_t seen = prove->as.prove.seen;
    uint64_t size = prove->as.prove.size;
    int rc = check_size(r, size, err);
    if (rc == 0 && seen > 0)
        rc = sb_proof_consistency(
            seen, size, sb_journal_node, r, &in->as.proved.consistency, err);
    if (rc == 0 && seen > 0)
        rc = sb_proof_root(seen, sb_journal_node, r, in->as.proved.seen_root, err);
    return rc == 0 ? prove_entries(r, prove, arena, in, err) : rc;
}

int sb_journal_prove(struct sb_journal_reader *r,
                     const struct sb_effect *prove,
                     struct sb_arena *arena,
                     struct sb_input *proved,
                     struct sb_err *err)
{
    struct sb_input in = {.kind = SB_IN_PROVED};
    in.as.proved.id = prove->as.prove.id;
    int rc = begin(r, err);
    if (rc == 0)
        rc = end(r, prove_all(r, prove, arena, &in, err), err);
    if (rc != 0)
        return rc;
    proved->kind = in.kind;
    proved->as = in.as;
    return 0;
}

/* The batch at `index` and its epoch, with their paths. */
static int fill_fetched(struct sb_journal_reader *r,
                        const struct sb_effect *fetch,
                        uint64_t index,
                        struct sb_arena *arena,
                        struct sb_input *in,
                        struct sb_err *err)
{
    const struct sb_codes *classes = &fetch->as.fetch.classes;
    uint64_t size = fetch->as.fetch.size;
    uint64_t epoch = 0;
    struct sb_stored_entry *batch = &in->as.fetched.batch;
    int rc = sb_reader_entry(r, index, arena, batch, err);
    if (rc == 0 && classes->n > 0)
        rc = sb_reader_cts(r, classes, arena, batch, err);
    if (rc == 0)
        rc = sb_reader_withdrawals(r, arena, batch, err);
    if (rc == 0)
        rc = sb_proof_inclusion(
            index, size, sb_journal_node, r, &in->as.fetched.path, err);
    if (rc != 0)
        return rc;
    rc = sb_reader_in_force(
        r, fetch->as.fetch.stream, SB_KIND_EPOCH, index, &epoch, err);
    if (rc == 0)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "the journal has no epoch before the batch %llu",
                       (unsigned long long)index);
    if (rc == 1)
        rc = sb_reader_entry(r, epoch, arena, &in->as.fetched.epoch, err);
    if (rc == 0)
        rc = sb_proof_inclusion(
            epoch, size, sb_journal_node, r, &in->as.fetched.epoch_path, err);
    in->as.fetched.found = true;
    return rc;
}

static int fetch_one(struct sb_journal_reader *r,
                     const struct sb_effect *fetch,
                     struct sb_arena *arena,
                     struct sb_input *in,
                     struct sb_err *err)
{
    uint64_t seq = fetch->as.fetch.seq;
    int rc = check_size(r, fetch->as.fetch.size, err);
    if (rc != 0)
        return rc;
    sqlite3_stmt *st = sb_reader_holder(r, fetch->as.fetch.stream, seq);
    rc = sb_db_step(st, err);
    if (rc <= 0)
        return rc;
    uint64_t index = sb_db_int(st, 0);
    bool holds = sb_db_int(st, 2) >= seq && index < fetch->as.fetch.size;
    sqlite3_reset(st);
    return holds ? fill_fetched(r, fetch, index, arena, in, err) : 0;
}

int sb_journal_fetch(struct sb_journal_reader *r,
                     const struct sb_effect *fetch,
                     struct sb_arena *arena,
                     struct sb_input *fetched,
                     struct sb_err *err)
{
    struct sb_input in = {.kind = SB_IN_FETCHED};
    in.as.fetched.id = fetch->as.fetch.id;
    int rc = begin(r, err);
    if (rc == 0)
        rc = end(r, fetch_one(r, fetch, arena, &in, err), err);
    if (rc != 0)
        return rc;
    fetched->kind = in.kind;
    fetched->as = in.as;
    return 0;
}
