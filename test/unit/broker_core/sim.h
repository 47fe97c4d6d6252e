/* A broker's core without sockets, disk or clock: what the tests of the core share.
 *
 * The journal is a list in memory that commits when the test says so; peers are queues
 * of the messages that were sent to them. The exchange is that of the tests of keys:
 * pnc publishes comun.alerta; igm reads publica, stcns reads publica and interna. */
#ifndef TEST_UNIT_BROKER_CORE_SIM_H
#define TEST_UNIT_BROKER_CORE_SIM_H

#include "broker/core/core.h"
#include "keys/cosign.h"
#include "schemas/record/evidence.h"
#include "test/unit/keys/fixture.h"

#define SIM_PEERS 16
#define SIM_STREAM "pnc/comun.alerta"
#define SIM_NOTES 256

struct sim_entry { /* owns its bytes */
    struct sb_append a;
    struct sb_arena *arena;
};

struct sim_mail { /* a message sent to a peer, owned */
    struct sim_mail *next;
    struct sb_arena *arena;
    struct sb_message m;
};

struct sim_note { /* a checkpoint that the journal keeps */
    uint64_t size;
    uint8_t root[SB_HASH];
    struct sb_buf text;
};

struct sim_question { /* a question to the journal that waits for its answer */
    struct sim_question *next;
    struct sb_arena *arena;
    struct sb_effect e;
};

struct sim {
    struct world *world;
    struct sb_core *core;
    struct sb_effects *effects;
    struct sim_entry *entries;
    size_t n_entries;
    size_t durable;
    struct sim_question *questions;
    struct sim_mail *mail[SIM_PEERS]; /* newest last */
    bool dropped[SIM_PEERS];
    struct sim_note notes[SIM_NOTES]; /* rising sizes */
    size_t n_notes;
    size_t n_cosigned; /* COSIGNED effects */
    int stopped;       /* code of a STOP effect; 0: none */
    uint64_t now;
    int64_t skew; /* what the broker's clock is wrong by */
    int last_log; /* code of the newest LOG effect */
    size_t n_logs;
    struct sb_err last_answer;
    size_t n_answers;
    /* After each step, with its effects in `effects`; NULL: nobody. */
    void (*twin)(struct sim *s, const struct sb_input *in);
};

struct sim *sim_new(void);
void sim_free(struct sim *s);
/* A fresh core over the durable part of the journal: what kill -9 leaves. */
void sim_crash(struct sim *s);
/* Every core from now on stands on an empty journal of the next generation, which a
 * directory opens now. */
void sim_generation(struct sim *s);
/* One input; runs its effects. */
void sim_step(struct sim *s, struct sb_input *in);
/* When an entry was stored, as it says. */
uint64_t sim_stored_ms(const struct sim *s, size_t index);
void sim_commit(struct sim *s, size_t size);
/* Answers the oldest question, or does nothing. */
bool sim_answer(struct sim *s);
/* Commits and answers until nothing is left to do. */
void sim_settle(struct sim *s);
void sim_send(struct sim *s, uint64_t peer, size_t member, struct sb_message *m);
/* Takes the oldest message to a peer; NULL when there is none. Caller frees. */
struct sim_mail *sim_take(struct sim *s, uint64_t peer);
void sim_mail_free(struct sim_mail *m);
/* HELLO to WELCOME; the session is returned. */
void sim_enter(struct sim *s,
               uint64_t peer,
               size_t member,
               uint8_t session[SB_SESSION]);

/* The same; 0 for WELCOME, or the code of the refusal. */
int sim_try_enter(struct sim *s,
                  uint64_t peer,
                  size_t member,
                  uint8_t session[SB_SESSION]);

#include "test/unit/broker_core/sim_say.h"

#endif
