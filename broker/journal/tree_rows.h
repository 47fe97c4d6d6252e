/* The tree as rows: every perfect subtree of two leaves or more, written once, when its
 * last leaf comes. Private to this room.
 *
 * A subtree of 2^level leaves that starts at leaf pos * 2^level has the row number
 * (2 * pos + 1) * 2^level - 1: rows lie in the order of their leaves, so that appends
 * touch the end of the table only. A leaf's hash stands beside its data. */
#ifndef BROKER_JOURNAL_TREE_ROWS_H
#define BROKER_JOURNAL_TREE_ROWS_H

#include "keys/tree.h"

struct sb_tree_row {
    uint64_t id;
    uint8_t hash[SB_HASH];
};

/* As sb_tree_append; gives the rows that this leaf completes, lowest level first. */
size_t sb_tree_grow(struct sb_tree *t,
                    const uint8_t leaf_hash[SB_HASH],
                    struct sb_tree_row rows[SB_TREE_LEVELS]);
/* How many rows a tree of `size` leaves has. */
uint64_t sb_tree_row_count(uint64_t size);

#endif
