/* Our own claims, epochs and batches, read back from the journal. */
#include "adapters/engine/adopt.h"

int sb_adopt_begin(struct sb_stream *s, struct sb_err *err)
{
    return sb_sql_do(
        s->env->state, err, "DELETE FROM adopted WHERE stream = ?", "i", s->row.id);
}

struct row { /* of `adopted` */
    enum sb_kind kind;
    uint64_t first;
    uint64_t last;
    uint64_t claim_no;
    uint64_t epoch_no;
    uint8_t hash[SB_HASH];
    struct sb_bytes mapping;
    uint64_t sent;
    uint64_t stored_ms;
};

static int put(struct sb_stream *s,
               const struct row *r,
               const struct sb_entry_in *e,
               struct sb_err *err)
{
    bool batch = r->kind == SB_KIND_BATCH;
    return sb_sql_do(
        s->env->state,
        err,
        "INSERT OR REPLACE INTO adopted(stream, kind, first, last, claim_no,"
        " epoch_no, hash, record, items, cts, mapping, sent, stored_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iuuuuubbbbbuu",
        s->row.id,
        (uint64_t)r->kind,
        r->first,
        r->last,
        r->claim_no,
        r->epoch_no,
        sb_bytes(r->hash, SB_HASH),
        e->record,
        batch ? e->items : sb_bytes_str(""),
        batch ? e->cts : sb_bytes_str(""),
        r->mapping,
        r->sent,
        r->stored_ms);
}

static int keep_record(struct sb_stream *s,
                       const struct sb_entry_in *e,
                       const struct sb_entry *leaf,
                       struct sb_err *err)
{
    struct sb_record record;
    struct sb_claim claim;
    struct sb_epoch epoch;
    struct row r = {.kind = leaf->kind, .mapping = sb_bytes_str("")};
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_record_read(e->record, &record, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_record_hash(r.hash, record.body, err);
    if (!rc && leaf->kind == SB_KIND_CLAIM) {
        rc = sb_claim_read(record.body, &claim, err);
        r.first = rc ? 0 : claim.claim_no;
    } else if (!rc) {
        rc = sb_epoch_read(record.body, arena, &epoch, err);
        r.first = rc ? 0 : epoch.core.epoch_no;
    }
    if (!rc)
        rc = put(s, &r, e, err);
    sb_arena_free(arena);
    return rc;
}

/* Whether the broker still has all of it but what we have withdrawn: otherwise it can
 * be sent to nobody. */
static bool is_whole(const struct sb_stream *s, const struct sb_chain_batch *b)
{
    size_t classes = 0;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        classes += (s->type.classes & SB_CLASS_BIT(c)) != 0;
    return !b->bare && !b->skip && b->cts.n == classes;
}

static int forget_before(struct sb_stream *s, struct sb_err *err)
{
    int rc = sb_sql_do(s->env->state,
                       err,
                       "DELETE FROM adopted WHERE stream = ? AND kind = ?",
                       "iu",
                       s->row.id,
                       (uint64_t)SB_KIND_BATCH);
    if (rc)
        return rc;
    return sb_sql_do(s->env->state,
                     err,
                     "DELETE FROM batch WHERE stream = ? AND stored = 1",
                     "i",
                     s->row.id);
}

int sb_adopt_keep(struct sb_stream *s,
                  const struct sb_chain *chain,
                  const struct sb_entry_in *e,
                  const struct sb_chain_batch *b,
                  uint64_t now_ms,
                  struct sb_err *err)
{
    struct sb_entry leaf;
    const struct sb_dir *dir = sb_trust_newest(s->env->trust);
    uint64_t keep = dir ? sb_dir_body(dir)->keep : 0;
    int rc = sb_entry_read(e->leaf, &leaf, err);
    if (rc)
        return rc;
    if (!b)
        return leaf.kind == SB_KIND_CLAIM || leaf.kind == SB_KIND_EPOCH
                   ? keep_record(s, e, &leaf, err)
                   : 0;
    if (!is_whole(s, b) || (now_ms > keep && b->batch.sent < now_ms - keep))
        return forget_before(s, err);
    struct row r = {.kind = SB_KIND_BATCH,
                    .first = b->batch.first_seq,
                    .last = b->last_seq,
                    .claim_no = b->batch.claim_no,
                    .epoch_no = chain->epoch_no,
                    .mapping = sb_bytes(b->batch.mapping, SB_MAPPING_ID),
                    .sent = b->batch.sent,
                    .stored_ms = leaf.stored_ms};
    memcpy(r.hash, b->hash, SB_HASH);
    return put(s, &r, e, err);
}

int sb_adopt_take(struct sb_stream *s, struct sb_err *err)
{
    struct sb_sql *state = s->env->state;
    int rc = sb_sql_do(state,
                       err,
                       "INSERT OR REPLACE INTO claim(stream, claim_no, hash, record,"
                       " stored) SELECT stream, first, hash, record, 1 FROM adopted"
                       " WHERE stream = ? AND kind = ?",
                       "iu",
                       s->row.id,
                       (uint64_t)SB_KIND_CLAIM);
    if (!rc)
        rc = sb_sql_do(state,
                       err,
                       "INSERT OR REPLACE INTO epoch(stream, epoch_no, hash, record)"
                       " SELECT stream, first, hash, record FROM adopted"
                       " WHERE stream = ? AND kind = ?",
                       "iu",
                       s->row.id,
                       (uint64_t)SB_KIND_EPOCH);
    if (!rc)
        rc = sb_sql_do(state,
                       err,
                       "INSERT OR REPLACE INTO batch(stream, first_seq, last_seq,"
                       " claim_no, epoch_no, hash, record, items, cts, mapping, sent,"
                       " stored, stored_ms) SELECT stream, first, last, claim_no,"
                       " epoch_no, hash, record, items, cts, mapping, sent, 1,"
                       " stored_ms FROM adopted WHERE stream = ? AND kind = ?",
                       "iu",
                       s->row.id,
                       (uint64_t)SB_KIND_BATCH);
    return rc ? rc : sb_adopt_begin(s, err);
}
