/* Purpose: carry out what the core decided, in its order.
 * Invariant: nothing here decides; an append is handed over before anything that
 * stands after it in the list is sent.
 * Not: waiting (broker.c). */
#include "broker/io/broker_impl.h"
#include "broker/io/final.h"

static int
run_append(struct sb_broker *b, const struct sb_append *a, struct sb_err *err)
{
    struct sb_job *job = NULL;
    int rc = sb_job_append(&job, a, sb_lent_find(&b->lent, a->record), err);
    if (rc)
        return rc;
    uint64_t bytes = sb_append_bytes(a);
    rc = sb_writer_send(b->writer, job, err);
    if (rc) {
        sb_job_free(job);
        return rc;
    }
    b->accepted = a->index + 1;
    b->queued += bytes;
    return 0;
}

/* Follows the newest final note, for operators. */
static int follow_final(struct sb_broker *b,
                        struct sb_bytes note,
                        uint64_t size,
                        struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(sb_core_trust(b->core));
    bool final = false;
    int rc = sb_final_check(dir, note, b->config->now_ms(), &final, err);
    if (rc || !final || size < b->final_size)
        return rc;
    sb_buf_reset(&b->final);
    sb_buf_put(&b->final, note.p, note.n);
    b->final_size = size;
    return sb_buf_check(&b->final, err);
}

/* In the order of the appends: the note's own entries are durable before it. */
static int
run_cosigned(struct sb_broker *b, const struct sb_effect *e, struct sb_err *err)
{
    struct sb_job *job = NULL;
    int rc = follow_final(b, e->as.cosigned.note, e->as.cosigned.size, err);
    if (!rc)
        rc = sb_job_cosigned(&job, e->as.cosigned.size, e->as.cosigned.note, err);
    if (rc)
        return rc;
    rc = sb_writer_send(b->writer, job, err);
    if (rc)
        sb_job_free(job);
    return rc;
}

static void run_log(struct sb_broker *b, const struct sb_effect *e)
{
    struct sb_bytes who = e->as.log.institution;
    sb_log(b->config->log,
           e->as.log.code ? SB_LOG_WARNING : SB_LOG_INFO,
           "core",
           SB_LOG_CODE(e->as.log.code),
           SB_LOG_BYTES("institution", who.n ? who : sb_bytes_str("-")),
           SB_LOG_TEXT("text", e->as.log.text));
}

/* Request 0 is the broker's own at its start. What is refused to an operator is logged
 * too: a directory that does not hold may be an attack. */
static int
run_answer(struct sb_broker *b, const struct sb_effect *e, struct sb_err *err)
{
    const struct sb_err *why = &e->as.answer.err;
    uint64_t request = e->as.answer.request;
    if (why->code)
        sb_log(b->config->log,
               SB_LOG_WARNING,
               request ? "operator" : "start",
               SB_LOG_ERR(why));
    if (request && request == b->prune.request)
        return sb_broker_pruned(b, why, err);
    return request ? sb_admin_answer(b->admin, request, why, NULL, err) : 0;
}

static int
run_effect(struct sb_broker *b, const struct sb_effect *e, struct sb_err *err)
{
    switch (e->kind) {
    case SB_EFFECT_SEND:
        return sb_gate_send(
            b->gate, e->as.send.peer, &e->as.send.frames, &b->lent, err);
    case SB_EFFECT_APPEND:
        return run_append(b, &e->as.append, err);
    case SB_EFFECT_LOOKUP:
    case SB_EFFECT_OPEN:
    case SB_EFFECT_READ:
    case SB_EFFECT_PROVE:
    case SB_EFFECT_FETCH:
        return sb_reads_ask(b, e, err);
    case SB_EFFECT_COSIGNED:
        return run_cosigned(b, e, err);
    case SB_EFFECT_STOP:
        return sb_fail(err, e->as.stop.err.code, "%s", e->as.stop.err.text);
    case SB_EFFECT_DROP:
        sb_gate_forget(b->gate, e->as.drop.peer);
        return 0;
    case SB_EFFECT_LOG:
        run_log(b, e);
        return 0;
    case SB_EFFECT_ANSWER:
        return run_answer(b, e, err);
    default:
        return sb_fail(err, SB_E_INTERNAL, "effect %d", (int)e->kind);
    }
}

static int step_once(struct sb_broker *b, struct sb_input *in, struct sb_err *err)
{
    in->now_ms = b->config->now_ms();
    in->mono_ms = b->config->mono_ms();
    int rc = sb_core_step(b->core, in, b->effects, err);
    size_t n = rc ? 0 : sb_effects_count(b->effects);
    for (size_t i = 0; !rc && i < n; i++)
        rc = run_effect(b, sb_effects_at(b->effects, i), err);
    return rc;
}

int sb_broker_step(struct sb_broker *b, struct sb_input *in, struct sb_err *err)
{
    int rc = step_once(b, in, err);
    uint64_t gone;
    while (!rc && (gone = sb_gate_gone(b->gate))) {
        struct sb_input lost = {.kind = SB_IN_GONE};
        lost.as.gone.peer = gone;
        rc = step_once(b, &lost, err);
    }
    if (rc)
        (void)sb_fail(&b->failed, rc, "%s", err ? err->text : "");
    return rc;
}
