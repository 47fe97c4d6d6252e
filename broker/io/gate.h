/* The broker's door: the ROUTER socket, CURVE, and the ZAP handler over the directory.
 *
 * Nobody comes in whose CURVE key the newest directory does not know (ZAP, RFC 27, at
 * the handshake; and again with each message, so that a revoked key is cut off while it
 * is connected). Nothing here blocks. One thread. */
#ifndef BROKER_IO_GATE_H
#define BROKER_IO_GATE_H

#include "broker/core/core.h"
#include "broker/host/log.h"
#include "broker/io/peers.h"

struct sb_gate;

struct sb_gate_config {
    const char *listen;           /* tcp://host:port, port may be * */
    const struct sb_vault *vault; /* CURVE pair */
    struct sb_log *log;           /* borrowed; may be NULL */
};

struct sb_arrival { /* a message that came; slices live until the next call, */
    uint64_t peer;
    const uint8_t *curve_pk;
    uint64_t owner;          /* its institution's number (lines.h) */
    struct sb_hold *hold;    /* or longer: share what they lie in */
    struct sb_frames frames; /* n 0: more frames than any message has */
};

/* Binds the ZAP handler first, then the door. SB_E_IO: the address is in use. */
SB_CHECK int sb_gate_open(struct sb_gate **out,
                          void *zmq,
                          const struct sb_gate_config *config,
                          struct sb_err *err);
void sb_gate_close(struct sb_gate *g);                /* takes NULL */
const char *sb_gate_address(const struct sb_gate *g); /* as bound, with its port */
void *sb_gate_socket(const struct sb_gate *g);        /* to poll */
void *sb_gate_zap(const struct sb_gate *g);           /* to poll */
void *sb_gate_porter(const struct sb_gate *g);        /* to poll */
/* Looks after connections that cost too much (porter.h); ms until it must again. */
uint64_t sb_gate_watch(struct sb_gate *g, uint64_t mono_ms);

/* Answers the handshakes that wait. */
void sb_gate_admit(struct sb_gate *g, const struct sb_dir *dir, uint64_t now_ms);
/* 1: a message; 0: none waits. Frames of unknown keys are dropped and logged; the peer
 * then stands in sb_gate_gone. */
SB_CHECK int sb_gate_take(struct sb_gate *g,
                          const struct sb_dir *dir,
                          uint64_t now_ms,
                          uint64_t mono_ms,
                          struct sb_arrival *out,
                          struct sb_err *err);
/* Sends, or finds out that the peer is gone (sb_gate_gone) or does not read. Large
 * frames that lie in `lent` are not copied. */
SB_CHECK int sb_gate_send(struct sb_gate *g,
                          uint64_t peer,
                          const struct sb_frames *frames,
                          const struct sb_lent *lent,
                          struct sb_err *err);
void sb_gate_forget(struct sb_gate *g, uint64_t peer);
/* Peers silent since before `mono_ms` count as gone. */
void sb_gate_sweep(struct sb_gate *g, uint64_t mono_ms);
/* The next peer that the core must hear is gone; 0: none. */
uint64_t sb_gate_gone(struct sb_gate *g);

#endif
