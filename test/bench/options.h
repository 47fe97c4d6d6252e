/* What a client of the benchmark is asked to do. */
#ifndef TEST_BENCH_OPTIONS_H
#define TEST_BENCH_OPTIONS_H

#include <stdint.h>

#define BENCH_READERS 64u /* at most, where they are processes */

enum bench_work {
    BENCH_SATURATED, /* as fast as `window` unacknowledged events allow */
    BENCH_PACED,     /* `rate` events a second */
    BENCH_CATCHUP, /* the reader begins once `events` are stored; only reading counts */
    BENCH_GROWTH,  /* saturated until `events` are stored; tells the rate of each tenth
                    */
    BENCH_IDLE, /* `readers` connected clients, any number, that have nothing to do */
};

struct bench_options {
    const char *address; /* what the peer needs to be reached: URL, port, conninfo */
    enum bench_work work;
    double seconds;    /* saturated, paced: how long is published; idle: connected */
    uint64_t rate;     /* paced: events in a second */
    uint64_t events;   /* catch-up, growth: how many are stored */
    uint64_t window;   /* events not acknowledged yet, at most */
    uint64_t batch;    /* events in one batch, where the peer has batches */
    uint64_t size;     /* of a payload, at least 8 */
    uint64_t readers;  /* each gets every event; 0: none */
    const char *extra; /* the peer's own, e.g. "copy" or "insert" for PostgreSQL */
};

/* `--address X --work saturated|paced|catchup|growth|idle --seconds S --rate N --events
 * N --window N --batch N --size N --readers N --extra X`; what is left out is 10 s,
 * 1,000 a second, 1,000,000 events, a window of 1,000, batches of 500, 512 bytes, 1
 * reader. Exits with 2 and a line on standard error when they are wrong. */
void bench_options(int argc, char **argv, struct bench_options *out);
const char *bench_work_name(enum bench_work work);

#endif
