/* The order of a peer's client: prepare, read, publish, report; so that what is timed
 * is the same for all of them. */
#ifndef TEST_BENCH_CLIENT_H
#define TEST_BENCH_CLIENT_H

#include "test/bench/measure.h"

/* Each ends the process with a line on standard error when the server refuses. */
struct bench_client {
    const char *peer;
    /* An empty stream that readers can follow. */
    void (*prepare)(struct bench_run *run);
    /* Publishes until bench_over, and waits until all is acknowledged or bench_waits
     * says no; returns how many it sent. */
    uint64_t (*publish)(struct bench_run *run);
    /* A process: connects, bench_ready, bench_got until bench_complete. */
    void (*read)(struct bench_run *run, unsigned number);
    void (*connect)(struct bench_run *run); /* one connection that stays, and waits */
};

/* `work` in a process of its own, waited for: what a library begins there (threads)
 * ends there, and the readers are forked from a process that has none. */
void bench_apart(struct bench_run *run, void (*work)(struct bench_run *run));
/* Catch-up publishes apart. The exit status. */
int bench_client(int argc, char **argv, const struct bench_client *client);

/* Random bytes of the size of a payload: nobody gains by compressing them. The caller
 * frees. */
unsigned char *bench_payload(const struct bench_options *options);
_Noreturn void bench_die(const char *what, const char *why);
/* Whether acknowledgements are still worth waiting for: of `sent` some are missing, and
 * the newest is not 30 s old. */
bool bench_waits(const struct bench_run *run, uint64_t sent);

#endif
