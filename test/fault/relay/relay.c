/* Purpose: relay LISTEN_PORT BROKER_PORT FIFO [--ready-fd N]; lines of the FIFO say how
 * it goes on: pass, delay MS, stall, stall-in, stall-out, cut, half, corrupt-in N,
 * corrupt-out N (the N-th byte from now).
 * Invariant: both ends of a connection are closed together.
 * Not: a model of a network: it knows streams, not packets. */
#include "test/fault/relay/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 1024u

struct connection {
    struct way in;  /* from the peer */
    struct way out; /* from the broker; to < 0: half-open, nothing is passed on */
};

struct relay {
    struct connection *connections[CONNECTIONS];
    size_t n;
    struct pollfd fds[2 + 2 * CONNECTIONS];
    struct sockaddr_in broker;
    struct manner manner;
    int listener;
    int fifo;
    char line[128];
    size_t line_n;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static struct sockaddr_in local(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    return a;
}

static void close_connection(struct relay *r, size_t i)
{
    struct connection *c = r->connections[i];
    way_drop(&c->in);
    way_drop(&c->out);
    close(c->in.from);
    if (c->in.to >= 0)
        close(c->in.to);
    free(c);
    r->connections[i] = r->connections[--r->n];
}

static void accept_one(struct relay *r)
{
    static const int one = 1;
    int peer = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0)
        return;
    int broker = -1;
    bool half = r->manner.flow == FLOW_HALF;
    struct connection *c = calloc(1, sizeof *c);
    if (!c || r->n == CONNECTIONS || r->manner.flow == FLOW_CUT)
        goto refuse;
    if (!half) {
        broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (broker < 0 ||
            connect(broker, (struct sockaddr *)&r->broker, sizeof r->broker) < 0)
            goto refuse;
        (void)setsockopt(broker, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        (void)fcntl(broker, F_SETFL, O_NONBLOCK);
    }
    (void)setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->in = (struct way){.from = peer, .to = broker};
    c->out = (struct way){.from = broker, .to = peer, .ended = half};
    r->connections[r->n++] = c;
    return;
refuse:
    free(c);
    close(peer);
    if (broker >= 0)
        close(broker);
}

static void obey(struct relay *r, const char *line)
{
    static const struct {
        const char *word;
        enum flow flow;
    } flows[] = {{"pass", FLOW_PASS},
                 {"stall", FLOW_STALL},
                 {"stall-in", FLOW_STALL_IN},
                 {"stall-out", FLOW_STALL_OUT},
                 {"cut", FLOW_CUT},
                 {"half", FLOW_HALF}};
    char word[32];
    int length = (int)strcspn(line, " \n");
    snprintf(word, sizeof word, "%.*s", length, line);
    unsigned long number = strtoul(line + length, NULL, 10);
    if (strcmp(word, "delay") == 0)
        r->manner.delay_ms = number;
    else if (strcmp(word, "corrupt-in") == 0)
        r->manner.corrupt_in = number;
    else if (strcmp(word, "corrupt-out") == 0)
        r->manner.corrupt_out = number;
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        if (strcmp(word, flows[i].word) == 0)
            r->manner.flow = flows[i].flow;
    while (r->manner.flow == FLOW_CUT && r->n > 0)
        close_connection(r, r->n - 1);
}

static void take_orders(struct relay *r)
{
    ssize_t n = read(r->fifo, r->line + r->line_n, sizeof r->line - 1 - r->line_n);
    if (n <= 0)
        return;
    r->line_n += (size_t)n;
    r->line[r->line_n] = 0;
    char *end;
    while ((end = strchr(r->line, '\n'))) {
        *end = 0;
        obey(r, r->line);
        r->line_n -= (size_t)(end + 1 - r->line);
        memmove(r->line, end + 1, r->line_n + 1);
    }
    if (r->line_n == sizeof r->line - 1)
        r->line_n = 0; /* no order is that long */
}

static bool flows(const struct relay *r, bool in)
{
    enum flow f = r->manner.flow;
    return f == FLOW_PASS || f == FLOW_HALF ||
           f == (in ? FLOW_STALL_OUT : FLOW_STALL_IN);
}

/* What poll is asked for at the end that `read` reads from and `written` writes to. */
static short interest(const struct relay *r,
                      const struct way *read,
                      bool in,
                      const struct way *written,
                      uint64_t now,
                      int *wait_ms)
{
    uint64_t due = 0;
    short events = 0;
    if (flows(r, in) && way_reads(read))
        events |= POLLIN;
    if (!flows(r, !in))
        return events;
    if (way_writes(written, now, &due))
        events |= POLLOUT;
    else if (due && due - now < (uint64_t)*wait_ms)
        *wait_ms = (int)(due - now);
    return events;
}

static int prepare(struct relay *r)
{
    uint64_t now = now_ms();
    int wait_ms = 1000;
    r->fds[0] = (struct pollfd){.fd = r->listener, .events = POLLIN};
    r->fds[1] = (struct pollfd){.fd = r->fifo, .events = POLLIN};
    for (size_t i = 0; i < r->n; i++) {
        struct connection *c = r->connections[i];
        short peer = interest(r, &c->in, true, &c->out, now, &wait_ms);
        short broker = interest(r, &c->out, false, &c->in, now, &wait_ms);
        bool half = c->in.to < 0;
        /* without interest there is no poll: an end that is gone would wake it for ever
         */
        r->fds[2 + 2 * i] =
            (struct pollfd){.fd = peer ? c->in.from : -1, .events = peer};
        r->fds[3 + 2 * i] =
            (struct pollfd){.fd = broker && !half ? c->in.to : -1, .events = broker};
    }
    return wait_ms;
}

static bool serve(struct relay *r, size_t i)
{
    struct connection *c = r->connections[i];
    short peer = r->fds[2 + 2 * i].revents;
    short broker = r->fds[3 + 2 * i].revents;
    uint64_t now = now_ms();
    uint64_t due = now + r->manner.delay_ms;
    if (peer & (POLLIN | POLLHUP | POLLERR) && flows(r, true)) {
        if (!way_read(&c->in, due, &r->manner.corrupt_in))
            return false;
        if (c->in.to < 0)
            way_drop(&c->in);
    }
    if (broker & (POLLIN | POLLHUP | POLLERR) && flows(r, false) &&
        !way_read(&c->out, due, &r->manner.corrupt_out))
        return false;
    if (c->in.to < 0)
        return true;
    return (!flows(r, true) || way_write(&c->in, now)) &&
           (!flows(r, false) || way_write(&c->out, now));
}

static int open_relay(struct relay *r, char **argv)
{
    static const int one = 1;
    struct sockaddr_in here = local(argv[1]);
    r->broker = local(argv[2]);
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    r->fifo = open(argv[3], O_RDWR | O_NONBLOCK | O_CLOEXEC);
    (void)setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (r->listener < 0 || r->fifo < 0 ||
        bind(r->listener, (struct sockaddr *)&here, sizeof here) < 0 ||
        listen(r->listener, 1024) < 0) {
        fprintf(stderr, "relay: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct relay r;
    if (argc != 4 && !(argc == 6 && strcmp(argv[4], "--ready-fd") == 0)) {
        fprintf(stderr, "Usage: relay LISTEN_PORT BROKER_PORT FIFO [--ready-fd N]\n");
        return 2;
    }
    if (open_relay(&r, argv))
        return 1;
    if (argc == 6)
        dprintf((int)strtol(argv[5], NULL, 10), "ready\n");
    for (;;) {
        int wait_ms = prepare(&r);
        if (poll(r.fds, 2 + 2 * r.n, wait_ms) < 0)
            continue;
        for (size_t i = r.n; i-- > 0;)
            if (!serve(&r, i))
                close_connection(&r, i);
        if (r.fds[1].revents)
            take_orders(&r);
        if (r.fds[0].revents)
            accept_one(&r);
    }
}
