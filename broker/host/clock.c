/* Purpose: the two clocks.
 * Not for: decisions, which take time as data. */
#include "broker/host/clock.h"

#include <time.h>

static uint64_t read_ms(clockid_t which)
{
    struct timespec t = {0};
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

uint64_t sb_clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

uint64_t sb_clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}
