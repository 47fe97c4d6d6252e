/* ZAP (RFC 27) over the directory: who may finish the CURVE handshake. For gate.c. */
#ifndef BROKER_IO_ZAP_H
#define BROKER_IO_ZAP_H

#include "broker/host/log.h"
#include "keys/trust.h"

#define SB_ZAP_DOMAIN "sacbe"

/* Binds the handler's socket; before any CURVE server of `zmq`. zmq_close it. */
SB_CHECK int sb_zap_open(void **out, void *zmq, struct sb_err *err);
/* Answers one request: 200 with the key in hex as User-Id when the directory knows it,
 * else 400 and one log line. 1: answered; 0: none waits. */
int sb_zap_step(void *zap,
                const struct sb_dir *dir,
                uint64_t now_ms,
                struct sb_log *log);
/* The line of a refused key: its code and the start of its hash, never the key. */
void sb_zap_log(struct sb_log *log, int code, const uint8_t curve_pk[SB_PK]);

#endif
