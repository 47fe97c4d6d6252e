/* Purpose: the tree one leaf at a time, with the rows that each leaf completes.
 * Invariant: a perfect subtree is given once, when its last leaf comes. */
#include "broker/journal/tree_rows.h"

size_t sb_tree_grow(struct sb_tree *t,
                    const uint8_t leaf_hash[SB_HASH],
                    struct sb_tree_row rows[SB_TREE_LEVELS])
{
    uint8_t hash[SB_HASH];
    size_t level = 0;
    memcpy(hash, leaf_hash, SB_HASH);
    for (; t->size >> level & 1; level++) {
        sb_tree_node(hash, t->nodes[--t->n], hash);
        uint64_t pos = t->size >> (level + 1);
        rows[level].id = ((2 * pos + 1) << (level + 1)) - 1;
        memcpy(rows[level].hash, hash, SB_HASH);
    }
    memcpy(t->nodes[t->n++], hash, SB_HASH);
    t->size++;
    return level;
}

uint64_t sb_tree_row_count(uint64_t size)
{
    uint64_t count = 0;
    while (size >>= 1)
        count += size;
    return count;
}
