/* Private to broker/core: what the core remembers. Sessions, answers that wait for the
 * disk, questions to the journal; streams and feeds: stream.h, delivery.h. */
#ifndef BROKER_CORE_STATE_H
#define BROKER_CORE_STATE_H

#include "broker/core/core.h"
#include "broker/core/evidence.h"
#include "broker/core/question.h"

struct stream;       /* stream.h */
struct subscription; /* delivery.h */
struct tree_ask;     /* tree.c */
struct share;        /* share.h */

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
