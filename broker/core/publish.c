/* Purpose: the rules by which PUBLISH is stored or refused (FORMATS, "Batch").
 * Invariant: what is stored is signed, dense, chained, sealed for exactly the readers
 * that are granted now, and every ciphertext is the one that its item names. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

struct publish_in {
    struct session *from;
    struct stream *stream;
    struct signed_in in;
    struct sb_batch batch;
    struct sb_bytes *items;
    size_t n_items;
    struct sb_cts cts;
};

static int read_all(struct step *s,
                    struct publish_in *p,
                    const struct sb_message *m,
                    struct sb_arena *arena,
                    struct sb_err *err)
{
    int rc = accept_record(s, p->from, m->payload[0], &p->in, err);
    int read = sb_batch_read(p->in.record.body, &p->batch, rc ? NULL : err);
    rc = rc ? rc : read; /* a refusal names the stream, whatever its reason */
    if (rc == 0)
        rc = accept_own(p->from, p->batch.stream, err);
    if (rc == 0 && m->payload[1].n + m->payload[2].n > SB_BATCH_MAX + 16 * SB_KIB)
        rc = sb_fail(err,
                     SB_E_LIMIT,
                     "%.*s: a batch of %zu bytes",
                     SB_FMT(p->batch.stream),
                     m->payload[1].n + m->payload[2].n);
    if (rc == 0)
        rc = sb_items_read(m->payload[1], arena, &p->items, &p->n_items, err);
    if (rc == 0)
        rc = sb_cts_read(m->payload[2], arena, &p->cts, err);
    return rc;
}

/* Rules 1 to 3: a body that is known or overlaps is the journal's to tell. */
static int ask_about_old(struct step *s,
                         const struct publish_in *p,
                         bool *asked,
                         struct sb_err *err)
{
    const struct sb_batch *b = &p->batch;
    if (!p->stream || b->first_seq > p->stream->last_seq)
        return 0;
    bool newest = b->claim_no == p->stream->claim_no;
    struct lookup q = {.kind = SB_KIND_BATCH,
                       .stream = p->stream,
                       .number = b->first_seq + b->count - 1,
                       .otherwise = newest ? SB_E_CONFLICT : SB_E_FENCED,
                       .same_claim = newest};
    memcpy(q.hash, p->in.hash, SB_HASH);
    *asked = true;
    return accept_ask(s, p->from, &q, b->first_seq, err);
}

/* Sealed and delivered in the generation before: its readers were right then. */
static bool is_refill(const struct sb_core *core, const struct publish_in *p)
{
    return refill_runs(core, p->stream) && refill_is_old(core, p->batch.sent);
}

static int judge_epoch(struct step *s, const struct publish_in *p, struct sb_err *err)
{
    struct stream *st = p->stream;
    if (st->epoch_no == 0 || memcmp(p->batch.epoch_hash, st->epoch_hash, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_STALE_EPOCH,
                       "%s: not sealed under the newest epoch %llu",
                       st->name,
                       (unsigned long long)st->epoch_no);
    if (is_refill(s->core, p))
        return 0;
    uint64_t version = sb_dir_body(sb_trust_newest(s->core->trust))->version;
    if (st->readers_version == version && s->in->now_ms < st->readers_until)
        return 0;
    struct sb_err why;
    uint64_t until = 0;
    int rc = stream_readers_right(s->core, st, &st->epoch, s->in->now_ms, &until, &why);
    if (rc == SB_E_MEMORY)
        s->out->failed = true;
    if (rc != 0)
        return sb_fail(err, SB_E_STALE_EPOCH, "%s: %s", st->name, why.text);
    st->readers_version = version;
    st->readers_until = until;
    return 0;
}

static int judge_order(struct step *s, const struct publish_in *p, struct sb_err *err)
{
    const struct sb_batch *b = &p->batch;
    const struct stream *st = p->stream;
    if (!st || b->claim_no != st->claim_no)
        return sb_fail(err,
                       SB_E_FENCED,
                       "a batch of claim %llu, the newest is %llu",
                       (unsigned long long)b->claim_no,
                       (unsigned long long)(st ? st->claim_no : 0));
    int rc = refill_judge(&p->in, is_refill(s->core, p), err);
    if (rc == 0)
        rc = judge_epoch(s, p, err);
    if (rc != 0)
        return rc;
    bool first = refill_begins(s->core, st) && b->first_seq > 1;
    if (!first && b->first_seq != st->last_seq + 1)
        return sb_fail(err,
                       SB_E_GAP,
                       "%s: event %llu where %llu is next",
                       st->name,
                       (unsigned long long)b->first_seq,
                       (unsigned long long)st->last_seq + 1);
    static const uint8_t zeros[SB_HASH];
    if (!first && memcmp(b->prev, st->last_seq ? st->last_hash : zeros, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_CONFLICT,
                       "%s: event %llu is chained to another batch",
                       st->name,
                       (unsigned long long)b->first_seq);
    return 0;
}

struct judge_cts { /* the ciphertexts of a batch while they are judged */
    const struct publish_in *in;
    bool refilled;
};

/* Each ciphertext is the one that its item names, and no event is too large. A refill
 * may come without those that were withdrawn: their withdrawal comes behind it. */
static int
judge_item(void *ctx, size_t i, const struct sb_item *item, struct sb_err *err)
{
    const struct judge_cts *j = ctx;
    const struct sb_cts *cts = &j->in->cts;
    size_t bytes = j->in->items[i].n;
    for (size_t c = 0; c < cts->n; c++) {
        uint8_t hash[SB_HASH];
        struct sb_bytes ct = cts->classes[c].cts[i];
        bool right = j->refilled;
        bytes += ct.n;
        if (ct.n > 0 && bytes <= SB_EVENT_MAX) {
            sb_hash(hash, "sacbe/ct/1", ct);
            right = memcmp(hash, item->ct_hash[c], SB_HASH) == 0;
        }
        if (!right || bytes > SB_EVENT_MAX)
            return sb_fail(err,
                           bytes > SB_EVENT_MAX ? SB_E_TOO_LARGE : SB_E_JOIN,
                           "%s@%llu: a ciphertext is not the one that its item names",
                           j->in->stream->name,
                           (unsigned long long)item->event.seq);
    }
    return 0;
}

static int judge_events(const struct publish_in *p, bool refilled, struct sb_err *err)
{
    const struct sb_cts *cts = &p->cts;
    const struct sb_epoch *epoch = &p->stream->epoch;
    struct judge_cts j = {p, refilled};
    const struct sb_join join = {&p->batch, epoch, p->items, p->n_items};
    bool shape = cts->n == epoch->n_classes;
    for (size_t c = 0; shape && c < cts->n; c++)
        shape = sb_bytes_eq(cts->classes[c].name, epoch->classes[c].name) &&
                cts->classes[c].n == p->n_items;
    if (!shape)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%s: ciphertexts are not those of the epoch's classes",
                       p->stream->name);
    return sb_batch_items(&join, judge_item, &j, err);
}

static void
store(struct step *s, const struct publish_in *p, const struct sb_message *m)
{
    struct stream *st = p->stream;
    uint64_t last = p->batch.first_seq + p->batch.count - 1;
    struct sb_append entry = {.kind = SB_KIND_BATCH,
                              .record = p->in.record.raw,
                              .stream = sb_bytes_str(st->name),
                              .first = p->batch.first_seq,
                              .last = last,
                              .items = m->payload[1],
                              .cts = m->payload[2],
                              .n_cts = p->cts.n};
    memcpy(entry.hash, p->in.hash, SB_HASH);
    for (size_t c = 0; c < p->cts.n; c++) {
        entry.ct_class[c] = st->epoch.classes[c].name;
        entry.ct_raw[c] = p->cts.classes[c].raw;
    }
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    st->last_seq = last;
    st->last_index = st->tail = s->core->size - 1;
    memcpy(st->last_hash, p->in.hash, SB_HASH);
    stream_placed(s, st);
    accept_wait(s, p->from, SB_KIND_BATCH, st, p->in.hash, last);
}

void accept_publish(struct step *s,
                    struct session *from,
                    const struct sb_message *m,
                    struct sb_arena *arena)
{
    struct publish_in p = {.from = from};
    struct sb_err why;
    bool asked = false;
    int rc = read_all(s, &p, m, arena, &why);
    if (rc == 0) {
        p.stream = stream_find(s->core, p.batch.stream);
        rc = ask_about_old(s, &p, &asked, &why);
    }
    if (rc == 0 && asked)
        return;
    if (rc == 0)
        rc = share_batch(s, from, p.stream, p.n_items, m, &why);
    if (rc == 0)
        rc = judge_order(s, &p, &why);
    if (rc == 0)
        rc = judge_events(&p, is_refill(s->core, &p), &why);
    if (rc == 0) {
        store(s, &p, m);
        return;
    }
    uint64_t expected = 0;
    if (rc == SB_E_GAP || rc == SB_E_CONFLICT)
        expected = p.stream->last_seq + 1;
    else if (rc == SB_E_STALE_EPOCH)
        expected = sb_dir_body(sb_trust_newest(s->core->trust))->version;
    session_refuse(s, from, SB_KIND_BATCH, p.batch.stream, p.in.hash, expected, &why);
}
