/* Purpose: `tail`: headers of durable entries, asked of the reader's thread.
 * Invariant: an answer follows every request that was taken.
 * Not: reading (tail.c). */
#include "broker/io/tail.h"
#include "broker/io/verbs.h"
#include "schemas/base/text.h"

/* tail FROM [MAX]: headers of durable entries from index FROM on. */
int sb_verb_tail(void *ctx,
                 const struct sb_admin_request *request,
                 struct sb_arena *arena,
                 struct sb_value *value,
                 struct sb_err *err)
{
    struct sb_broker *b = ctx;
    uint64_t from = 0;
    uint64_t max = SB_TAIL_MAX;
    (void)arena;
    (void)value;
    if (!sb_text_number(request->args[0], &from) ||
        (request->n_args > 1 && !sb_text_number(request->args[1], &max)))
        return sb_fail(err, SB_E_ARGUMENT, "tail: an index and a count, in digits");
    struct sb_job *job = sb_job_new(SB_JOB_TAIL);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "tail");
    job->as.tail.request = request->id;
    job->as.tail.from = from;
    job->as.tail.below = b->committed;
    job->as.tail.max = max < SB_TAIL_MAX ? (size_t)max : SB_TAIL_MAX;
    int rc = sb_asker_send(b->asker, job, err);
    if (rc)
        sb_job_free(job);
    return rc ? rc : SB_ADMIN_LATER;
}

int sb_broker_tailed(struct sb_broker *b, const struct sb_job *job, struct sb_err *err)
{
    struct sb_value list = {.type = SB_ARRAY};
    struct sb_err why = job->as.tail.err;
    bool good = true;
    for (size_t i = 0; !why.code && i < job->as.tail.n; i++) {
        const struct sb_tail_row *r = &job->as.tail.rows[i];
        struct sb_bytes kind = sb_bytes_str(sb_kind_text(r->kind));
        struct sb_value row = {.type = SB_MAP};
        sb_verb_put(&row, "index", sb_verb_count(r->index), job->arena, &good);
        sb_verb_put(&row, "kind", sb_value_text(kind), job->arena, &good);
        sb_verb_put(&row, "stored_ms", sb_verb_count(r->stored_ms), job->arena, &good);
        sb_verb_put(&row, "stream", sb_value_text(r->stream), job->arena, &good);
        sb_verb_put(&row, "first", sb_verb_count(r->first), job->arena, &good);
        sb_verb_put(&row, "last", sb_verb_count(r->last), job->arena, &good);
        sb_verb_put(&row, "bytes", sb_verb_count(r->bytes), job->arena, &good);
        good = good && sb_value_push(&list, row, job->arena);
    }
    if (!good)
        sb_fail(&why, SB_E_MEMORY, "tail");
    return sb_admin_answer(b->admin, job->as.tail.request, &why, &list, err);
}
