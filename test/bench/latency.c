/* Purpose: latencies counted in buckets whose bounds grow by 1 %.
 * Invariant: bucket 0 is what took less than 1 us; the last, what took 1,000 s or more.
 */
#include "test/bench/latency.h"

#include <math.h>

#define STEP 1.01

void bench_latency_add(struct bench_latency *l, uint64_t ns)
{
    double at = ns < 1000 ? 0 : 1 + log((double)ns / 1000) / log(STEP);
    l->bucket[at < BENCH_BUCKETS ? (unsigned)at : BENCH_BUCKETS - 1]++;
    l->n++;
    if (ns > l->max_ns)
        l->max_ns = ns;
}

void bench_latency_merge(struct bench_latency *into, const struct bench_latency *from)
{
    for (unsigned i = 0; i < BENCH_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
    into->n += from->n;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

uint64_t bench_latency_at(const struct bench_latency *l, double quantile)
{
    uint64_t counted = 0;
    double wanted = quantile * (double)l->n;
    for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
        counted += l->bucket[i];
        if (counted == 0 || (double)counted < wanted)
            continue;
        double middle = i == 0 ? 500 : 1000 * pow(STEP, i - 0.5);
        return middle < (double)l->max_ns ? (uint64_t)middle : l->max_ns;
    }
    return l->max_ns;
}
