/* Purpose: messages with every field in use. Form only: nothing in them is signed. */
#include "test/fuzz/message_seeds.h"

#define STREAM_A sb_bytes_str("pnc/comun.alerta")
#define STREAM_B sb_bytes_str("pnc/interior.hecho_transito/2")

static const uint8_t path[3][SB_HASH] = {{1}, {2}, {3}};

static void session(struct message_seed *s)
{
    struct sb_message *m = &s->m;
    if (m->cmd == SB_CMD_HELLO) {
        m->as.hello.institution = sb_bytes_str("pnc");
        m->as.hello.role = sb_bytes_str("adapter");
        m->as.hello.version = sb_bytes_str("0.1.0");
        m->as.hello.directory_version = 3;
    } else if (m->cmd == SB_CMD_WELCOME) {
        s->streams[0] = (struct sb_own_stream){STREAM_A, 2, {5}, 300, {6}, 3, {7}};
        s->streams[1] = (struct sb_own_stream){.stream = STREAM_B};
        m->as.welcome.generation = 2;
        m->as.welcome.directory_version = 4;
        m->as.welcome.event_max = SB_EVENT_MAX;
        m->as.welcome.batch_max = SB_BATCH_MAX;
        m->as.welcome.tree_size = 70000;
        m->as.welcome.streams = s->streams;
        m->as.welcome.n_streams = 2;
    } else if (m->cmd == SB_CMD_STORED) {
        m->as.stored.kind = SB_KIND_BATCH;
        m->as.stored.stream = STREAM_A;
        m->as.stored.number = 300;
        m->as.stored.index = 70000;
    } else if (m->cmd == SB_CMD_REFUSED) {
        m->as.refused.kind = SB_KIND_BATCH;
        m->as.refused.stream = STREAM_A;
        m->as.refused.code = 523;
        m->as.refused.expected = 1500;
    }
}

static void delivery(struct message_seed *s)
{
    struct sb_message *m = &s->m;
    s->heads[0] = (struct sb_head){STREAM_A, 300, {4}};
    s->heads[1] = (struct sb_head){STREAM_B, 1, {5}};
    if (m->cmd == SB_CMD_SUBSCRIBE) {
        s->texts[0] = sb_bytes_str("comun.alerta");
        s->texts[1] = sb_bytes_str("interior.hecho_transito");
        m->as.subscribe.name = sb_bytes_str("main");
        m->as.subscribe.types = (struct sb_codes){s->texts, 2};
        m->as.subscribe.cursors = (struct sb_heads){s->heads, 2};
    } else if (m->cmd == SB_CMD_CREDIT) {
        m->as.credit.name = sb_bytes_str("main");
        m->as.credit.entries = 64;
        m->as.credit.bytes = SB_MIB;
    } else if (m->cmd == SB_CMD_APPLIED) {
        m->as.applied.name = sb_bytes_str("main");
        m->as.applied.heads = (struct sb_heads){s->heads, 2};
    }
}

static void checkpoint(struct message_seed *s)
{
    struct sb_message *m = &s->m;
    s->proved[0] = (struct sb_proved){7, path, 2};
    s->proved[1] = (struct sb_proved){UINT64_MAX, path + 1, 1};
    s->own[0] =
        (struct sb_own_proof){STREAM_A, 3, {9}, 300, 7, sb_bytes_str("leaf data")};
    s->own[1] = (struct sb_own_proof){.stream = STREAM_B};
    m->as.checkpoint.seen = 70000;
    m->as.checkpoint.path = path;
    m->as.checkpoint.n_path = 3;
    m->as.checkpoint.proved = s->proved;
    m->as.checkpoint.n_proved = 2;
    m->as.checkpoint.own = s->own;
    m->as.checkpoint.n_own = 2;
}

static void fetched(struct message_seed *s)
{
    struct sb_message *m = &s->m;
    m->as.fetched.stream = STREAM_A;
    m->as.fetched.seq = 12;
    m->as.fetched.index = 40;
    m->as.fetched.path = path;
    m->as.fetched.n_path = 3;
    m->as.fetched.epoch_index = 2;
    m->as.fetched.epoch_leaf = sb_bytes_str("leaf data");
    m->as.fetched.epoch_record = sb_bytes_str("a record");
    m->as.fetched.epoch_path = path + 1;
    m->as.fetched.n_epoch_path = 2;
    m->as.fetched.note = sb_bytes_str("sns/journal/1\n");
    m->as.fetched.withdrawals = s->texts;
    m->as.fetched.n_withdrawals = 2;
}

static void evidence(struct message_seed *s)
{
    struct sb_message *m = &s->m;
    s->texts[0] = sb_bytes_str("first withdrawal");
    s->texts[1] = sb_bytes_str("second withdrawal");
    if (m->cmd == SB_CMD_COSIGN) {
        s->indices[1] = 200;
        s->indices[2] = UINT64_MAX;
        m->as.cosign.seen = 5;
        m->as.cosign.indices = s->indices;
        m->as.cosign.n_indices = 3;
    } else if (m->cmd == SB_CMD_CHECKPOINT) {
        checkpoint(s);
    } else if (m->cmd == SB_CMD_ENTRY) {
        m->as.entry.name = sb_bytes_str("main");
        m->as.entry.index = 70000;
        m->as.entry.withdrawals = s->texts;
        m->as.entry.n_withdrawals = 2;
    } else if (m->cmd == SB_CMD_FETCH) {
        m->as.fetch.stream = STREAM_A;
        m->as.fetch.seq = 12;
    } else if (m->cmd == SB_CMD_FETCHED) {
        fetched(s);
    }
}

void message_seed(enum sb_command cmd, struct message_seed *out)
{
    *out = (struct message_seed){.m = {.cmd = cmd, .session = {1, 2, 3}}};
    out->m.n_payload = sb_message_payloads(cmd);
    for (size_t i = 0; i < out->m.n_payload; i++)
        out->m.payload[i] = sb_bytes_str("payload");
    session(out);
    delivery(out);
    evidence(out);
}
