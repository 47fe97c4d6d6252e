/* Purpose: keep one session with the broker alive and pass its messages through.
 * Invariant: a message given to the caller belongs to the session that it holds.
 * Not: what the messages mean to an adapter; no thread of its own. */
#include "broker/client/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/client/link.h"
#include "broker/host/clock.h"
#include "keys/hash.h"

#define PING_MS 5000u
#define SILENCE_MS 15000u /* then the session counts as lost */
#define DEAF_MS 30000u /* and then the connection, whatever the system thinks of it */
#define HELLO_MS 5000u /* an answer to HELLO or PROVE is waited for as long */
#define BUSY_MS 50u    /* the connection is up but takes nothing yet */
#define RETRY_MIN_MS 250u /* after a refusal: doubled each time */
#define RETRY_MAX_MS 30000u
#define HOLD_MAX_MS 3600000u /* that a broker may ask us to stay away */

struct sb_client {
    struct sb_client_config config;
    struct sb_link *link;
    struct sb_arena *arena; /* of the message that was given last */
    struct sb_buf header;
    enum sb_client_state state;
    bool up;    /* the connection's handshake succeeded */
    bool plain; /* HELLO goes in the form of revision 1: the broker knows no other */
    bool newer; /* the broker speaks revisions that we do not know */
    uint64_t revision;             /* of the session, or of the last one */
    char version[SB_CODE_MAX + 1]; /* of the broker, as it said */
    bool renew;                    /* the socket has given up: a new one at retry_ms */
    uint8_t session[SB_SESSION];
    uint64_t directory;
    uint64_t hello_ms; /* monotonic: when HELLO may go (again) */
    uint64_t held_ms;  /* monotonic: the broker asked for none before */
    uint64_t heard_ms;
    uint64_t said_ms;
    uint64_t asked_ms; /* the first PING or HELLO since anything was heard; 0: none */
    uint64_t retry_ms; /* monotonic: when to renew the socket */
    uint64_t backoff;
    struct sb_err refusal;
};

int sb_client_open(struct sb_client **out,
                   const struct sb_client_config *config,
                   struct sb_err *err)
{
    struct sb_client *c = calloc(1, sizeof *c);
    if (!c)
        return sb_fail(err, SB_E_MEMORY, "client");
    c->config = *config;
    c->backoff = RETRY_MIN_MS;
    c->arena = sb_arena_new(0);
    int rc = c->arena ? 0 : sb_fail(err, SB_E_MEMORY, "client");
    if (!rc)
        rc = sb_link_open(
            &c->link, config->address, config->server_pk, config->vault, err);
    if (rc) {
        sb_client_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

static int send_message(struct sb_client *c, struct sb_message *m, struct sb_err *err)
{
    struct sb_frames frames;
    memcpy(m->session, c->session, SB_SESSION);
    sb_buf_reset(&c->header);
    int rc = sb_message_write(m, &c->header, &frames, err);
    if (!rc)
        rc = sb_link_send(c->link, &frames, err);
    if (!rc)
        c->said_ms = sb_clock_mono_ms();
    return rc;
}

void sb_client_close(struct sb_client *c)
{
    if (!c)
        return;
    if (c->state == SB_CLIENT_HERE) {
        struct sb_message bye = {.cmd = SB_CMD_BYE};
        int rc = send_message(c, &bye, NULL);
        (void)rc; /* the broker finds out by silence */
    }
    sb_link_close(c->link);
    sb_arena_free(c->arena);
    sb_buf_free(&c->header);
    free(c);
}

void sb_client_directory(struct sb_client *c, uint64_t version)
{
    c->directory = version;
}

enum sb_client_state sb_client_state(const struct sb_client *c)
{
    return c->state;
}

int sb_client_refusal(const struct sb_client *c, struct sb_err *why)
{
    if (c->refusal.code && why)
        *why = c->refusal;
    return c->refusal.code;
}

uint64_t sb_client_again_ms(const struct sb_client *c)
{
    return c->state == SB_CLIENT_HERE ? 0 : c->hello_ms;
}

int sb_client_fd(const struct sb_client *c)
{
    return sb_link_fd(c->link);
}

uint64_t sb_client_revision(const struct sb_client *c)
{
    return c->revision;
}

const char *sb_client_broker_version(const struct sb_client *c)
{
    return c->version;
}

/* The session is lost; HELLO may go at `hello_ms`. */
static void lose(struct sb_client *c, uint64_t hello_ms)
{
    c->state = SB_CLIENT_AWAY;
    memset(c->session, 0, SB_SESSION);
    c->hello_ms = hello_ms > c->held_ms ? hello_ms : c->held_ms;
}

/* Half to all of the present wait, which then doubles. */
static uint64_t back_off(struct sb_client *c)
{
    uint64_t wait = c->backoff / 2 + randombytes_uniform((uint32_t)c->backoff / 2 + 1);
    c->backoff = c->backoff * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : c->backoff * 2;
    return wait;
}

/* `wait_ms`: how long the broker asks us to stay away, at least; 0: it does not say. */
static void refuse(struct sb_client *c, int code, uint64_t wait_ms, uint64_t now)
{
    const char *name = sb_code_name(code);
    uint64_t wait = wait_ms < HOLD_MAX_MS ? wait_ms : HOLD_MAX_MS;
    c->held_ms = now + wait;
    lose(c, now + back_off(c));
    c->state = SB_CLIENT_REFUSED;
    c->plain = false; /* it may be another broker by then */
    (void)sb_fail(&c->refusal,
                  code,
                  "the broker refuses %s: %s (sacbe explain SB-%d)",
                  c->config.institution,
                  name ? name : "an unknown reason",
                  sb_code_number(code));
}

/* `newest` of the broker. */
static void refuse_skew(struct sb_client *c, uint64_t newest, uint64_t now)
{
    refuse(c, SB_E_VERSION_SKEW, 0, now);
    (void)sb_fail(
        &c->refusal,
        SB_E_VERSION_SKEW,
        "this program, version %s, speaks protocol revisions %llu to %llu, the "
        "broker's newest is %llu: more than one release apart",
        SB_VERSION,
        (unsigned long long)sb_revisions.oldest,
        (unsigned long long)sb_revisions.newest,
        (unsigned long long)newest);
}

/* A broker of the release before revision 2 takes our HELLO for malformed. */
static bool try_plain(struct sb_client *c, int code, uint64_t now)
{
    if (code != SB_E_MALFORMED || c->plain || c->state == SB_CLIENT_HERE ||
        sb_revisions.oldest > 1 || sb_revisions.newest < 2)
        return false;
    c->plain = true;
    lose(c, now);
    return true;
}

static int hello(struct sb_client *c, uint64_t now, struct sb_err *err)
{
    struct sb_message m = {.cmd = SB_CMD_HELLO};
    m.as.hello.institution = sb_bytes_str(c->config.institution);
    m.as.hello.role = sb_bytes_str(c->config.role);
    m.as.hello.version = sb_bytes_str(SB_VERSION);
    m.as.hello.directory_version = c->directory;
    if (!c->plain)
        m.as.hello.revisions = sb_revisions;
    int rc = send_message(c, &m, err);
    if (!c->asked_ms)
        c->asked_ms = now;
    c->hello_ms = now + (rc ? BUSY_MS : HELLO_MS); /* then tried again */
    return rc == SB_E_BUSY ? 0 : rc;
}

static int
prove(struct sb_client *c, const struct sb_message *challenge, struct sb_err *err)
{
    uint8_t said[2 * SB_PK + SB_CHALLENGE_NONCE];
    struct sb_message m = {.cmd = SB_CMD_PROVE};
    struct sb_vault_key sign;
    if (!sb_vault_newest(c->config.vault, SB_USE_SIGN, &sign))
        return sb_fail(err, SB_E_NO_KEY, "the vault has no key to sign with");
    memcpy(said, c->config.server_pk, SB_PK);
    memcpy(said + SB_PK, sb_link_pk(c->link), SB_PK);
    memcpy(said + 2 * SB_PK, challenge->as.challenge.nonce, SB_CHALLENGE_NONCE);
    memcpy(m.as.prove.key_id, sign.key_id, SB_KEY_ID);
    int rc = sb_sign_bytes(c->config.exchange,
                           c->config.vault,
                           sign.key_id,
                           "sacbe/prove/1",
                           sb_bytes(said, sizeof said),
                           m.as.prove.sig,
                           err);
    if (!rc)
        rc = send_message(c, &m, err);
    return rc == SB_E_BUSY ? 0 : rc;
}

static void welcome(struct sb_client *c, const struct sb_message *m)
{
    c->revision = m->as.welcome.revision;
    c->newer = m->as.welcome.newest > sb_revisions.newest;
    snprintf(c->version, sizeof c->version, "%.*s", SB_FMT(m->as.welcome.version));
    c->state = SB_CLIENT_HERE;
    c->backoff = RETRY_MIN_MS;
    c->held_ms = 0;
    c->refusal = (struct sb_err){0};
    memcpy(c->session, m->session, SB_SESSION);
}

/* A refusal of the session itself; one of a stream's cursor is the caller's. */
static bool ends_session(const struct sb_message *m)
{
    return m->cmd == SB_CMD_REFUSED && m->as.refused.kind == 0 &&
           m->as.refused.stream.n == 0;
}

/* 1: the message is the caller's; 0: it was for us. */
static int handle(struct sb_client *c, struct sb_message *m, struct sb_err *err)
{
    static const uint8_t none[SB_SESSION];
    uint64_t now = sb_clock_mono_ms();
    bool ours = memcmp(m->session, c->session, SB_SESSION) == 0;
    bool outside = memcmp(m->session, none, SB_SESSION) == 0;
    c->heard_ms = now;
    c->asked_ms = 0;
    if (m->cmd == SB_CMD_WELCOME) {
        if (m->as.welcome.revision < sb_revisions.oldest) {
            refuse_skew(c, m->as.welcome.newest, now);
            return 0;
        }
        welcome(c, m);
        return 1;
    }
    if (!ours && !outside)
        return 0;
    if (m->cmd == SB_CMD_CHALLENGE)
        return c->state == SB_CLIENT_HERE ? 0 : prove(c, m, err);
    if (m->cmd == SB_CMD_WHO) {
        if (c->state == SB_CLIENT_HERE)
            lose(c, now);
        return 0;
    }
    if (ends_session(m)) {
        int code = sb_code_from_number((long)m->as.refused.code);
        if (try_plain(c, code, now))
            return 0;
        if (code == SB_E_VERSION_SKEW)
            refuse_skew(c, m->as.refused.expected, now);
        else
            refuse(c,
                   code ? code : SB_E_REMOTE,
                   code == SB_E_QUOTA ? m->as.refused.expected : 0,
                   now);
        return 0;
    }
    return c->state == SB_CLIENT_HERE && ours && m->cmd != SB_CMD_PONG;
}

/* A malformed message of the broker costs us the session, as ours would there. */
static int take(struct sb_client *c, struct sb_message *out, struct sb_err *err)
{
    struct sb_frames frames;
    int rc;
    while ((rc = sb_link_take(c->link, &frames, err)) == 1) {
        struct sb_message m;
        sb_arena_reset(c->arena);
        rc = sb_message_read(&frames, c->arena, &m, NULL);
        if (rc == SB_E_MEMORY)
            return sb_fail(err, rc, "client");
        if (rc == SB_E_VERSION_SKEW && c->newer)
            continue;
        if (rc) {
            lose(c, sb_clock_mono_ms() + HELLO_MS);
            continue;
        }
        rc = handle(c, &m, err);
        if (rc == 1)
            *out = m;
        if (rc)
            return rc;
    }
    return rc;
}

static void take_events(struct sb_client *c, uint64_t now)
{
    enum sb_link_event e;
    while ((e = sb_link_event(c->link)) != SB_LINK_NONE) {
        c->up = e == SB_LINK_UP;
        if (e == SB_LINK_UP) {
            c->plain = false;
            c->heard_ms = now;
            c->renew = false;
            lose(c, now);
            continue;
        }
        if (c->state == SB_CLIENT_HERE)
            lose(c, now);
        if (e == SB_LINK_REFUSED)
            refuse(c, SB_E_CURVE_UNKNOWN, 0, now);
        if ((e == SB_LINK_REFUSED || e == SB_LINK_FAILED) && !c->renew) {
            c->renew = true;
            c->retry_ms = now + back_off(c);
        }
    }
}

static int keep_alive(struct sb_client *c, uint64_t now, struct sb_err *err)
{
    struct sb_message ping = {.cmd = SB_CMD_PING};
    if (c->renew && !c->up && now >= c->retry_ms) {
        c->renew = false;
        return sb_link_renew(c->link, err);
    }
    /* who was busy for that long, and did not ask, has no reason to doubt the broker */
    if (c->state == SB_CLIENT_HERE && now - c->heard_ms >= SILENCE_MS && c->asked_ms &&
        now - c->asked_ms >= PING_MS)
        lose(c, now);
    if (c->up && c->state != SB_CLIENT_HERE && c->asked_ms &&
        now - c->heard_ms >= DEAF_MS && now - c->asked_ms >= SILENCE_MS) {
        c->up = false;
        c->asked_ms = 0;
        return sb_link_renew(c->link, err);
    }
    if (c->state != SB_CLIENT_HERE)
        return c->up && now >= c->hello_ms ? hello(c, now, err) : 0;
    if (now - c->said_ms < PING_MS && now - c->heard_ms < PING_MS)
        return 0;
    if (now - c->said_ms < PING_MS / 5)
        return 0; /* asked; give it time to answer */
    if (!c->asked_ms)
        c->asked_ms = now;
    int rc = send_message(c, &ping, err);
    return rc == SB_E_BUSY ? 0 : rc;
}

/* At most a second: timers are looked at that often. */
static int wait_ms(uint64_t until, uint64_t now)
{
    uint64_t left = until > now ? until - now : 0;
    return left > 1000 ? 1000 : (int)left;
}

static int limit_wait(const struct sb_client *c, uint64_t until, uint64_t now)
{
    if (c->renew && c->retry_ms < until)
        until = c->retry_ms;
    if (c->up && c->state != SB_CLIENT_HERE && c->hello_ms < until)
        until = c->hello_ms;
    return wait_ms(until, now);
}

int sb_client_next(struct sb_client *c,
                   int timeout_ms,
                   struct sb_message *out,
                   struct sb_err *err)
{
    uint64_t now = sb_clock_mono_ms();
    uint64_t until = now + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
    for (;;) {
        take_events(c, now);
        int rc = take(c, out, err);
        now = sb_clock_mono_ms(); /* not before what was heard meanwhile */
        if (!rc)
            rc = keep_alive(c, now, err);
        if (rc)
            return rc;
        if (now >= until)
            return 0;
        rc = sb_link_wait(c->link, limit_wait(c, until, now), err);
        if (rc)
            return rc;
        now = sb_clock_mono_ms();
    }
}

int sb_client_send(struct sb_client *c, const struct sb_message *m, struct sb_err *err)
{
    struct sb_message copy = *m;
    if (c->state != SB_CLIENT_HERE)
        return sb_fail(
            err, SB_E_NO_CONNECTION, "no session with %s", c->config.address);
    return send_message(c, &copy, err);
}
