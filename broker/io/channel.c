/* Purpose: pass an owned pointer from one thread to another.
 * Invariant: a pointer is received once, and all that was written before it was sent
 * is seen by who receives it.
 * Not: the objects' meaning (job.h). */
#include "broker/io/channel.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#if defined(__SANITIZE_THREAD__)
#define SB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SB_TSAN 1
#endif
#endif

#ifdef SB_TSAN
#include <sanitizer/tsan_interface.h>
#define HAND_OVER(p) __tsan_release(p)
#define TAKE_OVER(p) __tsan_acquire(p)
#else
#define HAND_OVER(p) ((void)(p))
#define TAKE_OVER(p) ((void)(p))
#endif

static void *open_end(void *zmq, struct sb_err *err)
{
    static const int none =
        0; /* no high-water mark: the loop counts what is on its way */
    void *s = zmq_socket(zmq, ZMQ_PAIR);
    if (s && !zmq_setsockopt(s, ZMQ_SNDHWM, &none, sizeof none) &&
        !zmq_setsockopt(s, ZMQ_RCVHWM, &none, sizeof none) &&
        !zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none))
        return s;
    (void)sb_fail(err, SB_E_IO, "channel: %s", zmq_strerror(errno));
    if (s)
        zmq_close(s);
    return NULL;
}

int sb_channel_pair(void *zmq,
                    const char *name,
                    struct sb_channel *a,
                    struct sb_channel *b,
                    struct sb_err *err)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://%s", name);
    void *x = open_end(zmq, err);
    void *y = x ? open_end(zmq, err) : NULL;
    if (!y) {
        if (x)
            zmq_close(x);
        return SB_E_IO;
    }
    if (zmq_bind(x, address) || zmq_connect(y, address)) {
        int rc = sb_fail(err, SB_E_IO, "channel %s: %s", name, zmq_strerror(errno));
        zmq_close(x);
        zmq_close(y);
        return rc;
    }
    a->socket = x;
    b->socket = y;
    return 0;
}

int sb_channel_send(struct sb_channel *c, void *object, struct sb_err *err)
{
    HAND_OVER(object);
    if (zmq_send(c->socket, &object, sizeof object, ZMQ_DONTWAIT) == sizeof object)
        return 0;
    return sb_fail(err, SB_E_IO, "channel: %s", zmq_strerror(errno));
}

int sb_channel_take(struct sb_channel *c,
                    void **out,
                    int timeout_ms,
                    struct sb_err *err)
{
    void *object = NULL;
    for (;;) {
        int n = zmq_recv(c->socket, &object, sizeof object, ZMQ_DONTWAIT);
        if (n == (int)sizeof object)
            break;
        if (n >= 0)
            return sb_fail(err, SB_E_INTERNAL, "channel: a message of %d bytes", n);
        if (errno != EAGAIN && errno != EINTR)
            return sb_fail(err, SB_E_IO, "channel: %s", zmq_strerror(errno));
        if (timeout_ms == 0)
            return 0;
        zmq_pollitem_t item = {.socket = c->socket, .events = ZMQ_POLLIN};
        int ready = zmq_poll(&item, 1, timeout_ms);
        if (ready == 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return sb_fail(err, SB_E_IO, "channel: %s", zmq_strerror(errno));
    }
    TAKE_OVER(object);
    *out = object;
    return 1;
}

void sb_channel_close(struct sb_channel *c)
{
    if (c->socket)
        zmq_close(c->socket);
    c->socket = NULL;
}
