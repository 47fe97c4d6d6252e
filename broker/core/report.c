/* Purpose: what `status` and `lag` show of the core. Reads only. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

static struct sb_bytes kept(struct sb_arena *arena, const char *text)
{
    return sb_arena_dup(arena, sb_bytes_str(text));
}

static int report_sessions(const struct sb_core *core,
                           struct sb_arena *arena,
                           struct sb_core_status *out)
{
    size_t n = 0;
    for (const struct session *at = core->sessions; at; at = at->next)
        n += at->state == SESSION_OPEN;
    out->sessions = sb_arena_alloc(arena, n, sizeof *out->sessions);
    if (!out->sessions)
        return SB_E_MEMORY;
    for (const struct session *at = core->sessions; at; at = at->next) {
        if (at->state != SESSION_OPEN)
            continue;
        out->sessions[out->n_sessions++] =
            (struct sb_session_info){.institution = kept(arena, at->institution),
                                     .version = kept(arena, at->version),
                                     .revision = at->revision,
                                     .since_ms = at->since_ms,
                                     .directory_version = at->held_version,
                                     .refused = at->refused};
    }
    return 0;
}

static bool connected(const struct sb_core *core, struct sb_bytes reader)
{
    for (const struct session *at = core->sessions; at; at = at->next)
        if (at->state == SESSION_OPEN && sb_bytes_is(reader, at->institution))
            return true;
    return false;
}

static const struct lag *
lag_of(const struct sb_core *core, struct sb_bytes reader, const struct stream *st)
{
    const struct lag *l = core->lags;
    while (l && (l->stream != st || !sb_bytes_is(reader, l->reader)))
        l = l->next;
    return l;
}

static int report_stream(const struct sb_core *core,
                         const struct stream *st,
                         uint64_t now_ms,
                         struct sb_arena *arena,
                         struct sb_core_status *out,
                         struct sb_err *err)
{
    struct sb_readers readers;
    struct sb_bytes names[SB_CLASSES];
    for (size_t i = 0; i < st->epoch.n_classes; i++)
        names[i] = st->epoch.classes[i].name;
    struct sb_codes own = {names, st->epoch.n_classes};
    int rc = sb_dir_readers(sb_trust_newest(core->trust),
                            st->institution,
                            st->type,
                            &own,
                            now_ms,
                            arena,
                            &readers,
                            err);
    if (rc == SB_E_MEMORY)
        return rc;
    if (rc != 0) /* a reader without a valid key: nobody can seal, all else is told */
        return 0;
    struct sb_lag_info *grown =
        sb_arena_alloc(arena, out->n_lags + readers.n, sizeof *grown);
    if (!grown)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a report");
    if (out->n_lags)
        memcpy(grown, out->lags, out->n_lags * sizeof *grown);
    out->lags = grown;
    for (size_t i = 0; i < readers.n; i++) {
        struct sb_bytes reader = readers.items[i].code;
        if (sb_bytes_eq(reader, st->institution))
            continue;
        const struct lag *l = lag_of(core, reader, st);
        grown[out->n_lags++] =
            (struct sb_lag_info){.reader = sb_arena_dup(arena, reader),
                                 .subscription = kept(arena, l ? l->subscription : ""),
                                 .stream = kept(arena, st->name),
                                 .connected = connected(core, reader),
                                 .applied_seq = l ? l->applied_seq : 0,
                                 .last_seq = st->last_seq,
                                 .applied_ms = l ? l->applied_ms : 0};
    }
    return 0;
}

/* Age of the final note: from its cosignatures, or from when it came. */
static uint64_t final_ms(const struct rounds *r,
                         const struct sb_witness_keys *keys,
                         uint64_t quorum,
                         uint64_t *times)
{
    if (r->final.size == 0)
        return 0;
    if (quorum == 0)
        return r->final_ms;
    sb_cosign_times(sb_buf_bytes(&r->final.text), keys, times);
    return sb_cosign_fresh_ms(times, keys->n, quorum);
}

static int report_rounds(const struct sb_core *core,
                         uint64_t now_ms,
                         struct sb_arena *arena,
                         struct sb_core_status *out,
                         struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(core->trust);
    const struct rounds *r = &core->rounds;
    struct sb_witness_keys keys;
    int rc = sb_dir_witnesses(dir, now_ms, arena, &keys, err);
    if (rc != 0)
        return rc;
    uint64_t *times = sb_arena_alloc(arena, keys.n, sizeof *times);
    out->witnesses = sb_arena_alloc(arena, keys.n, sizeof *out->witnesses);
    if (!times || !out->witnesses)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a report");
    out->n_witnesses = keys.n;
    for (size_t i = 0; i < keys.n; i++) {
        const struct witness_seen *seen = r->seen;
        while (seen && !sb_bytes_is(keys.items[i].institution, seen->institution))
            seen = seen->next;
        out->witnesses[i] = (struct sb_witness_info){
            .institution = sb_arena_dup(arena, keys.items[i].institution),
            .size = seen ? seen->size : 0,
            .time_ms = seen ? seen->time_ms : 0};
    }
    out->quorum = sb_dir_body(dir)->quorum;
    out->final_size = r->final.size;
    out->final_ms = final_ms(r, &keys, out->quorum, times);
    return 0;
}

static int report_share(const struct sb_core *core,
                        const struct share *share,
                        struct sb_arena *arena,
                        struct sb_share_info *out)
{
    struct sb_bytes name = kept(arena, share->institution);
    *out = (struct sb_share_info){
        .institution = name,
        .connections = share_sessions(core, share->institution),
        .events = share->n_events,
        .bytes = share->n_bytes,
        .events_rate = share->events_pace.rate,
        .bytes_rate = share->bytes_pace.rate,
        .journal_bytes = share->journal_bytes,
        .refusals = sb_arena_alloc(arena, share->n_refusals, sizeof *out->refusals),
        .n_refusals = share->n_refusals};
    if (!out->refusals || !name.p)
        return SB_E_MEMORY;
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(core->trust));
    for (int q = 0; q < SB_QUOTAS; q++)
        out->limits[q] = sb_quota_limit(d, (enum sb_quota)q, name);
    for (size_t i = 0; i < share->n_refusals; i++)
        out->refusals[i] = (struct sb_refusals){.code = share->refusals[i].code,
                                                .n = share->refusals[i].n};
    return 0;
}

static int report_shares(const struct sb_core *core,
                         struct sb_arena *arena,
                         struct sb_core_status *out)
{
    size_t n = 0;
    for (const struct share *at = core->shares; at; at = at->next)
        n++;
    out->shares = sb_arena_alloc(arena, n, sizeof *out->shares);
    int rc = out->shares ? 0 : SB_E_MEMORY;
    for (const struct share *at = core->shares; at && rc == 0; at = at->next)
        rc = report_share(core, at, arena, &out->shares[out->n_shares++]);
    return rc;
}

int sb_core_report_shares(const struct sb_core *core,
                          struct sb_arena *arena,
                          struct sb_core_status *out,
                          struct sb_err *err)
{
    struct sb_core_status r = {.size = core->size,
                               .durable = core->durable,
                               .pruned_below = core->prune.below,
                               .malformed = core->malformed,
                               .refused = core->refused};
    r.directory_version = sb_dir_body(sb_trust_newest(core->trust))->version;
    if (report_shares(core, arena, &r) != 0)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a report");
    *out = r;
    return 0;
}

int sb_core_report(const struct sb_core *core,
                   uint64_t now_ms,
                   struct sb_arena *arena,
                   struct sb_core_status *out,
                   struct sb_err *err)
{
    struct sb_core_status r;
    int rc = sb_core_report_shares(core, arena, &r, err);
    if (rc != 0)
        return rc;
    if (report_sessions(core, arena, &r) != 0)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a report");
    rc = report_rounds(core, now_ms, arena, &r, err);
    for (size_t i = 0; i < core->n_streams && rc == 0; i++)
        rc = report_stream(core, core->streams[i], now_ms, arena, &r, err);
    r.clock_held = clock_judge(core, now_ms);
    r.clock_behind = clock_behind(core, now_ms);
    if (rc == 0)
        *out = r;
    return rc;
}
