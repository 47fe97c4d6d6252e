/* Purpose: make and free what threads hand over.
 * Invariant: a job borrows nothing.
 * Not: sending (channel.c). */
#include "broker/io/job.h"

#include <stdlib.h>

struct sb_job *sb_job_new(enum sb_job_kind kind)
{
    struct sb_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->kind = kind;
    job->arena = sb_arena_new(0);
    if (!job->arena) {
        free(job);
        return NULL;
    }
    return job;
}

void sb_job_free(struct sb_job *job)
{
    if (!job)
        return;
    sb_arena_free(job->arena);
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

int sb_job_append(struct sb_job **out,
                  const struct sb_append *append,
                  struct sb_err *err)
{
    struct sb_job *job = sb_job_new(SB_JOB_APPEND);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "journal job");
    struct sb_append *a = &job->as.append;
    *a = *append;
    bool good = own(job->arena, &a->leaf) && own(job->arena, &a->record) &&
                own(job->arena, &a->stream) && own(job->arena, &a->reader) &&
                own(job->arena, &a->items);
    for (size_t i = 0; good && i < a->n_cts; i++)
        good = own(job->arena, &a->ct_class[i]) && own(job->arena, &a->ct_raw[i]);
    if (!good) {
        sb_job_free(job);
        return sb_fail(err, SB_E_MEMORY, "journal job");
    }
    *out = job;
    return 0;
}

static bool own_read(struct sb_arena *arena, struct sb_effect *e)
{
    struct sb_codes *classes = &e->as.read.classes;
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
    return own(arena, &e->as.read.stream) && own(arena, &e->as.read.reader);
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
    bool good = false;
    if (e->kind == SB_EFFECT_LOOKUP)
        good = own(job->arena, &e->as.lookup.stream);
    else if (e->kind == SB_EFFECT_OPEN)
        good = own(job->arena, &e->as.open.stream);
    else if (e->kind == SB_EFFECT_READ)
        good = own_read(job->arena, e);
    if (!good) {
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
