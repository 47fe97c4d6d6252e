/* Private to broker/core: what its files ask of each other, by file. */
#ifndef BROKER_CORE_CORE_IMPL_H
#define BROKER_CORE_CORE_IMPL_H

#include "broker/core/delivery.h"
#include "broker/core/evidence_impl.h"
#include "broker/core/message_impl.h"
#include "broker/core/rules.h"
#include "broker/core/state.h"
#include "broker/core/stream.h"

struct sb_effects {
    struct sb_arena *arena;
    struct sb_effect *items;
    size_t n;
    size_t cap;
    struct sb_buf scratch;
    struct sb_effect nowhere; /* written to when memory is exhausted, never read */
    bool failed;              /* out of memory */
};

struct step { /* what the functions of one step share */
    struct sb_core *core;
    const struct sb_input *in;
    struct sb_effects *out;
    const struct tree_ask *turn; /* what is judged now that its answer came (tree.c) */
};

/* effects.c: each adds one effect; memory failures stay in out->failed. */
struct sb_effect *effect_add(struct sb_effects *out, enum sb_effect_kind kind);
void effect_send(struct step *s, uint64_t peer, const struct sb_message *m);
/* A message within a session; does nothing when the session has gone. */
void effect_reply(struct step *s, const struct session *to, struct sb_message *m);
void effect_log(struct step *s, const char *institution, const struct sb_err *why);
void effect_drop(struct step *s, uint64_t peer);
struct sb_bytes effect_keep(struct sb_effects *out, struct sb_bytes b);

/* handshake.c */
void session_hello(struct step *s, const struct sb_message *m);
void session_prove(struct step *s, struct session *session, const struct sb_message *m);
/* A refusal to a peer that has no session. */
void session_turn_away(struct step *s,
                       const char *institution,
                       const struct sb_err *why);

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

#endif
