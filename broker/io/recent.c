/* Purpose: a ring of the newest committed entries, and READ answered from it.
 * Invariant: an answer is what the journal would give at that moment.
 * Not: cursors, proofs and batches by seq: they are the journal's. */
#include "broker/io/recent.h"

#include <stdlib.h>

#include "broker/host/heap.h"

struct sb_recent {
    struct sb_job *ring[SB_RECENT_ENTRIES];
    uint64_t first; /* index of the oldest */
    uint64_t next;  /* after the newest */
    uint64_t aged;  /* `next` when age was called last */
    uint64_t bytes;
    struct sb_heap heap;
};

struct sb_recent *sb_recent_new(uint64_t size)
{
    struct sb_recent *r = calloc(1, sizeof *r);
    if (r)
        r->first = r->next = r->aged = size;
    return r;
}

static struct sb_job **place(struct sb_recent *r, uint64_t index)
{
    return &r->ring[index % SB_RECENT_ENTRIES];
}

static void drop_below(struct sb_recent *r, uint64_t index)
{
    for (; r->first < index && r->first < r->next; r->first++) {
        struct sb_job **at = place(r, r->first);
        r->bytes -= sb_append_bytes(&(*at)->as.append);
        sb_job_free(*at);
        *at = NULL;
    }
}

void sb_recent_free(struct sb_recent *r)
{
    if (!r)
        return;
    drop_below(r, r->next);
    free(r);
}

/* A batch that lacks a ciphertext is told with its withdrawals, which are not here. */
static bool is_whole(const struct sb_append *a)
{
    if (a->kind == SB_KIND_PRUNE)
        return false;
    for (size_t i = 0; i < a->n_cts; i++)
        if (!sb_cts_whole(a->ct_raw[i]))
            return false;
    return a->kind != SB_KIND_BATCH || a->n_cts > 0;
}

static void add(struct sb_recent *r, struct sb_job *job)
{
    if (job->as.append.index != r->next) { /* not after what is here */
        drop_below(r, r->next);
        r->first = r->next = job->as.append.index;
    }
    if (r->next - r->first == SB_RECENT_ENTRIES)
        drop_below(r, r->first + 1);
    job->next = NULL;
    *place(r, r->next++) = job;
    r->bytes += sb_append_bytes(&job->as.append);
    if (!is_whole(&job->as.append))
        drop_below(r, r->next);
    while (r->bytes > SB_RECENT_BYTES)
        drop_below(r, r->first + 1);
}

void sb_recent_add(struct sb_recent *r, struct sb_job *done)
{
    while (done) {
        struct sb_job *next = done->next;
        add(r, done);
        done = next;
    }
}

/* What a burst, or a crowd, has left free in the heap goes back to the system once it
 * is over. */
void sb_recent_age(struct sb_recent *r)
{
    drop_below(r, r->aged);
    r->aged = r->next;
    if (r->bytes == 0)
        sb_heap_give_back(&r->heap);
}

bool sb_recent_has(const struct sb_recent *r, const struct sb_effect *read)
{
    return read->as.read.from >= r->first && read->as.read.from < read->as.read.below &&
           read->as.read.below <= r->next;
}

static bool is_wanted(const struct sb_append *a, const struct sb_effect *read)
{
    bool streamed = a->kind == SB_KIND_CLAIM || a->kind == SB_KIND_EPOCH ||
                    a->kind == SB_KIND_REGRANT || a->kind == SB_KIND_BATCH;
    return streamed && sb_bytes_eq(a->stream, read->as.read.stream) &&
           (a->kind != SB_KIND_REGRANT || sb_bytes_eq(a->reader, read->as.read.reader));
}

/* The entry with its wanted ciphertexts; returns the bytes of its payload frames. */
static uint64_t fill(const struct sb_append *a,
                     const struct sb_codes *classes,
                     struct sb_stored_entry *e)
{
    *e = (struct sb_stored_entry){.index = a->index,
                                  .kind = a->kind,
                                  .leaf = a->leaf,
                                  .record = a->record,
                                  .items = a->items};
    uint64_t bytes = a->leaf.n + a->record.n + a->items.n;
    for (size_t i = 0; i < a->n_cts; i++) {
        if (!sb_codes_has(classes, a->ct_class[i]))
            continue;
        e->ct_class[e->n_cts] = a->ct_class[i];
        e->ct_raw[e->n_cts++] = a->ct_raw[i];
        bytes += a->ct_raw[i].n;
    }
    if (a->n_cts > 0 && e->n_cts == a->n_cts)
        e->cts = a->cts;
    return bytes + (a->kind == SB_KIND_BATCH && classes->n > 0);
}

int sb_recent_read(const struct sb_recent *r,
                   const struct sb_effect *read,
                   struct sb_arena *arena,
                   struct sb_lent *lent,
                   struct sb_input *entries,
                   struct sb_err *err)
{
    uint64_t from = read->as.read.from;
    uint64_t below = read->as.read.below;
    uint64_t max = read->as.read.max_entries ? read->as.read.max_entries : 1;
    uint64_t bytes = 0;
    size_t n = 0;
    if (max > below - from)
        max = below - from;
    struct sb_stored_entry *list = sb_arena_alloc(arena, max, sizeof *list);
    if (!list)
        return sb_fail(err, SB_E_MEMORY, "entries");
    uint64_t at = from;
    for (; at < below; at++) {
        const struct sb_job *job = r->ring[at % SB_RECENT_ENTRIES];
        struct sb_stored_entry e;
        if (!is_wanted(&job->as.append, read))
            continue;
        uint64_t more = fill(&job->as.append, &read->as.read.classes, &e);
        if (n == max || (n > 0 && bytes + more > read->as.read.max_bytes))
            break;
        bytes += more;
        list[n++] = e;
        sb_lent_add(lent, job->hold);
    }
    entries->kind = SB_IN_READ;
    entries->as.read.id = read->as.read.id;
    entries->as.read.entries = list;
    entries->as.read.n = n;
    entries->as.read.through = at - 1;
    return 0;
}
