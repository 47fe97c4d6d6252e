/* Questions about batches that the pass has left behind, or has not reached: asked
 * while it runs, answered by another pass when they are many or at the end. Private.
 *
 * Each question finds its batch by stream and seq; memory is bounded by
 * AUDIT_QUESTIONS. */
#ifndef BROKER_AUDIT_AUDIT_LATER_H
#define BROKER_AUDIT_AUDIT_LATER_H

#include "broker/audit/audit_form.h"

#define AUDIT_QUESTIONS 65536u

enum audit_ask {
    AUDIT_ASK_RECEIPT, /* is there such a batch before the entry that asks */
    AUDIT_ASK_HEAD,    /* is there one anywhere in the journal */
    AUDIT_ASK_OVERLAP, /* what stands at these events before it */
};

#define AUDIT_NO_LATE SIZE_MAX

struct audit_question {
    enum audit_ask ask;
    struct sb_bytes stream; /* borrowed from the list of streams */
    uint64_t first;
    uint64_t last;
    uint64_t claim_no;     /* overlaps */
    uint64_t index;        /* of the entry that asks */
    size_t late;           /* receipts: place in sb_audit.lates */
    uint8_t hash[SB_HASH]; /* of the batch named, or of the one that asks */
    bool found;
    bool other; /* overlaps: another body under the same claim */
};

/* Room for n questions more (at most AUDIT_QUESTIONS): answers those that are kept when
 * there is none. Before the questions of one entry. */
SB_CHECK int audit_ask_room(struct sb_audit *a, size_t n, struct sb_err *err);
SB_CHECK int
audit_ask(struct sb_audit *a, const struct audit_question *q, struct sb_err *err);
/* Keeps a receipt whose newest batch is not known yet; its place. */
SB_CHECK int audit_ask_late(struct sb_audit *a,
                            uint64_t stored_ms,
                            uint64_t newest_ms,
                            size_t *place,
                            struct sb_err *err);
/* Answers all that are kept, by one pass, and forgets them. */
SB_CHECK int audit_answer(struct sb_audit *a, struct sb_err *err);
void audit_late(struct sb_audit *a, uint64_t stored_ms, uint64_t newest_ms);

#endif
