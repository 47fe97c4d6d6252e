/* When a disk will be full: from how fast what is kept on it has grown over the last
 * day, or since the start. Pure; times and sizes are data. */
#ifndef BROKER_HOST_FORECAST_H
#define BROKER_HOST_FORECAST_H

#include "schemas/base/bytes.h"

#define SB_FORECAST_SAMPLES 26u /* one an hour for a day, and the newest */
#define SB_FORECAST_LEAST_MS (10u * 60u * 1000u)

struct sb_forecast { /* zeros: nothing known */
    struct {
        uint64_t mono_ms;
        uint64_t bytes;
    } samples[SB_FORECAST_SAMPLES]; /* oldest first */
    size_t n;
};

/* As often as one likes; remembers one sample an hour. */
void sb_forecast_add(struct sb_forecast *f, uint64_t mono_ms, uint64_t bytes);
/* Growth a day; 0: none, or watched for less than ten minutes. */
uint64_t
sb_forecast_growth(const struct sb_forecast *f, uint64_t mono_ms, uint64_t bytes);
/* Whole days until `room` bytes are used up at this growth; growth 0: UINT64_MAX. */
uint64_t sb_forecast_days(uint64_t room, uint64_t growth);

#endif
