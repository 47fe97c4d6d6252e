/* What apply.c and apply_aside.c share. */
#ifndef ADAPTERS_ENGINE_APPLY_IMPL_H
#define ADAPTERS_ENGINE_APPLY_IMPL_H

#include "adapters/engine/apply.h"
#include "adapters/engine/opening.h"

struct run { /* one attempt at a batch */
    struct sb_target *t;
    struct sb_chain *c;
    const struct sb_chain_batch *b;
    uint64_t now_ms;
    struct sb_arena *arena;
    struct sb_applied done;
    uint64_t aside; /* events of others that stand in quarantine */
    bool pruned;    /* the batch came without its ciphertexts */
};

struct aside { /* an event that the sink does not take */
    uint64_t seq;
    const struct sb_opened *event;
    const struct sb_err *why;
    const char *pointer;
    bool reject; /* its publisher is told */
};

/* The row that the event is about; empty when it names none. */
struct sb_bytes sb_apply_id_of(const struct sb_value *payload);
/* Puts an event aside, durably, before the cursor passes it. */
SB_CHECK int
sb_apply_set_aside(struct run *r, const struct aside *a, struct sb_err *err);
/* An event that was set aside by an attempt whose transaction did not hold stands in
 * one place alone when another attempt applies it. */
SB_CHECK int sb_apply_take_back(struct run *r, uint64_t seq, struct sb_err *err);

#endif
