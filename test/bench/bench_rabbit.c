/* Purpose: RabbitMQ: persistent messages with publisher confirms through a fanout
 * exchange to a durable queue for each reader, of the type that --extra says ("quorum"
 * unless said). --address is a port; user guest.
 * Invariant: confirms may come one by one, in any order, or for all up to a tag; each
 * event is acknowledged once. */
#include "test/bench/client.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define CHANNEL 1
#define FRAME_MAX 131072
#define PREFETCH 2000
#define ACK_EVERY 200
#define READ_US 2000
#define BURST 32u /* events sent between looks for confirms */
#define NAME_MAX_SIZE 16u

struct confirms { /* of events by number; the server's tags begin with 1 */
    bool *done;
    uint64_t mask;
    uint64_t low; /* all before are confirmed */
};

static void rabbit_must(amqp_rpc_reply_t reply, const char *what)
{
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        bench_die(what, amqp_error_string2(reply.library_error));
    bench_die(what, "the server refuses");
}

static amqp_connection_state_t rabbit_open(const struct bench_run *run)
{
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *socket = c ? amqp_tcp_socket_new(c) : NULL;
    if (!socket || amqp_socket_open(socket,
                                    "127.0.0.1",
                                    (int)strtol(run->options.address, NULL, 10)) != 0)
        bench_die("rabbit", "no connection");
    rabbit_must(
        amqp_login(c, "/", 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
        "rabbit login");
    amqp_channel_open(c, CHANNEL);
    rabbit_must(amqp_get_rpc_reply(c), "rabbit channel");
    return c;
}

static void rabbit_close(amqp_connection_state_t c)
{
    amqp_connection_close(c, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(c);
}

static amqp_bytes_t queue_of(char name[NAME_MAX_SIZE], uint64_t number)
{
    snprintf(name, NAME_MAX_SIZE, "q%u", (unsigned)number);
    return amqp_cstring_bytes(name);
}

static void rabbit_prepare(struct bench_run *run)
{
    amqp_connection_state_t c = rabbit_open(run);
    const char *type = *run->options.extra ? run->options.extra : "quorum";
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes("x-queue-type"),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8,
                                          .value.bytes = amqp_cstring_bytes(type)}};
    amqp_table_t with = {.num_entries = 1, .entries = &entry};
    amqp_bytes_t exchange = amqp_cstring_bytes("ev");
    amqp_exchange_declare(c,
                          CHANNEL,
                          exchange,
                          amqp_cstring_bytes("fanout"),
                          0,
                          1,
                          0,
                          0,
                          amqp_empty_table);
    rabbit_must(amqp_get_rpc_reply(c), "rabbit exchange");
    for (unsigned i = 0; i < BENCH_READERS; i++) { /* those of the run before, too */
        char name[NAME_MAX_SIZE];
        amqp_bytes_t queue = queue_of(name, i);
        amqp_queue_delete(c, CHANNEL, queue, 0, 0);
        rabbit_must(amqp_get_rpc_reply(c), "rabbit queue");
        if (i > 0 && i >= run->options.readers)
            continue;
        amqp_queue_declare(c, CHANNEL, queue, 0, 1, 0, 0, with);
        rabbit_must(amqp_get_rpc_reply(c), "rabbit queue");
        amqp_queue_bind(
            c, CHANNEL, queue, exchange, amqp_empty_bytes, amqp_empty_table);
        rabbit_must(amqp_get_rpc_reply(c), "rabbit queue");
    }
    rabbit_close(c);
}

static void confirm_one(struct confirms *k, struct bench_run *run, uint64_t number)
{
    if (number < k->low || k->done[number & k->mask])
        return;
    k->done[number & k->mask] = true;
    bench_acked(run, number, 1);
    for (; k->done[k->low & k->mask]; k->low++)
        k->done[k->low & k->mask] = false;
}

static void confirm(struct confirms *k, struct bench_run *run, const amqp_frame_t *f)
{
    if (f->frame_type != AMQP_FRAME_METHOD)
        return;
    if (f->payload.method.id != AMQP_BASIC_ACK_METHOD)
        bench_die("rabbit", "an event is not confirmed");
    const amqp_basic_ack_t *ack = f->payload.method.decoded;
    if (ack->delivery_tag == 0)
        bench_die("rabbit", "a confirm without a tag");
    for (uint64_t i = ack->multiple ? k->low : ack->delivery_tag - 1;
         i < ack->delivery_tag;
         i++)
        confirm_one(k, run, i);
}

/* Waits for what comes; the library itself waits by whole ms, and turns for the rest.
 */
static void await(amqp_connection_state_t c, uint64_t ns)
{
    struct timespec wait = {.tv_nsec = (long)ns};
    struct pollfd fd = {.fd = amqp_get_sockfd(c), .events = POLLIN};
    if (ns > 0 && !amqp_frames_enqueued(c) && !amqp_data_in_buffer(c))
        ppoll(&fd, 1, &wait, NULL);
}

static void
take_confirms(amqp_connection_state_t c, struct confirms *k, struct bench_run *run)
{
    struct timeval none = {0};
    amqp_frame_t frame;
    int rc = 0;
    while ((rc = amqp_simple_wait_frame_noblock(c, &frame, &none)) == AMQP_STATUS_OK) {
        confirm(k, run, &frame);
        amqp_maybe_release_buffers(c);
    }
    if (rc != AMQP_STATUS_TIMEOUT)
        bench_die("rabbit", amqp_error_string2(rc));
}

static void send_some(amqp_connection_state_t c,
                      struct bench_run *run,
                      unsigned char *payload,
                      uint64_t sent,
                      uint64_t n)
{
    amqp_basic_properties_t kept = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                    .delivery_mode = AMQP_DELIVERY_PERSISTENT};
    amqp_bytes_t body = {.len = run->options.size, .bytes = payload};
    for (uint64_t i = 0; i < n; i++) {
        bench_stamp(run, payload, sent + i);
        int rc = amqp_basic_publish(
            c, CHANNEL, amqp_cstring_bytes("ev"), amqp_empty_bytes, 0, 0, &kept, body);
        if (rc != AMQP_STATUS_OK)
            bench_die("rabbit", amqp_error_string2(rc));
    }
}

static uint64_t rabbit_publish(struct bench_run *run)
{
    amqp_connection_state_t c = rabbit_open(run);
    unsigned char *payload = bench_payload(&run->options);
    struct confirms k = {.mask = 1};
    uint64_t sent = 0;
    while (k.mask < run->options.window * 2)
        k.mask *= 2;
    k.done = calloc(k.mask, sizeof *k.done);
    k.mask--;
    if (!k.done)
        bench_die("rabbit", "no memory");
    amqp_confirm_select(c, CHANNEL);
    rabbit_must(amqp_get_rpc_reply(c), "rabbit confirms");
    for (uint64_t now = bench_now_ns();
         !bench_over(run, now, sent) || bench_waits(run, sent);
         now = bench_now_ns()) {
        uint64_t n = bench_due(run, now, sent);
        if (n > BURST)
            n = BURST;
        send_some(c, run, payload, sent, n);
        sent += n;
        await(c, bench_pause_ns(run, bench_now_ns(), sent));
        take_confirms(c, &k, run);
    }
    free(k.done);
    free(payload);
    rabbit_close(c);
    return sent;
}

static void rabbit_read(struct bench_run *run, unsigned number)
{
    amqp_connection_state_t c = rabbit_open(run);
    char name[NAME_MAX_SIZE];
    uint64_t tag = 0;
    unsigned waiting = 0;
    amqp_basic_qos(c, CHANNEL, 0, PREFETCH, 0);
    rabbit_must(amqp_get_rpc_reply(c), "rabbit prefetch");
    amqp_basic_consume(c,
                       CHANNEL,
                       queue_of(name, number),
                       amqp_empty_bytes,
                       0,
                       0,
                       0,
                       amqp_empty_table);
    rabbit_must(amqp_get_rpc_reply(c), "rabbit consumer");
    bench_ready(&run->reader[number]);
    while (!bench_complete(run, number)) {
        struct timeval wait = {.tv_usec = READ_US};
        amqp_envelope_t e;
        amqp_maybe_release_buffers(c);
        amqp_rpc_reply_t reply = amqp_consume_message(c, &e, &wait, 0);
        bool got = reply.reply_type == AMQP_RESPONSE_NORMAL;
        if (got) {
            bench_got(&run->reader[number], e.message.body.bytes);
            tag = e.delivery_tag;
            waiting++;
            amqp_destroy_envelope(&e);
        } else if (reply.library_error != AMQP_STATUS_TIMEOUT) {
            rabbit_must(reply, "rabbit consumer");
        }
        if (waiting >= ACK_EVERY || (waiting > 0 && !got)) {
            amqp_basic_ack(c, CHANNEL, tag, 1);
            waiting = 0;
        }
    }
    rabbit_close(c);
}

static void rabbit_connect(struct bench_run *run)
{
    rabbit_open(run);
}

int main(int argc, char **argv)
{
    static const struct bench_client client = {.peer = "rabbit",
                                               .prepare = rabbit_prepare,
                                               .publish = rabbit_publish,
                                               .read = rabbit_read,
                                               .connect = rabbit_connect};
    return bench_client(argc, argv, &client);
}
