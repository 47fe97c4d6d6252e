/* Purpose: the joins of a batch that need no journal.
 * Invariant: whoever passes them has the items that the batch's signature covers, each
 * under the batch's stream, seqs and epoch.
 * Not for: claims, chains and signatures; who holds a journal judges those. */
#include "keys/seal.h"

static bool same_classes(const struct sb_event *e, const struct sb_epoch *epoch)
{
    if (e->n_classes != epoch->n_classes)
        return false;
    for (size_t i = 0; i < e->n_classes; i++)
        if (!sb_bytes_eq(e->classes[i].name, epoch->classes[i].name))
            return false;
    return true;
}

static int join_item(const struct sb_join *join,
                     const struct sb_item *item,
                     uint64_t seq,
                     struct sb_err *err)
{
    const char *wrong = NULL;
    if (!sb_bytes_eq(item->event.stream, join->batch->stream))
        wrong = "stream";
    else if (item->event.seq != seq)
        wrong = "seq";
    else if (item->event.epoch_no != join->epoch->core.epoch_no)
        wrong = "epoch";
    else if (!same_classes(&item->event, join->epoch))
        wrong = "classes";
    if (wrong)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%.*s@%llu: the item's %s is not the batch's",
                       SB_FMT(join->batch->stream),
                       (unsigned long long)seq,
                       wrong);
    return 0;
}

static int join_batch(const struct sb_join *join, struct sb_err *err)
{
    if (join->n_items == 0 || join->n_items != join->batch->count)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%zu items came with a batch of %llu",
                       join->n_items,
                       (unsigned long long)join->batch->count);
    if (!sb_bytes_eq(join->batch->stream, join->epoch->core.stream))
        return sb_fail(err, SB_E_JOIN, "the batch's epoch is another stream's");
    return 0;
}

static int signed_items(const struct sb_join *join, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    sb_items_root(root, join->items, join->n_items);
    if (memcmp(root, join->batch->items_root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_ITEMS_ROOT,
                       "%.*s@%llu: the items are not the signed ones",
                       SB_FMT(join->batch->stream),
                       (unsigned long long)join->batch->first_seq);
    return 0;
}

/* Their root first: nothing is read that nobody signed. */
int sb_batch_items(const struct sb_join *join,
                   sb_item_fn fn,
                   void *ctx,
                   struct sb_err *err)
{
    int rc = join_batch(join, err);
    if (rc == 0)
        rc = signed_items(join, err);
    for (size_t i = 0; rc == 0 && i < join->n_items; i++) {
        struct sb_item item;
        rc = sb_item_read(join->items[i], &item, err);
        if (rc == 0)
            rc = join_item(join, &item, join->batch->first_seq + i, err);
        if (rc == 0 && fn)
            rc = fn(ctx, i, &item, err);
    }
    return rc;
}

int sb_batch_joins(const struct sb_batch *batch,
                   const struct sb_epoch *epoch,
                   const struct sb_bytes *items,
                   size_t n_items,
                   struct sb_err *err)
{
    const struct sb_join join = {batch, epoch, items, n_items};
    return sb_batch_items(&join, NULL, NULL, err);
}
