/* Append, reopen, checkpoints, and what is refused at the door. */
#include "test/unit/broker_journal/book.h"

#include <stdio.h>
#include <sys/stat.h>

static int setup(void **state)
{
    struct book *b = book_new();
    book_open(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    book_free(*state);
    return 0;
}

static void root_of_appends(uint8_t out[SB_HASH], const struct sb_append *a, size_t n)
{
    struct sb_tree t = {0};
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[SB_HASH];
        sb_tree_leaf(hash, a[i].leaf);
        sb_tree_append(&t, hash);
    }
    sb_tree_root(&t, out);
}

static void keeps_size_and_root_over_a_restart(void **state)
{
    struct book *b = *state;
    struct sb_append a[] = {book_directory(b), book_claim(b), book_heads(b)};
    uint8_t want[SB_HASH];
    uint8_t got[SB_HASH];
    struct stat st;
    book_put(b, a, 3);
    root_of_appends(want, a, 3);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(sb_journal_size(b->j), 3);
        assert_int_equal(sb_journal_stored_ms(b->j), NOW + 2);
        sb_journal_root(b->j, got);
        assert_memory_equal(got, want, SB_HASH);
        book_close(b);
        book_open(b);
    }
    assert_int_equal(stat(b->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void refuses_holes_and_falling_times(void **state)
{
    struct book *b = *state;
    struct sb_err err;
    book_put_one(b, book_directory(b));
    b->index = 2;
    struct sb_append late = book_heads(b);
    assert_int_equal(sb_journal_append(b->j, &late, 1, &err), SB_E_JOURNAL_ORDER);
    b->index = 0;
    struct sb_append again = book_heads(b);
    assert_int_equal(sb_journal_append(b->j, &again, 1, &err), SB_E_JOURNAL_ORDER);
    b->index = 1;
    b->ms = NOW - 1;
    struct sb_append old = book_heads(b);
    assert_int_equal(sb_journal_append(b->j, &old, 1, &err), SB_E_JOURNAL_ORDER);
    b->index = 1;
    b->ms = NOW;
    book_put_one(b, book_heads(b)); /* refusals left it usable */
    assert_int_equal(sb_journal_size(b->j), 2);
}

static void refuses_entries_that_are_not_their_records(void **state)
{
    struct book *b = *state;
    struct sb_err err;
    const uint64_t index = 1;
    book_put_one(b, book_directory(b));
    for (int what = 0; what < 6; what++) {
        b->index = index;
        b->claim_no = 0;
        struct sb_append a = book_claim(b);
        if (what == 0)
            a.hash[0] ^= 1;
        if (what == 1)
            a.stream = sb_bytes_str("pnc/comun.otra");
        if (what == 2)
            a.first++;
        if (what == 3)
            a.instance[15]++;
        if (what == 4)
            a.items = sb_bytes_str("x");
        if (what == 5)
            a.leaf = book_heads(b).leaf;
        assert_int_equal(sb_journal_append(b->j, &a, 1, &err), SB_E_JOURNAL_ENTRY);
    }
    assert_int_equal(sb_journal_size(b->j), 1);
}

static void signs_when_due_and_persists_first(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf last = {0};
    struct sb_checkpoint c;
    struct sb_checkpoint read;
    struct sb_vault_key key;
    assert_true(sb_vault_newest(b->broker, SB_USE_LOG, &key));
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, &note, &c, NULL), 0);
    book_put_one(b, book_directory(b));
    assert_int_equal(sb_journal_checkpoint(b->j, 5000, false, &note, &c, NULL), 1);
    assert_int_equal(c.size, 1);
    assert_string_equal(c.origin, "sns/journal/1");
    assert_int_equal(sb_checkpoint_open(sb_buf_bytes(&note), key.pk, &read, NULL), 0);
    assert_memory_equal(read.root, c.root, SB_HASH);
    assert_int_equal(sb_journal_last_note(b->j, &last, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&last), sb_buf_bytes(&note)));
    book_put_one(b, book_heads(b));
    assert_int_equal(sb_journal_checkpoint(b->j, 5999, false, &note, &c, NULL), 0);
    assert_int_equal(sb_journal_checkpoint(b->j, 6000, false, &note, &c, NULL), 1);
    assert_int_equal(sb_journal_checkpoint(b->j, 9000, true, &note, &c, NULL), 0);
    book_put_one(b, book_heads(b));
    book_close(b); /* signs the third */
    book_open(b);
    sb_buf_reset(&last);
    assert_int_equal(sb_journal_last_note(b->j, &last, NULL), 0);
    assert_int_equal(sb_checkpoint_open(sb_buf_bytes(&last), key.pk, &read, NULL), 0);
    assert_int_equal(read.size, 3);
    sb_buf_free(&note);
    sb_buf_free(&last);
}

static int reopen(struct book *b, struct sb_err *err)
{
    struct sb_journal_config config = book_config(b);
    struct sb_journal *j = NULL;
    int rc = sb_journal_open(&j, &config, err);
    sb_journal_close(j);
    return rc;
}

static void refuses_a_second_writer(void **state)
{
    struct book *b = *state;
    struct sb_err err;
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_LOCKED);
    book_close(b);
    assert_int_equal(reopen(b, &err), 0);
}

static void refuses_another_layout_or_generation(void **state)
{
    struct book *b = *state;
    struct sb_journal_config config = book_config(b);
    struct sb_journal *j = NULL;
    struct sb_journal_reader *r = NULL;
    struct sb_err err;
    book_put_one(b, book_directory(b));
    book_close(b);
    config.generation = 2;
    assert_int_equal(sb_journal_open(&j, &config, &err), SB_E_JOURNAL_GENERATION);
    config.generation = 1;
    config.vault = b->pnc;
    assert_int_equal(sb_journal_open(&j, &config, &err), SB_E_NO_KEY);
    book_sql(b, "PRAGMA user_version = 2");
    assert_int_equal(reopen(b, &err), SB_E_DB_NEWER);
    assert_int_equal(sb_journal_reader_open(&r, b->path, &err), SB_E_DB_NEWER);
    book_sql(b, "PRAGMA user_version = 0");
    assert_int_equal(sb_journal_reader_open(&r, b->path, &err), SB_E_STATE);
    book_sql(b, "PRAGMA user_version = 1; PRAGMA application_id = 5");
    assert_int_equal(reopen(b, &err), SB_E_DB_CORRUPT);
}

static void refuses_a_journal_that_lost_entries(void **state)
{
    static const char *const cuts[] = {
        "DELETE FROM entry WHERE idx = 10",
        "DELETE FROM entry WHERE idx >= 9; DELETE FROM leaf WHERE idx >= 9",
        "DELETE FROM entry; DELETE FROM leaf",
    };
    struct book *b = *state;
    struct sb_err err;
    book_fill(b);
    book_close(b);
    char copy[128];
    snprintf(copy, sizeof copy, "%s-copy", b->path);
    book_copy(b->path, copy);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        book_sql(b, cuts[i]);
        assert_int_equal(reopen(b, &err), SB_E_JOURNAL_SHORT);
        book_copy(copy, b->path);
    }
    book_sql(b, "DELETE FROM leaf WHERE idx = 4");
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_ENTRY);
    book_copy(copy, b->path);
    book_sql(b,
             "UPDATE leaf SET data = (SELECT data FROM leaf WHERE idx = 4)"
             " WHERE idx = 5");
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_ROOT);
    book_copy(copy, b->path);
    book_sql(b, "UPDATE checkpoint SET root = zeroblob(32)");
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_CHECKPOINT);
    book_copy(copy, b->path);
    assert_int_equal(reopen(b, &err), 0);
}

static int
append_meanwhile(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct book *b = ctx;
    (void)e;
    (void)err;
    for (int i = 0; i < 170; i++)
        book_put_one(b, book_batch(b, 256, 400));
    return 1;
}

/* The WAL is moved while the journal is open, also when a reader holds a snapshot. */
static void moves_the_wal_into_the_file(void **state)
{
    struct book *b = *state;
    struct sb_journal_reader *r = NULL;
    struct sb_journal_facts facts;
    struct stat st;
    book_put_one(b, book_directory(b));
    book_put_one(b, book_claim(b));
    book_put_one(b, book_epoch(b));
    assert_int_equal(sb_journal_reader_open(&r, b->path, NULL), 0);
    assert_int_equal(sb_journal_each(r, 0, 0, false, append_meanwhile, b, NULL), 0);
    sb_journal_reader_close(r);
    append_meanwhile(b, NULL, NULL);
    assert_int_equal(stat(b->path, &st), 0);
    assert_true(st.st_size > (off_t)(32 * SB_MIB));
    assert_int_equal(sb_journal_verify(b->path, NULL, NULL, NULL, &facts, NULL), 0);
    assert_int_equal(facts.events, 2 * 170 * 256);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeps_size_and_root_over_a_restart),
        TEST(refuses_holes_and_falling_times),
        TEST(refuses_entries_that_are_not_their_records),
        TEST(signs_when_due_and_persists_first),
        TEST(refuses_a_second_writer),
        TEST(refuses_another_layout_or_generation),
        TEST(refuses_a_journal_that_lost_entries),
        TEST(moves_the_wal_into_the_file),
    };
    return cmocka_run_group_tests_name("broker.journal.journal", tests, NULL, NULL);
}
