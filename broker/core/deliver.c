/* Purpose: one entry to one reader: what of it the epoch in force lets it have.
 * Invariant: ciphertexts go only to classes that both the epoch and a grant name. */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* Notes which classes the epoch gives the reader from here on. */
static void enter_epoch(struct step *s,
                        const struct session *session,
                        struct feed *f,
                        struct sb_bytes record)
{
    struct sb_record envelope;
    struct sb_epoch epoch;
    struct sb_err err;
    f->in_epoch = false;
    f->n_classes = 0;
    if (sb_record_read(record, &envelope, &err) != 0 ||
        sb_epoch_read(envelope.body, s->out->arena, &epoch, &err) != 0)
        return;
    for (size_t i = 0; i < epoch.core.n_readers; i++) {
        const struct sb_epoch_reader *r = &epoch.core.readers[i];
        if (!sb_bytes_is(r->reader, session->institution))
            continue;
        f->in_epoch = true;
        for (size_t c = 0; c < r->classes.n; c++)
            snprintf(f->classes[f->n_classes++],
                     SB_CODE_MAX + 1,
                     "%.*s",
                     SB_FMT(r->classes.items[c]));
    }
}

static bool in_epoch_class(const struct feed *f, struct sb_bytes name)
{
    for (size_t i = 0; i < f->n_classes; i++)
        if (sb_bytes_is(name, f->classes[i]))
            return true;
    return false;
}

static struct sb_bytes
joined(struct step *s, const struct feed *f, const struct sb_stored_entry *e)
{
    struct sb_bytes raw[SB_CLASSES];
    size_t n = 0;
    for (size_t i = 0; i < e->n_cts; i++)
        if (in_epoch_class(f, e->ct_class[i]))
            raw[n++] = e->ct_raw[i];
    if (n == e->n_cts && e->cts.n > 0)
        return e->cts;
    struct sb_bytes whole = sb_cts_joined(s->out->arena, raw, n);
    if (!whole.p)
        s->out->failed = true;
    return whole;
}

size_t deliver_withdrawals(const struct sb_stored_entry *batch,
                           struct sb_bytes **records)
{
    *records = batch->withdrawals;
    return batch->n_withdrawals < SB_WITHDRAWALS_MAX ? batch->n_withdrawals
                                                     : SB_WITHDRAWALS_MAX;
}

void deliver_batch(struct step *s,
                   const struct session *to,
                   struct sb_bytes epoch,
                   const struct sb_stored_entry *batch,
                   struct sb_message *m)
{
    struct feed alone = {0};
    enter_epoch(s, to, &alone, epoch);
    m->payload[0] = batch->leaf;
    m->payload[1] = batch->record;
    if (!alone.in_epoch)
        return;
    m->payload[2] = batch->items;
    m->payload[3] = joined(s, &alone, batch);
}

void feed_deliver(struct step *s,
                  struct session *session,
                  struct subscription *sub,
                  struct feed *f,
                  const struct sb_stored_entry *e)
{
    if (e->kind == SB_KIND_EPOCH)
        enter_epoch(s, session, f, e->record);
    struct sb_message m = {.cmd = SB_CMD_ENTRY, .n_payload = 4};
    m.as.entry.name = sb_bytes_str(sub->name);
    m.as.entry.index = e->index;
    m.payload[0] = e->leaf;
    m.payload[1] = e->record;
    if (e->kind == SB_KIND_BATCH && f->in_epoch) {
        m.payload[2] = e->items;
        m.payload[3] = joined(s, f, e);
        m.as.entry.n_withdrawals = deliver_withdrawals(e, &m.as.entry.withdrawals);
    }
    uint64_t bytes = 0;
    for (size_t i = 0; i < m.n_payload; i++)
        bytes += m.payload[i].n;
    sub->entries -= sub->entries ? 1 : 0;
    sub->bytes -= sub->bytes < bytes ? sub->bytes : bytes;
    effect_reply(s, session, &m);
}

/* What a reader last said of a stream; made when it is new. NULL: the reader names more
 * subscriptions and streams than one that means it, or out of memory. */
static struct lag *lag_of(struct step *s,
                          const struct session *from,
                          const char *subscription,
                          struct stream *st)
{
    size_t n = 0;
    for (struct lag *l = s->core->lags; l; l = l->next) {
        if (strcmp(l->reader, from->institution) != 0)
            continue;
        if (l->stream == st && strcmp(l->subscription, subscription) == 0)
            return l;
        n++;
    }
    if (n >= SB_SUBSCRIPTION_CURSORS)
        return NULL;
    struct lag *l = calloc(1, sizeof *l);
    if (!l) {
        s->out->failed = true;
        return NULL;
    }
    l->stream = st;
    memcpy(l->reader, from->institution, sizeof l->reader);
    memcpy(l->subscription, subscription, strlen(subscription) + 1);
    l->next = s->core->lags;
    s->core->lags = l;
    return l;
}

void feed_applied(struct step *s, struct session *from, const struct sb_message *m)
{
    const struct subscription *sub = feed_subscription(from, m->as.applied.name);
    for (size_t i = 0; sub && i < m->as.applied.heads.n; i++) {
        const struct sb_head *h = &m->as.applied.heads.items[i];
        struct stream *st = stream_find(s->core, h->stream);
        if (!st || h->seq > st->last_seq)
            continue;
        struct lag *l = lag_of(s, from, sub->name, st);
        if (!l)
            return;
        l->applied_seq = h->seq;
        l->applied_ms = s->in->now_ms;
    }
}
