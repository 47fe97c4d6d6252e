/* What publishers, members and witnesses of the simulation say (sim.h includes this).
 */
#ifndef TEST_UNIT_BROKER_CORE_SIM_SAY_H
#define TEST_UNIT_BROKER_CORE_SIM_SAY_H

#include "broker/core/message.h"

struct sim;

/* A publisher's side: its own idea of the stream. */
struct sim_publisher {
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t next_seq;
    uint8_t prev[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets;
    uint8_t instance[SB_INSTANCE];
    uint64_t tree_size;  /* the tree that its claims name */
    const uint8_t *root; /* NULL: that of the empty one */
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

/* A body signed by a member's newest sign key. */
void sim_sign(struct sim *s,
              size_t member,
              const struct sb_buf *body,
              struct sb_buf *record);
void sim_member_record(struct sim *s,
                       uint64_t peer,
                       size_t member,
                       const uint8_t session[SB_SESSION],
                       enum sb_command cmd,
                       const struct sb_buf *record);

/* sim_evidence.c */
/* Signs and keeps a checkpoint of what is durable, and tells the core. */
void sim_checkpoint(struct sim *s);
void sim_root(const struct sim *s, uint64_t size, uint8_t root[SB_HASH]);
/* The broker's signature over any root of this generation. */
void sim_note(const struct sim *s,
              uint64_t size,
              const uint8_t root[SB_HASH],
              struct sb_buf *out);
struct sim_ask { /* COSIGN */
    struct sb_bytes said;
    uint64_t seen;
    uint64_t *indices;
    size_t n;
};
void sim_cosign(struct sim *s,
                uint64_t peer,
                size_t member,
                const uint8_t session[SB_SESSION],
                struct sim_ask ask);
/* The member's cosignature of a note at s->now. */
void sim_line(struct sim *s, size_t member, struct sb_bytes note, struct sb_buf *line);
/* Takes messages to a peer until one of this command; fails without one. */
struct sim_mail *sim_expect(struct sim *s, uint64_t peer, enum sb_command cmd);

#endif
