/* broker.bundle.tiles_verify: a log that is not ours, and every way to spoil its tiles.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/broker_bundle/shelf.h"

#define SIZE (65536u + 3u * 256u + 7u) /* a whole tile of level 1, edges at all */

struct log {
    char dir[SHELF_PATH];
    uint8_t root[SB_HASH];
};

static int setup(void **state)
{
    struct log *l = calloc(1, sizeof *l);
    struct sb_tile_writer *w = NULL;
    assert_non_null(l);
    assert_int_equal(sb_keys_init(NULL), 0);
    shelf_new(l->dir);
    assert_int_equal(sb_tile_writer_open(&w, l->dir, 0, NULL), 0);
    for (unsigned i = 0; i < SIZE; i++) {
        char text[48];
        uint8_t hash[SB_HASH];
        snprintf(text, sizeof text, "go.example/module v0.%u.0 h1:sum", i);
        sb_tree_leaf(hash, sb_bytes_str(text));
        assert_int_equal(sb_tile_writer_add(w, hash, NULL), 0);
    }
    assert_int_equal(sb_tile_writer_end(w, l->root, NULL), 0);
    sb_tile_writer_close(w);
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct log *l = *state;
    shelf_remove(l->dir);
    free(l);
    return 0;
}

struct faults {
    size_t n;
    char first[SB_TILE_PATH];
    char text[SB_ERR_TEXT];
};

static void fault(void *ctx, const char *path, const struct sb_err *why)
{
    struct faults *f = ctx;
    assert_int_equal(why->code, SB_E_TILE);
    if (f->n++ > 0)
        return;
    snprintf(f->first, sizeof f->first, "%s", path);
    snprintf(f->text, sizeof f->text, "%s", why->text);
}

static struct faults verify(const struct log *l, uint64_t size)
{
    struct faults f = {0};
    struct sb_tiles_facts facts = {0};
    struct sb_err err = {0};
    int rc = sb_tiles_verify(l->dir, size, l->root, fault, NULL, &f, &facts, &err);
    assert_int_equal(rc, err.code);
    assert_int_equal(rc, f.n > 0 ? SB_E_TILE : 0);
    return f;
}

/* Levels: 0 with 259 whole tiles and an edge of 7; 1 with 1 whole and an edge of 3; 2
 * with an edge of 1. */
static const char *const some[] = {"tile/0/000",
                                   "tile/0/255",
                                   "tile/0/256",
                                   "tile/0/258",
                                   "tile/0/259.p/7",
                                   "tile/1/000",
                                   "tile/1/001.p/3",
                                   "tile/2/000.p/1"};
#define SOME (sizeof some / sizeof some[0])

static void expect_named(const struct log *l, const char *path, const char *what)
{
    struct faults f = verify(l, SIZE);
    if (f.n == 0 || strcmp(f.first, path) != 0)
        fail_msg("%s %s: %zu faults, first %s: %s", path, what, f.n, f.first, f.text);
}

static void a_whole_log_verifies(void **state)
{
    const struct log *l = *state;
    struct sb_tiles_facts facts = {0};
    assert_int_equal(
        sb_tiles_verify(l->dir, SIZE, l->root, NULL, NULL, NULL, &facts, NULL), 0);
    assert_int_equal(facts.tiles, 260 + 2 + 1);
    assert_memory_equal(facts.root, l->root, SB_HASH);
}

static void a_flipped_bit_is_found_where_it_is(void **state)
{
    const struct log *l = *state;
    unsigned seed = 7;
    for (size_t i = 0; i < SOME; i++) {
        struct sb_buf b = shelf_read(l->dir, some[i]);
        for (int try = 0; try < 4; try++) {
            seed = seed * 1103259245u + 12345u;
            size_t at = try == 0 ? 0 : try == 1 ? b.n - 1 : (seed >> 8) % b.n;
            uint8_t bit = (uint8_t)(1u << (seed >> 4) % 8);
            b.p[at] ^= bit;
            shelf_write(l->dir, some[i], sb_buf_bytes(&b));
            expect_named(l, some[i], "with a flipped bit");
            b.p[at] ^= bit;
        }
        shelf_write(l->dir, some[i], sb_buf_bytes(&b));
        sb_buf_free(&b);
    }
    assert_int_equal(verify(l, SIZE).n, 0);
}

static void a_tile_that_is_cut_long_or_missing_is_named(void **state)
{
    const struct log *l = *state;
    for (size_t i = 0; i < SOME; i++) {
        char path[SHELF_PATH];
        struct sb_buf b = shelf_read(l->dir, some[i]);
        shelf_path(path, l->dir, some[i]);
        shelf_write(l->dir, some[i], sb_bytes(b.p, b.n - 1));
        expect_named(l, some[i], "cut");
        shelf_write(l->dir, some[i], sb_bytes(b.p, 0));
        expect_named(l, some[i], "empty");
        sb_buf_byte(&b, 0);
        shelf_write(l->dir, some[i], sb_buf_bytes(&b));
        expect_named(l, some[i], "too long");
        assert_int_equal(unlink(path), 0);
        expect_named(l, some[i], "missing");
        assert_int_equal(symlink("/dev/zero", path), 0);
        expect_named(l, some[i], "a link");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        expect_named(l, some[i], "a pipe");
        assert_int_equal(unlink(path), 0);
        shelf_write(l->dir, some[i], sb_bytes(b.p, b.n - 1));
        sb_buf_free(&b);
    }
    assert_int_equal(verify(l, SIZE).n, 0);
}

static void every_fault_is_told(void **state)
{
    const struct log *l = *state;
    static const size_t which[] = {0, 2, 6};
    struct sb_buf kept[3];
    for (size_t i = 0; i < 3; i++) {
        kept[i] = shelf_read(l->dir, some[which[i]]);
        shelf_write(l->dir, some[which[i]], sb_bytes(kept[i].p, 5));
    }
    assert_int_equal(verify(l, SIZE).n, 3);
    for (size_t i = 0; i < 3; i++) {
        shelf_write(l->dir, some[which[i]], sb_buf_bytes(&kept[i]));
        sb_buf_free(&kept[i]);
    }
}

static void another_size_or_root_is_a_fault(void **state)
{
    struct log *l = *state;
    assert_true(verify(l, SIZE - 1).n > 0);
    assert_true(verify(l, SIZE + 1).n > 0);
    assert_true(verify(l, 65536).n > 0);
    l->root[0] ^= 1;
    assert_string_equal(verify(l, SIZE).first, "tile/0/259.p/7");
    l->root[0] ^= 1;
}

/* A false checkpoint must not make a reader look for 2^56 files. */
static void a_size_beyond_all_measure_ends(void **state)
{
    const struct log *l = *state;
    struct faults f = verify(l, UINT64_MAX);
    assert_true(f.n > 10 && f.n < 200);
}

/* C2SP: a partial tile may be gone once the whole one is there. */
static void a_whole_tile_stands_in_for_a_partial_one(void **state)
{
    const struct log *l = *state;
    char path[SHELF_PATH];
    struct sb_buf b = shelf_read(l->dir, "tile/0/259.p/7");
    struct sb_buf whole = {0};
    sb_buf_put(&whole, b.p, b.n);
    while (whole.n < (size_t)SB_TILE_WIDTH * SB_HASH)
        sb_buf_byte(&whole, 0xee);
    shelf_path(path, l->dir, "tile/0/259.p/7");
    assert_int_equal(unlink(path), 0);
    shelf_write(l->dir, "tile/0/259", sb_buf_bytes(&whole));
    assert_int_equal(verify(l, SIZE).n, 0);
    shelf_write(l->dir, "tile/0/259", sb_bytes(whole.p, whole.n - SB_HASH));
    assert_int_equal(verify(l, SIZE).n, 1);
    shelf_write(l->dir, "tile/0/259.p/7", sb_buf_bytes(&b));
    assert_int_equal(verify(l, SIZE).n, 0);
    shelf_path(path, l->dir, "tile/0/259");
    assert_int_equal(unlink(path), 0);
    sb_buf_free(&b);
    sb_buf_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log_verifies),
        cmocka_unit_test(a_flipped_bit_is_found_where_it_is),
        cmocka_unit_test(a_tile_that_is_cut_long_or_missing_is_named),
        cmocka_unit_test(every_fault_is_told),
        cmocka_unit_test(another_size_or_root_is_a_fault),
        cmocka_unit_test(a_size_beyond_all_measure_ends),
        cmocka_unit_test(a_whole_tile_stands_in_for_a_partial_one),
    };
    return cmocka_run_group_tests_name(
        "broker.bundle.tiles_verify", tests, setup, teardown);
}
