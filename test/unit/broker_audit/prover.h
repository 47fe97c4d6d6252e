/* Proof files made of a scene's entries, and judged: what tests of proofs share. Every
 * step asserts. */
#ifndef TEST_UNIT_BROKER_AUDIT_PROVER_H
#define TEST_UNIT_BROKER_AUDIT_PROVER_H

#include "test/unit/broker_audit/scene.h"

#include "keys/proof.h"

struct proof {
    struct scene *s;
    struct sb_proof_file file;
    struct sb_path item_path;
    struct sb_path batch_path;
    struct sb_path epoch_path;
    struct sb_buf leaf;
    struct sb_buf epoch_leaf;
    struct sb_buf note;
    struct sb_bytes directories[4];
    struct sb_bytes plain; /* of the last audit */
    uint8_t key[SB_EVENT_KEY];
};

/* A scene that is filled, and the proof of event 8. */
struct proof *proof_new(void);
void proof_free(struct proof *p);
/* The proof of an event, whose batch and epoch stand at these places. */
void prove(struct proof *p, size_t batch, size_t epoch, uint64_t seq);
/* One of its two places anew. */
void prove_place(struct proof *p,
                 size_t at,
                 struct sb_proof_place *out,
                 struct sb_path *path,
                 struct sb_buf *leaf);
/* igm gives out the class publica of event `seq`, by an order. */
void disclose(struct proof *p, const char *order, uint64_t seq);
/* Writes and audits it; what is disclosed is in p->plain. */
enum sb_audit_verdict proof_judge(struct proof *p);

#endif
