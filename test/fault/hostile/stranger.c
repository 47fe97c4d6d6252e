/* Purpose: connections and first frames of a peer that has no key.
 * Invariant: every call ends within seconds.
 * Not: a client: after HELLO it has nothing right to say. */
#include "test/fault/hostile/stranger.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void stranger_key(struct stranger *s, const char *hex)
{
    size_t n = 0;
    if (sodium_hex2bin(s->server_pk, 32, hex, strlen(hex), NULL, &n, NULL) || n != 32) {
        fprintf(stderr, "hostile: %s is no key\n", hex);
        exit(2);
    }
}

void stranger_greeting(uint8_t out[GREETING])
{
    static const uint8_t mechanism[] = {'C', 'U', 'R', 'V', 'E'};
    memset(out, 0, GREETING);
    out[0] = 0xff;
    out[9] = 0x7f;
    out[10] = 3;
    out[11] = 1;
    memcpy(out + 12, mechanism, sizeof mechanism);
}

void stranger_hello(const struct stranger *s, uint8_t out[HELLO])
{
    static const uint8_t zeros[64];
    static const uint8_t name[] = {5, 'H', 'E', 'L', 'L', 'O', 1};
    uint8_t pk[32];
    uint8_t sk[32];
    uint8_t nonce[24] = "CurveZMQHELLO---";
    memset(out, 0, HELLO);
    out[0] = 0x04; /* a command */
    out[1] = HELLO - 2;
    memcpy(out + 2, name, sizeof name);
    crypto_box_keypair(pk, sk);
    memcpy(out + 82, pk, 32);
    out[121] = 1;
    memcpy(nonce + 16, out + 114, 8);
    if (crypto_box_easy(out + 122, zeros, sizeof zeros, nonce, s->server_pk, sk))
        exit(2); /* a key that is no point */
}

int stranger_connect(const struct stranger *s)
{
    static const struct timeval second = {.tv_sec = 1};
    static const int one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

bool stranger_send(int fd, const void *bytes, size_t n)
{
    return send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
}

bool stranger_read(int fd, size_t n)
{
    uint8_t bytes[4096];
    while (n > 0) {
        ssize_t got = recv(fd, bytes, n < sizeof bytes ? n : sizeof bytes, 0);
        if (got <= 0)
            return false;
        n -= (size_t)got;
    }
    return true;
}
