/* Purpose: make and free what threads hand over.
 * Invariant: a job borrows nothing but what it shares.
 * Not: sending (channel.c). */
#include "broker/io/job.h"

#include <stdlib.h>

/* Takes one ownership of the hold. */
static struct sb_job *job_in(enum sb_job_kind kind, struct sb_hold *hold)
{
    struct sb_job *job = hold ? calloc(1, sizeof *job) : NULL;
    if (!job) {
        sb_hold_drop(hold);
        return NULL;
    }
    job->kind = kind;
    job->hold = hold;
    job->arena = sb_hold_arena(hold);
    return job;
}

struct sb_job *sb_job_new(enum sb_job_kind kind)
{
    return job_in(kind, sb_hold_new());
}

void sb_job_free(struct sb_job *job)
{
    if (!job)
        return;
    struct sb_job *done = job->kind == SB_JOB_COMMITTED ? job->as.committed.done : NULL;
    while (done) {
        struct sb_job *next = done->next;
        sb_hold_drop(done->hold);
        free(done);
        done = next;
    }
    sb_hold_drop(job->hold);
    free(job);
}

static bool own(struct sb_arena *arena, struct sb_bytes *b)
{
    struct sb_bytes copy = sb_arena_dup(arena, *b);
    if (!copy.p)
        return false;
    *b = copy;
    return true;
}

static bool keep(struct sb_job *job, struct sb_bytes *b)
{
    return sb_hold_has(job->hold, *b) || own(job->arena, b);
}

int sb_job_append(struct sb_job **out,
                  const struct sb_append *append,
                  struct sb_hold *from,
                  struct sb_err *err)
{
    struct sb_job *job =
        job_in(SB_JOB_APPEND, from ? sb_hold_share(from) : sb_hold_new());
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "journal job");
    struct sb_append *a = &job->as.append;
    *a = *append;
    bool good = keep(job, &a->leaf) && keep(job, &a->record) && keep(job, &a->stream) &&
                keep(job, &a->reader) && keep(job, &a->items) && keep(job, &a->cts);
    for (size_t i = 0; good && i < a->n_cts; i++)
        good = keep(job, &a->ct_class[i]) && keep(job, &a->ct_raw[i]);
    if (!good) {
        sb_job_free(job);
        return sb_fail(err, SB_E_MEMORY, "journal job");
    }
    *out = job;
    return 0;
}

int sb_job_cosigned(struct sb_job **out,
                    uint64_t size,
                    struct sb_bytes note,
                    struct sb_err *err)
{
    struct sb_job *job = sb_job_new(SB_JOB_COSIGNED);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "cosigned note");
    job->as.cosigned.size = size;
    job->as.cosigned.note = note;
    if (!own(job->arena, &job->as.cosigned.note)) {
        sb_job_free(job);
        return sb_fail(err, SB_E_MEMORY, "cosigned note");
    }
    *out = job;
    return 0;
}

static bool own_codes(struct sb_arena *arena, struct sb_codes *classes)
{
    size_t n = classes->n;
    struct sb_bytes *items = sb_arena_alloc(arena, n ? n : 1, sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < n; i++) {
        items[i] = classes->items[i];
        if (!own(arena, &items[i]))
            return false;
    }
    classes->items = items;
    return true;
}

static bool own_indices(struct sb_arena *arena, struct sb_effect *e)
{
    size_t n = e->as.prove.n;
    uint64_t *indices = sb_arena_alloc(arena, n ? n : 1, sizeof *indices);
    if (!indices)
        return false;
    for (size_t i = 0; i < n; i++)
        indices[i] = e->as.prove.indices[i];
    e->as.prove.indices = indices;
    return true;
}

static bool own_query(struct sb_arena *arena, struct sb_effect *e)
{
    switch ((int)e->kind) {
    case SB_EFFECT_LOOKUP:
        return own(arena, &e->as.lookup.stream);
    case SB_EFFECT_OPEN:
        return own(arena, &e->as.open.stream);
    case SB_EFFECT_READ:
        return own_codes(arena, &e->as.read.classes) &&
               own(arena, &e->as.read.stream) && own(arena, &e->as.read.reader);
    case SB_EFFECT_PROVE:
        return own_indices(arena, e);
    case SB_EFFECT_FETCH:
        return own_codes(arena, &e->as.fetch.classes) &&
               own(arena, &e->as.fetch.stream);
    default:
        return false;
    }
}

int sb_job_query(struct sb_job **out,
                 const struct sb_effect *effect,
                 struct sb_err *err)
{
    struct sb_job *job = sb_job_new(SB_JOB_QUERY);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "journal query");
    struct sb_effect *e = &job->as.query.effect;
    *e = *effect;
    if (!own_query(job->arena, e)) {
        sb_job_free(job);
        return sb_fail(err, SB_E_MEMORY, "journal query");
    }
    *out = job;
    return 0;
}

uint64_t sb_append_bytes(const struct sb_append *append)
{
    uint64_t n = append->leaf.n + append->record.n + append->items.n;
    for (size_t i = 0; i < append->n_cts; i++)
        n += append->ct_raw[i].n;
    return n;
}
