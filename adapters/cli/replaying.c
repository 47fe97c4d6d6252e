/* Purpose: events of a replay gathered in chunks, with the place that each reaches.
 * Invariant: an event at or before the place of an earlier run is passed over, and
 * nothing is put away before that place was met in the journal that is read now.
 * Not for: where they go; replay_into.c and replay_onto.c. */
#include "adapters/cli/replaying.h"

#include <inttypes.h>
#include <stdlib.h>

void sb_place_text(const struct sb_place *p, char out[SB_REPLAY_PLACE])
{
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, p->hash, SB_HASH);
    (void)snprintf(out,
                   SB_REPLAY_PLACE,
                   "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
                   p->index,
                   p->seq,
                   p->taken,
                   p->refused,
                   hex);
}

bool sb_place_parse(struct sb_bytes text, struct sb_place *out)
{
    struct sb_place p = {0};
    uint64_t *const numbers[] = {&p.index, &p.seq, &p.taken, &p.refused};
    size_t at = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t from = at;
        for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
            if (*numbers[i] > INT64_MAX / 10)
                return false;
            *numbers[i] = 10 * *numbers[i] + (uint64_t)(text.p[at] - '0');
        }
        if (at == from || at == text.n || text.p[at++] != ' ')
            return false;
    }
    if (!sb_unhex(p.hash, SB_HASH, sb_bytes(text.p + at, text.n - at)))
        return false;
    *out = p;
    return true;
}

/* What is replayed, apart from how far: the same text, the same events. */
static int say_source(struct sb_replaying *p, struct sb_err *err)
{
    const struct sb_replay_config *c = &p->replay.config;
    struct sb_bytes reader = sb_vault_code(p->replay.vault);
    char nonce[2 * SB_NONCE + 1];
    sb_hex(nonce, p->replay.roots.nonce, SB_NONCE);
    int n = snprintf(p->source,
                     sizeof p->source,
                     "%s %s as %.*s: stream %s, type %s, institution %s, from %" PRIu64
                     ", events %" PRIu64 " to %" PRIu64 ", since %" PRIu64,
                     p->replay.roots.exchange,
                     nonce,
                     SB_FMT(reader),
                     c->stream ? c->stream : "*",
                     c->type ? c->type : "*",
                     c->institution ? c->institution : "*",
                     c->from,
                     c->first_seq,
                     c->last_seq,
                     c->since_ms);
    if (n < 0 || (size_t)n >= sizeof p->source)
        return sb_fail(err, SB_E_LIMIT, "the filters are too long");
    return 0;
}

int sb_replaying_begin(struct sb_replaying *p, struct sb_cli *cli, struct sb_err *err)
{
    p->cli = cli;
    if (!sb_cli_text(cli, "vault"))
        return sb_fail(
            err, SB_E_USAGE, "name the vault that opens the events: --vault FILE");
    p->arena = sb_arena_new(0);
    p->given = calloc(SB_REPLAY_CHUNK, sizeof *p->given);
    int rc = p->arena && p->given ? sb_cmd_replay_begin(&p->replay, cli, err)
                                  : sb_fail(err, SB_E_MEMORY, "out of memory");
    return rc ? rc : say_source(p, err);
}

void sb_replaying_end(struct sb_replaying *p)
{
    sb_cmd_replay_end(&p->replay);
    sb_arena_free(p->arena);
    free(p->given);
    p->arena = NULL;
    p->given = NULL;
}

int sb_replaying_resume(struct sb_replaying *p,
                        struct sb_bytes source,
                        struct sb_bytes place,
                        const char *what,
                        struct sb_err *err)
{
    if (!sb_bytes_is(source, p->source))
        return sb_fail(err,
                       SB_E_STATE,
                       "%s was filled by another replay (%.*s): repeat that one, or"
                       " take a fresh one",
                       what,
                       SB_FMT(source));
    if (!sb_place_parse(place, &p->start))
        return sb_fail(err, SB_E_DB_CORRUPT, "%s: the replay's place is none", what);
    p->resumed = true;
    p->at = p->start;
    return 0;
}

static int not_this(const char *what, struct sb_err *err)
{
    return sb_fail(err,
                   SB_E_STATE,
                   "%s was filled from more than this, or from another journal:"
                   " repeat with what it was filled from, or take a fresh one",
                   what);
}

/* 1: to be put away; 0: was put away before. */
static int gate(struct sb_replaying *p,
                const struct sb_replay_event *e,
                const char *what,
                struct sb_err *err)
{
    const struct sb_place *s = &p->start;
    if (!p->resumed || p->met)
        return 1;
    if (e->index > s->index || (e->index == s->index && e->seq > s->seq) ||
        (e->index == s->index && memcmp(e->batch_hash, s->hash, SB_HASH) != 0))
        return not_this(what, err);
    p->met = e->index == s->index && e->seq == s->seq;
    p->before++;
    return 0;
}

static void add_reason(struct sb_replaying *p, const struct sb_given *g)
{
    size_t i = 0;
    while (i < p->n_reasons && (p->reasons[i].code != g->code ||
                                strcmp(p->reasons[i].pointer, g->pointer) != 0))
        i++;
    if (i == SB_REPLAY_REASONS)
        return;
    struct sb_refusals *r = &p->reasons[i];
    if (i == p->n_reasons) {
        p->n_reasons++;
        r->code = g->code;
        (void)snprintf(r->pointer, sizeof r->pointer, "%s", g->pointer);
        (void)snprintf(r->first,
                       sizeof r->first,
                       "%.*s@%" PRIu64,
                       SB_FMT(g->stream),
                       g->place.seq);
    }
    r->events++;
}

struct sb_place sb_replaying_place(const struct sb_replaying *p, size_t n)
{
    struct sb_place place = n == p->n ? p->at : p->given[n - 1].place;
    place.taken = p->start.taken + p->taken;
    place.refused = p->start.refused + p->refused;
    for (size_t i = 0; i < n; i++)
        *(p->given[i].code ? &place.refused : &place.taken) += 1;
    return place;
}

static int flush(struct sb_replaying *p, struct sb_err *err)
{
    int rc = sb_cli_dry_run(p->cli) ? 0 : p->ops->put(p, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->n; i++) {
        if (p->given[i].code) {
            p->refused++;
            add_reason(p, &p->given[i]);
        } else {
            p->taken++;
        }
    }
    p->n = 0;
    p->moved = false;
    sb_arena_reset(p->arena);
    return 0;
}

/* A copy that lives as long as the chunk. */
static int keep(struct sb_replaying *p,
                const struct sb_replay_event *e,
                struct sb_given *g,
                struct sb_err *err)
{
    struct sb_buf packed = {0};
    int rc = sb_value_pack(e->payload, &packed, err);
    if (!rc) {
        struct sb_bytes kept = sb_arena_dup(p->arena, sb_buf_bytes(&packed));
        g->stream = sb_arena_dup(p->arena, e->stream);
        rc = kept.p && g->stream.p ? sb_value_unpack(kept, p->arena, &g->payload, err)
                                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&packed);
    return rc;
}

struct run {
    struct sb_replaying *p;
    const char *what;
};

static int take(void *ctx, const struct sb_replay_event *e, struct sb_err *err)
{
    const struct run *run = ctx;
    struct sb_replaying *p = run->p;
    sb_progress_update(&p->progress, ++p->events);
    int rc = gate(p, e, run->what, err);
    if (rc <= 0)
        return rc;
    size_t where = p->ops->find(p->ctx, e->type_name);
    struct sb_given *g = &p->given[p->n];
    *g = (struct sb_given){.where = where, .classes = e->classes};
    g->place.index = e->index;
    g->place.seq = e->seq;
    memcpy(g->place.hash, e->batch_hash, SB_HASH);
    p->at = g->place;
    p->moved = true;
    if (!e->payload || where == SIZE_MAX) {
        p->closed += !e->payload;
        p->unwanted += e->payload != NULL;
        return 0;
    }
    rc = keep(p, e, g, err);
    if (!rc)
        rc = p->ops->judge(p->ctx, e, g, err);
    if (!rc && ++p->n == SB_REPLAY_CHUNK)
        rc = flush(p, err);
    return rc;
}

int sb_replaying_run(struct sb_replaying *p, const char *what, struct sb_err *err)
{
    struct run run = {p, what};
    p->replay.config.fn = take;
    p->replay.config.ctx = &run;
    sb_progress_start(&p->progress, sb_cli_quiet(p->cli), sb_tr(p->cli, "replay"), 0);
    int rc = sb_replay(&p->replay.config, err);
    if (!rc && p->resumed && !p->met)
        rc = not_this(what, err);
    if (!rc && p->moved)
        rc = flush(p, err);
    sb_progress_end(&p->progress);
    return rc;
}
