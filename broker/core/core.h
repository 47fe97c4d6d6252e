/* The broker's decisions, pure: an input in, effects out, time and randomness as data.
 *
 * The caller (broker/io) stores, sends and reads; it runs effects in the order given,
 * and never sends what an effect says before the appends that stand before it in the
 * list are handed to the journal. Answers to what must be durable come only after
 * SB_IN_COMMITTED. No I/O, clock, randomness or logging here.
 *
 * Indices are given here: the core is the only appender, so an entry's index is known
 * when it is accepted. If an append fails, the process stops (fail stop). */
#ifndef BROKER_CORE_CORE_H
#define BROKER_CORE_CORE_H

#include "broker/core/effect.h"
#include "broker/core/input.h"
#include "broker/core/report.h"
#include "keys/trust.h"

struct sb_core;

struct sb_stream_state { /* what the journal keeps of a stream, and gives at start */
    struct sb_bytes stream;
    uint64_t claim_no;
    uint8_t claim_hash[SB_HASH]; /* of the body */
    uint8_t instance[SB_INSTANCE];
    uint64_t claim_index;
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t last_index; /* of the newest batch; meaningless while last_seq is 0 */
    uint64_t epoch_no;   /* 0: none yet */
    uint8_t epoch_hash[SB_HASH];
    uint64_t epoch_index;
    struct sb_bytes epoch; /* the epoch record; empty while epoch_no is 0 */
};

struct sb_priority { /* of a type; absent types are 0 */
    struct sb_bytes type;
    uint64_t priority;
};

struct sb_core_config {
    uint64_t generation;
    uint64_t size;       /* entries in the journal */
    uint64_t stored_ms;  /* of the newest entry; 0 when empty */
    uint64_t session_ms; /* silence after which a session ends, e.g. 20000 */
    const struct sb_priority *priorities; /* borrowed */
    size_t n_priorities;
};

/* Takes ownership of `trust` (which holds at least one directory) on success. */
SB_CHECK int sb_core_new(struct sb_core **out,
                         const struct sb_core_config *config,
                         struct sb_trust *trust,
                         struct sb_err *err);
void sb_core_free(struct sb_core *core);
/* Before the first step, once per stream of the journal. */
SB_CHECK int sb_core_restore(struct sb_core *core,
                             const struct sb_stream_state *state,
                             struct sb_err *err);
/* Before the first step: the newest prune record, and the newest final note. */
SB_CHECK int
sb_core_restore_prune(struct sb_core *core, struct sb_bytes record, struct sb_err *err);
SB_CHECK int
sb_core_restore_final(struct sb_core *core, struct sb_bytes note, struct sb_err *err);
/* Before the first step: adds what of an institution's streams stands in the journal.
 */
SB_CHECK int sb_core_restore_use(struct sb_core *core,
                                 struct sb_bytes institution,
                                 uint64_t bytes,
                                 struct sb_err *err);
const struct sb_trust *sb_core_trust(const struct sb_core *core);
/* Between two steps: other settings. `priorities` are borrowed from now on. */
void sb_core_tune(struct sb_core *core,
                  uint64_t session_ms,
                  const struct sb_priority *priorities,
                  size_t n_priorities);
size_t sb_core_sessions(const struct sb_core *core); /* open ones */

/* One step. A peer's fault is never an error here: it becomes effects. Errors are
 * out of memory and the like, after which the process should stop. */
SB_CHECK int sb_core_step(struct sb_core *core,
                          const struct sb_input *in,
                          struct sb_effects *out,
                          struct sb_err *err);

#endif
