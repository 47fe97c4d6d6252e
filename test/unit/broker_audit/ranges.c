/* Purpose: sets of numbers as intervals, against a plain list of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/audit/ranges.h"

#define NUMBERS 64u

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static uint64_t count(const bool *set, uint64_t first, uint64_t last)
{
    uint64_t n = 0;
    for (uint64_t i = first; i <= last && i < NUMBERS; i++)
        n += set[i];
    return n;
}

static void check(const struct audit_ranges *r, const bool *set)
{
    for (uint64_t i = 0; i < NUMBERS; i++)
        for (uint64_t j = i; j < NUMBERS; j += 7)
            assert_int_equal(audit_ranges_count(r, i, j), count(set, i, j));
    for (size_t i = 1; i < r->n; i++)
        assert_true(r->items[i].first > r->items[i - 1].last + 1);
}

static void as_a_list(void **state)
{
    uint32_t seed = 7;
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct audit_ranges r = {0};
        bool set[NUMBERS] = {false};
        for (int i = 0; i < 12; i++) {
            uint64_t first = next(&seed) % NUMBERS;
            uint64_t last = first + next(&seed) % 9;
            if (last >= NUMBERS)
                last = NUMBERS - 1;
            assert_int_equal(audit_ranges_add(&r, first, last, NULL), 0);
            for (uint64_t k = first; k <= last; k++)
                set[k] = true;
            check(&r, set);
        }
        audit_ranges_free(&r);
    }
}

static void common_numbers(void **state)
{
    struct audit_ranges a = {0};
    struct audit_ranges b = {0};
    (void)state;
    assert_int_equal(audit_ranges_add(&a, 1, 10, NULL), 0);
    assert_int_equal(audit_ranges_add(&a, 20, UINT64_MAX, NULL), 0);
    assert_int_equal(audit_ranges_add(&b, 5, 25, NULL), 0);
    assert_int_equal(audit_ranges_add(&b, 9, 3, NULL), 0); /* nothing */
    assert_int_equal(audit_ranges_common(&a, &b, UINT64_MAX), 12);
    assert_int_equal(audit_ranges_common(&a, &b, 7), 3);
    assert_int_equal(audit_ranges_common(&b, &a, 20), 7);
    assert_int_equal(audit_ranges_add(&a, 11, 19, NULL), 0);
    assert_int_equal(a.n, 1);
    audit_ranges_free(&a);
    audit_ranges_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_a_list),
                                       cmocka_unit_test(common_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
