/* Purpose: a run's clock and pace: what is due, what was sent when, what is stored.
 * Invariant: never more than `window` events are unacknowledged; the times of the
 * newest events outlast acknowledgements that come out of order by many windows.
 * Not: the readers' side (readers.c), nor the report (report.c). */
#include "test/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SECOND_NS 1000000000u
#define PAUSE_NS 1000000u
#define REMEMBERED 16u /* windows */

uint64_t bench_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

struct bench_run *bench_run_new(const struct bench_options *options)
{
    struct bench_run *run = mmap(
        NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t slots = 1024;
    while (slots < options->window * REMEMBERED)
        slots *= 2;
    _Atomic uint64_t *sent_ns = calloc(slots, sizeof *sent_ns);
    if (run == MAP_FAILED || !sent_ns) {
        fputs("bench: no memory\n", stderr);
        exit(1);
    }
    run->options = *options;
    run->published = BENCH_UNKNOWN;
    run->sent_ns = sent_ns;
    run->sent_mask = slots - 1;
    return run;
}

void bench_run_free(struct bench_run *run)
{
    if (!run)
        return;
    free(run->sent_ns);
    munmap(run, sizeof *run);
}

void bench_begin(struct bench_run *run)
{
    run->cpu_s = bench_cpu_s();
    run->begin_ns = bench_now_ns();
}

static bool counted(const struct bench_options *o)
{
    return o->work == BENCH_CATCHUP || o->work == BENCH_GROWTH;
}

bool bench_over(const struct bench_run *run, uint64_t now_ns, uint64_t sent)
{
    const struct bench_options *o = &run->options;
    if (counted(o))
        return sent >= o->events;
    return o->work == BENCH_IDLE ||
           (double)(now_ns - run->begin_ns) >= o->seconds * SECOND_NS;
}

/* When event `number` is due, counted from the beginning. */
static uint64_t due_after(const struct bench_options *o, uint64_t number)
{
    return (uint64_t)((double)number * SECOND_NS / (double)o->rate);
}

uint64_t bench_due(const struct bench_run *run, uint64_t now_ns, uint64_t sent)
{
    const struct bench_options *o = &run->options;
    uint64_t under_way = sent - run->acked;
    if (bench_over(run, now_ns, sent) || under_way >= o->window)
        return 0;
    uint64_t n = o->window - under_way;
    if (counted(o) && n > o->events - sent)
        n = o->events - sent;
    if (o->work != BENCH_PACED)
        return n;
    double passed = (double)(now_ns - run->begin_ns) / SECOND_NS;
    uint64_t due = (uint64_t)(passed * (double)o->rate) + 1; /* the first at once */
    if (due <= sent)
        return 0;
    return due - sent < n ? due - sent : n;
}

uint64_t bench_pause_ns(const struct bench_run *run, uint64_t now_ns, uint64_t sent)
{
    const struct bench_options *o = &run->options;
    if (bench_due(run, now_ns, sent) > 0)
        return 0;
    if (o->work != BENCH_PACED || sent - run->acked >= o->window)
        return PAUSE_NS;
    uint64_t due = run->begin_ns + due_after(o, sent);
    if (due <= now_ns)
        return 0;
    return due - now_ns < PAUSE_NS ? due - now_ns : PAUSE_NS;
}

void bench_stamp(struct bench_run *run, void *payload, uint64_t number)
{
    const struct bench_options *o = &run->options;
    uint64_t at =
        o->work == BENCH_PACED ? run->begin_ns + due_after(o, number) : bench_now_ns();
    atomic_store_explicit(
        &run->sent_ns[number & run->sent_mask], at, memory_order_relaxed);
    run->sum += at;
    memcpy(payload, &at, sizeof at);
}

void bench_acked(struct bench_run *run, uint64_t first, uint64_t n)
{
    uint64_t now = bench_now_ns();
    uint64_t acked = run->acked + n;
    for (uint64_t i = first; i < first + n; i++) {
        uint64_t at = atomic_load_explicit(&run->sent_ns[i & run->sent_mask],
                                           memory_order_relaxed);
        bench_latency_add(&run->ack, now > at ? now - at : 0);
    }
    for (unsigned t = 0; t < 10 && run->options.work == BENCH_GROWTH; t++)
        if (run->tenth_ns[t] == 0 && acked * 10 >= run->options.events * (t + 1))
            run->tenth_ns[t] = now;
    run->end_ns = now;
    run->acked = acked;
}
