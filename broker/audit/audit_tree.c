/* Purpose: leaves against tiles, tiles against each other, roots at any size. */
#include "broker/audit/audit_tree.h"

int audit_tree_leaf(struct sb_audit *a, struct sb_bytes leaf, struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    uint8_t tile[SB_HASH];
    sb_tree_leaf(hash, leaf);
    sb_tree_append(&a->tree, hash);
    int rc = sb_tiles_node(a->leaves, 0, a->at, tile, err);
    if (audit_fatal(rc))
        return rc;
    if (rc == 0 && memcmp(hash, tile, SB_HASH) != 0)
        audit_say(a,
                  SB_AUDIT_TREE,
                  SB_AUDIT_FAILED,
                  SB_E_INCLUSION,
                  "the leaf data is not the one that its tile holds");
    return 0;
}

int audit_root_at(struct sb_audit *a,
                  uint64_t size,
                  uint8_t out[SB_HASH],
                  struct sb_err *err)
{
    if (a->root_size != size) {
        int rc = sb_proof_root(size, sb_tiles_node, a->nodes, a->root, err);
        a->root_size = rc == 0 ? size : UINT64_MAX;
        if (rc != 0)
            return audit_fatal(rc) ? rc : 1;
    }
    memcpy(out, a->root, SB_HASH);
    return 0;
}

void audit_tile_fault(void *ctx, const char *path, const struct sb_err *why)
{
    struct sb_audit *a = ctx;
    audit_say(a,
              SB_AUDIT_TREE,
              SB_AUDIT_FAILED,
              why->code ? why->code : SB_E_TILE,
              "%s: %s",
              path,
              why->text);
}

int audit_all_tiles(struct sb_audit *a,
                    uint64_t size,
                    const uint8_t root[SB_HASH],
                    struct sb_err *err)
{
    struct sb_tiles_facts facts = {0};
    uint64_t before = a->facts.findings;
    int rc =
        sb_tiles_verify(a->dir, size, root, audit_tile_fault, NULL, a, &facts, err);
    if (audit_fatal(rc))
        return rc;
    a->reach = facts.leaves;
    if (rc != 0 && a->facts.findings == before)
        audit_say(a, SB_AUDIT_TREE, SB_AUDIT_FAILED, rc, "%s", err->text);
    return 0;
}

int audit_tiles(struct sb_audit *a, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    sb_tree_root(&a->tree, root);
    if (!a->holes && memcmp(root, a->facts.root, SB_HASH) != 0)
        audit_say(a,
                  SB_AUDIT_TREE,
                  SB_AUDIT_FAILED,
                  SB_E_JOURNAL_ROOT,
                  "the leaf data has another root than the checkpoint");
    return audit_all_tiles(a, a->facts.size, a->facts.root, err);
}
