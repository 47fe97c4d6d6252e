/* Purpose: proofs that a leaf is in a tree and that a tree continues another, made and
 * verified, for the journal's tree and for the tree in a batch.
 * Invariant: a verifier takes exactly the hashes that the RFC's algorithm uses, and no
 * size or index overflows; a maker asks for perfect subtrees only.
 * Not for: keeping a tree; tree.h and whoever stores its nodes do. */
#include "keys/proof.h"

#define LEVELS 64u /* of a tree whose size is a uint64_t */

typedef void (*join_fn)(uint8_t out[SB_HASH],
                        const uint8_t l[SB_HASH],
                        const uint8_t r[SB_HASH]);

/* A node at the right edge's side of the way up: its index and the last one's there. */
struct climb {
    uint64_t fn;
    uint64_t sn;
};

static bool has_left_sibling(const struct climb *c)
{
    return (c->fn & 1) || c->fn == c->sn;
}

/* After a hash was joined: past the levels at which the node has no sibling. */
static void climb_on(struct climb *c)
{
    if (has_left_sibling(c))
        while (!(c->fn & 1) && c->fn != 0) {
            c->fn >>= 1;
            c->sn >>= 1;
        }
    c->fn >>= 1;
    c->sn >>= 1;
}

static bool included(join_fn join,
                     uint8_t hash[SB_HASH],
                     struct climb c,
                     const uint8_t (*path)[SB_HASH],
                     size_t n,
                     const uint8_t root[SB_HASH])
{
    for (size_t i = 0; i < n; i++) {
        if (c.sn == 0)
            return false;
        if (has_left_sibling(&c))
            join(hash, path[i], hash);
        else
            join(hash, hash, path[i]);
        climb_on(&c);
    }
    return c.sn == 0 && memcmp(hash, root, SB_HASH) == 0;
}

bool sb_proof_included(const uint8_t leaf_hash[SB_HASH],
                       uint64_t index,
                       uint64_t size,
                       const uint8_t (*path)[SB_HASH],
                       size_t n,
                       const uint8_t root[SB_HASH])
{
    uint8_t hash[SB_HASH];
    if (index >= size)
        return false;
    memcpy(hash, leaf_hash, SB_HASH);
    return included(sb_tree_node, hash, (struct climb){index, size - 1}, path, n, root);
}

bool sb_items_included(struct sb_bytes item,
                       uint64_t index,
                       uint64_t n,
                       const uint8_t (*path)[SB_HASH],
                       size_t n_path,
                       const uint8_t items_root[SB_HASH])
{
    uint8_t hash[SB_HASH];
    if (index >= n)
        return false;
    sb_items_leaf(hash, item);
    return included(
        sb_items_node, hash, (struct climb){index, n - 1}, path, n_path, items_root);
}

/* The two roots grow from the last perfect subtree of the older tree, which is its root
 * itself when size1 is a power of two, and else the first hash of the path. */
static bool grows(uint64_t size1,
                  const uint8_t root1[SB_HASH],
                  uint64_t size2,
                  const uint8_t root2[SB_HASH],
                  const uint8_t (*path)[SB_HASH],
                  size_t n)
{
    uint8_t hash1[SB_HASH];
    uint8_t hash2[SB_HASH];
    struct climb c = {size1 - 1, size2 - 1};
    bool is_perfect = (size1 & (size1 - 1)) == 0;
    size_t at = is_perfect ? 0 : 1;
    if (n == 0)
        return false;
    memcpy(hash1, is_perfect ? root1 : path[0], SB_HASH);
    memcpy(hash2, hash1, SB_HASH);
    for (; c.fn & 1; c.fn >>= 1)
        c.sn >>= 1;
    for (; at < n; at++) {
        if (c.sn == 0)
            return false;
        if (has_left_sibling(&c)) {
            sb_tree_node(hash1, path[at], hash1);
            sb_tree_node(hash2, path[at], hash2);
        } else {
            sb_tree_node(hash2, hash2, path[at]);
        }
        climb_on(&c);
    }
    return c.sn == 0 && memcmp(hash1, root1, SB_HASH) == 0 &&
           memcmp(hash2, root2, SB_HASH) == 0;
}

bool sb_proof_consistent(uint64_t size1,
                         const uint8_t root1[SB_HASH],
                         uint64_t size2,
                         const uint8_t root2[SB_HASH],
                         const uint8_t (*path)[SB_HASH],
                         size_t n)
{
    if (size1 > size2)
        return false;
    if (size1 == size2)
        return n == 0 && memcmp(root1, root2, SB_HASH) == 0;
    if (size1 == 0)
        return n == 0;
    return grows(size1, root1, size2, root2, path, n);
}

struct source { /* of perfect subtrees */
    sb_node_fn node;
    void *ctx;
};

/* The hash of the last size % 2^level leaves, of which there is one at least: its
 * perfect subtrees joined from the smallest on. */
static int tail(struct source s,
                uint64_t size,
                unsigned level,
                uint8_t out[SB_HASH],
                struct sb_err *err)
{
    uint8_t hash[SB_HASH] = {0};
    bool any = false;
    for (unsigned l = 0; l < level; l++) {
        uint8_t left[SB_HASH];
        if (!(size >> l & 1))
            continue;
        int rc = s.node(s.ctx, l, (size >> l) - 1, left, err);
        if (rc != 0)
            return rc;
        if (any)
            sb_tree_node(hash, left, hash);
        else
            memcpy(hash, left, SB_HASH);
        any = true;
    }
    memcpy(out, hash, SB_HASH);
    return 0;
}

/* Appends the siblings of node (level, pos) and of all above it, up to the root. */
static int siblings(struct source s,
                    unsigned level,
                    uint64_t pos,
                    uint64_t size,
                    struct sb_path *path,
                    struct sb_err *err)
{
    for (; level < LEVELS && (size - 1) >> level != 0; level++, pos >>= 1) {
        uint64_t whole = size >> level; /* perfect subtrees at this level */
        uint8_t *to = path->nodes[path->n];
        int rc = 0;
        if ((pos ^ 1) < whole)
            rc = s.node(s.ctx, level, pos ^ 1, to, err);
        else if ((pos ^ 1) == whole && whole << level != size)
            rc = tail(s, size, level, to, err);
        else
            continue; /* the last node of its level, carried up as it is */
        if (rc != 0)
            return rc;
        path->n++;
    }
    return 0;
}

int sb_proof_inclusion(uint64_t index,
                       uint64_t size,
                       sb_node_fn node,
                       void *ctx,
                       struct sb_path *out,
                       struct sb_err *err)
{
    struct sb_path path = {0};
    if (index >= size)
        return sb_fail(err,
                       SB_E_RANGE,
                       "there is no entry %llu in a tree of %llu",
                       (unsigned long long)index,
                       (unsigned long long)size);
    int rc = siblings((struct source){node, ctx}, 0, index, size, &path, err);
    if (rc == 0)
        *out = path;
    return rc;
}

int sb_proof_consistency(uint64_t size1,
                         uint64_t size2,
                         sb_node_fn node,
                         void *ctx,
                         struct sb_path *out,
                         struct sb_err *err)
{
    struct sb_path path = {0};
    unsigned level = 0;
    int rc = 0;
    if (size1 > size2)
        return sb_fail(err,
                       SB_E_RANGE,
                       "a tree of %llu cannot continue one of %llu",
                       (unsigned long long)size2,
                       (unsigned long long)size1);
    if (size1 != 0 && size1 != size2) {
        while (!(size1 >> level & 1))
            level++;
        uint64_t pos = (size1 >> level) - 1;
        if (pos != 0) { /* else that subtree is the older root, which is known */
            rc = node(ctx, level, pos, path.nodes[0], err);
            path.n = 1;
        }
        if (rc == 0)
            rc = siblings((struct source){node, ctx}, level, pos, size2, &path, err);
    }
    if (rc == 0)
        *out = path;
    return rc;
}

int sb_proof_root(
    uint64_t size, sb_node_fn node, void *ctx, uint8_t out[SB_HASH], struct sb_err *err)
{
    if (size == 0) {
        sb_sha256(out, sb_bytes(NULL, 0));
        return 0;
    }
    return tail((struct source){node, ctx}, size, LEVELS, out, err);
}

int sb_items_path(const struct sb_bytes *items,
                  size_t n,
                  size_t index,
                  struct sb_path *out,
                  struct sb_err *err)
{
    uint8_t level[SB_BATCH_EVENTS][SB_HASH];
    struct sb_path path = {0};
    if (n > SB_BATCH_EVENTS || index >= n)
        return sb_fail(
            err, SB_E_RANGE, "there is no item %zu in a batch of %zu", index, n);
    for (size_t i = 0; i < n; i++)
        sb_items_leaf(level[i], items[i]);
    for (; n > 1; n = (n + 1) / 2, index /= 2) {
        if ((index ^ 1) < n)
            memcpy(path.nodes[path.n++], level[index ^ 1], SB_HASH);
        for (size_t i = 0; i + 1 < n; i += 2)
            sb_items_node(level[i / 2], level[i], level[i + 1]);
        if (n & 1)
            memmove(level[n / 2], level[n - 1], SB_HASH);
    }
    *out = path;
    return 0;
}
