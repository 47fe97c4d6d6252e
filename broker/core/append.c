/* Purpose: hand accepted entries to the journal and keep answers until they are
 * durable. Invariant: indices are dense; stored_ms never falls; answers come
 * in the order of the waits, which is that of indices but for what was said twice. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

void append_entry(struct step *s, struct sb_append *entry, uint64_t directory_version)
{
    struct sb_core *core = s->core;
    if (s->in->now_ms > core->stored_ms)
        core->stored_ms = s->in->now_ms;
    struct sb_entry leaf = {.kind = entry->kind,
                            .stored_ms = core->stored_ms,
                            .directory_version = directory_version};
    sb_sha256(leaf.record_hash, entry->record);
    sb_buf_reset(&s->out->scratch);
    sb_entry_write(&leaf, &s->out->scratch);
    entry->leaf = effect_keep(s->out, sb_buf_bytes(&s->out->scratch));
    entry->index = core->size++;
    effect_add(s->out, SB_EFFECT_APPEND)->as.append = *entry;
}

void append_wait(struct step *s, const struct wait *wait)
{
    struct sb_core *core = s->core;
    if (core->first_wait > 0 && core->first_wait == core->n_waits)
        core->first_wait = core->n_waits = 0;
    if (core->n_waits == core->cap_waits) {
        size_t cap = core->cap_waits ? 2 * core->cap_waits : 64;
        struct wait *waits = realloc(core->waits, cap * sizeof *waits);
        if (!waits) {
            s->out->failed = true;
            return;
        }
        core->waits = waits;
        core->cap_waits = cap;
    }
    core->waits[core->n_waits++] = *wait;
}

void answer_stored(struct step *s,
                   const struct session *to,
                   enum sb_kind kind,
                   const struct stream *st,
                   const uint8_t *hash,
                   uint64_t number,
                   uint64_t index)
{
    struct sb_message m = {.cmd = SB_CMD_STORED};
    m.as.stored.kind = kind;
    m.as.stored.stream = st ? sb_bytes_str(st->name) : sb_bytes(NULL, 0);
    memcpy(m.as.stored.hash, hash, SB_HASH);
    m.as.stored.number = number;
    m.as.stored.index = index;
    effect_reply(s, to, &m);
}

static void answer(struct step *s, const struct wait *w)
{
    if (w->kind != WAIT_STORED) {
        struct sb_effect *e = effect_add(s->out, SB_EFFECT_ANSWER);
        e->as.answer.request = w->request;
        if (w->kind == WAIT_DIRECTORY)
            session_push_directory(s, w->number);
        else if (w->kind == WAIT_PRUNE)
            notice_prune(s);
        return;
    }
    if (w->again)
        w->again->questions--;
    if (w->record == SB_KIND_HEADS)
        notice_heads(s, w->index);
    const struct session *to = session_by_peer(s->core, w->peer);
    if (to && memcmp(to->id, w->session, SB_SESSION) == 0)
        answer_stored(s, to, w->record, w->stream, w->hash, w->number, w->index);
}

void append_committed(struct step *s)
{
    struct sb_core *core = s->core;
    if (s->in->as.committed.size > core->durable)
        core->durable = s->in->as.committed.size;
    while (core->first_wait < core->n_waits &&
           core->waits[core->first_wait].index < core->durable)
        answer(s, &core->waits[core->first_wait++]);
    accept_committed(s);
    feed_all(s);
}
