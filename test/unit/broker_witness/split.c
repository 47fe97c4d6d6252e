/* broker.witness.split: a broker that signs two histories is caught, both notes stay,
 * and nothing is cosigned after that. */
#include <string.h>

#include "test/unit/broker_witness/logbook.h"

static struct sb_witness *reopen(struct logbook *b, struct sb_witness *w)
{
    sb_witness_close(w);
    return logbook_witness(b);
}

static void signs_nothing(struct logbook *b, struct sb_witness *w)
{
    struct sb_buf line = {0};
    assert_int_equal(sb_witness_cosign(w, b->world->trust, NOW + DAY, 0, &line, NULL),
                     0);
    assert_int_equal(line.n, 0);
    sb_buf_free(&line);
}

/* `code` came of a note `b`; `a` was seen before. */
static void is_caught(struct logbook *book,
                      struct sb_witness *w,
                      struct sb_bytes a,
                      struct sb_bytes b)
{
    struct sb_err why = {0};
    for (int turn = 0; turn < 2; turn++) {
        assert_true(sb_witness_contradicted(w, &why));
        assert_int_equal(why.code, SB_E_SPLIT_VIEW);
        assert_non_null(strstr(why.text, "evidence-1"));
        signs_nothing(book, w);
        assert_true(sb_bytes_eq(sb_witness_note(w), a));
        w = reopen(book, w);
    }
    assert_true(sb_bytes_eq(logbook_file(book, "evidence-1-a.note"), a));
    assert_true(sb_bytes_eq(logbook_file(book, "evidence-1-b.note"), b));
    assert_true(logbook_file(book, "evidence-1.txt").n > 0);
    /* the first history goes on, and the second: neither moves us, one pair is enough
     */
    book->history = 0;
    uint64_t seen = sb_witness_seen(w, book->world->trust).size;
    assert_int_equal(logbook_take(book, w, seen + 5, seen), 0);
    assert_int_equal(sb_witness_seen(w, book->world->trust).size, seen);
    book->history = 1;
    assert_int_equal(logbook_take(book, w, seen + 5, seen), SB_E_SPLIT_VIEW);
    assert_null(logbook_file(book, "evidence-2-a.note").p);
    signs_nothing(book, w);
    sb_witness_close(w);
}

static void another_root_of_the_same_size(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, 11, 0), 0);
    struct sb_bytes seen = logbook_note(b, 11);
    b->history = 1;
    assert_int_equal(logbook_take(b, w, 11, 0), SB_E_SPLIT_VIEW); /* even unasked */
    is_caught(b, w, seen, logbook_note(b, 11));
    logbook_free(b);
}

static void a_journal_that_became_shorter(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, 11, 0), 0);
    struct sb_bytes seen = logbook_note(b, 11);
    assert_int_equal(logbook_take(b, w, 10, 11), SB_E_SPLIT_VIEW);
    is_caught(b, w, seen, logbook_note(b, 10));
    logbook_free(b);
}

static void a_proof_that_does_not_hold(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, 11, 0), 0);
    struct sb_bytes seen = logbook_note(b, 11);
    b->history = 1;
    assert_int_equal(logbook_take(b, w, 30, 11), SB_E_SPLIT_VIEW);
    is_caught(b, w, seen, logbook_note(b, 30));
    logbook_free(b);
}

static void histories_that_part_later_are_one_until_then(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, FORK, 0), 0);
    b->history = 1;
    assert_int_equal(logbook_take(b, w, 30, FORK), 0);
    assert_false(sb_witness_contradicted(w, NULL));
    sb_witness_close(w);
    logbook_free(b);
}

static void a_new_generation_is_the_way_on(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    struct sb_buf line = {0};
    assert_int_equal(logbook_take(b, w, 11, 0), 0);
    assert_int_equal(logbook_take(b, w, 10, 11), SB_E_SPLIT_VIEW);
    logbook_generation(b, 10);
    w = reopen(b, w);
    assert_true(sb_witness_contradicted(w, NULL)); /* nothing newer is known yet */
    assert_int_equal(logbook_take(b, w, 2, 0), 0);
    assert_false(sb_witness_contradicted(w, NULL));
    assert_int_equal(sb_witness_cosign(w, b->world->trust, NOW, 0, &line, NULL), 1);
    w = reopen(b, w);
    assert_false(sb_witness_contradicted(w, NULL));
    assert_int_equal(logbook_take(b, w, 1, 2), SB_E_SPLIT_VIEW);
    assert_true(logbook_file(b, "evidence-2.txt").n > 0);
    w = reopen(b, w);
    assert_true(sb_witness_contradicted(w, NULL));
    sb_buf_free(&line);
    sb_witness_close(w);
    logbook_free(b);
}

static void half_of_the_evidence_counts_as_well(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    struct sb_err why = {0};
    assert_int_equal(logbook_take(b, w, 11, 0), 0);
    char *path = sb_arena_str(b->arena, "%s/evidence-3-a.note", b->dir);
    assert_int_equal(sb_file_write(path, logbook_note(b, 11), 0600, NULL), 0);
    w = reopen(b, w);
    assert_true(sb_witness_contradicted(w, &why));
    assert_non_null(strstr(why.text, "evidence-3-a.note"));
    signs_nothing(b, w);
    sb_witness_close(w);
    logbook_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_root_of_the_same_size),
        cmocka_unit_test(a_journal_that_became_shorter),
        cmocka_unit_test(a_proof_that_does_not_hold),
        cmocka_unit_test(histories_that_part_later_are_one_until_then),
        cmocka_unit_test(a_new_generation_is_the_way_on),
        cmocka_unit_test(half_of_the_evidence_counts_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
