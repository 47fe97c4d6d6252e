/* Purpose: the publisher: claim, epochs, events sealed one by one, batches signed,
 * chained and resent by nobody, with the adaptive linger of FORMATS.
 * Invariant: a batch goes at once when nothing is in flight, else when it is full or
 * 5 ms old; an epoch ends before SB_EPOCH_EVENTS.
 * Not: an outbox on disk: the peers' publishers have none either. */
#include <stdio.h>
#include <stdlib.h>

#include "broker/host/clock.h"
#include "keys/seal.h"
#include "test/bench/bus.h"

#define FLIGHTS 65536u
#define LINGER_NS (SB_BATCH_LINGER_MS * (uint64_t)1000000u)

struct flight {
    uint64_t last_seq;
    uint64_t first; /* number of its first event in the run */
    uint64_t n;
};

struct publisher {
    struct bus bus;
    struct bench_run *run;
    struct sb_arena *arena;
    struct sb_secrets *secrets;
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t epoch_events;
    uint8_t epoch_hash[SB_HASH];
    uint64_t seq; /* of the newest batch */
    uint8_t prev[SB_HASH];
    uint8_t *payload;
    size_t limit;        /* events in a batch */
    size_t n;            /* events in the batch that is being made */
    uint64_t oldest_ns;  /* when its first was sealed */
    struct sb_buf items; /* of the batch, one after another */
    struct sb_buf cts;
    size_t item_end[SB_BATCH_EVENTS];
    size_t ct_end[SB_BATCH_EVENTS];
    struct sb_buf out[4]; /* body, record, items, ciphertexts */
    struct flight *flights;
    uint64_t first_flight;
    uint64_t last_flight;
    uint64_t sent;
};

static void answered(struct publisher *p, const struct sb_message *m)
{
    if (m->cmd != SB_CMD_STORED || m->as.stored.kind != SB_KIND_BATCH)
        return;
    while (p->first_flight < p->last_flight) {
        const struct flight *f = &p->flights[p->first_flight % FLIGHTS];
        if (f->last_seq > m->as.stored.number)
            return;
        bench_acked(p->run, f->first, f->n);
        p->first_flight++;
    }
}

/* Whatever has come; true when there was something. */
static bool listen(struct publisher *p)
{
    struct sb_message m;
    bool any = false;
    while (bus_next(&p->bus, 0, &m) == 1) {
        answered(p, &m);
        any = true;
    }
    bus_round(&p->bus, 0);
    return any;
}

/* Sends a claim or an epoch and waits until it is stored. */
static void
ask(struct publisher *p, enum sb_command cmd, struct sb_bytes record, enum sb_kind kind)
{
    struct sb_message m;
    bus_say(&p->bus, cmd, record);
    for (;;) {
        if (bus_next(&p->bus, 100, &m) != 1)
            continue;
        if (m.cmd == SB_CMD_STORED && m.as.stored.kind == kind)
            return;
        answered(p, &m);
    }
}

/* As a publisher whose state is new: the next claim, after what is stored. */
static void claim(struct publisher *p, const struct sb_message *welcome)
{
    struct bus_place at;
    uint8_t hash[SB_HASH];
    bus_place(welcome, &at);
    struct sb_claim c = {.stream = sb_bytes_str(BUS_STREAM),
                         .claim_no = at.claim_no + 1,
                         .last_seq = at.seq,
                         .tree_size = welcome->as.welcome.tree_size};
    sb_random(c.instance, sizeof c.instance);
    memcpy(c.last_hash, at.hash, SB_HASH);
    memcpy(c.root, welcome->as.welcome.root, SB_HASH);
    p->claim_no = c.claim_no;
    p->epoch_no = at.epoch_no;
    p->seq = at.seq;
    memcpy(p->prev, at.hash, SB_HASH);
    sb_buf_reset(&p->out[0]);
    sb_buf_reset(&p->out[1]);
    sb_claim_write(&c, &p->out[0]);
    bus_sign(&p->bus, &p->out[0], &p->out[1], hash);
    ask(p, SB_CMD_CLAIM, sb_buf_bytes(&p->out[1]), SB_KIND_CLAIM);
}

static void new_epoch(struct publisher *p)
{
    struct sb_bytes names[] = {sb_bytes_str(BUS_CLASS)};
    struct sb_codes own = {names, 1};
    struct sb_readers readers;
    struct sb_record record;
    struct sb_err err = {0};
    const struct sb_dir *d = sb_trust_newest(p->bus.trust);
    uint64_t now = sb_clock_now_ms();
    sb_arena_reset(p->arena);
    bus_must(sb_dir_readers_own(p->bus.trust,
                                d,
                                p->bus.vault,
                                sb_bytes_str(BUS_TYPE),
                                &own,
                                now,
                                p->arena,
                                &readers,
                                &err),
             &err);
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(BUS_STREAM),
                                 .claim_no = p->claim_no,
                                 .epoch_no = ++p->epoch_no,
                                 .not_before = now,
                                 .not_after = now + SB_EPOCH_MS};
    memcpy(core.directory_hash, sb_dir_hash(d), SB_HASH);
    sb_secrets_free(p->secrets);
    p->secrets = NULL;
    sb_buf_reset(&p->out[1]);
    bus_must(sb_secrets_new(&p->secrets, &own, &err), &err);
    bus_must(
        sb_epoch_make(
            &p->bus.x, p->bus.vault, &core, &readers, p->secrets, &p->out[1], &err),
        &err);
    bus_must(sb_record_read(sb_buf_bytes(&p->out[1]), &record, &err), &err);
    bus_must(sb_record_hash(p->epoch_hash, record.body, &err), &err);
    p->epoch_events = 0;
    ask(p, SB_CMD_EPOCH, record.raw, SB_KIND_EPOCH);
}

static void seal(struct publisher *p)
{
    struct sb_event event = {.stream = sb_bytes_str(BUS_STREAM),
                             .epoch_no = p->epoch_no,
                             .seq = p->seq + p->n + 1,
                             .schema_version = 1};
    struct sb_section section = {sb_bytes_str(BUS_CLASS),
                                 sb_bytes(p->payload, p->run->options.size)};
    size_t sizes[SB_CLASSES];
    struct sb_err err = {0};
    bench_stamp(p->run, p->payload + BUS_HEAD, p->sent);
    bus_must(
        sb_event_seal(p->secrets, &event, &section, &p->items, &p->cts, sizes, &err),
        &err);
    if (p->n == 0)
        p->oldest_ns = bench_now_ns();
    p->item_end[p->n] = p->items.n;
    p->ct_end[p->n++] = p->cts.n;
    p->sent++;
}

/* Items, ciphertexts and the signed record into p->out. */
static void make_batch(struct publisher *p, uint8_t hash[SB_HASH])
{
    struct sb_bytes items[SB_BATCH_EVENTS];
    struct sb_bytes cts[SB_BATCH_EVENTS];
    struct sb_cts all = {.n = 1};
    struct sb_batch batch = {.stream = sb_bytes_str(BUS_STREAM),
                             .claim_no = p->claim_no,
                             .first_seq = p->seq + 1,
                             .count = p->n,
                             .mapping = {1},
                             .sent = sb_clock_now_ms()};
    size_t item = 0;
    size_t ct = 0;
    for (size_t i = 0; i < p->n; i++) {
        items[i] = sb_bytes(p->items.p + item, p->item_end[i] - item);
        cts[i] = sb_bytes(p->cts.p + ct, p->ct_end[i] - ct);
        item = p->item_end[i];
        ct = p->ct_end[i];
    }
    all.classes[0] =
        (struct sb_class_cts){.name = sb_bytes_str(BUS_CLASS), .cts = cts, .n = p->n};
    memcpy(batch.prev, p->prev, SB_HASH);
    memcpy(batch.epoch_hash, p->epoch_hash, SB_HASH);
    sb_items_root(batch.items_root, items, p->n);
    for (size_t i = 0; i < 4; i++)
        sb_buf_reset(&p->out[i]);
    sb_batch_write(&batch, &p->out[0]);
    bus_sign(&p->bus, &p->out[0], &p->out[1], hash);
    sb_items_write(&p->out[2], items, p->n);
    sb_cts_write(&p->out[3], &all);
}

static void send_batch(struct publisher *p)
{
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    uint8_t hash[SB_HASH];
    struct sb_err err = {0};
    int rc;
    make_batch(p, hash);
    for (size_t i = 0; i < 3; i++) {
        m.payload[i] = sb_buf_bytes(&p->out[1 + i]);
        p->run->sent_bytes += m.payload[i].n;
    }
    while ((rc = sb_client_send(p->bus.client, &m, &err)) == SB_E_BUSY)
        if (!listen(p))
            bus_wait(&p->bus, 1000000);
    bus_must(rc, &err);
    memcpy(p->prev, hash, SB_HASH);
    p->seq += p->n;
    p->epoch_events += p->n;
    p->flights[p->last_flight++ % FLIGHTS] =
        (struct flight){p->seq, p->sent - p->n, p->n};
    sb_buf_reset(&p->items);
    sb_buf_reset(&p->cts);
    p->n = 0;
}

static bool is_full(const struct publisher *p)
{
    size_t one = p->n ? (p->items.n + p->cts.n) / p->n : 0;
    return p->n >= p->limit || p->items.n + p->cts.n + one > SB_BATCH_FLUSH;
}

/* Events that are due, into batches; those that are full go. True: something went. */
static bool fill(struct publisher *p)
{
    uint64_t due = bench_due(p->run, bench_now_ns(), p->sent);
    bool any = false;
    for (; due > 0; due--) {
        if (p->n == 0 && p->epoch_events + SB_BATCH_EVENTS > SB_EPOCH_EVENTS)
            new_epoch(p);
        seal(p);
        if (!is_full(p))
            continue;
        send_batch(p);
        any = true;
        (void)listen(p);
    }
    return any;
}

static bool is_time(const struct publisher *p, uint64_t now)
{
    return p->n > 0 &&
           (p->first_flight == p->last_flight || now - p->oldest_ns >= LINGER_NS ||
            bench_over(p->run, now, p->sent));
}

static void run_all(struct publisher *p)
{
    for (;;) {
        bool any = listen(p);
        any = fill(p) || any;
        uint64_t now = bench_now_ns();
        if (is_time(p, now)) {
            send_batch(p);
            any = true;
        }
        if (any) /* a send may have taken the descriptor's signal */
            continue;
        if (bench_over(p->run, now, p->sent) && p->first_flight == p->last_flight)
            return;
        uint64_t ns = bench_pause_ns(p->run, now, p->sent);
        if (p->n > 0 && p->oldest_ns + LINGER_NS - now < ns)
            ns = p->oldest_ns + LINGER_NS - now;
        if (ns > 0)
            bus_wait(&p->bus, ns);
    }
}

/* A map of one bin, `size` bytes in all. */
static void make_payload(struct publisher *p, size_t size)
{
    static const uint8_t head[] = {0x81, 0xa1, 'd', 0xc5};
    p->payload = malloc(size);
    if (!p->payload || size < BUS_HEAD + sizeof(uint64_t) || size > UINT16_MAX) {
        fputs("bench-sacbe: payloads have 14 to 65,535 bytes\n", stderr);
        exit(2);
    }
    sb_random(p->payload, size);
    memcpy(p->payload, head, sizeof head);
    p->payload[4] = (uint8_t)((size - BUS_HEAD) >> 8);
    p->payload[5] = (uint8_t)(size - BUS_HEAD);
}

uint64_t bus_publish(struct bench_run *run)
{
    static struct publisher p;
    struct sb_message welcome;
    p.run = run;
    p.arena = sb_arena_new(0);
    p.flights = calloc(FLIGHTS, sizeof *p.flights);
    p.limit =
        run->options.batch < SB_BATCH_EVENTS ? run->options.batch : SB_BATCH_EVENTS;
    make_payload(&p, run->options.size);
    bus_open(&p.bus, run->options.address, 1);
    bus_welcome(&p.bus, &welcome);
    claim(&p, &welcome);
    new_epoch(&p);
    bench_begin(run); /* not before: connecting is not timed */
    run_all(&p);
    bus_close(&p.bus);
    sb_secrets_free(p.secrets);
    sb_arena_free(p.arena);
    sb_buf_free(&p.items);
    sb_buf_free(&p.cts);
    for (size_t i = 0; i < 4; i++)
        sb_buf_free(&p.out[i]);
    free(p.flights);
    free(p.payload);
    return p.sent;
}
