/* Private to broker/core: the files that judge what members and the operator send. */
#ifndef BROKER_CORE_RULES_H
#define BROKER_CORE_RULES_H

#include "broker/core/state.h"

struct step;

/* claim.c */
void accept_claim(struct step *s, struct session *from, const struct sb_message *m);
void accept_epoch(struct step *s, struct session *from, const struct sb_message *m);
/* accept.c: what the rules share. */
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
/* Asks the journal for the record with this number; accept_found answers. SB_E_QUOTA:
 * too many questions of the institution wait. */
SB_CHECK int accept_ask(struct step *s,
                        const struct session *from,
                        const struct lookup *question,
                        uint64_t first,
                        struct sb_err *err);
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
/* room.c: answers what a peer wants stored while the disk is nearly full, or the clock
 * may date nothing; true: it is done with. */
bool room_refuses(struct step *s, struct session *from, const struct sb_message *m);
/* clock.c: 0, or why nothing of the members is dated now: SB_E_DIR_EXPIRED, SB_E_CLOCK.
 * `look` also logs what has changed. */
int clock_look(struct step *s);
int clock_judge(const struct sb_core *core, uint64_t now_ms);
/* ms that the clock stands before the newest entry. */
uint64_t clock_behind(const struct sb_core *core, uint64_t now_ms);
/* A directory was stored that was issued then. */
void clock_excuse(struct step *s, uint64_t issued_ms);
/* operator.c: directories, catalogues, prune records. */
void accept_operator(struct step *s);

/* tree.c: the tree that a claim or a receipt names. 0: this journal had it; 1: the
 * journal must be asked; SB_E_FORK. */
SB_CHECK int tree_judge(const struct step *s,
                        uint64_t size,
                        const uint8_t root[SB_HASH],
                        struct sb_err *err);
/* Keeps the message, whose record names a tree of this size, until the journal has told
 * the root: then it is judged again. SB_E_QUOTA: too many wait. */
SB_CHECK int tree_wait(struct step *s,
                       struct session *from,
                       const struct sb_message *m,
                       uint64_t size,
                       struct sb_err *err);
/* Something of this session waits, and this is not its turn. */
bool tree_waits(const struct step *s, const struct session *from);
void tree_proved(struct step *s);
void tree_free(struct tree_ask *asks);

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

#endif
