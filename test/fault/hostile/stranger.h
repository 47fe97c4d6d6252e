/* What a stranger, who holds no key of the exchange, can say to the broker's port: the
 * first bytes of ZMTP 3.1 and of CurveZMQ (RFC 23, RFC 26). */
#ifndef TEST_FAULT_HOSTILE_STRANGER_H
#define TEST_FAULT_HOSTILE_STRANGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GREETING 64
#define HELLO 202   /* the frame of a CurveZMQ HELLO */
#define WELCOME 170 /* the frame that answers it */

struct stranger {
    uint16_t port;
    uint8_t server_pk[32];
};

/* Ends the program for what is no key. */
void stranger_key(struct stranger *s, const char *hex);
void stranger_greeting(uint8_t out[GREETING]);
/* As it must be: its box opens with the server's key. */
void stranger_hello(const struct stranger *s, uint8_t out[HELLO]);
/* A connected socket, or -1. Reads and writes on it give up after a second. */
int stranger_connect(const struct stranger *s);
bool stranger_send(int fd, const void *bytes, size_t n);
bool stranger_read(int fd, size_t n); /* so many bytes, thrown away */

#endif
