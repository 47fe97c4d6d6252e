/* The adapter as a witness against the broker: asks for the candidate tree, holds it
 * against everything seen, and takes from it what proves our own batches, what a
 * receipt may say, and how fresh our knowledge is.
 *
 * Invariant: env.tree_size and env.root are of a tree that was verified; env.fresh_ms
 * moves by cosignatures alone (quorum 0: by receipt). After a proof that the broker has
 * signed two histories nothing is sealed or sent; receiving goes on, because each
 * stream carries its own proof. Not here: the conversation's form (broker/witness). */
#ifndef ADAPTERS_ENGINE_EVIDENCE_H
#define ADAPTERS_ENGINE_EVIDENCE_H

#include "adapters/engine/proved.h"
#include "adapters/engine/receipt.h"
#include "broker/witness/round.h"

#define SB_EVIDENCE_IDLE_MS 60000u /* between two COSIGN when nothing waits */
#define SB_EVIDENCE_STALE_MS (24 * 3600000ull) /* then it alarms */
#define SB_EVIDENCE_RECENT 64u

struct sb_evidence { /* plain data for the engine's files */
    struct sb_env *env;
    struct sb_witness *witness;
    struct sb_round *round;
    struct sb_stream *streams; /* borrowed */
    size_t n_streams;
    struct sb_receive *receive; /* borrowed */
    uint64_t here_ms;           /* the session's begin; 0: there is none */
    uint64_t asked_mono;        /* when COSIGN last went; 0: not yet in this session */
    uint64_t tick_mono;
    uint64_t final_size; /* newest verified tree that is final */
    uint64_t fresh_written_ms;
    struct sb_checkpoint recent[SB_EVIDENCE_RECENT]; /* verified trees, newest last */
    size_t n_recent;
};

/* `dir`: the witness's own folder. SB_E_NOTE: a file in it is damaged. */
SB_CHECK int
sb_evidence_open(struct sb_evidence *e, const char *dir, struct sb_err *err);
void sb_evidence_close(struct sb_evidence *e);

/* `new_generation`: the journal was begun anew since we last met. */
SB_CHECK int sb_evidence_welcome(struct sb_evidence *e,
                                 bool new_generation,
                                 uint64_t now_ms,
                                 struct sb_err *err);
void sb_evidence_away(struct sb_evidence *e);
/* A directory is about to be added to the trust: the tree seen so far. After it: tells
 * how many entries that we saw are not in the journal that it opens. */
struct sb_checkpoint sb_evidence_before(struct sb_evidence *e);
void sb_evidence_directory(struct sb_evidence *e, const struct sb_checkpoint *before);

SB_CHECK int sb_evidence_checkpoint(struct sb_evidence *e,
                                    const struct sb_message *m,
                                    uint64_t now_ms,
                                    uint64_t mono_ms,
                                    struct sb_err *err);
/* Asks when it is time; alarms. */
SB_CHECK int sb_evidence_tick(struct sb_evidence *e,
                              uint64_t now_ms,
                              uint64_t mono_ms,
                              struct sb_err *err);

#endif
