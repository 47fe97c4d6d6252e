/* Purpose: SUBSCRIBE: what a session keeps of it, and how much.
 * Invariant: a session has a bounded number of subscriptions, one of each name; so has
 * an institution in all of its sessions. */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* Of one institution: it comes back while its old session is still taken for alive. */
#define ALL_MAX (2u * SB_SUBSCRIPTIONS_MAX)
#define CURSORS_MAX (4u * SB_SUBSCRIPTION_CURSORS)

void feed_free(struct subscription *subs)
{
    while (subs) {
        struct subscription *next = subs->next;
        sb_arena_free(subs->arena);
        free(subs->feeds);
        free(subs);
        subs = next;
    }
}

struct subscription *feed_subscription(const struct session *session,
                                       struct sb_bytes name)
{
    struct subscription *at = session->subscriptions;
    while (at && !sb_bytes_is(name, at->name))
        at = at->next;
    return at;
}

/* Copies what a SUBSCRIBE says into the subscription's own arena. */
static bool keep(struct subscription *sub,
                 const struct sb_codes *types,
                 const struct sb_heads *cursors)
{
    sub->arena = sb_arena_new(0);
    if (!sub->arena)
        return false;
    sub->types.items = sb_arena_alloc(sub->arena, types->n, sizeof *types->items);
    sub->cursors.items = sb_arena_alloc(sub->arena, cursors->n, sizeof *cursors->items);
    if (!sub->types.items || !sub->cursors.items)
        return false;
    for (size_t i = 0; i < types->n; i++) {
        sub->types.items[i] = sb_arena_dup(sub->arena, types->items[i]);
        if (!sub->types.items[i].p)
            return false;
    }
    for (size_t i = 0; i < cursors->n; i++) {
        sub->cursors.items[i] = cursors->items[i];
        sub->cursors.items[i].stream =
            sb_arena_dup(sub->arena, cursors->items[i].stream);
        if (!sub->cursors.items[i].stream.p)
            return false;
    }
    sub->types.n = types->n;
    sub->cursors.n = cursors->n;
    return true;
}

/* Each costs memory, and a look after every commit. */
static bool has_room(struct step *s, struct session *from, size_t cursors)
{
    struct sb_err why;
    size_t here = 0;
    size_t all = 0;
    for (const struct session *at = s->core->sessions; at; at = at->next)
        for (const struct subscription *sub = at->subscriptions;
             sub && at->share == from->share;
             sub = sub->next) {
            here += at == from;
            all++;
            cursors += sub->cursors.n;
        }
    if (here < SB_SUBSCRIPTIONS_MAX && all < ALL_MAX && cursors <= CURSORS_MAX)
        return true;
    sb_fail(&why,
            SB_E_LIMIT,
            "%s has %zu subscriptions, %zu of them in this session, and would have %zu "
            "cursors",
            from->institution,
            all,
            here,
            cursors);
    session_refuse(s, from, 0, sb_bytes(NULL, 0), NULL, 0, &why);
    return false;
}

void feed_subscribe(struct step *s, struct session *from, const struct sb_message *m)
{
    struct subscription *old = feed_subscription(from, m->as.subscribe.name);
    struct subscription **at = &from->subscriptions;
    while (old && *at != old)
        at = &(*at)->next;
    if (old) {
        *at = old->next;
        old->next = NULL;
        feed_free(old);
    }
    if (!has_room(s, from, m->as.subscribe.cursors.n))
        return;
    struct subscription *sub = calloc(1, sizeof *sub);
    if (!sub || !keep(sub, &m->as.subscribe.types, &m->as.subscribe.cursors)) {
        feed_free(sub);
        s->out->failed = true;
        return;
    }
    snprintf(sub->name, sizeof sub->name, "%.*s", SB_FMT(m->as.subscribe.name));
    sub->next = from->subscriptions;
    from->subscriptions = sub;
    feed_refresh(s, from, sub);
}
