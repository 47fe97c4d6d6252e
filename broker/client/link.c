/* Purpose: the DEALER socket, its CURVE keys, its monitor, one descriptor for both.
 * Invariant: a message is sent whole or not at all; nothing is queued for a connection
 * that is not there.
 * Not: the protocol (client.c). */
#include "broker/client/link.h"

#include <czmq.h>
#include <sys/epoll.h>

#include "keys/hash.h"

#define SEND_HWM 256
#define RECEIVE_HWM 16384 /* above any credit */
#define EVENTS                                                                         \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |                          \
     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |           \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)

struct sb_link {
    const char *address;
    uint8_t server_pk[SB_PK];
    uint8_t pk[SB_PK];
    uint8_t *sk; /* SB_PK bytes of guarded memory */
    zsock_t *dealer;
    zsock_t *monitor;
    int epoll;
    uint64_t sockets; /* made so far: names the monitor's endpoint */
    zmq_msg_t parts[SB_FRAMES];
    size_t n_parts;
};

static int watch(struct sb_link *l, zsock_t *socket, struct sb_err *err)
{
    struct epoll_event e = {.events = EPOLLIN};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, zsock_fd(socket), &e))
        return sb_fail_os(err, errno, "poll");
    return 0;
}

static void drop_parts(struct sb_link *l)
{
    for (size_t i = 0; i < l->n_parts; i++)
        zmq_msg_close(&l->parts[i]);
    l->n_parts = 0;
}

static void close_sockets(struct sb_link *l)
{
    drop_parts(l);
    if (l->dealer) {
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, zsock_fd(l->dealer), NULL);
        (void)zmq_socket_monitor(zsock_resolve(l->dealer), NULL, 0);
    }
    if (l->monitor)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, zsock_fd(l->monitor), NULL);
    zsock_destroy(&l->monitor);
    zsock_destroy(&l->dealer);
}

static void set_options(struct sb_link *l)
{
    zsock_t *s = l->dealer;
    zsock_set_curve_serverkey_bin(s, l->server_pk);
    zsock_set_curve_publickey_bin(s, l->pk);
    zsock_set_curve_secretkey_bin(s, l->sk);
    zsock_set_immediate(s, 1);
    zsock_set_linger(s, 500);
    zsock_set_sndhwm(s, SEND_HWM);
    zsock_set_rcvhwm(s, RECEIVE_HWM);
    zsock_set_maxmsgsize(s, SB_MESSAGE_MAX);
    /* libzmq adds up to the first wait to each: institutions do not come back in step
     */
    zsock_set_reconnect_ivl(s, 250 + (int)randombytes_uniform(500));
    zsock_set_reconnect_ivl_max(s, 10000);
    zsock_set_connect_timeout(
        s, 5000); /* the system tries for minutes, ever more rarely */
    /* not ZMTP's heartbeats: libzmq 4.3.4 ends the process when one is due on a
     * connection that broke while the queue was full (libzmq issue 4364) */
    zsock_set_tcp_keepalive(s, 1);
    zsock_set_tcp_keepalive_idle(s, 5);
    zsock_set_tcp_keepalive_intvl(s, 5);
    zsock_set_tcp_keepalive_cnt(s, 3);
    zsock_set_tcp_maxrt(s, 15000);
    zsock_set_handshake_ivl(s, 10000);
    zsock_set_ipv6(s, 1);
}

static int open_monitor(struct sb_link *l, struct sb_err *err)
{
    char name[96];
    snprintf(
        name,
        sizeof name,
        "inproc://sacbe-link-%p-%llu-%08x", /* a closed link's lives on for a while */
        (void *)l,
        (unsigned long long)l->sockets,
        (unsigned)randombytes_random());
    if (zmq_socket_monitor(zsock_resolve(l->dealer), name, EVENTS))
        return sb_fail(err, SB_E_IO, "monitor: %s", zmq_strerror(errno));
    l->monitor = zsock_new(ZMQ_PAIR);
    if (!l->monitor || zsock_connect(l->monitor, "%s", name))
        return sb_fail(err, SB_E_IO, "monitor: %s", zmq_strerror(errno));
    return watch(l, l->monitor, err);
}

static int open_sockets(struct sb_link *l, struct sb_err *err)
{
    l->sockets++;
    l->dealer = zsock_new(ZMQ_DEALER);
    if (!l->dealer)
        return sb_fail(err, SB_E_IO, "socket: %s", zmq_strerror(errno));
    set_options(l);
    int rc = open_monitor(l, err);
    if (!rc)
        rc = watch(l, l->dealer, err);
    if (!rc && zsock_connect(l->dealer, "%s", l->address))
        rc = sb_fail(err,
                     SB_E_ARGUMENT,
                     "%s: not an address (tcp://host:port): %s",
                     l->address,
                     zmq_strerror(errno));
    if (rc)
        close_sockets(l);
    return rc;
}

int sb_link_open(struct sb_link **out,
                 const char *address,
                 const uint8_t server_pk[SB_PK],
                 const struct sb_vault *vault,
                 struct sb_err *err)
{
    struct sb_link *l = calloc(1, sizeof *l);
    if (!l)
        return sb_fail(err, SB_E_MEMORY, "connection");
    zsys_handler_set(NULL); /* signals are the program's */
    l->address = address;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->sk = sodium_malloc(SB_PK);
    memcpy(l->server_pk, server_pk, SB_PK);
    int rc = 0;
    if (l->epoll < 0 || !l->sk)
        rc = sb_fail(err, SB_E_MEMORY, "connection");
    if (!rc)
        rc = sb_vault_curve(vault, l->pk, l->sk, err);
    if (!rc)
        rc = open_sockets(l, err);
    if (rc) {
        sb_link_close(l);
        return rc;
    }
    *out = l;
    return 0;
}

void sb_link_close(struct sb_link *l)
{
    if (!l)
        return;
    close_sockets(l);
    if (l->epoll >= 0)
        (void)close(l->epoll);
    sodium_free(l->sk); /* wipes */
    free(l);
}

const uint8_t *sb_link_pk(const struct sb_link *l)
{
    return l->pk;
}

int sb_link_renew(struct sb_link *l, struct sb_err *err)
{
    close_sockets(l);
    return open_sockets(l, err);
}

int sb_link_fd(const struct sb_link *l)
{
    return l->epoll;
}

int sb_link_wait(struct sb_link *l, int timeout_ms, struct sb_err *err)
{
    zmq_pollitem_t items[2] = {
        {.socket = zsock_resolve(l->dealer), .events = ZMQ_POLLIN},
        {.socket = zsock_resolve(l->monitor), .events = ZMQ_POLLIN}};
    if (zmq_poll(items, 2, timeout_ms) < 0 && errno != EINTR)
        return sb_fail(err, SB_E_IO, "poll: %s", zmq_strerror(errno));
    return 0;
}

/* A monitor's message: 16 bits of event and 32 of value, then the endpoint. */
enum sb_link_event sb_link_event(struct sb_link *l)
{
    uint8_t head[6];
    void *monitor = zsock_resolve(l->monitor);
    for (;;) {
        if (zmq_recv(monitor, head, sizeof head, ZMQ_DONTWAIT) != (int)sizeof head)
            return SB_LINK_NONE;
        (void)zmq_recv(monitor, NULL, 0, ZMQ_DONTWAIT);
        uint16_t event;
        memcpy(&event, head, sizeof event);
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            return SB_LINK_UP;
        if (event == ZMQ_EVENT_DISCONNECTED)
            return SB_LINK_DOWN;
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            return SB_LINK_REFUSED;
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
            event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
            return SB_LINK_FAILED;
    }
}

/* Messages with more frames than any has are swallowed. */
static int receive(struct sb_link *l, bool *whole, struct sb_err *err)
{
    int more = 1;
    drop_parts(l);
    *whole = true;
    while (more) {
        zmq_msg_t excess;
        zmq_msg_init(&excess);
        bool fits = l->n_parts < SB_FRAMES;
        zmq_msg_t *part = fits ? &l->parts[l->n_parts++] : &excess;
        zmq_msg_init(part);
        int rc = zmq_msg_recv(part, zsock_resolve(l->dealer), ZMQ_DONTWAIT);
        int why = errno;
        more = zmq_msg_more(part);
        zmq_msg_close(&excess);
        *whole = *whole && fits;
        if (rc < 0 && why != EAGAIN && why != EINTR)
            return sb_fail(err, SB_E_IO, "receive: %s", zmq_strerror(why));
        if (rc < 0)
            return 0;
    }
    return 1;
}

int sb_link_take(struct sb_link *l, struct sb_frames *out, struct sb_err *err)
{
    bool whole = false;
    int rc;
    while ((rc = receive(l, &whole, err)) == 1 && !whole)
        ;
    if (rc != 1)
        return rc;
    out->n = l->n_parts;
    for (size_t i = 0; i < l->n_parts; i++)
        out->f[i] = sb_bytes(zmq_msg_data(&l->parts[i]), zmq_msg_size(&l->parts[i]));
    return 1;
}

int sb_link_send(struct sb_link *l, const struct sb_frames *frames, struct sb_err *err)
{
    void *dealer = zsock_resolve(l->dealer);
    for (size_t i = 0; i < frames->n; i++) {
        int more = i + 1 < frames->n ? ZMQ_SNDMORE : 0;
        if (zmq_send(dealer, frames->f[i].p, frames->f[i].n, ZMQ_DONTWAIT | more) >= 0)
            continue;
        if (errno == EAGAIN || errno == EINTR)
            return sb_fail(err, SB_E_BUSY, "the way to the broker is full");
        return sb_fail(err, SB_E_IO, "send: %s", zmq_strerror(errno));
    }
    return 0;
}
