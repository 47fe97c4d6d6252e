/* keys.proof_wide: proofs in trees that nobody can build, up to 2^64-1 leaves, and in
 * the tree of a batch. */
#include "keys/proof.h"
#include "test/unit/keys/fixture.h"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void fill_random(uint8_t out[SB_HASH])
{
    for (size_t i = 0; i < SB_HASH; i += 8)
        sb_put_u64be(out + i, next_random());
}

/* Which way one turns at each split from the root down to a leaf: true is right. */
static size_t turns(uint64_t index, uint64_t size, bool out[64])
{
    size_t n = 0;
    while (size > 1) {
        uint64_t k = (uint64_t)1 << 63;
        while (k >= size)
            k >>= 1;
        out[n] = index >= k;
        index -= out[n] ? k : 0;
        size = out[n] ? size - k : k;
        n++;
    }
    return n;
}

struct far_leaf {
    uint64_t index;
    uint64_t size;
    uint8_t leaf[SB_HASH];
    uint8_t root[SB_HASH];
    struct sb_path path;
};

/* A root that a random path leads to. */
static void make_far_leaf(struct far_leaf *f)
{
    bool right[64] = {0};
    f->path.n = turns(f->index, f->size, right);
    fill_random(f->leaf);
    memcpy(f->root, f->leaf, SB_HASH);
    for (size_t i = 0; i < f->path.n; i++) {
        fill_random(f->path.nodes[i]);
        if (right[f->path.n - 1 - i])
            sb_tree_node(f->root, f->path.nodes[i], f->root);
        else
            sb_tree_node(f->root, f->root, f->path.nodes[i]);
    }
}

static bool far_holds(const struct far_leaf *f)
{
    return sb_proof_included(
        f->leaf, f->index, f->size, sb_path_nodes(&f->path), f->path.n, f->root);
}

static void leaves_of_huge_trees_are_proved(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {(uint64_t)1 << 32,
                                     ((uint64_t)1 << 32) + 1,
                                     (uint64_t)1 << 63,
                                     ((uint64_t)1 << 63) + 1,
                                     UINT64_MAX - 1,
                                     UINT64_MAX};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t size = sizes[s];
        uint64_t indices[] = {0, 1, size / 2, size - 2, size - 1, next_random() % size};
        for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
            struct far_leaf f = {.index = indices[i], .size = size};
            make_far_leaf(&f);
            assert_true(far_holds(&f));
            for (size_t k = 0; k < f.path.n; k++) {
                uint8_t *byte = &f.path.nodes[k][next_random() % SB_HASH];
                *byte ^= 0x10;
                assert_false(far_holds(&f));
                *byte ^= 0x10;
            }
            f.index ^= 1;
            assert_false(far_holds(&f));
            f.index = size;
            assert_false(far_holds(&f));
            f.index = indices[i];
            f.path.n--;
            assert_false(far_holds(&f));
            f.path.n += 2;
            assert_false(far_holds(&f));
        }
    }
    struct far_leaf last = {.index = (uint64_t)1 << 63, .size = last.index + 1};
    make_far_leaf(&last); /* alone at the right of 2^63 others */
    assert_int_equal(last.path.n, 1);
    assert_true(far_holds(&last));
}

/* A tree whose leaves are all the same: one hash a level. */
static int same_node(
    void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *e)
{
    const uint64_t *size = ctx;
    (void)e;
    assert_true(level < 64 && pos < *size >> level);
    memset(out, 7, SB_HASH);
    for (unsigned i = 0; i < level; i++)
        sb_tree_node(out, out, out);
    return 0;
}

static void check_growth(uint64_t size1, uint64_t size2)
{
    uint8_t root1[SB_HASH];
    uint8_t root2[SB_HASH];
    struct sb_path p;
    assert_int_equal(sb_proof_root(size1, same_node, &size1, root1, NULL), 0);
    assert_int_equal(sb_proof_root(size2, same_node, &size2, root2, NULL), 0);
    assert_int_equal(sb_proof_consistency(size1, size2, same_node, &size2, &p, NULL),
                     0);
    const uint8_t(*path)[SB_HASH] = sb_path_nodes(&p);
    assert_true(p.n > 0 && p.n <= 65);
    assert_true(sb_proof_consistent(size1, root1, size2, root2, path, p.n));
    assert_false(sb_proof_consistent(size1, root1, size2, root2, path, p.n - 1));
    /* NOLINTNEXTLINE(readability-suspicious-call-argument): swapped, to be refused */
    assert_false(sb_proof_consistent(size1, root2, size2, root1, path, p.n));
    memset(p.nodes[p.n], 7, SB_HASH);
    assert_false(sb_proof_consistent(size1, root1, size2, root2, path, p.n + 1));
    for (size_t i = 0; i < p.n; i++) {
        p.nodes[i][i % SB_HASH] ^= 1;
        assert_false(sb_proof_consistent(size1, root1, size2, root2, path, p.n));
        p.nodes[i][i % SB_HASH] ^= 1;
    }
}

static void huge_trees_continue_one_another(void **state)
{
    (void)state;
    const uint64_t top = (uint64_t)1 << 63;
    const uint64_t sizes[] = {
        1, 2, 3, top - 1, top, top + 1, UINT64_MAX - 1, UINT64_MAX};
    const size_t n = sizeof sizes / sizeof sizes[0];
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            check_growth(sizes[i], sizes[k]);
    for (size_t i = 0; i < 200; i++) {
        uint64_t size2 = next_random() >> next_random() % 60;
        if (size2 > 1)
            check_growth(1 + next_random() % (size2 - 1), size2);
    }
}

static void inclusion_in_huge_trees_is_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        uint64_t size = i == 0 ? UINT64_MAX : 1 + (next_random() >> next_random() % 60);
        uint64_t index = i % 2 ? size - 1 : next_random() % size;
        uint8_t leaf[SB_HASH];
        uint8_t root[SB_HASH];
        bool right[64];
        struct sb_path p;
        memset(leaf, 7, SB_HASH);
        assert_int_equal(sb_proof_root(size, same_node, &size, root, NULL), 0);
        assert_int_equal(sb_proof_inclusion(index, size, same_node, &size, &p, NULL),
                         0);
        assert_int_equal(p.n, turns(index, size, right));
        assert_true(sb_proof_included(leaf, index, size, sb_path_nodes(&p), p.n, root));
    }
}

static void every_item_of_a_batch_is_proved(void **state)
{
    (void)state;
    uint8_t data[SB_BATCH_EVENTS][2];
    struct sb_bytes items[SB_BATCH_EVENTS];
    uint8_t root[SB_HASH];
    for (size_t i = 0; i < SB_BATCH_EVENTS; i++) {
        data[i][0] = (uint8_t)i;
        data[i][1] = 'i';
        items[i] = sb_bytes(data[i], 2);
    }
    for (size_t n = 1; n <= SB_BATCH_EVENTS; n += n < 40 ? 1 : 54) {
        sb_items_root(root, items, n);
        for (size_t i = 0; i < n; i++) {
            struct sb_path p;
            assert_int_equal(sb_items_path(items, n, i, &p, NULL), 0);
            const uint8_t(*path)[SB_HASH] = sb_path_nodes(&p);
            assert_true(sb_items_included(items[i], i, n, path, p.n, root));
            assert_false(sb_items_included(sb_bytes("x", 1), i, n, path, p.n, root));
            assert_false(sb_items_included(items[i], i ^ 1, n, path, p.n, root));
            assert_false(sb_items_included(items[i], n, n, path, p.n, root));
            if (p.n == 0)
                continue;
            assert_false(sb_items_included(items[i], i, n, path, p.n - 1, root));
            p.nodes[next_random() % p.n][next_random() % SB_HASH] ^= 2;
            assert_false(sb_items_included(items[i], i, n, path, p.n, root));
        }
    }
}

static void a_batchs_bounds_are_kept(void **state)
{
    (void)state;
    static struct sb_bytes items[SB_BATCH_EVENTS + 1];
    struct sb_path p;
    struct sb_err err;
    assert_int_equal(sb_items_path(items, 0, 0, &p, &err), SB_E_RANGE);
    assert_int_equal(sb_items_path(items, 2, 2, &p, &err), SB_E_RANGE);
    assert_int_equal(sb_items_path(items, SB_BATCH_EVENTS + 1, 0, &p, &err),
                     SB_E_RANGE);
    assert_int_equal(sb_items_path(items, SB_BATCH_EVENTS, 255, &p, &err), 0);
    assert_int_equal(p.n, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_of_huge_trees_are_proved),
        cmocka_unit_test(huge_trees_continue_one_another),
        cmocka_unit_test(inclusion_in_huge_trees_is_made),
        cmocka_unit_test(every_item_of_a_batch_is_proved),
        cmocka_unit_test(a_batchs_bounds_are_kept),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.proof_wide", tests, NULL, NULL);
}
