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

#include "broker/core/message.h"
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
const struct sb_trust *sb_core_trust(const struct sb_core *core);

enum sb_input_kind {
    SB_IN_MESSAGE,    /* a peer's message */
    SB_IN_GONE,       /* a peer cannot be reached any more */
    SB_IN_COMMITTED,  /* every entry below `size` is durable */
    SB_IN_CHECKPOINT, /* a signed checkpoint was persisted */
    SB_IN_FOUND,      /* answer to SB_EFFECT_LOOKUP */
    SB_IN_OPENED,     /* answer to SB_EFFECT_OPEN */
    SB_IN_READ,       /* answer to SB_EFFECT_READ */
    SB_IN_DIRECTORY,  /* an operator publishes a directory */
    SB_IN_CATALOGUE,  /* an operator publishes a catalogue */
    SB_IN_TICK,       /* time passes; about once a second */
    SB_IN_STOP,       /* say goodbye; nothing new is accepted */
};

struct sb_stored_entry { /* a journal entry as it is read */
    uint64_t index;
    enum sb_kind kind;
    struct sb_bytes leaf;
    struct sb_bytes record;
    struct sb_bytes items; /* empty but for batches */
    size_t n_cts;          /* pruned classes are missing */
    struct sb_bytes ct_class[SB_CLASSES];
    struct sb_bytes ct_raw[SB_CLASSES]; /* elements of the ciphertexts payload */
};

struct sb_input {
    enum sb_input_kind kind;
    uint64_t now_ms;  /* real time, UTC */
    uint64_t mono_ms; /* monotonic */
    union {
        struct {
            uint64_t peer; /* the caller's number for a connection, never used again */
            const uint8_t *curve_pk; /* SB_PK bytes, authenticated */
            struct sb_frames frames;
            const uint8_t *random; /* SB_CHALLENGE_NONCE fresh random bytes */
        } message;
        struct {
            uint64_t peer;
        } gone;
        struct {
            uint64_t size;
        } committed;
        struct {
            struct sb_bytes note;
            uint64_t size;
            uint8_t root[SB_HASH];
        } checkpoint;
        struct {
            uint64_t id;
            bool found;
            uint64_t index;
            uint8_t hash[SB_HASH]; /* of the body found */
        } found;
        struct {
            uint64_t id;
            bool found;        /* a batch that holds `seq` */
            uint64_t index;    /* of that batch */
            uint64_t last_seq; /* of that batch */
            uint8_t hash[SB_HASH];
            struct sb_bytes epoch; /* record in force there; with its entry number: */
            uint64_t epoch_index;
            uint64_t claim_index;
        } opened;
        struct {
            uint64_t id;
            const struct sb_stored_entry *entries; /* rising indices */
            size_t n;
            uint64_t through; /* every entry of the stream up to here was looked at */
        } read;
        struct {
            uint64_t request; /* the caller's; comes back in SB_EFFECT_ANSWER */
            struct sb_bytes record;
        } operator_record; /* SB_IN_DIRECTORY, SB_IN_CATALOGUE */
    } as;
};

enum sb_effect_kind {
    SB_EFFECT_SEND,   /* frames to a peer */
    SB_EFFECT_APPEND, /* one entry for the journal, in index order */
    SB_EFFECT_LOOKUP, /* find a record of a stream by its number */
    SB_EFFECT_OPEN,   /* find where a cursor stands */
    SB_EFFECT_READ,   /* entries of a stream after an index, below `below` */
    SB_EFFECT_DROP,   /* forget a peer, after what was sent to it */
    SB_EFFECT_LOG,    /* one line for the operator */
    SB_EFFECT_ANSWER, /* to an operator's request: 0 or a code */
};

struct sb_append {
    uint64_t index;
    enum sb_kind kind;
    struct sb_bytes leaf;
    struct sb_bytes record;
    struct sb_bytes stream; /* empty for what has none */
    uint64_t first;        /* batch: first seq; claim_no; epoch_no; directory version */
    uint64_t last;         /* batch: last seq; else as first */
    uint8_t hash[SB_HASH]; /* of the body */
    uint8_t instance[SB_INSTANCE]; /* claims */
    struct sb_bytes reader;        /* regrants: for whom */
    struct sb_bytes items;
    size_t n_cts;
    struct sb_bytes ct_class[SB_CLASSES];
    struct sb_bytes ct_raw[SB_CLASSES];
};

struct sb_effect {
    enum sb_effect_kind kind;
    union {
        struct {
            uint64_t peer;
            struct sb_frames frames;
        } send;
        struct sb_append append;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            enum sb_kind kind;
            uint64_t first; /* claim_no, epoch_no, or the batch that holds this seq */
        } lookup;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            uint64_t seq; /* > 0 */
        } open;
        struct {
            uint64_t id;
            struct sb_bytes stream;
            struct sb_bytes reader; /* other readers' regrants are left out */
            uint64_t from;          /* first index that may be read */
            uint64_t below;         /* durable size */
            uint64_t max_entries;
            uint64_t max_bytes;      /* at least one entry comes all the same */
            struct sb_codes classes; /* ciphertexts wanted */
        } read;
        struct {
            uint64_t peer;
        } drop;
        struct {
            int code; /* negative enum sb_code or 0 */
            char text[SB_ERR_TEXT];
            struct sb_bytes institution; /* empty: unknown */
        } log;
        struct {
            uint64_t request;
            struct sb_err err; /* code 0: done; durable when this comes */
        } answer;
    } as;
};

/* Effects of one step; their bytes live until the next step or sb_effects_free. */
struct sb_effects;
struct sb_effects *sb_effects_new(void); /* NULL: out of memory */
void sb_effects_free(struct sb_effects *e);
size_t sb_effects_count(const struct sb_effects *e);
const struct sb_effect *sb_effects_at(const struct sb_effects *e, size_t i);

/* One step. A peer's fault is never an error here: it becomes effects. Errors are
 * out of memory and the like, after which the process should stop. */
SB_CHECK int sb_core_step(struct sb_core *core,
                          const struct sb_input *in,
                          struct sb_effects *out,
                          struct sb_err *err);

/* For `status`, `lag` and `tail`: plain lists, in an arena. */
struct sb_session_info {
    struct sb_bytes institution;
    struct sb_bytes version;
    uint64_t since_ms;
    uint64_t directory_version;
    uint64_t refused; /* answers REFUSED since it came */
};
struct sb_lag_info {
    struct sb_bytes reader;
    struct sb_bytes subscription;
    struct sb_bytes stream;
    bool connected;
    uint64_t applied_seq;
    uint64_t last_seq;
    uint64_t applied_ms; /* real time of the last APPLIED; 0: none */
};
struct sb_core_status {
    uint64_t size; /* accepted */
    uint64_t durable;
    uint64_t directory_version;
    struct sb_session_info *sessions;
    size_t n_sessions;
    struct sb_lag_info *lags; /* granted readers x streams, connected or not */
    size_t n_lags;
    uint64_t malformed; /* messages since start */
    uint64_t refused;
};
SB_CHECK int sb_core_report(const struct sb_core *core,
                            uint64_t now_ms,
                            struct sb_arena *arena,
                            struct sb_core_status *out,
                            struct sb_err *err);

#endif
