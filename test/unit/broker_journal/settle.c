/* The WAL is moved into the file beside the writer: nothing waits for it, nothing is
 * lost, and it begins anew. */
#include "test/unit/broker_journal/book.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define MIB (1024 * 1024)
#define EVENTS 64
#define SECTION 4000

static long long size_of(const struct book *b, const char *suffix)
{
    char path[128];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s%s", b->path, suffix);
    return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

static void put_batches(struct book *b, int n)
{
    struct sb_err err;
    for (int i = 0; i < n; i++) {
        book_put_one(b, book_batch(b, EVENTS, SECTION));
        assert_int_equal(sb_journal_settle(b->j, &err), 0);
    }
}

/* As an idle broker goes round. */
static void wait_for_file(struct book *b, long long bytes)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    struct sb_err err;
    for (int i = 0; i < 60000 && size_of(b, "") < bytes; i++) {
        assert_int_equal(sb_journal_settle(b->j, &err), 0);
        nanosleep(&nap, NULL);
    }
    assert_true(size_of(b, "") >= bytes);
}

static void a_long_wal_goes_into_the_file(void **state)
{
    struct book *b = *state;
    put_batches(b, 70); /* 18 MiB */
    wait_for_file(b, 17LL * MIB);
    put_batches(b, 280);
    wait_for_file(b, 70LL * MIB);
    assert_true(size_of(b, "-wal") < 64LL * MIB); /* it began anew on the way */
    book_close(b);
    assert_int_equal(size_of(b, "-wal"), -1);
    assert_int_equal(book_verify(b).entries, 353);
}

static void a_close_waits_for_a_pass_under_way(void **state)
{
    struct book *b = *state;
    put_batches(b, 66);
    book_close(b);
    assert_int_equal(size_of(b, "-wal"), -1);
    assert_int_equal(book_verify(b).entries, 69);
}

/* A reader keeps its snapshot: the WAL stays, and nothing fails. */
static void a_reader_in_the_way_is_no_error(void **state)
{
    struct book *b = *state;
    struct sb_journal_reader *r = NULL;
    struct sb_err err;
    assert_int_equal(sb_journal_reader_open(&r, b->path, &err), 0);
    put_batches(b, 140);
    sb_journal_reader_close(r);
    wait_for_file(b, 17LL * MIB);
    book_close(b);
    assert_int_equal(book_verify(b).entries, 143);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_long_wal_goes_into_the_file, book_setup, book_teardown),
        cmocka_unit_test_setup_teardown(
            a_close_waits_for_a_pass_under_way, book_setup, book_teardown),
        cmocka_unit_test_setup_teardown(
            a_reader_in_the_way_is_no_error, book_setup, book_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
