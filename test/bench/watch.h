/* What a server costs, as the kernel counts it: all processes under one number. */
#ifndef TEST_BENCH_WATCH_H
#define TEST_BENCH_WATCH_H

#include <stdint.h>
#include <sys/types.h>

struct bench_cost {
    unsigned processes;
    double cpu_s; /* since each began, with the children that have ended */
    uint64_t
        write_bytes; /* given to the disk, with those of children that have ended */
    double rss_mb;   /* one process: resident; more: what they share is counted once */
};

/* Of the process and its descendants; zero when it is gone. */
void bench_cost(pid_t root, struct bench_cost *out);

#endif
