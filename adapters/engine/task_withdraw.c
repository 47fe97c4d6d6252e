/* event-withdraw: which rows the events are of, an annulment for each of them, then the
 * withdrawal: written down in one transaction, said by the loop (withdraw.h) also after
 * a restart, and answered when the broker has stored it. */
#include <stdlib.h>

#include "adapters/engine/task_walk.h"
#include "adapters/engine/value_list.h"

#define EVENTS_MAX 100000u
#define ROWS_MAX 10000u

struct withdraw {
    struct sb_task task;
    struct sb_stream *stream;
    struct sb_withdraw_wish wish; /* texts from the arena */
    struct sb_walk walk;
    uint8_t mapping[SB_MAPPING_ID]; /* of the newest event withdrawn */
    struct sb_bytes *ids;           /* sorted, unique */
    size_t n_ids;
    size_t room;
    uint64_t unread; /* events that cannot be opened any more */
    uint64_t annulled_by;
    uint8_t hash[SB_HASH];
};

static int add_id(struct withdraw *w, struct sb_bytes id, struct sb_err *err)
{
    size_t low = 0;
    size_t high = w->n_ids;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = sb_bytes_cmp(w->ids[mid], id);
        if (order == 0)
            return 0;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (w->n_ids == ROWS_MAX)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "events of more than %u rows: withdraw them in parts",
                       ROWS_MAX);
    if (w->n_ids == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        struct sb_bytes *grown = realloc(w->ids, room * sizeof *grown);
        if (!grown)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        w->ids = grown;
        w->room = room;
    }
    struct sb_bytes copy = sb_arena_dup(w->task.arena, id);
    if (!copy.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    memmove(w->ids + low + 1, w->ids + low, (w->n_ids - low) * sizeof *w->ids);
    w->ids[low] = copy;
    w->n_ids++;
    return 0;
}

static int collect(struct withdraw *w, const struct sb_fetched *f, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; rc == 0 && i < f->batch.count; i++) {
        uint64_t seq = f->batch.first_seq + i;
        struct sb_value payload = {.type = SB_NIL};
        if (seq < w->wish.first || seq > w->wish.last)
            continue;
        sb_arena_reset(arena);
        rc = sb_fetched_event(f, &w->walk.keys, i, arena, &payload, err);
        const struct sb_value *id = rc == 1 ? sb_value_get(&payload, "id_local") : NULL;
        if (rc >= 0)
            rc = 0;
        if (!rc && id && id->type == SB_STR)
            rc = add_id(w, id->as.s, err);
        else if (!rc)
            w->unread++;
    }
    sb_arena_free(arena);
    return rc;
}

static int make_annulment(struct withdraw *w,
                          struct sb_bytes id,
                          struct sb_arena *arena,
                          struct sb_sections *out,
                          struct sb_err *err)
{
    char pointer[SB_FAULT_POINTER];
    struct sb_value v = {.type = SB_MAP};
    if (!sb_value_set(&v, sb_bytes_str("id_local"), sb_value_text(id), arena) ||
        !sb_value_set(&v,
                      sb_bytes_str("operacion"),
                      sb_value_text(sb_bytes_str("anulacion")),
                      arena))
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    return sb_sections_make(&w->stream->type, &v, arena, out, pointer, err);
}

/* Seals the annulments after the head. Within the caller's transaction. */
static int annul(struct withdraw *w, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_sections *events =
        arena ? sb_arena_alloc(arena, w->n_ids, sizeof *events) : NULL;
    int rc = events ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < w->n_ids; i++)
        rc = make_annulment(w, w->ids[i], arena, &events[i], err);
    if (!rc)
        rc = sb_stream_seal(
            w->stream, events, w->n_ids, w->mapping, w->task.of->now_ms, err);
    if (!rc)
        w->annulled_by = w->stream->head_seq;
    sb_arena_free(arena);
    return rc;
}

static int may_write(const struct withdraw *w, struct sb_err *err)
{
    const struct sb_stream *s = w->stream;
    if (s->row.stopped || s->adopting || s->stale || !s->welcomed)
        return sb_fail(err,
                       s->row.stopped ? s->row.stopped : SB_E_BUSY,
                       "%s %s",
                       s->name,
                       s->row.stopped ? "is stopped: nothing can be withdrawn"
                                      : "is not ready to send: ask again");
    return sb_stream_may_seal(s, w->task.of->now_ms, err);
}

static int write_down(struct withdraw *w, struct sb_err *err)
{
    struct sb_stream *s = w->stream;
    int rc = may_write(w, err);
    if (!rc)
        rc = sb_sql_begin(s->env->state, err);
    if (rc)
        return rc;
    if (!w->wish.keep)
        rc = annul(w, err);
    const struct sb_withdraw record = {.stream = sb_bytes_str(s->name),
                                       .first_seq = w->wish.first,
                                       .last_seq = w->wish.last,
                                       .annulled_by = w->annulled_by,
                                       .reason = w->wish.reason,
                                       .time = w->task.of->now_ms};
    if (!rc)
        rc = sb_withdraw_keep(s, &record, w->hash, err);
    if (!rc)
        rc = sb_sql_commit(s->env->state, err);
    else
        sb_sql_rollback(s->env->state);
    w->task.written = !rc;
    if (rc && sb_stream_reload(s, NULL) != 0)
        s->row.stopped = rc;
    return rc;
}

static int finish(struct withdraw *w, uint64_t index, struct sb_err *err)
{
    struct sb_list l = {.arena = w->task.arena};
    struct sb_value *map = &w->task.value;
    *map = (struct sb_value){.type = SB_MAP};
    sb_list_bytes(&l, map, "stream", sb_bytes_str(w->stream->name));
    sb_list_count(&l, map, "events", w->wish.last - w->wish.first + 1);
    sb_list_count(&l, map, "gone_before", w->unread);
    sb_list_count(&l, map, "annulments", w->wish.keep ? 0 : w->n_ids);
    sb_list_count(&l, map, "annulled_by", w->annulled_by);
    sb_list_count(&l, map, "withdrawn_index", index);
    int rc = sb_list_check(&l, err);
    return rc ? rc : 1;
}

/* Every event was looked at. */
static int decide(struct withdraw *w, struct sb_err *err)
{
    if (!w->wish.keep && w->n_ids == 0)
        return sb_fail(err,
                       SB_E_WITHDRAWN,
                       "no text of these events is left: withdrawn or pruned before");
    return w->wish.dry ? finish(w, 0, err) : write_down(w, err);
}

static int turn(struct sb_task *task, struct sb_err *err)
{
    struct withdraw *w = (struct withdraw *)task;
    size_t asked = 0;
    if (w->task.written)
        return 0;
    if (w->walk.next == 0)
        return decide(w, err);
    return sb_walk_turn(task, &w->walk, &asked, err);
}

static int fetched(struct withdraw *w, const struct sb_message *m, struct sb_err *err)
{
    struct sb_fetched f;
    struct sb_arena *arena = sb_arena_new(0);
    bool first = !w->walk.moved;
    int rc = arena ? sb_walk_hear(&w->task, &w->walk, m, arena, &f, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 1) {
        if (first)
            memcpy(w->mapping, f.batch.mapping, SB_MAPPING_ID);
        rc = collect(w, &f, err);
    }
    sb_arena_free(arena);
    return rc;
}

static int hear(struct sb_task *task, const struct sb_message *m, struct sb_err *err)
{
    struct withdraw *w = (struct withdraw *)task;
    if (m->cmd == SB_CMD_FETCHED && !w->task.written)
        return fetched(w, m, err);
    if (m->cmd == SB_CMD_STORED && w->task.written &&
        memcmp(m->as.stored.hash, w->hash, SB_HASH) == 0)
        return finish(w, m->as.stored.index, err);
    int code =
        m->cmd == SB_CMD_REFUSED ? sb_code_from_number((long)m->as.refused.code) : 0;
    bool later = code == SB_E_BUSY || code == SB_E_STOPPING || sb_refused_later(code);
    if (code && !later && w->task.written &&
        memcmp(m->as.refused.hash, w->hash, SB_HASH) == 0)
        return sb_fail(err,
                       code,
                       "the broker did not take the withdrawal (what it refused for its"
                       " key alone is signed and said again)");
    return 0;
}

static void free_withdraw(struct sb_task *task)
{
    struct withdraw *w = (struct withdraw *)task;
    sb_fetched_forget(&w->walk.keys);
    free(w->ids);
    free(w);
}

static const struct sb_task_ops ops = {
    .size = sizeof(struct withdraw), .turn = turn, .hear = hear, .free = free_withdraw};

static int judge(const struct withdraw *w, struct sb_err *err)
{
    const struct sb_withdraw_wish *wish = &w->wish;
    if (wish->reason.n == 0 || wish->reason.n > SB_REASON_MAX)
        return sb_fail(err, SB_E_ARGUMENT, "a reason has 1 to %u bytes", SB_REASON_MAX);
    if (wish->first == 0 || wish->last < wish->first ||
        wish->last > w->stream->row.stored_seq)
        return sb_fail(err,
                       SB_E_RANGE,
                       "%s is stored up to event %llu",
                       w->stream->name,
                       (unsigned long long)w->stream->row.stored_seq);
    if (wish->last - wish->first >= EVENTS_MAX)
        return sb_fail(err, SB_E_LIMIT, "at most %u events at once", EVENTS_MAX);
    return may_write(w, err);
}

int sb_task_withdraw(struct sb_tasks *t,
                     uint64_t id,
                     const struct sb_withdraw_wish *wish,
                     struct sb_err *err)
{
    struct sb_stream *s = sb_task_own(t, wish->stream);
    if (!s)
        return sb_fail(err,
                       SB_E_NOT_YOURS,
                       "this adapter does not publish \"%.*s\": only its publisher "
                       "withdraws",
                       SB_FMT(wish->stream));
    struct sb_task *task = NULL;
    int rc = sb_task_begin(t, id, &ops, &task, err);
    if (rc)
        return rc;
    struct withdraw *w = (struct withdraw *)task;
    w->stream = s;
    w->wish = *wish;
    w->wish.reason = sb_arena_dup(w->task.arena, wish->reason);
    w->walk = (struct sb_walk){.next = wish->last, .down_to = wish->first};
    memcpy(w->walk.stream, s->name, sizeof w->walk.stream);
    rc = w->wish.reason.p ? judge(w, err) : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc)
        sb_tasks_close(t);
    return rc;
}
