/* Purpose: answer the core's questions and the operator's `tail` from the journal.
 * Invariant: reads only; every job comes back, or FAILED does.
 * Not: deciding who may read what: the core asked for exactly that. */
#include "broker/io/asker.h"

#include <pthread.h>
#include <stdlib.h>

#include "broker/io/channel.h"
#include "broker/io/lines.h"
#include "broker/io/tail.h"
#include "broker/journal/reader.h"

#define AHEAD 2u /* jobs that the thread has: one, and the next */

struct sb_asker {
    pthread_t thread;
    struct sb_channel loop;
    struct sb_channel worker;
    struct sb_journal_reader *reader;
    struct sb_lines lines; /* the loop's, as what follows */
    uint64_t sent;         /* all that was ever to be asked */
    uint64_t given;        /* to the thread */
    uint64_t taken;        /* answered */
    struct sb_err failed;  /* the thread cannot be reached: told by take */
};

static int answer_query(struct sb_asker *a, struct sb_job *job, struct sb_err *err)
{
    const struct sb_effect *e = &job->as.query.effect;
    struct sb_input *in = &job->as.query.input;
    switch ((int)e->kind) {
    case SB_EFFECT_LOOKUP:
        return sb_journal_lookup(a->reader, e, in, err);
    case SB_EFFECT_OPEN:
        return sb_journal_cursor(a->reader, e, job->arena, in, err);
    case SB_EFFECT_PROVE:
        return sb_journal_prove(a->reader, e, job->arena, in, err);
    case SB_EFFECT_FETCH:
        return sb_journal_fetch(a->reader, e, job->arena, in, err);
    default:
        return sb_journal_read(a->reader, e, job->arena, in, err);
    }
}

static int answer(struct sb_asker *a, struct sb_job *job, struct sb_err *err)
{
    if (job->kind == SB_JOB_QUERY)
        return answer_query(a, job, err);
    int told; /* these errors go to the operator */
    if (job->kind == SB_JOB_INDEX)
        told = sb_journal_index_at(
            a->reader, job->as.index.before, &job->as.index.index, &job->as.index.err);
    else
        told = sb_tail_fill(a->reader, job);
    (void)told;
    return 0;
}

static void *run(void *arg)
{
    struct sb_asker *a = arg;
    struct sb_err err = {0};
    void *next = NULL;
    while (sb_channel_take(&a->worker, &next, -1, NULL) == 1) {
        struct sb_job *job = next;
        if (job->kind == SB_JOB_STOP) {
            sb_job_free(job);
            break;
        }
        int rc = answer(a, job, &err);
        if (rc) {
            job->kind = SB_JOB_FAILED;
            job->as.failed = err;
        }
        if (sb_channel_send(&a->worker, job, NULL))
            sb_job_free(job);
    }
    sb_journal_reader_close(a->reader);
    sb_channel_close(&a->worker);
    return NULL;
}

int sb_asker_start(struct sb_asker **out,
                   void *zmq,
                   const char *journal_path,
                   struct sb_err *err)
{
    struct sb_asker *a = calloc(1, sizeof *a);
    if (!a)
        return sb_fail(err, SB_E_MEMORY, "reader thread");
    int rc = sb_journal_reader_open(&a->reader, journal_path, err);
    if (!rc)
        rc = sb_channel_pair(zmq, "reader", &a->loop, &a->worker, err);
    if (!rc) {
        int why = pthread_create(&a->thread, NULL, run, a);
        if (why)
            rc = sb_fail_os(err, why, "reader thread");
    }
    if (rc) {
        sb_channel_close(&a->loop);
        sb_channel_close(&a->worker);
        sb_journal_reader_close(a->reader);
        free(a);
        return rc;
    }
    *out = a;
    return 0;
}

/* Lets the thread have the next ones, an owner after another. */
static void give(struct sb_asker *a)
{
    struct sb_job *job;
    while (a->given - a->taken < AHEAD && (job = sb_lines_take(&a->lines))) {
        if (sb_channel_send(&a->loop, job, &a->failed)) {
            sb_job_free(job);
            return;
        }
        a->given++;
    }
}

int sb_asker_send(struct sb_asker *a, struct sb_job *job, struct sb_err *err)
{
    if (!sb_lines_put(&a->lines, job))
        return sb_fail(err, SB_E_MEMORY, "a question to the journal");
    a->sent++;
    give(a);
    return 0;
}

uint64_t sb_asker_waiting(const struct sb_asker *a)
{
    return a->sent - a->taken;
}

uint64_t sb_asker_answered(const struct sb_asker *a)
{
    return a->taken;
}

int sb_asker_take(struct sb_asker *a, struct sb_job **out, struct sb_err *err)
{
    void *job = NULL;
    if (a->failed.code)
        return sb_fail(err, a->failed.code, "%s", a->failed.text);
    int rc = sb_channel_take(&a->loop, &job, 0, err);
    if (rc != 1)
        return rc;
    a->taken++;
    give(a);
    *out = job;
    return 1;
}

void *sb_asker_socket(const struct sb_asker *a)
{
    return a->loop.socket;
}

void sb_asker_stop(struct sb_asker *a)
{
    if (!a)
        return;
    sb_lines_drop(&a->lines);
    struct sb_job *stop = sb_job_new(SB_JOB_STOP);
    if (!stop || sb_channel_send(&a->loop, stop, NULL))
        abort(); /* a thread that cannot be told to end would be joined for ever */
    (void)pthread_join(a->thread, NULL);
    struct sb_job *left = NULL;
    a->failed = (struct sb_err){0};
    while (sb_asker_take(a, &left, NULL) == 1)
        sb_job_free(left);
    sb_channel_close(&a->loop);
    free(a);
}
