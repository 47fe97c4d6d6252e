/* One turn of a source: changes -> sections -> outbox. */
#include "adapters/engine/feed.h"

#include "adapters/engine/publish.h"
#include "adapters/engine/quarantine.h"

struct turn {
    struct sb_feed *f;
    struct sb_arena *arena;
    struct sb_source_batch batch;
    struct sb_sections *events;
    size_t n;
    struct verdict { /* of each change */
        int code;    /* 0: published */
        char pointer[SB_FAULT_POINTER];
        char text[SB_ERR_TEXT];
    } * verdicts;
};

/* A mapping that no longer fits the tables would put every row into quarantine. Files
 * are checked as they arrive: each is refused alone. */
static int check_mapping(struct sb_feed *f, struct sb_err *err)
{
    struct sb_db *db = NULL;
    if (!f->driver->mapping_db || sb_mapping_facts(f->mapping)->folder.n)
        return 0;
    struct sb_err why = {.code = 0};
    int rc = f->driver->mapping_db(&db, f->mapping, f->database, &why);
    if (rc == SB_E_NOT_FOUND)
        return 0; /* an empty folder; a missing database is told by open */
    if (rc)
        return sb_fail(err, rc, "%s", why.text);
    if (db) {
        rc = sb_mapping_check(f->mapping, db, err);
        db->ops->close(db);
    }
    return rc;
}

int sb_feed_open(struct sb_feed *f, struct sb_err *err)
{
    struct sb_source_options options = {.mapping = f->mapping,
                                        .state_dir = f->state_dir,
                                        .name = f->name,
                                        .database = f->database};
    struct sb_buf token = {0};
    int rc = check_mapping(f, err);
    if (!rc)
        rc = f->ops->open(&f->source, &options, err);
    if (!rc)
        rc = sb_outbox_token(f->stream->env->state, f->name, &token, err);
    if (!rc)
        rc = f->ops->recover(f->source, sb_buf_bytes(&token), err);
    sb_buf_free(&token);
    if (rc)
        sb_feed_close(f);
    return rc;
}

void sb_feed_close(struct sb_feed *f)
{
    if (f->source)
        f->ops->close(f->source);
    f->source = NULL;
}

/* Trouble of the machine, not of the row: nothing is decided about the change. */
static bool is_ours(int code)
{
    return code == SB_E_MEMORY || code == SB_E_IO || code == SB_E_DISK_FULL ||
           code == SB_E_INTERNAL;
}

static int judge(struct turn *t, size_t i, struct sb_err *err)
{
    const struct sb_source_change *c = &t->batch.changes[i];
    struct verdict *v = &t->verdicts[i];
    if (c->code) {
        v->code = c->code;
        memcpy(v->pointer, c->pointer, sizeof v->pointer);
        return 0;
    }
    struct sb_err why = {.code = 0};
    struct sb_sections *event = &t->events[t->n];
    int rc = sb_sections_make(
        &t->f->stream->type, &c->value, t->arena, event, v->pointer, &why);
    if (!rc && !sb_stream_fits(t->f->stream, event))
        rc = sb_fail(&why, SB_E_TOO_LARGE, "an event over %u bytes", SB_EVENT_MAX);
    if (!rc) {
        t->n++;
        return 0;
    }
    if (is_ours(rc))
        return sb_fail(err, rc, "%s", why.text);
    v->code = rc;
    memcpy(v->text, why.text, sizeof v->text);
    return t->f->ops->refused(t->f->source, i, rc, v->pointer, err);
}

static int judge_all(struct turn *t, struct sb_err *err)
{
    t->events = sb_arena_alloc(t->arena, t->batch.n + 1, sizeof *t->events);
    t->verdicts = sb_arena_alloc(t->arena, t->batch.n + 1, sizeof *t->verdicts);
    if (!t->events || !t->verdicts)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = 0;
    for (size_t i = 0; !rc && i < t->batch.n; i++)
        rc = judge(t, i, err);
    return rc;
}

static int quarantine(struct turn *t, size_t i, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_source_change *c = &t->batch.changes[i];
    const struct verdict *v = &t->verdicts[i];
    struct sb_sql *state = t->f->stream->env->state;
    struct sb_buf payload = {.limit = SB_PAYLOAD_MAX};
    const struct sb_value *shown = c->code ? &c->local : &c->value;
    if (shown->type == SB_NIL || sb_value_pack(shown, &payload, NULL) != 0)
        sb_buf_reset(&payload);
    struct sb_quarantined q = {.direction = "out",
                               .source = sb_bytes_str(t->f->name),
                               .table = c->row.table,
                               .key = c->row.key,
                               .code = v->code,
                               .pointer = v->pointer,
                               .reason = c->motivo ? c->motivo : v->text,
                               .id_local = c->id_local,
                               .payload = sb_buf_bytes(&payload)};
    int rc = sb_quarantine_put(state, &q, now_ms, err);
    sb_buf_free(&payload);
    for (size_t k = 0; !rc && k < c->n_with; k++) {
        struct sb_quarantined w = {.direction = "out",
                                   .source = sb_bytes_str(t->f->name),
                                   .table = c->with[k].table,
                                   .key = c->with[k].key,
                                   .code = SB_E_PARENT_QUARANTINED,
                                   .id_local = c->id_local};
        rc = sb_quarantine_put(state, &w, now_ms, err);
    }
    return rc;
}

static int clear(struct turn *t, size_t i, struct sb_err *err)
{
    const struct sb_source_change *c = &t->batch.changes[i];
    struct sb_sql *state = t->f->stream->env->state;
    struct sb_bytes name = sb_bytes_str(t->f->name);
    int rc = sb_quarantine_clear(state, "out", name, c->row.table, c->row.key, err);
    for (size_t k = 0; !rc && k < c->n_with; k++)
        rc = sb_quarantine_clear(
            state, "out", name, c->with[k].table, c->with[k].key, err);
    return rc;
}

static int commit(struct turn *t, uint64_t now_ms, struct sb_err *err)
{
    struct sb_feed *f = t->f;
    struct sb_sql *state = f->stream->env->state;
    uint64_t held = 0;
    int rc = sb_quarantine_count(state, "out", &held, err);
    if (!rc)
        rc = sb_sql_begin(state, err);
    if (rc)
        return rc;
    if (t->n)
        rc = sb_stream_seal(
            f->stream, t->events, t->n, sb_mapping_facts(f->mapping)->id, now_ms, err);
    for (size_t i = 0; !rc && i < t->batch.n; i++) {
        if (t->verdicts[i].code)
            rc = quarantine(t, i, now_ms, err);
        else if (held)
            rc = clear(t, i, err);
    }
    if (!rc)
        rc = sb_outbox_put_token(state, f->name, t->batch.token, err);
    if (!rc)
        rc = sb_sql_commit(state, err);
    else
        sb_sql_rollback(state);
    if (!rc)
        return 0;
    if (sb_stream_reload(f->stream, NULL) != 0)
        f->stream->row.stopped = rc;
    return rc;
}

/* One line for a chunk, with the first reason: never a value. */
static void tell(const struct turn *t)
{
    size_t i = 0;
    while (i < t->batch.n && !t->verdicts[i].code)
        i++;
    if (i == t->batch.n)
        return;
    sb_log(t->f->stream->env->log,
           SB_LOG_WARNING,
           "feed",
           SB_LOG_CODE(t->verdicts[i].code),
           SB_LOG_TEXT("event", "quarantined"),
           SB_LOG_TEXT("source", t->f->name),
           SB_LOG_U64("rows", t->batch.n - t->n),
           SB_LOG_TEXT("pointer", t->verdicts[i].pointer));
}

static int take(struct turn *t, uint64_t now_ms, struct sb_err *err)
{
    struct sb_feed *f = t->f;
    int rc = f->ops->next(f->source, SB_FEED_CHUNK, &t->batch, err);
    if (rc <= 0 || t->batch.n == 0)
        return rc;
    rc = judge_all(t, err);
    if (!rc)
        rc = commit(t, now_ms, err);
    if (!rc)
        rc = f->ops->done(f->source, err);
    if (rc) { /* what was taken comes again from what the outbox holds */
        sb_feed_close(f);
        return rc;
    }
    tell(t);
    f->published += t->n;
    f->quarantined += t->batch.n - t->n;
    return 1;
}

int sb_feed_turn(struct sb_feed *f, uint64_t now_ms, struct sb_err *err)
{
    if (f->stream->row.stopped || f->stream->adopting || f->stream->stale ||
        sb_publish_backlog(f->stream) >= SB_FEED_BACKLOG)
        return 0;
    struct turn t = {.f = f, .arena = sb_arena_new(0)};
    int rc = t.arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_stream_may_seal(f->stream, now_ms, err);
    if (!rc && !f->source)
        rc = sb_feed_open(f, err);
    if (!rc)
        rc = take(&t, now_ms, err);
    sb_arena_free(t.arena);
    f->err = (struct sb_err){.code = 0};
    if (rc < 0) {
        f->err.code = rc;
        if (err)
            f->err = *err;
    }
    return rc;
}
