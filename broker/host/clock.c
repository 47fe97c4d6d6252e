/* Purpose: the two clocks.
 * Not for: decisions, which take time as data. */
#include "broker/host/clock.h"

#include <time.h>

static uint64_t read_us(clockid_t which)
{
    struct timespec t = {0};
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t sb_clock_now_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000u;
}

uint64_t sb_clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000u;
}

uint64_t sb_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}
