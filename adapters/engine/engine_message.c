/* What the broker says, one message at a time. */
#include "adapters/engine/engine_impl.h"

#include "adapters/engine/publish.h"
#include "adapters/engine/receipt.h"
#include "adapters/engine/state.h"
#include "broker/host/clock.h"

static struct sb_stream *find(struct sb_engine *e, struct sb_bytes name)
{
    for (size_t i = 0; i < e->n_streams; i++)
        if (sb_bytes_is(name, e->streams[i].name))
            return &e->streams[i];
    return NULL;
}

static void want_directory(struct sb_engine *e, uint64_t version)
{
    for (size_t i = 0; i < e->n_streams; i++)
        if (e->streams[i].need_directory < version)
            e->streams[i].need_directory = version;
}

static int
begin_session(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    uint64_t before = e->env.generation;
    uint64_t now = sb_clock_now_ms();
    uint64_t generation = m->as.welcome.generation;
    want_directory(e, e->named_version);
    bool anew = before && generation > before;
    for (size_t i = 0; i < e->n_streams; i++) {
        struct sb_stream *s = &e->streams[i];
        const struct sb_own_stream *own = NULL;
        for (size_t k = 0; k < m->as.welcome.n_streams; k++)
            if (sb_bytes_is(m->as.welcome.streams[k].stream, s->name))
                own = &m->as.welcome.streams[k];
        int rc = sb_publish_welcome(s, own, anew, now, err);
        if (rc)
            return rc;
    }
    int rc = sb_evidence_welcome(&e->evidence, anew, now, err);
    if (!rc)
        rc = sb_watch_welcome(&e->watch, anew, now, sb_clock_mono_ms(), err);
    if (!rc)
        rc = sb_tasks_welcome(&e->tasks, anew, err);
    if (rc)
        return rc;
    if (generation > before) { /* one that was met is never unmet */
        rc = sb_state_put_number(e->env.state, "generation", generation, err);
        if (rc)
            return rc;
        e->env.generation = generation;
    }
    e->here = true;
    e->heads.again = true;
    e->refused = false;
    e->reject_mono = 0;
    sb_log(e->env.log,
           SB_LOG_INFO,
           "engine",
           SB_LOG_TEXT("event", "welcome"),
           SB_LOG_TEXT("broker", e->address),
           SB_LOG_U64("generation", generation),
           SB_LOG_U64("directory", m->as.welcome.directory_version));
    rc = sb_receive_welcome(&e->receive, sb_clock_mono_ms(), err);
    return rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION ? 0 : rc;
}

/* Its slices live until the next message. */
static int
keep_welcome(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    size_t n = m->as.welcome.n_streams;
    sb_arena_free(e->waiting_arena);
    e->waiting_arena = sb_arena_new(0);
    struct sb_own_stream *own =
        e->waiting_arena ? sb_arena_alloc(e->waiting_arena, n + 1, sizeof *own) : NULL;
    if (!own)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        own[i] = m->as.welcome.streams[i];
        own[i].stream = sb_arena_dup(e->waiting_arena, own[i].stream);
        if (!own[i].stream.p)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    e->waiting = *m;
    e->waiting.as.welcome.streams = own;
    e->waits = true;
    e->waits_mono = sb_clock_mono_ms();
    return 0;
}

/* Only a directory opens a generation: until it is here, a broker that says that its
 * journal was begun anew is no reason to fill it, nor to forget what was proved. */
static int welcome(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    uint64_t generation = m->as.welcome.generation;
    e->named_version = m->as.welcome.directory_version;
    e->waits = false;
    if (sb_env_opened(&e->env, generation)) {
        sb_alarm_clear(e->env.alarms, SB_E_DIR_VERSION, "");
        return begin_session(e, m, err);
    }
    return keep_welcome(e, m, err);
}

/* A WELCOME that waited may go on. */
static int opened(struct sb_engine *e, struct sb_err *err)
{
    if (!e->waits || !sb_env_opened(&e->env, e->waiting.as.welcome.generation))
        return 0;
    e->waits = false;
    sb_alarm_clear(e->env.alarms, SB_E_DIR_VERSION, "");
    return begin_session(e, &e->waiting, err);
}

/* A directory that does not fit the ones held is the broker's fault, and an alarm. */
static int
directory(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    struct sb_checkpoint seen = sb_evidence_before(&e->evidence);
    int rc = sb_trust_add(e->env.trust, m->payload[0], &why);
    if (rc == SB_E_MEMORY)
        return sb_fail(err, rc, "%s", why.text);
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    if (!rc && e->pinned_version == sb_dir_body(dir)->version &&
        memcmp(e->pinned_hash, sb_dir_hash(dir), SB_HASH) != 0)
        rc = sb_fail(&why,
                     SB_E_DIR_CHAIN,
                     "directory %llu is not the one in the configuration",
                     (unsigned long long)e->pinned_version);
    if (rc) {
        sb_log(e->env.log,
               SB_LOG_WARNING,
               "engine",
               SB_LOG_ERR(&why),
               SB_LOG_TEXT("event", "directory_refused"));
        return 0;
    }
    uint64_t version = sb_dir_body(dir)->version;
    sb_evidence_directory(&e->evidence, &seen);
    sb_client_directory(e->client, version);
    sb_log(e->env.log,
           SB_LOG_INFO,
           "engine",
           SB_LOG_TEXT("event", "directory"),
           SB_LOG_U64("version", version));
    if (version >= e->named_version && sb_engine_same_catalogue(e, &why) != 0)
        sb_log(e->env.log, SB_LOG_WARNING, "engine", SB_LOG_ERR(&why));
    rc = sb_state_keep_directory(e->env.state, version, sb_dir_record(dir), err);
    return rc ? rc : opened(e, err);
}

static int forget_reject(struct sb_engine *e, const uint8_t *hash, struct sb_err *err)
{
    return sb_sql_do(e->env.state,
                     err,
                     "DELETE FROM reject WHERE hash = ?",
                     "b",
                     sb_bytes(hash, SB_HASH));
}

static int stored(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    if (sb_tasks_kind(m->as.stored.kind))
        return sb_tasks_message(&e->tasks, m, err);
    if (m->as.stored.kind == SB_KIND_REJECT)
        return forget_reject(e, m->as.stored.hash, err);
    struct sb_stream *s = find(e, m->as.stored.stream);
    return s ? sb_publish_stored(s, m, err) : 0;
}

/* The broker takes nothing now: what is said from time to time is said again. */
static bool comes_again(struct sb_engine *e, int code, enum sb_kind kind)
{
    if (!sb_refused_later(code) && code != SB_E_STOPPING)
        return false;
    if (kind == SB_KIND_HEADS)
        e->heads.again = true;
    if (kind == SB_KIND_RECEIPT)
        sb_receipt_again(&e->receive);
    return kind == SB_KIND_HEADS || kind == SB_KIND_RECEIPT || kind == SB_KIND_REJECT;
}

static int refused(struct sb_engine *e, const struct sb_message *m, struct sb_err *err)
{
    int code = sb_code_from_number((long)m->as.refused.code);
    struct sb_stream *s = find(e, m->as.refused.stream);
    enum sb_kind kind = m->as.refused.kind;
    if (s && (kind == SB_KIND_CLAIM || kind == SB_KIND_EPOCH || kind == SB_KIND_BATCH))
        return sb_publish_refused(s, m, sb_clock_now_ms(), err);
    if (sb_tasks_kind(kind))
        return sb_tasks_message(&e->tasks, m, err);
    sb_log(e->env.log,
           SB_LOG_WARNING,
           "engine",
           SB_LOG_CODE(code),
           SB_LOG_TEXT("event", "refused"),
           SB_LOG_TEXT("kind", kind ? sb_kind_text(kind) : "session"),
           SB_LOG_BYTES("stream", m->as.refused.stream));
    if (comes_again(e, code, kind))
        return 0; /* a reject that is not answered goes again by itself */
    if (kind == SB_KIND_REJECT)
        return forget_reject(e, m->as.refused.hash, err);
    struct sb_err why = {.code = 0};
    if (code == SB_E_CURSOR) {
        (void)sb_fail(&why, code, "the broker does not know our place in the stream");
        sb_receive_refused(&e->receive, m->as.refused.stream, sb_clock_mono_ms(), &why);
    }
    return 0;
}

int sb_engine_message(struct sb_engine *e,
                      const struct sb_message *m,
                      struct sb_err *err)
{
    switch ((unsigned)m->cmd) {
    case SB_CMD_WELCOME:
        return welcome(e, m, err);
    case SB_CMD_DIRECTORY:
        return directory(e, m, err);
    case SB_CMD_STORED:
        return stored(e, m, err);
    case SB_CMD_REFUSED:
        return refused(e, m, err);
    case SB_CMD_ENTRY:
        return sb_receive_entry(&e->receive, m, err);
    case SB_CMD_CHECKPOINT:
        return sb_evidence_checkpoint(
            &e->evidence, m, sb_clock_now_ms(), sb_clock_mono_ms(), err);
    case SB_CMD_FETCHED:
        return sb_tasks_message(&e->tasks, m, err);
    case SB_CMD_NOTICE:
        return sb_watch_notice(&e->watch, m->payload[0], sb_clock_now_ms(), err);
    default:
        return 0;
    }
}
