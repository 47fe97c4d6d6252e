/* Purpose: the Merkle tree of RFC 6962, section 2.1, one leaf at a time.
 * Invariant: `nodes` holds one root per set bit of `size`, largest subtree first.
 * Not a proof maker: proof.h is. */
#include "keys/tree.h"

void sb_tree_leaf(uint8_t out[SB_HASH], struct sb_bytes leaf_data)
{
    crypto_hash_sha256_state state;
    const uint8_t prefix = 0;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    if (leaf_data.n > 0)
        crypto_hash_sha256_update(&state, leaf_data.p, leaf_data.n);
    crypto_hash_sha256_final(&state, out);
}

void sb_tree_node(uint8_t out[SB_HASH],
                  const uint8_t l[SB_HASH],
                  const uint8_t r[SB_HASH])
{
    uint8_t data[1 + 2 * SB_HASH] = {1};
    memcpy(data + 1, l, SB_HASH);
    memcpy(data + 1 + SB_HASH, r, SB_HASH);
    crypto_hash_sha256(out, data, sizeof data);
}

void sb_tree_append(struct sb_tree *t, const uint8_t leaf_hash[SB_HASH])
{
    uint8_t hash[SB_HASH];
    memcpy(hash, leaf_hash, SB_HASH);
    for (uint64_t left = t->size; left & 1; left >>= 1)
        sb_tree_node(hash, t->nodes[--t->n], hash);
    memcpy(t->nodes[t->n++], hash, SB_HASH);
    t->size++;
}

void sb_tree_root(const struct sb_tree *t, uint8_t out[SB_HASH])
{
    if (t->n == 0) {
        sb_sha256(out, sb_bytes(NULL, 0));
        return;
    }
    memcpy(out, t->nodes[t->n - 1], SB_HASH);
    for (size_t i = t->n - 1; i-- > 0;)
        sb_tree_node(out, t->nodes[i], out);
}
