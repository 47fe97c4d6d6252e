/* A broker's core without sockets, disk or clock: what the tests of the core share.
 *
 * The journal is a list in memory that commits when the test says so; peers are queues
 * of the messages that were sent to them. The exchange is that of the tests of keys:
 * pnc publishes comun.alerta; igm reads publica, stcns reads publica and interna. */
#ifndef TEST_UNIT_BROKER_CORE_SIM_H
#define TEST_UNIT_BROKER_CORE_SIM_H

#include "broker/core/core.h"
#include "test/unit/keys/fixture.h"

#define SIM_PEERS 16
#define SIM_STREAM "pnc/comun.alerta"

struct sim_entry { /* owns its bytes */
    struct sb_append a;
    struct sb_arena *arena;
};

struct sim_mail { /* a message sent to a peer, owned */
    struct sim_mail *next;
    struct sb_arena *arena;
    struct sb_message m;
};

struct sim_question { /* LOOKUP, OPEN or READ that waits for its answer */
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
    uint64_t now;
    int last_log; /* code of the newest LOG effect */
    size_t n_logs;
    struct sb_err last_answer;
    size_t n_answers;
};

struct sim *sim_new(void);
void sim_free(struct sim *s);
/* A fresh core over the durable part of the journal: what kill -9 leaves. */
void sim_crash(struct sim *s);
/* One input; runs its effects. */
void sim_step(struct sim *s, struct sb_input *in);
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

/* A publisher's side: its own idea of the stream. */
struct sim_publisher {
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t next_seq;
    uint8_t prev[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets;
    uint8_t instance[SB_INSTANCE];
};
void sim_claim(struct sim *s, struct sim_publisher *p, struct sb_buf *record);
void sim_epoch(struct sim *s, struct sim_publisher *p, struct sb_buf *record);
/* A batch of `count` events after p->next_seq; moves p on. */
struct sim_batch {
    struct sb_buf record;
    struct sb_buf items;
    struct sb_buf cts;
};
void sim_batch(struct sim *s,
               struct sim_publisher *p,
               size_t count,
               struct sim_batch *out);
void sim_batch_free(struct sim_batch *b);
void sim_publish(struct sim *s,
                 uint64_t peer,
                 const uint8_t session[SB_SESSION],
                 const struct sim_batch *b);
void sim_record(struct sim *s,
                uint64_t peer,
                const uint8_t session[SB_SESSION],
                enum sb_command cmd,
                const struct sb_buf *record);

#endif
