/* Purpose: the list of effects of one step and the bytes that they borrow.
 * Invariant: running out of memory never leaves half an effect; it fails the step. */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

struct sb_effects *sb_effects_new(void)
{
    struct sb_effects *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->arena = sb_arena_new(0);
    if (e->arena)
        return e;
    free(e);
    return NULL;
}

void sb_effects_free(struct sb_effects *e)
{
    if (!e)
        return;
    sb_arena_free(e->arena);
    sb_buf_free(&e->scratch);
    free(e->items);
    free(e);
}

size_t sb_effects_count(const struct sb_effects *e)
{
    return e->n;
}

const struct sb_effect *sb_effects_at(const struct sb_effects *e, size_t i)
{
    return &e->items[i];
}

struct sb_effect *effect_add(struct sb_effects *out, enum sb_effect_kind kind)
{
    if (out->n == out->cap) {
        size_t cap = out->cap ? 2 * out->cap : 16;
        struct sb_effect *items = realloc(out->items, cap * sizeof *items);
        if (!items) {
            out->failed = true;
            return &out->nowhere;
        }
        out->items = items;
        out->cap = cap;
    }
    struct sb_effect *e = &out->items[out->n++];
    *e = (struct sb_effect){.kind = kind};
    return e;
}

struct sb_bytes effect_keep(struct sb_effects *out, struct sb_bytes b)
{
    struct sb_bytes kept = sb_arena_dup(out->arena, b);
    if (!kept.p)
        out->failed = true;
    return kept;
}

void effect_send(struct step *s, uint64_t peer, const struct sb_message *m)
{
    struct sb_frames frames;
    struct sb_err err;
    sb_buf_reset(&s->out->scratch);
    if (sb_message_write(m, &s->out->scratch, &frames, &err) != 0) {
        s->out->failed = true;
        return;
    }
    for (size_t i = 2; i < 4; i++) /* session and header live in `m` and the scratch */
        frames.f[i] = effect_keep(s->out, frames.f[i]);
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_SEND);
    e->as.send.peer = peer;
    e->as.send.frames = frames;
}

void effect_reply(struct step *s, const struct session *to, struct sb_message *m)
{
    memcpy(m->session, to->id, SB_SESSION);
    effect_send(s, to->peer, m);
}

void effect_log(struct step *s, const char *institution, const struct sb_err *why)
{
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_LOG);
    e->as.log.code = why->code;
    snprintf(e->as.log.text, sizeof e->as.log.text, "%s", why->text);
    e->as.log.institution = effect_keep(s->out, sb_bytes_str(institution));
}

void effect_drop(struct step *s, uint64_t peer)
{
    effect_add(s->out, SB_EFFECT_DROP)->as.drop.peer = peer;
}
