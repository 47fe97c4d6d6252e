/* Purpose: the life of a core and the one door through which inputs come.
 * Invariant: a step either gives all its effects or fails; then the process stops. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

int sb_core_new(struct sb_core **out,
                const struct sb_core_config *config,
                struct sb_trust *trust,
                struct sb_err *err)
{
    if (!sb_trust_newest(trust))
        return sb_fail(err,
                       SB_E_STATE,
                       "no directory: run sacbe init, then start the "
                       "broker with its directory");
    struct sb_core *core = calloc(1, sizeof *core);
    if (!core)
        return sb_fail(err, SB_E_MEMORY, "out of memory for the core");
    core->config = *config;
    core->trust = trust;
    core->size = core->durable = config->size;
    core->stored_ms = config->stored_ms;
    core->opened_ms = refill_opened(trust, config->generation);
    *out = core;
    return 0;
}

void sb_core_free(struct sb_core *core)
{
    if (!core)
        return;
    while (core->sessions)
        session_end(core, core->sessions);
    for (size_t i = 0; i < core->n_streams; i++)
        stream_free(core->streams[i]);
    while (core->lookups) {
        struct lookup *next = core->lookups->next;
        free(core->lookups);
        core->lookups = next;
    }
    while (core->lags) {
        struct lag *next = core->lags->next;
        free(core->lags);
        core->lags = next;
    }
    while (core->said) {
        struct said *next = core->said->next;
        free(core->said);
        core->said = next;
    }
    share_free(core->shares);
    round_free(&core->rounds);
    cosign_free(core->proofs);
    fetch_free(core->fetches);
    notice_free(core);
    sb_trust_free(core->trust);
    free(core->streams);
    free(core->placed);
    free(core->waits);
    free(core->questions.items);
    free(core);
}

const struct sb_trust *sb_core_trust(const struct sb_core *core)
{
    return core->trust;
}

int sb_core_restore(struct sb_core *core,
                    const struct sb_stream_state *state,
                    struct sb_err *err)
{
    if (stream_find(core, state->stream))
        return sb_fail(err,
                       SB_E_DUPLICATE,
                       "%.*s stands twice in the journal",
                       SB_FMT(state->stream));
    struct stream *st = stream_add(core, state->stream);
    if (!st)
        return sb_fail(err,
                       SB_E_MEMORY,
                       "the journal's stream %.*s cannot be taken up",
                       SB_FMT(state->stream));
    st->claim_no = state->claim_no;
    memcpy(st->claim_hash, state->claim_hash, SB_HASH);
    memcpy(st->instance, state->instance, SB_INSTANCE);
    st->claim_index = state->claim_index;
    st->last_seq = state->last_seq;
    memcpy(st->last_hash, state->last_hash, SB_HASH);
    st->last_index = state->last_index;
    st->in_signed = (struct mark){state->last_seq, state->last_index};
    st->tail = core->size ? core->size - 1 : 0;
    if (state->epoch_no == 0)
        return 0;
    st->epoch_index = state->epoch_index;
    return stream_set_epoch(st, state->epoch, err);
}

static void gone(struct step *s)
{
    struct session *session = session_by_peer(s->core, s->in->as.gone.peer);
    if (session)
        session_end(s->core, session);
}

static void stop(struct step *s)
{
    struct sb_err why;
    s->core->stopping = true;
    sb_fail(&why, SB_E_STOPPING, "the broker is stopping");
    for (struct session *at = s->core->sessions; at; at = at->next) {
        struct sb_message m = {.cmd = SB_CMD_REFUSED};
        m.as.refused.code = (uint64_t)sb_code_number(why.code);
        effect_reply(s, at, &m);
    }
}

/* Of what the journal answers here; 0: it is no answer. */
static uint64_t answered_id(const struct sb_input *in)
{
    switch ((int)in->kind) {
    case SB_IN_FOUND:
        return in->as.found.id;
    case SB_IN_OPENED:
        return in->as.opened.id;
    case SB_IN_READ:
        return in->as.read.id;
    case SB_IN_PROVED:
        return in->as.proved.id;
    case SB_IN_FETCHED:
        return in->as.fetched.id;
    default:
        return 0;
    }
}

static void dispatch(struct step *s)
{
    switch (s->in->kind) {
    case SB_IN_MESSAGE:
        session_message(s);
        return;
    case SB_IN_GONE:
        gone(s);
        return;
    case SB_IN_COMMITTED:
        append_committed(s);
        return;
    case SB_IN_CHECKPOINT:
        round_signed(s);
        return;
    case SB_IN_FOUND:
        accept_found(s);
        return;
    case SB_IN_OPENED:
        feed_opened(s);
        return;
    case SB_IN_READ:
        feed_read(s);
        return;
    case SB_IN_DIRECTORY:
    case SB_IN_CATALOGUE:
    case SB_IN_PRUNE:
        accept_operator(s);
        return;
    case SB_IN_TICK:
        (void)clock_look(s);
        session_tick(s);
        share_tick(s);
        round_look(s);
        notice_tick(s);
        feed_all(s);
        return;
    case SB_IN_STOP:
        stop(s);
        return;
    case SB_IN_ROOM:
        s->core->low = s->in->as.room.low;
        s->core->low_retry_ms = s->in->as.room.retry_ms;
        return;
    case SB_IN_PROVED:
        cosign_proved(s);
        tree_proved(s);
        return;
    case SB_IN_FETCHED:
        fetch_fetched(s);
        return;
    }
}

int sb_core_step(struct sb_core *core,
                 const struct sb_input *in,
                 struct sb_effects *out,
                 struct sb_err *err)
{
    sb_arena_reset(out->arena);
    out->n = 0;
    out->failed = false;
    struct step s = {.core = core, .in = in, .out = out};
    uint64_t id = answered_id(in);
    bool waited = id > 0 && question_answered(core, id);
    dispatch(&s);
    if (waited)
        feed_all(&s);
    if (out->failed || out->scratch.failed)
        return sb_fail(err, SB_E_MEMORY, "out of memory in the broker's core");
    return 0;
}
