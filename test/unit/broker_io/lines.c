/* broker.io.lines: each owner's jobs in order, the owners in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/io/lines.h"

static void put(struct sb_lines *l, uint64_t owner, uint64_t request)
{
    struct sb_job *job = sb_job_new(SB_JOB_TAIL);
    assert_non_null(job);
    job->owner = owner;
    job->as.tail.request = request;
    assert_true(sb_lines_put(l, job));
}

static void takes(struct sb_lines *l, uint64_t owner, uint64_t request)
{
    struct sb_job *job = sb_lines_take(l);
    assert_non_null(job);
    assert_int_equal(job->owner, owner);
    assert_int_equal(job->as.tail.request, request);
    sb_job_free(job);
}

static void test_owners_take_turns(void **state)
{
    (void)state;
    struct sb_lines l = {0};
    for (uint64_t i = 0; i < 4; i++)
        put(&l, 1, i);
    put(&l, 2, 0);
    put(&l, 3, 0);
    put(&l, 2, 1);
    takes(&l, 1, 0);
    takes(&l, 2, 0);
    takes(&l, 3, 0);
    takes(&l, 1, 1);
    takes(&l, 2, 1);
    takes(&l, 1, 2);
    put(&l, 3, 1);
    takes(&l, 1, 3);
    takes(&l, 3, 1);
    assert_null(sb_lines_take(&l));
}

static void test_a_newcomer_waits_for_one_turn_of_each(void **state)
{
    (void)state;
    struct sb_lines l = {0};
    for (uint64_t i = 0; i < 1000; i++)
        put(&l, 1, i);
    takes(&l, 1, 0);
    put(&l, 2, 0);
    takes(&l, 1, 1);
    takes(&l, 2, 0);
    sb_lines_drop(&l);
    assert_null(sb_lines_take(&l));
}

static void test_owners_have_numbers(void **state)
{
    (void)state;
    uint64_t pnc = sb_owner_of(sb_bytes_str("pnc"));
    assert_int_not_equal(pnc, 0);
    assert_int_not_equal(pnc, sb_owner_of(sb_bytes_str("igm")));
    assert_int_equal(pnc, sb_owner_of(sb_bytes_str("pnc")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_take_turns),
        cmocka_unit_test(test_a_newcomer_waits_for_one_turn_of_each),
        cmocka_unit_test(test_owners_have_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
