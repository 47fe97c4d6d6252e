/* Purpose: hostile PORT KEY ATTACK CONNECTIONS SECONDS: what strangers do to a port.
 *   half        connect, and say nothing
 *   loris       a greeting and a HELLO, one byte of each connection a second
 *   oversized   after the greeting a frame of 9 MiB, all of it but its last byte
 *   garbage     random bytes, at once, after the greeting, as HELLO, after HELLO
 *   handshakes  greeting, HELLO, WELCOME, and gone: as fast as this core can
 *   strangers   whole handshakes with keys that nobody knows, as fast as it can
 * What was done is one line at the end: ATTACK, how often, in how many seconds.
 * Invariant: ends after SECONDS, whatever the broker does.
 * Not: a member (member.c). */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "test/fault/hostile/stranger.h"

#define CONNECTIONS 4096u
#define OVERSIZED (9u << 20)

struct attack {
    struct stranger stranger;
    int fds[CONNECTIONS];
    size_t n;
    double until;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void replace(struct attack *a, size_t i)
{
    if (a->fds[i] >= 0)
        close(a->fds[i]);
    a->fds[i] = stranger_connect(&a->stranger);
}

static unsigned long half(struct attack *a)
{
    unsigned long done = 0;
    for (size_t i = 0; i < a->n; i++, done++)
        replace(a, i);
    while (now() < a->until) {
        pause_ms(500);
        for (size_t i = 0; i < a->n; i++) { /* whom the broker sent away comes again */
            uint8_t seen[GREETING];
            ssize_t got =
                a->fds[i] < 0 ? 0 : recv(a->fds[i], seen, sizeof seen, MSG_DONTWAIT);
            if (got == 0 && now() < a->until) {
                replace(a, i);
                done++;
            }
        }
    }
    return done;
}

static unsigned long loris(struct attack *a)
{
    uint8_t bytes[GREETING + HELLO];
    static size_t at[CONNECTIONS];
    unsigned long done = 0;
    stranger_greeting(bytes);
    stranger_hello(&a->stranger, bytes + GREETING);
    for (size_t i = 0; i < a->n; i++)
        replace(a, i);
    while (now() < a->until) {
        for (size_t i = 0; i < a->n && now() < a->until; i++) {
            bool sent = a->fds[i] >= 0 && at[i] < sizeof bytes &&
                        stranger_send(a->fds[i], bytes + at[i], 1);
            at[i] = sent ? at[i] + 1 : 0;
            done += sent;
            if (!sent)
                replace(a, i);
        }
        pause_ms(1000);
    }
    return done;
}

static unsigned long oversized(struct attack *a)
{
    static uint8_t frame[OVERSIZED]; /* zeros after the header */
    uint8_t greeting[GREETING];
    unsigned long done = 0;
    stranger_greeting(greeting);
    frame[0] = 0x06; /* a long command */
    for (size_t i = 0; i < 8; i++)
        frame[1 + i] = (uint8_t)((uint64_t)OVERSIZED >> (56 - 8 * i));
    while (now() < a->until) {
        for (size_t i = 0; i < a->n && now() < a->until; i++) {
            replace(a, i);
            if (a->fds[i] >= 0 && stranger_send(a->fds[i], greeting, sizeof greeting))
                done += stranger_send(a->fds[i], frame, sizeof frame);
        }
    }
    return done;
}

static unsigned long garbage(struct attack *a)
{
    static const uint8_t initiate[] = {
        4, 0xff, 8, 'I', 'N', 'I', 'T', 'I', 'A', 'T', 'E'};
    uint8_t bytes[1024];
    uint8_t said[GREETING + HELLO];
    unsigned long done = 0;
    stranger_greeting(said);
    while (a->n > 0 && now() < a->until) {
        size_t i = done++ % a->n;
        size_t n = randombytes_uniform(sizeof bytes);
        replace(a, i);
        randombytes_buf(bytes, sizeof bytes);
        stranger_hello(&a->stranger, said + GREETING);
        uint32_t stage = randombytes_uniform(4);
        if (stage == 2) /* the frame of HELLO, and anything in it */
            memcpy(said + GREETING + 8, bytes, HELLO - 8);
        if (stage > 0 && a->fds[i] >= 0)
            (void)stranger_send(a->fds[i], said, stage == 1 ? GREETING : sizeof said);
        if (stage == 3 && a->fds[i] >= 0 &&
            stranger_read(a->fds[i], GREETING + WELCOME))
            memcpy(bytes, initiate, sizeof initiate);
        if (a->fds[i] >= 0)
            (void)stranger_send(a->fds[i], bytes, n);
    }
    return done;
}

static unsigned long handshakes(struct attack *a)
{
    uint8_t said[GREETING + HELLO];
    unsigned long done = 0;
    stranger_greeting(said);
    stranger_hello(&a->stranger, said + GREETING); /* replayed: costs us nothing */
    while (now() < a->until) {
        int fd = stranger_connect(&a->stranger);
        if (fd < 0)
            continue;
        if (stranger_send(fd, said, sizeof said))
            done += stranger_read(fd, GREETING + WELCOME);
        close(fd);
    }
    return done;
}

static void *stranger_socket(const struct attack *a, void *zmq)
{
    char pk[41];
    char sk[41];
    char to[64];
    int none = 0;
    void *s = zmq_socket(zmq, ZMQ_DEALER);
    zmq_curve_keypair(pk, sk);
    snprintf(to, sizeof to, "tcp://127.0.0.1:%u", a->stranger.port);
    if (!s || zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none) ||
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, a->stranger.server_pk, 32) ||
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, pk, sizeof pk) ||
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, sk, sizeof sk) || zmq_connect(s, to)) {
        fprintf(stderr, "hostile: %s\n", zmq_strerror(zmq_errno()));
        exit(1);
    }
    return s;
}

static unsigned long strangers(struct attack *a)
{
    enum { AT_ONCE = 64 };
    void *sockets[AT_ONCE] = {NULL};
    void *zmq = zmq_ctx_new();
    unsigned long done = 0;
    while (now() < a->until) {
        size_t i = done++ % AT_ONCE;
        if (sockets[i])
            zmq_close(sockets[i]);
        sockets[i] = stranger_socket(a, zmq);
        pause_ms(1); /* its thread needs the core, too */
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        if (sockets[i])
            zmq_close(sockets[i]);
    zmq_ctx_term(zmq);
    return done;
}

int main(int argc, char **argv)
{
    static struct attack a;
    static const struct {
        const char *name;
        unsigned long (*run)(struct attack *a);
    } attacks[] = {{"half", half},
                   {"loris", loris},
                   {"oversized", oversized},
                   {"garbage", garbage},
                   {"handshakes", handshakes},
                   {"strangers", strangers}};
    if (argc != 6 || sodium_init() < 0) {
        fprintf(stderr, "Usage: hostile PORT KEY ATTACK CONNECTIONS SECONDS\n");
        return 2;
    }
    double seconds = strtod(argv[5], NULL);
    a.stranger.port = (uint16_t)strtoul(argv[1], NULL, 10);
    stranger_key(&a.stranger, argv[2]);
    a.n = strtoul(argv[4], NULL, 10);
    a.n = a.n < CONNECTIONS ? a.n : CONNECTIONS;
    for (size_t i = 0; i < a.n; i++)
        a.fds[i] = -1;
    a.until = now() + seconds;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (strcmp(argv[3], attacks[i].name) == 0) {
            printf("%s: %lu in %.0f s\n", argv[3], attacks[i].run(&a), seconds);
            return 0;
        }
    fprintf(stderr, "hostile: no attack %s\n", argv[3]);
    return 2;
}
