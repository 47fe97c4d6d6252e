/* broker.bundle.export: incremental exports, ranges, archives, and what is refused. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/unit/broker_bundle/shelf.h"

struct shelf {
    struct book *book;
    char dir[SHELF_PATH];
    char fresh[SHELF_PATH];
};

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->book = book_new();
    book_open(s->book);
    shelf_new(s->dir);
    shelf_new(s->fresh);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    shelf_remove(s->dir);
    shelf_remove(s->fresh);
    book_free(s->book);
    free(s);
    return 0;
}

static void expect_as_fresh(struct shelf *s, uint64_t from, uint64_t to)
{
    struct sb_export_facts facts;
    shelf_remove(s->fresh);
    assert_int_equal(shelf_try(s->book, s->fresh, from, to, &facts, NULL), 0);
    shelf_same(s->dir, s->fresh);
}

static void a_growing_journal_is_exported_as_if_fresh(void **state)
{
    static const uint64_t sizes[] = {1, 2, 30, 255, 256, 257, 300, 512, 700};
    struct shelf *s = *state;
    uint64_t had = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        shelf_grow(s->book, sizes[i]);
        struct sb_export_facts facts = shelf_export(s->book, s->dir);
        assert_int_equal(facts.size, sizes[i]);
        assert_int_equal(facts.entries, sizes[i] - had);
        assert_true(facts.final); /* its directory asks for no witness */
        expect_as_fresh(s, 0, UINT64_MAX);
        facts = shelf_export(s->book, s->dir);
        assert_int_equal(facts.entries, 0);
        expect_as_fresh(s, 0, UINT64_MAX);
        had = sizes[i];
    }
}

static void a_range_may_only_grow(void **state)
{
    static const uint64_t ranges[][2] = {
        {290, 300}, {280, 300}, {280, 310}, {10, 600}, {0, UINT64_MAX}};
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_err err = {0};
    shelf_grow(s->book, 560);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        uint64_t from = ranges[i][0];
        uint64_t to = ranges[i][1];
        assert_int_equal(shelf_try(s->book, s->dir, from, to, &facts, NULL), 0);
        expect_as_fresh(s, from, to);
        if (i > 0 && shelf_try(s->book, s->dir, from + 1, to, &facts, &err) == 0)
            fail_msg("narrower than [%llu", (unsigned long long)from);
    }
    assert_int_equal(shelf_try(s->book, s->dir, 0, 500, &facts, &err), SB_E_BUNDLE);
    assert_non_null(strstr(err.text, "same or wider"));
    assert_int_equal(shelf_try(s->book, s->dir, 9, 8, &facts, &err), SB_E_ARGUMENT);
}

static int count_inside(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    uint64_t *counts = ctx;
    struct sb_entry leaf;
    assert_int_equal(sb_entry_read(e->leaf, &leaf, err), 0);
    if (leaf.kind == SB_KIND_BATCH) {
        bool in = e->index >= 100 && e->index < 200;
        assert_int_equal(e->inside, in);
        assert_int_equal(e->texts.n > 0, in);
        assert_int_equal(e->items.n > 0, in);
        counts[in]++;
    } else {
        assert_true(e->inside);
    }
    return 0;
}

static void batches_outside_are_left_out(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_bundle *b = NULL;
    uint64_t counts[2] = {0};
    shelf_grow(s->book, 300);
    assert_int_equal(shelf_try(s->book, s->dir, 100, 200, &facts, NULL), 0);
    assert_int_equal(sb_bundle_open(&b, s->dir, NULL), 0);
    assert_int_equal(sb_bundle_info(b)->from, 100);
    assert_int_equal(sb_bundle_info(b)->to, 200);
    assert_int_equal(sb_bundle_each(b, 0, true, count_inside, counts, NULL), 0);
    assert_true(counts[0] > 50 && counts[1] > 25);
    sb_bundle_close(b);
}

static int count_texts(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    uint64_t *n = ctx;
    (void)err;
    *n += e->texts.n > 0;
    return 0;
}

static uint64_t texts_in(const char *dir)
{
    struct sb_bundle *b = NULL;
    uint64_t n = 0;
    assert_int_equal(sb_bundle_open(&b, dir, NULL), 0);
    assert_int_equal(sb_bundle_each(b, 0, true, count_texts, &n, NULL), 0);
    sb_bundle_close(b);
    return n;
}

/* The archive keeps what the journal has pruned since; a new export has it not. */
static void texts_of_an_older_export_stay(void **state)
{
    struct shelf *s = *state;
    shelf_grow(s->book, 290);
    shelf_export(s->book, s->dir);
    uint64_t had = texts_in(s->dir);
    book_close(s->book);
    book_sql(s->book, "DELETE FROM ct");
    book_open(s->book);
    shelf_grow(s->book, 600);
    shelf_export(s->book, s->dir);
    shelf_export(s->book, s->fresh);
    uint64_t new = texts_in(s->fresh);
    assert_true(had > 50 && new > 50);
    assert_int_equal(texts_in(s->dir), had + new);
}

/* Also what the journal has pruned besides; all else is as in a new export. */
static void what_was_withdrawn_goes_from_files_that_grow(void **state)
{
    struct shelf *s = *state;
    shelf_grow(s->book, 50);
    shelf_export(s->book, s->dir);
    book_put_one(s->book, book_withdraw(s->book, 2, 5));
    shelf_grow(s->book, 100);
    shelf_export(s->book, s->fresh);
    book_close(s->book);
    book_sql(s->book, "DELETE FROM ct WHERE id < 200"); /* four for each entry */
    book_open(s->book);
    shelf_export(s->book, s->dir);
    shelf_same(s->dir, s->fresh);
}

static void an_archive_that_widens_keeps_its_texts(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    shelf_grow(s->book, 290);
    assert_int_equal(shelf_try(s->book, s->dir, 0, 200, &facts, NULL), 0);
    uint64_t had = texts_in(s->dir);
    book_close(s->book);
    book_sql(s->book, "DELETE FROM ct WHERE id < 800"); /* four for each entry */
    book_open(s->book);
    shelf_export(s->book, s->dir);
    shelf_export(s->book, s->fresh);
    assert_int_equal(texts_in(s->dir), had + texts_in(s->fresh));
}

static void another_journal_is_refused(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts = {.size = 77};
    struct sb_err err = {0};
    struct book *other = book_new();
    shelf_grow(s->book, 40);
    shelf_export(s->book, s->dir);
    book_open(other);
    shelf_grow(other, 50);
    assert_int_equal(shelf_try(other, s->dir, 0, UINT64_MAX, &facts, &err),
                     SB_E_BUNDLE);
    assert_non_null(strstr(err.text, "does not continue"));
    assert_int_equal(facts.size, 77);
    shelf_export(s->book, s->fresh);
    shelf_same(s->dir, s->fresh);
    book_free(other);
}

/* The journal was set back to a time before the export. */
static void a_shorter_journal_is_refused(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_err err = {0};
    char copy[SHELF_PATH];
    snprintf(copy, sizeof copy, "%s-copy", s->book->path);
    shelf_grow(s->book, 40);
    book_close(s->book);
    book_copy(s->book->path, copy);
    book_open(s->book);
    shelf_grow(s->book, 60);
    shelf_export(s->book, s->dir);
    book_close(s->book);
    book_copy(copy, s->book->path);
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, &err),
                     SB_E_BUNDLE);
}

static void what_is_no_bundle_is_refused(void **state)
{
    static const char *const names[] = {"letter.txt", "checkpoint", "tile/0/000"};
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_err err = {0};
    shelf_grow(s->book, 4);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        shelf_write(s->dir, names[i], sb_bytes_str("x"));
        assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, &err),
                         SB_E_BUNDLE);
        assert_true(shelf_has(s->dir, names[i]));
        assert_int_equal(shelf_count(s->dir), 1);
        shelf_remove(s->dir);
    }
    shelf_write(s->fresh, "file", sb_bytes_str("x"));
    char path[SHELF_PATH];
    shelf_path(path, s->fresh, "file");
    assert_true(shelf_try(s->book, path, 0, UINT64_MAX, &facts, &err) < 0);
    shelf_path(path, s->fresh, "no/such/place");
    assert_int_equal(shelf_try(s->book, path, 0, UINT64_MAX, &facts, &err), SB_E_IO);
}

static void a_journal_without_a_checkpoint_is_refused(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    book_put_one(s->book, book_directory(s->book));
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, NULL),
                     SB_E_NOT_FOUND);
}

static void two_exports_do_not_meet(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    shelf_grow(s->book, 4);
    assert_int_equal(mkdir(s->dir, 0700), 0);
    int fd = open(s->dir, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, NULL),
                     SB_E_STATE);
    close(fd);
    shelf_export(s->book, s->dir);
}

/* What the next export leans on, and what it does not find. */
static void a_damaged_bundle_is_named(void **state)
{
    static const char *const names[] = {"tile/0/001.p/34", "texts/001.p/34"};
    struct shelf *s = *state;
    struct sb_export_facts facts;
    char path[SHELF_PATH];
    shelf_grow(s->book, 290);
    shelf_export(s->book, s->dir);
    shelf_grow(s->book, 310);
    for (size_t i = 0; i < 2; i++) {
        struct sb_err err = {0};
        struct sb_buf b = shelf_read(s->dir, names[i]);
        shelf_path(path, s->dir, names[i]);
        assert_int_equal(unlink(path), 0);
        int rc = shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, &err);
        assert_true(rc == SB_E_TILE || rc == SB_E_BUNDLE);
        assert_non_null(strstr(err.text, names[i]));
        shelf_write(s->dir, names[i], sb_buf_bytes(&b));
        sb_buf_free(&b);
    }
    shelf_export(s->book, s->dir);
    expect_as_fresh(s, 0, UINT64_MAX);
}

/* A file of one's own in the folder is nobody's business. */
static void strangers_are_left_alone(void **state)
{
    struct shelf *s = *state;
    shelf_grow(s->book, 30);
    shelf_export(s->book, s->dir);
    shelf_write(s->dir, "notes.txt", sb_bytes_str("mine"));
    shelf_write(s->dir, "notes.new", sb_bytes_str("mine"));
    shelf_grow(s->book, 300);
    shelf_export(s->book, s->dir);
    assert_true(shelf_has(s->dir, "notes.txt"));
    assert_true(shelf_has(s->dir, "notes.new"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_growing_journal_is_exported_as_if_fresh),
        TEST(a_range_may_only_grow),
        TEST(batches_outside_are_left_out),
        TEST(texts_of_an_older_export_stay),
        TEST(what_was_withdrawn_goes_from_files_that_grow),
        TEST(an_archive_that_widens_keeps_its_texts),
        TEST(another_journal_is_refused),
        TEST(a_shorter_journal_is_refused),
        TEST(what_is_no_bundle_is_refused),
        TEST(a_journal_without_a_checkpoint_is_refused),
        TEST(two_exports_do_not_meet),
        TEST(a_damaged_bundle_is_named),
        TEST(strangers_are_left_alone),
    };
    return cmocka_run_group_tests_name("broker.bundle.export", tests, NULL, NULL);
}
