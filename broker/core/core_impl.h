/* Private to broker/core: what its files ask of each other, by file. */
#ifndef BROKER_CORE_CORE_IMPL_H
#define BROKER_CORE_CORE_IMPL_H

#include "broker/core/message_impl.h"
#include "broker/core/state.h"

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
