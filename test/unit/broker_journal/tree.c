/* The tree against RFC 6962's reference roots and against the definition itself. */
#include "test/unit/broker_journal/book.h"

#include "broker/journal/tree_rows.h"

static const char *const leaves[] = {"",
                                     "00",
                                     "10",
                                     "2021",
                                     "3031",
                                     "40414243",
                                     "5051525354555657",
                                     "606162636465666768696a6b6c6d6e6f"};
static const struct {
    size_t size;
    const char *root;
} roots[] = {
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void gives_the_reference_roots(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof roots / sizeof roots[0]; r++) {
        struct sb_tree t = {0};
        uint8_t data[16];
        uint8_t hash[SB_HASH];
        char text[2 * SB_HASH + 1];
        for (size_t i = 0; i < roots[r].size; i++) {
            size_t n = strlen(leaves[i]) / 2;
            assert_true(sb_unhex(data, n, sb_bytes_str(leaves[i])));
            sb_tree_leaf(hash, sb_bytes(data, n));
            sb_tree_append(&t, hash);
        }
        sb_tree_root(&t, hash);
        sb_hex(text, hash, SB_HASH);
        assert_string_equal(text, roots[r].root);
    }
}

/* RFC 6962, section 2.1, word for word: split at the largest power of two below n. */
static void naive(uint8_t out[SB_HASH], const uint8_t (*hashes)[SB_HASH], size_t n)
{
    uint8_t l[SB_HASH];
    uint8_t r[SB_HASH];
    if (n == 1) {
        memcpy(out, hashes[0], SB_HASH);
        return;
    }
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    naive(l, hashes, k);
    naive(r, hashes + k, n - k);
    sb_tree_node(out, l, r);
}

static void agrees_with_the_definition(void **state)
{
    enum { SIZE = 200 };
    (void)state;
    uint8_t hashes[SIZE][SB_HASH];
    struct sb_tree t = {0};
    for (size_t i = 0; i < SIZE; i++) {
        uint8_t got[SB_HASH];
        uint8_t want[SB_HASH];
        uint8_t data[8];
        sb_put_u64be(data, i * i);
        sb_tree_leaf(hashes[i], sb_bytes(data, sizeof data));
        sb_tree_append(&t, hashes[i]);
        sb_tree_root(&t, got);
        naive(want, (const uint8_t(*)[SB_HASH])hashes, i + 1);
        assert_memory_equal(got, want, SB_HASH);
        assert_int_equal(t.size, i + 1);
    }
}

/* Every perfect subtree of two leaves or more gets one row, in in-order numbering. */
static void gives_each_subtree_once(void **state)
{
    enum { SIZE = 64 };
    (void)state;
    uint8_t hashes[SIZE][SB_HASH];
    bool seen[2 * SIZE] = {false};
    struct sb_tree t = {0};
    uint64_t rows_so_far = 0;
    for (size_t i = 0; i < SIZE; i++) {
        struct sb_tree_row rows[SB_TREE_LEVELS];
        memset(hashes[i], (int)i, SB_HASH);
        size_t n = sb_tree_grow(&t, hashes[i], rows);
        for (size_t k = 0; k < n; k++) {
            uint8_t want[SB_HASH];
            size_t leaves_in = (size_t)2 << k;
            size_t start = i + 1 - leaves_in;
            naive(want, (const uint8_t(*)[SB_HASH])hashes + start, leaves_in);
            assert_memory_equal(rows[k].hash, want, SB_HASH);
            assert_int_equal(rows[k].id, 2 * start + leaves_in - 1);
            assert_false(seen[rows[k].id]);
            seen[rows[k].id] = true;
        }
        rows_so_far += n;
        assert_int_equal(sb_tree_row_count(i + 1), rows_so_far);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_reference_roots),
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(gives_each_subtree_once),
    };
    return cmocka_run_group_tests_name("broker.journal.tree", tests, NULL, NULL);
}
