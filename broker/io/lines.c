/* Purpose: one line of waiting jobs for each owner, served in turn.
 * Invariant: no line is empty; within a line the order is that of coming.
 * Not: how many may wait (the core bounds what a session asks for). */
#include "broker/io/lines.h"

#include <stdlib.h>

struct sb_line {
    struct sb_line *next; /* in the ring */
    uint64_t owner;
    struct sb_job *first;
    struct sb_job *last;
};

static struct sb_line *find(const struct sb_lines *l, uint64_t owner)
{
    struct sb_line *at = l->at;
    if (!at)
        return NULL;
    do {
        if (at->owner == owner)
            return at;
        at = at->next;
    } while (at != l->at);
    return NULL;
}

bool sb_lines_put(struct sb_lines *l, struct sb_job *job)
{
    struct sb_line *line = find(l, job->owner);
    job->next = NULL;
    if (line) {
        line->last->next = job;
        line->last = job;
        return true;
    }
    line = malloc(sizeof *line);
    if (!line)
        return false;
    *line = (struct sb_line){.owner = job->owner, .first = job, .last = job};
    line->next = l->at ? l->at->next : line;
    if (l->at)
        l->at->next = line;
    l->at = line; /* so that its turn comes after those that wait already */
    return true;
}

struct sb_job *sb_lines_take(struct sb_lines *l)
{
    if (!l->at)
        return NULL;
    struct sb_line *line = l->at->next;
    struct sb_job *job = line->first;
    line->first = job->next;
    job->next = NULL;
    if (line->first) {
        l->at = line;
        return job;
    }
    l->at->next = line->next;
    if (l->at == line)
        l->at = NULL;
    free(line);
    return job;
}

void sb_lines_drop(struct sb_lines *l)
{
    struct sb_job *job;
    while ((job = sb_lines_take(l)))
        sb_job_free(job);
}

/* FNV-1a, 64 bits. Two institutions of one number would share a turn, no more. */
uint64_t sb_owner_of(struct sb_bytes institution)
{
    uint64_t n = 0xcbf29ce484222325u;
    for (size_t i = 0; i < institution.n; i++)
        n = (n ^ institution.p[i]) * 0x100000001b3u;
    return n ? n : 1;
}
