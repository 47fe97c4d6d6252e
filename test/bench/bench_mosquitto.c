/* Purpose: MQTT QoS 1: a publisher whose PUBACKs are timed, and a persistent session
 * for each reader. --address is a port. Invariant: PUBACKs come in the order of their
 * messages (MQTT 3.1.1, 4.6). One thread does both directions, so that nothing waits
 * for another thread to wake. */
#include "test/bench/client.h"

#include <mosquitto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEEPALIVE_S 600
#define READ_PAUSE_NS 100000000u
#define STEP_NS 10000000u
#define NAME_SIZE 16u

struct ends { /* what the callbacks see */
    struct bench_run *run;
    struct bench_reader *reader;
    uint64_t acked;
    bool subscribed;
    bool connected;
};

static void mqtt_must(int rc)
{
    if (rc != MOSQ_ERR_SUCCESS)
        bench_die("mosquitto", mosquitto_strerror(rc));
}

static void on_connect(struct mosquitto *m, void *closure, int rc)
{
    (void)m;
    if (rc != 0)
        bench_die("mosquitto", mosquitto_connack_string(rc));
    ((struct ends *)closure)->connected = true;
}

static void
on_subscribe(struct mosquitto *m, void *closure, int mid, int n, const int *qos)
{
    (void)m;
    (void)mid;
    if (n != 1 || qos[0] != 1)
        bench_die("mosquitto", "no subscription with QoS 1");
    ((struct ends *)closure)->subscribed = true;
}

static void on_puback(struct mosquitto *m, void *closure, int mid)
{
    struct ends *e = closure;
    (void)m;
    (void)mid;
    bench_acked(e->run, e->acked++, 1);
}

static void
on_message(struct mosquitto *m, void *closure, const struct mosquitto_message *message)
{
    const struct ends *e = closure;
    (void)m;
    bench_got(e->reader, message->payload);
}

/* Both directions, waiting for so long. */
static void mqtt_step(struct mosquitto *m, uint64_t ns)
{
    struct timespec wait = {.tv_nsec = (long)ns};
    struct pollfd fd = {.fd = mosquitto_socket(m),
                        .events =
                            (short)(POLLIN | (mosquitto_want_write(m) ? POLLOUT : 0))};
    if (ppoll(&fd, 1, &wait, NULL) > 0) {
        if (fd.revents & ~POLLOUT)
            mqtt_must(mosquitto_loop_read(m, 1));
        if (fd.revents & POLLOUT)
            mqtt_must(mosquitto_loop_write(m, 1));
    }
}

static struct mosquitto *mqtt_open(struct ends *e, const char *name, bool clean)
{
    struct mosquitto *m = mosquitto_new(name, clean, e);
    if (!m)
        bench_die("mosquitto", "no memory");
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    mosquitto_publish_callback_set(m, on_puback);
    mosquitto_message_callback_set(m, on_message);
    mqtt_must(mosquitto_max_inflight_messages_set(m, 0));
    mqtt_must(mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1));
    mqtt_must(mosquitto_connect(
        m, "127.0.0.1", (int)strtol(e->run->options.address, NULL, 10), KEEPALIVE_S));
    for (e->connected = false; !e->connected;)
        mqtt_step(m, STEP_NS);
    return m;
}

static void mqtt_close(struct mosquitto *m)
{
    mosquitto_disconnect(m);
    mosquitto_destroy(m);
}

static void mqtt_prepare(struct bench_run *run)
{
    struct ends e = {.run = run};
    for (unsigned i = 0; i < BENCH_READERS; i++) { /* those of the run before, too */
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "r%u", i);
        mqtt_close(mqtt_open(&e, name, true));
        if (i >= run->options.readers)
            continue;
        struct mosquitto *m = mqtt_open(&e, name, false);
        mqtt_must(mosquitto_subscribe(m, NULL, "ev/#", 1));
        for (e.subscribed = false; !e.subscribed;)
            mqtt_step(m, STEP_NS);
        mqtt_close(m);
    }
}

static uint64_t mqtt_publish(struct bench_run *run)
{
    struct ends e = {.run = run};
    struct mosquitto *m = mqtt_open(&e, "publisher", true);
    unsigned char *payload = bench_payload(&run->options);
    uint64_t sent = 0;
    for (uint64_t now = bench_now_ns();
         !bench_over(run, now, sent) || bench_waits(run, sent);
         now = bench_now_ns()) {
        uint64_t due = bench_due(run, now, sent);
        for (uint64_t i = 0; i < due && !mosquitto_want_write(m); i++, sent++) {
            bench_stamp(run, payload, sent);
            mqtt_must(mosquitto_publish(
                m, NULL, "ev/a", (int)run->options.size, payload, 1, false));
        }
        mqtt_step(m, bench_pause_ns(run, bench_now_ns(), sent));
    }
    mqtt_close(m);
    free(payload);
    return sent;
}

static void mqtt_read(struct bench_run *run, unsigned number)
{
    struct ends e = {.run = run, .reader = &run->reader[number]};
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "r%u", number);
    struct mosquitto *m = mqtt_open(&e, name, false);
    bench_ready(e.reader);
    while (!bench_complete(run, number))
        mqtt_step(m, READ_PAUSE_NS);
    mqtt_close(m);
}

static void mqtt_connect(struct bench_run *run)
{
    static struct ends e;
    static unsigned number;
    char name[NAME_SIZE];
    e.run = run;
    snprintf(name, sizeof name, "idle%u", number++);
    mqtt_open(&e, name, true);
}

int main(int argc, char **argv)
{
    static const struct bench_client client = {.peer = "mosquitto",
                                               .prepare = mqtt_prepare,
                                               .publish = mqtt_publish,
                                               .read = mqtt_read,
                                               .connect = mqtt_connect};
    mosquitto_lib_init();
    return bench_client(argc, argv, &client);
}
