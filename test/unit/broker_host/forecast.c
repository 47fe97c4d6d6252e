/* broker.host.forecast: days left, from growth of a day or since the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/host/forecast.h"

#define HOUR 3600000u
#define DAY (24u * HOUR)

static void growth_is_that_of_the_last_day(void **state)
{
    (void)state;
    struct sb_forecast f = {0};
    assert_int_equal(sb_forecast_growth(&f, 1, 1), 0);
    sb_forecast_add(&f, 0, 1000);
    assert_int_equal(sb_forecast_growth(&f, SB_FORECAST_LEAST_MS - 1, 9000), 0);
    assert_int_equal(sb_forecast_growth(&f, HOUR, 2000), 24000);
    assert_int_equal(sb_forecast_growth(&f, HOUR, 500), 0); /* it shrank */
    uint64_t bytes = 1000;
    for (uint64_t at = 0; at < 10 * (uint64_t)DAY; at += HOUR / 4) {
        bytes += at < 8 * (uint64_t)DAY ? 1000000 : 10; /* a back-fill, then calm */
        sb_forecast_add(&f, at, bytes);
        assert_true(f.n <= SB_FORECAST_SAMPLES);
    }
    assert_in_range(sb_forecast_growth(&f, 10 * (uint64_t)DAY, bytes), 800, 1100);
}

static void days_are_whole(void **state)
{
    (void)state;
    assert_int_equal(sb_forecast_days(999, 100), 9);
    assert_int_equal(sb_forecast_days(0, 1), 0);
    assert_true(sb_forecast_days(5, 0) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_is_that_of_the_last_day),
        cmocka_unit_test(days_are_whole),
    };
    return cmocka_run_group_tests_name("broker.host.forecast", tests, NULL, NULL);
}
