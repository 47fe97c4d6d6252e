/* Purpose: a reader: subscribed from a cursor, verifying and opening every event.
 * Invariant: an event counts only once its batch's leaf, signature, claim, chain and
 * joins have held, and its ciphertext has opened: what an adapter checks, too.
 * Not: an institution's database; the peers' readers have none either. */
#include <stdlib.h>
#include <unistd.h>

#include "broker/host/clock.h"
#include "keys/seal.h"
#include "keys/tree.h"
#include "test/bench/bus.h"

#define NAME "bench"
#define CREDIT_ENTRIES 64u
#define CREDIT_BYTES (8u * SB_MIB)
#define APPLIED_MS 20u
#define RECEIPT_MS 60000u
#define BEGINS_POLL_US 1000

struct reader {
    struct bus bus;
    const struct bench_run *run;
    struct bench_reader *out;
    unsigned number;
    struct sb_arena *arena; /* of one batch */
    struct sb_arena *kept;  /* of the epoch in force */
    struct sb_epoch epoch;
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets;
    uint64_t claim_no;
    uint64_t seq; /* of the newest event */
    uint8_t hash[SB_HASH];
    uint64_t owed_entries;
    uint64_t owed_bytes;
    uint64_t applied_seq; /* as told */
    uint64_t applied_ms;
    uint64_t receipt_ms; /* 0: none yet */
    struct {             /* the batch whose proof is asked for; seq 0: none */
        uint64_t seq;
        uint64_t index;
        uint8_t hash[SB_HASH];
        uint8_t leaf[SB_HASH];
    } newest, awaited;
    struct sb_buf plain;
};

static void refuse(const struct reader *r, const char *what)
{
    struct sb_err err = {0};
    bus_must(sb_fail(&err, SB_E_JOIN, "%s: %s", r->bus.code, what), &err);
}

static void give_credit(struct reader *r, uint64_t entries, uint64_t bytes)
{
    struct sb_message m = {.cmd = SB_CMD_CREDIT};
    m.as.credit.name = sb_bytes_str(NAME);
    m.as.credit.entries = entries;
    m.as.credit.bytes = bytes;
    bus_send(&r->bus, &m);
}

static void subscribe(struct reader *r, const struct bus_place *from)
{
    struct sb_bytes types[] = {sb_bytes_str(BUS_TYPE)};
    struct sb_head cursor = {.stream = sb_bytes_str(BUS_STREAM), .seq = from->seq};
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(cursor.batch_hash, from->hash, SB_HASH);
    m.as.subscribe.name = sb_bytes_str(NAME);
    m.as.subscribe.types = (struct sb_codes){types, 1};
    m.as.subscribe.cursors = (struct sb_heads){&cursor, from->seq ? 1 : 0};
    bus_send(&r->bus, &m);
    give_credit(r, CREDIT_ENTRIES, CREDIT_BYTES);
    r->seq = r->applied_seq = from->seq;
    memcpy(r->hash, from->hash, SB_HASH);
}

static void take_epoch(struct reader *r, struct sb_bytes body, const uint8_t *hash)
{
    struct sb_err err = {0};
    sb_arena_reset(r->kept);
    struct sb_bytes mine = sb_arena_dup(r->kept, body);
    bus_must(sb_epoch_read(mine, r->kept, &r->epoch, &err), &err);
    memcpy(r->epoch_hash, hash, SB_HASH);
    sb_secrets_free(r->secrets);
    r->secrets = NULL;
    bus_must(sb_epoch_open(
                 r->bus.vault, &r->epoch, sb_bytes_str(r->bus.code), &r->secrets, &err),
             &err);
}

struct opening {
    struct reader *r;
    const struct sb_bytes *cts;
};

static int
open_event(void *ctx, size_t i, const struct sb_item *item, struct sb_err *err)
{
    struct opening *o = ctx;
    struct reader *r = o->r;
    sb_buf_reset(&r->plain);
    int rc = sb_event_open(r->secrets, item, 0, o->cts[i], &r->plain, err);
    if (rc)
        return rc;
    if (r->plain.n != r->run->options.size)
        refuse(r, "a payload of another size");
    bench_got(r->out, r->plain.p + BUS_HEAD);
    return 0;
}

static void take_batch(struct reader *r,
                       const struct sb_message *m,
                       const struct sb_record *record,
                       const uint8_t *hash)
{
    struct sb_batch b;
    struct sb_bytes *items = NULL;
    struct sb_cts cts;
    size_t n = 0;
    struct sb_err err = {0};
    bus_must(sb_batch_read(record->body, &b, &err), &err);
    if (b.claim_no != r->claim_no || b.first_seq != r->seq + 1 ||
        memcmp(b.prev, r->hash, SB_HASH) != 0 ||
        memcmp(b.epoch_hash, r->epoch_hash, SB_HASH) != 0)
        refuse(r, "a batch out of its place");
    bus_must(sb_items_read(m->payload[2], r->arena, &items, &n, &err), &err);
    bus_must(sb_cts_read(m->payload[3], r->arena, &cts, &err), &err);
    if (cts.n != 1 || cts.classes[0].n != n)
        refuse(r, "ciphertexts are missing");
    const struct sb_join join = {&b, &r->epoch, items, n};
    struct opening o = {r, cts.classes[0].cts};
    bus_must(sb_batch_items(&join, open_event, &o, &err), &err);
    r->seq += n;
    memcpy(r->hash, hash, SB_HASH);
    r->newest.seq = r->seq;
    r->newest.index = m->as.entry.index;
    memcpy(r->newest.hash, hash, SB_HASH);
    sb_tree_leaf(r->newest.leaf, m->payload[0]);
}

static void take_entry(struct reader *r, const struct sb_message *m)
{
    struct sb_entry leaf;
    struct sb_record record;
    struct sb_claim claim;
    uint8_t whole[SB_HASH];
    uint8_t hash[SB_HASH];
    struct sb_err err = {0};
    const struct sb_dir *d = sb_trust_newest(r->bus.trust);
    sb_arena_reset(r->arena);
    bus_must(sb_entry_read(m->payload[0], &leaf, &err), &err);
    sb_sha256(whole, m->payload[1]);
    if (memcmp(whole, leaf.record_hash, SB_HASH) != 0)
        refuse(r, "a leaf of another record");
    bus_must(sb_record_read(m->payload[1], &record, &err), &err);
    bus_must(sb_record_hash(hash, record.body, &err), &err);
    bus_must(sb_dir_verify(
                 r->bus.trust, d, sb_bytes_str("m0001"), &record, leaf.stored_ms, &err),
             &err);
    if (leaf.kind == SB_KIND_CLAIM) {
        bus_must(sb_claim_read(record.body, &claim, &err), &err);
        r->claim_no = claim.claim_no;
    } else if (leaf.kind == SB_KIND_EPOCH) {
        take_epoch(r, record.body, hash);
    } else if (leaf.kind == SB_KIND_BATCH) {
        take_batch(r, m, &record, hash);
    }
    r->owed_entries++;
    for (size_t i = 0; i < m->n_payload; i++)
        r->owed_bytes += m->payload[i].n;
}

/* Credit again when half of it is used, or when nothing more waits. */
static void renew_credit(struct reader *r, bool drained)
{
    bool much =
        r->owed_entries >= CREDIT_ENTRIES / 2 || r->owed_bytes >= CREDIT_BYTES / 2;
    if (r->owed_entries == 0 || (!much && !drained))
        return;
    give_credit(r, r->owed_entries, r->owed_bytes);
    r->owed_entries = r->owed_bytes = 0;
}

static void say_applied(struct reader *r)
{
    uint64_t mono = sb_clock_mono_ms();
    struct sb_head head = {.stream = sb_bytes_str(BUS_STREAM), .seq = r->seq};
    struct sb_message m = {.cmd = SB_CMD_APPLIED};
    if (r->seq == r->applied_seq || mono - r->applied_ms < APPLIED_MS)
        return;
    memcpy(head.batch_hash, r->hash, SB_HASH);
    m.as.applied.name = sb_bytes_str(NAME);
    m.as.applied.heads = (struct sb_heads){&head, 1};
    bus_send(&r->bus, &m);
    r->applied_seq = r->seq;
    r->applied_ms = mono;
}

/* A receipt, once the inclusion of what was awaited is proved. */
static void say_receipt(struct reader *r, const struct sb_message *checkpoint)
{
    struct sb_head head = {.stream = sb_bytes_str(BUS_STREAM), .seq = r->awaited.seq};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH];
    struct sb_err err = {0};
    if (!r->bus.answer.proved || r->awaited.seq == 0)
        return;
    int rc = sb_round_entry(
        &r->bus.answer, checkpoint, r->awaited.index, r->awaited.leaf, &err);
    bus_must(rc, &err);
    if (rc != 1)
        return;
    struct sb_receipt said = {.reader = sb_bytes_str(r->bus.code),
                              .subscription = sb_bytes_str(NAME),
                              .heads = {&head, 1},
                              .tree_size = r->bus.answer.checkpoint.size,
                              .time = sb_clock_now_ms()};
    memcpy(head.batch_hash, r->awaited.hash, SB_HASH);
    memcpy(said.root, r->bus.answer.checkpoint.root, SB_HASH);
    sb_receipt_write(&said, &body);
    bus_sign(&r->bus, &body, &record, hash);
    bus_say(&r->bus, SB_CMD_RECEIPT, sb_buf_bytes(&record));
    sb_buf_free(&body);
    sb_buf_free(&record);
    r->awaited.seq = 0;
    r->receipt_ms = sb_clock_mono_ms();
}

static void rounds(struct reader *r)
{
    uint64_t mono = sb_clock_mono_ms();
    bool due = r->receipt_ms == 0 || mono - r->receipt_ms >= RECEIPT_MS;
    if (due && r->awaited.seq == 0)
        r->awaited = r->newest;
    bus_round(&r->bus, r->awaited.seq ? r->awaited.index : 0);
}

static void read_all(struct reader *r)
{
    struct sb_message m;
    while (!bench_complete(r->run, r->number)) {
        int rc = bus_next(&r->bus, r->out->delivered < r->run->published ? 50 : 0, &m);
        if (rc == 1 && m.cmd == SB_CMD_ENTRY)
            take_entry(r, &m);
        else if (rc == 1 && m.cmd == SB_CMD_CHECKPOINT)
            say_receipt(r, &m);
        renew_credit(r, rc != 1);
        say_applied(r);
        rounds(r);
    }
}

void bus_read(struct bench_run *run, unsigned number, const struct bus_place *from)
{
    static struct reader r;
    struct sb_message welcome;
    r.run = run;
    r.out = &run->reader[number];
    r.number = number;
    r.arena = sb_arena_new(0);
    r.kept = sb_arena_new(0);
    bus_open(&r.bus, run->options.address, 2 + number);
    bus_welcome(&r.bus, &welcome);
    subscribe(&r, from);
    bench_ready(r.out);
    read_all(&r);
    bus_close(&r.bus);
    sb_secrets_free(r.secrets);
    sb_arena_free(r.arena);
    sb_arena_free(r.kept);
    sb_buf_free(&r.plain);
}
