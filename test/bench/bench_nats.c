/* Purpose: NATS JetStream: a file stream, asynchronous publishing with the stream's
 * acknowledgements on an inbox of our own (what js_PublishAsync does, but each one is
 * seen when it comes), and a durable pull consumer for each reader. --address is a URL.
 * Invariant: an acknowledgement's subject ends with the number of its event. */
#include "test/bench/client.h"

#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCH 500
#define FETCH_MS 1000
#define PENDING_MAX 20000
#define SUBJECT_MAX 128u

struct bus {
    natsConnection *c;
    jsCtx *js;
};

static void nats_must(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        bench_die(what, natsStatus_GetText(status));
}

static struct bus nats_open(const struct bench_run *run)
{
    struct bus b = {0};
    natsOptions *options = NULL;
    nats_must(natsOptions_Create(&options), "nats options");
    nats_must(natsOptions_SetURL(options, run->options.address), "nats address");
    if (run->options.work == BENCH_PACED)
        nats_must(natsOptions_SetSendAsap(options, true), "nats options");
    nats_must(natsConnection_Connect(&b.c, options), "nats connection");
    nats_must(natsConnection_JetStream(&b.js, b.c, NULL), "nats jetstream");
    natsOptions_Destroy(options);
    return b;
}

static void nats_end(struct bus *b)
{
    jsCtx_Destroy(b->js);
    natsConnection_Destroy(b->c);
}

static void stream_new(struct bench_run *run)
{
    struct bus b = nats_open(run);
    const char *subjects[] = {"ev.>"};
    jsStreamConfig stream;
    natsStatus gone = js_DeleteStream(b.js, "EV", NULL, NULL);
    if (gone != NATS_NOT_FOUND)
        nats_must(gone, "nats stream");
    jsStreamConfig_Init(&stream);
    stream.Name = "EV";
    stream.Subjects = subjects;
    stream.SubjectsLen = 1;
    stream.Storage = js_FileStorage;
    nats_must(js_AddStream(NULL, b.js, &stream, NULL, NULL), "nats stream");
    nats_end(&b);
}

static void nats_prepare(struct bench_run *run)
{
    bench_apart(run, stream_new);
}

/* In a thread of the library, one message after the other. */
static void on_ack(natsConnection *c, natsSubscription *s, natsMsg *m, void *closure)
{
    struct bench_run *run = closure;
    const char *number = strrchr(natsMsg_GetSubject(m), '.');
    const char *body = natsMsg_GetData(m);
    (void)c;
    (void)s;
    if (!number || !body || strstr(body, "\"error\""))
        bench_die("nats acknowledgement", body ? body : "empty");
    bench_acked(run, strtoull(number + 1, NULL, 10), 1);
    natsMsg_Destroy(m);
}

static uint64_t nats_publish(struct bench_run *run)
{
    struct bus b = nats_open(run);
    unsigned char *payload = bench_payload(&run->options);
    natsInbox *inbox = NULL;
    natsSubscription *acks = NULL;
    char subject[SUBJECT_MAX];
    uint64_t sent = 0;
    nats_must(natsInbox_Create(&inbox), "nats inbox");
    snprintf(subject, sizeof subject, "%s.*", inbox);
    nats_must(natsConnection_Subscribe(&acks, b.c, subject, on_ack, run), "nats inbox");
    nats_must(natsSubscription_SetPendingLimits(acks, -1, -1), "nats inbox");
    for (uint64_t now = bench_now_ns();
         !bench_over(run, now, sent) || bench_waits(run, sent);
         now = bench_now_ns()) {
        uint64_t due = bench_due(run, now, sent);
        for (uint64_t i = 0; i < due; i++, sent++) {
            bench_stamp(run, payload, sent);
            snprintf(
                subject, sizeof subject, "%s.%llu", inbox, (unsigned long long)sent);
            nats_must(natsConnection_PublishRequest(
                          b.c, "ev.a", subject, payload, (int)run->options.size),
                      "nats publish");
        }
        struct timespec pause = {.tv_nsec = (long)bench_pause_ns(run, now, sent)};
        if (due == 0)
            nanosleep(&pause, NULL);
    }
    natsSubscription_Destroy(acks);
    natsInbox_Destroy(inbox);
    nats_end(&b);
    free(payload);
    return sent;
}

static void nats_read(struct bench_run *run, unsigned number)
{
    struct bus b = nats_open(run);
    natsSubscription *s = NULL;
    jsSubOptions options;
    char durable[SUBJECT_MAX];
    snprintf(durable, sizeof durable, "r%u", number);
    jsSubOptions_Init(&options);
    options.Stream = "EV";
    options.Config.MaxAckPending = PENDING_MAX;
    nats_must(js_PullSubscribe(&s, b.js, "ev.>", durable, NULL, &options, NULL),
              "nats consumer");
    bench_ready(&run->reader[number]);
    while (!bench_complete(run, number)) {
        natsMsgList list = {0};
        natsStatus status = natsSubscription_Fetch(&list, s, FETCH, FETCH_MS, NULL);
        if (status != NATS_TIMEOUT)
            nats_must(status, "nats fetch");
        for (int i = 0; i < list.Count; i++) {
            bench_got(&run->reader[number], natsMsg_GetData(list.Msgs[i]));
            nats_must(natsMsg_Ack(list.Msgs[i], NULL), "nats ack");
        }
        natsMsgList_Destroy(&list);
    }
    nats_must(natsConnection_Flush(b.c), "nats flush");
    natsSubscription_Destroy(s);
    nats_end(&b);
}

static void nats_connect(struct bench_run *run)
{
    nats_open(run);
}

int main(int argc, char **argv)
{
    static const struct bench_client client = {.peer = "nats",
                                               .prepare = nats_prepare,
                                               .publish = nats_publish,
                                               .read = nats_read,
                                               .connect = nats_connect};
    return bench_client(argc, argv, &client);
}
