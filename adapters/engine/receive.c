/* Queues and turns of receiving. What is said to the broker: receive_say.c. */
#include "adapters/engine/receive.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/engine/adopt.h"
#include "adapters/engine/cursor.h"
#include "adapters/engine/publish.h"
#include "keys/tree.h"
#include "schemas/base/text.h"

#define PAUSE_MIN_MS 250u
#define PAUSE_MAX_MS 60000u

struct sb_queued {
    struct sb_queued *next;
    struct sb_entry_in entry;
    size_t bytes;
    uint8_t data[];
};

bool sb_subscription_has(const struct sb_subscription *sub, struct sb_bytes type)
{
    for (size_t i = 0; i < sub->n_types; i++)
        if (sb_bytes_eq(sub->types[i], type))
            return true;
    return false;
}

static struct sb_subscription *
sub_for(struct sb_receive *r, uint64_t priority, bool own)
{
    for (size_t i = 0; i < r->n_subs; i++)
        if (r->subs[i].own == own && (own || r->subs[i].priority == priority))
            return &r->subs[i];
    struct sb_subscription *s = &r->subs[r->n_subs++];
    s->priority = priority;
    s->own = own;
    if (own)
        (void)snprintf(s->name, sizeof s->name, "own");
    else
        (void)snprintf(s->name, sizeof s->name, "p%llu", (unsigned long long)priority);
    return s;
}

static void add_type(struct sb_subscription *s, struct sb_bytes type)
{
    if (s->n_types == SB_SUBSCRIPTION_TYPES || sb_subscription_has(s, type))
        return;
    size_t at = s->n_types++;
    while (at > 0 && sb_bytes_cmp(s->types[at - 1], type) > 0) {
        s->types[at] = s->types[at - 1];
        at--;
    }
    s->types[at] = type;
}

static int higher_first(const void *a, const void *b)
{
    const struct sb_subscription *x = a;
    const struct sb_subscription *y = b;
    return x->priority > y->priority ? -1 : x->priority < y->priority;
}

int sb_receive_open(struct sb_receive *r, struct sb_err *err)
{
    r->subs = calloc(r->n_targets + 1, sizeof *r->subs);
    if (!r->subs)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < r->n_targets; i++)
        add_type(sub_for(r, r->targets[i].type.priority, false),
                 r->targets[i].type.name);
    for (size_t i = 0; i < r->n_own; i++)
        add_type(sub_for(r, 0, true), r->own[i].type.name);
    qsort(r->subs, r->n_subs, sizeof *r->subs, higher_first);
    return 0;
}

static void drop_queue(struct sb_subscription *s)
{
    while (s->first) {
        struct sb_queued *q = s->first;
        s->first = q->next;
        free(q);
    }
    s->last = NULL;
    s->queued = 0;
    s->owed_entries = 0;
    s->owed_bytes = 0;
}

void sb_receive_away(struct sb_receive *r)
{
    for (size_t i = 0; i < r->n_subs; i++)
        drop_queue(&r->subs[i]);
}

void sb_receive_close(struct sb_receive *r)
{
    sb_receive_away(r);
    for (size_t i = 0; i < r->n_readings; i++) {
        sb_chain_close(&r->readings[i]->chain);
        free(r->readings[i]);
    }
    free(r->readings);
    free(r->subs);
    r->readings = NULL;
    r->subs = NULL;
    r->n_readings = 0;
    r->n_subs = 0;
}

int sb_receive_welcome(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err)
{
    sb_receive_away(r);
    for (size_t i = 0; i < r->n_readings; i++) {
        sb_chain_close(&r->readings[i]->chain);
        r->readings[i]->open = false;
        r->readings[i]->held_until = 0;
        r->readings[i]->came_mono = mono_ms;
        r->readings[i]->behind_mono = 0;
    }
    for (size_t i = 0; i < r->n_subs; i++)
        r->subs[i].unasked = true; /* a full socket: the next tick asks */
    for (size_t i = 0; i < r->n_subs; i++) {
        int rc = sb_receive_subscribe(r, &r->subs[i], err);
        if (rc)
            return rc;
        r->subs[i].heard_mono = mono_ms;
    }
    return 0;
}

static struct sb_bytes keep(struct sb_queued *q, size_t *at, struct sb_bytes b)
{
    uint8_t *to = q->data + *at;
    if (b.n)
        memcpy(to, b.p, b.n);
    *at += b.n;
    return sb_bytes(to, b.n);
}

int sb_receive_entry(struct sb_receive *r,
                     const struct sb_message *m,
                     struct sb_err *err)
{
    struct sb_subscription *sub = NULL;
    for (size_t i = 0; i < r->n_subs && !sub; i++)
        if (sb_bytes_is(m->as.entry.name, r->subs[i].name))
            sub = &r->subs[i];
    if (!sub)
        return 0;
    size_t bytes = 0;
    size_t more = 0;
    size_t n = m->as.entry.n_withdrawals;
    n = n < SB_WITHDRAWALS_MAX ? n : SB_WITHDRAWALS_MAX;
    for (size_t i = 0; i < 4; i++)
        bytes += m->payload[i].n;
    for (size_t i = 0; i < n; i++)
        more += m->as.entry.withdrawals[i].n;
    struct sb_queued *q = malloc(sizeof *q + bytes + more);
    if (!q)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    *q = (struct sb_queued){.bytes = bytes,
                            .entry = {.index = m->as.entry.index, .n_withdrawals = n}};
    struct sb_entry_in *e = &q->entry;
    struct sb_bytes *to[4] = {&e->leaf, &e->record, &e->items, &e->cts};
    size_t at = 0;
    for (size_t i = 0; i < 4; i++)
        *to[i] = keep(q, &at, m->payload[i]);
    for (size_t i = 0; i < n; i++)
        e->withdrawals[i] = keep(q, &at, m->as.entry.withdrawals[i]);
    if (sub->last)
        sub->last->next = q;
    else
        sub->first = q;
    sub->last = q;
    sub->queued++;
    return 0;
}

static int open_chain(struct sb_receive *r, struct sb_reading *at, struct sb_err *err)
{
    if (at->open)
        return 0;
    uint64_t seq = 0;
    uint8_t hash[SB_HASH] = {0};
    int rc = 0;
    if (at->adopting) {
        seq = at->adopting->row.stored_seq;
        memcpy(hash, at->adopting->row.stored_hash, SB_HASH);
    } else {
        rc = sb_cursor_get(at->target->db, sb_bytes_str(at->name), &seq, hash, err);
    }
    if (!rc)
        rc = sb_chain_open(&at->chain, r->env, sb_bytes_str(at->name), seq, hash, err);
    at->open = !rc;
    return rc;
}

static void hold(struct sb_receive *r,
                 struct sb_reading *at,
                 uint64_t mono_ms,
                 const struct sb_err *why)
{
    at->pause_ms = at->pause_ms ? 2 * at->pause_ms : PAUSE_MIN_MS;
    if (at->pause_ms > PAUSE_MAX_MS)
        at->pause_ms = PAUSE_MAX_MS;
    at->held_until = mono_ms + at->pause_ms;
    at->trouble = *why;
    sb_chain_close(&at->chain);
    at->open = false;
    sb_log(r->env->log,
           SB_LOG_WARNING,
           "receive",
           SB_LOG_ERR(why),
           SB_LOG_TEXT("stream", at->name),
           SB_LOG_U64("again_in_ms", at->pause_ms));
}

void sb_receive_refused(struct sb_receive *r,
                        struct sb_bytes stream,
                        uint64_t mono_ms,
                        const struct sb_err *why)
{
    struct sb_reading *at = sb_receive_reading(r, stream);
    if (at)
        hold(r, at, mono_ms, why);
}

static int adopted(struct sb_receive *r,
                   struct sb_reading *at,
                   const struct sb_chain_batch *b,
                   uint64_t now_ms,
                   struct sb_err *err)
{
    struct sb_stream *s = at->adopting;
    sb_chain_move(&at->chain, b);
    if (!s->adopting || memcmp(b->hash, s->goal.last_hash, SB_HASH) != 0)
        return 0;
    int rc = sb_publish_adopted(s, now_ms, err);
    if (!rc)
        sb_log(r->env->log,
               SB_LOG_INFO,
               "receive",
               SB_LOG_TEXT("event", "adopted"),
               SB_LOG_TEXT("stream", at->name),
               SB_LOG_U64("seq", b->last_seq));
    return rc;
}

/* What the publisher signed as its head is a batch's end, and that batch. */
static int fits_head(const struct sb_reading *at,
                     const struct sb_chain_batch *b,
                     struct sb_err *err)
{
    uint64_t head = at->head.seq;
    if (head < b->batch.first_seq || head > b->last_seq ||
        (head == b->last_seq && memcmp(at->head.hash, b->hash, SB_HASH) == 0))
        return 0;
    return sb_fail(err,
                   SB_E_FORK,
                   "%s: the batch at %llu is not the one that its publisher signed as"
                   " its head",
                   at->name,
                   (unsigned long long)b->batch.first_seq);
}

static int process(struct sb_receive *r,
                   struct sb_reading *at,
                   const struct sb_entry_in *e,
                   struct sb_arena *arena,
                   uint64_t now_ms,
                   struct sb_err *err)
{
    struct sb_chain_batch b = {0};
    struct sb_applied done = {0};
    int rc = open_chain(r, at, err);
    if (!rc)
        rc = sb_chain_take(&at->chain, e, arena, &b, err);
    if (rc >= 0 && at->adopting && at->adopting->adopting) {
        int kept = sb_adopt_keep(
            at->adopting, &at->chain, e, rc == 1 ? &b : NULL, now_ms, err);
        rc = kept ? kept : rc;
    }
    if (rc == 2)
        return at->adopting ? sb_withdraw_adopt(
                                  at->adopting, &b.withdraw, b.hash, e->record, err)
                            : sb_withdraw_heard(r->env, &b.withdraw, b.hash, err);
    if (rc != 1)
        return rc;
    rc = fits_head(at, &b, err);
    if (rc)
        return rc;
    rc = at->adopting ? adopted(r, at, &b, now_ms, err)
                      : sb_apply_batch(at->target, &at->chain, &b, now_ms, &done, err);
    if (rc)
        return rc;
    at->newest = (struct sb_applied_batch){.seq = b.last_seq, .index = e->index};
    memcpy(at->newest.hash, b.hash, SB_HASH);
    sb_tree_leaf(at->newest.leaf_hash, e->leaf);
    at->applied += done.applied;
    at->quarantined += done.quarantined;
    at->applied_dirty = at->receipt_dirty = at->receipt_unsaved = !at->adopting;
    at->pause_ms = 0;
    at->trouble.code = 0;
    return 0;
}

static int take(struct sb_receive *r,
                struct sb_subscription *sub,
                uint64_t now_ms,
                uint64_t mono_ms,
                struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct sb_queued *q = sub->first;
    struct sb_bytes stream = sb_entry_stream(&q->entry, arena);
    struct sb_reading *at = NULL;
    if (stream.n)
        at = sub->own ? sb_receive_own(r, stream) : sb_receive_reading(r, stream);
    struct sb_err why = {.code = 0};
    int rc = 0;
    sub->heard_mono = mono_ms;
    if (at)
        at->came_mono = mono_ms;
    if (at && at->forked)
        rc = sb_fail(&why, SB_E_FORK, "%s: held: two histories of it", at->name);
    else if (at && !at->held_until)
        rc = process(r, at, &q->entry, arena, now_ms, &why);
    if (rc)
        hold(r, at, mono_ms, &why);
    sb_arena_free(arena);
    sub->first = q->next;
    if (!sub->first)
        sub->last = NULL;
    sub->queued--;
    sub->owed_entries++;
    sub->owed_bytes += q->bytes;
    free(q);
    return rc == SB_E_MEMORY ? sb_fail(err, rc, "%s", why.text) : 0;
}

int sb_receive_turn(struct sb_receive *r,
                    uint64_t now_ms,
                    uint64_t mono_ms,
                    struct sb_err *err)
{
    for (size_t i = 0; i < r->n_subs; i++) {
        if (!r->subs[i].first)
            continue;
        int rc = take(r, &r->subs[i], now_ms, mono_ms, err);
        return rc ? rc : 1;
    }
    return 0;
}
