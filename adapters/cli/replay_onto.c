/* Purpose: `journal replay --onto CONFIG`: opened events sealed into the outbox of a
 * stopped adapter of another exchange, which publishes them when it starts.
 * Invariant: never onto the exchange that is replayed; events and the place move in one
 * transaction of the outbox.
 * Not for: sending. */
#include "adapters/cli/local.h"
#include "adapters/cli/replaying.h"
#include "adapters/engine/apply.h"
#include "adapters/engine/onto.h"
#include "adapters/engine/outbox.h"
#include "adapters/engine/settings.h"
#include "broker/host/clock.h"
#include "keys/anchor.h"
#include "keys/hash.h"

#include <stdlib.h>

struct onto {
    struct sb_replaying p;
    struct sb_config *config;
    struct sb_passphrase pass;
    struct sb_engine_config options;
    struct sb_engine *engine;
    struct sb_stream **streams; /* as they were asked for */
    size_t n_streams;
    char token[32]; /* name of our row among those of sources */
    uint8_t mapping[SB_MAPPING_ID];
};

/* Streams by the order in which their types came: `where` is a place in this list. */
static size_t find_stream(void *ctx, struct sb_bytes type)
{
    struct onto *t = ctx;
    for (size_t i = 0; i < t->n_streams; i++)
        if (sb_bytes_eq(t->streams[i]->type.name, type))
            return i;
    struct sb_stream *found = sb_onto_stream(t->engine, type);
    if (!found)
        return SIZE_MAX;
    t->streams[t->n_streams] = found;
    return t->n_streams++;
}

static int judge(void *ctx,
                 const struct sb_replay_event *e,
                 struct sb_given *g,
                 struct sb_err *err)
{
    struct onto *t = ctx;
    const struct sb_stream *s = t->streams[g->where];
    struct sb_err why = {.code = 0};
    (void)e;
    if (s->row.stopped)
        return sb_fail(err,
                       s->row.stopped,
                       "%s is stopped at that adapter: look at its status first",
                       s->name);
    int rc = sb_stream_may_seal(s, sb_clock_now_ms(), err);
    if (rc)
        return rc;
    rc = sb_sections_make(
        &s->type, &g->payload, t->p.arena, &g->sections, g->pointer, &why);
    if (!rc && !sb_stream_fits(s, &g->sections))
        rc = SB_E_TOO_LARGE;
    if (rc && sb_apply_is_machine(rc))
        return sb_fail(err, rc, "%s", why.text);
    g->code = rc;
    return 0;
}

/* Runs of events of one stream, in the journal's order. */
static int seal_all(struct onto *t, uint64_t now_ms, struct sb_err *err)
{
    struct sb_given *given = t->p.given;
    struct sb_sections run[SB_REPLAY_CHUNK];
    int rc = 0;
    for (size_t i = 0; !rc && i < t->p.n;) {
        size_t where = given[i].where;
        size_t n = 0;
        for (; i < t->p.n && given[i].where == where; i++)
            if (!given[i].code)
                run[n++] = given[i].sections;
        if (n)
            rc = sb_stream_seal(t->streams[where], run, n, t->mapping, now_ms, err);
    }
    return rc;
}

static int put_token(struct onto *t, struct sb_sql *state, struct sb_err *err)
{
    char at[SB_REPLAY_PLACE];
    struct sb_buf token = {0};
    struct sb_place place = sb_replaying_place(&t->p, t->p.n);
    sb_place_text(&place, at);
    sb_buf_printf(&token, "%s\n%s", at, t->p.source);
    int rc = sb_buf_check(&token, err);
    if (!rc)
        rc = sb_outbox_put_token(state, t->token, sb_buf_bytes(&token), err);
    sb_buf_free(&token);
    return rc;
}

static int put(struct sb_replaying *p, struct sb_err *err)
{
    struct onto *t = p->ctx;
    struct sb_sql *state = sb_onto_state(t->engine);
    int rc = sb_sql_begin(state, err);
    if (rc)
        return rc;
    rc = seal_all(t, sb_clock_now_ms(), err);
    if (!rc)
        rc = put_token(t, state, err);
    if (!rc)
        return sb_sql_commit(state, err);
    sb_sql_rollback(state);
    return rc;
}

/* Production is never replayed onto itself, nor onto what bears its name. */
static int is_another(const struct onto *t, struct sb_err *err)
{
    const struct sb_anchor *from = &t->p.replay.roots;
    struct sb_anchor to;
    int rc = sb_anchor_read(sb_config_text(t->config, "anchor"), &to, err);
    if (rc)
        return rc;
    if (strcmp(from->exchange, to.exchange) == 0 ||
        memcmp(from->nonce, to.nonce, SB_NONCE) == 0)
        return sb_fail(err,
                       SB_E_EXCHANGE,
                       "this is a journal of the exchange \"%s\", and so is that"
                       " adapter's: a replay goes onto a test exchange, of another"
                       " name",
                       from->exchange);
    return 0;
}

static int resume(struct onto *t, const char *what, struct sb_err *err)
{
    struct sb_buf token = {0};
    uint8_t hash[SB_HASH];
    char hex[17];
    sb_hash(hash, "sacbe/mapping/1", sb_bytes_str(t->p.source));
    memcpy(t->mapping, hash, SB_MAPPING_ID);
    sb_hex(hex, hash, 8);
    (void)snprintf(t->token, sizeof t->token, "replay:%s", hex);
    int rc = sb_outbox_token(sb_onto_state(t->engine), t->token, &token, err);
    struct sb_bytes place = sb_buf_bytes(&token);
    size_t n = 0;
    while (n < place.n && place.p[n] != '\n')
        n++;
    if (!rc && n < place.n)
        rc = sb_replaying_resume(&t->p,
                                 sb_bytes(place.p + n + 1, place.n - n - 1),
                                 sb_bytes(place.p, n),
                                 what,
                                 err);
    sb_buf_free(&token);
    return rc;
}

static int open_all(struct onto *t, const char *path, struct sb_err *err)
{
    const struct sb_local_ctx *ctx = sb_cli_ctx(t->p.cli);
    int rc = sb_config_load(&t->config, path, sb_adapter_keys, err);
    if (!rc)
        rc = is_another(t, err);
    if (!rc)
        rc = sb_passphrase_configured(
            &t->pass, t->config, sb_tr(t->p.cli, "Passphrase of the vault: "), err);
    if (rc)
        return rc;
    t->options = (struct sb_engine_config){.config = t->config,
                                           .drivers = ctx->drivers,
                                           .passphrase = t->pass.text,
                                           .passphrase_n = t->pass.n};
    t->streams =
        calloc(sb_config_count(t->config, "publishes") + 1, sizeof(struct sb_stream *));
    if (!t->streams)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    rc = sb_onto_open(&t->engine, &t->options, err);
    return rc ? rc : resume(t, path, err);
}

static void close_all(struct onto *t)
{
    sb_engine_close(t->engine);
    free(t->streams);
    sb_passphrase_wipe(&t->pass);
    sb_config_free(t->config);
    sb_replaying_end(&t->p);
}

int sb_replay_onto(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_replay_ops ops = {find_stream, judge, put};
    const char *path = sb_cli_text(cli, "onto");
    struct onto *t = calloc(1, sizeof *t);
    if (!t)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    t->p.ops = &ops;
    t->p.ctx = t;
    int rc = sb_replaying_begin(&t->p, cli, err);
    if (!rc)
        rc = open_all(t, path, err);
    if (!rc)
        rc = sb_replaying_run(&t->p, path, err);
    if (!rc) {
        rc = sb_replaying_tell(&t->p, "onto", path);
        if (t->p.taken && !sb_cli_dry_run(cli))
            sb_out_note(sb_cli_out(cli),
                        "%s",
                        sb_tr(cli, "Start the adapter: it publishes what was sealed."));
    }
    close_all(t);
    free(t);
    return rc;
}
