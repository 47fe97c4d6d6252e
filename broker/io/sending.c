/* Purpose: send parts and know how many bytes libzmq still holds.
 * Invariant: a part is counted before libzmq has it and until its last reference goes.
 * Not: what is too much (gate.c). */
#include "broker/io/sending.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SMALL 256u    /* bytes; such parts are counted with the last of their message */
#define MESSAGE 1024u /* bytes that libzmq keeps for the small parts of a message */

struct sb_sending {
    atomic_size_t holders; /* parts on their way, and the owner */
    atomic_ullong bytes;
};

struct parcel {
    struct sb_sending *of;
    struct sb_hold *hold; /* NULL: the bytes stand here */
    size_t n;             /* counted */
    uint8_t bytes[];
};

struct sb_sending *sb_sending_new(void)
{
    struct sb_sending *s = malloc(sizeof *s);
    if (!s)
        return NULL;
    atomic_init(&s->holders, 1);
    atomic_init(&s->bytes, 0);
    return s;
}

void sb_sending_free(struct sb_sending *s)
{
    if (s && atomic_fetch_sub(&s->holders, 1) == 1)
        free(s);
}

uint64_t sb_sending_bytes(const struct sb_sending *s)
{
    return atomic_load(&s->bytes);
}

/* In a thread of libzmq. */
static void let_go(void *bytes, void *hint)
{
    struct parcel *p = hint;
    struct sb_sending *of = p->of;
    (void)bytes;
    atomic_fetch_sub(&of->bytes, p->n);
    sb_hold_drop(p->hold);
    free(p);
    sb_sending_free(of);
}

static int make_part(struct sb_sending *s,
                     zmq_msg_t *msg,
                     struct sb_bytes part,
                     struct sb_hold *hold,
                     bool last)
{
    struct parcel *p = malloc(sizeof *p + (hold ? 0 : part.n));
    if (!p)
        return ENOMEM;
    p->of = s;
    p->n = part.n + (last ? MESSAGE : 0);
    p->hold = hold ? sb_hold_share(hold) : NULL;
    void *bytes = p->bytes;
    if (hold)
        bytes = (void *)(uintptr_t)part.p; /* libzmq only reads it */
    else if (part.n > 0)
        memcpy(p->bytes, part.p, part.n);
    atomic_fetch_add(&s->holders, 1);
    atomic_fetch_add(&s->bytes, p->n);
    if (zmq_msg_init_data(msg, bytes, part.n, let_go, p) == 0)
        return 0;
    int why = errno;
    let_go(p->bytes, p);
    return why;
}

int sb_sending_part(struct sb_sending *s,
                    void *socket,
                    struct sb_bytes part,
                    const struct sb_lent *lent,
                    bool more)
{
    zmq_msg_t msg;
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    if (part.n < SMALL && more)
        return zmq_send(socket, part.p, part.n, flags) < 0 ? errno : 0;
    int why = make_part(s, &msg, part, sb_lent_find(lent, part), !more);
    if (why == 0 && zmq_msg_send(&msg, socket, flags) < 0) {
        why = errno;
        zmq_msg_close(&msg);
    }
    return why;
}
