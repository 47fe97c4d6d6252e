/* Purpose: COSIGN: a cosignature taken, a note that contradicts us judged, proofs
 * given. Invariant: one question to the journal of each sort per session; a bad line or
 * note costs its sender nothing but a line in the log. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

#include "keys/note.h"

static void ask_free(struct proof_ask *ask)
{
    free(ask->indices);
    free(ask->own);
    free(ask);
}

void cosign_free(struct proof_ask *asks)
{
    while (asks) {
        struct proof_ask *next = asks->next;
        ask_free(asks);
        asks = next;
    }
}

static bool waits(const struct sb_core *core, const struct session *from, bool judges)
{
    const struct proof_ask *at = core->proofs;
    while (at && (at->judges != judges || at->peer != from->peer ||
                  memcmp(at->session, from->id, SB_SESSION) != 0))
        at = at->next;
    return at != NULL;
}

/* What is not answered is said again by its client; `status` counts it as BUSY. */
static bool may_ask(struct step *s, struct session *from, bool judges)
{
    bool may = question_fits(from) && !waits(s->core, from, judges);
    if (!may)
        share_refused(s->core, from->institution, SB_E_BUSY);
    return may;
}

static struct proof_ask *ask_new(struct step *s, const struct session *from)
{
    struct proof_ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        s->out->failed = true;
        return NULL;
    }
    ask->id = question_new(s, from);
    ask->peer = from->peer;
    memcpy(ask->session, from->id, SB_SESSION);
    return ask;
}

static void put(struct step *s, struct proof_ask *ask)
{
    ask->next = s->core->proofs;
    s->core->proofs = ask;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_PROVE);
    e->as.prove.id = ask->id;
    e->as.prove.seen = ask->seen;
    e->as.prove.size = ask->size;
    e->as.prove.indices = ask->indices;
    e->as.prove.n = ask->n;
}

static void stop(struct step *s, const struct session *from, const struct sb_err *why)
{
    effect_log(s, from ? from->institution : "", why);
    effect_add(s->out, SB_EFFECT_STOP)->as.stop.err = *why;
}

/* A whole note that a peer holds against us. */
static void take_note(struct step *s, struct session *from, struct sb_bytes note)
{
    struct sb_checkpoint c;
    struct sb_err why;
    if (sb_trust_checkpoint(
            s->core->trust, s->core->config.generation, note, &c, &why) != 0) {
        struct sb_err said;
        sb_fail(&said,
                SB_E_COSIGNATURE,
                "%s shows a note: %s",
                from->institution,
                why.text);
        effect_log(s, from->institution, &said);
        return;
    }
    if (c.size > s->core->durable) {
        sb_fail(&why,
                SB_E_JOURNAL_SHORT,
                "%s has seen %llu entries signed by this broker; the journal has %llu: "
                "it was cut, or an old copy was put in its place",
                from->institution,
                (unsigned long long)c.size,
                (unsigned long long)s->core->durable);
        stop(s, from, &why);
        return;
    }
    struct proof_ask *ask =
        c.size > 0 && may_ask(s, from, true) ? ask_new(s, from) : NULL;
    if (!ask)
        return;
    ask->judges = true;
    ask->seen = ask->size = c.size;
    memcpy(ask->root, c.root, SB_HASH);
    put(s, ask);
}

static void judge_root(struct step *s, const struct proof_ask *ask)
{
    struct sb_err why;
    if (memcmp(s->in->as.proved.seen_root, ask->root, SB_HASH) == 0)
        return;
    const struct session *from = session_by_peer(s->core, ask->peer);
    sb_fail(
        &why,
        SB_E_JOURNAL_ROOT,
        "%s has seen another history of %llu entries signed by this broker than the "
        "journal holds",
        from ? from->institution : "a witness that has gone",
        (unsigned long long)ask->seen);
    stop(s, from, &why);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Wanted indices that the tree holds, and those of the client's own streams. */
static bool gather(const struct sb_core *core,
                   const struct session *from,
                   const struct sb_message *m,
                   struct proof_ask *ask)
{
    size_t most =
        core->n_streams < SB_OWN_STREAMS_MAX ? core->n_streams : SB_OWN_STREAMS_MAX;
    ask->own = calloc(most + 1, sizeof *ask->own);
    ask->indices = calloc(most + m->as.cosign.n_indices + 1, sizeof *ask->indices);
    if (!ask->own || !ask->indices)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < m->as.cosign.n_indices; i++)
        if (m->as.cosign.indices[i] < ask->size)
            ask->indices[n++] = m->as.cosign.indices[i];
    for (size_t i = 0; i < core->n_streams && ask->n_own < most; i++) {
        struct stream *st = core->streams[i];
        struct mark at = st->in_candidate;
        bool known = at.seq == 0 || at.index < ask->size;
        if (!known || !sb_bytes_is(st->institution, from->institution))
            continue;
        ask->own[ask->n_own++] = (struct proof_own){st, at};
        if (at.seq > 0)
            ask->indices[n++] = at.index;
    }
    qsort(ask->indices, n, sizeof *ask->indices, by_value);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || ask->indices[i] != ask->indices[i - 1])
            ask->indices[ask->n++] = ask->indices[i];
    return true;
}

void cosign_message(struct step *s, struct session *from, const struct sb_message *m)
{
    struct sb_bytes said = m->payload[0];
    bool line = said.n >= 3 && memcmp(said.p, "\xe2\x80\x94", 3) == 0;
    if (line)
        line_cosign(s, from, said, m->as.cosign.seen);
    else if (said.n > 0)
        take_note(s, from, said);
    round_look(s);
    const struct note *candidate = &s->core->rounds.candidates[0];
    if (candidate->size == 0 || !may_ask(s, from, false))
        return;
    struct proof_ask *ask = ask_new(s, from);
    if (!ask)
        return;
    ask->size = candidate->size;
    ask->seen = m->as.cosign.seen <= candidate->size ? m->as.cosign.seen : 0;
    if (!gather(s->core, from, m, ask)) {
        s->out->failed = true;
        ask_free(ask);
        return;
    }
    put(s, ask);
}

static size_t place(const struct proof_ask *ask, uint64_t index)
{
    const uint64_t *at = bsearch(&index, ask->indices, ask->n, sizeof index, by_value);
    return at ? (size_t)(at - ask->indices) : ask->n;
}

static struct sb_own_proof *own_proofs(struct step *s, const struct proof_ask *ask)
{
    struct sb_own_proof *own = sb_arena_alloc(s->out->arena, ask->n_own, sizeof *own);
    for (size_t i = 0; own && i < ask->n_own; i++) {
        const struct stream *st = ask->own[i].stream;
        own[i].stream = sb_bytes_str(st->name);
        own[i].claim_no = st->claim_no;
        memcpy(own[i].instance, st->instance, SB_INSTANCE);
        own[i].last_seq = ask->own[i].at.seq;
        if (own[i].last_seq == 0)
            continue;
        own[i].index = ask->own[i].at.index;
        size_t at = place(ask, own[i].index);
        if (at < ask->n)
            own[i].leaf = s->in->as.proved.leaves[at];
    }
    return own;
}

/* CHECKPOINT; nothing when the candidate has gone or the journal gave another number of
 * paths: the client asks again. */
static void
answer(struct step *s, const struct session *to, const struct proof_ask *ask)
{
    const struct note *note = round_note(s->core, ask->size);
    if (!note || s->in->as.proved.n != ask->n)
        return;
    struct sb_proved *proved = sb_arena_alloc(s->out->arena, ask->n, sizeof *proved);
    struct sb_own_proof *own = own_proofs(s, ask);
    if (!proved || !own) {
        s->out->failed = true;
        return;
    }
    for (size_t i = 0; i < ask->n; i++) {
        const struct sb_path *path = &s->in->as.proved.paths[i];
        proved[i] = (struct sb_proved){
            ask->indices[i], (const uint8_t(*)[SB_HASH])path->nodes, path->n};
    }
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    m.payload[0] = effect_keep(s->out, sb_buf_bytes(&note->text));
    m.as.checkpoint.seen = ask->seen;
    if (ask->seen > 0) {
        const struct sb_path *path = &s->in->as.proved.consistency;
        m.as.checkpoint.path = (const uint8_t(*)[SB_HASH])path->nodes;
        m.as.checkpoint.n_path = path->n;
    }
    m.as.checkpoint.proved = proved;
    m.as.checkpoint.n_proved = ask->n;
    m.as.checkpoint.own = own;
    m.as.checkpoint.n_own = ask->n_own;
    effect_reply(s, to, &m);
}

void cosign_proved(struct step *s)
{
    struct proof_ask **at = &s->core->proofs;
    while (*at && (*at)->id != s->in->as.proved.id)
        at = &(*at)->next;
    struct proof_ask *ask = *at;
    if (!ask)
        return;
    *at = ask->next;
    const struct session *to = session_by_peer(s->core, ask->peer);
    if (ask->judges)
        judge_root(s, ask);
    else if (to && memcmp(to->id, ask->session, SB_SESSION) == 0)
        answer(s, to, ask);
    ask_free(ask);
}
