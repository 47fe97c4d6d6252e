/* Purpose: what the core asks of the journal, answered from what was stored last, else
 * by the thread that reads.
 * Invariant: every question gets one answer, as a step of its own.
 * Not: the questions of operators, but for handing their answers on. */
#include "broker/io/broker_impl.h"
#include "broker/io/lines.h"

#define PAGES_MAX 16 /* answered from memory in one turn */

static void put_ready(struct sb_broker *b, struct sb_job *job)
{
    if (b->ready_last)
        b->ready_last->next = job;
    else
        b->ready = job;
    b->ready_last = job;
}

static struct sb_job *take_ready(struct sb_broker *b)
{
    struct sb_job *job = b->ready;
    b->ready = job->next;
    if (!b->ready)
        b->ready_last = NULL;
    job->next = NULL;
    return job;
}

/* Takes the job. */
static int send(struct sb_broker *b, struct sb_job *job, struct sb_err *err)
{
    int rc = sb_asker_send(b->asker, job, err);
    if (rc)
        sb_job_free(job);
    return rc;
}

int sb_reads_ask(struct sb_broker *b, const struct sb_effect *e, struct sb_err *err)
{
    struct sb_job *job = NULL;
    int rc = sb_job_query(&job, e, err);
    if (rc)
        return rc;
    job->owner = b->owner;
    if (e->kind == SB_EFFECT_READ)
        job->owner = sb_owner_of(e->as.read.reader);
    if (e->kind != SB_EFFECT_READ || !sb_recent_has(b->recent, e))
        return send(b, job, err);
    put_ready(b, job);
    return 0;
}

bool sb_reads_waiting(const struct sb_broker *b)
{
    return b->ready != NULL;
}

/* It may have gone meanwhile. */
static int answer(struct sb_broker *b, struct sb_job *job, struct sb_err *err)
{
    struct sb_input *in = &job->as.query.input;
    const struct sb_effect *e = &job->as.query.effect;
    if (!sb_recent_has(b->recent, e))
        return send(b, job, err);
    b->lent.n = 0;
    int rc = sb_recent_read(b->recent, e, job->arena, &b->lent, in, err);
    if (!rc)
        rc = sb_broker_step(b, in, err);
    b->lent.n = 0;
    sb_job_free(job);
    return rc;
}

static int on_asker(struct sb_broker *b, struct sb_job *job, struct sb_err *err)
{
    int rc;
    b->lent = (struct sb_lent){1, {job->hold}};
    b->owner = job->owner; /* what it leads to is asked for the same */
    if (job->kind == SB_JOB_QUERY)
        rc = sb_broker_step(b, &job->as.query.input, err);
    else if (job->kind == SB_JOB_TAIL)
        rc = sb_broker_tailed(b, job, err);
    else if (job->kind == SB_JOB_INDEX)
        rc = sb_broker_found_index(b, job, err);
    else
        rc = sb_fail(err, job->as.failed.code, "%s", job->as.failed.text);
    b->lent.n = 0;
    b->owner = 0;
    sb_job_free(job);
    return rc;
}

int sb_reads_take(struct sb_broker *b, struct sb_err *err)
{
    struct sb_job *job = NULL;
    int rc;
    while ((rc = sb_asker_take(b->asker, &job, err)) == 1) {
        rc = on_asker(b, job, err);
        if (rc)
            return rc;
    }
    for (int i = 0; !rc && i < PAGES_MAX && b->ready; i++)
        rc = answer(b, take_ready(b), err);
    return rc;
}

void sb_reads_drop(struct sb_broker *b)
{
    while (b->ready)
        sb_job_free(take_ready(b));
}
