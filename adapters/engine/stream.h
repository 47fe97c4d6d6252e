/* A stream of our own: its claim, its epoch, sealing events into batches.
 *
 * Everything that is made here goes to the outbox first; nothing is sent (publish.h).
 * Invariants: seq is dense; a batch is signed once per claim; nothing is sealed after
 * an epoch's end, for readers other than the newest directory grants, or while our
 * directory is stale. */
#ifndef ADAPTERS_ENGINE_STREAM_H
#define ADAPTERS_ENGINE_STREAM_H

#include "adapters/engine/env.h"
#include "adapters/engine/outbox_kept.h"
#include "adapters/engine/sections.h"
#include "keys/seal.h"

#define SB_STREAM_WINDOW 8u /* batches in flight */

struct sb_stream { /* plain data for the engine's files; opened by sb_stream_open */
    struct sb_env *env;
    char name[SB_STREAM_MAX + 1];
    struct sb_type_facts type;
    struct sb_outbox_stream row;

    uint64_t claim_no; /* 0: none made yet */
    uint8_t claim_hash[SB_HASH];
    bool claim_stored;

    uint64_t head_seq; /* last sealed */
    uint8_t head_hash[SB_HASH];

    uint64_t epoch_no; /* newest made; 0: none */
    uint8_t epoch_hash[SB_HASH];
    uint64_t epoch_events;
    struct sb_arena *epoch_arena; /* record and decoded epoch */
    struct sb_epoch epoch;
    struct sb_secrets *secrets; /* NULL: not opened */

    /* of the session with the broker; publish.c's */
    bool welcomed;
    bool asked; /* a claim or an epoch waits for its answer */
    uint8_t asked_hash[SB_HASH];
    uint64_t broker_claim; /* newest that the broker has */
    uint64_t broker_epoch; /* likewise */
    uint64_t sent_seq;     /* handed to the socket */
    size_t in_flight;      /* batches without an answer, oldest first */
    struct sb_flight {
        uint64_t first_seq;
        uint64_t last_seq;
        uint8_t hash[SB_HASH];
    } flight[SB_STREAM_WINDOW];
    int held_code;             /* why the broker holds us back; 0: it does not */
    uint64_t held_from;        /* when it said so */
    uint64_t held_until;       /* sends nothing before; the same again after */
    bool stale;                /* reseal once nothing is in flight */
    uint64_t reseal_ms;        /* not again before, */
    uint64_t reseal_pause;     /* which grows until a batch is stored */
    bool dirty;                /* row.stored_* not yet written down */
    uint64_t refill_seq;       /* up to here a journal of before had it; 0: nothing */
    uint64_t next_final_seq;   /* proved, waits for a final checkpoint; 0: nothing */
    uint64_t next_final_index; /* of the batch that ends there */
    uint64_t need_directory;   /* seal nothing before this version is held */
    bool adopting;             /* reads our own stream before it goes on */
    struct sb_own_stream goal; /* adopting: where the broker stood */
};

SB_CHECK int sb_stream_open(struct sb_stream *s,
                            struct sb_env *env,
                            struct sb_bytes name,
                            const struct sb_type_facts *type,
                            struct sb_err *err);
void sb_stream_close(struct sb_stream *s);
/* Reads claim, epoch and head again from the outbox (after a rollback, a reseal). */
SB_CHECK int sb_stream_reload(struct sb_stream *s, struct sb_err *err);

/* Whether anything may be sealed now: SB_E_NOT_ENROLLED, SB_E_DIR_STALE,
 * SB_E_DIR_EXPIRED with what to do. */
SB_CHECK int
sb_stream_may_seal(const struct sb_stream *s, uint64_t now_ms, struct sb_err *err);

/* Within the caller's outbox transaction. */
SB_CHECK int sb_stream_make_claim(struct sb_stream *s,
                                  uint64_t claim_no,
                                  uint64_t now_ms,
                                  struct sb_err *err);
/* Makes a claim and an epoch where they are wanted, so that events can be sealed at
 * `now`. SB_E_DIR_EXPIRED and the like: nothing may be sealed now. */
SB_CHECK int sb_stream_ready(struct sb_stream *s, uint64_t now_ms, struct sb_err *err);
SB_CHECK int sb_stream_new_epoch(struct sb_stream *s,
                                 uint64_t epoch_no,
                                 uint64_t now_ms,
                                 struct sb_err *err);

/* Seals events after the head, in as many batches as the limits ask for. An event that
 * is too large is an error (SB_E_TOO_LARGE): test with sb_stream_fits first. */
SB_CHECK int sb_stream_seal(struct sb_stream *s,
                            const struct sb_sections *events,
                            size_t n,
                            const uint8_t mapping[SB_MAPPING_ID],
                            uint64_t now_ms,
                            struct sb_err *err);
bool sb_stream_fits(const struct sb_stream *s, const struct sb_sections *event);

/* STALE_EPOCH: claim + 1 after what is stored, a new epoch, and what is not stored
 * opened with its kept secrets and sealed again under the same seqs. One transaction.
 */
SB_CHECK int sb_stream_reseal(struct sb_stream *s, uint64_t now_ms, struct sb_err *err);

/* After adopting: row.stored_* and stored_epoch are the broker's; what we have sealed
 * and not stored comes after them, under new seqs and claim `claim_no`. */
SB_CHECK int sb_stream_rebase(struct sb_stream *s,
                              uint64_t claim_no,
                              uint64_t now_ms,
                              struct sb_err *err);

/* Private to these files: seals exactly one batch, boundaries given. */
SB_CHECK int sb_stream_seal_batch(struct sb_stream *s,
                                  const struct sb_sections *events,
                                  size_t n,
                                  const uint8_t mapping[SB_MAPPING_ID],
                                  uint64_t now_ms,
                                  struct sb_err *err);

#endif
