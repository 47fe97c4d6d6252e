/* The two clocks. Decisions take time as data; only daemons and the CLI read it here.
 */
#ifndef BROKER_HOST_CLOCK_H
#define BROKER_HOST_CLOCK_H

#include <stdint.h>

/* Ms since 1970 UTC (CLOCK_REALTIME); may jump. */
uint64_t sb_clock_now_ms(void);
/* Ms of CLOCK_MONOTONIC; never falls, means nothing across a restart. */
uint64_t sb_clock_mono_ms(void);
uint64_t sb_clock_mono_us(void);

#endif
