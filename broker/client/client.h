/* The bus client: one DEALER connection of one institution, kept alive.
 *
 * Does by itself: CURVE, HELLO (to a broker of the release before in the form that it
 * knows), CHALLENGE, PROVE, PING, WHO (HELLO again), reconnecting with jitter
 * (libzmq's), session in every message. Gives the rest as messages (CHECKPOINT, NOTICE
 * and FETCHED too). One thread. Never blocks longer than the timeout given. */
#ifndef BROKER_CLIENT_CLIENT_H
#define BROKER_CLIENT_CLIENT_H

#include "broker/core/message.h"
#include "keys/trust.h"

struct sb_client;

struct sb_client_config {     /* borrowed while the client lives */
    const char *address;      /* tcp://host:port */
    const uint8_t *server_pk; /* SB_PK bytes */
    const char *institution;
    const char *role;             /* "adapter" or "witness" */
    const struct sb_vault *vault; /* curve and sign keys */
    const struct sb_exchange *exchange;
};

enum sb_client_state {
    SB_CLIENT_AWAY,    /* no answer yet */
    SB_CLIENT_REFUSED, /* the broker says no: see sb_client_refusal */
    SB_CLIENT_HERE,    /* WELCOME came */
};

SB_CHECK int sb_client_open(struct sb_client **out,
                            const struct sb_client_config *config,
                            struct sb_err *err);
void sb_client_close(struct sb_client *c); /* says BYE; takes NULL */
/* What HELLO says from now on. */
void sb_client_directory(struct sb_client *c, uint64_t version);
/* Waits up to timeout_ms. 1: a message (slices live until the next call); 0: none.
 * WELCOME comes as a message each time a session begins; a lost session shows as state
 * AWAY. Messages of an older session are dropped. */
SB_CHECK int sb_client_next(struct sb_client *c,
                            int timeout_ms,
                            struct sb_message *out,
                            struct sb_err *err);
/* Sends within the session (set here); SB_E_NO_CONNECTION when not HERE, SB_E_BUSY when
 * the socket's queue is full: try again after sb_client_next. */
SB_CHECK int
sb_client_send(struct sb_client *c, const struct sb_message *m, struct sb_err *err);
enum sb_client_state sb_client_state(const struct sb_client *c);
/* Last refusal of the session: a code, with words; 0 when none. */
int sb_client_refusal(const struct sb_client *c, struct sb_err *why);
/* Monotonic: no HELLO goes before; 0 in a session. */
uint64_t sb_client_again_ms(const struct sb_client *c);
/* The protocol's revision in the session, or in the last one; 0: there was none. */
uint64_t sb_client_revision(const struct sb_client *c);
/* The broker's version; "" before the first WELCOME, and where it does not say. */
const char *sb_client_broker_version(const struct sb_client *c);
/* Readable when sb_client_next may have something (edge: always call it until 0). */
int sb_client_fd(const struct sb_client *c);

#endif
