/* Purpose: receipts and heads: who says to have got what, and where streams stand.
 * Invariant: a batch that a statement names is looked for among those the journal
 * holds; the newest few of a stream are at hand, older ones a later pass finds. */
#include "broker/audit/audit_later.h"
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_statement.h"
#include "broker/audit/audit_stream.h"
#include "broker/audit/audit_tree.h"

#include "schemas/base/text.h"

static const struct audit_seen *
at_hand(const struct audit_stream *s, uint64_t seq, const uint8_t hash[SB_HASH])
{
    size_t n = s->n_ring < AUDIT_RING ? s->n_ring : AUDIT_RING;
    for (size_t i = 0; i < n; i++) {
        const struct audit_seen *b = &s->ring[i];
        if (b->first <= seq && seq <= b->last && memcmp(b->hash, hash, SB_HASH) == 0)
            return b;
    }
    return NULL;
}

static int ask(struct sb_audit *a,
               enum audit_ask what,
               struct sb_bytes stream,
               const struct sb_head *h,
               size_t late,
               struct sb_err *err)
{
    struct audit_question q = {.ask = what,
                               .stream = stream,
                               .first = h->seq,
                               .last = h->seq,
                               .index = a->at,
                               .late = late};
    memcpy(q.hash, h->batch_hash, SB_HASH);
    return audit_ask(a, &q, err);
}

/* The tree that the reader says it has seen is this one. */
static int
receipt_root(struct sb_audit *a, const struct sb_receipt *r, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = 0;
    bool same = false;
    if (r->tree_size <= a->at) {
        rc = audit_root_at(a, r->tree_size, root, err);
        same = rc == 0 && memcmp(root, r->root, SB_HASH) == 0;
    }
    if (rc == 0 && !same)
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  audit_is_later(a) ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED,
                  SB_E_FORK,
                  "%.*s signed a tree of %llu entries that is not this journal: it was "
                  "shown another history, or its receipt is false",
                  SB_FMT(r->reader),
                  (unsigned long long)r->tree_size);
    return rc < 0 ? rc : 0;
}

static void not_reader(struct sb_audit *a, struct sb_bytes who, struct sb_bytes stream)
{
    audit_say(a,
              SB_AUDIT_STATEMENTS,
              audit_unexplained(a),
              SB_E_RECEIPT,
              "%.*s signed for %.*s, which was never sealed to it",
              SB_FMT(who),
              SB_FMT(stream));
}

struct telling { /* one receipt while its heads are looked at */
    const struct sb_receipt *r;
    const struct sb_entry *leaf;
    uint64_t stored_ms;
    uint64_t newest_ms;
    size_t late;
};

/* A reader that was granted the stream follows it, and signs for it, before an epoch
 * names it: 1. */
static int is_granted(struct sb_audit *a,
                      const struct audit_stream *s,
                      const struct telling *t,
                      struct sb_err *err)
{
    struct sb_codes classes;
    int rc = audit_granted(a, s, t->r->reader, t->leaf, &classes, err);
    return rc < 0 ? rc : classes.n > 0;
}

/* Heads at hand first, then those to be asked: `asking`. */
static int receipt_head(struct sb_audit *a,
                        struct telling *t,
                        const struct sb_head *h,
                        bool asking,
                        struct sb_err *err)
{
    struct audit_stream *s = audit_find(a, h->stream);
    struct audit_reader *reader = s ? audit_reader(s, t->r->reader) : NULL;
    if (!reader) {
        int rc = s ? is_granted(a, s, t, err) : 0;
        if (rc == 0 && !asking)
            not_reader(a, t->r->reader, h->stream);
        if (rc <= 0)
            return rc;
    }
    const struct audit_seen *b = at_hand(s, h->seq, h->batch_hash);
    if (asking)
        return b ? 0 : ask(a, AUDIT_ASK_RECEIPT, s->name, h, t->late, err);
    if (b && b->stored_ms > t->newest_ms)
        t->newest_ms = b->stored_ms;
    if (reader && h->seq > reader->receipt_seq)
        reader->receipt_seq = h->seq;
    if (reader) {
        reader->receipt_ms = t->stored_ms;
        const struct audit_ranges *own = &reader->sealed;
        uint64_t last = own->n > 0 ? own->items[own->n - 1].last : 0;
        /* of what is left, the date is not kept: counted from here */
        reader->waiting_ms = h->seq >= last ? 0 : t->stored_ms;
    }
    return b ? 0 : 1;
}

int audit_receipt(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_receipt r;
    struct sb_err why = {0};
    int rc = sb_receipt_read(e->record.body, a->arena, &r, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    a->facts.receipts++;
    rc = audit_signed(a, r.reader, e, false, err);
    if (rc == 0)
        rc = receipt_root(a, &r, err);
    if (rc != 0)
        return rc;
    struct telling t = {.r = &r,
                        .leaf = &e->leaf,
                        .stored_ms = e->leaf.stored_ms,
                        .late = AUDIT_NO_LATE};
    bool more = false;
    for (size_t i = 0; i < r.heads.n && rc >= 0; i++) {
        rc = receipt_head(a, &t, &r.heads.items[i], false, err);
        more = more || rc == 1;
    }
    if (rc < 0)
        return rc;
    if (!more) {
        audit_late(a, t.stored_ms, t.newest_ms);
        return 0;
    }
    rc = audit_ask_room(a, r.heads.n, err);
    if (rc == 0)
        rc = audit_ask_late(a, t.stored_ms, t.newest_ms, &t.late, err);
    for (size_t i = 0; i < r.heads.n && rc == 0; i++)
        rc = receipt_head(a, &t, &r.heads.items[i], true, err);
    return rc;
}

static int head_of(struct sb_audit *a,
                   struct sb_bytes institution,
                   const struct sb_head *h,
                   struct sb_err *err)
{
    struct sb_bytes owner;
    if (!sb_text_stream_parts(h->stream, &owner, NULL, NULL) ||
        !sb_bytes_eq(owner, institution)) {
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  SB_AUDIT_FAILED,
                  SB_E_NOT_YOURS,
                  "%.*s signed where %.*s stands, which is not its stream",
                  SB_FMT(institution),
                  SB_FMT(h->stream));
        return 0;
    }
    const struct audit_stream *s = audit_find(a, h->stream);
    if (h->seq == 0 || (s && at_hand(s, h->seq, h->batch_hash)))
        return 0;
    /* a name that is unknown so far may come later, or be withheld */
    struct sb_bytes name = s ? s->name : sb_arena_dup(a->names, h->stream);
    return name.p ? ask(a, AUDIT_ASK_HEAD, name, h, AUDIT_NO_LATE, err)
                  : audit_no_memory(err);
}

int audit_heads(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_heads heads;
    struct sb_bytes institution;
    uint64_t time = 0;
    struct sb_err why = {0};
    int rc = sb_heads_read(e->record.body, a->arena, &institution, &heads, &time, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    rc = audit_signed(a, institution, e, false, err);
    if (rc == 0)
        rc = audit_ask_room(a, heads.n, err);
    for (size_t i = 0; i < heads.n && rc == 0; i++)
        rc = head_of(a, institution, &heads.items[i], err);
    return rc;
}
