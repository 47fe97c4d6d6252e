/* Private to broker/core: the state, and what its files ask of each other. */
#ifndef BROKER_CORE_CORE_IMPL_H
#define BROKER_CORE_CORE_IMPL_H

#include "broker/core/core.h"
#include "broker/core/message_impl.h"
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
    FEED_IDLE,    /* may be read from `from` on */
    FEED_OPENING, /* waits for SB_IN_OPENED */
    FEED_READING, /* waits for SB_IN_READ */
    FEED_REFUSED, /* its cursor is not the stream's */
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
    size_t turn; /* where the search for the next feed starts */
    bool reading;
};

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
    uint64_t held_version; /* of the directory, as it said */
    uint64_t since_ms;
    uint64_t heard_mono;
    uint64_t refused;
    struct subscription *subscriptions;
};

enum wait_kind { WAIT_STORED, WAIT_DIRECTORY, WAIT_OPERATOR };

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
    struct lookup *lookups;
    struct lag *lags;
    uint64_t size;    /* entries accepted */
    uint64_t durable; /* entries committed */
    uint64_t stored_ms;
    uint64_t next_id;
    struct sb_checkpoint_seen { /* the newest checkpoint */
        uint64_t size;
        uint8_t root[SB_HASH];
    } checkpoint;
    uint64_t malformed;
    uint64_t refused;
    bool stopping;
};

struct sb_effects {
    struct sb_arena *arena;
    struct sb_effect *items;
    size_t n;
    size_t cap;
    struct sb_buf scratch;
    bool failed; /* out of memory */
};

struct step { /* what the functions of one step share */
    struct sb_core *core;
    const struct sb_input *in;
    struct sb_effects *out;
};

/* effects.c: each adds one effect; memory failures stay in out->failed. */
struct sb_effect *effect_add(struct sb_effects *out, enum sb_effect_kind kind);
void effect_send(struct step *s, uint64_t peer, const struct sb_message *m);
/* A message within a session; does nothing when the session has gone. */
void effect_reply(struct step *s, const struct session *to, struct sb_message *m);
void effect_log(struct step *s, const char *institution, const struct sb_err *why);
void effect_drop(struct step *s, uint64_t peer);
struct sb_bytes effect_keep(struct sb_effects *out, struct sb_bytes b);

/* stream.c */
struct stream *stream_find(const struct sb_core *core, struct sb_bytes name);
/* Adds a stream without claim; NULL: out of memory. */
struct stream *stream_add(struct sb_core *core, struct sb_bytes name);
void stream_free(struct stream *st);
SB_CHECK int
stream_set_epoch(struct stream *st, struct sb_bytes record, struct sb_err *err);
/* Whether the epoch's readers are exactly as granted now. */
SB_CHECK int stream_readers_right(struct sb_core *core,
                                  const struct stream *st,
                                  const struct sb_epoch *epoch,
                                  uint64_t now_ms,
                                  uint64_t *until,
                                  struct sb_err *err);

/* session.c */
struct session *session_by_peer(const struct sb_core *core, uint64_t peer);
void session_message(struct step *s);
void session_end(struct sb_core *core, struct session *session);
void session_tick(struct step *s);
/* After a directory: whoever is no member any more loses the session. */
void session_review(struct step *s);
void session_push_directory(struct step *s, uint64_t version);
/* Answers REFUSED, counts and logs. */
void session_refuse(struct step *s,
                    struct session *to,
                    enum sb_kind kind,
                    struct sb_bytes stream,
                    const uint8_t *hash,
                    uint64_t expected,
                    const struct sb_err *why);

/* accept.c: the rules of CLAIM, EPOCH and PUBLISH. */
void accept_claim(struct step *s, struct session *from, const struct sb_message *m);
void accept_epoch(struct step *s, struct session *from, const struct sb_message *m);
void accept_found(struct step *s);
/* After a commit: questions that had to wait for it. */
void accept_committed(struct step *s);
/* Shared by the rules: reads a record and verifies that the session's institution
 * signed it; `hash` is the body's, or zeros. */
SB_CHECK int accept_record(struct step *s,
                           const struct session *from,
                           struct sb_bytes raw,
                           struct sb_record *out,
                           uint8_t hash[SB_HASH],
                           struct sb_err *err);
/* 0 when the stream belongs to the session's institution. */
SB_CHECK int
accept_own(const struct session *from, struct sb_bytes stream, struct sb_err *err);
/* Asks the journal for the record with this number; accept_found answers. */
void accept_ask(struct step *s,
                const struct session *from,
                const struct lookup *question,
                uint64_t first);
/* STORED for the entry just appended, once it is durable. */
void accept_wait(struct step *s,
                 const struct session *from,
                 enum sb_kind kind,
                 struct stream *st,
                 const uint8_t *hash,
                 uint64_t number);
/* publish.c */
void accept_publish(struct step *s,
                    struct session *from,
                    const struct sb_message *m,
                    struct sb_arena *arena);
/* statement.c: HEADS, RECEIPT, REJECT, REGRANT, and the operator's records. */
void accept_statement(struct step *s, struct session *from, const struct sb_message *m);
void accept_operator(struct step *s);

/* append.c */
/* Fills index and leaf, hands the entry to the journal. Bytes are borrowed until the
 * effects were run. */
void append_entry(struct step *s, struct sb_append *entry, uint64_t directory_version);
void append_wait(struct step *s, const struct wait *wait);
void append_committed(struct step *s);
void answer_stored(struct step *s,
                   const struct session *to,
                   enum sb_kind kind,
                   const struct stream *st,
                   const uint8_t *hash,
                   uint64_t number,
                   uint64_t index);

/* feed.c */
void feed_subscribe(struct step *s, struct session *from, const struct sb_message *m);
void feed_credit(struct step *s, struct session *from, const struct sb_message *m);
void feed_applied(struct step *s, struct session *from, const struct sb_message *m);
void feed_opened(struct step *s);
void feed_read(struct step *s);
/* Looks for work in every subscription: after a commit, a directory, a new stream. */
void feed_all(struct step *s);
/* After a stream's first claim, and after each epoch: its readers may be new. */
void feed_new_stream(struct step *s);
/* deliver.c: one entry within the credit, with the classes that the reader may have. */
void feed_deliver(struct step *s,
                  struct session *session,
                  struct subscription *sub,
                  struct feed *f,
                  const struct sb_stored_entry *e);
/* Streams that are granted and not yet fed. */
void feed_refresh(struct step *s, struct session *session, struct subscription *sub);
void feed_free(struct subscription *subs);
/* NULL: the session has none of that name. */
struct subscription *feed_subscription(const struct session *session,
                                       struct sb_bytes name);

#endif
