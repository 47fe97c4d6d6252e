/* Purpose: `prune BEFORE_MS [dry]`: what is older loses its ciphertexts, by a record
 * that the broker signs.
 * Invariant: nothing is removed here; the journal's thread removes what a durable
 * record covers. Not: whether the policy permits it in the end: the core judges the
 * record again. */
#include "broker/io/verbs.h"
#include "schemas/base/text.h"
#include "schemas/record/evidence.h"

int sb_verb_prune(void *ctx,
                  const struct sb_admin_request *request,
                  struct sb_arena *arena,
                  struct sb_value *value,
                  struct sb_err *err)
{
    struct sb_broker *b = ctx;
    uint64_t before = 0;
    bool dry = request->n_args > 1;
    (void)arena;
    (void)value;
    if (!sb_text_number(request->args[0], &before) ||
        (dry && !sb_bytes_is(request->args[1], "dry")))
        return sb_fail(
            err, SB_E_ARGUMENT, "prune: a time in ms, in digits, and perhaps \"dry\"");
    struct sb_job *job = sb_job_new(SB_JOB_INDEX);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "prune");
    job->as.index.request = request->id;
    job->as.index.before = before;
    job->as.index.dry = dry;
    int rc = sb_asker_send(b->asker, job, err);
    if (rc)
        sb_job_free(job);
    return rc ? rc : SB_ADMIN_LATER;
}

static int check_policy(const struct sb_broker *b, uint64_t before, struct sb_err *err)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(sb_core_trust(b->core)));
    uint64_t now = b->config->now_ms();
    char latest[32];
    if (d->retention == 0)
        return sb_fail(err,
                       SB_E_RETENTION,
                       "the policy of directory %llu keeps everything (retention 0: "
                       "sacbe directory policy changes it)",
                       (unsigned long long)d->version);
    if (d->retention <= now && before <= now - d->retention)
        return 0;
    sb_text_time(latest, d->retention <= now ? now - d->retention : 0);
    return sb_fail(err,
                   SB_E_RETENTION,
                   "the policy of directory %llu keeps %llu days: only what was "
                   "stored before %s may go",
                   (unsigned long long)d->version,
                   (unsigned long long)(d->retention / (24ull * 3600 * 1000)),
                   latest);
}

static int answer(struct sb_broker *b, const struct sb_pruning *p, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value map = {.type = SB_MAP};
    struct sb_err why = {0};
    bool good = arena != NULL;
    uint64_t entries = p->below > p->from ? p->below - p->from : 0;
    if (good) {
        sb_verb_put(&map, "before_ms", sb_verb_count(p->before), arena, &good);
        sb_verb_put(&map, "below", sb_verb_count(p->below), arena, &good);
        sb_verb_put(&map, "pruned_below", sb_verb_count(p->from), arena, &good);
        sb_verb_put(&map, "entries", sb_verb_count(entries), arena, &good);
    }
    if (!good)
        sb_fail(&why, SB_E_MEMORY, "prune");
    int rc = sb_admin_answer(b->admin, p->request, &why, &map, err);
    sb_arena_free(arena);
    return rc;
}

static int sign(const struct sb_broker *b,
                const struct sb_pruning *p,
                struct sb_buf *record,
                struct sb_err *err)
{
    struct sb_vault_key log;
    struct sb_buf body = {0};
    struct sb_prune prune = {
        .before = p->before, .below = p->below, .time = b->config->now_ms()};
    if (!sb_vault_newest(b->config->vault, SB_USE_LOG, &log))
        return sb_fail(err, SB_E_NO_KEY, "the broker's vault has no log key");
    sb_prune_write(&prune, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_sign_record(sb_trust_exchange(sb_core_trust(b->core)),
                            b->config->vault,
                            log.key_id,
                            sb_buf_bytes(&body),
                            record,
                            err);
    sb_buf_free(&body);
    return rc;
}

/* What may not be pruned, or cannot be found out, goes to the operator. */
static int
judge(struct sb_broker *b, struct sb_pruning *p, bool dry, struct sb_err *why)
{
    struct sb_core_status st;
    int rc = check_policy(b, p->before, why);
    if (rc)
        return rc;
    if (b->prune.request && !dry)
        return sb_fail(why, SB_E_BUSY, "another prune waits for its record");
    struct sb_arena *arena = sb_arena_new(0);
    rc =
        arena ? sb_verb_report(b, arena, &st, why) : sb_fail(why, SB_E_MEMORY, "prune");
    if (!rc)
        p->from = st.pruned_below;
    sb_arena_free(arena);
    return rc;
}

int sb_broker_found_index(struct sb_broker *b,
                          const struct sb_job *job,
                          struct sb_err *err)
{
    bool dry = job->as.index.dry;
    struct sb_err why = job->as.index.err;
    struct sb_buf record = {0};
    struct sb_pruning p = {.request = job->as.index.request,
                           .before = job->as.index.before,
                           .below = job->as.index.index};
    if (p.below > b->committed) /* the reader may be ahead of what the core knows */
        p.below = b->committed;
    int rc = why.code ? why.code : judge(b, &p, dry, &why);
    if (!rc && (dry || p.below <= p.from))
        return answer(b, &p, err);
    if (!rc)
        rc = sign(b, &p, &record, &why);
    if (rc)
        return sb_admin_answer(b->admin, p.request, &why, NULL, err);
    struct sb_input in = {.kind = SB_IN_PRUNE};
    in.as.operator_record.request = p.request;
    in.as.operator_record.record = sb_buf_bytes(&record);
    b->prune = p;
    rc = sb_broker_step(b, &in, err);
    sb_buf_free(&record);
    return rc;
}

int sb_broker_pruned(struct sb_broker *b, const struct sb_err *why, struct sb_err *err)
{
    struct sb_pruning p = b->prune;
    b->prune.request = 0;
    if (why->code)
        return sb_admin_answer(b->admin, p.request, why, NULL, err);
    return answer(b, &p, err);
}
