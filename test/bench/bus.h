/* One institution on the bus, as the benchmark's publisher and readers are: vault,
 * directory, a session by broker/client, and the cosigning rounds that every adapter
 * leads. Each step must succeed, or the program ends with a line on standard error. */
#ifndef TEST_BENCH_BUS_H
#define TEST_BENCH_BUS_H

#include "broker/client/client.h"
#include "broker/witness/round.h"
#include "test/bench/measure.h"

#define BUS_TYPE "interior.hecho_transito"
#define BUS_STREAM "m0001/" BUS_TYPE /* what test-world's first member publishes */
#define BUS_CLASS "publica"
#define BUS_HEAD 6u /* bytes of a payload before its time: a map of one bin */

struct bus {
    char code[16];
    struct sb_anchor anchor;
    struct sb_exchange x;
    struct sb_vault *vault;
    struct sb_trust *trust;
    struct sb_vault_key sign;
    struct sb_client_config config;
    struct sb_client *client;
    struct sb_witness *witness;
    struct sb_round *round;
    struct sb_round_answer answer; /* of the newest CHECKPOINT */
    char state[256];               /* folder of what the witness has seen */
};

struct bus_place { /* where the publisher's stream stands before the run */
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t seq; /* 0: it has no events yet */
    uint8_t hash[SB_HASH];
};

void bus_must(int rc, const struct sb_err *err);
/* Member `number` (from 1) of the exchange that test-world made in `folder`, connected
 * or not yet. */
void bus_open(struct bus *b, const char *folder, unsigned number);
void bus_close(struct bus *b);
/* Until WELCOME, which is in *out. */
void bus_welcome(struct bus *b, struct sb_message *out);
/* 1: a message, 0: none. A CHECKPOINT has been judged, and its answer is b->answer; a
 * session that is lost ends the program. */
int bus_next(struct bus *b, int timeout_ms, struct sb_message *out);
/* COSIGN when it is due, asking for the path of `index` (0: of none). */
void bus_round(struct bus *b, uint64_t index);
void bus_send(struct bus *b, const struct sb_message *m);
/* Sends one record as the command's only payload. */
void bus_say(struct bus *b, enum sb_command cmd, struct sb_bytes record);
/* Signs a body by the institution's key; appends the record. `hash`: the body's. */
void bus_sign(struct bus *b,
              const struct sb_buf *body,
              struct sb_buf *record,
              uint8_t hash[SB_HASH]);
/* Waits until something may have come, or for so long. */
void bus_wait(struct bus *b, uint64_t ns);

/* What WELCOME says of the publisher's stream. */
void bus_place(const struct sb_message *welcome, struct bus_place *out);

/* The publisher's work; everything is acknowledged when it returns how many events. */
uint64_t bus_publish(struct bench_run *run);
/* A reader's work, from the place on. */
void bus_read(struct bench_run *run, unsigned number, const struct bus_place *from);
/* `sessions` members that have nothing to do, for so long: connected, subscribed,
 * leading their cosigning rounds. Calls `ready` once all are welcome. */
void bus_idle(const char *folder,
              unsigned sessions,
              uint64_t ns,
              void (*ready)(void *ctx),
              void *ctx);

#endif
