/* Purpose: one entry against its leaf, its record, its columns and what came before.
 * Invariant: state moves only by entries that were found good.
 * Not a judge of signatures: an auditor's bundle is checked against a directory. */
#include "broker/journal/tree_rows.h"
#include "broker/journal/verify_form.h"

#include <stdlib.h>

int sb_verify_fault(uint64_t index, int code, struct sb_err *err)
{
    struct sb_err why = *err;
    if (why.code == SB_E_DB_CORRUPT || why.code == SB_E_MEMORY || why.code == SB_E_IO)
        return why.code;
    if (why.code == SB_E_JOURNAL_CT || why.code == SB_E_JOURNAL_TREE ||
        why.code == SB_E_RETENTION || why.code == SB_E_WITHDRAWN)
        code = why.code;
    return sb_fail(
        err, code, "entry %llu: %.400s", (unsigned long long)index, why.text);
}

static int fault(struct sb_err *err, const char *what)
{
    return sb_fail(err, SB_E_JOURNAL_ENTRY, "%s", what);
}

bool sb_verify_types(sqlite3_stmt *st, const char *types)
{
    for (int c = 0; types[c]; c++) {
        int type = sqlite3_column_type(st, c);
        int want = types[c] == 'i'   ? SQLITE_INTEGER
                   : types[c] == 'b' ? SQLITE_BLOB
                                     : SQLITE_TEXT;
        if (type != want)
            return false;
    }
    return true;
}

static int
take_log_key(struct sb_verify *v, const uint8_t pk[SB_PK], struct sb_err *err)
{
    for (size_t i = 0; i < v->n_logs; i++)
        if (memcmp(v->logs[i], pk, SB_PK) == 0)
            return 0;
    uint8_t(*logs)[SB_PK] = realloc(v->logs, (v->n_logs + 1) * sizeof *logs);
    if (!logs)
        return sb_fail(err, SB_E_MEMORY, "no memory for the log's keys");
    v->logs = logs;
    memcpy(logs[v->n_logs++], pk, SB_PK);
    return 0;
}

/* A later generation's journal begins with the directories of those before it: the
 * newest one says whose journal this is. */
static void take_generation(struct sb_verify *v, const struct sb_directory *d)
{
    v->generation = d->generation;
    sb_checkpoint_origin(v->origin, d->exchange, d->generation);
}

static int
take_directory(struct sb_verify *v, const struct sb_row *row, struct sb_err *err)
{
    const struct sb_directory *d = &row->as.directory;
    if (v->directory == 0) {
        sb_exchange_id(&v->x, d->exchange, d->nonce);
    } else if (d->version != v->directory + 1 ||
               memcmp(d->prev_hash, v->directory_hash, SB_HASH) != 0) {
        return fault(err, "the directory does not follow the one before");
    }
    take_generation(v, d);
    v->directory = d->version;
    v->retention = d->retention;
    memcpy(v->directory_hash, row->hash, SB_HASH);
    return take_log_key(v, d->log_pk, err);
}

static int take_claim(struct sb_verify *v,
                      struct sb_verify_stream *s,
                      const struct sb_row *row,
                      struct sb_err *err)
{
    const struct sb_claim *c = &row->as.claim;
    bool first = s->claim_no == 0 && v->generation > 1; /* sets the stream's numbers */
    bool placed = s->last_seq > 0 || v->generation <= 1;
    if (!first && c->claim_no != s->claim_no + 1)
        return fault(err, "the claim's number does not follow its stream's last");
    if (placed && (c->last_seq != s->last_seq ||
                   memcmp(c->last_hash, s->last_hash, SB_HASH) != 0))
        return fault(err, "the claim does not stand at its stream's end");
    s->claim_no = c->claim_no;
    s->claim_index = v->index;
    memcpy(s->claim_hash, row->hash, SB_HASH);
    memcpy(s->instance, c->instance, SB_INSTANCE);
    return 0;
}

/* The epoch stays decoded: every batch under it is compared with it. */
static int take_epoch(struct sb_verify *v,
                      struct sb_verify_stream *s,
                      const struct sb_row *row,
                      struct sb_err *err)
{
    const struct sb_epoch_core *core = &row->as.epoch.core;
    bool first = s->epoch_no == 0 && v->generation > 1;
    if (core->claim_no != s->claim_no || s->claim_no == 0)
        return fault(err, "the epoch is not under its stream's newest claim");
    if (!first && core->epoch_no != s->epoch_no + 1)
        return fault(err, "the epoch's number does not follow its stream's last");
    s->epoch_no = core->epoch_no;
    s->epoch_index = v->index;
    memcpy(s->epoch_hash, row->hash, SB_HASH);
    if (!s->arena)
        s->arena = sb_arena_new(0);
    if (!s->arena)
        return sb_fail(err, SB_E_MEMORY, "no memory for an epoch");
    sb_arena_reset(s->arena);
    struct sb_bytes body = sb_arena_dup(s->arena, row->body);
    if (!body.p)
        return sb_fail(err, SB_E_MEMORY, "no memory for an epoch");
    return sb_epoch_read(body, s->arena, &s->epoch, err);
}

static int take_batch(struct sb_verify *v,
                      struct sb_verify_stream *s,
                      const struct sb_row *row,
                      struct sb_bytes items,
                      struct sb_err *err)
{
    const struct sb_batch *b = &row->as.batch;
    bool first = s->last_seq == 0 && v->generation > 1;
    if (b->claim_no != s->claim_no || s->claim_no == 0)
        return fault(err, "the batch is not under its stream's newest claim");
    if (s->epoch_no == 0 || memcmp(b->epoch_hash, s->epoch_hash, SB_HASH) != 0)
        return fault(err, "the batch is not under its stream's newest epoch");
    if (!first && (b->first_seq != s->last_seq + 1 ||
                   memcmp(b->prev, s->last_hash, SB_HASH) != 0))
        return fault(err, "the batch does not follow its stream's last");
    int rc = sb_verify_batch(v, b, &s->epoch, items, err);
    if (rc != 0)
        return rc;
    s->last_seq = row->last;
    s->last_index = v->index;
    memcpy(s->last_hash, row->hash, SB_HASH);
    v->facts.batches++;
    v->facts.events += b->count;
    return 0;
}

static bool add_stream(struct sb_verify *v, struct sb_bytes name)
{
    size_t n = v->n_streams;
    struct sb_verify_stream *more = realloc(v->streams, (n + 1) * sizeof *more);
    if (!more)
        return false;
    v->streams = more;
    more[n] = (struct sb_verify_stream){.name = sb_arena_dup(v->names, name)};
    v->n_streams += more[n].name.p != NULL;
    return more[n].name.p != NULL;
}

/* The stream of row `id`; rows are numbered in the order of their first entries. NULL:
 * the cause is in err. */
static struct sb_verify_stream *
find_stream(struct sb_verify *v, uint64_t id, struct sb_bytes name, struct sb_err *err)
{
    if (id == v->n_streams + 1 && !add_stream(v, name)) {
        sb_fail(err, SB_E_MEMORY, "no memory for streams");
        return NULL;
    }
    if (id > 0 && id <= v->n_streams && sb_bytes_eq(v->streams[id - 1].name, name))
        return &v->streams[id - 1];
    fault(err, "it stands under another stream than its record says");
    return NULL;
}

static int take_streamed(struct sb_verify *v,
                         const struct sb_row *row,
                         uint64_t id,
                         struct sb_bytes items,
                         struct sb_err *err)
{
    struct sb_verify_stream *s = find_stream(v, id, row->stream, err);
    if (!s)
        return err->code;
    if (row->kind == SB_KIND_CLAIM)
        return take_claim(v, s, row, err);
    if (row->kind == SB_KIND_EPOCH)
        return take_epoch(v, s, row, err);
    if (row->kind == SB_KIND_BATCH)
        return take_batch(v, s, row, items, err);
    if (row->kind == SB_KIND_PRUNE)
        return row->last <= s->last_seq
                   ? 0
                   : fault(err, "it withdraws events that come after it");
    if (s->claim_no == 0)
        return fault(err, "the re-grant's stream has no claim");
    return 0;
}

static int check_columns(sqlite3_stmt *st, const struct sb_row *row, struct sb_err *err)
{
    if (!sb_verify_types(st, "iiiiibtbb"))
        return fault(err, "a column has another type");
    if (sb_db_int(st, 3) != row->first || sb_db_int(st, 4) != row->last)
        return fault(err, "its numbers are not its record's");
    if (!sb_bytes_eq(sb_db_bytes(st, 5), sb_bytes(row->hash, SB_HASH)))
        return fault(err, "its hash is not its record's");
    if (!sb_bytes_eq(sb_db_bytes(st, 6), row->reader))
        return fault(err, "its reader is not its record's");
    if (row->stream.n == 0 && sb_db_int(st, 2) != 0)
        return fault(err, "its kind has no stream");
    if (row->kind != SB_KIND_BATCH && sb_db_bytes(st, 8).n > 0)
        return fault(err, "its kind has no items");
    return 0;
}

static int
check_leaf(struct sb_verify *v, const struct sb_entry *leaf, struct sb_err *err)
{
    if (!sb_verify_types(v->sql[SB_VERIFY_LEAF], "ibb"))
        return fault(err, "a column of its leaf has another type");
    if (leaf->stored_ms < v->stored_ms)
        return fault(err, "it was stored before the entry before it");
    if (leaf->directory_version != v->directory)
        return fault(err, "its leaf data names a directory that was not in force");
    v->stored_ms = leaf->stored_ms;
    return 0;
}

static int check_entry(struct sb_verify *v, struct sb_bytes data, struct sb_err *err)
{
    sqlite3_stmt *st = v->sql[SB_VERIFY_ENTRY];
    enum sb_kind kind = (enum sb_kind)sb_db_int(st, 1);
    struct sb_bytes record = sb_db_bytes(st, 7);
    struct sb_entry leaf;
    struct sb_row row;
    sb_arena_reset(v->arena);
    int rc = sb_row_leaf(kind, data, record, &leaf, err);
    if (rc == 0)
        rc = sb_row_read(kind, record, v->arena, &row, err);
    if (rc == 0)
        rc = check_columns(st, &row, err);
    if (rc == 0 && kind == SB_KIND_DIRECTORY)
        rc = take_directory(v, &row, err);
    if (rc == 0 && v->directory == 0)
        rc = fault(err, "no directory comes before it");
    if (rc == 0)
        rc = check_leaf(v, &leaf, err);
    if (rc == 0 && row.stream.n > 0)
        rc = take_streamed(v, &row, sb_db_int(st, 2), sb_db_bytes(st, 8), err);
    if (rc == 0 && kind == SB_KIND_PRUNE && row.stream.n == 0)
        rc = sb_verify_prune(v, &row, &leaf, record, err);
    if (rc == 0)
        rc = sb_verify_no_cts(v, err);
    return rc;
}

static int check_tree(struct sb_verify *v, struct sb_bytes data, struct sb_err *err)
{
    struct sb_tree_row rows[SB_TREE_LEVELS];
    uint8_t hash[SB_HASH];
    sqlite3_stmt *st = v->sql[SB_VERIFY_TREE];
    sb_tree_leaf(hash, data);
    if (!sb_bytes_eq(sb_db_bytes(v->sql[SB_VERIFY_LEAF], 2), sb_bytes(hash, SB_HASH)))
        return sb_fail(err, SB_E_JOURNAL_TREE, "its leaf hash is not its leaf data's");
    size_t n = sb_tree_grow(&v->tree, hash, rows);
    for (size_t i = 0; i < n; i++) {
        sb_db_bind_int(st, 1, rows[i].id);
        int rc = sb_db_step(st, err);
        if (rc < 0)
            return rc;
        bool good = rc == 1 && sb_verify_types(st, "b") &&
                    sb_bytes_eq(sb_db_bytes(st, 0), sb_bytes(rows[i].hash, SB_HASH));
        sqlite3_reset(st);
        if (!good)
            return sb_fail(err,
                           SB_E_JOURNAL_TREE,
                           "the tree's row %llu, over %llu entries up to this one, is "
                           "not theirs",
                           (unsigned long long)rows[i].id,
                           2ull << i);
    }
    return 0;
}

int sb_verify_entry(struct sb_verify *v, struct sb_err *err)
{
    struct sb_bytes data = sb_db_bytes(v->sql[SB_VERIFY_LEAF], 1);
    int rc = check_entry(v, data, err);
    if (rc == 0)
        rc = check_tree(v, data, err);
    return rc == 0 ? 0 : sb_verify_fault(v->index, SB_E_JOURNAL_ENTRY, err);
}
