/* A member's connections without its manners: CURVE and sessions by its own keys, then
 * whatever is said, and nothing read that need not be. */
#ifndef TEST_FAULT_FLOOD_MEMBER_H
#define TEST_FAULT_FLOOD_MEMBER_H

#include "broker/core/message.h"
#include "keys/trust.h"
#include "keys/vault.h"

struct member {
    const char *code;
    void *zmq;
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    struct sb_vault *vault;
};

struct caller { /* one connection */
    void *socket;
    uint8_t session[SB_SESSION];
};

/* Ends the program when the folder of test-world has no such member. */
void member_open(struct member *m, const char *folder, const char *code);
/* A connection that keeps as little as libzmq can: what is sent to it stays there. */
void member_call(const struct member *m, struct caller *c);
void member_close(struct caller *c);
/* HELLO to WELCOME; false: refused, or no answer in time. */
bool member_enter(const struct member *m, struct caller *c);
/* In its session; false: the way is full. */
bool member_say(const struct caller *c, struct sb_message *msg);

#endif
