/* The client's socket and what libzmq says about its connection. For broker/client.
 *
 * A DEALER that reconnects by itself (250 ms to 10 s). After a refused handshake libzmq
 * gives up; sb_link_renew then makes a new socket. */
#ifndef BROKER_CLIENT_LINK_H
#define BROKER_CLIENT_LINK_H

#include "broker/core/message.h"
#include "keys/vault.h"

struct sb_link;

enum sb_link_event {
    SB_LINK_NONE,
    SB_LINK_UP,      /* the handshake succeeded: messages can go */
    SB_LINK_DOWN,    /* the connection was lost; it is made again */
    SB_LINK_REFUSED, /* the broker does not know our key; renew later */
    SB_LINK_FAILED,  /* the handshake failed otherwise; renew later */
};

/* `address` and `server_pk` are borrowed; the keys are copied into guarded memory. */
SB_CHECK int sb_link_open(struct sb_link **out,
                          const char *address,
                          const uint8_t server_pk[SB_PK],
                          const struct sb_vault *vault,
                          struct sb_err *err);
void sb_link_close(struct sb_link *l);              /* takes NULL */
const uint8_t *sb_link_pk(const struct sb_link *l); /* our CURVE key, SB_PK bytes */
SB_CHECK int sb_link_renew(struct sb_link *l, struct sb_err *err);
/* Readable when there may be a message or an event; the same after a renewal. */
int sb_link_fd(const struct sb_link *l);
/* Waits for either. */
SB_CHECK int sb_link_wait(struct sb_link *l, int timeout_ms, struct sb_err *err);
enum sb_link_event sb_link_event(struct sb_link *l);
/* 1: a message, whose slices live until the next call; 0: none waits. */
SB_CHECK int sb_link_take(struct sb_link *l, struct sb_frames *out, struct sb_err *err);
/* SB_E_BUSY: the queue is full or there is no connection. Whole messages only. */
SB_CHECK int
sb_link_send(struct sb_link *l, const struct sb_frames *frames, struct sb_err *err);

#endif
