/* Ciphertexts that we hold a secret for -> one payload. */
#include "adapters/engine/opening.h"

#include "adapters/engine/state.h"

static const struct sb_class_cts *find_cts(const struct sb_chain_batch *b,
                                           struct sb_bytes name)
{
    for (size_t k = 0; k < b->cts.n; k++)
        if (sb_bytes_eq(b->cts.classes[k].name, name))
            return &b->cts.classes[k];
    return NULL;
}

/* Not given, though granted: pruned, or withheld. */
static int missing(const struct sb_chain *c,
                   const struct sb_chain_batch *b,
                   struct sb_bytes name,
                   bool *pruned,
                   struct sb_err *err)
{
    uint64_t below = 0;
    int rc = sb_state_number(c->env->state, "pruned_below", 0, &below, err);
    *pruned = !rc && b->index < below;
    if (rc || *pruned)
        return rc;
    return sb_fail(err,
                   SB_E_JOIN,
                   "%s: batch at %llu came without its \"%.*s\" sections",
                   c->name,
                   (unsigned long long)b->batch.first_seq,
                   SB_FMT(name));
}

int sb_opening_complete(const struct sb_chain *c,
                        const struct sb_chain_batch *b,
                        uint64_t now_ms,
                        struct sb_arena *arena,
                        bool *pruned,
                        struct sb_err *err)
{
    *pruned = false;
    struct sb_codes granted = {0};
    bool asked = false;
    for (size_t i = 0; c->secrets && i < c->epoch.n_classes; i++) {
        struct sb_bytes name = c->epoch.classes[i].name;
        if (!sb_secrets_has(c->secrets, name) || (!b->bare && find_cts(b, name)))
            continue;
        int rc = asked ? 0
                       : sb_dir_classes(sb_trust_newest(c->env->trust),
                                        c->institution,
                                        c->type,
                                        c->env->institution,
                                        now_ms,
                                        arena,
                                        &granted,
                                        err);
        if (rc)
            return rc;
        asked = true;
        if (sb_codes_has(&granted, name))
            return missing(c, b, name, pruned, err);
    }
    return 0;
}

static int open_sections(const struct sb_chain *c,
                         const struct sb_chain_batch *b,
                         size_t i,
                         struct sb_item *item,
                         struct sb_arena *arena,
                         struct sb_sections *out,
                         struct sb_err *err)
{
    struct sb_buf plain = {.limit = SB_PAYLOAD_MAX + SB_PAD_BLOCK};
    int rc = sb_item_read(b->items[i], item, err);
    for (size_t k = 0; !rc && k < item->event.n_classes; k++) {
        struct sb_bytes name = item->event.classes[k].name;
        const struct sb_class_cts *cts = find_cts(b, name);
        enum sb_class cls;
        if (!cts || !sb_secrets_has(c->secrets, name) || !sb_class_parse(name, &cls))
            continue;
        sb_buf_reset(&plain);
        rc = sb_event_open(c->secrets, item, k, cts->cts[i], &plain, err);
        if (rc)
            break;
        out->plain[cls] = sb_arena_dup(arena, sb_buf_bytes(&plain));
        if (!out->plain[cls].p)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&plain);
    return rc;
}

int sb_opening_event(const struct sb_chain *c,
                     const struct sb_chain_batch *b,
                     size_t i,
                     const struct sb_type_facts *type,
                     struct sb_arena *arena,
                     struct sb_opened *out,
                     char pointer[SB_FAULT_POINTER],
                     struct sb_err *err)
{
    pointer[0] = '\0';
    *out = (struct sb_opened){.held = 0};
    if (c->epoch_fault)
        return sb_fail(err, c->epoch_fault, "%s: the epoch's key for us", c->name);
    if (b->bare || !c->secrets)
        return 0;
    struct sb_item item;
    struct sb_sections sections = {0};
    int rc = open_sections(c, b, i, &item, arena, &sections, err);
    if (rc)
        return rc;
    for (unsigned k = 0; k < SB_CLASS_COUNT; k++)
        if (sections.plain[k].p)
            out->held |= SB_CLASS_BIT(k);
    if (!out->held)
        return 0;
    rc = sb_sections_join(
        type, item.event.schema_version, &sections, arena, &out->payload, pointer, err);
    if (rc)
        return rc;
    struct sb_buf packed = {0};
    rc = sb_value_pack(&out->payload, &packed, err);
    if (!rc) {
        out->packed = sb_arena_dup(arena, sb_buf_bytes(&packed));
        if (!out->packed.p)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&packed);
    return rc;
}
