/* keys.proof: proofs over RFC 6962's trees against the definition itself, for every
 * index and every pair of sizes of small trees, and what is not a proof. */
#include "keys/proof.h"

#include "test/unit/keys/fixture.h"

#define MOST 70u

static const char *const reference_leaves[] = {"",
                                               "00",
                                               "10",
                                               "2021",
                                               "3031",
                                               "40414243",
                                               "5051525354555657",
                                               "606162636465666768696a6b6c6d6e6f"};

struct bed {
    size_t n;
    uint8_t leaves[MOST][SB_HASH];
    uint8_t roots[MOST + 1][SB_HASH];
    size_t asked; /* nodes that a maker asked for */
    uint64_t random;
};

static uint64_t next_random(struct bed *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

/* MTH of section 2.1: split at the largest power of two below n. */
static size_t split(size_t n)
{
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

static void naive_root(uint8_t out[SB_HASH], const uint8_t (*leaves)[SB_HASH], size_t n)
{
    uint8_t l[SB_HASH];
    uint8_t r[SB_HASH];
    if (n == 0) {
        sb_sha256(out, sb_bytes(NULL, 0));
    } else if (n == 1) {
        memcpy(out, leaves[0], SB_HASH);
    } else {
        size_t k = split(n);
        naive_root(l, leaves, k);
        naive_root(r, leaves + k, n - k);
        sb_tree_node(out, l, r);
    }
}

/* PATH(m, D[n]) of section 2.1.1. */
static void
naive_path(struct sb_path *out, size_t m, const uint8_t (*leaves)[SB_HASH], size_t n)
{
    if (n <= 1)
        return;
    size_t k = split(n);
    if (m < k) {
        naive_path(out, m, leaves, k);
        naive_root(out->nodes[out->n++], leaves + k, n - k);
    } else {
        naive_path(out, m - k, leaves + k, n - k);
        naive_root(out->nodes[out->n++], leaves, k);
    }
}

/* SUBPROOF(m, D[n], whole) of section 2.1.2. */
static void naive_subproof(struct sb_path *out,
                           size_t m,
                           const uint8_t (*leaves)[SB_HASH],
                           size_t n,
                           bool whole)
{
    if (m == n) {
        if (!whole)
            naive_root(out->nodes[out->n++], leaves, n);
        return;
    }
    size_t k = split(n);
    if (m <= k) {
        naive_subproof(out, m, leaves, k, whole);
        naive_root(out->nodes[out->n++], leaves + k, n - k);
    } else {
        naive_subproof(out, m - k, leaves + k, n - k, false);
        naive_root(out->nodes[out->n++], leaves, k);
    }
}

static const uint8_t (*leaves_of(const struct bed *b))[SB_HASH]
{
    return b->leaves;
}

static int
node_of(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *e)
{
    struct bed *b = ctx;
    size_t width = (size_t)1 << level;
    (void)e;
    assert_true(level < 8 && (pos + 1) * width <= b->n);
    naive_root(out, leaves_of(b) + pos * width, width);
    b->asked++;
    return 0;
}

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->random = 88172645463325252u;
    for (size_t i = 0; i < MOST; i++) {
        uint8_t data[8];
        sb_put_u64be(data, i);
        sb_tree_leaf(b->leaves[i], sb_bytes(data, sizeof data));
    }
    for (size_t n = 0; n <= MOST; n++)
        naive_root(b->roots[n], leaves_of(b), n);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void use_reference_leaves(struct bed *b)
{
    for (size_t i = 0; i < 8; i++) {
        uint8_t data[16];
        size_t n = strlen(reference_leaves[i]) / 2;
        assert_true(sb_unhex(data, n, sb_bytes_str(reference_leaves[i])));
        sb_tree_leaf(b->leaves[i], sb_bytes(data, n));
    }
    b->n = 8;
}

static void the_reference_trees_have_their_roots_and_paths(void **state)
{
    struct bed *b = *state;
    static const struct {
        size_t size;
        const char *root;
    } rows[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
    static const char *const path[] = {
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
    struct sb_path p;
    uint8_t root[SB_HASH];
    use_reference_leaves(b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sb_tree t = {0};
        assert_int_equal(sb_proof_root(rows[i].size, node_of, b, root, NULL), 0);
        assert_hex(root, rows[i].root);
        for (size_t leaf = 0; leaf < rows[i].size; leaf++)
            sb_tree_append(&t, b->leaves[leaf]);
        sb_tree_root(&t, root);
        assert_hex(root, rows[i].root);
    }
    assert_int_equal(sb_proof_inclusion(5, 8, node_of, b, &p, NULL), 0);
    assert_int_equal(p.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_hex(p.nodes[i], path[i]);
    assert_int_equal(sb_proof_consistency(6, 8, node_of, b, &p, NULL), 0);
    assert_int_equal(p.n, 3);
    assert_hex(p.nodes[0],
               "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    assert_hex(p.nodes[1], path[1]);
    assert_hex(p.nodes[2], path[2]);
}

struct claim { /* what a verifier is asked: inclusion, or consistency */
    bool is_inclusion;
    uint64_t first; /* index, or size1 */
    uint64_t size;
    uint8_t hash[SB_HASH]; /* leaf, or root1 */
    uint8_t root[SB_HASH];
    struct sb_path path;
};

static bool holds(const struct claim *c)
{
    uint8_t(*exact)[SB_HASH] = malloc(c->path.n * SB_HASH + 1); /* for asan */
    assert_non_null(exact);
    memcpy(exact, c->path.nodes, c->path.n * SB_HASH);
    const uint8_t(*path)[SB_HASH] = (const uint8_t(*)[SB_HASH])exact;
    bool good =
        c->is_inclusion
            ? sb_proof_included(c->hash, c->first, c->size, path, c->path.n, c->root)
            : sb_proof_consistent(c->first, c->hash, c->size, c->root, path, c->path.n);
    free(exact);
    return good;
}

static void refuses_flips(struct bed *b, struct claim *c, uint8_t *hash, bool all)
{
    for (size_t i = 0; i < (all ? 8 * SB_HASH : 1); i++) {
        size_t bit = all ? i : next_random(b) % (8 * SB_HASH);
        hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(holds(c));
        hash[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Every node: flipped, left out, doubled, exchanged with its neighbour. */
static void refuses_mutations(struct bed *b, const struct claim *good, bool all)
{
    struct claim c = *good;
    refuses_flips(b, &c, c.hash, all);
    refuses_flips(b, &c, c.root, all);
    for (size_t i = 0; i < good->path.n; i++) {
        refuses_flips(b, &c, c.path.nodes[i], all);
        memmove(c.path.nodes[i], c.path.nodes[i + 1], (c.path.n - i - 1) * SB_HASH);
        c.path.n--;
        assert_false(holds(&c));
        c = *good;
        memmove(c.path.nodes[i + 1], c.path.nodes[i], (c.path.n - i) * SB_HASH);
        c.path.n++;
        assert_false(holds(&c));
        c = *good;
        if (i > 0) {
            memcpy(c.path.nodes[i], good->path.nodes[i - 1], SB_HASH);
            memcpy(c.path.nodes[i - 1], good->path.nodes[i], SB_HASH);
            assert_false(holds(&c));
            c = *good;
        }
    }
    memcpy(c.path.nodes[c.path.n++], c.root, SB_HASH);
    assert_false(holds(&c));
}

static void every_leaf_of_every_tree_is_proved(void **state)
{
    struct bed *b = *state;
    for (b->n = 1; b->n <= MOST; b->n++)
        for (size_t i = 0; i < b->n; i++) {
            struct sb_path want = {0};
            struct claim c = {.is_inclusion = true, .first = i, .size = b->n};
            memcpy(c.hash, b->leaves[i], SB_HASH);
            memcpy(c.root, b->roots[b->n], SB_HASH);
            b->asked = 0;
            naive_path(&want, i, leaves_of(b), b->n);
            assert_int_equal(sb_proof_inclusion(i, b->n, node_of, b, &c.path, NULL), 0);
            assert_int_equal(c.path.n, want.n);
            assert_memory_equal(c.path.nodes, want.nodes, want.n * SB_HASH);
            assert_true(b->asked <= 14);
            assert_true(holds(&c));
            refuses_mutations(b, &c, b->n <= 9);
            for (c.first = 0; c.first <= b->n; c.first++)
                assert_int_equal(holds(&c), c.first == i);
        }
}

static void every_tree_continues_every_smaller_one(void **state)
{
    struct bed *b = *state;
    for (b->n = 1; b->n <= MOST; b->n++)
        for (size_t m = 1; m < b->n; m++) {
            struct sb_path want = {0};
            struct claim c = {.first = m, .size = b->n};
            memcpy(c.hash, b->roots[m], SB_HASH);
            memcpy(c.root, b->roots[b->n], SB_HASH);
            b->asked = 0;
            naive_subproof(&want, m, leaves_of(b), b->n, true);
            assert_int_equal(sb_proof_consistency(m, b->n, node_of, b, &c.path, NULL),
                             0);
            assert_int_equal(c.path.n, want.n);
            assert_memory_equal(c.path.nodes, want.nodes, want.n * SB_HASH);
            assert_true(b->asked <= 15);
            assert_true(holds(&c));
            refuses_mutations(b, &c, b->n <= 9);
            c.first = b->n;
            c.size = m;
            assert_false(holds(&c));
        }
}

static void a_made_root_is_the_trees(void **state)
{
    struct bed *b = *state;
    uint8_t root[SB_HASH];
    for (b->n = 0; b->n <= MOST; b->n++) {
        assert_int_equal(sb_proof_root(b->n, node_of, b, root, NULL), 0);
        assert_memory_equal(root, b->roots[b->n], SB_HASH);
    }
}

static int
broken_node(void *ctx, unsigned l, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *e)
{
    size_t *left = ctx;
    (void)l;
    (void)pos;
    memset(out, 1, SB_HASH);
    return (*left)-- == 0 ? sb_fail(e, SB_E_IO, "the disk is gone") : 0;
}

static void a_maker_tells_what_cannot_be_made(void **state)
{
    struct bed *b = *state;
    struct sb_err err = {0};
    struct sb_path p = {.n = 7};
    uint8_t root[SB_HASH] = {9};
    b->n = 5;
    assert_int_equal(sb_proof_inclusion(5, 5, node_of, b, &p, &err), SB_E_RANGE);
    assert_int_equal(sb_proof_inclusion(0, 0, node_of, b, &p, &err), SB_E_RANGE);
    assert_int_equal(sb_proof_consistency(6, 5, node_of, b, &p, &err), SB_E_RANGE);
    for (size_t n = 0; n < 3; n++) {
        size_t left = n;
        assert_int_equal(sb_proof_inclusion(2, 7, broken_node, &left, &p, &err),
                         SB_E_IO);
        left = n;
        assert_int_equal(sb_proof_consistency(3, 7, broken_node, &left, &p, &err),
                         SB_E_IO);
        left = n;
        assert_int_equal(sb_proof_root(7, broken_node, &left, root, &err), SB_E_IO);
    }
    assert_int_equal(p.n, 7);
    assert_int_equal(root[0], 9);
}

static void the_edges_are_those_of_public_verifiers(void **state)
{
    struct bed *b = *state;
    const uint8_t(*none)[SB_HASH] = NULL;
    const uint8_t(*one)[SB_HASH] = leaves_of(b);
    const uint8_t *r1 = b->roots[1];
    const uint8_t *r2 = b->roots[2];
    assert_true(sb_proof_consistent(0, r1, 5, r2, none, 0));
    assert_false(sb_proof_consistent(0, r1, 5, r2, one, 1));
    assert_true(sb_proof_consistent(0, r1, 0, r1, none, 0));
    assert_false(sb_proof_consistent(0, r1, 0, r2, none, 0));
    assert_true(sb_proof_consistent(5, r1, 5, r1, none, 0));
    assert_false(sb_proof_consistent(5, r1, 5, r1, one, 1));
    assert_false(sb_proof_consistent(5, r1, 5, r2, none, 0));
    assert_false(sb_proof_consistent(2, r2, 1, r1, none, 0));
    assert_false(sb_proof_consistent(UINT64_MAX, r2, 1, r1, one, 1));
    assert_false(sb_proof_consistent(1, r1, 2, r2, none, 0));
    assert_false(sb_proof_consistent(3, r1, 5, r2, none, 0));
    assert_true(sb_proof_included(r1, 0, 1, none, 0, r1));
    assert_false(sb_proof_included(r1, 0, 1, one, 1, r1));
    assert_false(sb_proof_included(r1, 1, 1, none, 0, r1));
    assert_false(sb_proof_included(r1, 0, 0, none, 0, r1));
    assert_false(sb_proof_included(r1, UINT64_MAX, UINT64_MAX, none, 0, r1));
    assert_false(sb_proof_included(r1, 0, UINT64_MAX, none, 0, r1));
}

#define PROOF_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROOF_TEST(the_reference_trees_have_their_roots_and_paths),
        PROOF_TEST(every_leaf_of_every_tree_is_proved),
        PROOF_TEST(every_tree_continues_every_smaller_one),
        PROOF_TEST(a_made_root_is_the_trees),
        PROOF_TEST(a_maker_tells_what_cannot_be_made),
        PROOF_TEST(the_edges_are_those_of_public_verifiers),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.proof", tests, NULL, NULL);
}
