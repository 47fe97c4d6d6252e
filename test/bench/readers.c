/* Purpose: the reading processes: begun, counted in shared memory, waited for.
 * Invariant: none outlives the publisher; one that dies early is an error, not silence.
 */
#include "test/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SILENCE_NS 10000000000u
#define READY_POLL_US 500
#define READY_DEADLINE_NS 60000000000u

double bench_cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double bench_rss_peak_mb(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_maxrss * 1024 / 1e6;
}

static _Noreturn void be_reader(struct bench_run *run,
                                unsigned number,
                                void (*read)(struct bench_run *run, unsigned number))
{
    struct bench_reader *r = &run->reader[number];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    read(run, number);
    r->cpu_s = bench_cpu_s() - r->cpu_s;
    r->rss_mb = bench_rss_peak_mb();
    (void)fflush(NULL);
    _exit(0);
}

/* Without having been ready; it is waited for later. */
static bool ended(const struct bench_reader *r)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == r->pid && !r->ready;
}

void bench_readers(struct bench_run *run,
                   void (*read)(struct bench_run *run, unsigned number))
{
    uint64_t from = bench_now_ns();
    unsigned n = (unsigned)run->options.readers;
    for (unsigned i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == 0)
            be_reader(run, i, read);
        if (pid < 0) {
            perror("bench: fork");
            exit(1);
        }
        run->reader[i].pid = pid; /* the memory is shared: not by the child */
    }
    for (unsigned i = 0; i < n;) {
        if (run->reader[i].ready) {
            i++;
            continue;
        }
        if (ended(&run->reader[i]) || bench_now_ns() - from > READY_DEADLINE_NS) {
            fprintf(stderr, "bench: reader %u did not get ready\n", i);
            exit(1);
        }
        usleep(READY_POLL_US);
    }
}

bool bench_readers_end(void)
{
    bool all = true;
    int status = 0;
    while (wait(&status) > 0)
        all = all && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return all;
}

void bench_ready(struct bench_reader *r)
{
    r->cpu_s = bench_cpu_s();
    r->ready = true;
}

void bench_got(struct bench_reader *r, const void *payload)
{
    uint64_t now = bench_now_ns();
    uint64_t at;
    uint64_t delivered = r->delivered;
    memcpy(&at, payload, sizeof at);
    r->sum += at;
    bench_latency_add(&r->delivery, now > at ? now - at : 0);
    if (delivered == 0)
        r->first_ns = now;
    r->last_ns = now;
    r->delivered = delivered + 1;
}

bool bench_complete(const struct bench_run *run, unsigned number)
{
    const struct bench_reader *r = &run->reader[number];
    uint64_t published = run->published;
    uint64_t newest = r->last_ns;
    if (published == BENCH_UNKNOWN)
        return false;
    if (newest < run->end_ns)
        newest = run->end_ns;
    if (newest < run->begin_ns)
        newest = run->begin_ns;
    return r->delivered >= published || bench_now_ns() - newest > SILENCE_NS;
}
