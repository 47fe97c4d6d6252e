/* Many withdrawals: what is gone is not written again, and whole batches are read
 * without a search among them. */
#include "test/unit/broker_journal/book.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "broker/journal/reader_form.h"

struct shelf { /* ten events in four batches */
    struct book *b;
    struct sb_journal_reader *r;
};

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->b = book_new();
    book_open(s->b);
    book_fill(s->b);
    assert_int_equal(sb_journal_reader_open(&s->r, s->b->path, NULL), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    sb_journal_reader_close(s->r);
    book_free(s->b);
    free(s);
    return 0;
}

static size_t wal_bytes(const struct book *b)
{
    struct stat st;
    char path[128];
    snprintf(path, sizeof path, "%s-wal", b->path);
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

struct again {
    struct shelf *s;
    size_t first; /* bytes written by the first withdrawal, and by the second */
    size_t second;
};

static int
withdraw_twice(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct again *a = ctx;
    struct book *b = a->s->b;
    (void)e;
    (void)err;
    size_t before = wal_bytes(b);
    book_put_one(b, book_withdraw(b, 11, 50));
    a->first = wal_bytes(b) - before;
    book_put_one(b, book_withdraw(b, 11, 49));
    a->second = wal_bytes(b) - before - a->first;
    return 1;
}

/* A member that withdraws again and again has nothing rewritten. */
static void writes_nothing_that_is_gone(void **state)
{
    struct shelf *s = *state;
    struct again a = {.s = s};
    for (size_t i = 0; i < 40; i++)
        book_put_one(s->b, book_batch(s->b, 1, 20000));
    /* the reader's snapshot keeps the WAL from being cut */
    assert_int_equal(sb_journal_each(s->r, 0, 0, false, withdraw_twice, &a, NULL), 0);
    assert_true(a.first > 40 * (size_t)20000);
    assert_true(a.second < 200 * (size_t)1024);
    assert_int_equal(book_verify(s->b).withdrawn, 80);
}

static int count_told(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    size_t *told = ctx;
    (void)err;
    *told += e->n_withdrawals;
    return 0;
}

/* All readers wait while one stream's withdrawals are searched. */
static void searches_only_for_what_is_missing(void **state)
{
    struct shelf *s = *state;
    size_t told = 0;
    for (size_t i = 0; i < 50; i++)
        book_put_one(s->b, book_batch(s->b, 1, 8));
    for (uint64_t seq = 11; seq < 15; seq++)
        book_put_one(s->b, book_withdraw(s->b, seq, seq));
    assert_int_equal(sb_journal_each(s->r, 0, 0, true, count_told, &told, NULL), 0);
    assert_int_equal(told, 4);
    int runs =
        sqlite3_stmt_status(s->r->sql[SB_READ_WITHDRAWN], SQLITE_STMTSTATUS_RUN, 0);
    assert_int_equal(runs, 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(writes_nothing_that_is_gone),
        TEST(searches_only_for_what_is_missing),
    };
    return cmocka_run_group_tests_name("broker.journal.many", tests, NULL, NULL);
}
