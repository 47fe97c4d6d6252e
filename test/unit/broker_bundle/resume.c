/* broker.bundle.resume: an export that was stopped, at any moment, goes on. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/bundle/bundle_form.h"
#include "test/unit/broker_bundle/shelf.h"

#define KILLS 60

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

/* A child that exports until a timer kills it, `us` after its start; whether it was
 * killed. */
static bool killed_after(const struct shelf *s, long us)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct itimerval t = {.it_value = {.tv_usec = us}};
        struct sb_export_config config = {.dir = s->dir, .to = UINT64_MAX};
        struct sb_export_facts facts;
        struct sb_journal_reader *r = NULL;
        (void)signal(SIGALRM, SIG_DFL);
        int rc = setitimer(ITIMER_REAL, &t, NULL);
        if (rc == 0)
            rc = sb_journal_reader_open(&r, s->book->path, NULL);
        if (rc == 0)
            rc = sb_bundle_export(r, &config, &facts, NULL);
        _exit(rc == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static int ignore(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    (void)ctx;
    (void)e;
    (void)err;
    return 0;
}

/* At every moment: no checkpoint yet, or a bundle that is whole. */
static void expect_whole(const char *dir)
{
    struct sb_bundle *b = NULL;
    struct sb_checkpoint c;
    struct sb_tiles_facts facts;
    struct sb_err err = {0};
    if (!shelf_has(dir, "checkpoint"))
        return;
    int rc = sb_bundle_open(&b, dir, &err);
    if (rc == 0)
        rc = sb_checkpoint_text(sb_bundle_info(b)->note, &c, &err);
    if (rc == 0)
        rc = sb_tiles_verify(dir, c.size, c.root, NULL, NULL, NULL, &facts, &err);
    if (rc == 0)
        rc = sb_bundle_each(b, 0, true, ignore, NULL, &err);
    sb_bundle_close(b);
    if (rc != 0)
        fail_msg("%s", err.text);
}

static long micros(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void killed_at_any_moment_it_goes_on(void **state)
{
    struct shelf *s = *state;
    unsigned seed = 11;
    unsigned killed = 0;
    shelf_grow(s->book, 500);
    long start = micros();
    shelf_export(s->book, s->fresh);
    long whole = micros() - start + 1000;
    for (int i = 0; i < KILLS; i++) {
        seed = seed * 1103515245u + 12345u;
        killed += killed_after(s, 1 + (long)((seed >> 8) % (unsigned long)whole));
        expect_whole(s->dir);
        if (i % 10 == 9)
            shelf_grow(s->book, s->book->index + 150);
    }
    assert_true(killed > 0);
    shelf_export(s->book, s->dir);
    shelf_remove(s->fresh);
    shelf_export(s->book, s->fresh);
    shelf_same(s->dir, s->fresh);
}

static void next_json(const char *dir, uint64_t from, uint64_t to)
{
    struct sb_bundle_about about = {
        .exchange = "sns", .generation = 1, .from = from, .to = to};
    struct sb_buf text = {0};
    assert_int_equal(sb_bundle_about_write(&about, &text, NULL), 0);
    shelf_write(dir, "export.json", sb_buf_bytes(&text));
    sb_buf_free(&text);
}

static ino_t inode(const char *dir, const char *name)
{
    char path[SHELF_PATH];
    struct stat st;
    shelf_path(path, dir, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void take_away(const char *dir, const char *name)
{
    char path[SHELF_PATH];
    shelf_path(path, dir, name);
    assert_int_equal(unlink(path), 0);
}

/* As if killed right before the end: what is whole stays, what is missing comes. */
static void whole_files_of_the_same_range_are_kept(void **state)
{
    struct shelf *s = *state;
    shelf_grow(s->book, 1100);
    shelf_export(s->book, s->fresh);
    shelf_copy(s->fresh, s->dir);
    take_away(s->dir, "checkpoint");
    take_away(s->dir, "bundle.json");
    take_away(s->dir, "texts/002");
    take_away(s->dir, "tile/0/003");
    next_json(s->dir, 0, UINT64_MAX);
    shelf_write(s->dir, "records/002.new", sb_bytes_str("half"));
    shelf_write(s->dir, "tile/0/004.p/9.new", sb_bytes_str("half"));
    shelf_write(s->dir, "checkpoint.new", sb_bytes_str("half"));
    ino_t first = inode(s->dir, "records/000");
    ino_t third = inode(s->dir, "records/002");
    struct sb_export_facts facts = shelf_export(s->book, s->dir);
    assert_int_equal(facts.entries, 1100 - 512);
    assert_true(inode(s->dir, "records/000") == first);
    assert_true(inode(s->dir, "records/002") != third);
    shelf_same(s->dir, s->fresh);
}

static void whole_files_of_another_range_are_not(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    shelf_grow(s->book, 600);
    assert_int_equal(shelf_try(s->book, s->dir, 0, 10, &facts, NULL), 0);
    take_away(s->dir, "checkpoint");
    take_away(s->dir, "bundle.json");
    next_json(s->dir, 0, 10);
    facts = shelf_export(s->book, s->dir);
    assert_int_equal(facts.entries, 600);
    shelf_export(s->book, s->fresh);
    shelf_same(s->dir, s->fresh);
}

/* An old bundle, and beyond it files of the export that was to follow. */
static void an_old_bundle_and_the_next_one_begun(void **state)
{
    struct shelf *s = *state;
    static const char *const whole[] = {
        "records/001", "texts/001", "tile/entries/001", "tile/0/001"};
    shelf_grow(s->book, 290);
    shelf_export(s->book, s->dir);
    shelf_grow(s->book, 900);
    shelf_export(s->book, s->fresh);
    static const char *const more[] = {
        "records/002", "texts/002", "tile/entries/002", "tile/0/002"};
    for (size_t i = 0; i < 4; i++) {
        struct sb_buf b = shelf_read(s->fresh, whole[i]);
        shelf_write(s->dir, whole[i], sb_buf_bytes(&b));
        sb_buf_free(&b);
        b = shelf_read(s->fresh, more[i]);
        shelf_write(s->dir, more[i], sb_buf_bytes(&b));
        sb_buf_free(&b);
    }
    next_json(s->dir, 0, UINT64_MAX);
    expect_whole(s->dir);
    ino_t third = inode(s->dir, "records/002");
    shelf_export(s->book, s->dir);
    assert_true(inode(s->dir, "records/002") == third);
    shelf_same(s->dir, s->fresh);
}

static void a_beginning_of_another_journal_is_refused(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_bundle_about about = {
        .exchange = "other", .generation = 1, .from = 0, .to = UINT64_MAX};
    struct sb_buf text = {0};
    shelf_grow(s->book, 20);
    assert_int_equal(sb_bundle_about_write(&about, &text, NULL), 0);
    shelf_write(s->dir, "export.json", sb_buf_bytes(&text));
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, NULL),
                     SB_E_BUNDLE);
    shelf_write(s->dir, "export.json", sb_bytes_str("{}"));
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, NULL),
                     SB_E_BUNDLE);
    sb_buf_free(&text);
    shelf_write(s->fresh, "export.json.new", sb_bytes_str("{"));
    shelf_export(s->book, s->fresh);
    assert_false(shelf_has(s->fresh, "export.json.new"));
}

/* A tile of the unfinished export that is not the journal's: no checkpoint goes over
 * it. */
static void a_false_tile_is_noticed_before_the_end(void **state)
{
    struct shelf *s = *state;
    struct sb_export_facts facts;
    struct sb_err err = {0};
    shelf_grow(s->book, 600);
    shelf_export(s->book, s->dir);
    take_away(s->dir, "checkpoint");
    take_away(s->dir, "bundle.json");
    next_json(s->dir, 0, UINT64_MAX);
    struct sb_buf b = shelf_read(s->dir, "tile/0/001");
    b.p[77] ^= 4;
    shelf_write(s->dir, "tile/0/001", sb_buf_bytes(&b));
    sb_buf_free(&b);
    assert_int_equal(shelf_try(s->book, s->dir, 0, UINT64_MAX, &facts, &err),
                     SB_E_BUNDLE);
    assert_false(shelf_has(s->dir, "checkpoint"));
    shelf_export(s->book, s->fresh);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(killed_at_any_moment_it_goes_on),
        TEST(whole_files_of_the_same_range_are_kept),
        TEST(whole_files_of_another_range_are_not),
        TEST(an_old_bundle_and_the_next_one_begun),
        TEST(a_beginning_of_another_journal_is_refused),
        TEST(a_false_tile_is_noticed_before_the_end),
    };
    return cmocka_run_group_tests_name("broker.bundle.resume", tests, NULL, NULL);
}
