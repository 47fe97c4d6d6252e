/* Purpose: bytes that several owners keep without copies.
 * Invariant: what is shared is never written to again; the last owner frees it, in
 * whatever thread that is.
 * Not: who may hold how much (gate.c, recent.c). */
#include "broker/io/hold.h"

#include <stdatomic.h>
#include <stdlib.h>

struct sb_hold {
    atomic_size_t owners;
    struct sb_arena *arena;
    size_t n_parts;
    zmq_msg_t parts[SB_HOLD_PARTS];
};

struct sb_hold *sb_hold_new(void)
{
    struct sb_hold *h = malloc(sizeof *h);
    if (!h)
        return NULL;
    atomic_init(&h->owners, 1);
    h->n_parts = 0;
    h->arena = sb_arena_new(0);
    if (h->arena)
        return h;
    free(h);
    return NULL;
}

struct sb_hold *sb_hold_share(struct sb_hold *h)
{
    atomic_fetch_add_explicit(&h->owners, 1, memory_order_relaxed);
    return h;
}

static void close_parts(struct sb_hold *h)
{
    for (size_t i = 0; i < h->n_parts; i++)
        zmq_msg_close(&h->parts[i]);
    h->n_parts = 0;
}

void sb_hold_drop(struct sb_hold *h)
{
    if (!h || atomic_fetch_sub_explicit(&h->owners, 1, memory_order_acq_rel) != 1)
        return;
    close_parts(h);
    sb_arena_free(h->arena);
    free(h);
}

bool sb_hold_reuse(struct sb_hold *h)
{
    if (atomic_load_explicit(&h->owners, memory_order_acquire) != 1)
        return false;
    close_parts(h);
    sb_arena_reset(h->arena);
    return true;
}

struct sb_arena *sb_hold_arena(struct sb_hold *h)
{
    return h->arena;
}

zmq_msg_t *sb_hold_part(struct sb_hold *h)
{
    if (h->n_parts == SB_HOLD_PARTS)
        return NULL;
    zmq_msg_t *part = &h->parts[h->n_parts++];
    zmq_msg_init(part);
    return part;
}

size_t sb_hold_parts(const struct sb_hold *h)
{
    return h->n_parts;
}

zmq_msg_t *sb_hold_at(struct sb_hold *h, size_t i)
{
    return &h->parts[i];
}

static bool lies_in(struct sb_bytes b, const void *p, size_t n)
{
    uintptr_t from = (uintptr_t)p;
    uintptr_t at = (uintptr_t)b.p;
    return at >= from && at - from <= n && b.n <= n - (at - from);
}

bool sb_hold_has(struct sb_hold *h, struct sb_bytes b)
{
    for (size_t i = 0; i < h->n_parts; i++)
        if (lies_in(b, zmq_msg_data(&h->parts[i]), zmq_msg_size(&h->parts[i])))
            return true;
    return sb_arena_has(h->arena, b);
}

void sb_lent_add(struct sb_lent *l, struct sb_hold *h)
{
    if (l->n < SB_LENT_MAX)
        l->hold[l->n++] = h;
}

struct sb_hold *sb_lent_find(const struct sb_lent *l, struct sb_bytes b)
{
    for (size_t i = 0; i < l->n; i++)
        if (sb_hold_has(l->hold[i], b))
            return l->hold[i];
    return NULL;
}
