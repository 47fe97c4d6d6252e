/* broker.bundle.bundle: what went in comes out; what is spoilt is refused by name. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/core/payload.h"
#include "test/unit/broker_bundle/shelf.h"

#define SIZE 290u

struct shelf {
    struct book *book;
    char dir[SHELF_PATH];
};

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->book = book_new();
    book_open(s->book);
    shelf_grow(s->book, SIZE);
    shelf_new(s->dir);
    shelf_export(s->book, s->dir);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    shelf_remove(s->dir);
    book_free(s->book);
    free(s);
    return 0;
}

struct walk {
    struct sb_journal_reader *r;
    struct sb_arena *arena;
    uint64_t next;
    bool texts;
    uint64_t batches;
    const struct sb_stored_entry *want;
};

static int same_entry(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct walk *w = ctx;
    struct sb_stored_entry *own = sb_arena_alloc(w->arena, 1, sizeof *own);
    (void)err;
    assert_non_null(own);
    *own = *e;
    own->leaf = sb_arena_dup(w->arena, e->leaf);
    own->record = sb_arena_dup(w->arena, e->record);
    own->items = sb_arena_dup(w->arena, e->items);
    for (size_t i = 0; i < e->n_cts; i++)
        own->ct_raw[i] = sb_arena_dup(w->arena, e->ct_raw[i]);
    w->want = own;
    return 1;
}

static int compare(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct walk *w = ctx;
    struct sb_buf texts = {0};
    sb_arena_reset(w->arena);
    assert_int_equal(e->index, w->next++);
    assert_int_equal(
        sb_journal_each(w->r, e->index, (enum sb_kind)0, true, same_entry, w, err), 0);
    assert_true(e->inside);
    assert_true(sb_bytes_eq(e->leaf, w->want->leaf));
    assert_true(sb_bytes_eq(e->record, w->want->record));
    assert_true(sb_bytes_eq(e->items, w->want->items));
    if (w->texts && w->want->kind == SB_KIND_BATCH) {
        struct sb_cts cts;
        sb_cts_join(&texts, w->want->ct_raw, w->want->n_cts);
        assert_int_equal(sb_cts_read(e->texts, w->arena, &cts, err), 0);
        assert_int_equal(cts.n, 2);
        w->batches++;
    }
    assert_true(sb_bytes_eq(e->texts, sb_buf_bytes(&texts)));
    sb_buf_free(&texts);
    return 0;
}

static void entries_are_those_of_the_journal(void **state)
{
    struct shelf *s = *state;
    static const uint64_t from[] = {0, 1, 255, 256, 257, SIZE - 1, SIZE, SIZE + 1};
    struct walk w = {.arena = sb_arena_new(0)};
    struct sb_bundle *b = NULL;
    struct sb_err err = {0};
    assert_int_equal(sb_journal_reader_open(&w.r, s->book->path, NULL), 0);
    assert_int_equal(sb_bundle_open(&b, s->dir, NULL), 0);
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        w.next = from[i];
        w.texts = i % 2 == 0;
        if (sb_bundle_each(b, from[i], w.texts, compare, &w, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(w.next, from[i] > SIZE ? from[i] : SIZE);
    }
    assert_true(w.batches > SIZE / 3 - 20);
    sb_bundle_close(b);
    sb_journal_reader_close(w.r);
    sb_arena_free(w.arena);
}

static void one_entry_comes_alone(void **state)
{
    struct shelf *s = *state;
    static const uint64_t at[] = {0, 3, 255, 256, SIZE - 1};
    struct sb_arena *arena = sb_arena_new(0);
    struct walk w = {.arena = sb_arena_new(0), .texts = true};
    struct sb_bundle *b = NULL;
    struct sb_bundle_entry e;
    assert_int_equal(sb_journal_reader_open(&w.r, s->book->path, NULL), 0);
    assert_int_equal(sb_bundle_open(&b, s->dir, NULL), 0);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        assert_int_equal(sb_bundle_entry(b, at[i], arena, &e, NULL), 0);
        w.next = at[i];
        assert_int_equal(compare(&w, &e, NULL), 0);
    }
    assert_int_equal(sb_bundle_entry(b, SIZE, arena, &e, NULL), SB_E_RANGE);
    assert_int_equal(sb_bundle_entry(b, UINT64_MAX, arena, &e, NULL), SB_E_RANGE);
    sb_bundle_close(b);
    sb_journal_reader_close(w.r);
    sb_arena_free(w.arena);
    sb_arena_free(arena);
}

static void it_says_what_it_is(void **state)
{
    struct shelf *s = *state;
    struct sb_bundle *b = NULL;
    struct sb_tiles_facts facts = {0};
    struct sb_checkpoint c = {0};
    assert_int_equal(sb_bundle_open(&b, s->dir, NULL), 0);
    const struct sb_bundle_info *info = sb_bundle_info(b);
    assert_true(sb_bytes_is(info->exchange, "sns"));
    assert_int_equal(info->generation, 1);
    assert_int_equal(info->size, SIZE);
    assert_int_equal(info->from, 0);
    assert_int_equal(info->to, SIZE);
    assert_int_equal(sb_checkpoint_text(info->note, &c, NULL), 0);
    assert_int_equal(
        sb_tiles_verify(s->dir, SIZE, c.root, NULL, NULL, NULL, &facts, NULL), 0);
    sb_bundle_close(b);
    assert_true(shelf_has(s->dir, "directories/1.sbd"));
    assert_true(shelf_has(s->dir, "directories/2.sbd"));
}

static int stop_at_once(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    uint64_t *n = ctx;
    (void)e;
    (void)err;
    return ++*n == 5 ? SB_E_STATE : 0;
}

static void a_callers_error_comes_back(void **state)
{
    struct shelf *s = *state;
    struct sb_bundle *b = NULL;
    uint64_t n = 0;
    assert_int_equal(sb_bundle_open(&b, s->dir, NULL), 0);
    assert_int_equal(sb_bundle_each(b, 0, true, stop_at_once, &n, NULL), SB_E_STATE);
    assert_int_equal(n, 5);
    sb_bundle_close(b);
}

static int ignore(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    (void)ctx;
    (void)e;
    (void)err;
    return 0;
}

/* Opens and reads all of it. */
static int read_all(const char *dir, struct sb_err *err)
{
    struct sb_bundle *b = NULL;
    int rc = sb_bundle_open(&b, dir, err);
    if (rc == 0)
        rc = sb_bundle_each(b, 0, true, ignore, NULL, err);
    sb_bundle_close(b);
    return rc;
}

static void expect_refused(const char *dir, const char *path, const char *what)
{
    struct sb_err err = {0};
    int rc = read_all(dir, &err);
    if (rc != SB_E_BUNDLE || !strstr(err.text, path))
        fail_msg("%s %s: %d %s", path, what, rc, err.text);
}

static const char *const files[] = {"bundle.json",
                                    "records/000",
                                    "records/001.p/34",
                                    "texts/000",
                                    "texts/001.p/34",
                                    "tile/entries/000",
                                    "tile/entries/001.p/34"};

static void a_spoilt_file_is_named(void **state)
{
    struct shelf *s = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[SHELF_PATH];
        struct sb_buf b = shelf_read(s->dir, files[i]);
        shelf_path(path, s->dir, files[i]);
        for (size_t cut = 1; cut <= b.n; cut += cut < 40 ? 1 : b.n / 40) {
            shelf_write(s->dir, files[i], sb_bytes(b.p, b.n - cut));
            expect_refused(s->dir, files[i], "cut");
        }
        sb_buf_byte(&b, 0);
        shelf_write(s->dir, files[i], sb_buf_bytes(&b));
        expect_refused(s->dir, files[i], "too long");
        assert_int_equal(unlink(path), 0);
        expect_refused(s->dir, files[i], "missing");
        assert_int_equal(mkdir(path, 0700), 0);
        expect_refused(s->dir, files[i], "a folder");
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        expect_refused(s->dir, files[i], "a pipe");
        assert_int_equal(unlink(path), 0);
        shelf_write(s->dir, files[i], sb_bytes(b.p, b.n - 1));
        sb_buf_free(&b);
    }
    assert_int_equal(read_all(s->dir, NULL), 0);
}

/* Its signatures are not looked at here; its text is. */
static void a_checkpoint_that_says_nothing_is_named(void **state)
{
    struct shelf *s = *state;
    char path[SHELF_PATH];
    struct sb_buf b = shelf_read(s->dir, "checkpoint");
    for (size_t n = 0; n < 40; n++) {
        shelf_write(s->dir, "checkpoint", sb_bytes(b.p, n));
        expect_refused(s->dir, "checkpoint", "cut");
    }
    shelf_path(path, s->dir, "checkpoint");
    assert_int_equal(unlink(path), 0);
    expect_refused(s->dir, "checkpoint", "missing");
    shelf_write(s->dir, "checkpoint", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

/* Lengths are lies: never a crash, never much memory. */
static void wild_lengths_are_refused(void **state)
{
    struct shelf *s = *state;
    struct sb_buf b = shelf_read(s->dir, "records/000");
    unsigned seed = 3;
    for (int i = 0; i < 200; i++) {
        uint8_t kept[4];
        seed = seed * 1103515245u + 12345u;
        size_t at = i == 0 ? 0 : (seed >> 8) % (b.n - 4);
        memcpy(kept, b.p + at, 4);
        memset(b.p + at, (int)(seed >> 4 & 0xff), 4);
        shelf_write(s->dir, "records/000", sb_buf_bytes(&b));
        struct sb_err err = {0};
        int rc = read_all(s->dir, &err);
        assert_true(rc == 0 || rc == SB_E_BUNDLE);
        memcpy(b.p + at, kept, 4);
    }
    shelf_write(s->dir, "records/000", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

static void a_whole_file_stands_in_for_a_partial_one(void **state)
{
    struct shelf *s = *state;
    static const char *const partial[] = {
        "records/001.p/34", "texts/001.p/34", "tile/entries/001.p/34"};
    static const char *const whole[] = {"records/001", "texts/001", "tile/entries/001"};
    for (size_t i = 0; i < 3; i++) {
        char path[SHELF_PATH];
        struct sb_buf b = shelf_read(s->dir, partial[i]);
        sb_buf_str(&b, "and what came later");
        shelf_write(s->dir, whole[i], sb_buf_bytes(&b));
        shelf_path(path, s->dir, partial[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(read_all(s->dir, NULL), 0);
        shelf_write(s->dir, partial[i], sb_bytes(b.p, b.n - 19));
        shelf_path(path, s->dir, whole[i]);
        assert_int_equal(unlink(path), 0);
        sb_buf_free(&b);
    }
}

struct flip {
    const char *dir;
    uint8_t before[SB_HASH];
    size_t files;
};

static int hash_of(const char *dir, uint8_t out[SB_HASH])
{
    struct sb_bundle *b = NULL;
    int rc = sb_bundle_open(&b, dir, NULL);
    if (rc == 0)
        rc = sb_bundle_hash(b, out, NULL);
    sb_bundle_close(b);
    return rc;
}

/* Any byte: some at each file's start, end and middle. */
static void flip_file(void *ctx, const char *path)
{
    struct flip *f = ctx;
    struct sb_buf b = shelf_read(f->dir, path);
    for (size_t try = 0; try < 3; try++) {
        uint8_t after[SB_HASH];
        size_t at = try == 0 ? 0 : try == 1 ? b.n - 1 : b.n / 2;
        b.p[at] ^= 1;
        shelf_write(f->dir, path, sb_buf_bytes(&b));
        if (hash_of(f->dir, after) == 0 && memcmp(after, f->before, SB_HASH) == 0)
            fail_msg("byte %zu of %s is not hashed", at, path);
        b.p[at] ^= 1;
    }
    shelf_write(f->dir, path, sb_buf_bytes(&b));
    sb_buf_free(&b);
    f->files++;
}

static void the_hash_is_over_every_file(void **state)
{
    struct shelf *s = *state;
    struct flip f = {.dir = s->dir};
    char copy[SHELF_PATH];
    uint8_t again[SB_HASH];
    assert_int_equal(hash_of(s->dir, f.before), 0);
    shelf_each(s->dir, flip_file, &f);
    assert_int_equal(f.files, shelf_count(s->dir));
    shelf_new(copy);
    shelf_copy(s->dir, copy);
    assert_int_equal(hash_of(copy, again), 0);
    assert_memory_equal(again, f.before, SB_HASH);
    struct sb_buf b = shelf_read(copy, "directories/1.sbd");
    shelf_write(copy, "directories/9.sbd", sb_buf_bytes(&b));
    assert_int_equal(hash_of(copy, again), 0);
    assert_memory_not_equal(again, f.before, SB_HASH);
    sb_buf_free(&b);
    shelf_remove(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_those_of_the_journal),
        cmocka_unit_test(one_entry_comes_alone),
        cmocka_unit_test(it_says_what_it_is),
        cmocka_unit_test(a_callers_error_comes_back),
        cmocka_unit_test(a_spoilt_file_is_named),
        cmocka_unit_test(a_checkpoint_that_says_nothing_is_named),
        cmocka_unit_test(wild_lengths_are_refused),
        cmocka_unit_test(a_whole_file_stands_in_for_a_partial_one),
        cmocka_unit_test(the_hash_is_over_every_file),
    };
    return cmocka_run_group_tests_name("broker.bundle.bundle", tests, setup, teardown);
}
