/* Withdrawals: events that should never have been sent, taken back by their publisher.
 * FORMATS, "Journal"; schemas/record/evidence.h.
 *
 * A publisher writes its withdrawal into the state file in the transaction of the
 * annulments that go before it, and says it until the broker has stored it; then the
 * ciphertexts go from the outbox too. A reader deletes what it had set aside, lets the
 * annulments delete the rows, then signs that it has. Nothing is ever deleted on the
 * word of anybody but the stream's institution. */
#ifndef ADAPTERS_ENGINE_WITHDRAW_H
#define ADAPTERS_ENGINE_WITHDRAW_H

#include "adapters/engine/env.h"
#include "schemas/record/evidence.h"

struct sb_receive;
struct sb_stream;

struct sb_withdrawals { /* records that were told with a batch; borrowed */
    const struct sb_trust *trust;
    const struct sb_dir *at; /* in force at the batch; may be NULL */
    struct sb_bytes stream;
    const struct sb_bytes *records;
    size_t n;
};

/* Whether `record` is a withdrawal of this stream, signed by its institution with a key
 * that the newest directory, or the one at the entry, holds valid at the time that the
 * withdrawal names. `hash` is the body's. */
SB_CHECK int sb_withdraw_verify(const struct sb_withdrawals *told,
                                struct sb_bytes record,
                                struct sb_withdraw *out,
                                uint8_t hash[SB_HASH],
                                struct sb_err *err);
/* Which events of a batch are withdrawn: *gone has one flag per event, in the arena;
 * NULL when every ciphertext is there. SB_E_JOIN: one is empty that no record covers.
 */
SB_CHECK int sb_withdraw_cover(const struct sb_withdrawals *told,
                               const struct sb_batch *batch,
                               const struct sb_cts *cts,
                               struct sb_arena *arena,
                               bool **gone,
                               struct sb_err *err);

/* The reader's side: a withdrawal came in its place of the stream. What of it stands in
 * quarantine is deleted. */
SB_CHECK int sb_withdraw_heard(struct sb_env *env,
                               const struct sb_withdraw *w,
                               const uint8_t hash[SB_HASH],
                               struct sb_err *err);
/* Signs the deletion of what has been deleted, once for each withdrawal. */
SB_CHECK int
sb_withdraw_obey(struct sb_receive *r, uint64_t now_ms, struct sb_err *err);

/* The publisher's side. Signs and writes down, in the caller's transaction; `hash` is
 * the body's. */
SB_CHECK int sb_withdraw_keep(struct sb_stream *s,
                              const struct sb_withdraw *w,
                              uint8_t hash[SB_HASH],
                              struct sb_err *err);
/* Says, once in a session, what is not stored yet and whose events are; in a journal
 * begun anew behind all that it is filled with, so that no reader's place is past it.
 */
SB_CHECK int sb_withdraw_say(struct sb_stream *streams, size_t n, struct sb_err *err);
/* STORED: the ciphertexts go from the outbox, and what of it stands in quarantine. */
SB_CHECK int
sb_withdraw_stored(struct sb_env *env, const uint8_t hash[SB_HASH], struct sb_err *err);
/* REFUSED because of its key: signed anew, with the key and the time of now. */
SB_CHECK int sb_withdraw_resign(struct sb_stream *s,
                                const uint8_t hash[SB_HASH],
                                uint64_t now_ms,
                                struct sb_err *err);
/* REFUSED for good: it is forgotten. */
SB_CHECK int sb_withdraw_refused(struct sb_env *env,
                                 const uint8_t hash[SB_HASH],
                                 struct sb_err *err);
/* One that a lost state had said, read back from our own stream. */
SB_CHECK int sb_withdraw_adopt(struct sb_stream *s,
                               const struct sb_withdraw *w,
                               const uint8_t hash[SB_HASH],
                               struct sb_bytes record,
                               struct sb_err *err);
/* What is not stored gets new seqs: withdrawals that name some of them are forgotten,
 * with a warning. */
SB_CHECK int sb_withdraw_moved(struct sb_stream *s, struct sb_err *err);
/* A session begins, or the broker was busy: what is not stored is said again. A journal
 * begun anew (`new_generation`) has none of them, nor our word on those of others,
 * which we give again when each has come again. */
SB_CHECK int
sb_withdraw_again(struct sb_env *env, bool new_generation, struct sb_err *err);

#endif
