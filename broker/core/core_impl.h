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
/* After a batch: where the stream stands once a checkpoint holds it. */
void stream_placed(struct step *s, struct stream *st);
/* A checkpoint of this size is signed. */
void stream_signed(struct sb_core *core, uint64_t size);

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
struct signed_in { /* a record that came */
    struct sb_record record;
    uint8_t hash[SB_HASH]; /* of the body, or zeros */
    bool aged; /* its key is valid no more: good in a refill only (refill.c) */
};
/* Shared by the rules: reads a record and verifies that the session's institution
 * signed it. */
SB_CHECK int accept_record(struct step *s,
                           const struct session *from,
                           struct sb_bytes raw,
                           struct signed_in *out,
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
/* statement.c: HEADS, RECEIPT, REJECT, REGRANT, ACT, WITHDRAW. */
void accept_statement(struct step *s, struct session *from, const struct sb_message *m);
/* operator.c: directories, catalogues, prune records. */
void accept_operator(struct step *s);

/* refill.c: what a later generation takes over from the one before. */
uint64_t refill_opened(const struct sb_trust *trust, uint64_t generation);
/* Whether what says this time of itself was made in the generation before. */
bool refill_is_old(const struct sb_core *core, uint64_t said_ms);
/* No epoch of this generation stands in the stream yet; NULL: no stream yet. */
bool refill_runs(const struct sb_core *core, const struct stream *st);
/* No batch stands in the stream yet: the first ones set its numbers. */
bool refill_begins(const struct sb_core *core, const struct stream *st);
/* A sign key on the member's card chain, not revoked, whatever its time. */
SB_CHECK int refill_verify(const struct sb_core *core,
                           struct sb_bytes member,
                           const struct sb_record *record,
                           struct sb_err *err);
/* 0, or SB_E_KEY_EXPIRED for what is aged and no refill. */
SB_CHECK int
refill_judge(const struct signed_in *in, bool is_refill, struct sb_err *err);

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
/* The classes that the session's institution may have of a stream now. A stream of its
 * own is complete to it. */
bool feed_granted(struct step *s,
                  const struct session *session,
                  const struct stream *st,
                  struct sb_codes *classes);
/* The payloads of a batch, as far as its epoch lets the reader have them. */
void deliver_batch(struct step *s,
                   const struct session *to,
                   struct sb_bytes epoch,
                   const struct sb_stored_entry *batch,
                   struct sb_message *m);
/* Those that are told with a batch. */
size_t deliver_withdrawals(const struct sb_stored_entry *batch,
                           struct sb_bytes **records);
/* NULL: the session has none of that name. */
struct subscription *feed_subscription(const struct session *session,
                                       struct sb_bytes name);

#endif
