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

static int join_item(const struct sb_batch *batch,
                     const struct sb_epoch *epoch,
                     struct sb_bytes bytes,
                     uint64_t seq,
                     struct sb_err *err)
{
    struct sb_item item;
    const char *wrong = NULL;
    int rc = sb_item_read(bytes, &item, err);
    if (rc != 0)
        return rc;
    if (!sb_bytes_eq(item.event.stream, batch->stream))
        wrong = "stream";
    else if (item.event.seq != seq)
        wrong = "seq";
    else if (item.event.epoch_no != epoch->core.epoch_no)
        wrong = "epoch";
    else if (!same_classes(&item.event, epoch))
        wrong = "classes";
    if (wrong)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%.*s@%llu: the item's %s is not the batch's",
                       SB_FMT(batch->stream),
                       (unsigned long long)seq,
                       wrong);
    return 0;
}

int sb_batch_joins(const struct sb_batch *batch,
                   const struct sb_epoch *epoch,
                   const struct sb_bytes *items,
                   size_t n_items,
                   struct sb_err *err)
{
    uint8_t root[SB_HASH];
    if (n_items == 0 || n_items != batch->count)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%zu items came with a batch of %llu",
                       n_items,
                       (unsigned long long)batch->count);
    if (!sb_bytes_eq(batch->stream, epoch->core.stream))
        return sb_fail(err, SB_E_JOIN, "the batch's epoch is another stream's");
    for (size_t i = 0; i < n_items; i++) {
        int rc = join_item(batch, epoch, items[i], batch->first_seq + i, err);
        if (rc != 0)
            return rc;
    }
    sb_items_root(root, items, n_items);
    if (memcmp(root, batch->items_root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_ITEMS_ROOT,
                       "%.*s@%llu: the items are not the signed ones",
                       SB_FMT(batch->stream),
                       (unsigned long long)batch->first_seq);
    return 0;
}
