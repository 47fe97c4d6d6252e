/* Purpose: days left on a disk.
 * Invariant: never more than a day of samples; what shrank is no growth.
 * Not: looking at the disk. */
#include "broker/host/forecast.h"

#include <string.h>

#define HOUR_MS 3600000u
#define DAY_MS (24u * HOUR_MS)

void sb_forecast_add(struct sb_forecast *f, uint64_t mono_ms, uint64_t bytes)
{
    size_t old = 0;
    if (f->n > 0 && mono_ms - f->samples[f->n - 1].mono_ms < HOUR_MS)
        return;
    /* the newest of those that are a day old is where growth is measured from */
    while (old + 1 < f->n && mono_ms - f->samples[old + 1].mono_ms >= DAY_MS)
        old++;
    if (f->n - old == SB_FORECAST_SAMPLES)
        old++;
    memmove(f->samples, f->samples + old, (f->n - old) * sizeof f->samples[0]);
    f->n -= old;
    f->samples[f->n].mono_ms = mono_ms;
    f->samples[f->n++].bytes = bytes;
}

uint64_t
sb_forecast_growth(const struct sb_forecast *f, uint64_t mono_ms, uint64_t bytes)
{
    uint64_t passed = f->n > 0 ? mono_ms - f->samples[0].mono_ms : 0;
    if (passed < SB_FORECAST_LEAST_MS || bytes <= f->samples[0].bytes)
        return 0;
    double grown = (double)(bytes - f->samples[0].bytes);
    double day = grown * DAY_MS / (double)passed;
    return day < 1 ? 1 : day > 1e18 ? (uint64_t)1e18 : (uint64_t)day;
}

uint64_t sb_forecast_days(uint64_t room, uint64_t growth)
{
    return growth == 0 ? UINT64_MAX : room / growth;
}
