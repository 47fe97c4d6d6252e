/* broker.bundle.tiles: names of tiles, trees written as tiles, nodes read back. */
#include <stdio.h>
#include <unistd.h>

#include "broker/bundle/tiles_form.h"
#include "test/unit/broker_bundle/shelf.h"

static void names_are_those_of_c2sp(void **state)
{
    static const struct {
        const char *what;
        int level;
        uint64_t n;
        unsigned width;
        const char *path;
    } cases[] = {
        {NULL, 0, 0, 256, "tile/0/000"},
        {NULL, 0, 1234067, 256, "tile/0/x001/x234/067"},
        {NULL, 3, 999, 255, "tile/3/999.p/255"},
        {NULL, 0, 1000, 1, "tile/0/x001/000.p/1"},
        {NULL, -1, 273, 112, "tile/entries/273.p/112"},
        {"records", 0, 70000, 256, "records/x070/000"},
        {"texts", 0, 5, 9, "texts/005.p/9"},
        {NULL, 7, UINT64_MAX, 200, "tile/7/x018/x446/x744/x073/x709/x551/615.p/200"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[SB_TILE_PATH];
        sb_tile_path(path, cases[i].what, cases[i].level, cases[i].n, cases[i].width);
        assert_string_equal(path, cases[i].path);
    }
}

static void leaf(uint64_t i, uint8_t out[SB_HASH])
{
    uint8_t data[8];
    sb_put_u64be(data, i);
    sb_tree_leaf(out, sb_bytes(data, sizeof data));
}

static void write_leaves(const char *dir, uint64_t have, uint64_t size)
{
    struct sb_tile_writer *w = NULL;
    struct sb_tree t = {0};
    uint8_t hash[SB_HASH];
    uint8_t root[SB_HASH];
    uint8_t want[SB_HASH];
    assert_int_equal(sb_tile_writer_open(&w, dir, have, NULL), 0);
    for (uint64_t i = 0; i < size; i++) {
        leaf(i, hash);
        sb_tree_append(&t, hash);
        if (i >= have)
            assert_int_equal(sb_tile_writer_add(w, hash, NULL), 0);
    }
    assert_int_equal(sb_tile_writer_end(w, root, NULL), 0);
    sb_tile_writer_close(w);
    sb_tree_root(&t, want);
    assert_memory_equal(root, want, SB_HASH);
}

static void expect_whole(const char *dir, uint64_t size)
{
    struct sb_tree t = {0};
    struct sb_tiles_facts facts = {0};
    uint8_t hash[SB_HASH];
    uint8_t root[SB_HASH];
    uint64_t tiles = 0;
    struct sb_err err = {0};
    for (uint64_t i = 0; i < size; i++) {
        leaf(i, hash);
        sb_tree_append(&t, hash);
    }
    sb_tree_root(&t, root);
    if (sb_tiles_verify(dir, size, root, NULL, NULL, NULL, &facts, &err) != 0)
        fail_msg("%llu: %s", (unsigned long long)size, err.text);
    for (uint64_t hashes = size; hashes > 0; hashes /= SB_TILE_WIDTH)
        tiles += (hashes + SB_TILE_WIDTH - 1) / SB_TILE_WIDTH;
    assert_int_equal(facts.tiles, tiles);
    assert_int_equal(facts.leaves, size);
    assert_memory_equal(facts.root, root, SB_HASH);
}

static const uint64_t sizes[] = {
    0, 1, 2, 7, 255, 256, 257, 511, 512, 700, 65536, 66000};

static void trees_of_many_sizes_are_written_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char dir[SHELF_PATH];
        shelf_new(dir);
        write_leaves(dir, 0, sizes[i]);
        expect_whole(dir, sizes[i]);
        shelf_remove(dir);
    }
}

/* Partial tiles of smaller trees stay beside; nobody minds them. */
static void a_tree_that_grows_is_that_tree(void **state)
{
    char dir[SHELF_PATH];
    (void)state;
    shelf_new(dir);
    for (size_t i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_leaves(dir, sizes[i - 1], sizes[i]);
        expect_whole(dir, sizes[i]);
    }
    assert_true(shelf_has(dir, "tile/0/000.p/7"));
    shelf_remove(dir);
}

static void nodes_serve_proofs(void **state)
{
    const uint64_t size = 66000;
    static const uint64_t indices[] = {0, 1, 255, 256, 40000, 65535, 65536, 65999};
    struct sb_tiles *t = NULL;
    char dir[SHELF_PATH];
    uint8_t root[SB_HASH];
    (void)state;
    shelf_new(dir);
    write_leaves(dir, 0, size);
    assert_int_equal(sb_tiles_open(&t, dir, size, NULL), 0);
    assert_int_equal(sb_proof_root(size, sb_tiles_node, t, root, NULL), 0);
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        struct sb_path path;
        uint8_t hash[SB_HASH];
        uint8_t old[SB_HASH];
        uint64_t at = indices[i];
        leaf(at, hash);
        assert_int_equal(sb_proof_inclusion(at, size, sb_tiles_node, t, &path, NULL),
                         0);
        assert_true(sb_proof_included(
            hash, at, size, (const uint8_t(*)[SB_HASH])path.nodes, path.n, root));
        assert_int_equal(sb_proof_root(at, sb_tiles_node, t, old, NULL), 0);
        assert_int_equal(sb_proof_consistency(at, size, sb_tiles_node, t, &path, NULL),
                         0);
        assert_true(sb_proof_consistent(
            at, old, size, root, (const uint8_t(*)[SB_HASH])path.nodes, path.n));
    }
    sb_tiles_close(t);
    shelf_remove(dir);
}

static void nodes_that_are_not_there_are_refused(void **state)
{
    struct sb_tiles *t = NULL;
    char dir[SHELF_PATH];
    uint8_t hash[SB_HASH];
    (void)state;
    shelf_new(dir);
    write_leaves(dir, 0, 300);
    assert_int_equal(sb_tiles_open(&t, dir, 300, NULL), 0);
    assert_int_equal(sb_tiles_node(t, 0, 299, hash, NULL), 0);
    assert_int_equal(sb_tiles_node(t, 0, 300, hash, NULL), SB_E_TILE);
    assert_int_equal(sb_tiles_node(t, 8, 0, hash, NULL), 0);
    assert_int_equal(sb_tiles_node(t, 8, 1, hash, NULL), SB_E_TILE);
    assert_int_equal(sb_tiles_node(t, 9, 0, hash, NULL), SB_E_TILE);
    assert_int_equal(sb_tiles_node(t, 63, 0, hash, NULL), SB_E_TILE);
    assert_int_equal(sb_tiles_node(t, 64, 0, hash, NULL), SB_E_TILE);
    sb_tiles_close(t);
    shelf_remove(dir);
    assert_int_equal(sb_tiles_open(&t, dir, 300, NULL), SB_E_NOT_FOUND);
}

/* Size 2^64-1: edges at all eight levels, no overflow on the way. */
static void the_largest_tree_has_its_widths(void **state)
{
    (void)state;
    for (unsigned level = 0; level < SB_TILE_LEVELS; level++) {
        uint64_t n = sb_tile_hashes(UINT64_MAX, level) / SB_TILE_WIDTH;
        assert_int_equal(sb_tile_width(UINT64_MAX, level, n), 255);
        assert_int_equal(sb_tile_width(UINT64_MAX, level, n + 1), 0);
        if (n > 0)
            assert_int_equal(sb_tile_width(UINT64_MAX, level, n - 1), 256);
    }
    assert_int_equal(sb_tile_width(UINT64_MAX, SB_TILE_LEVELS, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_c2sp),
        cmocka_unit_test(trees_of_many_sizes_are_written_and_verified),
        cmocka_unit_test(a_tree_that_grows_is_that_tree),
        cmocka_unit_test(nodes_serve_proofs),
        cmocka_unit_test(nodes_that_are_not_there_are_refused),
        cmocka_unit_test(the_largest_tree_has_its_widths),
    };
    assert_int_equal(sb_keys_init(NULL), 0);
    return cmocka_run_group_tests_name("broker.bundle.tiles", tests, NULL, NULL);
}
