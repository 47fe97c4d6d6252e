/* The journal's Merkle tree: SHA-256 exactly as RFC 6962 (section 2.1), kept
 * incrementally: append and memory are O(log n). */
#ifndef KEYS_TREE_H
#define KEYS_TREE_H

#include "keys/hash.h"

#define SB_TREE_LEVELS 64

struct sb_tree { /* plain data: the roots of the perfect subtrees, largest first */
    uint64_t size;
    size_t n;
    uint8_t nodes[SB_TREE_LEVELS][SB_HASH];
};

void sb_tree_leaf(uint8_t out[SB_HASH],
                  struct sb_bytes leaf_data); /* SHA-256(00 || d) */
void sb_tree_node(uint8_t out[SB_HASH],
                  const uint8_t l[SB_HASH],
                  const uint8_t r[SB_HASH]);
void sb_tree_append(struct sb_tree *t, const uint8_t leaf_hash[SB_HASH]);
/* Of an empty tree: SHA-256 of nothing. */
void sb_tree_root(const struct sb_tree *t, uint8_t out[SB_HASH]);

#endif
