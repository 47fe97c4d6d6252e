/* Purpose: the order of a peer's client.
 * Invariant: connecting and preparing are never timed. */
#include "test/bench/client.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIVE_UP_NS 30000000000u

_Noreturn void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

unsigned char *bench_payload(const struct bench_options *options)
{
    unsigned char *p = malloc(options->size);
    uint64_t state = 0x9e3779b97f4a7c15u;
    if (!p)
        bench_die("payload", "no memory");
    for (uint64_t i = 0; i < options->size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        p[i] = (unsigned char)(state >> 32);
    }
    return p;
}

bool bench_waits(const struct bench_run *run, uint64_t sent)
{
    uint64_t newest = run->end_ns > run->begin_ns ? run->end_ns : run->begin_ns;
    return run->acked < sent && bench_now_ns() < newest + GIVE_UP_NS;
}

static int idle(struct bench_run *run, const struct bench_client *client)
{
    struct timespec t = {.tv_sec = (time_t)run->options.seconds,
                         .tv_nsec = (long)((run->options.seconds -
                                            (double)(time_t)run->options.seconds) *
                                           1e9)};
    uint64_t from = bench_now_ns();
    for (uint64_t i = 0; i < run->options.readers; i++)
        client->connect(run);
    double seconds = (double)(bench_now_ns() - from) / 1e9;
    nanosleep(&t, NULL);
    json_t *object = json_pack("{s:s, s:s, s:I, s:f, s:i}",
                               "peer",
                               client->peer,
                               "work",
                               "idle",
                               "readers",
                               (json_int_t)run->options.readers,
                               "seconds",
                               seconds,
                               "lost",
                               0);
    return bench_print(object) ? 0 : 1;
}

void bench_apart(struct bench_run *run, void (*work)(struct bench_run *run))
{
    int status = 0;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        work(run);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        bench_die("what comes before the run", "failed");
}

static const struct bench_client *storing;

static void store(struct bench_run *run)
{
    run->published = storing->publish(run);
}

static int catch_up(struct bench_run *run, const struct bench_client *client)
{
    storing = client;
    bench_apart(run, store);
    bench_begin(run);
    bench_readers(run, client->read);
    return bench_report(run, client->peer, run->published);
}

static int live(struct bench_run *run, const struct bench_client *client)
{
    bench_readers(run, client->read);
    bench_begin(run);
    return bench_report(run, client->peer, client->publish(run));
}

int bench_client(int argc, char **argv, const struct bench_client *client)
{
    struct bench_options options;
    bench_options(argc, argv, &options);
    struct bench_run *run = bench_run_new(&options);
    if (options.work != BENCH_IDLE)
        client->prepare(run);
    int rc = options.work == BENCH_IDLE      ? idle(run, client)
             : options.work == BENCH_CATCHUP ? catch_up(run, client)
                                             : live(run, client);
    bench_run_free(run);
    return rc;
}
