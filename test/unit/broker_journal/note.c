/* Notes: cosigned ones in place of signed ones, and the second copy that tells an older
 * journal. */
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

static int reopen(struct book *b, struct sb_err *err)
{
    struct sb_journal_config config = book_config(b);
    struct sb_journal *j = NULL;
    int rc = sb_journal_open(&j, &config, err);
    sb_journal_close(j);
    return rc;
}

static void sign(struct book *b, struct sb_buf *note, struct sb_checkpoint *c)
{
    sb_buf_reset(note);
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, note, c, NULL), 1);
}

/* A line as a witness would add it. */
static void add_line(struct sb_buf *note, const char *name)
{
    sb_buf_printf(note,
                  "\u2014 %s "
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
                  name);
    assert_int_equal(sb_buf_check(note, NULL), 0);
}

static void keeps_cosigned_notes(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf last = {0};
    struct sb_checkpoint c;
    sign(b, &note, &c);
    add_line(&note, "sns/witness/pnc");
    assert_int_equal(sb_journal_cosigned(b->j, c.size, sb_buf_bytes(&note), NULL), 0);
    for (int round = 0; round < 2; round++) {
        sb_buf_reset(&last);
        assert_int_equal(sb_journal_last_note(b->j, &last, NULL), 0);
        assert_true(sb_bytes_eq(sb_buf_bytes(&last), sb_buf_bytes(&note)));
        assert_int_equal(book_verify(b).checkpoint_size, c.size);
        book_close(b);
        book_open(b);
    }
    sb_buf_free(&note);
    sb_buf_free(&last);
}

static void cosigns_an_older_note(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf newer = {0};
    struct sb_buf last = {0};
    struct sb_checkpoint c;
    struct sb_checkpoint c2;
    sign(b, &note, &c);
    book_put_one(b, book_heads(b));
    sign(b, &newer, &c2);
    add_line(&note, "sns/witness/pnc");
    assert_int_equal(sb_journal_cosigned(b->j, c.size, sb_buf_bytes(&note), NULL), 0);
    assert_int_equal(sb_journal_last_note(b->j, &last, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&last), sb_buf_bytes(&newer)));
    assert_int_equal(book_verify(b).checkpoint_size, c2.size);
    sb_buf_free(&note);
    sb_buf_free(&newer);
    sb_buf_free(&last);
}

/* The note of another checkpoint by the same key: wrong in one thing. */
static void refuse_changed(struct book *b, const struct sb_checkpoint *c, int what)
{
    struct sb_checkpoint other = *c;
    struct sb_buf note = {0};
    struct sb_err err = {0};
    uint64_t size = c->size;
    if (what == 0)
        other.size--;
    if (what == 1)
        other.root[0] ^= 1;
    if (what == 2)
        snprintf(other.origin, sizeof other.origin, "sns/journal/2");
    if (what == 3)
        size--; /* no note of that size */
    assert_int_equal(sb_checkpoint_sign(b->broker, &other, &note, NULL), 0);
    assert_int_equal(sb_journal_cosigned(b->j, size, sb_buf_bytes(&note), &err),
                     SB_E_JOURNAL_CHECKPOINT);
    sb_buf_free(&note);
}

static void refuses_another_checkpoint(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf last = {0};
    struct sb_checkpoint c;
    struct sb_err err;
    sign(b, &note, &c);
    for (int what = 0; what < 4; what++)
        refuse_changed(b, &c, what);
    struct sb_bytes cut = sb_bytes(note.p, note.n - 1);
    assert_int_equal(sb_journal_cosigned(b->j, c.size, cut, &err), SB_E_NOTE);
    assert_int_equal(sb_journal_last_note(b->j, &last, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&last), sb_buf_bytes(&note)));
    book_put_one(b, book_heads(b)); /* refusals left it usable */
    sb_buf_free(&note);
    sb_buf_free(&last);
}

static void name_of(const struct book *b, const char *end, char out[128])
{
    snprintf(out, 128, "%s%s", b->path, end);
}

static void keeps_a_second_copy(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf copy = {0};
    struct sb_checkpoint c;
    char name[128];
    name_of(b, "-note", name);
    sign(b, &note, &c);
    assert_int_equal(sb_file_read(name, SB_NOTE_MAX, &copy, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&copy), sb_buf_bytes(&note)));
    sb_buf_free(&copy);
    book_close(b);
    assert_int_equal(unlink(name), 0);
    book_open(b); /* a journal of before there was such a file: it is made */
    assert_int_equal(sb_file_read(name, SB_NOTE_MAX, &copy, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&copy), sb_buf_bytes(&note)));
    sb_buf_free(&note);
    sb_buf_free(&copy);
}

static void finds_an_older_copy(void **state)
{
    struct book *b = *state;
    struct sb_err err = {0};
    char copy[128];
    name_of(b, "-copy", copy);
    book_close(b);
    book_copy(b->path, copy);
    book_open(b);
    book_put_one(b, book_heads(b));
    book_close(b);
    book_copy(copy, b->path);
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_SHORT);
    assert_non_null(strstr(err.text, "-note"));
    assert_non_null(strstr(err.text, "open a new generation"));
    assert_int_equal(unlink(b->path), 0); /* a lost journal is one too */
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_SHORT);
}

/* The older copy went on: as long as the lost one, with other entries. */
static void finds_another_history(void **state)
{
    struct book *b = *state;
    struct sb_err err = {0};
    char copy[128];
    char note[128];
    char kept[128];
    name_of(b, "-copy", copy);
    name_of(b, "-note", note);
    name_of(b, "-copy-wal", kept);
    book_close(b);
    book_copy(b->path, copy);
    book_open(b);
    book_put_one(b, book_heads(b));
    book_close(b);
    book_copy(note, kept);
    book_copy(copy, b->path);
    assert_int_equal(unlink(note), 0);
    b->index--;
    book_open(b);
    book_put_one(b, book_heads(b));
    book_put_one(b, book_heads(b));
    book_close(b);
    assert_int_equal(reopen(b, &err), 0);
    book_copy(kept, note);
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_ROOT);
    assert_non_null(strstr(err.text, "-note"));
    assert_non_null(strstr(err.text, "open a new generation"));
}

/* A crash between the row and the file: the file is older, and made new. */
static void renews_an_older_file(void **state)
{
    struct book *b = *state;
    struct sb_buf before = {0};
    struct sb_buf after = {0};
    struct sb_checkpoint c;
    char note[128];
    char kept[128];
    name_of(b, "-note", note);
    name_of(b, "-copy", kept);
    sign(b, &before, &c);
    book_copy(note, kept);
    book_put_one(b, book_heads(b));
    sign(b, &after, &c);
    book_close(b);
    book_copy(kept, note);
    book_open(b);
    sb_buf_free(&before);
    assert_int_equal(sb_file_read(note, SB_NOTE_MAX, &before, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&before), sb_buf_bytes(&after)));
    sb_buf_free(&before);
    sb_buf_free(&after);
}

static void refuses_a_foreign_file(void **state)
{
    struct book *b = *state;
    struct sb_err err = {0};
    struct sb_buf text = {0};
    struct sb_checkpoint c = {.size = 1, .origin = "other/journal/1"};
    char note[128];
    name_of(b, "-note", note);
    book_close(b);
    assert_int_equal(sb_file_write(note, sb_bytes_str("no note"), 0600, NULL), 0);
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_CHECKPOINT);
    assert_non_null(strstr(err.text, "-note"));
    assert_int_equal(sb_checkpoint_sign(b->broker, &c, &text, NULL), 0);
    assert_int_equal(sb_file_write(note, sb_buf_bytes(&text), 0600, NULL), 0);
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_GENERATION);
    sb_buf_reset(&text);
    snprintf(c.origin, sizeof c.origin, "sns/journal/2");
    assert_int_equal(sb_checkpoint_sign(b->broker, &c, &text, NULL), 0);
    assert_int_equal(sb_file_write(note, sb_buf_bytes(&text), 0600, NULL), 0);
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_GENERATION);
    assert_non_null(strstr(err.text, "sns/journal/2"));
    sb_buf_free(&text);
}

static void begins_a_new_generation(void **state)
{
    struct book *b = *state;
    struct sb_err err = {0};
    book_close(b);
    b->generation = 2;
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_GENERATION); /* not moved away */
    book_sql(b, "DELETE FROM checkpoint");
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_GENERATION); /* nor so */
    assert_int_equal(unlink(b->path), 0);
    b->index = b->version = 0;
    book_open(b);
    book_put_one(b, book_directory(b));
    book_close(b);
    book_open(b);
    assert_int_equal(sb_journal_size(b->j), 1);
    book_close(b);
    b->generation = 1;
    assert_int_equal(reopen(b, &err), SB_E_JOURNAL_GENERATION);
}

static void goes_on_before_the_first_checkpoint(void **state)
{
    struct book *b = *state;
    struct sb_err err = {0};
    char note[128];
    char kept[128];
    name_of(b, "-note", note);
    name_of(b, "-copy", kept);
    book_close(b);
    book_copy(note, kept);
    assert_int_equal(unlink(b->path), 0);
    b->generation = 2;
    b->index = b->version = 0;
    book_open(b);
    book_put_one(b, book_directory(b));
    book_close(b);
    book_sql(b, "DELETE FROM checkpoint");
    book_copy(kept, note); /* killed before the new generation signed anything */
    if (reopen(b, &err) != 0)
        fail_msg("%s", err.text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeps_cosigned_notes),
        TEST(cosigns_an_older_note),
        TEST(refuses_another_checkpoint),
        TEST(keeps_a_second_copy),
        TEST(finds_an_older_copy),
        TEST(finds_another_history),
        TEST(renews_an_older_file),
        TEST(refuses_a_foreign_file),
        TEST(begins_a_new_generation),
        TEST(goes_on_before_the_first_checkpoint),
    };
    return cmocka_run_group_tests_name("broker.journal.note", tests, NULL, NULL);
}
