/* Private to broker/core: what waits for an answer, of the journal or of the disk,
 * counted for each institution. A question stays counted until its answer comes, also
 * when the session that asked has ended: else who says HELLO again could ask again. */
#ifndef BROKER_CORE_QUESTION_H
#define BROKER_CORE_QUESTION_H

#include "schemas/base/bytes.h"
#include "schemas/base/err.h"

#define QUESTIONS_MAX 256u /* of one institution, in all of its sessions */

struct sb_core;
struct session;
struct share;
struct step;

struct question {
    uint64_t id;
    struct share *of;
};

struct questions { /* all that wait, in no order */
    struct question *items;
    size_t n;
    size_t cap;
};

/* Whether the institution of an open session may ask one more. */
bool question_fits(const struct session *from);
/* 0, or SB_E_QUOTA with words; the REFUSED that follows says when. */
SB_CHECK int question_judge(const struct session *from, struct sb_err *err);
/* A number for a question that is asked now; counted. */
uint64_t question_new(struct step *s, const struct session *from);
/* Its answer came. True: the institution had as many as it may, and others of its may
 * have waited for this. */
bool question_answered(struct sb_core *core, uint64_t id);

#endif
