/* Purpose: the rules by which CLAIM and EPOCH are stored or refused (FORMATS, "Batch").
 * Invariant: each rule is judged in the order in which the design lists it. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

struct claim_in { /* a CLAIM while it is judged */
    struct session *from;
    struct signed_in in;
    struct sb_claim claim;
};

/* A new stream costs every reader of its type a feed and a cursor for ever. */
static int judge_new(struct step *s, const struct claim_in *c, struct sb_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->core->n_streams; i++)
        n += sb_bytes_is(s->core->streams[i]->institution, c->from->institution);
    if (n < SB_OWN_STREAMS_MAX)
        return 0;
    return sb_fail(err, SB_E_LIMIT, "%s has %zu streams", c->from->institution, n);
}

static int
judge_claim(struct step *s, struct claim_in *c, bool *asked, struct sb_err *err)
{
    struct stream *st = stream_find(s->core, c->claim.stream);
    uint64_t newest = st ? st->claim_no : 0;
    if (st && c->claim.claim_no <= newest) {
        struct lookup q = {.kind = SB_KIND_CLAIM,
                           .stream = st,
                           .number = c->claim.claim_no,
                           .otherwise = SB_E_FENCED};
        memcpy(q.hash, c->in.hash, SB_HASH);
        *asked = true;
        return accept_ask(s, c->from, &q, c->claim.claim_no, err);
    }
    int rc = refill_judge(&c->in, refill_runs(s->core, st), err);
    if (rc != 0)
        return rc;
    bool begins = refill_begins(s->core, st);
    bool first = begins && !st && c->claim.claim_no <= INT64_MAX;
    if (!first && c->claim.claim_no != newest + 1)
        return sb_fail(err,
                       SB_E_FENCED,
                       "claim %llu where %llu is next",
                       (unsigned long long)c->claim.claim_no,
                       (unsigned long long)newest + 1);
    if (begins) /* where it stands is what was in the generation before */
        return st ? 0 : judge_new(s, c, err);
    static const uint8_t zeros[SB_HASH];
    uint64_t last_seq = st ? st->last_seq : 0;
    const uint8_t *last_hash = last_seq ? st->last_hash : zeros;
    if (c->claim.last_seq != last_seq ||
        memcmp(c->claim.last_hash, last_hash, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_CONFLICT,
                       "claim %llu starts after event %llu; the stream's last is %llu",
                       (unsigned long long)c->claim.claim_no,
                       (unsigned long long)c->claim.last_seq,
                       (unsigned long long)last_seq);
    return st ? 0 : judge_new(s, c, err);
}

static void store_claim(struct step *s, const struct claim_in *c)
{
    struct stream *st = stream_find(s->core, c->claim.stream);
    bool fresh = !st;
    if (!st)
        st = stream_add(s->core, c->claim.stream);
    if (!st) {
        s->out->failed = true;
        return;
    }
    struct sb_append entry = {.kind = SB_KIND_CLAIM,
                              .record = c->in.record.raw,
                              .stream = sb_bytes_str(st->name),
                              .first = c->claim.claim_no,
                              .last = c->claim.claim_no};
    memcpy(entry.hash, c->in.hash, SB_HASH);
    memcpy(entry.instance, c->claim.instance, SB_INSTANCE);
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    st->claim_no = c->claim.claim_no;
    st->claim_index = st->tail = s->core->size - 1;
    memcpy(st->claim_hash, c->in.hash, SB_HASH);
    memcpy(st->instance, c->claim.instance, SB_INSTANCE);
    accept_wait(s, c->from, SB_KIND_CLAIM, st, c->in.hash, c->claim.claim_no);
    if (fresh)
        feed_new_stream(s);
}

static int claim_turn(struct step *s,
                      struct claim_in *c,
                      const struct sb_message *m,
                      bool *asked,
                      struct sb_err *err)
{
    int rc = 1; /* a session's claims are judged in the order in which they came */
    if (!tree_waits(s, c->from)) {
        rc = judge_claim(s, c, asked, err);
        if (rc == 0 && !*asked &&
            !refill_runs(s->core, stream_find(s->core, c->claim.stream)))
            rc = tree_judge(s, c->claim.tree_size, c->claim.root, err);
    }
    if (rc != 1)
        return rc;
    *asked = true;
    return tree_wait(s, c->from, m, c->claim.tree_size, err);
}

void accept_claim(struct step *s, struct session *from, const struct sb_message *m)
{
    struct claim_in c = {.from = from};
    struct sb_err why;
    bool asked = false;
    int rc = accept_record(s, from, m->payload[0], &c.in, &why);
    int read = sb_claim_read(c.in.record.body, &c.claim, rc ? NULL : &why);
    rc = rc ? rc : read; /* a refusal names the stream, whatever its reason */
    if (rc == 0)
        rc = accept_own(from, c.claim.stream, &why);
    if (rc == 0)
        rc = claim_turn(s, &c, m, &asked, &why);
    if (rc == 0 && !asked)
        rc = share_record(s, from, c.in.record.raw, &why);
    if (rc != 0)
        session_refuse(s, from, SB_KIND_CLAIM, c.claim.stream, c.in.hash, 0, &why);
    else if (!asked)
        store_claim(s, &c);
}

struct epoch_in {
    struct session *from;
    struct signed_in in;
    struct sb_epoch epoch;
};

static int
judge_epoch(struct step *s, struct epoch_in *e, bool *asked, struct sb_err *err)
{
    const struct sb_epoch_core *core = &e->epoch.core;
    struct stream *st = stream_find(s->core, core->stream);
    if (st && core->epoch_no <= st->epoch_no) {
        struct lookup q = {
            .kind = SB_KIND_EPOCH, .stream = st, .number = core->epoch_no};
        q.otherwise = core->claim_no != st->claim_no ? SB_E_FENCED : SB_E_CONFLICT;
        memcpy(q.hash, e->in.hash, SB_HASH);
        *asked = true;
        return accept_ask(s, e->from, &q, core->epoch_no, err);
    }
    if (!st || core->claim_no != st->claim_no)
        return sb_fail(err,
                       SB_E_FENCED,
                       "epoch %llu of claim %llu, the newest is %llu",
                       (unsigned long long)core->epoch_no,
                       (unsigned long long)core->claim_no,
                       (unsigned long long)(st ? st->claim_no : 0));
    bool old = refill_runs(s->core, st) && refill_is_old(s->core, core->not_before);
    int rc = refill_judge(&e->in, old, err);
    if (rc != 0)
        return rc;
    bool first =
        st->epoch_no == 0 && core->epoch_no <= INT64_MAX && refill_begins(s->core, st);
    if (!first && core->epoch_no != st->epoch_no + 1)
        return sb_fail(err,
                       SB_E_CONFLICT,
                       "epoch %llu where %llu is next",
                       (unsigned long long)core->epoch_no,
                       (unsigned long long)st->epoch_no + 1);
    uint64_t until = 0;
    struct sb_err why;
    if (!sb_trust_by_hash(s->core->trust, core->directory_hash))
        return sb_fail(
            err, SB_E_STALE_EPOCH, "%s: its directory is not on the chain", st->name);
    if (old) /* sealed and delivered in the generation before */
        return 0;
    rc = stream_readers_right(s->core, st, &e->epoch, s->in->now_ms, &until, &why);
    if (rc == SB_E_MEMORY)
        s->out->failed = true;
    if (rc != 0)
        return sb_fail(err, SB_E_STALE_EPOCH, "%s: %s", st->name, why.text);
    return 0;
}

static void store_epoch(struct step *s, const struct epoch_in *e)
{
    struct stream *st = stream_find(s->core, e->epoch.core.stream);
    struct sb_err why;
    if (stream_set_epoch(st, e->in.record.raw, &why) != 0) {
        s->out->failed = true;
        return;
    }
    struct sb_append entry = {.kind = SB_KIND_EPOCH,
                              .record = e->in.record.raw,
                              .stream = sb_bytes_str(st->name),
                              .first = st->epoch_no,
                              .last = st->epoch_no};
    memcpy(entry.hash, e->in.hash, SB_HASH);
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    st->epoch_index = st->tail = s->core->size - 1;
    accept_wait(s, e->from, SB_KIND_EPOCH, st, e->in.hash, st->epoch_no);
    feed_new_stream(s); /* grants that have begun since */
}

void accept_epoch(struct step *s, struct session *from, const struct sb_message *m)
{
    struct epoch_in e = {.from = from};
    struct sb_err why;
    bool asked = false;
    int rc = accept_record(s, from, m->payload[0], &e.in, &why);
    int read =
        sb_epoch_read(e.in.record.body, s->out->arena, &e.epoch, rc ? NULL : &why);
    struct sb_bytes stream = e.epoch.core.stream;
    rc = rc ? rc : read;
    if (rc == 0)
        rc = accept_own(from, stream, &why);
    if (rc == 0)
        rc = judge_epoch(s, &e, &asked, &why);
    if (rc == 0 && !asked)
        rc = share_record(s, from, e.in.record.raw, &why);
    if (rc != 0)
        session_refuse(s,
                       from,
                       SB_KIND_EPOCH,
                       stream,
                       e.in.hash,
                       sb_dir_body(sb_trust_newest(s->core->trust))->version,
                       &why);
    else if (!asked)
        store_epoch(s, &e);
}
