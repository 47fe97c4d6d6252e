/* Purpose: one direction of a relayed connection: bytes wait here until they are due.
 * Invariant: no more than HELD_MAX bytes wait; then the sender is held back by TCP.
 * Not: which connections there are (relay.c). */
#include "test/fault/relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HELD_MAX (8u << 20)
#define CHUNK 65536u

struct chunk {
    struct chunk *next;
    uint64_t due_ms;
    size_t at;
    size_t n;
    uint8_t bytes[];
};

static void drop_first(struct way *w)
{
    struct chunk *c = w->first;
    w->first = c->next;
    if (!w->first)
        w->last = NULL;
    w->held -= c->n;
    free(c);
}

void way_drop(struct way *w)
{
    while (w->first)
        drop_first(w);
}

bool way_reads(const struct way *w)
{
    return !w->ended && w->held < HELD_MAX;
}

bool way_writes(const struct way *w, uint64_t now_ms, uint64_t *due_ms)
{
    *due_ms = w->first ? w->first->due_ms : 0;
    return w->first && w->first->due_ms <= now_ms;
}

static void corrupt_one(struct chunk *c, uint64_t *corrupt)
{
    if (*corrupt == 0)
        return;
    if (*corrupt > c->n) {
        *corrupt -= c->n;
        return;
    }
    c->bytes[*corrupt - 1] ^= 0x20;
    *corrupt = 0;
}

bool way_read(struct way *w, uint64_t due_ms, uint64_t *corrupt)
{
    struct chunk *c = malloc(sizeof *c + CHUNK);
    if (!c)
        return false;
    ssize_t n = recv(w->from, c->bytes, CHUNK, MSG_DONTWAIT);
    if (n <= 0) {
        bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
        free(c);
        w->ended = !later;
        return later || w->first;
    }
    struct chunk *fits = realloc(c, sizeof *c + (size_t)n);
    c = fits ? fits : c;
    c->next = NULL;
    c->due_ms = due_ms;
    c->at = 0;
    c->n = (size_t)n;
    corrupt_one(c, corrupt);
    if (w->last)
        w->last->next = c;
    else
        w->first = c;
    w->last = c;
    w->held += c->n;
    return true;
}

bool way_write(struct way *w, uint64_t now_ms)
{
    while (w->first && w->first->due_ms <= now_ms) {
        struct chunk *c = w->first;
        ssize_t n =
            send(w->to, c->bytes + c->at, c->n - c->at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        c->at += (size_t)n;
        if (c->at == c->n)
            drop_first(w);
    }
    return w->first || !w->ended;
}
