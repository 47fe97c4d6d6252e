/* Proofs about trees: RFC 6962 section 2.1 (verified as in RFC 9162, 2.1.3.2 and
 * 2.1.4.2), and the same shape over the items of a batch. Pure.
 *
 * Indices and sizes go to 2^64-1. A proof is a list of hashes, in the order of the RFC;
 * a verifier takes exactly the right number of them. */
#ifndef KEYS_PROOF_H
#define KEYS_PROOF_H

#include "keys/tree.h"

#define SB_PATH_NODES 130 /* no proof in a tree of 2^64-1 leaves is longer */

struct sb_path {
    size_t n;
    uint8_t nodes[SB_PATH_NODES][SB_HASH];
};

/* The nodes as verifiers take them. */
static inline const uint8_t (*sb_path_nodes(const struct sb_path *p))[SB_HASH]
{
    return p->nodes;
}

bool sb_proof_included(const uint8_t leaf_hash[SB_HASH],
                       uint64_t index,
                       uint64_t size,
                       const uint8_t (*path)[SB_HASH],
                       size_t n,
                       const uint8_t root[SB_HASH]);
/* size1 0: consistent with everything, by an empty proof. Equal sizes: by an empty
 * proof and equal roots. */
bool sb_proof_consistent(uint64_t size1,
                         const uint8_t root1[SB_HASH],
                         uint64_t size2,
                         const uint8_t root2[SB_HASH],
                         const uint8_t (*path)[SB_HASH],
                         size_t n);

/* Gives the hash of the perfect subtree of 2^level leaves that starts at leaf
 * pos << level. Whoever makes a proof asks for stored subtrees only, O(log n) of them.
 */
typedef int (*sb_node_fn)(
    void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err);
/* SB_E_RANGE: index >= size; size1 > size2. */
SB_CHECK int sb_proof_inclusion(uint64_t index,
                                uint64_t size,
                                sb_node_fn node,
                                void *ctx,
                                struct sb_path *out,
                                struct sb_err *err);
SB_CHECK int sb_proof_consistency(uint64_t size1,
                                  uint64_t size2,
                                  sb_node_fn node,
                                  void *ctx,
                                  struct sb_path *out,
                                  struct sb_err *err);
/* Root of the first `size` leaves. */
SB_CHECK int sb_proof_root(uint64_t size,
                           sb_node_fn node,
                           void *ctx,
                           uint8_t out[SB_HASH],
                           struct sb_err *err);

/* The tree of a batch (BLAKE2b with our tags, hash.h): path of item `index` among n. */
SB_CHECK int sb_items_path(const struct sb_bytes *items,
                           size_t n,
                           size_t index,
                           struct sb_path *out,
                           struct sb_err *err);
bool sb_items_included(struct sb_bytes item,
                       uint64_t index,
                       uint64_t n,
                       const uint8_t (*path)[SB_HASH],
                       size_t n_path,
                       const uint8_t items_root[SB_HASH]);

#endif
