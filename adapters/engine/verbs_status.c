/* `status`: what an operator should look at first, then numbers and reasons. */
#include "adapters/engine/engine_impl.h"

#include <stdio.h>

#include "adapters/engine/publish.h"
#include "adapters/engine/quarantine.h"
#include "adapters/engine/value_list.h"
#include "broker/host/clock.h"

/* "over its quota: again in 4 s"; false: nothing holds it. */
static bool held(const struct sb_stream *s, char *out, size_t n)
{
    uint64_t ms = sb_publish_held(s, sb_clock_now_ms());
    const char *why = "the broker's clock is wrong, or its directory has expired";
    if (s->held_code == SB_E_QUOTA)
        why = "over its quota";
    else if (s->held_code == SB_E_DISK_LOW)
        why = "the broker's disk is nearly full";
    if (ms > 0)
        (void)snprintf(
            out, n, "%s: again in %llu s", why, (unsigned long long)(ms + 999) / 1000);
    return ms > 0;
}

void sb_status_held(struct sb_engine *e, struct sb_list *l, struct sb_value *list)
{
    for (size_t i = 0; i < e->n_streams; i++) {
        const struct sb_stream *s = &e->streams[i];
        struct sb_value row = {.type = SB_MAP};
        char why[96];
        if (!held(s, why, sizeof why))
            continue;
        sb_list_text(l, &row, "stream", s->name);
        sb_list_count(l, &row, "seq", s->row.stored_seq);
        sb_list_count(l, &row, "head", s->head_seq);
        sb_list_count(l, &row, "code", (uint64_t)sb_code_number(s->held_code));
        sb_list_text(l, &row, "trouble", why);
        sb_list_push(l, list, row);
    }
}

static struct sb_value streams(struct sb_engine *e, struct sb_list *l)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < e->n_streams; i++) {
        const struct sb_stream *s = &e->streams[i];
        struct sb_value row = {.type = SB_MAP};
        sb_list_text(l, &row, "stream", s->name);
        sb_list_count(l, &row, "priority", s->type.priority);
        sb_list_count(l, &row, "claim", s->claim_no);
        sb_list_count(l, &row, "epoch", s->epoch_no);
        sb_list_count(l, &row, "sealed", s->head_seq);
        sb_list_count(l, &row, "stored", s->row.stored_seq);
        sb_list_count(l, &row, "proved", s->row.proved_seq);
        sb_list_count(l, &row, "final", s->row.final_seq);
        sb_list_count(l, &row, "in_flight", s->in_flight);
        sb_list_truth(l, &row, "adopting", s->adopting);
        sb_list_count(l, &row, "stopped", (uint64_t)sb_code_number(s->row.stopped));
        sb_list_count(l, &row, "held_ms", sb_publish_held(s, sb_clock_now_ms()));
        sb_list_push(l, &list, row);
    }
    return list;
}

static struct sb_value sources(struct sb_engine *e, struct sb_list *l)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < e->n_feeds; i++) {
        const struct sb_feed *f = &e->feeds[i];
        struct sb_value row = {.type = SB_MAP};
        sb_list_text(l, &row, "source", f->name);
        sb_list_text(l, &row, "stream", f->stream->name);
        sb_list_bytes(l, &row, "mapping", sb_mapping_facts(f->mapping)->path);
        sb_list_count(l, &row, "published", f->published);
        sb_list_count(l, &row, "quarantined", f->quarantined);
        sb_list_count(l, &row, "code", (uint64_t)sb_code_number(f->err.code));
        sb_list_text(l, &row, "trouble", f->err.code ? f->err.text : "");
        sb_list_push(l, &list, row);
    }
    return list;
}

struct sb_value sb_status_readings(struct sb_engine *e, struct sb_list *l)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < e->receive.n_readings; i++) {
        const struct sb_reading *at = e->receive.readings[i];
        struct sb_value row = {.type = SB_MAP};
        if (at->adopting)
            continue;
        sb_list_text(l, &row, "stream", at->name);
        sb_list_count(l, &row, "seq", at->open ? at->chain.last_seq : 0);
        sb_list_count(l, &row, "applied", at->applied);
        sb_list_count(l, &row, "head", at->head.seq);
        sb_list_count(l, &row, "head_ms", at->head.heard_ms);
        if (at->open && at->head.seq > at->chain.last_seq)
            sb_list_count(l, &row, "unapplied_ms", at->head.heard_ms);
        sb_list_count(l, &row, "quarantined", at->quarantined);
        sb_list_truth(l, &row, "held", at->held_until != 0);
        sb_list_count(l, &row, "code", (uint64_t)sb_code_number(at->trouble.code));
        sb_list_text(l, &row, "trouble", at->trouble.code ? at->trouble.text : "");
        sb_list_push(l, &list, row);
    }
    return list;
}

static void alarms(struct sb_engine *e, struct sb_list *l, struct sb_value *list)
{
    for (size_t i = 0; i < sb_alarms_count(e->env.alarms); i++) {
        const struct sb_alarm *a = sb_alarm_at(e->env.alarms, i);
        char command[40];
        (void)snprintf(
            command, sizeof command, "sacbe explain SB-%d", sb_code_number(a->code));
        sb_list_attention(l, list, command, "%s", a->text);
    }
}

/* What is known of the journal: what a claim would name, and how final it is. */
static struct sb_value witness(struct sb_engine *e, struct sb_list *l)
{
    struct sb_value map = {.type = SB_MAP};
    struct sb_vault_key key;
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    uint64_t now = sb_clock_now_ms();
    bool signs =
        dir && sb_dir_own_key(dir, e->vault, SB_USE_WITNESS, now, &key, NULL) == 0;
    sb_list_truth(l, &map, "cosigns", signs);
    sb_list_count(l, &map, "seen", e->env.tree_size);
    sb_list_count(l, &map, "final", e->evidence.final_size);
    sb_list_count(l, &map, "final_ms", e->env.fresh_ms);
    sb_list_count(l, &map, "quorum", dir ? sb_dir_body(dir)->quorum : 0);
    sb_list_truth(l, &map, "contradicted", e->env.contradicted);
    sb_list_count(l, &map, "pruned_below", e->watch.pruned_below);
    return map;
}

static void
attend_streams(struct sb_engine *e, struct sb_list *l, struct sb_value *list)
{
    for (size_t i = 0; i < e->n_streams; i++) {
        const struct sb_stream *s = &e->streams[i];
        char why[96];
        char command[40];
        (void)snprintf(command,
                       sizeof command,
                       "sacbe explain SB-%d",
                       sb_code_number(s->row.stopped ? s->row.stopped : s->held_code));
        if (s->row.stopped)
            sb_list_attention(l,
                              list,
                              command,
                              "%s is stopped: SB-%d",
                              s->name,
                              sb_code_number(s->row.stopped));
        else if (held(s, why, sizeof why))
            sb_list_attention(l, list, command, "%s: %s", s->name, why);
    }
}

static int attention(struct sb_engine *e,
                     struct sb_list *l,
                     struct sb_value *out,
                     struct sb_err *err)
{
    struct sb_value list = {.type = SB_ARRAY};
    struct sb_err why = {.code = 0};
    alarms(e, l, &list);
    if (!e->here && sb_client_refusal(e->client, &why))
        sb_list_attention(l, &list, "sacbe explain", "%s", why.text);
    else if (!e->here)
        sb_list_attention(
            l, &list, "sacbe-adapter --check", "not connected to the broker");
    attend_streams(e, l, &list);
    for (size_t i = 0; i < e->n_feeds; i++)
        if (e->feeds[i].err.code)
            sb_list_attention(l,
                              &list,
                              "sacbe explain",
                              "source %s: %s",
                              e->feeds[i].name,
                              e->feeds[i].err.text);
    for (size_t i = 0; i < e->receive.n_readings; i++)
        if (e->receive.readings[i]->trouble.code)
            sb_list_attention(l,
                              &list,
                              "sacbe explain",
                              "%s: %s",
                              e->receive.readings[i]->name,
                              e->receive.readings[i]->trouble.text);
    uint64_t in = 0;
    uint64_t out_n = 0;
    int rc = sb_quarantine_count(e->env.state, "in", &in, err);
    if (!rc)
        rc = sb_quarantine_count(e->env.state, "out", &out_n, err);
    if (in + out_n)
        sb_list_attention(l,
                          &list,
                          "sacbe quarantine list",
                          "%llu in quarantine",
                          (unsigned long long)(in + out_n));
    *out = list;
    return rc;
}

int sb_verb_status(void *ctx,
                   const struct sb_admin_request *request,
                   struct sb_arena *arena,
                   struct sb_value *value,
                   struct sb_err *err)
{
    struct sb_engine *e = ctx;
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    struct sb_list l = {.arena = arena};
    struct sb_value map = {.type = SB_MAP};
    struct sb_value lines = {.type = SB_ARRAY};
    uint64_t in = 0;
    uint64_t out = 0;
    (void)request;
    int rc = attention(e, &l, &lines, err);
    if (!rc)
        rc = sb_quarantine_count(e->env.state, "in", &in, err);
    if (!rc)
        rc = sb_quarantine_count(e->env.state, "out", &out, err);
    if (rc)
        return rc;
    sb_list_text(&l, &map, "program", "sacbe-adapter");
    sb_list_text(&l, &map, "version", SB_VERSION);
    sb_list_text(&l, &map, "broker_version", sb_client_broker_version(e->client));
    sb_list_count(&l, &map, "revision", sb_client_revision(e->client));
    sb_list_text(&l, &map, "institution", e->institution);
    sb_list_text(&l, &map, "address", e->address);
    sb_list_truth(&l, &map, "connected", e->here);
    sb_list_truth(&l, &map, "stopping", e->stopping);
    sb_list_count(&l, &map, "started_ms", e->started_ms);
    sb_list_count(&l, &map, "now_ms", sb_clock_now_ms());
    sb_list_count(&l, &map, "generation", e->env.generation);
    sb_list_count(&l, &map, "checkpoint", e->env.tree_size);
    sb_list_count(&l, &map, "checkpoint_ms", e->env.fresh_ms);
    sb_list_count(&l, &map, "directory", dir ? sb_dir_body(dir)->version : 0);
    sb_list_count(
        &l, &map, "directory_expires_ms", dir ? sb_dir_body(dir)->expires : 0);
    sb_list_count(&l, &map, "quarantine_in", in);
    sb_list_count(&l, &map, "quarantine_out", out);
    rc = sb_status_growth_put(e, &l, &map, err);
    if (rc)
        return rc;
    sb_list_put(&l, &map, "attention", lines);
    sb_list_put(&l, &map, "witness", witness(e, &l));
    sb_list_put(&l, &map, "streams", streams(e, &l));
    sb_list_put(&l, &map, "sources", sources(e, &l));
    sb_list_put(&l, &map, "readings", sb_status_readings(e, &l));
    *value = map;
    return sb_list_check(&l, err);
}
