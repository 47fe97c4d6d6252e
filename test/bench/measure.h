/* What every client of the benchmark measures alike, ours and the peers': options,
 * pace, latencies, the report. client.h makes a whole program of it.
 *
 * Each client is a program `bench-NAME` that runs one piece of work against a server
 * that runs already, with one publishing process (or thread) and `readers` reading
 * ones, and prints one JSON object on standard output. run.sh starts the servers,
 * watches their processes, and gathers the objects.
 *
 * An event's payload is `size` bytes whose first 8 are its time (CLOCK_MONOTONIC, ns,
 * in the machine's byte order), written by bench_stamp: delivery latency is counted
 * from there to the moment at which a reader has it in hand, acknowledgement latency to
 * the moment at which the publisher knows that the server keeps it. When paced, the
 * time is the one at which the event was due, not the one at which it could be sent (no
 * coordinated omission); else it is that of sending. */
#ifndef TEST_BENCH_MEASURE_H
#define TEST_BENCH_MEASURE_H

#include "test/bench/latency.h"
#include "test/bench/options.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_UNKNOWN UINT64_MAX

struct bench_reader { /* one reading process */
    int pid;
    atomic_bool ready;
    _Atomic uint64_t delivered;
    _Atomic uint64_t first_ns; /* of the first and the newest event in hand */
    _Atomic uint64_t last_ns;
    uint64_t sum;  /* of the events' times */
    double cpu_s;  /* since it was ready */
    double rss_mb; /* its peak */
    struct bench_latency delivery;
};

struct bench_run { /* in memory that the publisher and its readers share */
    struct bench_options options;
    _Atomic uint64_t published; /* BENCH_UNKNOWN until all are acknowledged */
    _Atomic uint64_t acked;
    uint64_t begin_ns;     /* catch-up: when reading begins */
    uint64_t end_ns;       /* when the last event was acknowledged */
    uint64_t sum;          /* of the events' times */
    uint64_t sent_bytes;   /* of frames or statements, where the client knows; else 0 */
    double cpu_s;          /* of the publisher */
    double rss_mb;         /* its peak */
    uint64_t tenth_ns[10]; /* growth: when each tenth was acknowledged */
    _Atomic uint64_t *sent_ns; /* of the newest events; the publisher's own */
    uint64_t sent_mask;
    struct bench_latency ack;
    struct bench_reader reader[BENCH_READERS];
};

uint64_t bench_now_ns(void); /* CLOCK_MONOTONIC */
double bench_cpu_s(void);    /* user and system time of this process */
double bench_rss_peak_mb(void);
/* Shared, zeroed; ends the process when there is no memory. */
struct bench_run *bench_run_new(const struct bench_options *options);
void bench_run_free(struct bench_run *run);
void bench_begin(struct bench_run *run); /* by the publisher: the clock runs */

/* How many events may be published at `now_ns` when `sent` have been: what is due
 * (paced) or wanted, within the window, until it is over. */
uint64_t bench_due(const struct bench_run *run, uint64_t now_ns, uint64_t sent);
/* No more is to be published. */
bool bench_over(const struct bench_run *run, uint64_t now_ns, uint64_t sent);
/* How long nothing is due unless an acknowledgement comes: at most 1 ms. */
uint64_t bench_pause_ns(const struct bench_run *run, uint64_t now_ns, uint64_t sent);
/* Writes the time of event `number` (from 0, each once, in order) into its payload. */
void bench_stamp(struct bench_run *run, void *payload, uint64_t number);
/* The server keeps the `n` events from number `first` on; by one thread. */
void bench_acked(struct bench_run *run, uint64_t first, uint64_t n);

/* Forks `readers` processes, each of which runs `read` to its end and exits; returns in
 * the parent once every one is ready, and exits with 1 when one ends before. */
void bench_readers(struct bench_run *run,
                   void (*read)(struct bench_run *run, unsigned number));
bool bench_readers_end(void); /* waits for them; false: one of them failed */
void bench_ready(struct bench_reader *r); /* by a reader: what comes now is received */
/* By a reader, for each event in hand; `payload` begins with its time. */
void bench_got(struct bench_reader *r, const void *payload);
/* By a reader: everything came, or nothing came for 10 s after all was acknowledged. */
bool bench_complete(const struct bench_run *run, unsigned number);

/* By the publisher when all is acknowledged (or it has given up): tells the readers,
 * waits for them, prints bench_json as one line; the exit status is 1 when an event is
 * missing. */
int bench_report(struct bench_run *run, const char *peer, uint64_t published);
/* peer, work, readers, events, lost, seconds, acked_s, delivered_s (of the slowest
 * reader), ack_ms and delivery_ms {p50, p99, max}, publisher and reader {cpu_us (an
 * event), rss_mb}, bytes, tenths_s (growth). */
struct json_t *bench_json(const struct bench_run *run, const char *peer);
bool bench_print(struct json_t *object); /* one line; takes the object */

#endif
