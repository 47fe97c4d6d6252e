/* Resealing after STALE_EPOCH: FORMATS, "Batch".
 *
 * Plaintexts and seqs stay; claim, epoch, keys, hashes and signatures are new. Nothing
 * of it was stored, so that no reader has seen the old form. */
#include "adapters/engine/stream.h"

#include "adapters/engine/adopt.h"

#define EPOCHS 64u

struct kept { /* an epoch under which something not stored was sealed */
    uint64_t number;
    struct sb_arena *arena;
    struct sb_secrets *secrets;
};

struct reseal {
    struct sb_stream *s;
    struct kept kept[EPOCHS];
    size_t n;
};

static int
keep_epoch(struct reseal *r, uint64_t number, struct kept **out, struct sb_err *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->kept[i].number == number) {
            *out = &r->kept[i];
            return 0;
        }
    if (r->n == EPOCHS)
        return sb_fail(err, SB_E_LIMIT, "%s: too many epochs not stored", r->s->name);
    struct kept *k = &r->kept[r->n++];
    *k = (struct kept){.number = number, .arena = sb_arena_new(0)};
    if (!k->arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct sb_outbox_record row;
    struct sb_buf raw = {0};
    struct sb_record record = {0};
    struct sb_epoch epoch;
    struct sb_env *env = r->s->env;
    int rc = sb_outbox_epoch(env->state, r->s->row.id, number, &row, &raw, err);
    if (!rc)
        rc = sb_record_read(sb_buf_bytes(&raw), &record, err);
    if (!rc)
        rc = sb_epoch_read(record.body, k->arena, &epoch, err);
    if (!rc)
        rc = sb_epoch_open(env->vault, &epoch, env->institution, &k->secrets, err);
    sb_buf_free(&raw);
    *out = k;
    return rc;
}

/* Every epoch of the batches not stored, before the outbox forgets them. */
static int keep_epochs(struct reseal *r, struct sb_err *err)
{
    struct sb_env *env = r->s->env;
    sqlite3_stmt *row = NULL;
    uint64_t numbers[EPOCHS];
    size_t n = 0;
    int rc = sb_sql_start(env->state,
                          &row,
                          err,
                          "SELECT DISTINCT epoch_no FROM batch"
                          " WHERE stream = ? AND stored = 0",
                          "i",
                          r->s->row.id);
    while (!rc && (rc = sb_sql_row(env->state, row, err)) == 1) {
        rc = n < EPOCHS ? 0 : sb_fail(err, SB_E_LIMIT, "too many epochs not stored");
        if (!rc)
            numbers[n++] = sb_sql_uint(row, 0);
    }
    sb_sql_end(row);
    for (size_t i = 0; !rc && i < n; i++) {
        struct kept *k = NULL;
        rc = keep_epoch(r, numbers[i], &k, err);
    }
    return rc;
}

static int open_event(const struct sb_secrets *secrets,
                      struct sb_bytes bytes,
                      const struct sb_cts *cts,
                      size_t i,
                      struct sb_arena *arena,
                      struct sb_sections *out,
                      struct sb_err *err)
{
    struct sb_item item;
    struct sb_buf plain = {0};
    int rc = sb_item_read(bytes, &item, err);
    for (size_t c = 0; !rc && c < item.event.n_classes; c++) {
        enum sb_class cls;
        if (!sb_class_parse(item.event.classes[c].name, &cls) || c >= cts->n)
            rc = sb_fail(err, SB_E_DB_CORRUPT, "the outbox holds an unknown class");
        sb_buf_reset(&plain);
        if (!rc)
            rc = sb_event_open(secrets, &item, c, cts->classes[c].cts[i], &plain, err);
        if (rc)
            break;
        out->plain[cls] = sb_arena_dup(arena, sb_buf_bytes(&plain));
        if (!out->plain[cls].p)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&plain);
    return rc;
}

static int open_batch(struct reseal *r,
                      const struct sb_outbox_batch *b,
                      struct sb_arena *arena,
                      struct sb_sections **events,
                      size_t *n,
                      struct sb_err *err)
{
    struct kept *k = NULL;
    struct sb_bytes *items = NULL;
    struct sb_cts cts;
    int rc = keep_epoch(r, b->epoch_no, &k, err);
    if (!rc)
        rc = sb_items_read(b->items, arena, &items, n, err);
    if (!rc)
        rc = sb_cts_read(b->cts, arena, &cts, err);
    if (rc)
        return rc;
    *events = sb_arena_alloc(arena, *n, sizeof **events);
    if (!*events)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < *n; i++)
        rc = open_event(k->secrets, items[i], &cts, i, arena, &(*events)[i], err);
    return rc;
}

/* One batch: the old row goes, the new one comes. */
static int
again(struct reseal *r, int64_t first_seq, uint64_t now_ms, struct sb_err *err)
{
    struct sb_stream *s = r->s;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_outbox_batch b;
    struct sb_sections *events = NULL;
    size_t n = 0;
    int rc = arena
                 ? sb_outbox_batch(s->env->state, s->row.id, first_seq, arena, &b, err)
                 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = open_batch(r, &b, arena, &events, &n, err);
    if (!rc)
        rc = sb_sql_do(s->env->state,
                       err,
                       "DELETE FROM batch WHERE stream = ? AND first_seq = ?",
                       "ii",
                       s->row.id,
                       first_seq);
    if (!rc)
        rc = sb_stream_seal_batch(s, events, n, b.mapping, now_ms, err);
    sb_arena_free(arena);
    return rc;
}

/* First seqs of what is not stored, in order. */
static int not_stored(struct sb_stream *s,
                      struct sb_arena *arena,
                      int64_t **out,
                      size_t *n,
                      struct sb_err *err)
{
    uint64_t count = 0;
    int rc = sb_sql_number(s->env->state,
                           &count,
                           0,
                           err,
                           "SELECT count(*) FROM batch WHERE stream = ? AND stored = 0",
                           "i",
                           s->row.id);
    int64_t *seqs = rc ? NULL : sb_arena_alloc(arena, count + 1, sizeof *seqs);
    if (!rc && !seqs)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    sqlite3_stmt *row = NULL;
    if (!rc)
        rc = sb_sql_start(s->env->state,
                          &row,
                          err,
                          "SELECT first_seq FROM batch WHERE stream = ? AND stored = 0"
                          " ORDER BY first_seq DESC",
                          "i",
                          s->row.id);
    *n = 0;
    while (!rc && *n < count && (rc = sb_sql_row(s->env->state, row, err)) == 1) {
        seqs[(*n)++] = sqlite3_column_int64(row, 0);
        rc = 0;
    }
    sb_sql_end(row);
    *out = seqs;
    return rc;
}

static int run(struct reseal *r, uint64_t claim_no, uint64_t now_ms, struct sb_err *err)
{
    struct sb_stream *s = r->s;
    struct sb_arena *arena = sb_arena_new(0);
    int64_t *seqs = NULL;
    size_t n = 0;
    int rc = arena ? keep_epochs(r, err) : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = not_stored(s, arena, &seqs, &n, err);
    if (!rc) /* their places: what stood there is opened, or out of the way */
        rc = sb_adopt_take(s, err);
    if (!rc)
        rc = sb_sql_do(s->env->state,
                       err,
                       "DELETE FROM epoch WHERE stream = ? AND epoch_no > ?",
                       "iu",
                       s->row.id,
                       s->row.stored_epoch);
    if (!rc) /* claims of ours that were never stored and whose number is taken */
        rc = sb_sql_do(s->env->state,
                       err,
                       "DELETE FROM claim WHERE stream = ? AND claim_no >= ?",
                       "iu",
                       s->row.id,
                       claim_no);
    if (!rc)
        rc = sb_stream_make_claim(s, claim_no, now_ms, err);
    if (!rc)
        rc = sb_stream_new_epoch(s, s->row.stored_epoch + 1, now_ms, err);
    s->head_seq = s->row.stored_seq;
    memcpy(s->head_hash, s->row.stored_hash, SB_HASH);
    for (size_t i = 0; !rc && i < n; i++)
        rc = again(r, seqs[i], now_ms, err);
    sb_arena_free(arena);
    return rc;
}

/* What is stored moves first; then everything not stored is sealed after it. */
int sb_stream_rebase(struct sb_stream *s,
                     uint64_t claim_no,
                     uint64_t now_ms,
                     struct sb_err *err)
{
    struct reseal r = {.s = s};
    struct sb_sql *state = s->env->state;
    int rc = sb_sql_begin(state, err);
    if (rc)
        return rc;
    /* out of the way of the seqs that they get, in the same order */
    rc = sb_sql_do(state,
                   err,
                   "UPDATE batch SET first_seq = -first_seq"
                   " WHERE stream = ? AND stored = 0",
                   "i",
                   s->row.id);
    if (!rc)
        rc = sb_sql_do(state,
                       err,
                       "UPDATE stream SET stored_seq = ?, stored_hash = ?,"
                       " stored_epoch = ? WHERE id = ?",
                       "ubui",
                       s->row.stored_seq,
                       sb_bytes(s->row.stored_hash, SB_HASH),
                       s->row.stored_epoch,
                       s->row.id);
    if (!rc)
        rc = run(&r, claim_no, now_ms, err);
    for (size_t i = 0; i < r.n; i++) {
        sb_secrets_free(r.kept[i].secrets);
        sb_arena_free(r.kept[i].arena);
    }
    if (!rc)
        return sb_sql_commit(state, err);
    sb_sql_rollback(state);
    if (sb_stream_reload(s, NULL) != 0)
        s->row.stopped = rc; /* not even what was can be read: seal nothing */
    return rc;
}

int sb_stream_reseal(struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    return sb_stream_rebase(s, s->claim_no + 1, now_ms, err);
}
