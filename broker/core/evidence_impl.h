/* Private to broker/core: what the files of notes, proofs and notices ask of each
 * other. */
#ifndef BROKER_CORE_EVIDENCE_IMPL_H
#define BROKER_CORE_EVIDENCE_IMPL_H

#include "broker/core/evidence.h"

struct session;
struct step;

/* round.c: candidates and final notes. */
void round_signed(struct step *s);
/* Begins the next round when it is due; tells of a final note that was cosigned again.
 */
void round_look(struct step *s);
/* After a directory: another quorum may make a note final. */
void round_review(struct step *s);
/* The witnesses of now; false: out of memory, and the step fails. */
bool round_witnesses(struct step *s, struct sb_witness_keys *keys);
/* Makes the note final when enough have cosigned it and none larger is final. */
void round_judge(struct step *s, const struct note *note);
void round_welcome(struct step *s, const struct session *to);
void round_free(struct rounds *r);
/* The candidate of this size; NULL: none. */
const struct note *round_note(const struct sb_core *core, uint64_t size);
SB_CHECK int note_set(struct note *to,
                      uint64_t size,
                      const uint8_t root[SB_HASH],
                      struct sb_bytes text,
                      struct sb_err *err);

/* line.c: takes a cosignature line over a tree of `seen` entries, or logs why not. */
void line_cosign(struct step *s,
                 struct session *from,
                 struct sb_bytes line,
                 uint64_t seen);

/* cosign.c: COSIGN and its answer. */
void cosign_message(struct step *s, struct session *from, const struct sb_message *m);
void cosign_proved(struct step *s);
void cosign_free(struct proof_ask *asks);

/* fetch.c */
void fetch_message(struct step *s, struct session *from, const struct sb_message *m);
void fetch_fetched(struct step *s);
void fetch_free(struct fetch_ask *asks);

/* notice.c: HEADS and prune records on their way to readers. */
void notice_keep_heads(struct step *s,
                       const struct session *from,
                       struct sb_bytes record,
                       uint64_t time);
void notice_keep_prune(struct step *s, struct sb_bytes record, uint64_t below);
/* The entry is durable. */
void notice_heads(struct step *s, uint64_t index);
/* Tells the heads that had to wait. */
void notice_tick(struct step *s);
void notice_prune(struct step *s);
void notice_welcome(struct step *s, const struct session *to);
void notice_free(struct sb_core *core);

#endif
