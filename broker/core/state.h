/* Private to broker/core: what the core remembers. Streams, sessions, subscriptions and
 * their feeds, answers that wait for the disk, questions to the journal. */
#ifndef BROKER_CORE_STATE_H
#define BROKER_CORE_STATE_H

#include "broker/core/core.h"
#include "broker/core/evidence.h"
#include "broker/core/question.h"
#include "keys/seal.h"

struct stream { /* one institution's events of one type */
    char name[SB_STREAM_MAX + 1];
    struct sb_bytes institution; /* these two borrow from name */
    struct sb_bytes type;
    uint64_t claim_no;
    uint8_t claim_hash[SB_HASH];
    uint8_t instance[SB_INSTANCE];
    uint64_t claim_index;
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t last_index;
    struct mark in_signed;    /* newest batch in the newest signed checkpoint */
    struct mark in_candidate; /* and in the candidate */
    uint64_t epoch_no;
    uint8_t epoch_hash[SB_HASH];
    uint64_t epoch_index;
    struct sb_arena *epoch_arena; /* holds `epoch` and the bytes that it borrows */
    struct sb_epoch epoch;
    uint64_t readers_version; /* directory by which the epoch's readers were right */
    uint64_t readers_until;   /* and until when */
    uint64_t tail;            /* index of the stream's newest entry */
    uint64_t priority;
};

enum feed_state {
    FEED_IDLE,     /* may be read from `from` on */
    FEED_UNOPENED, /* where its cursor stands is still to be asked */
    FEED_OPENING,  /* waits for SB_IN_OPENED */
    FEED_READING,  /* waits for SB_IN_READ */
    FEED_AHEAD,    /* its cursor is past what was refilled yet */
    FEED_REFUSED,  /* its cursor is not the stream's */
};

struct feed { /* one stream in one subscription */
    struct stream *stream;
    enum feed_state state;
    uint64_t id; /* of the effect it waits for */
    uint64_t from;
    uint64_t prelude[2]; /* claim and epoch in force at the cursor, still to be sent */
    size_t n_prelude;
    bool in_epoch; /* the epoch in force names the reader, with these classes: */
    size_t n_classes;
    char classes[SB_CLASSES][SB_CODE_MAX + 1];
};

struct subscription {
    struct subscription *next;
    char name[SB_CODE_MAX + 1];
    struct sb_arena *arena; /* types and cursors */
    struct sb_codes types;
    struct sb_heads cursors;
    uint64_t entries; /* credit left */
    uint64_t bytes;
    struct feed *feeds;
    size_t n_feeds;
    size_t unopened; /* feeds of that state */
    size_t turn;     /* where the search for the next feed starts */
    bool reading;
};

struct tree_ask;
struct share; /* share.h */

enum session_state { SESSION_CHALLENGED, SESSION_OPEN };

struct session {
    struct session *next;
    uint64_t peer;
    enum session_state state;
    uint8_t curve_pk[SB_PK];
    uint8_t id[SB_SESSION];
    uint8_t nonce[SB_CHALLENGE_NONCE];
    char institution[SB_CODE_MAX + 1];
    char version[SB_CODE_MAX + 1];
    struct share *share;   /* of the institution; NULL until the session is open */
    uint64_t revision;     /* of the protocol, in this session */
    bool newer;            /* it speaks revisions that we do not know */
    uint64_t held_version; /* of the directory, as it said */
    uint64_t since_ms;
    uint64_t heard_mono;
    uint64_t refused;
    struct subscription *subscriptions;
    struct tree_ask *trees; /* claims and receipts that wait, oldest first */
};

enum wait_kind { WAIT_STORED, WAIT_DIRECTORY, WAIT_PRUNE, WAIT_OPERATOR };

struct wait { /* an answer that waits until `index` is durable */
    enum wait_kind kind;
    uint64_t index;
    uint64_t peer;
    uint8_t session[SB_SESSION];
    enum sb_kind record;
    struct stream *stream; /* NULL: none */
    uint8_t hash[SB_HASH];
    uint64_t number;
    uint64_t request; /* operator's */
    struct share
        *again; /* whose question this is: it was said again; NULL: it was not */
};

struct lookup { /* is this the body that we have? */
    struct lookup *next;
    uint64_t id;
    uint64_t peer;
    uint8_t session[SB_SESSION];
    enum sb_kind kind;
    struct stream *stream;
    uint8_t hash[SB_HASH];
    uint64_t number; /* for STORED */
    uint64_t first;  /* what the journal is asked for */
    uint64_t after;  /* asked once this many entries are durable */
    bool asked;
    int otherwise;   /* the refusal when it is another body */
    bool same_claim; /* another body under the same claim is equivocation */
};

struct lag { /* what a reader last said that it applied */
    struct lag *next;
    char reader[SB_CODE_MAX + 1];
    char subscription[SB_CODE_MAX + 1];
    struct stream *stream;
    uint64_t applied_seq;
    uint64_t applied_ms;
};

struct clock_seen { /* what the log was last told (clock.c) */
    int held;
    bool behind;
};

struct sb_core {
    struct sb_core_config config;
    struct sb_trust *trust;
    struct stream **streams; /* sorted by name */
    size_t n_streams;
    struct session *sessions;
    struct wait *waits; /* a queue: waits[first_wait .. n_waits) */
    size_t first_wait;
    size_t n_waits;
    size_t cap_waits;
    struct questions questions;
    struct lookup *lookups;
    struct lag *lags;
    uint64_t size;    /* entries accepted */
    uint64_t durable; /* entries committed */
    uint64_t stored_ms;
    uint64_t excused_ms; /* the journal may be ahead of the clock up to here */
    struct clock_seen clock;
    uint64_t next_id;
    uint64_t opened_ms; /* when the journal's generation was; 0: the first */
    struct rounds rounds;
    struct placed *placed; /* in index order */
    size_t n_placed;
    size_t cap_placed;
    struct proof_ask *proofs;
    struct fetch_ask *fetches;
    struct heads_kept *heads;
    struct said *said;
    struct share *shares;
    struct prune_kept prune;
    uint64_t malformed;
    uint64_t refused;
    bool stopping;
    bool low; /* the disk is nearly full: peers' records are refused with DISK_LOW */
    uint64_t low_retry_ms;
};

#endif
