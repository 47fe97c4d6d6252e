/* Purpose: what an operator may ask of a running broker: the table, orders, and what
 * the verbs share. Invariant: numbers and names only; nothing of a payload. Not: words
 * for people: `sacbe` makes those. */
#include "broker/io/verbs.h"

void sb_verb_put(struct sb_value *map,
                 const char *key,
                 struct sb_value value,
                 struct sb_arena *arena,
                 bool *good)
{
    *good = *good && sb_value_set(map, sb_bytes_str(key), value, arena);
}

struct sb_value sb_verb_count(uint64_t n)
{
    return sb_value_int(n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

struct sb_value sb_verb_truth(bool b)
{
    return (struct sb_value){.type = SB_BOOL, .as.b = b};
}

int sb_verb_done(bool good, struct sb_err *err)
{
    return good ? 0 : sb_fail(err, SB_E_MEMORY, "report");
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
    {"status", 0, 0, sb_verb_status},
    {"lag", 0, 0, sb_verb_lag},
    {"publish-directory", 1, 1, run_directory},
    {"publish-catalogue", 1, 1, run_catalogue},
    {"tail", 1, 2, sb_verb_tail},
    {"checkpoint", 0, 0, sb_verb_checkpoint},
    {"prune", 1, 2, sb_verb_prune},
    {"stop", 0, 0, run_stop},
    {NULL, 0, 0, NULL},
};
