/* Sealing events into signed batches, and those into the outbox. */
#include "adapters/engine/stream.h"

#include "broker/core/message.h"

#define EVENT_OVERHEAD 1024u /* header, hashes, nonces, padding: generous */

/* Bytes that an event will take, without sealing it. */
static size_t weight(const struct sb_sections *event)
{
    size_t n = EVENT_OVERHEAD;
    for (size_t c = 0; c < SB_CLASS_COUNT; c++)
        n += event->plain[c].n;
    return n;
}

bool sb_stream_fits(const struct sb_stream *s, const struct sb_sections *event)
{
    return weight(event) + sizeof s->name <= SB_EVENT_MAX;
}

struct work { /* one batch while it is sealed */
    struct sb_arena *arena;
    struct sb_bytes *items;
    struct sb_cts cts;
    struct sb_buf item;
    struct sb_buf ct;
};

static int
begin(const struct sb_stream *s, struct work *w, size_t n, struct sb_err *err)
{
    w->arena = sb_arena_new(0);
    w->items = w->arena ? sb_arena_alloc(w->arena, n, sizeof *w->items) : NULL;
    bool whole = w->items != NULL;
    for (unsigned c = 0; whole && c < SB_CLASS_COUNT; c++) {
        if (!(s->type.classes & SB_CLASS_BIT(c)))
            continue;
        struct sb_class_cts *k = &w->cts.classes[w->cts.n++];
        k->name = sb_bytes_str(sb_class_name((enum sb_class)c));
        k->cts = sb_arena_alloc(w->arena, n, sizeof *k->cts);
        k->n = n;
        whole = k->cts != NULL;
    }
    return whole ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
}

static void end(struct work *w)
{
    sb_buf_free(&w->item);
    sb_buf_free(&w->ct);
    sb_arena_free(w->arena);
}

static int seal_event(const struct sb_stream *s,
                      struct work *w,
                      size_t i,
                      const struct sb_sections *event,
                      struct sb_err *err)
{
    struct sb_section sections[SB_CLASSES];
    size_t sizes[SB_CLASSES] = {0};
    size_t k = 0;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (s->type.classes & SB_CLASS_BIT(c))
            sections[k++] = (struct sb_section){
                sb_bytes_str(sb_class_name((enum sb_class)c)), event->plain[c]};
    struct sb_event head = {.stream = sb_bytes_str(s->name),
                            .epoch_no = s->epoch_no,
                            .seq = s->head_seq + 1 + i,
                            .schema_version = s->type.version};
    sb_buf_reset(&w->item);
    sb_buf_reset(&w->ct);
    int rc = sb_event_seal(s->secrets, &head, sections, &w->item, &w->ct, sizes, err);
    if (rc)
        return rc;
    w->items[i] = sb_arena_dup(w->arena, sb_buf_bytes(&w->item));
    struct sb_bytes all = sb_arena_dup(w->arena, sb_buf_bytes(&w->ct));
    if (!w->items[i].p || !all.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    size_t at = 0;
    for (size_t c = 0; c < w->cts.n; c++) {
        w->cts.classes[c].cts[i] = sb_bytes(all.p + at, sizes[c]);
        at += sizes[c];
    }
    return 0;
}

/* Signs what was sealed and puts it into the outbox; moves the head. */
static int finish(struct sb_stream *s,
                  struct work *w,
                  size_t n,
                  const uint8_t mapping[SB_MAPPING_ID],
                  uint64_t now_ms,
                  struct sb_err *err)
{
    struct sb_batch b = {.stream = sb_bytes_str(s->name),
                         .claim_no = s->claim_no,
                         .first_seq = s->head_seq + 1,
                         .count = n,
                         .sent = now_ms};
    memcpy(b.prev, s->head_hash, SB_HASH);
    memcpy(b.epoch_hash, s->epoch_hash, SB_HASH);
    memcpy(b.mapping, mapping, SB_MAPPING_ID);
    sb_items_root(b.items_root, w->items, n);
    struct sb_outbox_batch row = {.first_seq = b.first_seq,
                                  .last_seq = s->head_seq + n,
                                  .claim_no = s->claim_no,
                                  .epoch_no = s->epoch_no,
                                  .sent = now_ms};
    memcpy(row.mapping, mapping, SB_MAPPING_ID);
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_buf items = {0};
    struct sb_buf cts = {0};
    sb_batch_write(&b, &body);
    sb_items_write(&items, w->items, n);
    sb_cts_write(&cts, &w->cts);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_buf_check(&items, err);
    if (!rc)
        rc = sb_buf_check(&cts, err);
    if (!rc)
        rc = sb_env_sign(s->env, sb_buf_bytes(&body), now_ms, &record, row.hash, err);
    row.record = sb_buf_bytes(&record);
    row.items = sb_buf_bytes(&items);
    row.cts = sb_buf_bytes(&cts);
    if (!rc)
        rc = sb_outbox_add_batch(s->env->state, s->row.id, &row, err);
    if (!rc)
        rc = sb_outbox_count_events(s->env->state, s->row.id, s->epoch_no, n, err);
    if (!rc) {
        s->head_seq += n;
        s->epoch_events += n;
        memcpy(s->head_hash, row.hash, SB_HASH);
    }
    sb_buf_free(&body);
    sb_buf_free(&record);
    sb_buf_free(&items);
    sb_buf_free(&cts);
    return rc;
}

int sb_stream_seal_batch(struct sb_stream *s,
                         const struct sb_sections *events,
                         size_t n,
                         const uint8_t mapping[SB_MAPPING_ID],
                         uint64_t now_ms,
                         struct sb_err *err)
{
    struct work w = {0};
    int rc = begin(s, &w, n, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = seal_event(s, &w, i, &events[i], err);
    if (!rc)
        rc = finish(s, &w, n, mapping, now_ms, err);
    end(&w);
    return rc;
}

int sb_stream_seal(struct sb_stream *s,
                   const struct sb_sections *events,
                   size_t n,
                   const uint8_t mapping[SB_MAPPING_ID],
                   uint64_t now_ms,
                   struct sb_err *err)
{
    for (size_t from = 0; from < n;) {
        int rc = sb_stream_ready(s, now_ms, err);
        if (rc)
            return rc;
        size_t bytes = 0;
        size_t to = from;
        while (to < n && to - from < SB_BATCH_EVENTS &&
               (to == from || bytes + weight(&events[to]) <= SB_BATCH_FLUSH))
            bytes += weight(&events[to++]);
        rc = sb_stream_seal_batch(s, events + from, to - from, mapping, now_ms, err);
        if (rc)
            return rc;
        from = to;
    }
    return 0;
}
