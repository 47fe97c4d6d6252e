/* Purpose: one event of a batch, opened as far as the vault may.
 * Invariant: data stands there only when every section that is there and that this
 * vault may read was opened, and the sections fit each other. */
#include "broker/cli/replay_impl.h"

#include <inttypes.h>

/* The ciphertext of one class; empty where it was pruned or withdrawn. */
static struct sb_bytes
ciphertext(const struct replay_batch *b, struct sb_bytes class_name, size_t i)
{
    for (size_t k = 0; k < b->cts.n; k++)
        if (sb_bytes_eq(b->cts.classes[k].name, class_name) && i < b->cts.classes[k].n)
            return b->cts.classes[k].cts[i];
    return sb_bytes(NULL, 0);
}

/* 1: opened into `out`; 0: not there, or not for this vault. */
static int open_section(struct replay *r,
                        const struct replay_batch *b,
                        const struct sb_item *item,
                        size_t c,
                        size_t i,
                        struct sb_value *out,
                        struct sb_err *err)
{
    struct sb_bytes name = item->event.classes[c].name;
    struct sb_bytes ct = ciphertext(b, name, i);
    struct sb_buf plain = {0};
    if (ct.n == 0 || !sb_secrets_has(b->stream->secrets, name))
        return 0;
    int rc = sb_event_open(b->stream->secrets, item, c, ct, &plain, err);
    struct sb_bytes kept =
        rc == 0 ? sb_arena_dup(r->arena, sb_buf_bytes(&plain)) : sb_bytes(NULL, 0);
    sb_buf_free(&plain);
    if (rc == 0 && !kept.p)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_value_unpack(kept, r->arena, out, err);
    return rc == 0 ? 1 : rc;
}

static int open_event(struct replay *r,
                      const struct replay_batch *b,
                      const struct sb_item *item,
                      size_t i,
                      struct sb_replay_event *out,
                      struct sb_err *err)
{
    const struct sb_value *sections[SB_CLASS_COUNT] = {NULL};
    struct sb_value *values =
        sb_arena_alloc(r->arena, item->event.n_classes + 1, sizeof *values);
    if (!values)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t c = 0; c < item->event.n_classes; c++) {
        enum sb_class cls;
        if (!sb_class_parse(item->event.classes[c].name, &cls))
            return sb_fail(err, SB_E_GRANT_FORM, "an unknown class");
        int opened = open_section(r, b, item, c, i, &values[c], err);
        if (opened < 0)
            return opened;
        if (opened) {
            sections[cls] = &values[c];
            out->classes |= 1u << cls;
        }
    }
    if (out->classes == 0)
        return 0;
    struct sb_value *whole = &values[item->event.n_classes];
    int rc = sb_event_type_merge(out->type, sections, whole, r->arena, err);
    out->payload = rc == 0 ? whole : NULL;
    return rc;
}

int replay_event(struct replay *r,
                 const struct replay_batch *b,
                 size_t i,
                 struct sb_err *err)
{
    struct sb_item item;
    struct sb_replay_event e = {.index = b->index,
                                .stored_ms = b->leaf.stored_ms,
                                .sent_ms = b->batch.sent,
                                .stream = b->batch.stream,
                                .seq = b->batch.first_seq + i,
                                .batch_hash = b->hash,
                                .institution = b->institution,
                                .type_name = b->type,
                                .arena = r->arena};
    int rc = sb_item_read(b->items[i], &item, err);
    if (rc == 0)
        rc = replay_type(r, b, item.event.schema_version, &e, err);
    if (rc == 0 && b->stream->secrets)
        rc = open_event(r, b, &item, i, &e, err);
    if (rc == 0)
        rc = r->config->fn(r->config->ctx, &e, err);
    return rc >= 0 ? rc
                   : sb_err_wrap(err,
                                 rc,
                                 "%.*s@%" PRIu64,
                                 SB_FMT(b->batch.stream),
                                 b->batch.first_seq + i);
}
