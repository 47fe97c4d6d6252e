/* Purpose: how many questions of an institution wait for their answers.
 * Invariant: the count of an institution is that of its questions in the list and of
 * its answers that wait for the disk a second time (statement.c).
 * Not: what is asked; the order of answers (broker/io/lines.c). */
#include "broker/core/question.h"

#include <stdlib.h>

#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#define RETRY_MS 250u

bool question_fits(const struct session *from)
{
    return from->share->questions < QUESTIONS_MAX;
}

int question_judge(const struct session *from, struct sb_err *err)
{
    struct share *share = from->share;
    if (question_fits(from))
        return 0;
    share->told = share->crowded;
    share->crowded = true;
    share->retry_ms = RETRY_MS;
    return sb_fail(err,
                   SB_E_QUOTA,
                   "%u questions of %s wait for their answers, which is all that it "
                   "may have",
                   QUESTIONS_MAX,
                   from->institution);
}

uint64_t question_new(struct step *s, const struct session *from)
{
    struct questions *q = &s->core->questions;
    if (q->n == q->cap) {
        size_t cap = q->cap ? 2 * q->cap : 64;
        struct question *items = realloc(q->items, cap * sizeof *items);
        if (!items) {
            s->out->failed = true;
            return 0;
        }
        q->items = items;
        q->cap = cap;
    }
    uint64_t id = ++s->core->next_id;
    q->items[q->n++] = (struct question){id, from->share};
    from->share->questions++;
    return id;
}

bool question_answered(struct sb_core *core, uint64_t id)
{
    struct questions *q = &core->questions;
    size_t i = 0;
    while (i < q->n && q->items[i].id != id)
        i++;
    if (i == q->n)
        return false;
    struct share *of = q->items[i].of;
    q->items[i] = q->items[--q->n];
    bool was_full = of->questions-- >= QUESTIONS_MAX;
    of->crowded = of->crowded && of->questions > 0;
    return was_full;
}
