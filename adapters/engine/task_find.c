/* event-find: the history of one fact, in our own streams and in those that we read as
 * far as our epochs open them. What was withdrawn or pruned cannot be found. */
#include <stdio.h>
#include <stdlib.h>

#include "adapters/engine/cursor.h"
#include "adapters/engine/task_walk.h"
#include "adapters/engine/value_list.h"
#include "schemas/base/text.h"

#define OPEN 4u /* questions at once; the broker takes 8 */
#define ROWS_MAX 10000u

struct find {
    struct sb_task task;
    struct sb_bytes id_local;
    bool one; /* a stream was named */
    struct found {
        struct sb_walk walk;
        struct sb_value rows; /* newest first */
    } * streams;
    size_t n;
    size_t room;
    size_t rows;
};

static int add(struct find *f,
               struct sb_bytes stream,
               uint64_t seq,
               const uint8_t hash[SB_HASH],
               struct sb_err *err)
{
    if (seq == 0)
        return 0;
    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 16;
        struct found *grown = realloc(f->streams, room * sizeof *grown);
        if (!grown)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        f->streams = grown;
        f->room = room;
    }
    struct found *at = &f->streams[f->n++];
    *at = (struct found){.walk = {.next = seq, .down_to = 1, .known = true},
                         .rows = {.type = SB_ARRAY}};
    (void)snprintf(at->walk.stream, sizeof at->walk.stream, "%.*s", SB_FMT(stream));
    memcpy(at->walk.hash, hash, SB_HASH);
    return 0;
}

/* The streams of one target that its database has a cursor of. */
static int add_read(struct find *f,
                    const struct sb_target *t,
                    struct sb_bytes only,
                    struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_heads all = {0};
    int rc = arena ? sb_cursor_list(t->db, arena, &all, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < all.n; i++) {
        struct sb_bytes stream = all.items[i].stream;
        struct sb_bytes type;
        if (sb_text_stream_parts(stream, NULL, &type, NULL) &&
            sb_bytes_eq(type, t->type.name) && !sb_task_own(f->task.of, stream) &&
            (only.n == 0 || sb_bytes_eq(only, stream)))
            rc = add(f, stream, all.items[i].seq, all.items[i].batch_hash, err);
    }
    sb_arena_free(arena);
    return rc;
}

static int add_all(struct find *f, struct sb_bytes only, struct sb_err *err)
{
    struct sb_tasks *t = f->task.of;
    int rc = 0;
    for (size_t i = 0; !rc && i < t->n_streams; i++) {
        const struct sb_stream *s = &t->streams[i];
        if (only.n == 0 || sb_bytes_is(only, s->name))
            rc = add(
                f, sb_bytes_str(s->name), s->row.stored_seq, s->row.stored_hash, err);
    }
    for (size_t i = 0; !rc && i < t->receive->n_targets; i++)
        rc = add_read(f, &t->receive->targets[i], only, err);
    if (!rc && only.n && f->n == 0 && !sb_task_own(t, only))
        rc = sb_fail(err,
                     SB_E_NOT_FOUND,
                     "this adapter neither publishes nor reads \"%.*s\"",
                     SB_FMT(only));
    return rc;
}

static int keep_row(struct find *f,
                    struct found *at,
                    const struct sb_message *m,
                    const struct sb_fetched *batch,
                    size_t i,
                    const struct sb_value *payload,
                    struct sb_err *err)
{
    struct sb_list l = {.arena = f->task.arena};
    struct sb_value row = {.type = SB_MAP};
    const struct sb_value *operacion = sb_value_get(payload, "operacion");
    if (++f->rows > ROWS_MAX)
        return sb_fail(err, SB_E_LIMIT, "more than %u events have this id", ROWS_MAX);
    sb_list_text(&l, &row, "stream", at->walk.stream);
    sb_list_count(&l, &row, "seq", batch->batch.first_seq + i);
    sb_list_bytes(&l,
                  &row,
                  "operacion",
                  operacion && operacion->type == SB_STR ? operacion->as.s
                                                         : sb_bytes_str(""));
    sb_list_count(&l, &row, "time", batch->batch.sent);
    sb_list_count(&l, &row, "batch_index", m->as.fetched.index);
    sb_list_truth(&l, &row, "withdrawn", false);
    sb_list_push(&l, &at->rows, row);
    return sb_list_check(&l, err);
}

static int look(struct find *f,
                struct found *at,
                const struct sb_message *m,
                const struct sb_fetched *batch,
                struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = batch->batch.count; rc == 0 && i-- > 0;) {
        struct sb_value payload = {.type = SB_NIL};
        sb_arena_reset(arena);
        rc = sb_fetched_event(batch, &at->walk.keys, i, arena, &payload, err);
        if (rc != 1)
            continue;
        const struct sb_value *id = sb_value_get(&payload, "id_local");
        rc = 0;
        if (id && id->type == SB_STR && sb_bytes_eq(id->as.s, f->id_local))
            rc = keep_row(f, at, m, batch, i, &payload, err);
    }
    sb_arena_free(arena);
    return rc;
}

/* Streams as they were listed, events as they were published. */
static int finish(struct find *f, struct sb_err *err)
{
    struct sb_list l = {.arena = f->task.arena};
    f->task.value = (struct sb_value){.type = SB_ARRAY};
    for (size_t s = 0; s < f->n; s++)
        for (size_t i = f->streams[s].rows.as.a.n; i-- > 0;)
            sb_list_push(&l, &f->task.value, f->streams[s].rows.as.a.items[i]);
    int rc = sb_list_check(&l, err);
    return rc ? rc : 1;
}

static int turn(struct sb_task *task, struct sb_err *err)
{
    struct find *f = (struct find *)task;
    size_t asked = 0;
    bool over = true;
    int rc = 0;
    for (size_t i = 0; !rc && i < f->n && asked < OPEN; i++) {
        over = over && f->streams[i].walk.next == 0;
        rc = sb_walk_turn(task, &f->streams[i].walk, &asked, err);
    }
    return rc || !over ? rc : finish(f, err);
}

static int hear(struct sb_task *task, const struct sb_message *m, struct sb_err *err)
{
    struct find *f = (struct find *)task;
    struct sb_err why = {.code = 0};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = 0;
    for (size_t i = 0; rc == 0 && m->cmd == SB_CMD_FETCHED && i < f->n; i++) {
        struct found *at = &f->streams[i];
        struct sb_fetched batch;
        rc = sb_walk_hear(task, &at->walk, m, arena, &batch, &why);
        if (rc == 1)
            rc = look(f, at, m, &batch, &why);
        if ((rc == SB_E_NO_GRANT || rc == SB_E_NO_SECRET) && !f->one) {
            at->walk.next = 0; /* not ours to read any more */
            rc = 0;
        }
    }
    sb_arena_free(arena);
    return rc ? sb_fail(err, rc, "%s", why.text) : 0;
}

static void free_find(struct sb_task *task)
{
    struct find *f = (struct find *)task;
    for (size_t i = 0; i < f->n; i++)
        sb_fetched_forget(&f->streams[i].walk.keys);
    free(f->streams);
    free(f);
}

static const struct sb_task_ops ops = {
    .size = sizeof(struct find), .turn = turn, .hear = hear, .free = free_find};

int sb_task_find(struct sb_tasks *t,
                 uint64_t id,
                 struct sb_bytes id_local,
                 struct sb_bytes stream,
                 struct sb_err *err)
{
    struct sb_task *task = NULL;
    int rc = sb_task_begin(t, id, &ops, &task, err);
    if (rc)
        return rc;
    struct find *f = (struct find *)task;
    f->one = stream.n > 0;
    f->id_local = sb_arena_dup(f->task.arena, id_local);
    rc = f->id_local.p ? add_all(f, stream, err)
                       : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc)
        sb_tasks_close(t);
    return rc;
}
