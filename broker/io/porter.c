/* Purpose: know every accepted connection and shut down the ones that cost too much.
 * Invariant: only a socket that libzmq accepted is ever shut down: its cookie is that
 * of its acceptance. Not: who may come in (zap.c, gate.c); sessions (core). */
#include "broker/io/porter.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

#define LOOK_OWNER (1u << 20) /* less than that is no part of too much */
#define FD_MAX 65536
#define LOOK_MS 500u    /* between two looks at those who have spoken */
#define LOOK_NEW_MS 50u /* the same, while somebody has not */
#define EVENTS (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED)

struct caller { /* a connection, found by its descriptor */
    uint64_t cookie;
    uint64_t since_ms;
    uint64_t owner; /* 0: has not spoken */
    uint64_t bytes; /* received when it was last heard */
    uint64_t more;  /* and since then, at the last look */
    bool here;
    bool spoke; /* a whole message came once */
    bool heard; /* one came since the last look */
};

struct sb_porter {
    void *monitor;
    struct sb_log *log;
    struct caller *callers;
    size_t n;     /* of callers: above the highest descriptor */
    size_t n_new; /* here, and have not spoken */
    uint64_t looked_ms;
};

int sb_porter_open(struct sb_porter **out,
                   void *zmq,
                   void *router,
                   struct sb_log *log,
                   struct sb_err *err)
{
    static const char place[] = "inproc://sacbe-porter";
    static const int none = 0; /* libzmq's thread must never wait for us */
    struct sb_porter *p = calloc(1, sizeof *p);
    if (!p)
        return sb_fail(err, SB_E_MEMORY, "door");
    p->log = log;
    p->monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (!p->monitor || zmq_socket_monitor(router, place, EVENTS) ||
        zmq_setsockopt(p->monitor, ZMQ_RCVHWM, &none, sizeof none) ||
        zmq_setsockopt(p->monitor, ZMQ_LINGER, &none, sizeof none) ||
        zmq_connect(p->monitor, place)) {
        int rc = sb_fail(err, SB_E_IO, "door: %s", zmq_strerror(errno));
        sb_porter_close(p, router);
        return rc;
    }
    *out = p;
    return 0;
}

void sb_porter_close(struct sb_porter *p, void *router)
{
    if (!p)
        return;
    (void)zmq_socket_monitor(router, NULL, 0);
    if (p->monitor)
        zmq_close(p->monitor);
    free(p->callers);
    free(p);
}

void *sb_porter_socket(const struct sb_porter *p)
{
    return p->monitor;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t n = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &n) ? 0 : cookie;
}

/* 0 when the system does not tell: then only the other bounds hold. */
static uint64_t received(int fd)
{
    struct tcp_info info;
    socklen_t n = sizeof info;
    memset(&info, 0, sizeof info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) ? 0
                                                            : info.tcpi_bytes_received;
}

static void forget(struct sb_porter *p, struct caller *c)
{
    if (c->here && !c->spoke)
        p->n_new--;
    *c = (struct caller){.here = false};
}

/* libzmq sees the end of the stream and closes the connection. */
static void shut(struct sb_porter *p, size_t fd, const char *why)
{
    struct caller *c = &p->callers[fd];
    if (c->cookie && cookie_of((int)fd) == c->cookie)
        (void)shutdown((int)fd, SHUT_RDWR);
    forget(p, c);
    sb_log(p->log,
           SB_LOG_WARNING,
           "gate",
           SB_LOG_TEXT("event", "connection_shut"),
           SB_LOG_CODE(SB_E_LIMIT),
           SB_LOG_TEXT("text", why));
}

static void shut_oldest(struct sb_porter *p)
{
    size_t oldest = p->n;
    for (size_t i = 0; i < p->n; i++)
        if (p->callers[i].here && !p->callers[i].spoke &&
            (oldest == p->n || p->callers[i].since_ms < p->callers[oldest].since_ms))
            oldest = i;
    if (oldest < p->n)
        shut(p, oldest, "too many connections that have said nothing yet");
}

/* Without memory for it a connection is not watched; libzmq's own bounds hold. */
static void accepted(struct sb_porter *p, size_t fd, uint64_t mono_ms)
{
    if (fd >= p->n) {
        size_t n = fd + 64;
        struct caller *grown = realloc(p->callers, n * sizeof *grown);
        if (!grown)
            return;
        memset(grown + p->n, 0, (n - p->n) * sizeof *grown);
        p->callers = grown;
        p->n = n;
    }
    forget(p, &p->callers[fd]);
    if (p->n_new >= SB_PORTER_NEW)
        shut_oldest(p);
    p->callers[fd] = (struct caller){
        .cookie = cookie_of((int)fd), .since_ms = mono_ms, .here = true};
    p->n_new++;
}

/* A monitor's message: 16 bits of event and 32 of value, then the endpoint. */
static bool take(struct sb_porter *p, uint64_t mono_ms)
{
    uint8_t head[6];
    uint16_t event;
    uint32_t value;
    if (zmq_recv(p->monitor, head, sizeof head, ZMQ_DONTWAIT) != (int)sizeof head)
        return false;
    (void)zmq_recv(p->monitor, NULL, 0, ZMQ_DONTWAIT);
    memcpy(&event, head, sizeof event);
    memcpy(&value, head + sizeof event, sizeof value);
    if (event == ZMQ_EVENT_ACCEPTED && value < FD_MAX)
        accepted(p, value, mono_ms);
    else if (event == ZMQ_EVENT_DISCONNECTED && value < p->n)
        forget(p, &p->callers[value]);
    return true;
}

static void look_at(struct sb_porter *p, size_t fd, uint64_t mono_ms)
{
    struct caller *c = &p->callers[fd];
    uint64_t bytes = received((int)fd);
    c->more = !c->heard && bytes > c->bytes ? bytes - c->bytes : 0;
    if (c->heard) {
        c->heard = false;
        c->bytes = bytes;
    } else if (!c->spoke && bytes > SB_PORTER_FIRST) {
        shut(p, fd, "too many bytes before the first message");
    } else if (!c->spoke && mono_ms - c->since_ms > SB_PORTER_SILENT_MS) {
        shut(p, fd, "no message at all");
    } else if (c->spoke && c->more > SB_PORTER_UNREAD) {
        shut(p, fd, "a message that does not end");
    }
}

/* After each connection was looked at: what an institution's own hold together. */
static void look_at_owner(struct sb_porter *p, uint64_t owner)
{
    uint64_t all = 0;
    size_t most = p->n;
    for (size_t i = 0; i < p->n; i++) {
        if (!p->callers[i].here || p->callers[i].owner != owner)
            continue;
        all += p->callers[i].more;
        if (most == p->n || p->callers[i].more > p->callers[most].more)
            most = i;
    }
    if (all > SB_PORTER_UNREAD_ALL)
        shut(p, most, "messages of one institution that do not end");
}

uint64_t sb_porter_wait(const struct sb_porter *p, uint64_t mono_ms)
{
    uint64_t due = p->looked_ms + (p->n_new ? LOOK_NEW_MS : LOOK_MS);
    return due > mono_ms ? due - mono_ms : 0;
}

void sb_porter_step(struct sb_porter *p, uint64_t mono_ms)
{
    while (take(p, mono_ms))
        ;
    if (sb_porter_wait(p, mono_ms) > 0)
        return;
    p->looked_ms = mono_ms;
    for (size_t i = 0; i < p->n; i++)
        if (p->callers[i].here)
            look_at(p, i, mono_ms);
    for (size_t i = 0; i < p->n; i++)
        if (p->callers[i].here && p->callers[i].more > LOOK_OWNER)
            look_at_owner(p, p->callers[i].owner);
}

uint64_t sb_porter_heard(struct sb_porter *p, int fd, uint64_t owner)
{
    if (fd < 0 || (size_t)fd >= p->n)
        return 0;
    struct caller *c = &p->callers[fd];
    if (!c->here)
        return 0;
    if (!c->spoke)
        p->n_new--;
    c->spoke = c->heard = true;
    c->owner = owner;
    return c->cookie;
}

void sb_porter_shut(struct sb_porter *p, int fd, uint64_t number, const char *why)
{
    if (number && fd >= 0 && (size_t)fd < p->n && p->callers[fd].cookie == number)
        shut(p, (size_t)fd, why);
}
