/* Private to broker/core: what the core remembers of signed notes, proofs on their way,
 * and notices. What those files ask of each other: evidence_impl.h. */
#ifndef BROKER_CORE_EVIDENCE_H
#define BROKER_CORE_EVIDENCE_H

#include "broker/core/message.h"
#include "keys/cosign.h"

#define ROUNDS 4u /* candidates that may still be cosigned */

struct stream;
struct sb_core;

struct note { /* a signed checkpoint; size 0: none */
    uint64_t size;
    uint8_t root[SB_HASH];
    struct sb_buf text; /* with the cosignatures that came */
};

struct witness_seen { /* what an institution cosigned since the start */
    struct witness_seen *next;
    char institution[SB_CODE_MAX + 1];
    uint64_t size;
    uint64_t time_ms;
    bool renewed; /* it gave a note a newer line, then (monotonic): */
    uint64_t renewed_mono;
};

struct rounds {
    struct note newest;             /* signed; perhaps no candidate yet */
    struct note candidates[ROUNDS]; /* newest first */
    uint64_t began_mono;
    struct note final;  /* the largest with a quorum; its size never falls */
    uint64_t final_ms;  /* when it became final here */
    uint64_t told_mono; /* when everybody was told of it */
    bool untold;        /* it has been cosigned again since */
    struct witness_seen *seen;
};

struct mark { /* where a stream stands in a tree; seq 0: unknown or nowhere */
    uint64_t seq;
    uint64_t index;
};

struct placed { /* a batch that no signed checkpoint is known to hold */
    struct stream *stream;
    struct mark at;
};

struct proof_own {
    struct stream *stream;
    struct mark at;
};

struct proof_ask { /* a PROVE that waits for its answer */
    struct proof_ask *next;
    uint64_t id;
    uint64_t peer;
    uint8_t session[SB_SESSION];
    bool judges;           /* compares seen_root with a note that a peer showed */
    uint8_t root[SB_HASH]; /* of that note */
    uint64_t seen;
    uint64_t size;
    uint64_t *indices;
    size_t n;
    struct proof_own *own;
    size_t n_own;
};

struct fetch_ask {
    struct fetch_ask *next;
    uint64_t id;
    uint64_t peer;
    uint8_t session[SB_SESSION];
    struct stream *stream;
    uint64_t seq;
    struct note note; /* whose tree was asked for */
};

struct heads_kept { /* the newest HEADS of one institution */
    struct heads_kept *next;
    char institution[SB_CODE_MAX + 1];
    uint64_t index;
    uint64_t time;
    bool told; /* some record of it went out, then (monotonic): */
    uint64_t told_mono;
    bool untold; /* this one waits for its turn */
    struct sb_buf record;
};

struct said { /* the newest statement of one kind and institution */
    struct said *next;
    char institution[SB_CODE_MAX + 1];
    enum sb_kind kind;
    uint8_t hash[SB_HASH];
    uint64_t index;
};

struct prune_kept { /* below 0: none */
    uint64_t index;
    uint64_t below;
    bool durable;
    struct sb_buf record;
};

#endif
