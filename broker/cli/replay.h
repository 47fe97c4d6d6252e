/* Replay: the events of a journal file or of a bundle, verified and opened as far as a
 * vault may, in the journal's order.
 *
 * The same X, roots and vault give the same calls whenever it is run: no clock, no
 * randomness; times are those in the journal and an event is read by the catalogue of
 * its day. Trust comes from the roots and the directories in X; a batch is given only
 * after its signature, epoch and items were checked. The tree and its checkpoints are
 * not checked here: `journal verify` and broker/audit do that. */
#ifndef BROKER_CLI_REPLAY_H
#define BROKER_CLI_REPLAY_H

#include "keys/anchor.h"
#include "keys/vault.h"
#include "schemas/catalog/catalog.h"

struct sb_replay_event { /* slices live during the call */
    uint64_t index;      /* of the batch's entry */
    uint64_t stored_ms;
    uint64_t sent_ms; /* of the batch, as its signer says */
    struct sb_bytes stream;
    uint64_t seq;
    const uint8_t *batch_hash; /* SB_HASH bytes: which journal this is the index of */
    struct sb_bytes institution;
    struct sb_bytes type_name;
    const struct sb_event_type *type; /* by the catalogue of that day */
    const char *schema_id;            /* its absolute URI */
    const struct sb_value *payload;   /* merged; NULL: nothing was opened */
    unsigned classes;                 /* bits (1u << enum sb_class) of what was opened;
                                         a withdrawn or pruned section is missing */
    struct sb_arena *arena;           /* for the call's own needs */
};
/* 0 to go on, 1 to stop, or an error. */
typedef int (*sb_replay_fn)(void *ctx,
                            const struct sb_replay_event *e,
                            struct sb_err *err);

struct sb_replay_config { /* borrowed; all zero but `path`, `roots`, `to`, `until_ms`
                             and `fn`: everything, without data */
    const char *path;     /* a journal file or a bundle's folder */
    const struct sb_anchor *roots;
    const struct sb_vault *vault; /* NULL: headers only */
    const char *catalogue;        /* a folder in place of the journal's; or NULL */
    const char *stream;           /* NULL: all; likewise: */
    const char *type;
    const char *institution;
    uint64_t from; /* entries at indices [from, to) */
    uint64_t to;
    uint64_t first_seq; /* events first_seq to last_seq of their streams */
    uint64_t last_seq;
    uint64_t since_ms; /* stored in [since_ms, until_ms) */
    uint64_t until_ms;
    sb_replay_fn fn;
    void *ctx;
};

/* SB_E_NOT_FOUND: no catalogue before the first event; errors of fn, of trust and of
 * records name the entry. */
SB_CHECK int sb_replay(const struct sb_replay_config *config, struct sb_err *err);

#endif
