/* What is taken away, by withdrawals and prune records: exactly that, at once or in
 * steps that can be interrupted, and so that no byte of it is left in the files. */
#include "test/unit/broker_journal/book.h"

#include <sqlite3.h>

struct shelf { /* entries 3, 6, 9, 10 are batches of events 1-3, 4, 5-6, 7-10 */
    struct book *b;
    struct sb_journal_reader *r;
    struct sb_arena *arena;
};

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->b = book_new();
    s->b->retention = 1;
    book_open(s->b);
    book_fill(s->b);
    assert_int_equal(sb_journal_reader_open(&s->r, s->b->path, NULL), 0);
    s->arena = sb_arena_new(0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    sb_journal_reader_close(s->r);
    sb_arena_free(s->arena);
    book_free(s->b);
    free(s);
    return 0;
}

static struct sb_input read_stream(struct shelf *s)
{
    static struct sb_bytes classes[2];
    struct sb_effect e = {.kind = SB_EFFECT_READ};
    struct sb_input in = {0};
    classes[0] = sb_bytes_str("interna");
    classes[1] = sb_bytes_str("publica");
    e.as.read.stream = sb_bytes_str(STREAM);
    e.as.read.reader = sb_bytes_str("pnc");
    e.as.read.below = s->b->index;
    e.as.read.max_entries = 100;
    e.as.read.max_bytes = SB_MIB;
    e.as.read.classes = (struct sb_codes){.items = classes, .n = 2};
    assert_int_equal(sb_journal_read(s->r, &e, s->arena, &in, NULL), 0);
    return in;
}

/* Whether the events of a batch have their ciphertexts, from the first: "+-+". */
static void expect_cts(const struct sb_stored_entry *e, const char *want)
{
    assert_int_equal(e->n_cts, 2);
    for (size_t c = 0; c < 2; c++) {
        struct sb_unpack u = sb_unpack(e->ct_raw[c]);
        sb_unpack_array(&u, 2, 2);
        assert_true(sb_bytes_eq(sb_unpack_code(&u), e->ct_class[c]));
        sb_unpack_array(&u, strlen(want), strlen(want));
        for (size_t i = 0; want[i]; i++)
            assert_int_equal(sb_unpack_bin(&u, SB_EVENT_MAX).n > 0, want[i] == '+');
        assert_int_equal(sb_unpack_end(&u, "list", NULL), 0);
    }
}

static const struct sb_stored_entry *entry_at(const struct sb_input *in, uint64_t index)
{
    for (size_t i = 0; i < in->as.read.n; i++)
        if (in->as.read.entries[i].index == index)
            return &in->as.read.entries[i];
    static const struct sb_stored_entry none; /* the compiler knows no fail_msg */
    fail_msg("entry %llu was not read", (unsigned long long)index);
    return &none;
}

static void withdraws_one_event(void **state)
{
    static const char *const want[] = {"-++", "+-+", "++-"};
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct shelf *s = *state;
        if (seq > 1) {
            teardown(state);
            setup(state);
            s = *state;
        }
        book_put_one(s->b, book_withdraw(s->b, seq, seq));
        struct sb_input in = read_stream(s);
        const struct sb_stored_entry *batch = entry_at(&in, 3);
        expect_cts(batch, want[seq - 1]);
        assert_int_equal(batch->n_withdrawals, 1);
        assert_int_equal(entry_at(&in, 6)->n_withdrawals, 0);
        assert_int_equal(entry_at(&in, 11)->kind, SB_KIND_PRUNE);
        assert_true(sb_bytes_eq(batch->withdrawals[0], entry_at(&in, 11)->record));
        struct sb_journal_facts facts = book_verify(s->b);
        assert_int_equal(facts.withdrawn, 2);
        assert_int_equal(facts.pruned, 0);
    }
}

static void withdraws_over_batches(void **state)
{
    struct shelf *s = *state;
    struct sb_append group[2] = {book_batch(s->b, 2, 8), book_withdraw(s->b, 3, 11)};
    book_put(s->b, group, 2); /* one that came in the same group too */
    book_put_one(s->b, book_withdraw(s->b, 5, 5)); /* again: changes nothing */
    struct sb_input in = read_stream(s);
    expect_cts(entry_at(&in, 3), "++-");
    expect_cts(entry_at(&in, 6), "-");
    expect_cts(entry_at(&in, 9), "--");
    expect_cts(entry_at(&in, 10), "----");
    expect_cts(entry_at(&in, 11), "-+");
    assert_int_equal(entry_at(&in, 9)->n_withdrawals, 1);
    assert_int_equal(book_verify(s->b).withdrawn, 18);
    book_close(s->b);
    book_open(s->b);
    book_put_one(s->b, book_batch(s->b, 2, 8)); /* the stream goes on at its end */
    assert_int_equal(book_verify(s->b).events, 14);
}

static void refuses_what_does_not_stand_before(void **state)
{
    struct shelf *s = *state;
    struct sb_err err;
    struct sb_append a = book_withdraw(s->b, 10, 11);
    assert_int_equal(sb_journal_append(s->b->j, &a, 1, &err), SB_E_JOURNAL_ENTRY);
    s->b->index--;
    a = book_prune(s->b, NOW, 12);
    assert_int_equal(sb_journal_append(s->b->j, &a, 1, &err), SB_E_JOURNAL_ENTRY);
    s->b->index--;
    book_put_one(s->b, book_heads(s->b)); /* refusals left it usable */
}

static uint64_t classes_left(struct shelf *s)
{
    struct sb_input in = read_stream(s);
    uint64_t n = 0;
    for (size_t i = 0; i < in.as.read.n; i++)
        n += in.as.read.entries[i].n_cts;
    return n;
}

static void prunes_in_steps_over_restarts(void **state)
{
    static const uint64_t pruned[] = {0, 3, 6, 7};
    struct shelf *s = *state;
    struct sb_buf record = {0};
    struct sb_append prune = book_prune(s->b, NOW + 9, 9);
    assert_int_equal(sb_journal_prune_step(s->b->j, 9, NULL), 0); /* nothing to do */
    book_put_one(s->b, prune);
    assert_int_equal(classes_left(s), 8);
    for (int step = 0; step < 4; step++) {
        assert_int_equal(book_verify(s->b).pruned, pruned[step]);
        int rc = sb_journal_prune_step(s->b->j, 1, NULL);
        assert_int_equal(rc, step < 3);
        assert_int_equal(classes_left(s), 7 - (uint64_t)step);
        book_close(s->b);
        book_open(s->b);
    }
    assert_int_equal(sb_journal_prune_step(s->b->j, 1, NULL), 0);
    assert_int_equal(book_verify(s->b).pruned, 8);
    assert_int_equal(sb_journal_last_prune(s->r, &record, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&record), prune.record));
    sb_buf_free(&record);
    book_put_one(s->b, book_prune(s->b, NOW + 11, 11));
    assert_int_equal(sb_journal_prune_step(s->b->j, 100, NULL), 0);
    assert_int_equal(book_verify(s->b).pruned, 20);
}

static void prunes_what_was_withdrawn(void **state)
{
    struct shelf *s = *state;
    book_put_one(s->b, book_withdraw(s->b, 2, 2));
    book_put_one(s->b, book_prune(s->b, NOW + 9, 9));
    assert_int_equal(sb_journal_prune_step(s->b->j, 100, NULL), 0);
    book_put_one(s->b, book_withdraw(s->b, 1, 5)); /* of what is gone, and more */
    struct sb_journal_facts facts = book_verify(s->b);
    assert_int_equal(facts.withdrawn, 10);
    assert_int_equal(facts.pruned, 0);
    struct sb_input in = read_stream(s);
    assert_int_equal(entry_at(&in, 3)->n_cts, 0);
    assert_int_equal(entry_at(&in, 3)->n_withdrawals, 1); /* the wider one tells all */
    expect_cts(entry_at(&in, 9), "-+");
}

/* A reader keeps the WAL from being cut; it is cut when the reader has gone. */
static int
withdraw_meanwhile(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct shelf *s = ctx;
    (void)e;
    (void)err;
    book_put_one(s->b, book_withdraw(s->b, 11, 11));
    return 1;
}

static void leaves_no_byte_of_a_withdrawal(void **state)
{
    struct shelf *s = *state;
    struct sb_append batch = book_batch(s->b, 3, 3000);
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_bytes gone = book_ct(&batch, 1, 0);
    struct sb_bytes kept = book_ct(&batch, 1, 1);
    book_put_one(s->b, batch);
    gone.n = kept.n = 64; /* longer ones are split over pages */
    assert_true(book_count(s->b, gone) > 0);
    assert_int_equal(sb_journal_each(s->r, 0, 0, false, withdraw_meanwhile, s, NULL),
                     0);
    assert_true(book_count(s->b, gone) > 0);
    assert_int_equal(sb_journal_checkpoint(s->b->j, 5000, true, &note, &c, NULL), 1);
    assert_int_equal(book_count(s->b, gone), 0);
    assert_true(book_count(s->b, kept) > 0);
    sb_buf_free(&note);
}

enum { MANY = 120 };

/* Small rows and large ones, withdrawn and pruned at random. */
static void leaves_no_byte_in_any_page(void **state)
{
    struct shelf *s = *state;
    struct sb_bytes cts[MANY] = {{NULL, 0}};
    bool gone[MANY] = {false};
    unsigned seed = 7;
    uint64_t start = s->b->index;
    uint64_t seq = s->b->seq + 1;
    for (size_t i = 0; i < MANY; i++) {
        seed = seed * 1103515245u + 12345u;
        struct sb_append a = book_batch(s->b, 1, seed >> 16 & (i % 3 ? 1023 : 8191));
        cts[i] = book_ct(&a, i % 2, 0);
        cts[i].n = 32;
        book_put_one(s->b, a);
    }
    for (size_t round = 0; round < 6; round++) {
        for (size_t i = round; i < MANY; i += 11) {
            book_put_one(s->b, book_withdraw(s->b, seq + i, seq + i));
            gone[i] = true;
        }
        size_t below = (round + 1) * 17;
        book_put_one(s->b, book_prune(s->b, s->b->ms - 1, start + below));
        while (sb_journal_prune_step(s->b->j, 7, NULL) == 1)
            ;
        for (size_t i = 0; i < MANY; i++) {
            gone[i] = gone[i] || i < below;
            assert_int_equal(book_count(s->b, cts[i]) == 0, gone[i]);
        }
    }
    assert_true(book_verify(s->b).pruned > 0);
}

static int64_t rows_of_ct(const struct book *b)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open(b->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM ct", -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

/* Emptied rows go when enough of them stand before the first that is not. */
static void removes_rows_far_behind(void **state)
{
    enum { BATCHES = 2000, GROUP = 100, LEFT = 40 };
    struct shelf *s = *state;
    struct sb_append group[GROUP];
    uint64_t start = s->b->index;
    for (size_t i = 0; i < BATCHES; i += GROUP) {
        for (size_t k = 0; k < GROUP; k++)
            group[k] = book_batch(s->b, 1, 8);
        book_put(s->b, group, GROUP);
    }
    struct sb_bytes kept = book_ct(&group[GROUP - LEFT], 0, 0);
    struct sb_bytes gone = book_ct(&group[GROUP - LEFT - 1], 1, 0);
    assert_int_equal(rows_of_ct(s->b), 8 + 2 * BATCHES);
    book_put_one(s->b, book_prune(s->b, s->b->ms - 1, start + BATCHES - LEFT));
    for (int step = 0; sb_journal_prune_step(s->b->j, 301, NULL) == 1; step++) {
        if (step % 5 != 4)
            continue;
        book_close(s->b);
        book_open(s->b);
        book_verify(s->b);
    }
    assert_int_equal(rows_of_ct(s->b), 3000 + 2 * LEFT);
    assert_int_equal(book_verify(s->b).pruned, 20 + 2 * (BATCHES - LEFT));
    assert_true(book_count(s->b, kept) > 0);
    assert_int_equal(book_count(s->b, gone), 0);
    book_put_one(s->b, book_prune(s->b, s->b->ms - 1, s->b->index - 1));
    while (sb_journal_prune_step(s->b->j, 1000, NULL) == 1)
        ;
    assert_int_equal(rows_of_ct(s->b), 3000);
    assert_int_equal(book_count(s->b, kept), 0);
    assert_int_equal(book_verify(s->b).pruned, 20 + 2 * BATCHES);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(withdraws_one_event),
        TEST(withdraws_over_batches),
        TEST(refuses_what_does_not_stand_before),
        TEST(prunes_in_steps_over_restarts),
        TEST(prunes_what_was_withdrawn),
        TEST(leaves_no_byte_of_a_withdrawal),
        TEST(leaves_no_byte_in_any_page),
        TEST(removes_rows_far_behind),
    };
    return cmocka_run_group_tests_name("broker.journal.gone", tests, NULL, NULL);
}
