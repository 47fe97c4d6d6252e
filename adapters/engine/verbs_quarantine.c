/* The technician's view of the quarantine.
 *
 * quarantine-list [in|out] [AFTER_ID]; quarantine-show ID [reveal]; quarantine-retry
 * ID; quarantine-export [reveal]; quarantine-discard ID. What a row or an event holds
 * may be personal: it is shown only with `reveal`, and that is logged. */
#include "adapters/engine/engine_impl.h"

#include "adapters/engine/quarantine.h"
#include "adapters/engine/value_list.h"
#include "schemas/base/text.h"

#define PAGE 500u
#define COLUMNS                                                                        \
    "SELECT id, direction, source, tbl, key, code, pointer, reason, id_local, "        \
    "first_ms,"                                                                        \
    " last_ms, times, payload, classes FROM quarantine"

static int number(struct sb_bytes text, uint64_t *out, struct sb_err *err)
{
    return sb_text_number(text, out)
               ? 0
               : sb_fail(err, SB_E_ARGUMENT, "\"%.*s\" is no number", SB_FMT(text));
}

static bool reveals(const struct sb_engine *e, const struct sb_admin_request *request)
{
    for (size_t i = 0; i < request->n_args; i++)
        if (sb_bytes_is(request->args[i], "reveal")) {
            sb_log(e->env.log,
                   SB_LOG_INFO,
                   "admin",
                   SB_LOG_TEXT("event", "reveal"),
                   SB_LOG_BYTES("verb", request->verb),
                   SB_LOG_BYTES("arg", request->args[0]));
            return true;
        }
    return false;
}

static void column(
    struct sb_list *l, struct sb_value *map, const char *key, sqlite3_stmt *row, int i)
{
    sb_list_bytes(l, map, key, sb_sql_bytes(row, i));
}

static int item(struct sb_list *l,
                sqlite3_stmt *row,
                bool reveal,
                struct sb_value *out,
                struct sb_err *err)
{
    struct sb_value map = {.type = SB_MAP};
    sb_list_count(l, &map, "id", sb_sql_uint(row, 0));
    column(l, &map, "direction", row, 1);
    column(l, &map, "source", row, 2);
    column(l, &map, "table", row, 3);
    column(l, &map, "key", row, 4);
    sb_list_count(l, &map, "code", sb_sql_uint(row, 5));
    column(l, &map, "pointer", row, 6);
    column(l, &map, "reason", row, 7);
    column(l, &map, "id_local", row, 8);
    sb_list_count(l, &map, "first_ms", sb_sql_uint(row, 9));
    sb_list_count(l, &map, "last_ms", sb_sql_uint(row, 10));
    sb_list_count(l, &map, "times", sb_sql_uint(row, 11));
    struct sb_bytes payload = sb_sql_bytes(row, 12);
    sb_list_truth(l, &map, "payload_kept", payload.n > 0);
    if (reveal && payload.n) {
        struct sb_value value = {0};
        struct sb_bytes kept = sb_arena_dup(l->arena, payload);
        int rc = kept.p ? sb_value_unpack(kept, l->arena, &value, err)
                        : sb_fail(err, SB_E_MEMORY, "out of memory");
        if (rc)
            return rc;
        sb_list_put(l, &map, "payload", value);
    }
    *out = map;
    return sb_list_check(l, err);
}

static int rows(struct sb_engine *e,
                sqlite3_stmt *row,
                bool reveal,
                struct sb_arena *arena,
                struct sb_value *value,
                struct sb_err *err)
{
    struct sb_list l = {.arena = arena};
    struct sb_value list = {.type = SB_ARRAY};
    int rc = 0;
    while (!rc && (rc = sb_sql_row(e->env.state, row, err)) == 1) {
        struct sb_value v = {0};
        rc = item(&l, row, reveal, &v, err);
        sb_list_push(&l, &list, v);
    }
    sb_sql_end(row);
    *value = list;
    return rc ? rc : sb_list_check(&l, err);
}

int sb_verb_quarantine_list(void *ctx,
                            const struct sb_admin_request *request,
                            struct sb_arena *arena,
                            struct sb_value *value,
                            struct sb_err *err)
{
    struct sb_engine *e = ctx;
    struct sb_bytes direction = sb_bytes_str("");
    uint64_t after = 0;
    for (size_t i = 0; i < request->n_args; i++) {
        if (sb_bytes_is(request->args[i], "in") ||
            sb_bytes_is(request->args[i], "out")) {
            direction = request->args[i];
            continue;
        }
        int rc = number(request->args[i], &after, err);
        if (rc)
            return rc;
    }
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(e->env.state,
                          &row,
                          err,
                          COLUMNS " WHERE (?1 = '' OR direction = ?1) AND id > ?2"
                                  " ORDER BY id LIMIT ?3",
                          "tuu",
                          direction,
                          after,
                          (uint64_t)PAGE);
    return rc ? rc : rows(e, row, false, arena, value, err);
}

int sb_verb_quarantine_export(void *ctx,
                              const struct sb_admin_request *request,
                              struct sb_arena *arena,
                              struct sb_value *value,
                              struct sb_err *err)
{
    struct sb_engine *e = ctx;
    sqlite3_stmt *row = NULL;
    int rc =
        sb_sql_start(e->env.state, &row, err, COLUMNS " ORDER BY id LIMIT 20000", "");
    return rc ? rc : rows(e, row, reveals(e, request), arena, value, err);
}

static int start_one(struct sb_engine *e,
                     const struct sb_admin_request *request,
                     uint64_t *id,
                     sqlite3_stmt **row,
                     struct sb_err *err)
{
    int rc = number(request->args[0], id, err);
    if (!rc)
        rc = sb_sql_start(e->env.state, row, err, COLUMNS " WHERE id = ?", "u", *id);
    if (rc)
        return rc;
    rc = sb_sql_row(e->env.state, *row, err);
    if (rc == 1)
        return 0;
    sb_sql_end(*row);
    return rc ? rc
              : sb_fail(err,
                        SB_E_NOT_FOUND,
                        "nothing in quarantine has the number %llu",
                        (unsigned long long)*id);
}

int sb_verb_quarantine_show(void *ctx,
                            const struct sb_admin_request *request,
                            struct sb_arena *arena,
                            struct sb_value *value,
                            struct sb_err *err)
{
    struct sb_engine *e = ctx;
    struct sb_list l = {.arena = arena};
    sqlite3_stmt *row = NULL;
    uint64_t id = 0;
    int rc = start_one(e, request, &id, &row, err);
    if (rc)
        return rc;
    rc = item(&l, row, reveals(e, request), value, err);
    sb_sql_end(row);
    return rc;
}

int sb_verb_quarantine_discard(void *ctx,
                               const struct sb_admin_request *request,
                               struct sb_arena *arena,
                               struct sb_value *value,
                               struct sb_err *err)
{
    struct sb_engine *e = ctx;
    sqlite3_stmt *row = NULL;
    uint64_t id = 0;
    (void)arena;
    (void)value;
    int rc = start_one(e, request, &id, &row, err);
    if (rc)
        return rc;
    sb_sql_end(row);
    sb_log(e->env.log,
           SB_LOG_INFO,
           "admin",
           SB_LOG_TEXT("event", "quarantine_discard"),
           SB_LOG_U64("id", id));
    return sb_sql_do(e->env.state, err, "DELETE FROM quarantine WHERE id = ?", "u", id);
}

struct retry { /* what is needed of the row once the query is over */
    bool in;
    struct sb_bytes source;
    struct sb_bytes table;
    struct sb_bytes key;
    struct sb_bytes id_local;
    struct sb_bytes payload;
    unsigned classes;
};

static int read_retry(sqlite3_stmt *row,
                      struct sb_arena *arena,
                      struct retry *out,
                      struct sb_err *err)
{
    out->in = sb_bytes_is(sb_sql_bytes(row, 1), "in");
    out->source = sb_arena_dup(arena, sb_sql_bytes(row, 2));
    out->table = sb_arena_dup(arena, sb_sql_bytes(row, 3));
    out->key = sb_arena_dup(arena, sb_sql_bytes(row, 4));
    out->id_local = sb_arena_dup(arena, sb_sql_bytes(row, 8));
    out->payload = sb_arena_dup(arena, sb_sql_bytes(row, 12));
    out->classes = (unsigned)sb_sql_uint(row, 13);
    if (!out->source.p || !out->table.p || !out->key.p || !out->id_local.p ||
        !out->payload.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    return 0;
}

static int retry_in(struct sb_engine *e, const struct retry *t, struct sb_err *err)
{
    struct sb_bytes type;
    uint64_t seq = 0;
    int rc = number(t->key, &seq, err);
    if (rc)
        return rc;
    if (t->payload.n == 0)
        return sb_fail(
            err,
            SB_E_QUARANTINED,
            "this event could not be opened, or a later one of the same row was "
            "applied: only its publisher can mend it");
    uint64_t before = 0;
    rc = sb_quarantine_before(e->env.state, t->source, t->id_local, seq, &before, err);
    if (rc)
        return rc;
    if (before)
        return sb_fail(err,
                       SB_E_QUARANTINED,
                       "an earlier event of the same row comes first: try that again, "
                       "or discard it");
    if (!sb_text_stream_parts(t->source, NULL, &type, NULL))
        return sb_fail(err, SB_E_DB_CORRUPT, "no stream's name");
    for (size_t i = 0; i < e->n_targets; i++)
        if (sb_bytes_eq(e->targets[i].type.name, type))
            return sb_apply_again(
                &e->targets[i], t->payload, t->classes, t->source, seq, err);
    return sb_fail(err, SB_E_NOT_FOUND, "no sink takes %.*s any more", SB_FMT(type));
}

static int retry_out(struct sb_engine *e, const struct retry *t, struct sb_err *err)
{
    for (size_t i = 0; i < e->n_feeds; i++) {
        struct sb_feed *f = &e->feeds[i];
        if (!sb_bytes_is(t->source, f->name))
            continue;
        if (!f->ops->again)
            return sb_fail(err,
                           SB_E_ARGUMENT,
                           "mend the row and give the file again (source %s)",
                           f->name);
        int rc = f->source ? 0 : sb_feed_open(f, err);
        return rc ? rc : f->ops->again(f->source, t->table, t->key, err);
    }
    return sb_fail(err, SB_E_NOT_FOUND, "no source %.*s", SB_FMT(t->source));
}

/* 'in': the sink's statements again, and out of quarantine when they work. 'out': the
 * row is looked at again as it is now; it leaves quarantine when it is published. */
int sb_verb_quarantine_retry(void *ctx,
                             const struct sb_admin_request *request,
                             struct sb_arena *arena,
                             struct sb_value *value,
                             struct sb_err *err)
{
    struct sb_engine *e = ctx;
    sqlite3_stmt *row = NULL;
    struct retry t = {.in = false};
    uint64_t id = 0;
    (void)value;
    int rc = start_one(e, request, &id, &row, err);
    if (rc)
        return rc;
    rc = read_retry(row, arena, &t, err);
    sb_sql_end(row);
    if (rc || !t.in)
        return rc ? rc : retry_out(e, &t, err);
    rc = retry_in(e, &t, err);
    return rc ? rc
              : sb_sql_do(
                    e->env.state, err, "DELETE FROM quarantine WHERE id = ?", "u", id);
}
