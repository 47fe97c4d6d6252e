/* Missing ciphertexts in the offline check: explained by a right prune record or by a
 * withdrawal, or loss. */
#include "test/unit/broker_journal/book.h"

static int setup(void **state)
{
    struct book *b = book_new();
    b->retention = 1000;
    book_open(b);
    book_fill(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    book_free(*state);
    return 0;
}

static void expect_finding(struct book *b, int code, const char *text)
{
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    int rc = sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err);
    if (rc != code || strncmp(err.text, text, strlen(text)) != 0)
        fail_msg("%d %s", rc, err.text);
}

/* A prune record of the first nine entries, stored `after` ms after its time. */
static void prune(struct book *b, uint64_t after)
{
    b->ms = NOW + 9 + after;
    book_put_one(b, book_prune(b, NOW + 9, 9));
    assert_int_equal(sb_journal_prune_step(b->j, 100, NULL), 0);
}

static void accepts_what_policy_permits(void **state)
{
    struct book *b = *state;
    prune(b, 1000);
    struct sb_journal_facts facts = book_verify(b);
    assert_int_equal(facts.pruned, 8);
    assert_int_equal(facts.entries, 12);
}

static void refuses_pruning_too_early(void **state)
{
    struct book *b = *state;
    prune(b, 999);
    expect_finding(b, SB_E_RETENTION, "entry 11: ");
}

/* The directory in force at the record decides, not an older one. */
static void goes_by_the_directory_in_force(void **state)
{
    struct book *b = *state;
    b->retention = 0;
    b->ms = NOW + 100;
    book_put_one(b, book_directory(b));
    prune(b, 5000);
    expect_finding(b, SB_E_RETENTION, "entry 12: the directory in force keeps");
}

static void refuses_entries_that_were_not_old_enough(void **state)
{
    struct book *b = *state;
    b->ms = NOW + 5000;
    book_put_one(b, book_prune(b, NOW + 8, 9)); /* entry 8 is of NOW + 8 */
    expect_finding(b, SB_E_RETENTION, "entry 11: the prune record covers entry 8");
}

static void refuses_another_signer(void **state)
{
    struct book *b = *state;
    struct sb_vault *broker = b->broker;
    struct sb_vault *other = NULL;
    assert_int_equal(sb_vault_new(&other, sb_bytes_str("broker"), NULL), 0);
    assert_int_equal(sb_vault_add(other, SB_USE_LOG, NOW, NULL, NULL), 0);
    b->ms = NOW + 5000;
    b->broker = other;
    struct sb_append a = book_prune(b, NOW + 9, 9);
    b->broker = broker;
    book_put_one(b, a);
    expect_finding(b, SB_E_RETENTION, "entry 11: the prune record is not signed");
    sb_vault_free(other);
}

static void calls_the_rest_loss(void **state)
{
    struct book *b = *state;
    prune(b, 1000);
    book_close(b);
    book_sql(b, "DELETE FROM ct WHERE id = 41");
    expect_finding(b, SB_E_JOURNAL_CT, "entry 10: ciphertexts are missing");
    book_sql(b, "UPDATE ct SET raw = x'' WHERE id = 36");
    expect_finding(b, SB_E_JOURNAL_CT, "entry 9: the ciphertexts' list is damaged");
}

/* One class of event 5 in entry 9 as it was, under another id; kept while a test runs.
 */
static void keep_row(struct book *b)
{
    book_close(b);
    book_sql(b, "CREATE TABLE kept AS SELECT * FROM ct WHERE id = 36");
    book_open(b);
}

static void finds_a_withdrawal_that_left_something(void **state)
{
    struct book *b = *state;
    keep_row(b);
    book_put_one(b, book_withdraw(b, 5, 5));
    book_close(b);
    book_sql(b,
             "UPDATE ct SET raw = (SELECT raw FROM kept) WHERE id = 36;"
             "DROP TABLE kept");
    expect_finding(b, SB_E_WITHDRAWN, "entry 9: pnc/comun.alerta@5: the ciphertext of");
}

/* More is empty than was withdrawn: event 6, taken from a longer withdrawal. */
static void finds_more_gone_than_withdrawn(void **state)
{
    struct book *b = *state;
    struct sb_append narrow = book_withdraw(b, 5, 5);
    book_put_one(b, narrow);
    book_close(b);
    book_sql(b, "UPDATE ct SET raw = zeroblob(2) WHERE id = 36");
    expect_finding(b, SB_E_JOURNAL_CT, "entry 9: the ciphertexts' list is damaged");
    book_sql(b, "UPDATE ct SET raw = x'92a7696e7465726e6192c400c400' WHERE id = 36");
    expect_finding(
        b, SB_E_JOURNAL_CT, "entry 9: pnc/comun.alerta@6: the ciphertext of");
}

/* Bytes after a list are zeros, and stand only where something was withdrawn. */
static void judges_bytes_after_a_list(void **state)
{
    struct book *b = *state;
    book_put_one(b, book_withdraw(b, 5, 5));
    assert_int_equal(book_verify(b).withdrawn, 2);
    book_close(b);
    book_sql(b, "UPDATE ct SET raw = CAST(raw || x'00' AS BLOB) WHERE id = 12");
    expect_finding(b, SB_E_JOURNAL_CT, "entry 3: the ciphertexts' list is damaged");
    book_sql(
        b,
        "UPDATE ct SET raw = substr(raw, 1, length(raw) - 1) WHERE id = 12;"
        "UPDATE ct SET raw = CAST(substr(raw, 1, length(raw) - 1) || x'01' AS BLOB)"
        " WHERE id = 36");
    expect_finding(b, SB_E_JOURNAL_CT, "entry 9: the ciphertexts' list is damaged");
}

static void holds_columns_to_their_records(void **state)
{
    struct book *b = *state;
    book_put_one(b, book_withdraw(b, 5, 6));
    b->ms = NOW + 5000;
    book_put_one(b, book_prune(b, NOW + 9, 9));
    assert_int_equal(book_verify(b).withdrawn, 4);
    book_close(b);
    book_sql(b, "UPDATE entry SET first = 4 WHERE idx = 11");
    expect_finding(b, SB_E_JOURNAL_ENTRY, "entry 11: ");
    book_sql(b, "UPDATE entry SET first = 5, stream = 0 WHERE idx = 11");
    expect_finding(b, SB_E_JOURNAL_ENTRY, "entry 11: ");
    book_sql(b,
             "UPDATE entry SET stream = 1 WHERE idx = 11;"
             "UPDATE entry SET first = 8 WHERE idx = 12");
    expect_finding(b, SB_E_JOURNAL_ENTRY, "entry 12: ");
    book_sql(b,
             "UPDATE entry SET first = 9 WHERE idx = 12;"
             "UPDATE entry SET record = (SELECT record FROM entry WHERE idx = 7)"
             " WHERE idx = 12");
    expect_finding(b, SB_E_JOURNAL_ENTRY, "entry 12: ");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(accepts_what_policy_permits),
        TEST(refuses_pruning_too_early),
        TEST(goes_by_the_directory_in_force),
        TEST(refuses_entries_that_were_not_old_enough),
        TEST(refuses_another_signer),
        TEST(calls_the_rest_loss),
        TEST(finds_a_withdrawal_that_left_something),
        TEST(finds_more_gone_than_withdrawn),
        TEST(judges_bytes_after_a_list),
        TEST(holds_columns_to_their_records),
    };
    return cmocka_run_group_tests_name("broker.journal.absent", tests, NULL, NULL);
}
