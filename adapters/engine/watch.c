/* NOTICE: heads and prune records; and the alarms that follow from heads. */
#include "adapters/engine/watch.h"

#include "adapters/engine/state.h"
#include "schemas/base/text.h"
#include "schemas/record/evidence.h"

#define MODULE "watch"
#define TICK_MS 5000u

static int load_head(struct sb_watch *w, sqlite3_stmt *row, struct sb_err *err)
{
    struct sb_reading *at = sb_receive_reading(w->receive, sb_sql_bytes(row, 0));
    if (!at)
        return 0; /* no sink takes it any more */
    at->head.seq = sb_sql_uint(row, 1);
    at->head.heard_ms = sb_sql_uint(row, 3);
    if (!sb_sql_fixed(row, 2, at->head.hash, SB_HASH))
        return sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a head");
    return 0;
}

int sb_watch_open(struct sb_watch *w, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    struct sb_sql *state = w->env->state;
    int rc = sb_state_number(state, "pruned_below", 0, &w->pruned_below, err);
    if (!rc)
        rc = sb_sql_start(
            state, &row, err, "SELECT stream, seq, hash, heard_ms FROM head", "");
    if (rc)
        return rc;
    while ((rc = sb_sql_row(state, row, err)) == 1) {
        rc = load_head(w, row, err);
        if (rc)
            break;
    }
    sb_sql_end(row);
    return rc;
}

int sb_watch_welcome(struct sb_watch *w,
                     bool new_generation,
                     uint64_t now_ms,
                     uint64_t mono_ms,
                     struct sb_err *err)
{
    w->here_mono = mono_ms;
    w->here_ms = now_ms;
    if (!new_generation)
        return 0;
    w->pruned_below = 0;
    return sb_state_put_number(w->env->state, "pruned_below", 0, err);
}

void sb_watch_away(struct sb_watch *w)
{
    w->here_mono = 0;
    w->here_ms = 0;
}

static int keep_head(struct sb_watch *w,
                     struct sb_reading *at,
                     const struct sb_head *h,
                     struct sb_bytes record,
                     uint64_t said_ms,
                     struct sb_err *err)
{
    at->head = (struct sb_signed_head){.seq = h->seq, .heard_ms = said_ms};
    memcpy(at->head.hash, h->batch_hash, SB_HASH);
    return sb_sql_do(w->env->state,
                     err,
                     "INSERT OR REPLACE INTO head(stream, seq, hash, heard_ms, record)"
                     " VALUES (?, ?, ?, ?, ?)",
                     "subub",
                     at->name,
                     h->seq,
                     sb_bytes(h->batch_hash, SB_HASH),
                     said_ms,
                     record);
}

static void fork_alarm(struct sb_watch *w, struct sb_reading *at, const char *what)
{
    at->forked = true;
    sb_alarm_raise(w->env->alarms,
                   SB_E_FORK,
                   at->name,
                   "%s: %s (event %llu): the stream is held",
                   at->name,
                   what,
                   (unsigned long long)at->head.seq);
}

/* Whether a grant gives us anything of the stream now. */
static int granted(struct sb_watch *w,
                   struct sb_bytes name,
                   uint64_t now,
                   bool *out,
                   struct sb_err *err)
{
    struct sb_bytes publisher;
    struct sb_bytes type;
    struct sb_codes classes = {0};
    struct sb_env *env = w->env;
    *out = false;
    if (!sb_text_stream_parts(name, &publisher, &type, NULL))
        return 0;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_dir_classes(sb_trust_newest(env->trust),
                            publisher,
                            type,
                            env->institution,
                            now,
                            arena,
                            &classes,
                            err);
    *out = !rc && classes.n > 0;
    sb_arena_free(arena);
    return rc;
}

struct said { /* a heads record while it is taken in */
    struct sb_bytes record;
    uint64_t said_ms;
    uint64_t now_ms;
};

static int one_head(struct sb_watch *w,
                    const struct sb_head *h,
                    const struct said *said,
                    struct sb_err *err)
{
    bool ours = false;
    int rc = granted(w, h->stream, said->now_ms, &ours, err);
    struct sb_reading *at = ours ? sb_receive_reading(w->receive, h->stream) : NULL;
    if (rc || !at || h->seq < at->head.seq || h->seq == 0)
        return rc; /* nothing of ours, or said before the one that we know */
    if (h->seq == at->head.seq && memcmp(h->batch_hash, at->head.hash, SB_HASH) != 0) {
        fork_alarm(w, at, "its publisher has signed two heads");
        return 0; /* the first one stays as evidence */
    }
    if (h->seq == at->head.seq && said->said_ms <= at->head.heard_ms)
        return 0; /* told again: no sign of life */
    return keep_head(w, at, h, said->record, said->said_ms, err);
}

static int take_heads(struct sb_watch *w,
                      const struct sb_record *record,
                      uint64_t now_ms,
                      struct sb_err *why,
                      struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_bytes institution = {NULL, 0};
    struct sb_heads heads = {0};
    uint64_t time = 0;
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct sb_env *env = w->env;
    int rc = sb_heads_read(record->body, arena, &institution, &heads, &time, why);
    if (!rc)
        rc = sb_dir_verify(
            env->trust, sb_trust_newest(env->trust), institution, record, now_ms, why);
    bool bad = rc != 0;
    struct said said = {record->raw, time < now_ms ? time : now_ms, now_ms};
    for (size_t i = 0; !rc && i < heads.n; i++) {
        struct sb_bytes of;
        if (sb_text_stream_parts(heads.items[i].stream, &of, NULL, NULL) &&
            sb_bytes_eq(of, institution))
            rc = one_head(w, &heads.items[i], &said, err);
    }
    sb_arena_free(arena);
    return bad ? 0 : rc;
}

static int take_prune(struct sb_watch *w,
                      const struct sb_record *record,
                      uint64_t now_ms,
                      struct sb_err *why,
                      struct sb_err *err)
{
    struct sb_prune prune;
    const struct sb_dir *dir = sb_trust_newest(w->env->trust);
    uint64_t retention = sb_dir_body(dir)->retention;
    int rc = sb_prune_read(record->body, &prune, why);
    if (!rc)
        rc = sb_dir_verify_log(w->env->trust, dir, record, why);
    if (!rc &&
        (retention == 0 || prune.before > now_ms || now_ms - prune.before < retention))
        rc = sb_fail(why,
                     SB_E_RETENTION,
                     "the broker pruned what directory %llu says to keep",
                     (unsigned long long)sb_dir_body(dir)->version);
    if (rc || prune.below <= w->pruned_below)
        return 0;
    w->pruned_below = prune.below;
    return sb_state_put_number(w->env->state, "pruned_below", prune.below, err);
}

int sb_watch_notice(struct sb_watch *w,
                    struct sb_bytes raw,
                    uint64_t now_ms,
                    struct sb_err *err)
{
    struct sb_record record;
    struct sb_err why = {.code = 0};
    int rc = 0;
    if (!sb_trust_newest(w->env->trust))
        return 0;
    if (sb_record_read(raw, &record, &why) == 0) {
        enum sb_kind kind = sb_kind_from_tag(sb_record_tag(record.body));
        if (kind == SB_KIND_HEADS)
            rc = take_heads(w, &record, now_ms, &why, err);
        else if (sb_bytes_is(sb_record_tag(record.body), "sacbe/prune/1"))
            rc = take_prune(w, &record, now_ms, &why, err);
    }
    if (why.code)
        sb_log(w->env->log,
               SB_LOG_WARNING,
               MODULE,
               SB_LOG_ERR(&why),
               SB_LOG_TEXT("event", "notice_refused"));
    return rc;
}

/* Credit is shared by the streams of a subscription: while others come, a stream may
 * wait its turn for longer. */
static bool is_withheld(struct sb_watch *w, struct sb_reading *at, uint64_t mono)
{
    const struct sb_subscription *sub = sb_receive_sub(w->receive, at);
    uint64_t since = at->behind_mono;
    if (!w->here_mono || at->held_until || at->trouble.code || !sub)
        return false;
    if (at->came_mono > since)
        since = at->came_mono;
    if (w->here_mono > since)
        since = w->here_mono;
    bool others = sub->first || mono - sub->heard_mono < SB_WATCH_BEHIND_MS;
    return mono - since >= (others ? SB_WATCH_SLOW_MS : SB_WATCH_BEHIND_MS);
}

static int judge(struct sb_watch *w,
                 struct sb_reading *at,
                 uint64_t now_ms,
                 uint64_t mono_ms,
                 struct sb_err *err)
{
    uint64_t seq = 0;
    uint8_t hash[SB_HASH];
    bool ours = false;
    int rc = sb_receive_place(at, &seq, hash, err);
    if (!rc)
        rc = granted(w, sb_bytes_str(at->name), now_ms, &ours, err);
    if (rc)
        return rc;
    if (seq == at->head.seq && memcmp(hash, at->head.hash, SB_HASH) != 0)
        fork_alarm(w, at, "what was applied is not what its publisher signed");
    if (seq >= at->head.seq || !ours) {
        at->behind_mono = 0;
        sb_alarm_clear(w->env->alarms, SB_E_WITHHELD, at->name);
        return 0;
    }
    if (!at->behind_mono)
        at->behind_mono = mono_ms;
    if (is_withheld(w, at, mono_ms))
        sb_alarm_raise(
            w->env->alarms,
            SB_E_WITHHELD,
            at->name,
            "%s: its publisher stands at event %llu, the broker gave us %llu",
            at->name,
            (unsigned long long)at->head.seq,
            (unsigned long long)seq);
    return 0;
}

static void silence(struct sb_watch *w, struct sb_reading *at, uint64_t now_ms)
{
    uint64_t since = at->head.heard_ms > w->here_ms ? at->head.heard_ms : w->here_ms;
    if (!w->here_ms || now_ms < since || now_ms - since < SB_WATCH_SILENT_MS) {
        sb_alarm_clear(w->env->alarms, SB_E_TIMEOUT, at->name);
        return;
    }
    sb_alarm_note(w->env->alarms,
                  SB_E_TIMEOUT,
                  at->name,
                  "%s: its publisher has said for %llu hours not where it stands",
                  at->name,
                  (unsigned long long)((now_ms - since) / 3600000u));
}

int sb_watch_tick(struct sb_watch *w,
                  uint64_t now_ms,
                  uint64_t mono_ms,
                  struct sb_err *err)
{
    int rc = 0;
    if (mono_ms - w->tick_mono < TICK_MS || !sb_trust_newest(w->env->trust))
        return 0;
    w->tick_mono = mono_ms;
    for (size_t i = 0; !rc && i < w->receive->n_readings; i++) {
        struct sb_reading *at = w->receive->readings[i];
        struct sb_err why = {.code = 0};
        if (at->adopting || !at->head.seq)
            continue;
        rc = judge(w, at, now_ms, mono_ms, &why);
        if (rc && rc != SB_E_MEMORY)
            rc = 0; /* the reader's database is in trouble: its stream says so */
        else if (rc)
            (void)sb_fail(err, rc, "%s", why.text);
        silence(w, at, now_ms);
    }
    return rc;
}
