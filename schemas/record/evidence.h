/* Statements about what was taken away or shown: prune, withdraw, act. FORMATS,
 * "Journal". Only form is judged here; who may sign is keys' and the verifier's matter.
 *
 * Only ciphertexts ever go: records, items and leaves stay, so that every signature and
 * every path still holds. A prune or a withdrawal is what tells a gap from a loss. */
#ifndef SCHEMAS_RECORD_EVIDENCE_H
#define SCHEMAS_RECORD_EVIDENCE_H

#include "schemas/record/record.h"

#define SB_REASON_MAX 512u /* bytes of a reason or an order, 1 at least */

/* ["sacbe/prune/1", before, below, time]: ciphertexts of all batches at indices below
 * `below` (they were stored before `before`) are gone. Signed by the broker's log key.
 * It is right when policy.retention of the directory in force is not 0 and `before` +
 * retention <= the stored_ms of its own entry. Kind: prune. */
struct sb_prune {
    uint64_t before; /* ms */
    uint64_t below;  /* index, at least 1 */
    uint64_t time;   /* ms */
};

void sb_prune_write(const struct sb_prune *prune, struct sb_buf *out);
SB_CHECK int
sb_prune_read(struct sb_bytes body, struct sb_prune *out, struct sb_err *err);

/* ["sacbe/withdraw/1", stream, first_seq, last_seq, annulled_by, reason, time]: the
 * stream's institution takes back events that should never have been sent. Their
 * ciphertexts go with the entry that holds this. `annulled_by`: seq of the anulacion
 * that made readers delete the row, above last_seq; 0 when a later correction has
 * overwritten it. Kind: prune, in its stream. */
struct sb_withdraw {
    struct sb_bytes stream;
    uint64_t first_seq; /* from 1 */
    uint64_t last_seq;  /* at least first_seq */
    uint64_t annulled_by;
    struct sb_bytes reason;
    uint64_t time; /* ms */
};

void sb_withdraw_write(const struct sb_withdraw *withdraw, struct sb_buf *out);
SB_CHECK int
sb_withdraw_read(struct sb_bytes body, struct sb_withdraw *out, struct sb_err *err);

#define SB_ACT_DISCLOSE "disclose" /* an event key was given out, by an order */
#define SB_ACT_DELETE "delete"     /* a reader deleted what was withdrawn */

/* ["sacbe/act/1", who, act, stream, first_seq, last_seq, [classes], text, time]: an
 * institution did something that an auditor must know of. disclose: one seq, the
 * classes whose keys were given out, the order. delete: the seqs of the withdrawal, no
 * classes, text empty. Signed by `who`. Kind: act. */
struct sb_act {
    struct sb_bytes who; /* a code */
    struct sb_bytes act; /* a code */
    struct sb_bytes stream;
    uint64_t first_seq;
    uint64_t last_seq;
    struct sb_codes classes; /* may be none */
    struct sb_bytes text;    /* at most SB_REASON_MAX, may be empty */
    uint64_t time;           /* ms */
};

void sb_act_write(const struct sb_act *act, struct sb_buf *out);
SB_CHECK int sb_act_read(struct sb_bytes body,
                         struct sb_arena *arena,
                         struct sb_act *out,
                         struct sb_err *err);

#endif
