/* The offline check: what it counts, what it refuses, and under which code. */
#include "test/unit/broker_journal/book.h"

#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
    struct book *b = book_new();
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

static void count(void *ctx, uint64_t done, uint64_t total)
{
    uint64_t *last = ctx;
    assert_true(done >= *last);
    assert_true(done <= total);
    *last = done;
}

static void counts_a_good_journal(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts = {0};
    struct sb_err err = {0};
    uint64_t done = 0;
    uint8_t root[SB_HASH];
    book_close(b);
    if (sb_journal_verify(b->path, NULL, count, &done, &facts, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(done, 11);
    assert_int_equal(facts.entries, 11);
    assert_int_equal(facts.events, 10);
    assert_int_equal(facts.batches, 4);
    assert_int_equal(facts.pruned, 0);
    assert_int_equal(facts.checkpoint_size, 11);
    book_open(b);
    sb_journal_root(b->j, root);
    assert_memory_equal(facts.root, root, SB_HASH);
}

static void works_beside_a_running_writer(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts = {0};
    struct sb_err err = {0};
    for (int i = 0; i < 3; i++) {
        book_put_one(b, book_batch(b, 2, 8));
        if (sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(facts.entries, 12 + i);
    }
    book_put_one(b, book_directory(b));
    book_put_one(b, book_claim(b));
    book_put_one(b, book_epoch(b));
    book_put_one(b, book_batch(b, 2, 8));
    assert_int_equal(sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err), 0);
    assert_int_equal(facts.entries, 18);
}

/* It begins with the directories of the generation before; its notes are its own. */
static void reads_a_later_generation(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts = {0};
    struct sb_append group[2];
    struct sb_err err = {0};
    book_close(b);
    assert_int_equal(unlink(b->path), 0);
    b->index = b->version = 0;
    memset(b->dir_hash, 0, SB_HASH);
    group[0] = book_directory(b);
    b->generation = 2;
    group[1] = book_directory(b);
    book_open(b);
    book_put(b, group, 2);
    book_close(b);
    if (sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(facts.entries, 2);
    assert_int_equal(facts.checkpoint_size, 2);
}

static void works_on_a_copied_file(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts = {0};
    char copy[128];
    snprintf(copy, sizeof copy, "%s-copy", b->path);
    book_close(b);
    book_copy(b->path, copy);
    assert_int_equal(sb_journal_verify(copy, NULL, NULL, NULL, &facts, NULL), 0);
    assert_int_equal(facts.entries, 11);
}

static void compares_with_what_is_expected(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts;
    struct sb_journal_expect expect = {.any = true, .size = 11};
    struct sb_err err;
    sb_journal_root(b->j, expect.root);
    book_put_one(b, book_heads(b));
    book_close(b);
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err), 0);
    expect.root[31] ^= 1;
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err),
                     SB_E_JOURNAL_ROOT);
    expect.size = 13;
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err),
                     SB_E_JOURNAL_SHORT);
    expect.size = 0;
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err),
                     SB_E_JOURNAL_ROOT);
    sb_sha256(expect.root, sb_bytes(NULL, 0));
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err), 0);
}

/* One change by SQL, its code, and how its text begins. */
static const struct {
    const char *sql;
    int code;
    const char *text;
} changes[] = {
    {"DELETE FROM entry WHERE idx = 4", SB_E_JOURNAL_ENTRY, "entry 4 or its leaf"},
    {"DELETE FROM leaf WHERE idx = 10", SB_E_JOURNAL_ENTRY, "entry 10 or its leaf"},
    {"DELETE FROM ct WHERE id = 13", SB_E_JOURNAL_CT, "entry 3: ciphertexts are mis"},
    {"DELETE FROM ct WHERE id = 41", SB_E_JOURNAL_CT, "entry 10: ciphertexts are mis"},
    {"INSERT INTO ct VALUES(17, 'publica', x'00')", SB_E_JOURNAL_CT, "entry 4: "},
    {"INSERT INTO ct VALUES(14, 'publica', x'00')", SB_E_JOURNAL_CT, "entry 3: "},
    {"INSERT INTO ct VALUES(44, 'publica', x'00')", SB_E_JOURNAL_CT, "entry 11: "},
    {"UPDATE ct SET class = 'reservada' WHERE id = 13", SB_E_JOURNAL_CT, "entry 3: "},
    {"UPDATE ct SET raw = (SELECT raw FROM ct WHERE id = 36) WHERE id = 37",
     SB_E_JOURNAL_CT,
     "entry 9: "},
    {"DELETE FROM tree WHERE id = 3", SB_E_JOURNAL_TREE, "entry 3: the tree's row 3"},
    {"INSERT INTO tree VALUES(21, zeroblob(32))", SB_E_JOURNAL_TREE, "entry 11 is mis"},
    {"UPDATE tree SET hash = zeroblob(32) WHERE id = 7", SB_E_JOURNAL_TREE, "entry 7:"},
    {"UPDATE leaf SET hash = zeroblob(32) WHERE idx = 9", SB_E_JOURNAL_TREE, "entry 9"},
    {"UPDATE entry SET kind = 4 WHERE idx = 1", SB_E_JOURNAL_ENTRY, "entry 1: "},
    {"UPDATE entry SET stream = 2 WHERE idx = 1", SB_E_JOURNAL_ENTRY, "entry 1: "},
    {"UPDATE entry SET stream = 1 WHERE idx = 0", SB_E_JOURNAL_ENTRY, "entry 0: "},
    {"UPDATE entry SET first = 2 WHERE idx = 3", SB_E_JOURNAL_ENTRY, "entry 3: "},
    {"UPDATE entry SET last = 4 WHERE idx = 3", SB_E_JOURNAL_ENTRY, "entry 3: "},
    {"UPDATE entry SET reader = 'conred' WHERE idx = 4", SB_E_JOURNAL_ENTRY, "entry 4"},
    {"UPDATE entry SET items = x'90' WHERE idx = 3", SB_E_JOURNAL_ENTRY, "entry 3: "},
    {"UPDATE entry SET items = x'90' WHERE idx = 7", SB_E_JOURNAL_ENTRY, "entry 7: "},
    {"UPDATE stream SET last_seq = 9", SB_E_JOURNAL_ENTRY, "entry 1: the row of its"},
    {"DELETE FROM stream", SB_E_JOURNAL_ENTRY, "entry 1: the row of its"},
    {"INSERT INTO stream(name) VALUES('igm/x')", SB_E_JOURNAL_ENTRY, "entry 11: a str"},
    {"UPDATE checkpoint SET root = zeroblob(32)", SB_E_JOURNAL_ROOT, "entry 10: "},
    {"UPDATE checkpoint SET size = 10", SB_E_JOURNAL_ROOT, "entry 9: "},
    {"UPDATE checkpoint SET size = 12", SB_E_JOURNAL_SHORT, "entry 11 is missing"},
    {"UPDATE checkpoint SET note = x'00'", SB_E_JOURNAL_CHECKPOINT, "entry 10: "},
    {"DELETE FROM entry WHERE idx > 8; DELETE FROM leaf WHERE idx > 8;"
     "DELETE FROM ct WHERE id > 35",
     SB_E_JOURNAL_SHORT,
     "entry 9 is missing"},
    {"DELETE FROM entry WHERE idx > 8; DELETE FROM leaf WHERE idx > 8;"
     "DELETE FROM ct WHERE id > 35; DELETE FROM checkpoint",
     SB_E_JOURNAL_ENTRY,
     "entry 1: the row of its"},
    {"DROP INDEX entry_number", SB_E_JOURNAL_PAGE, "page 1"},
    {"CREATE VIEW more AS SELECT 1", SB_E_JOURNAL_PAGE, "page 1"},
    {"PRAGMA user_version = 7", SB_E_DB_NEWER, "the journal "},
    {"PRAGMA application_id = 7", SB_E_JOURNAL_PAGE, "page 1"},
};

static void names_the_first_bad_entry(void **state)
{
    struct book *b = *state;
    char copy[128];
    snprintf(copy, sizeof copy, "%s-copy", b->path);
    book_close(b);
    book_copy(b->path, copy);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct sb_journal_facts facts = {.entries = 99};
        struct sb_err err = {0};
        book_sql(b, changes[i].sql);
        int rc = sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err);
        if (rc != changes[i].code || err.code != rc ||
            strncmp(err.text, changes[i].text, strlen(changes[i].text)) != 0)
            fail_msg("%s: %d %s", changes[i].sql, rc, err.text);
        assert_int_equal(facts.entries, 99);
        book_copy(copy, b->path);
    }
}

/* The shortened journal is in itself whole; only the expected root tells. */
static void needs_an_outside_root_for_a_clean_cut(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts;
    struct sb_journal_expect expect = {.any = true, .size = 11};
    struct sb_err err;
    sb_journal_root(b->j, expect.root);
    book_close(b);
    book_sql(b,
             "DELETE FROM entry WHERE idx > 9; DELETE FROM leaf WHERE idx > 9;"
             "DELETE FROM ct WHERE id > 39; DELETE FROM checkpoint;"
             "UPDATE stream SET last_seq = 6, last_index = 9,"
             " last_hash = (SELECT hash FROM entry WHERE idx = 9)");
    assert_int_equal(sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err), 0);
    assert_int_equal(sb_journal_verify(b->path, &expect, NULL, NULL, &facts, &err),
                     SB_E_JOURNAL_SHORT);
}

static void refuses_what_is_no_journal(void **state)
{
    struct book *b = *state;
    struct sb_journal_facts facts;
    struct sb_err err;
    book_close(b);
    assert_int_equal(
        sb_file_write(b->path, sb_bytes_str("no database at all"), 0600, NULL), 0);
    assert_int_equal(sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err),
                     SB_E_JOURNAL_PAGE);
    assert_int_equal(sb_journal_verify("/nonexistent", NULL, NULL, NULL, &facts, &err),
                     SB_E_IO);
}

/* Whole chains that a broker must never have stored: each is refused at its entry. */
static void refuses_broken_chains(void **state)
{
    struct book *b = *state;
    for (int what = 0; what < 6; what++) {
        struct sb_journal_facts facts;
        struct sb_err err = {0};
        struct book *bad = book_new();
        book_open(bad);
        book_fill(bad);
        if (what == 0)
            bad->seq++; /* a gap */
        if (what == 1)
            bad->prev[0] ^= 1;
        if (what == 2)
            bad->epoch_hash[0] ^= 1;
        if (what == 3)
            bad->claim_no++;
        if (what == 4)
            bad->version++; /* leaf data */
        if (what == 5)
            bad->epoch_no++; /* items */
        book_put_one(bad, book_batch(bad, 2, 8));
        book_close(bad);
        assert_int_equal(sb_journal_verify(bad->path, NULL, NULL, NULL, &facts, &err),
                         SB_E_JOURNAL_ENTRY);
        assert_memory_equal(err.text, "entry 11: ", 10);
        book_free(bad);
    }
    (void)b;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_a_good_journal),
        TEST(works_beside_a_running_writer),
        TEST(works_on_a_copied_file),
        TEST(reads_a_later_generation),
        TEST(compares_with_what_is_expected),
        TEST(names_the_first_bad_entry),
        TEST(needs_an_outside_root_for_a_clean_cut),
        TEST(refuses_what_is_no_journal),
        TEST(refuses_broken_chains),
    };
    return cmocka_run_group_tests_name("broker.journal.verify", tests, NULL, NULL);
}
