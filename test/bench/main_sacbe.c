/* Purpose: Sacbe's side of the benchmark, as client.h orders it: a real publisher and
 * real readers by broker/client, with everything on: claims, epochs, an event sealed by
 * itself, batches signed, chained and verified, credit, rounds, receipts.
 *
 *     bench-sacbe --address FOLDER ...
 *
 * FOLDER is one that test-world made, whose broker runs. m0001 publishes, m0002 and on
 * read (as many as it has granted); idle takes m0001 to mNNNN. A run may follow others
 * on the same journal: its readers begin where the stream stands. Batches have at most
 * 256 events, whatever --batch says; a window below some thousands keeps the journal
 * waiting.
 * Not: the broker, which runs already. */
#include "test/bench/client.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/host/heap.h"
#include "test/bench/bus.h"

static struct bus_place *place; /* in memory that the processes share */

/* A child's work, so that no process forks that has sockets. */
static void in_child(void (*work)(struct bench_run *run), struct bench_run *run)
{
    int status = 1;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        work(run);
        (void)fflush(NULL);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        bench_die("a child", "failed");
}

static void survey(struct bench_run *run)
{
    static struct bus b;
    struct sb_message welcome;
    bus_open(&b, run->options.address, 1);
    bus_welcome(&b, &welcome);
    bus_place(&welcome, place);
    bus_close(&b);
}

static void prepare(struct bench_run *run)
{
    place = mmap(
        NULL, sizeof *place, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        bench_die("memory", "none");
    in_child(survey, run);
}

static void publish_apart(struct bench_run *run)
{
    (void)bus_publish(run);
}

/* For a catch-up, readers are forked after this. */
static uint64_t publish(struct bench_run *run)
{
    if (run->options.work != BENCH_CATCHUP)
        return bus_publish(run);
    in_child(publish_apart, run);
    return run->acked;
}

static void read_events(struct bench_run *run, unsigned number)
{
    bus_read(run, number, place);
}

static void tell_ready(void *ctx)
{
    const struct bench_options *o = ctx;
    json_t *object = json_pack("{s:s, s:s, s:I, s:i}",
                               "peer",
                               "sacbe",
                               "work",
                               "idle",
                               "readers",
                               (json_int_t)o->readers,
                               "lost",
                               0);
    if (!bench_print(object))
        bench_die("output", "cannot be written");
}

int main(int argc, char **argv)
{
    struct bench_options o;
    static const struct bench_client client = {
        .peer = "sacbe", .prepare = prepare, .publish = publish, .read = read_events};
    bench_options(argc, argv, &o);
    sb_heap_keep(); /* as every daemon of Sacbe */
    if (o.work != BENCH_IDLE)
        return bench_client(argc, argv, &client);
    bus_idle(
        o.address, (unsigned)o.readers, (uint64_t)(o.seconds * 1e9), tell_ready, &o);
    return 0;
}
