/* One batch into the reader's database. */
#include "adapters/engine/apply_impl.h"

#include "adapters/engine/cursor.h"
#include "adapters/engine/quarantine.h"

bool sb_apply_is_machine(int code)
{
    switch (code) {
    case SB_E_MEMORY:
    case SB_E_IO:
    case SB_E_DISK_FULL:
    case SB_E_BUSY:
    case SB_E_DB_CORRUPT:
    case SB_E_PERMISSION:
    case SB_E_INTERNAL:
    case SB_E_NO_CONNECTION:
        return true;
    default:
        return false;
    }
}

static int command(struct sb_db *db, const char *sql, struct sb_err *err)
{
    return db->ops->run(db, sb_bytes_str(sql), NULL, 0, NULL, NULL, err);
}

/* Runs the sink's statements so that a refusal leaves no half of the event. */
static int
run_sink(struct run *r, const struct sb_opened *event, uint64_t seq, struct sb_err *err)
{
    struct sb_db *db = r->t->db;
    int rc = command(db, "SAVEPOINT sacbe_event", err);
    if (rc)
        return rc;
    rc = sb_sink_apply(r->t->sink,
                       db,
                       &event->payload,
                       event->held,
                       sb_bytes_str(r->c->name),
                       seq,
                       err);
    if (rc && !sb_apply_is_machine(rc) &&
        command(db, "ROLLBACK TO sacbe_event", NULL) != 0)
        return sb_fail(err, SB_E_IO, "the database lost the transaction of an event");
    if (rc && sb_apply_is_machine(rc))
        return rc;
    int released = command(db, "RELEASE sacbe_event", rc ? NULL : err);
    return rc ? rc : released;
}

/* The sink's statements, unless an event of the same row waits in quarantine: then this
 * one waits behind it. */
static int
in_turn(struct run *r, const struct sb_opened *event, uint64_t seq, struct sb_err *err)
{
    struct sb_sql *state = r->t->env->state;
    struct sb_bytes stream = sb_bytes_str(r->c->name);
    struct sb_bytes id = sb_apply_id_of(&event->payload);
    uint64_t before = 0;
    if (r->aside == 0)
        return run_sink(r, event, seq, err);
    int rc = sb_quarantine_before(state, stream, id, seq, &before, err);
    if (!rc && before)
        return sb_fail(err,
                       SB_E_SINK_REFUSED,
                       "an earlier event of the same row is in quarantine");
    if (!rc)
        rc = run_sink(r, event, seq, err);
    return rc ? rc : sb_quarantine_overtake(state, stream, id, seq, err);
}

static int one_event(struct run *r, size_t i, struct sb_err *err)
{
    uint64_t seq = r->b->batch.first_seq + i;
    struct sb_opened event = {0};
    char pointer[SB_FAULT_POINTER];
    struct sb_err why = {.code = 0};
    if (r->b->gone && r->b->gone[i]) {
        r->done.withdrawn++;
        return sb_apply_take_back(r, seq, err);
    }
    if (r->pruned) {
        r->done.pruned++;
        return 0;
    }
    int rc =
        sb_opening_event(r->c, r->b, i, &r->t->type, r->arena, &event, pointer, &why);
    if (rc && sb_apply_is_machine(rc))
        return sb_fail(err, rc, "%s", why.text);
    if (rc)
        return sb_apply_set_aside(
            r, &(struct aside){seq, &event, &why, pointer, true}, err);
    if (!event.held)
        return 0;
    rc = in_turn(r, &event, seq, &why);
    if (!rc) {
        r->done.applied++;
        return sb_apply_take_back(r, seq, err);
    }
    if (sb_apply_is_machine(rc))
        return sb_fail(err, rc, "%s", why.text);
    if (sb_sink_facts(r->t->sink)->strict)
        return sb_fail(err,
                       SB_E_APPLY,
                       "%s@%llu holds the stream: %s",
                       r->c->name,
                       (unsigned long long)seq,
                       why.text);
    return sb_apply_set_aside(r, &(struct aside){seq, &event, &why, "", false}, err);
}

static int move_cursor(struct run *r, uint64_t seq, struct sb_err *err)
{
    return sb_cursor_put(r->t->db, sb_bytes_str(r->c->name), seq, r->b->hash, err);
}

/* All events in one transaction. *refused: the commit itself said no. */
static int whole(struct run *r, bool *refused, struct sb_err *err)
{
    struct sb_db *db = r->t->db;
    int rc = db->ops->begin(db, err);
    if (rc)
        return rc;
    for (size_t i = r->b->skip; !rc && i < r->b->batch.count; i++)
        rc = one_event(r, i, err);
    if (!rc)
        rc = move_cursor(r, r->b->last_seq, err);
    if (!rc) {
        rc = db->ops->commit(db, err);
        *refused = rc && !sb_apply_is_machine(rc);
    }
    if (rc)
        db->ops->rollback(db);
    return rc;
}

/* Each event and its cursor in a transaction: finds the one whose commit is refused
 * (deferred constraints). */
static int singly(struct run *r, struct sb_err *err)
{
    struct sb_db *db = r->t->db;
    for (size_t i = r->b->skip; i < r->b->batch.count; i++) {
        uint64_t seq = r->b->batch.first_seq + i;
        struct sb_err why = {.code = 0};
        int rc = db->ops->begin(db, err);
        if (!rc)
            rc = one_event(r, i, err);
        if (!rc)
            rc = move_cursor(r, seq, err);
        if (rc) {
            db->ops->rollback(db);
            return rc;
        }
        rc = db->ops->commit(db, &why);
        if (!rc)
            continue;
        db->ops->rollback(db);
        if (sb_apply_is_machine(rc) || sb_sink_facts(r->t->sink)->strict)
            return sb_fail(
                err, sb_apply_is_machine(rc) ? rc : SB_E_APPLY, "%s", why.text);
        struct sb_opened event = {0};
        char pointer[SB_FAULT_POINTER];
        r->done.applied--;
        rc = sb_opening_event(
            r->c, r->b, i, &r->t->type, r->arena, &event, pointer, err);
        if (!rc)
            rc = sb_apply_set_aside(
                r, &(struct aside){seq, &event, &why, "", false}, err);
        if (!rc)
            rc = db->ops->begin(db, err);
        if (!rc)
            rc = move_cursor(r, seq, err);
        if (!rc)
            rc = db->ops->commit(db, err);
        if (rc) {
            db->ops->rollback(db);
            return rc;
        }
    }
    return 0;
}

/* One line each: what a reader will never have. */
static void tell_missed(const struct run *r)
{
    if (r->done.withdrawn)
        sb_log(r->t->env->log,
               SB_LOG_INFO,
               "apply",
               SB_LOG_TEXT("event", "withdrawn_before"),
               SB_LOG_TEXT("stream", r->c->name),
               SB_LOG_U64("last", r->b->last_seq),
               SB_LOG_U64("events", r->done.withdrawn));
    if (r->done.pruned)
        sb_log(r->t->env->log,
               SB_LOG_WARNING,
               "apply",
               SB_LOG_CODE(SB_E_PRUNED),
               SB_LOG_TEXT("event", "pruned_before"),
               SB_LOG_TEXT("stream", r->c->name),
               SB_LOG_U64("last", r->b->last_seq),
               SB_LOG_U64("events", r->done.pruned),
               SB_LOG_TEXT("text", "pruned before they reached us"));
}

int sb_apply_batch(struct sb_target *t,
                   struct sb_chain *c,
                   const struct sb_chain_batch *b,
                   uint64_t now_ms,
                   struct sb_applied *out,
                   struct sb_err *err)
{
    struct run r = {.t = t, .c = c, .b = b, .now_ms = now_ms};
    bool refused = false;
    r.arena = sb_arena_new(0);
    int rc = r.arena ? sb_opening_complete(c, b, now_ms, r.arena, &r.pruned, err)
                     : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_quarantine_count(t->env->state, "in", &r.aside, err);
    if (!rc)
        rc = whole(&r, &refused, err);
    if (rc && refused) {
        r.done = (struct sb_applied){0};
        rc = singly(&r, err);
    }
    sb_arena_free(r.arena);
    if (rc)
        return rc;
    tell_missed(&r);
    sb_chain_move(c, b);
    *out = r.done;
    return 0;
}

int sb_apply_again(struct sb_target *t,
                   struct sb_bytes payload,
                   unsigned classes,
                   struct sb_bytes stream,
                   uint64_t seq,
                   struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value value = {0};
    int rc = arena ? sb_value_unpack(payload, arena, &value, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = t->db->ops->begin(t->db, err);
    if (!rc) {
        rc = sb_sink_apply(t->sink, t->db, &value, classes, stream, seq, err);
        if (!rc)
            rc = t->db->ops->commit(t->db, err);
        if (rc)
            t->db->ops->rollback(t->db);
    }
    sb_arena_free(arena);
    return rc;
}
