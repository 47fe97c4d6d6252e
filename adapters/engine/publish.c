/* What is sent of one stream of our own, and when it is sealed again. */
#include "adapters/engine/publish.h"

#define MODULE "publish"
#define PAUSE_MIN_MS 250u
#define PAUSE_MAX_MS 60000u

void sb_publish_warn(const struct sb_stream *s, int code, const char *text)
{
    sb_log(s->env->log,
           SB_LOG_WARNING,
           MODULE,
           SB_LOG_CODE(code),
           SB_LOG_TEXT("stream", s->name),
           SB_LOG_U64("stored", s->row.stored_seq),
           SB_LOG_U64("sealed", s->head_seq),
           SB_LOG_TEXT("text", text));
}

void sb_publish_away(struct sb_stream *s)
{
    s->welcomed = false;
    s->asked = false;
    s->in_flight = 0;
    s->stale = false;
    s->adopting = false;
}

int sb_publish_flush(struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    if (!s->dirty)
        return 0;
    int rc = sb_outbox_stored(
        s->env->state, s->row.id, s->row.stored_seq, s->row.stored_hash, now_ms, err);
    if (!rc)
        s->dirty = false;
    return rc;
}

uint64_t sb_publish_held(const struct sb_stream *s, uint64_t now_ms)
{
    bool held = s->held_code && now_ms >= s->held_from && now_ms < s->held_until;
    return held ? s->held_until - now_ms : 0;
}

/* Sends a claim or an epoch and waits for the answer. */
static int
ask(struct sb_stream *s, enum sb_command cmd, uint64_t number, struct sb_err *err)
{
    struct sb_outbox_record row;
    struct sb_buf record = {0};
    struct sb_sql *state = s->env->state;
    int rc = cmd == SB_CMD_CLAIM
                 ? sb_outbox_claim(state, s->row.id, number, &row, &record, err)
                 : sb_outbox_epoch(state, s->row.id, number, &row, &record, err);
    if (!rc) {
        struct sb_message m = {.cmd = cmd, .n_payload = 1};
        m.payload[0] = sb_buf_bytes(&record);
        rc = s->env->send(s->env->send_ctx, &m, err);
    }
    if (!rc) {
        s->asked = true;
        memcpy(s->asked_hash, row.hash, SB_HASH);
    }
    sb_buf_free(&record);
    return rc;
}

/* The claim under which an epoch was made. */
static int epoch_claim(struct sb_stream *s,
                       uint64_t number,
                       struct sb_arena *arena,
                       uint64_t *claim_no,
                       struct sb_err *err)
{
    struct sb_outbox_record row;
    struct sb_record record = {.n = 0};
    struct sb_epoch epoch;
    struct sb_buf raw = {0};
    int rc = sb_outbox_epoch(s->env->state, s->row.id, number, &row, &raw, err);
    if (!rc)
        rc = sb_record_read(sb_buf_bytes(&raw), &record, err);
    if (!rc)
        rc = sb_epoch_read(record.body, arena, &epoch, err);
    if (!rc)
        *claim_no = epoch.core.claim_no;
    sb_buf_free(&raw);
    return rc;
}

/* What the broker must have before this batch, in the order in which it was made: every
 * epoch of a claim before the next claim. A stream that the broker does not know begins
 * with those of the batch. */
static int first_ask(struct sb_stream *s,
                     const struct sb_outbox_batch *b,
                     struct sb_arena *arena,
                     struct sb_err *err)
{
    uint64_t claim = s->broker_claim ? s->broker_claim + 1 : b->claim_no;
    uint64_t epoch = s->broker_epoch ? s->broker_epoch + 1 : b->epoch_no;
    bool ask_claim = b->claim_no > s->broker_claim;
    if (ask_claim && s->broker_claim && b->epoch_no > s->broker_epoch) {
        uint64_t of = 0;
        int rc = epoch_claim(s, epoch, arena, &of, err);
        if (rc)
            return rc;
        ask_claim = of > s->broker_claim;
    }
    return ask_claim ? ask(s, SB_CMD_CLAIM, claim, err)
                     : ask(s, SB_CMD_EPOCH, epoch, err);
}

/* Sends the next thing: 1 something was sent, 0 nothing is to be sent now. */
static int step(struct sb_stream *s, struct sb_arena *arena, struct sb_err *err)
{
    struct sb_outbox_batch b;
    int rc = sb_outbox_batch(
        s->env->state, s->row.id, (int64_t)s->sent_seq + 1, arena, &b, err);
    if (rc)
        return rc;
    if (b.claim_no > s->broker_claim || b.epoch_no > s->broker_epoch)
        return s->in_flight ? 0 : first_ask(s, &b, arena, err);
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    m.payload[0] = b.record;
    m.payload[1] = b.items;
    m.payload[2] = b.cts;
    rc = s->env->send(s->env->send_ctx, &m, err);
    if (rc)
        return rc;
    struct sb_flight *f = &s->flight[s->in_flight++];
    f->first_seq = b.first_seq;
    f->last_seq = b.last_seq;
    memcpy(f->hash, b.hash, SB_HASH);
    s->sent_seq = b.last_seq;
    return 1;
}

/* Reasons that pass by themselves, or with the next directory: no key or no directory
 * that is valid at this moment. */
static bool passes(int code)
{
    switch (code) {
    case SB_E_BUSY:
    case SB_E_NOT_ENROLLED:
    case SB_E_DIR_STALE:
    case SB_E_DIR_EXPIRED:
    case SB_E_KEY_EXPIRED:
    case SB_E_NO_KEY:
    case SB_E_MEMBER:
        return true;
    default:
        return false;
    }
}

/* Resealing again and again comes of two clocks that differ, where a grant or a key
 * begins or ends: each time costs the journal a claim. */
static bool pauses(struct sb_stream *s, uint64_t now_ms)
{
    if (now_ms < s->reseal_ms && s->reseal_ms - now_ms <= PAUSE_MAX_MS)
        return true;
    s->reseal_pause = s->reseal_pause ? 2 * s->reseal_pause : PAUSE_MIN_MS;
    if (s->reseal_pause > PAUSE_MAX_MS)
        s->reseal_pause = PAUSE_MAX_MS;
    s->reseal_ms = now_ms + s->reseal_pause;
    return false;
}

/* The claim to seal under: a claim of ours that the broker refused is made anew. */
static uint64_t next_claim(const struct sb_stream *s)
{
    uint64_t ours = s->claim_no - (s->claim_no && !s->claim_stored);
    return (s->broker_claim > ours ? s->broker_claim : ours) + 1;
}

/* STALE_EPOCH was answered and nothing is on the way any more. */
static int renew(struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(s->env->trust);
    if (s->in_flight || s->asked || !dir ||
        sb_dir_body(dir)->version < s->need_directory || pauses(s, now_ms))
        return 0;
    struct sb_err why = {.code = 0};
    int rc = sb_publish_flush(s, now_ms, &why);
    if (!rc)
        rc = sb_stream_may_seal(s, now_ms, &why);
    if (!rc)
        rc = sb_stream_rebase(s, next_claim(s), now_ms, &why);
    if (rc && passes(rc)) {
        sb_publish_warn(s, rc, why.text);
        return 0;
    }
    if (rc)
        return sb_fail(err, rc, "%s", why.text);
    s->stale = false;
    s->sent_seq = s->row.stored_seq;
    sb_log(s->env->log,
           SB_LOG_INFO,
           MODULE,
           SB_LOG_TEXT("event", "resealed"),
           SB_LOG_TEXT("stream", s->name),
           SB_LOG_U64("claim", s->claim_no),
           SB_LOG_U64("epoch", s->epoch_no),
           SB_LOG_U64("after", s->row.stored_seq));
    return 0;
}

int sb_publish_pump(struct sb_stream *s,
                    uint64_t now_ms,
                    bool *busy,
                    struct sb_err *err)
{
    *busy = false;
    if (!s->welcomed || s->row.stopped || s->adopting || s->env->contradicted ||
        sb_publish_held(s, now_ms) > 0)
        return 0;
    if (s->stale) {
        int rc = renew(s, now_ms, err);
        if (rc || s->stale)
            return rc;
    }
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? 1 : sb_fail(err, SB_E_MEMORY, "out of memory");
    while (rc == 1) {
        if (s->asked || s->in_flight == SB_STREAM_WINDOW ||
            s->sent_seq >= s->head_seq) {
            rc = 0;
            break;
        }
        sb_arena_reset(arena);
        rc = step(s, arena, err);
    }
    sb_arena_free(arena);
    if (rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION) {
        *busy = rc == SB_E_BUSY;
        return 0;
    }
    return rc;
}
