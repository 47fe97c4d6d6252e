/* Purpose: FETCH: one batch with its epoch and paths to a signed root.
 * Invariant: a session has few questions open; what is given is what a delivery would
 * give now; a refusal is an answer, never the session's end. */
#include "broker/core/core_impl.h"

#include <stdlib.h>

#define FETCHES 8u /* open, of one session */

static void ask_free(struct fetch_ask *ask)
{
    sb_buf_free(&ask->note.text);
    free(ask);
}

void fetch_free(struct fetch_ask *asks)
{
    while (asks) {
        struct fetch_ask *next = asks->next;
        ask_free(asks);
        asks = next;
    }
}

static void refuse(struct step *s,
                   const struct session *to,
                   struct sb_bytes stream,
                   uint64_t seq,
                   int code)
{
    struct sb_message m = {.cmd = SB_CMD_FETCHED, .n_payload = 4};
    m.as.fetched.code = (uint64_t)sb_code_number(code);
    m.as.fetched.stream = stream;
    m.as.fetched.seq = seq;
    effect_reply(s, to, &m);
}

static bool is_of(const struct fetch_ask *ask, const struct session *session)
{
    return ask->peer == session->peer &&
           memcmp(ask->session, session->id, SB_SESSION) == 0;
}

/* Asks for the batch in the tree of `note`. */
static void put(struct step *s,
                const struct session *from,
                struct fetch_ask *ask,
                const struct note *note,
                struct sb_codes classes)
{
    struct sb_err err;
    if (note_set(&ask->note, note->size, note->root, sb_buf_bytes(&note->text), &err) !=
        0)
        s->out->failed = true;
    ask->id = question_new(s, from);
    ask->next = s->core->fetches;
    s->core->fetches = ask;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_FETCH);
    e->as.fetch.id = ask->id;
    e->as.fetch.stream = sb_bytes_str(ask->stream->name);
    e->as.fetch.seq = ask->seq;
    e->as.fetch.size = note->size;
    e->as.fetch.classes = classes;
}

static int judge(struct step *s,
                 const struct session *from,
                 const struct sb_message *m,
                 struct stream **st,
                 struct sb_codes *classes)
{
    struct sb_err err;
    size_t open = 0;
    *st = stream_find(s->core, m->as.fetch.stream);
    if (!*st)
        return accept_own(from, m->as.fetch.stream, &err) == 0 ? SB_E_NOT_FOUND
                                                               : SB_E_NO_GRANT;
    if (!feed_granted(s, from, *st, classes))
        return SB_E_NO_GRANT;
    if (m->as.fetch.seq == 0 || m->as.fetch.seq > (*st)->last_seq)
        return SB_E_NOT_FOUND;
    for (const struct fetch_ask *at = s->core->fetches; at; at = at->next)
        open += is_of(at, from);
    bool may = open < FETCHES && question_fits(from);
    return may && s->core->rounds.newest.size > 0 ? 0 : SB_E_BUSY;
}

void fetch_message(struct step *s, struct session *from, const struct sb_message *m)
{
    struct stream *st = NULL;
    struct sb_codes classes;
    int rc = judge(s, from, m, &st, &classes);
    if (rc != 0) {
        refuse(s, from, m->as.fetch.stream, m->as.fetch.seq, rc);
        return;
    }
    struct fetch_ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        s->out->failed = true;
        return;
    }
    ask->peer = from->peer;
    memcpy(ask->session, from->id, SB_SESSION);
    ask->stream = st;
    ask->seq = m->as.fetch.seq;
    const struct rounds *r = &s->core->rounds;
    put(s, from, ask, r->final.size ? &r->final : &r->newest, classes);
}

static void
answer(struct step *s, const struct session *to, const struct fetch_ask *ask)
{
    const struct sb_stored_entry *batch = &s->in->as.fetched.batch;
    const struct sb_stored_entry *epoch = &s->in->as.fetched.epoch;
    struct sb_message m = {.cmd = SB_CMD_FETCHED, .n_payload = 4};
    m.as.fetched.stream = sb_bytes_str(ask->stream->name);
    m.as.fetched.seq = ask->seq;
    m.as.fetched.index = batch->index;
    m.as.fetched.path = (const uint8_t(*)[SB_HASH])s->in->as.fetched.path.nodes;
    m.as.fetched.n_path = s->in->as.fetched.path.n;
    m.as.fetched.epoch_index = epoch->index;
    m.as.fetched.epoch_leaf = epoch->leaf;
    m.as.fetched.epoch_record = epoch->record;
    m.as.fetched.epoch_path =
        (const uint8_t(*)[SB_HASH])s->in->as.fetched.epoch_path.nodes;
    m.as.fetched.n_epoch_path = s->in->as.fetched.epoch_path.n;
    m.as.fetched.note = sb_buf_bytes(&ask->note.text);
    m.as.fetched.n_withdrawals = deliver_withdrawals(batch, &m.as.fetched.withdrawals);
    deliver_batch(s, to, epoch->record, batch, &m);
    effect_reply(s, to, &m);
}

void fetch_fetched(struct step *s)
{
    struct fetch_ask **at = &s->core->fetches;
    while (*at && (*at)->id != s->in->as.fetched.id)
        at = &(*at)->next;
    struct fetch_ask *ask = *at;
    if (!ask)
        return;
    *at = ask->next;
    const struct session *to = session_by_peer(s->core, ask->peer);
    const struct note *newest = &s->core->rounds.newest;
    struct sb_codes classes;
    if (!to || !is_of(ask, to)) {
        ask_free(ask);
    } else if (!feed_granted(s, to, ask->stream, &classes)) {
        refuse(s, to, sb_bytes_str(ask->stream->name), ask->seq, SB_E_NO_GRANT);
        ask_free(ask);
    } else if (s->in->as.fetched.found) {
        answer(s, to, ask);
        ask_free(ask);
    } else if (newest->size > ask->note.size) { /* not final yet, perhaps signed */
        put(s, to, ask, newest, classes);
    } else {
        struct mark known = ask->stream->in_signed;
        bool signed_now = known.seq >= ask->seq && known.index < ask->note.size;
        int code = signed_now ? SB_E_NOT_FOUND : SB_E_BUSY;
        refuse(s, to, sb_bytes_str(ask->stream->name), ask->seq, code);
        ask_free(ask);
    }
}
