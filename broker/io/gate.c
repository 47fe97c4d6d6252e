/* Purpose: frames in with an authenticated key, frames out without blocking.
 * Invariant: no frame passes inwards whose key the directory does not know now.
 * Not: what the frames say (core); the ZAP answers (zap.c). */
#include "broker/io/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "broker/io/lines.h"
#include "broker/io/porter.h"
#include "broker/io/zap.h"
#include "keys/vault.h"

/* zmq.h shows it to drafts only, yet the library knows it. Without it a server without
 * a ZAP handler lets everybody in. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define SEND_HWM (4 * (int)SB_CREDIT_ENTRIES_MAX) /* messages; above any credit */
#define RECEIVE_HWM 32
#define FRAME_MAX SB_MIB /* of clients: a SUBSCRIBE with every cursor is the most */
#define RECHECK_MS 1000  /* a key's validity is looked up again after this time */
#define GONE_MAX 256

struct sb_gate {
    void *router;
    void *zap;
    struct sb_log *log;
    struct sb_peers *peers;
    struct sb_porter *porter;
    char address[256];
    struct sb_hold *message; /* that came last */
    uint64_t gone[GONE_MAX]; /* a ring; when full, sweeping finds the rest */
    size_t gone_at;
    size_t n_gone;
};

static int option(void *socket, int name, int value, struct sb_err *err)
{
    if (zmq_setsockopt(socket, name, &value, sizeof value))
        return sb_fail(err, SB_E_IO, "socket option %d: %s", name, zmq_strerror(errno));
    return 0;
}

static int set_curve(void *router, const struct sb_vault *vault, struct sb_err *err)
{
    uint8_t pk[SB_PK];
    uint8_t sk[SB_PK];
    int rc = sb_vault_curve(vault, pk, sk, err);
    if (rc)
        return rc;
    if (zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, sk, sizeof sk) ||
        zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, SB_ZAP_DOMAIN, strlen(SB_ZAP_DOMAIN)))
        rc = sb_fail(err, SB_E_IO, "CURVE: %s", zmq_strerror(errno));
    explicit_bzero(sk, sizeof sk);
    return rc;
}

/* The system finds the dead. ZMTP's heartbeats must not go from here: libzmq 4.3.4 ends
 * the process when one is due on a connection that broke while its queue was full
 * (libzmq issue 4364), and a queue of RECEIVE_HWM is full whenever a member floods. */
static int set_options(void *router, struct sb_err *err)
{
    static const struct {
        int name;
        int value;
    } options[] = {{ZMQ_CURVE_SERVER, 1},
                   {ZMQ_ZAP_ENFORCE_DOMAIN, 1},
                   {ZMQ_ROUTER_MANDATORY, 1},
                   {ZMQ_SNDHWM, SEND_HWM},
                   {ZMQ_RCVHWM, RECEIVE_HWM},
                   {ZMQ_TCP_KEEPALIVE, 1},
                   {ZMQ_TCP_KEEPALIVE_IDLE, 5},
                   {ZMQ_TCP_KEEPALIVE_INTVL, 5},
                   {ZMQ_TCP_KEEPALIVE_CNT, 3},
                   {ZMQ_TCP_MAXRT, 15000},
                   {ZMQ_HANDSHAKE_IVL, 10000},
                   {ZMQ_LINGER, 500}};
    static const int64_t max = FRAME_MAX;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int rc = option(router, options[i].name, options[i].value, err);
        if (rc)
            return rc;
    }
    if (zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &max, sizeof max))
        return sb_fail(err, SB_E_IO, "socket: %s", zmq_strerror(errno));
    return 0;
}

static int bind_door(struct sb_gate *g, const char *listen, struct sb_err *err)
{
    int ipv6 = strchr(listen, '[') != NULL;
    int rc = option(g->router, ZMQ_IPV6, ipv6, err);
    if (rc)
        return rc;
    if (zmq_bind(g->router, listen))
        return sb_fail(err,
                       SB_E_IO,
                       "%s: %s (is another broker running there?)",
                       listen,
                       zmq_strerror(errno));
    size_t n = sizeof g->address;
    if (zmq_getsockopt(g->router, ZMQ_LAST_ENDPOINT, g->address, &n))
        return sb_fail(err, SB_E_IO, "%s: %s", listen, zmq_strerror(errno));
    return 0;
}

int sb_gate_open(struct sb_gate **out,
                 void *zmq,
                 const struct sb_gate_config *config,
                 struct sb_err *err)
{
    struct sb_gate *g = calloc(1, sizeof *g);
    if (!g)
        return sb_fail(err, SB_E_MEMORY, "door");
    g->log = config->log;
    g->peers = sb_peers_new();
    g->router = zmq_socket(zmq, ZMQ_ROUTER);
    int rc = 0;
    if (!g->peers || !g->router)
        rc = sb_fail(err, SB_E_MEMORY, "door");
    if (!rc)
        rc = sb_zap_open(&g->zap, zmq, err);
    if (!rc)
        rc = set_options(g->router, err);
    if (!rc)
        rc = set_curve(g->router, config->vault, err);
    if (!rc)
        rc = sb_porter_open(&g->porter, zmq, g->router, config->log, err);
    if (!rc)
        rc = bind_door(g, config->listen, err);
    if (rc) {
        sb_gate_close(g);
        return rc;
    }
    *out = g;
    return 0;
}

void sb_gate_close(struct sb_gate *g)
{
    if (!g)
        return;
    sb_hold_drop(g->message);
    sb_porter_close(g->porter, g->router);
    if (g->router)
        zmq_close(g->router);
    if (g->zap)
        zmq_close(g->zap);
    sb_peers_free(g->peers);
    free(g);
}

const char *sb_gate_address(const struct sb_gate *g)
{
    return g->address;
}

void *sb_gate_socket(const struct sb_gate *g)
{
    return g->router;
}

void *sb_gate_zap(const struct sb_gate *g)
{
    return g->zap;
}

void *sb_gate_porter(const struct sb_gate *g)
{
    return sb_porter_socket(g->porter);
}

uint64_t sb_gate_watch(struct sb_gate *g, uint64_t mono_ms)
{
    sb_porter_step(g->porter, mono_ms);
    return sb_porter_wait(g->porter, mono_ms);
}

void sb_gate_admit(struct sb_gate *g, const struct sb_dir *dir, uint64_t now_ms)
{
    while (sb_zap_step(g->zap, dir, now_ms, g->log) == 1)
        ;
}

static void lose(struct sb_gate *g, uint64_t number)
{
    if (g->n_gone == GONE_MAX)
        return; /* the sweep, or the next send, finds it again */
    sb_peers_forget(g->peers, number);
    g->gone[(g->gone_at + g->n_gone++) % GONE_MAX] = number;
}

uint64_t sb_gate_gone(struct sb_gate *g)
{
    if (!g->n_gone)
        return 0;
    uint64_t number = g->gone[g->gone_at];
    g->gone_at = (g->gone_at + 1) % GONE_MAX;
    g->n_gone--;
    return number;
}

void sb_gate_forget(struct sb_gate *g, uint64_t peer)
{
    sb_peers_forget(g->peers, peer);
}

void sb_gate_sweep(struct sb_gate *g, uint64_t mono_ms)
{
    uint64_t number;
    while (g->n_gone < GONE_MAX && (number = sb_peers_silent(g->peers, mono_ms)))
        lose(g, number);
}

/* Room for the next message: what is shared of the one before stays. */
static int make_room(struct sb_gate *g, struct sb_err *err)
{
    if (g->message && sb_hold_reuse(g->message))
        return 0;
    sb_hold_drop(g->message);
    g->message = sb_hold_new();
    return g->message ? 0 : sb_fail(err, SB_E_MEMORY, "message");
}

/* All parts of one message; more than any message has are counted, not kept. */
static int receive(struct sb_gate *g, size_t *n, struct sb_err *err)
{
    int made = make_room(g, err);
    if (made)
        return made;
    *n = 0;
    int more = 1;
    while (more) {
        zmq_msg_t excess;
        zmq_msg_init(&excess);
        zmq_msg_t *part = sb_hold_part(g->message);
        if (!part)
            part = &excess;
        int rc = zmq_msg_recv(part, g->router, ZMQ_DONTWAIT);
        int why = errno;
        more = zmq_msg_more(part);
        zmq_msg_close(&excess);
        if (rc < 0)
            return why == EAGAIN || why == EINTR
                       ? 0
                       : sb_fail(err, SB_E_IO, "receive: %s", zmq_strerror(why));
        (*n)++;
    }
    return 1;
}

/* The peer's key by the metadata of the second frame: the routing id has none. */
static bool authenticated(struct sb_gate *g, uint8_t curve_pk[SB_PK])
{
    if (sb_hold_parts(g->message) < 2)
        return false;
    const char *user = zmq_msg_gets(sb_hold_at(g->message, 1), "User-Id");
    return user && sb_unhex(curve_pk, SB_PK, sb_bytes_str(user));
}

static struct sb_peer *
find_peer(struct sb_gate *g, const uint8_t curve_pk[SB_PK], struct sb_err *err)
{
    zmq_msg_t *first = sb_hold_at(g->message, 0);
    const uint8_t *id = zmq_msg_data(first);
    if (zmq_msg_size(first) != SB_ROUTING_ID || id[0] != 0) {
        (void)sb_fail(err, SB_E_IDENTITY, "a routing id that the client chose");
        return NULL;
    }
    struct sb_peer *peer = sb_peers_by_id(g->peers, id);
    if (peer && memcmp(peer->curve_pk, curve_pk, SB_PK) != 0) {
        lose(g, peer->number);
        if (sb_peers_by_id(g->peers, id))
            return NULL; /* too many are gone at once: this message is dropped */
        peer = NULL;
    }
    if (!peer && sb_peers_add(g->peers, id, curve_pk, &peer, err))
        return NULL;
    return peer;
}

static bool still_known(struct sb_gate *g,
                        struct sb_peer *peer,
                        const struct sb_dir *dir,
                        uint64_t now_ms,
                        uint64_t mono_ms)
{
    uint64_t version = sb_dir_body(dir)->version;
    if (peer->directory_version == version && mono_ms - peer->checked_ms < RECHECK_MS)
        return true;
    struct sb_bytes of = sb_dir_by_curve(dir, peer->curve_pk, now_ms);
    if (of.n == 0) {
        sb_zap_log(
            g->log, sb_dir_curve_refusal(dir, peer->curve_pk, now_ms), peer->curve_pk);
        return false;
    }
    peer->directory_version = version;
    peer->checked_ms = mono_ms;
    peer->owner = sb_owner_of(of);
    return true;
}

static void
fill(struct sb_gate *g, const struct sb_peer *peer, size_t n, struct sb_arrival *out)
{
    out->peer = peer->number;
    out->curve_pk = peer->curve_pk;
    out->owner = peer->owner;
    out->hold = g->message;
    out->frames.n = n <= SB_HOLD_PARTS ? n - 1 : 0;
    for (size_t i = 0; i < out->frames.n; i++) {
        zmq_msg_t *part = sb_hold_at(g->message, 1 + i);
        out->frames.f[i] = sb_bytes(zmq_msg_data(part), zmq_msg_size(part));
    }
}

int sb_gate_take(struct sb_gate *g,
                 const struct sb_dir *dir,
                 uint64_t now_ms,
                 uint64_t mono_ms,
                 struct sb_arrival *out,
                 struct sb_err *err)
{
    for (;;) {
        size_t n = 0;
        uint8_t curve_pk[SB_PK];
        struct sb_err why = {0};
        int rc = receive(g, &n, err);
        if (rc != 1)
            return rc;
        if (!authenticated(g, curve_pk)) {
            sb_log(g->log,
                   SB_LOG_WARNING,
                   "gate",
                   SB_LOG_TEXT("event", "no_user_id"),
                   SB_LOG_CODE(SB_E_CURVE_UNKNOWN));
            continue;
        }
        struct sb_peer *peer = find_peer(g, curve_pk, &why);
        if (!peer) {
            sb_log(g->log, SB_LOG_WARNING, "gate", SB_LOG_ERR(&why));
            continue;
        }
        if (!still_known(g, peer, dir, now_ms, mono_ms)) {
            lose(g, peer->number);
            continue;
        }
        peer->seen_ms = mono_ms;
        int fd = zmq_msg_get(sb_hold_at(g->message, 1), ZMQ_SRCFD);
        uint64_t caller = sb_porter_heard(g->porter, fd, peer->owner);
        if (!peer->caller) {
            peer->fd = fd;
            peer->caller = caller;
        }
        fill(g, peer, n, out);
        return 1;
    }
}

static int send_parts(struct sb_gate *g,
                      struct sb_peer *peer,
                      const struct sb_frames *frames,
                      const struct sb_lent *lent)
{
    struct sb_sending *way = peer->sending;
    if (sb_sending_bytes(way) > SB_SENDING_MAX)
        return EAGAIN;
    struct sb_bytes id = sb_bytes(peer->id, SB_ROUTING_ID);
    int why = sb_sending_part(way, g->router, id, lent, true);
    for (size_t i = 0; !why && i < frames->n; i++)
        why = sb_sending_part(way, g->router, frames->f[i], lent, i + 1 < frames->n);
    return why;
}

int sb_gate_send(struct sb_gate *g,
                 uint64_t number,
                 const struct sb_frames *frames,
                 const struct sb_lent *lent,
                 struct sb_err *err)
{
    struct sb_peer *peer = sb_peers_by_number(g->peers, number);
    if (!peer || !frames->n)
        return 0; /* the core hears of it by sb_gate_gone */
    int why = send_parts(g, peer, frames, lent);
    if (!why)
        return 0;
    if (why != EAGAIN && why != EHOSTUNREACH)
        return sb_fail(err, SB_E_IO, "send: %s", zmq_strerror(why));
    if (why == EAGAIN) /* what waits for it goes with its connection */
        sb_porter_shut(g->porter, peer->fd, peer->caller, "a peer that does not read");
    lose(g, number);
    return 0;
}
