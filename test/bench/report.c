/* Purpose: what a run came to, as one JSON object on one line.
 * Invariant: every client's object has the same fields; an event that was published and
 * neither acknowledged nor delivered to each reader is counted as lost. */
#include "test/bench/measure.h"

#include <jansson.h>
#include <stdio.h>

#define SECOND_NS 1e9
#define MS_NS 1e6

static json_t *latency_json(const struct bench_latency *l)
{
    return json_pack("{s:f, s:f, s:f}",
                     "p50",
                     (double)bench_latency_at(l, 0.5) / MS_NS,
                     "p99",
                     (double)bench_latency_at(l, 0.99) / MS_NS,
                     "max",
                     (double)l->max_ns / MS_NS);
}

static double per(double what, uint64_t events)
{
    return events > 0 ? what / (double)events : 0;
}

static double rate(uint64_t events, uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns <= from_ns)
        return 0;
    return (double)events * SECOND_NS / (double)(to_ns - from_ns);
}

/* Events that were published and did not reach everyone, or not once. */
static uint64_t lost(const struct bench_run *run)
{
    uint64_t published = run->published;
    uint64_t n = published - run->acked;
    for (uint64_t i = 0; i < run->options.readers; i++) {
        const struct bench_reader *r = &run->reader[i];
        if (r->delivered < published)
            n += published - r->delivered;
        else if (r->delivered > published || r->sum != run->sum)
            n++;
    }
    return n;
}

struct readers {
    struct bench_latency delivery;
    uint64_t delivered;
    uint64_t last_ns;
    double slowest; /* events in a second */
    double cpu_s;
    double rss_mb;
};

static void gather(const struct bench_run *run, struct readers *all)
{
    *all = (struct readers){0};
    for (uint64_t i = 0; i < run->options.readers; i++) {
        const struct bench_reader *r = &run->reader[i];
        double a_second = rate(r->delivered, run->begin_ns, r->last_ns);
        if (i == 0 || a_second < all->slowest)
            all->slowest = a_second;
        if (r->rss_mb > all->rss_mb)
            all->rss_mb = r->rss_mb;
        if (r->last_ns > all->last_ns)
            all->last_ns = r->last_ns;
        all->cpu_s += r->cpu_s;
        all->delivered += r->delivered;
        bench_latency_merge(&all->delivery, &r->delivery);
    }
}

static json_t *tenths(const struct bench_run *run)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < 10 && run->options.work == BENCH_GROWTH; i++)
        json_array_append_new(list,
                              json_real(rate(run->options.events / 10,
                                             i ? run->tenth_ns[i - 1] : run->begin_ns,
                                             run->tenth_ns[i])));
    return list;
}

static json_t *side(double cpu_s, uint64_t events, double rss_mb)
{
    return json_pack(
        "{s:f, s:f}", "cpu_us", per(cpu_s * 1e6, events), "rss_mb", rss_mb);
}

static double seconds(const struct bench_run *run, uint64_t end_ns)
{
    return end_ns > run->begin_ns ? (double)(end_ns - run->begin_ns) / SECOND_NS : 0;
}

json_t *bench_json(const struct bench_run *run, const char *peer)
{
    const struct bench_options *o = &run->options;
    static struct readers all;               /* too large for a stack */
    bool reading = o->work == BENCH_CATCHUP; /* only that is timed */
    uint64_t bytes = run->sent_bytes ? run->sent_bytes : run->published * o->size;
    json_t *j = json_object();
    gather(run, &all);
    json_object_set_new(j, "peer", json_string(peer));
    json_object_set_new(j, "work", json_string(bench_work_name(o->work)));
    json_object_set_new(j, "readers", json_integer((json_int_t)o->readers));
    json_object_set_new(j, "events", json_integer((json_int_t)run->published));
    json_object_set_new(j, "lost", json_integer((json_int_t)lost(run)));
    json_object_set_new(
        j, "seconds", json_real(seconds(run, reading ? all.last_ns : run->end_ns)));
    json_object_set_new(
        j,
        "acked_s",
        json_real(reading ? 0 : rate(run->acked, run->begin_ns, run->end_ns)));
    json_object_set_new(j, "delivered_s", json_real(all.slowest));
    json_object_set_new(j, "ack_ms", latency_json(&run->ack));
    json_object_set_new(j, "delivery_ms", latency_json(&all.delivery));
    json_object_set_new(j, "publisher", side(run->cpu_s, run->acked, run->rss_mb));
    json_object_set_new(j, "reader", side(all.cpu_s, all.delivered, all.rss_mb));
    json_object_set_new(j, "bytes", json_integer((json_int_t)bytes));
    json_object_set_new(j, "tenths_s", tenths(run));
    return j;
}

bool bench_print(struct json_t *object)
{
    bool printed =
        json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7)) == 0 &&
        putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(object);
    return printed;
}

int bench_report(struct bench_run *run, const char *peer, uint64_t published)
{
    run->cpu_s = bench_cpu_s() - run->cpu_s;
    run->rss_mb = bench_rss_peak_mb();
    run->published = published;
    bool ended = bench_readers_end();
    json_t *object = bench_json(run, peer);
    return bench_print(object) && ended && lost(run) == 0 ? 0 : 1;
}
