/* broker.io.hold: shared bytes outlive who filled them, and are known again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/io/hold.h"

static void test_frames_and_copies_are_known(void **state)
{
    (void)state;
    struct sb_hold *h = sb_hold_new();
    assert_non_null(h);
    zmq_msg_t *part = sb_hold_part(h);
    assert_int_equal(zmq_msg_close(part), 0);
    assert_int_equal(zmq_msg_init_size(part, 1000), 0);
    const uint8_t *p = zmq_msg_data(part);
    struct sb_bytes copy = sb_arena_dup(sb_hold_arena(h), sb_bytes_str("copied"));
    assert_true(sb_hold_has(h, sb_bytes(p, 1000)));
    assert_true(sb_hold_has(h, sb_bytes(p + 10, 990)));
    assert_false(sb_hold_has(h, sb_bytes(p + 10, 991)));
    assert_true(sb_hold_has(h, copy));
    assert_false(sb_hold_has(h, sb_bytes_str("elsewhere")));
    struct sb_lent lent = {0};
    sb_lent_add(&lent, h);
    assert_ptr_equal(sb_lent_find(&lent, copy), h);
    assert_null(sb_lent_find(&lent, sb_bytes_str("elsewhere")));
    sb_hold_drop(h);
}

static void test_what_is_shared_is_not_reused(void **state)
{
    (void)state;
    struct sb_hold *h = sb_hold_new();
    assert_non_null(h);
    for (size_t i = 0; i < SB_HOLD_PARTS; i++)
        assert_non_null(sb_hold_part(h));
    assert_null(sb_hold_part(h));
    assert_ptr_equal(sb_hold_share(h), h);
    assert_false(sb_hold_reuse(h));
    assert_int_equal(sb_hold_parts(h), SB_HOLD_PARTS);
    sb_hold_drop(h);
    assert_true(sb_hold_reuse(h));
    assert_int_equal(sb_hold_parts(h), 0);
    sb_hold_drop(h);
    sb_hold_drop(NULL);
}

static void test_more_than_fit_are_not_known(void **state)
{
    (void)state;
    struct sb_lent lent = {0};
    struct sb_hold *h = sb_hold_new();
    struct sb_hold *late = sb_hold_new();
    assert_non_null(h);
    assert_non_null(late);
    for (size_t i = 0; i < SB_LENT_MAX; i++)
        sb_lent_add(&lent, h);
    sb_lent_add(&lent, late);
    struct sb_bytes b = sb_arena_dup(sb_hold_arena(late), sb_bytes_str("late"));
    assert_null(sb_lent_find(&lent, b));
    sb_hold_drop(h);
    sb_hold_drop(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_and_copies_are_known),
        cmocka_unit_test(test_what_is_shared_is_not_reused),
        cmocka_unit_test(test_more_than_fit_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
