/* Purpose: what an operator may ask of a running broker.
 * Invariant: numbers and names only; nothing of a payload.
 * Not: words for people: `sacbe` makes those. */
#include <stdlib.h>

#include "broker/io/broker_impl.h"
#include "broker/io/tail.h"

static void put(struct sb_value *map,
                const char *key,
                struct sb_value value,
                struct sb_arena *arena,
                bool *good)
{
    *good = *good && sb_value_set(map, sb_bytes_str(key), value, arena);
}

static struct sb_value count(uint64_t n)
{
    return sb_value_int(n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static struct sb_value truth(bool b)
{
    return (struct sb_value){.type = SB_BOOL, .as.b = b};
}

static int done(bool good, struct sb_err *err)
{
    return good ? 0 : sb_fail(err, SB_E_MEMORY, "report");
}

static int get_report(struct sb_broker *b,
                      struct sb_arena *arena,
                      struct sb_core_status *out,
                      struct sb_err *err)
{
    *out = (struct sb_core_status){0};
    return sb_core_report(b->core, b->config->now_ms(), arena, out, err);
}

static struct sb_value
sessions(const struct sb_core_status *st, struct sb_arena *arena, bool *good)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < st->n_sessions; i++) {
        const struct sb_session_info *s = &st->sessions[i];
        struct sb_value row = {.type = SB_MAP};
        put(&row, "institution", sb_value_text(s->institution), arena, good);
        put(&row, "version", sb_value_text(s->version), arena, good);
        put(&row, "since_ms", count(s->since_ms), arena, good);
        put(&row, "directory", count(s->directory_version), arena, good);
        put(&row, "refused", count(s->refused), arena, good);
        *good = *good && sb_value_push(&list, row, arena);
    }
    return list;
}

static int run_status(void *ctx,
                      const struct sb_admin_request *request,
                      struct sb_arena *arena,
                      struct sb_value *value,
                      struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_core_status st;
    (void)request;
    int rc = get_report(b, arena, &st, err);
    if (rc)
        return rc;
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(sb_core_trust(b->core)));
    struct sb_value map = {.type = SB_MAP};
    bool good = true;
    put(&map, "program", sb_value_text(sb_bytes_str("sacbe-broker")), arena, &good);
    put(&map, "version", sb_value_text(sb_bytes_str(SB_VERSION)), arena, &good);
    put(&map, "exchange", sb_value_text(d->exchange), arena, &good);
    put(&map,
        "address",
        sb_value_text(sb_bytes_str(sb_broker_address(b))),
        arena,
        &good);
    put(&map, "generation", count(d->generation), arena, &good);
    put(&map, "directory", count(st.directory_version), arena, &good);
    put(&map, "directory_expires_ms", count(d->expires), arena, &good);
    put(&map, "members", count(d->n_members), arena, &good);
    put(&map, "grants", count(d->n_grants), arena, &good);
    put(&map, "quorum", count(d->quorum), arena, &good);
    put(&map, "entries", count(st.size), arena, &good);
    put(&map, "durable", count(st.durable), arena, &good);
    put(&map, "checkpoint", count(b->note_size), arena, &good);
    put(&map, "started_ms", count(b->started_ms), arena, &good);
    put(&map, "now_ms", count(b->config->now_ms()), arena, &good);
    put(&map, "malformed", count(st.malformed), arena, &good);
    put(&map, "refused", count(st.refused), arena, &good);
    put(&map, "stopping", truth(b->stopping), arena, &good);
    put(&map, "sessions", sessions(&st, arena, &good), arena, &good);
    *value = map;
    return done(good, err);
}

static int run_lag(void *ctx,
                   const struct sb_admin_request *request,
                   struct sb_arena *arena,
                   struct sb_value *value,
                   struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_core_status st;
    (void)request;
    int rc = get_report(b, arena, &st, err);
    if (rc)
        return rc;
    struct sb_value list = {.type = SB_ARRAY};
    bool good = true;
    for (size_t i = 0; i < st.n_lags; i++) {
        const struct sb_lag_info *l = &st.lags[i];
        struct sb_value row = {.type = SB_MAP};
        put(&row, "reader", sb_value_text(l->reader), arena, &good);
        put(&row, "subscription", sb_value_text(l->subscription), arena, &good);
        put(&row, "stream", sb_value_text(l->stream), arena, &good);
        put(&row, "connected", truth(l->connected), arena, &good);
        put(&row, "applied_seq", count(l->applied_seq), arena, &good);
        put(&row, "last_seq", count(l->last_seq), arena, &good);
        put(&row, "applied_ms", count(l->applied_ms), arena, &good);
        good = good && sb_value_push(&list, row, arena);
    }
    *value = list;
    return done(good, err);
}

static int publish(struct sb_broker *b,
                   enum sb_input_kind kind,
                   const struct sb_admin_request *request,
                   struct sb_err *err)
{
    struct sb_input in = {.kind = kind};
    in.as.operator_record.request = request->id;
    in.as.operator_record.record = request->args[0];
    int rc = sb_broker_step(b, &in, err);
    return rc ? rc : SB_ADMIN_LATER;
}

static int run_directory(void *ctx,
                         const struct sb_admin_request *request,
                         struct sb_arena *arena,
                         struct sb_value *value,
                         struct sb_err *err)
{
    (void)arena;
    (void)value;
    return publish(ctx, SB_IN_DIRECTORY, request, err);
}

static int run_catalogue(void *ctx,
                         const struct sb_admin_request *request,
                         struct sb_arena *arena,
                         struct sb_value *value,
                         struct sb_err *err)
{
    (void)arena;
    (void)value;
    return publish(ctx, SB_IN_CATALOGUE, request, err);
}

static bool read_number(struct sb_bytes text, uint64_t *out)
{
    uint64_t n = 0;
    if (text.n == 0 || text.n > 18)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = 10 * n + (uint64_t)(text.p[i] - '0');
    }
    *out = n;
    return true;
}

/* tail FROM [MAX]: headers of durable entries from index FROM on. */
static int run_tail(void *ctx,
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
    if (!read_number(request->args[0], &from) ||
        (request->n_args > 1 && !read_number(request->args[1], &max)))
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
        put(&row, "index", count(r->index), job->arena, &good);
        put(&row, "kind", sb_value_text(kind), job->arena, &good);
        put(&row, "stored_ms", count(r->stored_ms), job->arena, &good);
        put(&row, "stream", sb_value_text(r->stream), job->arena, &good);
        put(&row, "first", count(r->first), job->arena, &good);
        put(&row, "last", count(r->last), job->arena, &good);
        put(&row, "bytes", count(r->bytes), job->arena, &good);
        good = good && sb_value_push(&list, row, job->arena);
    }
    if (!good)
        sb_fail(&why, SB_E_MEMORY, "tail");
    return sb_admin_answer(b->admin, job->as.tail.request, &why, &list, err);
}

static int run_checkpoint(void *ctx,
                          const struct sb_admin_request *request,
                          struct sb_arena *arena,
                          struct sb_value *value,
                          struct sb_err *err)
{
    struct sb_broker *b = ctx;
    (void)request;
    if (!b->note.n)
        return sb_fail(err, SB_E_NOT_FOUND, "no checkpoint was signed yet");
    struct sb_value map = {.type = SB_MAP};
    bool good = true;
    put(&map, "size", count(b->note_size), arena, &good);
    put(&map, "note", sb_value_text(b->note), arena, &good);
    *value = map;
    return done(good, err);
}

static int run_stop(void *ctx,
                    const struct sb_admin_request *request,
                    struct sb_arena *arena,
                    struct sb_value *value,
                    struct sb_err *err)
{
    (void)request;
    (void)arena;
    (void)value;
    (void)err;
    sb_broker_begin_stop(ctx);
    return 0;
}

const struct sb_admin_verb sb_broker_verbs[] = {
    {"status", 0, 0, run_status},
    {"lag", 0, 0, run_lag},
    {"publish-directory", 1, 1, run_directory},
    {"publish-catalogue", 1, 1, run_catalogue},
    {"tail", 1, 2, run_tail},
    {"checkpoint", 0, 0, run_checkpoint},
    {"stop", 0, 0, run_stop},
    {NULL, 0, 0, NULL},
};
