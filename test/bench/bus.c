/* Purpose: a session of one institution, with what an adapter says besides events.
 * Invariant: nothing goes on after a refusal or a lost session: a run that has them
 * measures nothing.
 * Not: events (bus_publish.c, bus_read.c). */
#include "test/bench/bus.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "broker/host/clock.h"

#define WELCOME_MS 30000u

void bus_must(int rc, const struct sb_err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "bench-sacbe: SB-%d %s\n", sb_code_number(rc), err->text);
    exit(1);
}

static void open_files(struct bus *b, const char *folder, unsigned number)
{
    char path[1024];
    struct sb_err err = {0};
    snprintf(b->code, sizeof b->code, "m%04u", number);
    snprintf(path, sizeof path, "%s/%s/anchor.json", folder, b->code);
    bus_must(sb_anchor_read(path, &b->anchor, &err), &err);
    sb_exchange_id(&b->x, sb_bytes_str(b->anchor.exchange), b->anchor.nonce);
    snprintf(path, sizeof path, "%s/%s/%s.vault", folder, b->code, b->code);
    bus_must(sb_vault_open(&b->vault, path, sb_bytes(NULL, 0), &err), &err);
    bus_must(sb_trust_new(&b->trust, &b->anchor, &err), &err);
    snprintf(path, sizeof path, "%s/broker/directory-1.sbd", folder);
    bus_must(sb_trust_add_file(b->trust, path, &err), &err);
    if (!sb_vault_newest(b->vault, SB_USE_SIGN, &b->sign))
        bus_must(sb_fail(&err, SB_E_NO_KEY, "%s cannot sign", b->code), &err);
}

void bus_open(struct bus *b, const char *folder, unsigned number)
{
    struct sb_err err = {0};
    const char *tmp = getenv("TMPDIR");
    *b = (struct bus){.code = ""};
    (void)snprintf(
        b->state, sizeof b->state, "%s/bench-sacbe-XXXXXX", tmp ? tmp : "/tmp");
    bus_must(sb_keys_init(&err), &err);
    open_files(b, folder, number);
    if (!mkdtemp(b->state))
        bus_must(sb_fail_os(&err, errno, "%s", b->state), &err);
    bus_must(
        sb_witness_open(&b->witness, b->state, sb_bytes_str(b->code), b->vault, &err),
        &err);
    bus_must(sb_round_new(&b->round, b->witness, SB_ROUND_AGAIN_MS, &err), &err);
    b->config = (struct sb_client_config){.address = b->anchor.address,
                                          .server_pk = b->anchor.curve_pk,
                                          .institution = b->code,
                                          .role = "adapter",
                                          .vault = b->vault,
                                          .exchange = &b->x};
    bus_must(sb_client_open(&b->client, &b->config, &err), &err);
    sb_client_directory(b->client, 1);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void bus_close(struct bus *b)
{
    sb_client_close(b->client);
    sb_round_free(b->round);
    sb_witness_close(b->witness);
    sb_trust_free(b->trust);
    sb_vault_free(b->vault);
    (void)nftw(b->state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void bus_welcome(struct bus *b, struct sb_message *out)
{
    struct sb_err err = {0};
    uint64_t until = sb_clock_mono_ms() + WELCOME_MS;
    do {
        int rc = sb_client_next(b->client, 100, out, &err);
        bus_must(rc, &err);
        if (rc == 1 && out->cmd == SB_CMD_WELCOME) {
            sb_round_begin(b->round);
            return;
        }
        if (sb_client_refusal(b->client, &err))
            bus_must(err.code, &err);
    } while (sb_clock_mono_ms() < until);
    bus_must(sb_fail(&err, SB_E_NO_CONNECTION, "%s: no broker", b->anchor.address),
             &err);
}

void bus_place(const struct sb_message *welcome, struct bus_place *out)
{
    *out = (struct bus_place){0};
    for (size_t i = 0; i < welcome->as.welcome.n_streams; i++) {
        const struct sb_own_stream *s = &welcome->as.welcome.streams[i];
        if (!sb_bytes_is(s->stream, BUS_STREAM))
            continue;
        *out = (struct bus_place){s->claim_no, s->epoch_no, s->last_seq, {0}};
        memcpy(out->hash, s->last_hash, SB_HASH);
    }
}

int bus_next(struct bus *b, int timeout_ms, struct sb_message *out)
{
    struct sb_err err = {0};
    int rc = sb_client_next(b->client, timeout_ms, out, &err);
    bus_must(rc, &err);
    if (sb_client_state(b->client) != SB_CLIENT_HERE)
        bus_must(sb_fail(&err, SB_E_NO_CONNECTION, "%s lost its session", b->code),
                 &err);
    if (rc == 1 && out->cmd == SB_CMD_REFUSED)
        bus_must(sb_fail(&err,
                         sb_code_from_number((long)out->as.refused.code),
                         "%s was refused at %llu",
                         b->code,
                         (unsigned long long)out->as.refused.expected),
                 &err);
    if (rc == 1 && out->cmd == SB_CMD_CHECKPOINT)
        bus_must(
            sb_round_take(b->round, b->trust, out, sb_clock_now_ms(), &b->answer, &err),
            &err);
    return rc;
}

void bus_round(struct bus *b, uint64_t index)
{
    struct sb_message m;
    struct sb_err err = {0};
    uint64_t mono = sb_clock_mono_ms();
    if (!sb_round_due(b->round, mono))
        return;
    bus_must(sb_round_ask(b->round, b->trust, &index, index ? 1 : 0, &m, &err), &err);
    bus_send(b, &m);
    (void)sb_round_asked(b->round, mono);
}

void bus_send(struct bus *b, const struct sb_message *m)
{
    struct sb_err err = {0};
    int rc;
    while ((rc = sb_client_send(b->client, m, &err)) == SB_E_BUSY)
        bus_wait(b, 1000000);
    bus_must(rc, &err);
}

void bus_say(struct bus *b, enum sb_command cmd, struct sb_bytes record)
{
    struct sb_message m = {.cmd = cmd, .n_payload = 1};
    m.payload[0] = record;
    bus_send(b, &m);
}

void bus_sign(struct bus *b,
              const struct sb_buf *body,
              struct sb_buf *record,
              uint8_t hash[SB_HASH])
{
    struct sb_err err = {0};
    bus_must(sb_buf_check(body, &err), &err);
    bus_must(sb_record_hash(hash, sb_buf_bytes(body), &err), &err);
    bus_must(sb_sign_record(
                 &b->x, b->vault, b->sign.key_id, sb_buf_bytes(body), record, &err),
             &err);
}

void bus_wait(struct bus *b, uint64_t ns)
{
    struct pollfd p = {.fd = sb_client_fd(b->client), .events = POLLIN};
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u),
                         .tv_nsec = (long)(ns % 1000000000u)};
    (void)ppoll(&p, 1, &t, NULL);
}
