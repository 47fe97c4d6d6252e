/* bench.measure: what the benchmark's figures are made of: latencies, pace, loss, JSON.
 * Time is set, not waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <unistd.h>

#include "test/bench/measure.h"

#define MS 1000000u
#define SECOND 1000000000u

static struct bench_run *run_of(const char *words)
{
    struct bench_options o;
    char text[128];
    char *argv[32] = {text};
    char *rest = text;
    int argc = 1;
    assert_true(strlen(words) < sizeof text);
    memcpy(text, words, strlen(words) + 1);
    while (rest && argc < 32)
        argv[argc++] = strsep(&rest, " ");
    bench_options(argc, argv, &o);
    return bench_run_new(&o);
}

static void near(uint64_t is, double wanted)
{
    assert_true((double)is >= wanted * 0.99 && (double)is <= wanted * 1.01);
}

static void latencies_are_right_within_a_bucket(void **state)
{
    static struct bench_latency l;
    static struct bench_latency all;
    (void)state;
    assert_int_equal(bench_latency_at(&l, 0.5), 0);
    for (uint64_t us = 1; us <= 1000; us++)
        bench_latency_add(&l, us * 1000);
    near(bench_latency_at(&l, 0.5), 500e3);
    near(bench_latency_at(&l, 0.99), 990e3);
    assert_int_equal(bench_latency_at(&l, 1), MS);
    bench_latency_add(&all, 0);
    bench_latency_add(&all, UINT64_MAX);
    bench_latency_merge(&all, &l);
    assert_int_equal(all.n, 1002);
    assert_int_equal(all.max_ns, UINT64_MAX);
    near(bench_latency_at(&all, 0.5), 500e3);
    assert_true(bench_latency_at(&all, 0) < 1000);
}

static void latencies_of_every_size_come_back(void **state)
{
    (void)state;
    for (uint64_t ns = 2000; ns < 1000000000000; ns += ns * 37 / 100) {
        static struct bench_latency l;
        memset(&l, 0, sizeof l);
        bench_latency_add(&l, ns);
        bench_latency_add(&l, ns * 3);
        near(bench_latency_at(&l, 0.5), (double)ns);
    }
}

static void what_is_due_follows_the_clock_and_the_window(void **state)
{
    struct bench_run *run = run_of("--work paced --rate 1000 --seconds 2 --window 50");
    uint64_t t = run->begin_ns = 5 * (uint64_t)SECOND;
    (void)state;
    assert_int_equal(bench_due(run, t, 0), 1);
    assert_int_equal(bench_due(run, t, 1), 0);
    assert_int_equal(bench_pause_ns(run, t, 1), MS);
    assert_int_equal(bench_pause_ns(run, t + MS / 4, 1), MS * 3 / 4);
    assert_int_equal(bench_due(run, t + MS, 1), 1);
    assert_int_equal(bench_due(run, t + 10 * MS, 1), 10);
    assert_int_equal(bench_due(run, t + SECOND, 1), 49);
    run->acked = 1;
    assert_int_equal(bench_due(run, t + SECOND, 1), 50);
    assert_int_equal(bench_due(run, t + SECOND, 51), 0);
    assert_int_equal(bench_pause_ns(run, t + SECOND, 51), MS);
    assert_false(bench_over(run, t + SECOND, 51));
    assert_true(bench_over(run, t + 2 * (uint64_t)SECOND, 51));
    assert_int_equal(bench_due(run, t + 2 * (uint64_t)SECOND, 51), 0);
    bench_run_free(run);
}

static void counted_work_ends_with_its_last_event(void **state)
{
    struct bench_run *run =
        run_of("--work growth --events 1000 --window 300 --readers 0");
    unsigned char payload[8];
    uint64_t sent = 0;
    (void)state;
    bench_begin(run);
    for (uint64_t now = run->begin_ns; !bench_over(run, now, sent);) {
        uint64_t n = bench_due(run, now, sent);
        assert_true(n > 0 && n <= 300);
        for (uint64_t i = 0; i < n; i++)
            bench_stamp(run, payload, sent + i);
        bench_acked(run, sent, n);
        sent += n;
    }
    assert_int_equal(sent, 1000);
    assert_int_equal(run->acked, 1000);
    for (int i = 0; i < 10; i++)
        assert_true(run->tenth_ns[i] >= run->begin_ns);
    assert_int_equal(run->tenth_ns[9], run->end_ns);
    bench_run_free(run);
}

static void an_event_is_late_from_when_it_was_due(void **state)
{
    struct bench_run *run = run_of("--work paced --rate 1000");
    uint64_t at[2];
    (void)state;
    run->begin_ns = bench_now_ns() - 3 * (uint64_t)SECOND;
    bench_stamp(run, &at[0], 0);
    bench_stamp(run, &at[1], 1000);
    assert_int_equal(at[0], run->begin_ns);
    assert_int_equal(at[1], run->begin_ns + SECOND);
    bench_acked(run, 0, 1);
    assert_true(run->ack.max_ns >= 3 * (uint64_t)SECOND);
    bench_got(&run->reader[0], &at[1]);
    assert_true(run->reader[0].delivery.max_ns >= 2 * (uint64_t)SECOND);
    bench_run_free(run);
}

static double field(const json_t *object, const char *name, const char *within)
{
    const json_t *v = json_object_get(object, name);
    if (within)
        v = json_object_get(v, within);
    assert_true(json_is_number(v));
    return json_number_value(v);
}

static struct bench_run *run_with(uint64_t sent, uint64_t reader_gets)
{
    struct bench_run *run = run_of("--work saturated --seconds 1");
    uint64_t at = 0;
    bench_begin(run);
    for (uint64_t i = 0; i < sent; i++) {
        bench_stamp(run, &at, i);
        bench_acked(run, i, 1);
        if (i < reader_gets)
            bench_got(&run->reader[0], &at);
    }
    for (uint64_t i = sent; i < reader_gets; i++)
        bench_got(&run->reader[0], &at);
    run->published = sent;
    return run;
}

static void the_object_has_every_field(void **state)
{
    static const char *const plain[] = {
        "readers", "events", "lost", "seconds", "acked_s", "delivered_s", "bytes"};
    static const char *const times[] = {"ack_ms", "delivery_ms"};
    static const char *const sides[] = {"publisher", "reader"};
    struct bench_run *run = run_with(100, 100);
    json_t *j = bench_json(run, "nobody");
    (void)state;
    assert_string_equal(json_string_value(json_object_get(j, "peer")), "nobody");
    assert_string_equal(json_string_value(json_object_get(j, "work")), "saturated");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_true(field(j, plain[i], NULL) >= 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(field(j, times[i], "p50") <= field(j, times[i], "p99"));
        assert_true(field(j, times[i], "p99") <= field(j, times[i], "max"));
        assert_true(field(j, sides[i], "cpu_us") >= 0);
        assert_true(field(j, sides[i], "rss_mb") >= 0);
    }
    assert_true(field(j, "events", NULL) == 100 && field(j, "lost", NULL) == 0);
    assert_true(field(j, "bytes", NULL) == 100 * 512);
    assert_int_equal(json_array_size(json_object_get(j, "tenths_s")), 0);
    json_decref(j);
    bench_run_free(run);
}

static void a_lost_or_a_doubled_event_is_counted(void **state)
{
    static const struct {
        uint64_t sent;
        uint64_t got;
        double lost;
    } cases[] = {{10, 10, 0}, {10, 7, 3}, {10, 12, 1}, {10, 0, 10}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench_run *run = run_with(cases[i].sent, cases[i].got);
        json_t *j = bench_json(run, "nobody");
        assert_true(field(j, "lost", NULL) == cases[i].lost);
        json_decref(j);
        bench_run_free(run);
    }
    struct bench_run *run = run_with(10, 9);
    bench_got(&run->reader[0], "another's event in its place");
    json_t *j = bench_json(run, "nobody");
    assert_true(field(j, "lost", NULL) == 1);
    json_decref(j);
    bench_run_free(run);
}

static void read_from_the_pipe(struct bench_run *run, unsigned number)
{
    struct bench_reader *r = &run->reader[number];
    uint64_t at;
    bench_ready(r);
    while (!bench_complete(run, number) &&
           read((int)run->options.rate, &at, sizeof at) == (ssize_t)sizeof at)
        bench_got(r, &at);
}

static void a_reading_process_counts_in_shared_memory(void **state)
{
    struct bench_run *run = run_of("--work saturated");
    int pipe_of[2];
    uint64_t at;
    (void)state;
    assert_int_equal(pipe(pipe_of), 0);
    run->options.rate = (uint64_t)pipe_of[0];
    bench_readers(run, read_from_the_pipe);
    assert_true(run->reader[0].ready);
    bench_begin(run);
    run->published = 3;
    for (uint64_t i = 0; i < 3; i++) {
        bench_stamp(run, &at, i);
        bench_acked(run, i, 1);
        assert_int_equal(write(pipe_of[1], &at, sizeof at), sizeof at);
    }
    close(pipe_of[1]);
    close(pipe_of[0]);
    assert_true(bench_readers_end());
    assert_int_equal(run->reader[0].delivered, 3);
    assert_int_equal(run->reader[0].sum, run->sum);
    bench_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latencies_are_right_within_a_bucket),
        cmocka_unit_test(latencies_of_every_size_come_back),
        cmocka_unit_test(what_is_due_follows_the_clock_and_the_window),
        cmocka_unit_test(counted_work_ends_with_its_last_event),
        cmocka_unit_test(an_event_is_late_from_when_it_was_due),
        cmocka_unit_test(the_object_has_every_field),
        cmocka_unit_test(a_lost_or_a_doubled_event_is_counted),
        cmocka_unit_test(a_reading_process_counts_in_shared_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
