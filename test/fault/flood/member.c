/* Purpose: sessions of a member that floods.
 * Invariant: every call ends within seconds.
 * Not: broker/client, which reads, waits and pings as it should. */
#include "test/fault/flood/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ANSWER_MS 2000

static void must(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "flood: SB-%d %s\n", sb_code_number(rc), err->text);
    exit(1);
}

void member_open(struct member *m, const char *folder, const char *code)
{
    char anchor[1024];
    char vault[1024];
    struct sb_err err = {0};
    m->code = code;
    m->zmq = zmq_ctx_new();
    (void)snprintf(anchor, sizeof anchor, "%s/%s/anchor.json", folder, code);
    (void)snprintf(vault, sizeof vault, "%s/%s/%s.vault", folder, code, code);
    must(sb_anchor_read(anchor, &m->anchor, &err), &err);
    sb_exchange_id(&m->exchange, sb_bytes_str(m->anchor.exchange), m->anchor.nonce);
    must(sb_vault_open(&m->vault, vault, sb_bytes(NULL, 0), &err), &err);
}

static void set(void *socket, int option, int value)
{
    (void)zmq_setsockopt(socket, option, &value, sizeof value);
}

void member_call(const struct member *m, struct caller *c)
{
    uint8_t pk[SB_PK];
    uint8_t sk[SB_PK];
    struct sb_err err = {0};
    must(sb_vault_curve(m->vault, pk, sk, &err), &err);
    c->socket = zmq_socket(m->zmq, ZMQ_DEALER);
    set(c->socket, ZMQ_LINGER, 0);
    set(c->socket, ZMQ_RCVHWM, 1);
    set(c->socket, ZMQ_RCVBUF, 4096);
    set(c->socket, ZMQ_SNDHWM, 64);
    set(c->socket, ZMQ_RCVTIMEO, ANSWER_MS);
    set(c->socket, ZMQ_IMMEDIATE, 1);
    (void)zmq_setsockopt(c->socket, ZMQ_CURVE_SERVERKEY, m->anchor.curve_pk, SB_PK);
    (void)zmq_setsockopt(c->socket, ZMQ_CURVE_PUBLICKEY, pk, SB_PK);
    (void)zmq_setsockopt(c->socket, ZMQ_CURVE_SECRETKEY, sk, SB_PK);
    sodium_memzero(sk, sizeof sk);
    if (zmq_connect(c->socket, m->anchor.address)) {
        fprintf(stderr, "flood: %s\n", zmq_strerror(zmq_errno()));
        exit(1);
    }
}

void member_close(struct caller *c)
{
    zmq_close(c->socket);
    c->socket = NULL;
}

static bool send_frames(const struct caller *c, const struct sb_message *msg, int flags)
{
    struct sb_frames f;
    struct sb_buf header = {0};
    bool sent = sb_message_write(msg, &header, &f, NULL) == 0;
    for (size_t i = 0; sent && i < f.n; i++) {
        int more = i + 1 < f.n ? ZMQ_SNDMORE : 0;
        sent = zmq_send(c->socket, f.f[i].p, f.f[i].n, flags | more) >= 0;
    }
    sb_buf_free(&header);
    return sent;
}

/* Takes messages until one of this command; its frames live in the arena. */
static bool hear(const struct caller *c,
                 enum sb_command cmd,
                 struct sb_arena *arena,
                 struct sb_message *out)
{
    for (int i = 0; i < 10000; i++) {
        struct sb_frames f = {0};
        int more = 1;
        while (more) {
            zmq_msg_t part;
            zmq_msg_init(&part);
            if (zmq_msg_recv(&part, c->socket, 0) < 0)
                return false;
            more = zmq_msg_more(&part);
            struct sb_bytes b = sb_bytes(zmq_msg_data(&part), zmq_msg_size(&part));
            if (f.n < SB_FRAMES)
                f.f[f.n++] = sb_arena_dup(arena, b);
            zmq_msg_close(&part);
        }
        if (sb_message_read(&f, arena, out, NULL) != 0)
            return false;
        if (out->cmd == cmd || out->cmd == SB_CMD_REFUSED)
            return out->cmd == cmd;
    }
    return false;
}

static bool prove(const struct member *m,
                  const struct caller *c,
                  const struct sb_message *challenge)
{
    uint8_t said[2 * SB_PK + SB_CHALLENGE_NONCE];
    struct sb_message p = {.cmd = SB_CMD_PROVE};
    struct sb_vault_key sign;
    struct sb_vault_key curve;
    if (!sb_vault_newest(m->vault, SB_USE_SIGN, &sign) ||
        !sb_vault_newest(m->vault, SB_USE_CURVE, &curve))
        return false;
    memcpy(said, m->anchor.curve_pk, SB_PK);
    memcpy(said + SB_PK, curve.pk, SB_PK);
    memcpy(said + 2 * SB_PK, challenge->as.challenge.nonce, SB_CHALLENGE_NONCE);
    memcpy(p.as.prove.key_id, sign.key_id, SB_KEY_ID);
    return sb_sign_bytes(&m->exchange,
                         m->vault,
                         sign.key_id,
                         "sacbe/prove/1",
                         sb_bytes(said, sizeof said),
                         p.as.prove.sig,
                         NULL) == 0 &&
           send_frames(c, &p, 0);
}

bool member_enter(const struct member *m, struct caller *c)
{
    struct sb_message hello = {.cmd = SB_CMD_HELLO};
    struct sb_message heard;
    struct sb_arena *arena = sb_arena_new(0);
    hello.as.hello.institution = sb_bytes_str(m->code);
    hello.as.hello.role = sb_bytes_str("adapter");
    hello.as.hello.version = sb_bytes_str("flood");
    hello.as.hello.revisions = sb_revisions;
    bool here = arena && send_frames(c, &hello, 0) &&
                hear(c, SB_CMD_CHALLENGE, arena, &heard) && prove(m, c, &heard) &&
                hear(c, SB_CMD_WELCOME, arena, &heard);
    if (here)
        memcpy(c->session, heard.session, SB_SESSION);
    sb_arena_free(arena);
    return here;
}

bool member_say(const struct caller *c, struct sb_message *msg)
{
    memcpy(msg->session, c->session, SB_SESSION);
    return send_frames(c, msg, ZMQ_DONTWAIT);
}
