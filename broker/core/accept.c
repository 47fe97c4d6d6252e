/* Purpose: the rules by which CLAIM and EPOCH are stored or refused (FORMATS, "Batch").
 * Invariant: each rule is judged in the order in which the design lists it. */
#include "broker/core/core_impl.h"

#include <stdlib.h>

#include "schemas/base/text.h"

/* Puts the question to the journal, which can answer once all is durable that was
 * accepted before it. */
static void put_question(struct step *s, struct lookup *l)
{
    l->asked = true;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_LOOKUP);
    e->as.lookup.id = l->id;
    e->as.lookup.stream = sb_bytes_str(l->stream->name);
    e->as.lookup.kind = l->kind;
    e->as.lookup.first = l->first;
}

void accept_ask(struct step *s,
                const struct session *from,
                const struct lookup *question,
                uint64_t first)
{
    struct lookup *l = malloc(sizeof *l);
    if (!l) {
        s->out->failed = true;
        return;
    }
    *l = *question;
    l->id = ++s->core->next_id;
    l->first = first;
    l->after = s->core->size;
    l->peer = from->peer;
    memcpy(l->session, from->id, SB_SESSION);
    l->next = s->core->lookups;
    s->core->lookups = l;
    if (s->core->durable >= l->after)
        put_question(s, l);
}

void accept_committed(struct step *s)
{
    for (struct lookup *l = s->core->lookups; l; l = l->next)
        if (!l->asked && s->core->durable >= l->after)
            put_question(s, l);
}

void accept_found(struct step *s)
{
    struct lookup **at = &s->core->lookups;
    while (*at && (*at)->id != s->in->as.found.id)
        at = &(*at)->next;
    struct lookup *l = *at;
    if (!l)
        return;
    *at = l->next;
    struct session *to = session_by_peer(s->core, l->peer);
    bool same =
        s->in->as.found.found && memcmp(s->in->as.found.hash, l->hash, SB_HASH) == 0;
    if (to && memcmp(to->id, l->session, SB_SESSION) == 0) {
        struct sb_err why;
        if (same) {
            answer_stored(
                s, to, l->kind, l->stream, l->hash, l->number, s->in->as.found.index);
        } else {
            sb_fail(&why,
                    l->otherwise,
                    "%s: the journal has another %s %llu",
                    l->stream->name,
                    sb_kind_text(l->kind),
                    (unsigned long long)l->number);
            session_refuse(s,
                           to,
                           l->kind,
                           sb_bytes_str(l->stream->name),
                           l->hash,
                           l->stream->last_seq + 1,
                           &why);
        }
        if (!same && s->in->as.found.found && l->same_claim) {
            sb_fail(&why,
                    SB_E_EQUIVOCATION,
                    "%s: two different batches under one claim at entry %llu",
                    l->stream->name,
                    (unsigned long long)s->in->as.found.index);
            effect_log(s, to->institution, &why);
        }
    }
    free(l);
}

int accept_record(struct step *s,
                  const struct session *from,
                  struct sb_bytes raw,
                  struct signed_in *out,
                  struct sb_err *err)
{
    struct sb_bytes member = sb_bytes_str(from->institution);
    *out = (struct signed_in){0};
    int rc = sb_record_read(raw, &out->record, err);
    if (rc == 0)
        rc = sb_record_hash(out->hash, out->record.body, err);
    if (rc == 0)
        rc = sb_dir_verify(s->core->trust,
                           sb_trust_newest(s->core->trust),
                           member,
                           &out->record,
                           s->in->now_ms,
                           err);
    if (rc != SB_E_KEY_EXPIRED || s->core->opened_ms == 0)
        return rc;
    out->aged = true;
    return refill_verify(s->core, member, &out->record, err);
}

int accept_own(const struct session *from, struct sb_bytes stream, struct sb_err *err)
{
    struct sb_bytes institution;
    if (!sb_text_stream_parts(stream, &institution, NULL, NULL))
        return sb_fail(err, SB_E_CODE_FORM, "no stream's name");
    if (!sb_bytes_is(institution, from->institution))
        return sb_fail(err,
                       SB_E_NOT_YOURS,
                       "%.*s is no stream of %s",
                       SB_FMT(stream),
                       from->institution);
    return 0;
}

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
        accept_ask(s, c->from, &q, c->claim.claim_no);
        return 0;
    }
    int rc = refill_judge(&c->in, refill_runs(s->core, st), err);
    if (rc != 0)
        return rc;
    bool begins = refill_begins(s->core, st) && c->claim.claim_no > 0;
    if (begins) /* what stood before it was in the generation before */
        return st ? 0 : judge_new(s, c, err);
    if (c->claim.claim_no != newest + 1)
        return sb_fail(err,
                       SB_E_FENCED,
                       "claim %llu where %llu is next",
                       (unsigned long long)c->claim.claim_no,
                       (unsigned long long)newest + 1);
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

void accept_wait(struct step *s,
                 const struct session *from,
                 enum sb_kind kind,
                 struct stream *st,
                 const uint8_t *hash,
                 uint64_t number)
{
    struct wait w = {.kind = WAIT_STORED,
                     .index = s->core->size - 1,
                     .peer = from->peer,
                     .record = kind,
                     .stream = st,
                     .number = number};
    memcpy(w.session, from->id, SB_SESSION);
    memcpy(w.hash, hash, SB_HASH);
    append_wait(s, &w);
}

void accept_claim(struct step *s, struct session *from, const struct sb_message *m)
{
    struct claim_in c = {.from = from};
    struct sb_err why;
    bool asked = false;
    int rc = accept_record(s, from, m->payload[0], &c.in, &why);
    if (rc == 0)
        rc = sb_claim_read(c.in.record.body, &c.claim, &why);
    if (rc == 0)
        rc = accept_own(from, c.claim.stream, &why);
    if (rc == 0)
        rc = judge_claim(s, &c, &asked, &why);
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
        accept_ask(s, e->from, &q, core->epoch_no);
        return 0;
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
    if (core->epoch_no != st->epoch_no + 1 && !refill_begins(s->core, st))
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
    struct sb_bytes stream = sb_bytes(NULL, 0);
    int rc = accept_record(s, from, m->payload[0], &e.in, &why);
    if (rc == 0)
        rc = sb_epoch_read(e.in.record.body, s->out->arena, &e.epoch, &why);
    if (rc == 0) {
        stream = e.epoch.core.stream;
        rc = accept_own(from, stream, &why);
    }
    if (rc == 0)
        rc = judge_epoch(s, &e, &asked, &why);
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
