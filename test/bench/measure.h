/* What every client of the benchmark measures alike, ours and the peers': options,
 * pace, latencies, the report.
 *
 * Each client is a program `bench-NAME` that runs one piece of work against a server
 * that runs already, with one publishing process (or thread) and `readers` reading
 * ones, and prints one JSON object on standard output. run.sh starts the servers,
 * watches their processes, and gathers the objects.
 *
 * An event's payload is `size` bytes whose first 8 are its time of sending
 * (CLOCK_MONOTONIC, ns, in the machine's byte order): delivery latency is counted from
 * there to the moment at which a reader has it in hand, acknowledgement latency to the
 * moment at which the publisher knows that the server keeps it. When paced, the time is
 * the one at which the event was due, not the one at which it could be sent (no
 * coordinated omission). */
#ifndef TEST_BENCH_MEASURE_H
#define TEST_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_work {
    BENCH_SATURATED, /* as fast as `window` unacknowledged events allow */
    BENCH_PACED,     /* `rate` events a second */
    BENCH_CATCHUP, /* the reader begins once `events` are stored; only reading counts */
};

struct bench_options {
    const char *address; /* what the peer needs to be reached: URL, port, conninfo */
    enum bench_work work;
    double seconds;    /* saturated and paced: how long is published */
    uint64_t rate;     /* paced: events in a second */
    uint64_t events;   /* catch-up: how many are stored first */
    uint64_t window;   /* events not acknowledged yet, at most */
    uint64_t batch;    /* events in one batch, where the peer has batches */
    size_t size;       /* of a payload, at least 8 */
    unsigned readers;  /* each gets every event; 0: none */
    const char *extra; /* the peer's own, e.g. "copy" or "insert" for PostgreSQL */
};

/* `--address X --work saturated|paced|catchup --seconds S --rate N --events N --window
 * N
 * --batch N --size N --readers N --extra X`; what is left out is 10 s, 1,000 a second,
 * 1,000,000 events, a window of 1,000, batches of 500, 512 bytes, 1 reader. Exits with
 * 2 and a line on standard error when they are wrong. */
void bench_options(int argc, char **argv, struct bench_options *out);

/* Latencies in buckets of 1 %, 1 us to 1,000 s; memory does not grow. May lie in memory
 * that processes share; one writer. */
struct bench_latency {
    uint64_t n;
    uint64_t max_ns;
    uint64_t bucket[2100];
};
void bench_latency_add(struct bench_latency *l, uint64_t ns, uint64_t times);
uint64_t bench_latency_at(const struct bench_latency *l, double quantile); /* ns */

struct bench_reader { /* one reading process */
    volatile bool ready;
    volatile uint64_t delivered;
    volatile uint64_t first_ns; /* of the first and the newest event in hand */
    volatile uint64_t last_ns;
    double cpu_s;
    struct bench_latency delivery;
};

struct bench_run { /* in memory that the publisher and its readers share */
    struct bench_options options;
    volatile uint64_t published; /* UINT64_MAX until it is known */
    volatile uint64_t acked;
    uint64_t begin_ns;
    uint64_t end_ns; /* when the last event was acknowledged */
    double cpu_s;    /* of the publisher */
    struct bench_latency ack;
    struct bench_reader reader[64];
};

uint64_t bench_now_ns(void); /* CLOCK_MONOTONIC */
double bench_cpu_s(void);    /* user and system time of this process */
/* Shared, zeroed; ends the process when there is no memory. */
struct bench_run *bench_run_new(const struct bench_options *options);
/* Forks `readers` processes, each of which runs `read` to its end and exits; returns in
 * the parent once every one has set `ready`. */
void bench_readers(struct bench_run *run,
                   void (*read)(struct bench_run *run, unsigned number));
/* By a reader, for each event in hand; `payload` begins with its time. */
void bench_got(struct bench_reader *r, const void *payload);
/* By a reader: everything came, or nothing came for 10 s after the last was published.
 */
bool bench_complete(const struct bench_run *run, unsigned number);
/* Paced: how many events are due by now beyond `sent`; saturated: as many as are wanted
 * until the time is over. `due_ns` is when the first of them was due. */
uint64_t bench_due(const struct bench_run *run, uint64_t sent, uint64_t *due_ns);
bool bench_over(const struct bench_run *run); /* no more is to be published */
/* Waits for the readers and prints the JSON object: peer, work, events, seconds,
 * acked_s, delivered_s (of the slowest reader), ack_ms and delivery_ms {p50, p99, max},
 * cpu_us per event of publisher and readers. Returns the exit status: 1 when an event
 * is missing. */
int bench_report(struct bench_run *run, const char *peer);

#endif
