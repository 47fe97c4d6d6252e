/* Purpose: what an operator sees of the core and of the journal's notes.
 * Invariant: looks only.
 * Not: orders (verbs.c, verbs_prune.c). */
#include "broker/io/final.h"
#include "broker/io/verbs.h"

int sb_verb_report(struct sb_broker *b,
                   struct sb_arena *arena,
                   struct sb_core_status *out,
                   struct sb_err *err)
{
    *out = (struct sb_core_status){0};
    return sb_core_report(b->core, b->config->now_ms(), arena, out, err);
}

static struct sb_value
witnesses(const struct sb_core_status *st, struct sb_arena *arena, bool *good)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < st->n_witnesses; i++) {
        const struct sb_witness_info *w = &st->witnesses[i];
        struct sb_value row = {.type = SB_MAP};
        sb_verb_put(&row, "institution", sb_value_text(w->institution), arena, good);
        sb_verb_put(&row, "size", sb_verb_count(w->size), arena, good);
        sb_verb_put(&row, "time_ms", sb_verb_count(w->time_ms), arena, good);
        *good = *good && sb_value_push(&list, row, arena);
    }
    return list;
}

static struct sb_value
sessions(const struct sb_core_status *st, struct sb_arena *arena, bool *good)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < st->n_sessions; i++) {
        const struct sb_session_info *s = &st->sessions[i];
        struct sb_value row = {.type = SB_MAP};
        sb_verb_put(&row, "institution", sb_value_text(s->institution), arena, good);
        sb_verb_put(&row, "version", sb_value_text(s->version), arena, good);
        sb_verb_put(&row, "revision", sb_verb_count(s->revision), arena, good);
        sb_verb_put(&row, "since_ms", sb_verb_count(s->since_ms), arena, good);
        sb_verb_put(
            &row, "directory", sb_verb_count(s->directory_version), arena, good);
        sb_verb_put(&row, "refused", sb_verb_count(s->refused), arena, good);
        *good = *good && sb_value_push(&list, row, arena);
    }
    return list;
}

/* What the newest directory says. */
static void put_directory(struct sb_value *map,
                          const struct sb_directory *d,
                          struct sb_arena *arena,
                          bool *good)
{
    sb_verb_put(map, "exchange", sb_value_text(d->exchange), arena, good);
    sb_verb_put(map, "generation", sb_verb_count(d->generation), arena, good);
    sb_verb_put(map, "directory_expires_ms", sb_verb_count(d->expires), arena, good);
    sb_verb_put(map, "members", sb_verb_count(d->n_members), arena, good);
    sb_verb_put(map, "grants", sb_verb_count(d->n_grants), arena, good);
    sb_verb_put(map, "quorum", sb_verb_count(d->quorum), arena, good);
    sb_verb_put(map, "retention_ms", sb_verb_count(d->retention), arena, good);
}

static void put_core(struct sb_value *map,
                     const struct sb_core_status *st,
                     struct sb_arena *arena,
                     bool *good)
{
    sb_verb_put(map, "directory", sb_verb_count(st->directory_version), arena, good);
    sb_verb_put(map, "entries", sb_verb_count(st->size), arena, good);
    sb_verb_put(map, "durable", sb_verb_count(st->durable), arena, good);
    sb_verb_put(map, "final", sb_verb_count(st->final_size), arena, good);
    sb_verb_put(map, "final_ms", sb_verb_count(st->final_ms), arena, good);
    sb_verb_put(map, "pruned_below", sb_verb_count(st->pruned_below), arena, good);
    uint64_t held = st->clock_held ? (uint64_t)sb_code_number(st->clock_held) : 0;
    sb_verb_put(map, "clock_held", sb_verb_count(held), arena, good);
    sb_verb_put(map, "clock_behind_ms", sb_verb_count(st->clock_behind), arena, good);
    sb_verb_put(map, "malformed", sb_verb_count(st->malformed), arena, good);
    sb_verb_put(map, "refused", sb_verb_count(st->refused), arena, good);
    sb_verb_put(map, "witnesses", witnesses(st, arena, good), arena, good);
    sb_verb_put(map, "sessions", sessions(st, arena, good), arena, good);
}

int sb_verb_status(void *ctx,
                   const struct sb_admin_request *request,
                   struct sb_arena *arena,
                   struct sb_value *value,
                   struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_core_status st;
    (void)request;
    int rc = sb_verb_report(b, arena, &st, err);
    if (rc)
        return rc;
    const struct sb_dir *dir = sb_trust_newest(sb_core_trust(b->core));
    struct sb_bytes address = sb_bytes_str(sb_broker_address(b));
    struct sb_value map = {.type = SB_MAP};
    bool good = true;
    sb_verb_put(
        &map, "program", sb_value_text(sb_bytes_str("sacbe-broker")), arena, &good);
    sb_verb_put(&map, "version", sb_value_text(sb_bytes_str(SB_VERSION)), arena, &good);
    sb_verb_put(&map, "revision", sb_verb_count(sb_revisions.newest), arena, &good);
    sb_verb_put(&map, "address", sb_value_text(address), arena, &good);
    sb_verb_put(&map, "checkpoint", sb_verb_count(b->note_size), arena, &good);
    sb_verb_put(&map, "checkpoint_ms", sb_verb_count(b->note_ms), arena, &good);
    sb_verb_put(&map, "started_ms", sb_verb_count(b->started_ms), arena, &good);
    sb_verb_put(&map, "now_ms", sb_verb_count(b->config->now_ms()), arena, &good);
    sb_verb_put(&map, "stopping", sb_verb_truth(b->stopping), arena, &good);
    put_directory(&map, sb_dir_body(dir), arena, &good);
    put_core(&map, &st, arena, &good);
    sb_verb_put_room(b, &map, arena, &good);
    sb_verb_put_limits(b, &st, &map, arena, &good);
    *value = map;
    return sb_verb_done(good, err);
}

int sb_verb_lag(void *ctx,
                const struct sb_admin_request *request,
                struct sb_arena *arena,
                struct sb_value *value,
                struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_core_status st;
    (void)request;
    int rc = sb_verb_report(b, arena, &st, err);
    if (rc)
        return rc;
    struct sb_value list = {.type = SB_ARRAY};
    bool good = true;
    for (size_t i = 0; i < st.n_lags; i++) {
        const struct sb_lag_info *l = &st.lags[i];
        struct sb_value row = {.type = SB_MAP};
        sb_verb_put(&row, "reader", sb_value_text(l->reader), arena, &good);
        sb_verb_put(&row, "subscription", sb_value_text(l->subscription), arena, &good);
        sb_verb_put(&row, "stream", sb_value_text(l->stream), arena, &good);
        sb_verb_put(&row, "connected", sb_verb_truth(l->connected), arena, &good);
        sb_verb_put(&row, "applied_seq", sb_verb_count(l->applied_seq), arena, &good);
        sb_verb_put(&row, "last_seq", sb_verb_count(l->last_seq), arena, &good);
        sb_verb_put(&row, "applied_ms", sb_verb_count(l->applied_ms), arena, &good);
        good = good && sb_value_push(&list, row, arena);
    }
    *value = list;
    return sb_verb_done(good, err);
}

/* The note that is final by the newest directory: without a quorum the newest one. A
 * directory that asks for more than ours had leaves none. */
static int final_note(struct sb_broker *b,
                      struct sb_bytes *note,
                      uint64_t *size,
                      struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(sb_core_trust(b->core));
    bool final = false;
    bool alone = sb_dir_body(dir)->quorum == 0;
    *note = alone ? b->note : sb_buf_bytes(&b->final);
    *size = alone ? b->note_size : b->final_size;
    if (!note->n)
        return 0;
    int rc = sb_final_check(dir, *note, b->config->now_ms(), &final, err);
    if (!rc && !final)
        *note = sb_bytes(NULL, 0);
    return rc;
}

int sb_verb_checkpoint(void *ctx,
                       const struct sb_admin_request *request,
                       struct sb_arena *arena,
                       struct sb_value *value,
                       struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_bytes final;
    uint64_t size;
    (void)request;
    if (!b->note.n)
        return sb_fail(err, SB_E_NOT_FOUND, "no checkpoint was signed yet");
    int rc = final_note(b, &final, &size, err);
    if (rc)
        return rc;
    struct sb_value map = {.type = SB_MAP};
    bool good = true;
    sb_verb_put(&map, "size", sb_verb_count(b->note_size), arena, &good);
    sb_verb_put(&map, "note", sb_value_text(b->note), arena, &good);
    if (final.n) {
        sb_verb_put(&map, "final_size", sb_verb_count(size), arena, &good);
        sb_verb_put(&map, "final_note", sb_value_text(final), arena, &good);
    }
    *value = map;
    return sb_verb_done(good, err);
}
