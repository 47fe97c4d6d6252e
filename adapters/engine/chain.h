/* A stream of someone else as we read it: every join of FORMATS, checked.
 *
 * Claims, epochs and batches come in the journal's order; each is judged by the
 * directory version and the time of its own entry. A batch that passes is dense,
 * chained, signed by the stream's institution, and its items are those that the
 * signature covers. An empty ciphertext stands only where a withdrawal of its publisher
 * covers it. Nothing is opened here (opening.h) and no cursor is moved (apply.h). */
#ifndef ADAPTERS_ENGINE_CHAIN_H
#define ADAPTERS_ENGINE_CHAIN_H

#include "adapters/engine/withdraw.h"
#include "keys/seal.h"

struct sb_chain { /* one stream; opened by sb_chain_open */
    const struct sb_env *env;
    char name[SB_STREAM_MAX + 1];
    struct sb_bytes institution; /* these two borrow from name */
    struct sb_bytes type;
    uint64_t last_seq; /* of the cursor */
    uint8_t last_hash[SB_HASH];
    uint64_t claim_no; /* 0: none seen yet */
    uint8_t instance[SB_INSTANCE];
    uint64_t epoch_no; /* 0: none seen yet */
    uint8_t epoch_hash[SB_HASH];
    struct sb_arena *arena; /* the epoch */
    struct sb_epoch epoch;
    struct sb_secrets *secrets; /* NULL: the epoch is not for us */
    int epoch_fault;            /* why its wrap could not be opened; 0: none */
};

struct sb_entry_in { /* the payload frames of ENTRY */
    uint64_t index;
    struct sb_bytes leaf;
    struct sb_bytes record;
    struct sb_bytes items;
    struct sb_bytes cts;
    struct sb_bytes withdrawals[SB_WITHDRAWALS_MAX];
    size_t n_withdrawals;
};

struct sb_chain_batch { /* a batch that passed; lives in the arena and the entry */
    struct sb_batch batch;
    uint8_t hash[SB_HASH];
    uint64_t index;
    uint64_t last_seq;
    uint64_t skip; /* this many events at its start are behind the cursor */
    bool bare;     /* the record alone; sb_opening_complete says whether it may be */
    struct sb_bytes *items;
    struct sb_cts cts;
    bool *gone;                  /* per event: withdrawn; NULL: none is */
    struct sb_withdraw withdraw; /* of an entry that is one; its hash is `hash` */
};

SB_CHECK int sb_chain_open(struct sb_chain *c,
                           const struct sb_env *env,
                           struct sb_bytes stream,
                           uint64_t seq,
                           const uint8_t hash[SB_HASH],
                           struct sb_err *err);
void sb_chain_close(struct sb_chain *c);

/* Signed by `institution` with a key that was valid in the directory `dir` and at the
 * time that the leaf names. A journal begun anew took over what says that it was made
 * before: its key may have ended meanwhile. */
SB_CHECK int sb_chain_signed(const struct sb_trust *trust,
                             const struct sb_dir *dir,
                             struct sb_bytes institution,
                             const struct sb_record *record,
                             const struct sb_entry *leaf,
                             struct sb_err *err);

/* The stream that an entry belongs to; empty when it belongs to none. Borrows. */
struct sb_bytes sb_entry_stream(const struct sb_entry_in *e, struct sb_arena *arena);

/* Judges one entry. 0: taken in, nothing to apply; 1: *out is a batch to apply; 2:
 * out->withdraw is a withdrawal of the stream's events; an error is a fault of the
 * stream (or SB_E_MEMORY): nothing changed. */
SB_CHECK int sb_chain_take(struct sb_chain *c,
                           const struct sb_entry_in *e,
                           struct sb_arena *arena,
                           struct sb_chain_batch *out,
                           struct sb_err *err);
/* The batch is applied: moves the place. */
void sb_chain_move(struct sb_chain *c, const struct sb_chain_batch *b);

#endif
