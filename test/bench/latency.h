/* How long things took, in buckets of 1 %, 1 us to 1,000 s: memory does not grow with
 * what is counted. May lie in memory that processes share; one writer. */
#ifndef TEST_BENCH_LATENCY_H
#define TEST_BENCH_LATENCY_H

#include <stdint.h>

#define BENCH_BUCKETS 2100u

struct bench_latency { /* zeroed: empty */
    uint64_t n;
    uint64_t max_ns;
    uint64_t bucket[BENCH_BUCKETS];
};

void bench_latency_add(struct bench_latency *l, uint64_t ns);
void bench_latency_merge(struct bench_latency *into, const struct bench_latency *from);
/* In ns, of a quantile 0 to 1: right within 1 %, the largest exactly; 0 when empty. */
uint64_t bench_latency_at(const struct bench_latency *l, double quantile);

#endif
