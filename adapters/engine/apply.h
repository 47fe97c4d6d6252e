/* Applying a batch: open, put together, validate, run the reader's SQL, move the
 * cursor.
 *
 * Data and cursor move in one transaction of the reader's database; an event is applied
 * exactly once, whoever crashes. An event that cannot be used is quarantined here and,
 * where its publisher must know (it cannot be opened, or breaks the catalogue),
 * rejected by a signed record with a code and a pointer; then the next one comes. A
 * sink that is `strict` holds its stream instead. Trouble of the machine is no event's
 * fault: all is rolled back and asked again. What its publisher has withdrawn, or the
 * broker pruned under a record, is passed over. */
#ifndef ADAPTERS_ENGINE_APPLY_H
#define ADAPTERS_ENGINE_APPLY_H

#include "adapters/engine/chain.h"
#include "adapters/engine/mapping.h"
#include "adapters/engine/sections.h"

struct sb_target { /* one sink with its database; plain data for the engine's files */
    struct sb_env *env;
    struct sb_sink *sink;
    struct sb_db *db;
    struct sb_type_facts type;
};

struct sb_applied {
    uint64_t applied;
    uint64_t quarantined;
    uint64_t rejected;
    uint64_t withdrawn; /* passed over: taken back before they came */
    uint64_t pruned;    /* passed over: gone before they came */
};

/* 0: the cursor stands behind the batch. SB_E_APPLY: a strict sink refuses (err says
 * which event); any other error: nothing has changed, try again later. */
SB_CHECK int sb_apply_batch(struct sb_target *t,
                            struct sb_chain *c,
                            const struct sb_chain_batch *b,
                            uint64_t now_ms,
                            struct sb_applied *out,
                            struct sb_err *err);
/* Whether a refusal is no event's fault: the database, the disk, the memory. */
bool sb_apply_is_machine(int code);
/* One payload again, from quarantine: 0 when the sink took it. */
SB_CHECK int sb_apply_again(struct sb_target *t,
                            struct sb_bytes payload,
                            unsigned classes,
                            struct sb_bytes stream,
                            uint64_t seq,
                            struct sb_err *err);

#endif
