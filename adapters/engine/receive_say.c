/* What a reader says to the broker: SUBSCRIBE, CREDIT, APPLIED. Receipts: receipt.c. */
#include "adapters/engine/receive.h"

#include <stdlib.h>

#include "adapters/engine/cursor.h"
#include "schemas/base/text.h"

#define APPLIED_MS 20u

static int by_stream(const void *a, const void *b)
{
    const struct sb_head *x = a;
    const struct sb_head *y = b;
    int order = sb_bytes_cmp(x->stream, y->stream);
    return order ? order : (x->seq < y->seq) - (x->seq > y->seq);
}

/* Of two places in one stream the further one stays. */
static void sort_unique(struct sb_heads *h)
{
    if (h->n == 0)
        return;
    qsort(h->items, h->n, sizeof *h->items, by_stream);
    size_t n = 1;
    for (size_t i = 1; i < h->n; i++)
        if (!sb_bytes_eq(h->items[i].stream, h->items[n - 1].stream))
            h->items[n++] = h->items[i];
    h->n = n;
}

/* Cursors of one target whose types the subscription has. Our own streams are only fed
 * when they are named: where we subscribe to a type that we publish, from 0. */
static int target_cursors(struct sb_receive *r,
                          const struct sb_subscription *sub,
                          const struct sb_target *t,
                          struct sb_arena *arena,
                          struct sb_heads *out,
                          struct sb_err *err)
{
    struct sb_heads all = {0};
    int rc = sb_cursor_list(t->db, arena, &all, err);
    if (rc)
        return rc;
    size_t room = out->n + all.n + r->n_own;
    struct sb_head *items = sb_arena_alloc(arena, room + 1, sizeof *items);
    if (!items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    if (out->n)
        memcpy(items, out->items, out->n * sizeof *items);
    size_t n = out->n;
    for (size_t i = 0; i < all.n; i++) {
        struct sb_bytes type;
        if (sb_text_stream_parts(all.items[i].stream, NULL, &type, NULL) &&
            sb_bytes_eq(type, t->type.name) && sb_subscription_has(sub, type))
            items[n++] = all.items[i];
    }
    for (size_t i = 0; i < r->n_own; i++)
        if (sb_bytes_eq(r->own[i].type.name, t->type.name))
            items[n++] = (struct sb_head){.stream = sb_bytes_str(r->own[i].name)};
    *out = (struct sb_heads){items, n};
    return 0;
}

static int own_cursors(struct sb_receive *r,
                       struct sb_arena *arena,
                       struct sb_heads *out,
                       struct sb_err *err)
{
    out->items = sb_arena_alloc(arena, r->n_own + 1, sizeof *out->items);
    if (!out->items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < r->n_own; i++) {
        if (!r->own[i].adopting)
            continue;
        struct sb_head *h = &out->items[out->n++];
        h->stream = sb_bytes_str(r->own[i].name);
        h->seq = r->own[i].row.stored_seq;
        memcpy(h->batch_hash, r->own[i].row.stored_hash, SB_HASH);
    }
    return 0;
}

static int give_credit(struct sb_receive *r,
                       struct sb_subscription *sub,
                       uint64_t entries,
                       uint64_t bytes,
                       struct sb_err *err)
{
    struct sb_message m = {.cmd = SB_CMD_CREDIT};
    m.as.credit.name = sb_bytes_str(sub->name);
    m.as.credit.entries = entries;
    m.as.credit.bytes = bytes;
    return r->env->send(r->env->send_ctx, &m, err);
}

int sb_receive_subscribe(struct sb_receive *r,
                         struct sb_subscription *sub,
                         struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_heads cursors = {0};
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc && sub->own)
        rc = own_cursors(r, arena, &cursors, err);
    for (size_t i = 0; !rc && !sub->own && i < r->n_targets; i++)
        if (sb_subscription_has(sub, r->targets[i].type.name))
            rc = target_cursors(r, sub, &r->targets[i], arena, &cursors, err);
    if (!rc && sub->own && cursors.n == 0) {
        sub->unasked = false; /* nothing to adopt */
        sb_arena_free(arena);
        return 0;
    }
    if (!rc) {
        sort_unique(&cursors);
        struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
        m.as.subscribe.name = sb_bytes_str(sub->name);
        m.as.subscribe.types = (struct sb_codes){sub->types, sub->n_types};
        m.as.subscribe.cursors = cursors;
        rc = r->env->send(r->env->send_ctx, &m, err);
    }
    if (!rc)
        rc = give_credit(r, sub, SB_CREDIT_ENTRIES, SB_CREDIT_BYTES, err);
    sub->unasked = rc != 0;
    sb_arena_free(arena);
    return rc;
}

static bool of(const struct sb_subscription *sub, const struct sb_reading *at)
{
    return sub->own ? at->adopting != NULL
                    : at->target && sb_subscription_has(sub, at->target->type.name);
}

/* Heads of the readings of a subscription: those not yet told. */
static int heads(struct sb_receive *r,
                 const struct sb_subscription *sub,
                 struct sb_arena *arena,
                 struct sb_heads *out,
                 struct sb_err *err)
{
    out->items = sb_arena_alloc(arena, r->n_readings + 1, sizeof *out->items);
    if (!out->items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < r->n_readings; i++) {
        const struct sb_reading *at = r->readings[i];
        if (!at->applied_dirty || !at->open || at->adopting || !of(sub, at))
            continue;
        struct sb_head *h = &out->items[out->n++];
        h->stream = sb_bytes_str(at->name);
        h->seq = at->chain.last_seq;
        memcpy(h->batch_hash, at->chain.last_hash, SB_HASH);
    }
    sort_unique(out);
    return 0;
}

static void told(struct sb_receive *r, const struct sb_heads *h)
{
    for (size_t k = 0; k < h->n; k++)
        for (size_t i = 0; i < r->n_readings; i++)
            if (sb_bytes_is(h->items[k].stream, r->readings[i]->name))
                r->readings[i]->applied_dirty = false;
}

static int
say_applied(struct sb_receive *r, struct sb_subscription *sub, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message m = {.cmd = SB_CMD_APPLIED};
    m.as.applied.name = sb_bytes_str(sub->name);
    int rc = arena ? heads(r, sub, arena, &m.as.applied.heads, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc && m.as.applied.heads.n) {
        rc = r->env->send(r->env->send_ctx, &m, err);
        if (!rc)
            told(r, &m.as.applied.heads);
    }
    sb_arena_free(arena);
    return rc;
}

static int renew(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err)
{
    for (size_t s = 0; s < r->n_subs; s++) {
        bool due = r->subs[s].unasked;
        for (size_t i = 0; i < r->n_readings; i++) {
            struct sb_reading *at = r->readings[i];
            if (!at->held_until || at->held_until > mono_ms || !of(&r->subs[s], at))
                continue;
            at->held_until = 0;
            due = true;
        }
        r->subs[s].unasked = due;
        int rc = due ? sb_receive_subscribe(r, &r->subs[s], err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int quiet(int rc)
{
    return rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION ? 0 : rc;
}

int sb_receive_tick(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err)
{
    int rc = renew(r, mono_ms, err);
    for (size_t i = 0; !rc && i < r->n_subs; i++) {
        struct sb_subscription *sub = &r->subs[i];
        bool much = sub->owed_entries >= SB_CREDIT_ENTRIES / 2 ||
                    sub->owed_bytes >= SB_CREDIT_BYTES / 2;
        if (!sub->owed_entries || (!much && sub->first))
            continue;
        rc = give_credit(r, sub, sub->owed_entries, sub->owed_bytes, err);
        if (!rc)
            sub->owed_entries = sub->owed_bytes = 0;
    }
    if (!rc && mono_ms - r->applied_mono >= APPLIED_MS) {
        for (size_t i = 0; !rc && i < r->n_subs; i++)
            rc = say_applied(r, &r->subs[i], err);
        r->applied_mono = mono_ms;
    }
    return quiet(rc);
}
