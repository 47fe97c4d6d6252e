/* Purpose: batches: their place in the stream, their items, their epoch. */
#include "broker/audit/audit_later.h"
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_stream.h"
#include "broker/core/payload.h"

/* What stands before the stream's end is a replay or a second signature: which of them,
 * a later pass tells. */
static int overlap(struct sb_audit *a,
                   const struct audit_stream *s,
                   const struct audit_entry *e,
                   const struct sb_batch *b,
                   struct sb_err *err)
{
    struct audit_question q = {.ask = AUDIT_ASK_OVERLAP,
                               .stream = s->name,
                               .first = b->first_seq,
                               .last = b->first_seq + b->count - 1,
                               .claim_no = b->claim_no,
                               .index = e->raw->index};
    memcpy(q.hash, e->hash, SB_HASH);
    int rc = audit_ask_room(a, 1, err);
    return rc == 0 ? audit_ask(a, &q, err) : rc;
}

static int batch_order(struct sb_audit *a,
                       const struct audit_stream *s,
                       const struct audit_entry *e,
                       const struct sb_batch *b,
                       struct sb_err *err)
{
    bool blind = audit_is_blind(a, s);
    bool free_start = !s->placed && ((audit_is_later(a) && b->first_seq > 1) || blind);
    bool lost = audit_is_lost(a, s) && b->claim_no > s->claim_no;
    if (!lost && (s->claim_no == 0 || b->claim_no != s->claim_no))
        audit_stream_fault(
            a, s, SB_E_FENCED, "the batch is not under the stream's newest claim");
    if (free_start || (blind && b->first_seq > s->last_seq + 1))
        return 0;
    if (b->first_seq <= s->last_seq)
        return overlap(a, s, e, b, err);
    if (b->first_seq != s->last_seq + 1) {
        a->facts.gaps++;
        audit_say(a,
                  SB_AUDIT_STREAMS,
                  SB_AUDIT_FAILED,
                  SB_E_GAP,
                  "%.*s: events %llu to %llu are missing",
                  SB_FMT(s->name),
                  (unsigned long long)s->last_seq + 1,
                  (unsigned long long)b->first_seq - 1);
    } else if (memcmp(b->prev, s->last_hash, SB_HASH) != 0) {
        audit_stream_fault(
            a,
            s,
            SB_E_CONFLICT,
            "the batch is chained to another one than the one before it");
    }
    return 0;
}

/* 0 and the items, or 1: they are not the batch's. */
static int read_items(struct sb_audit *a,
                      const struct audit_stream *s,
                      const struct audit_entry *e,
                      const struct sb_batch *b,
                      struct sb_bytes **items,
                      struct sb_err *err)
{
    size_t n = 0;
    struct sb_err why = {0};
    uint8_t root[SB_HASH];
    int rc = sb_items_read(e->raw->items, a->arena, items, &n, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    bool newest = s->epoch_no > 0 && memcmp(b->epoch_hash, s->epoch_hash, SB_HASH) == 0;
    if (newest) {
        rc = sb_batch_joins(b, &s->epoch, *items, n, &why);
        return audit_judge(a, SB_AUDIT_STREAMS, rc, &why, err);
    }
    if (!audit_is_lost(a, s))
        audit_stream_fault(
            a, s, SB_E_JOIN, "the batch is not under the stream's newest epoch");
    if (n == b->count && n > 0)
        sb_items_root(root, *items, n);
    if (n == b->count && n > 0 && memcmp(root, b->items_root, SB_HASH) == 0)
        return 0;
    audit_stream_fault(a, s, SB_E_ITEMS_ROOT, "the items are not those of the batch");
    return 1;
}

static void advance(struct sb_audit *a,
                    struct audit_stream *s,
                    const struct audit_entry *e,
                    const struct sb_batch *b)
{
    uint64_t last = b->first_seq + b->count - 1;
    struct audit_seen *at = &s->ring[s->n_ring++ % AUDIT_RING];
    *at = (struct audit_seen){.first = b->first_seq,
                              .last = last,
                              .index = e->raw->index,
                              .stored_ms = e->leaf.stored_ms};
    memcpy(at->hash, e->hash, SB_HASH);
    if (last < s->last_seq)
        return; /* a replay moves nothing */
    s->placed = true;
    s->last_seq = last;
    memcpy(s->last_hash, e->hash, SB_HASH);
    s->unseen = a->unseen;
}

/* Readers that are looked at anew, by another directory, may be so on another basis. */
static int batch_readers(struct sb_audit *a,
                         struct audit_stream *s,
                         const struct audit_entry *e,
                         struct sb_err *err)
{
    uint64_t version = s->readers_version;
    uint64_t until = s->readers_until;
    int rc = audit_readers(a, s, e, err);
    bool anew = version != s->readers_version || until != s->readers_until;
    return rc == 0 && anew ? audit_take_readers(a, s, e, err) : rc;
}

/* Signature, grants, items, texts: what is asked of a batch wherever it stands. */
static int batch_whole(struct sb_audit *a,
                       struct audit_stream *s,
                       const struct audit_entry *e,
                       const struct sb_batch *b,
                       struct sb_err *err)
{
    struct sb_bytes *items = NULL;
    bool old = audit_is_refilling(a, s) && audit_is_old(a, b->sent);
    int rc = audit_signed(a, s->institution, e, old, err);
    if (rc < 0)
        return rc;
    if (!old && s->epoch_no > 0 && memcmp(b->epoch_hash, s->epoch_hash, SB_HASH) == 0)
        rc = batch_readers(a, s, e, err);
    if (rc >= 0)
        rc = read_items(a, s, e, b, &items, err);
    if (rc == 0 && !(a->no_texts && *a->no_texts))
        rc = audit_texts(a, s, items, b->count, e->raw->texts, err);
    if (rc == 0 && !(a->no_texts && *a->no_texts))
        rc = audit_content(a, s, items, b->count, e->raw->texts, err);
    return rc;
}

int audit_batch(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_batch b;
    struct sb_err why = {0};
    int rc = sb_batch_read(e->record.body, &b, &why);
    if (rc == 0 && (b.count == 0 || b.count > SB_BATCH_EVENTS || b.first_seq == 0 ||
                    b.first_seq > INT64_MAX - SB_BATCH_EVENTS))
        rc = sb_fail(&why, SB_E_RANGE, "a batch's numbers are out of range");
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    a->facts.batches++;
    a->facts.events += b.count;
    uint64_t version = e->leaf.directory_version;
    rc = audit_ranges_add(&a->batch_dirs, version, version, err);
    if (rc != 0)
        return rc;
    struct audit_stream *s = audit_find(a, b.stream);
    if (!s && a->lost > 0)
        return 0; /* its claim is in what could not be read, which was said */
    if (!s) {
        audit_say(a,
                  SB_AUDIT_STREAMS,
                  SB_AUDIT_FAILED,
                  SB_E_NO_CLAIM,
                  "%.*s: a batch without a claim before it",
                  SB_FMT(b.stream));
        return 0;
    }
    rc = batch_order(a, s, e, &b, err);
    if (rc == 0)
        rc = batch_whole(a, s, e, &b, err);
    if (rc >= 0 && b.first_seq + b.count - 1 > s->last_seq)
        rc = audit_sealed(a, s, &b, e->leaf.stored_ms, err);
    if (rc >= 0)
        advance(a, s, e, &b);
    return rc;
}
