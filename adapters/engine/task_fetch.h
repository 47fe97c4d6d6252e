/* FETCHED: one batch with all that proves it, believed only after everything in it was
 * checked: the note's signature, both paths, both signatures, joins, ciphertexts. */
#ifndef ADAPTERS_ENGINE_TASK_FETCH_H
#define ADAPTERS_ENGINE_TASK_FETCH_H

#include "adapters/engine/withdraw.h"
#include "keys/seal.h"
#include "schemas/pack/value.h"

struct sb_fetched { /* lives in the message and the arena */
    struct sb_batch batch;
    uint8_t hash[SB_HASH]; /* of the batch's body */
    struct sb_epoch epoch;
    struct sb_bytes *items; /* batch.count */
    struct sb_cts cts;      /* of the classes that the broker gives us */
    bool *gone;             /* per event: withdrawn; NULL: none is */
};

/* A refusal comes back as its code, with words. SB_E_BUSY: ask again later. */
SB_CHECK int sb_fetched_read(const struct sb_env *env,
                             const struct sb_message *m,
                             struct sb_arena *arena,
                             struct sb_fetched *out,
                             struct sb_err *err);

struct sb_fetched_keys { /* the secrets of the epoch opened last */
    uint8_t epoch_hash[SB_HASH];
    bool known;
    struct sb_secrets *secrets; /* NULL: nothing for us */
};
void sb_fetched_forget(struct sb_fetched_keys *k);
/* SB_E_MEMORY alone is an error: an epoch that does not open holds nothing for us. */
SB_CHECK int sb_fetched_open(const struct sb_env *env,
                             const struct sb_fetched *f,
                             struct sb_fetched_keys *k,
                             struct sb_err *err);
/* The first section of event i that we can open. 1: in *out, from the arena; 0: none
 * (not for us, withdrawn, pruned, or it does not open); negative: SB_E_MEMORY. */
SB_CHECK int sb_fetched_event(const struct sb_fetched *f,
                              const struct sb_fetched_keys *k,
                              size_t i,
                              struct sb_arena *arena,
                              struct sb_value *out,
                              struct sb_err *err);
/* The ciphertext of class `name` of event i; p NULL: the class did not come. */
struct sb_bytes
sb_fetched_ct(const struct sb_fetched *f, struct sb_bytes name, size_t i);

#endif
