/* Purpose: what an operator may ask of a running witness: `status` and `stop`.
 * Invariant: names, numbers and reasons only.
 * Not: words for people: `sacbe` makes those. */
#include "broker/host/clock.h"
#include "broker/watch/watch_impl.h"

struct answer {
    struct sb_value map;
    struct sb_arena *arena;
    bool good;
};

static void put(struct answer *a, const char *key, struct sb_value value)
{
    a->good = a->good && sb_value_set(&a->map, sb_bytes_str(key), value, a->arena);
}

static void put_text(struct answer *a, const char *key, const char *text)
{
    struct sb_bytes copy = sb_arena_dup(a->arena, sb_bytes_str(text));
    a->good = a->good && copy.p;
    put(a, key, sb_value_text(copy));
}

static void put_count(struct answer *a, const char *key, uint64_t n)
{
    put(a, key, sb_value_int(n > INT64_MAX ? INT64_MAX : (int64_t)n));
}

static void put_truth(struct answer *a, const char *key, bool yes)
{
    put(a, key, (struct sb_value){.type = SB_BOOL, .as.b = yes});
}

/* {command, text}: something that an operator should look at. */
static void
attend(struct answer *a, struct sb_value *list, const char *command, const char *text)
{
    struct answer row = {.map = {.type = SB_MAP}, .arena = a->arena, .good = a->good};
    put_text(&row, "command", command);
    put_text(&row, "text", text);
    a->good = row.good && sb_value_push(list, row.map, a->arena);
}

static void put_attention(struct answer *a, struct sb_watch *w)
{
    struct sb_value list = {.type = SB_ARRAY};
    struct sb_err why = {0};
    uint64_t since = w->here ? sb_round_unproved_ms(w->round) : 0;
    if (sb_witness_contradicted(w->witness, &why))
        attend(a, &list, "sacbe explain SB-611", why.text);
    if (!w->here && sb_client_refusal(w->client, &why))
        attend(a, &list, "sacbe explain", why.text);
    else if (!w->here)
        attend(a, &list, "sacbe-witness --check", "not connected to the broker");
    if (sb_watch_key(w, w->config->now_ms(), &why))
        attend(a, &list, "sacbe card show", why.text);
    if (since && sb_clock_mono_ms() - since >= 60000)
        attend(a, &list, "sacbe explain SB-620", "the broker proves nothing to us");
    put(a, "attention", list);
}

static int run_status(void *ctx,
                      const struct sb_admin_request *request,
                      struct sb_arena *arena,
                      struct sb_value *value,
                      struct sb_err *err)
{
    struct sb_watch *w = ctx;
    struct answer a = {.map = {.type = SB_MAP}, .arena = arena, .good = true};
    const struct sb_dir *dir = sb_trust_newest(w->trust);
    struct sb_checkpoint seen = sb_witness_seen(w->witness, w->trust);
    (void)request;
    put_text(&a, "program", "sacbe-witness");
    put_text(&a, "version", SB_VERSION);
    put_text(&a, "broker_version", sb_client_broker_version(w->client));
    put_count(&a, "revision", sb_client_revision(w->client));
    put_text(&a, "institution", w->institution);
    put_text(&a, "address", w->address);
    put_truth(&a, "connected", w->here);
    put_truth(&a, "stopping", w->stopping);
    put_count(&a, "started_ms", w->started_ms);
    put_count(&a, "now_ms", w->config->now_ms());
    put_count(&a, "generation", dir ? sb_dir_body(dir)->generation : 0);
    put_count(&a, "directory", dir ? sb_dir_body(dir)->version : 0);
    put_count(&a, "directory_expires_ms", dir ? sb_dir_body(dir)->expires : 0);
    put_count(&a, "quorum", dir ? sb_dir_body(dir)->quorum : 0);
    put_count(&a, "checkpoint", seen.size);
    put_count(&a, "checkpoint_ms", w->final_ms);
    put_count(&a, "final", w->final_size);
    put_count(&a, "final_ms", w->final_ms);
    put_count(&a, "cosigned_ms", w->cosigned_ms);
    put_truth(&a, "contradicted", sb_witness_contradicted(w->witness, NULL));
    put_attention(&a, w);
    *value = a.map;
    return a.good ? 0 : sb_fail(err, SB_E_MEMORY, "report");
}

static int run_stop(void *ctx,
                    const struct sb_admin_request *request,
                    struct sb_arena *arena,
                    struct sb_value *value,
                    struct sb_err *err)
{
    struct sb_watch *w = ctx;
    (void)request;
    (void)arena;
    (void)value;
    (void)err;
    w->stopping = true;
    return 0;
}

const struct sb_admin_verb sb_watch_verbs[] = {
    {"status", 0, 0, run_status},
    {"stop", 0, 0, run_stop},
    {NULL, 0, 0, NULL},
};
