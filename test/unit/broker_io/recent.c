/* broker.io.recent: what was stored last answers a READ as the journal would, and what
 * was withdrawn, or lacks a ciphertext, is not answered from memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/io/recent.h"

static struct sb_recent *recent;
static struct sb_arena *arena;
static uint8_t whole[64]; /* ["publica", [bin, bin]] */
static size_t whole_n;
static uint8_t gap[64]; /* the same, one of them empty */
static size_t gap_n;

static size_t write_cts(uint8_t *out, const char *second)
{
    struct sb_bytes cts[] = {sb_bytes_str("one"), sb_bytes_str(second)};
    struct sb_buf b = {0};
    sb_pack_array(&b, 2);
    sb_pack_cstr(&b, "publica");
    sb_items_write(&b, cts, 2);
    size_t n = b.n;
    memcpy(out, b.p, n);
    sb_buf_free(&b);
    return n;
}

static int set_up(void **state)
{
    (void)state;
    recent = sb_recent_new(100);
    arena = sb_arena_new(0);
    whole_n = write_cts(whole, "two");
    gap_n = write_cts(gap, "");
    return recent && arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sb_recent_free(recent);
    sb_arena_free(arena);
    return 0;
}

static void add_append(struct sb_append *a)
{
    struct sb_job *job = NULL;
    a->leaf = sb_bytes_str("leaf");
    a->record = sb_bytes_str("record");
    assert_int_equal(sb_job_append(&job, a, NULL, NULL), 0);
    sb_recent_add(recent, job);
}

static void add_batch(uint64_t index, const char *stream, struct sb_bytes raw)
{
    struct sb_append a = {.index = index,
                          .kind = SB_KIND_BATCH,
                          .stream = sb_bytes_str(stream),
                          .items = sb_bytes_str("items"),
                          .n_cts = 1,
                          .ct_class = {sb_bytes_str("publica")},
                          .ct_raw = {raw},
                          .cts = sb_bytes_str("payload")};
    add_append(&a);
}

static void add_plain(uint64_t index)
{
    add_batch(index, "a/t", sb_bytes(whole, whole_n));
}

static void add_kind(uint64_t index, enum sb_kind kind, const char *reader)
{
    struct sb_append a = {.index = index,
                          .kind = kind,
                          .stream = sb_bytes_str("a/t"),
                          .reader = sb_bytes_str(reader)};
    add_append(&a);
}

static struct sb_effect read_of(uint64_t from, uint64_t below)
{
    static struct sb_bytes classes[1];
    struct sb_effect e = {.kind = SB_EFFECT_READ};
    classes[0] = sb_bytes_str("publica");
    e.as.read.id = 7;
    e.as.read.stream = sb_bytes_str("a/t");
    e.as.read.reader = sb_bytes_str("reader");
    e.as.read.from = from;
    e.as.read.below = below;
    e.as.read.max_entries = 16;
    e.as.read.max_bytes = 1 << 20;
    e.as.read.classes = (struct sb_codes){classes, 1};
    return e;
}

static size_t ask(const struct sb_effect *e, struct sb_input *in, struct sb_lent *lent)
{
    *lent = (struct sb_lent){0};
    assert_true(sb_recent_has(recent, e));
    assert_int_equal(sb_recent_read(recent, e, arena, lent, in, NULL), 0);
    assert_int_equal(in->kind, SB_IN_READ);
    assert_int_equal(in->as.read.id, 7);
    return in->as.read.n;
}

static void test_a_stream_is_read(void **state)
{
    (void)state;
    struct sb_input in;
    struct sb_lent lent;
    add_plain(100);
    add_batch(101, "b/t", sb_bytes(whole, whole_n));
    add_plain(102);
    struct sb_effect e = read_of(100, 103);
    assert_int_equal(ask(&e, &in, &lent), 2);
    assert_int_equal(in.as.read.entries[1].index, 102);
    assert_int_equal(in.as.read.through, 102);
    assert_int_equal(in.as.read.entries[0].n_cts, 1);
    assert_true(sb_bytes_is(in.as.read.entries[0].cts, "payload"));
    assert_int_equal(lent.n, 2);
    assert_non_null(sb_lent_find(&lent, in.as.read.entries[1].record));
}

static void test_other_classes_and_re_grants_are_left_out(void **state)
{
    (void)state;
    struct sb_input in;
    struct sb_lent lent;
    add_plain(100);
    add_kind(101, SB_KIND_REGRANT, "somebody");
    add_kind(102, SB_KIND_REGRANT, "reader");
    add_kind(103, SB_KIND_RECEIPT, "");
    struct sb_effect e = read_of(100, 104);
    e.as.read.classes.n = 0;
    assert_int_equal(ask(&e, &in, &lent), 2);
    assert_int_equal(in.as.read.entries[0].n_cts, 0);
    assert_int_equal(in.as.read.entries[0].cts.n, 0);
    assert_int_equal(in.as.read.entries[1].index, 102);
    assert_int_equal(in.as.read.through, 103);
}

static void test_limits_leave_the_rest_for_later(void **state)
{
    (void)state;
    struct sb_input in;
    struct sb_lent lent;
    for (uint64_t i = 100; i < 110; i++)
        add_plain(i);
    struct sb_effect e = read_of(102, 110);
    e.as.read.max_entries = 3;
    assert_int_equal(ask(&e, &in, &lent), 3);
    assert_int_equal(in.as.read.through, 104);
    e.as.read.max_entries = 16;
    e.as.read.max_bytes = 1;
    assert_int_equal(ask(&e, &in, &lent), 1);
    assert_int_equal(in.as.read.through, 102);
}

static void test_what_is_not_here_is_not_answered(void **state)
{
    (void)state;
    add_plain(100);
    struct sb_effect before = read_of(99, 101);
    struct sb_effect after = read_of(100, 102);
    assert_false(sb_recent_has(recent, &before));
    assert_false(sb_recent_has(recent, &after));
}

static void test_a_withdrawal_takes_all_before_it(void **state)
{
    (void)state;
    add_plain(100);
    add_kind(101, SB_KIND_PRUNE, "");
    add_plain(102);
    struct sb_effect e = read_of(100, 103);
    assert_false(sb_recent_has(recent, &e));
    e = read_of(101, 103);
    assert_false(sb_recent_has(recent, &e));
    e = read_of(102, 103);
    assert_true(sb_recent_has(recent, &e));
}

static void test_a_batch_with_a_gap_is_the_journals(void **state)
{
    (void)state;
    add_plain(100);
    add_batch(101, "a/t", sb_bytes(gap, gap_n));
    struct sb_effect e = read_of(101, 102);
    assert_false(sb_recent_has(recent, &e));
}

static void test_the_oldest_go_first(void **state)
{
    (void)state;
    for (uint64_t i = 100; i < 101 + SB_RECENT_ENTRIES; i++)
        add_plain(i);
    struct sb_effect e = read_of(100, 102);
    assert_false(sb_recent_has(recent, &e));
    e = read_of(101, 102);
    assert_true(sb_recent_has(recent, &e));
}

static void test_what_is_old_goes_by_age(void **state)
{
    (void)state;
    struct sb_effect e = read_of(100, 101);
    add_plain(100);
    sb_recent_age(recent);
    assert_true(sb_recent_has(recent, &e));
    sb_recent_age(recent);
    assert_false(sb_recent_has(recent, &e));
    add_plain(101);
    e = read_of(101, 102);
    assert_true(sb_recent_has(recent, &e));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_stream_is_read),
        TEST(test_other_classes_and_re_grants_are_left_out),
        TEST(test_limits_leave_the_rest_for_later),
        TEST(test_what_is_not_here_is_not_answered),
        TEST(test_a_withdrawal_takes_all_before_it),
        TEST(test_a_batch_with_a_gap_is_the_journals),
        TEST(test_the_oldest_go_first),
        TEST(test_what_is_old_goes_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
