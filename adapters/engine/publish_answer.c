/* What the broker's answers mean for a stream of our own: STORED and REFUSED. */
#include "adapters/engine/publish.h"

#include <stdio.h>

#define HOLD_MAX_MS 3600000u /* whatever the broker says */

static int stored_batch(struct sb_stream *s, const struct sb_message *m)
{
    size_t i = 0;
    while (i < s->in_flight &&
           memcmp(s->flight[i].hash, m->as.stored.hash, SB_HASH) != 0)
        i++;
    if (i == s->in_flight)
        return 0; /* sent again after it had been answered, or replaced */
    s->row.stored_seq = s->flight[i].last_seq;
    memcpy(s->row.stored_hash, s->flight[i].hash, SB_HASH);
    s->dirty = true;
    s->reseal_ms = s->reseal_pause = 0;
    s->in_flight -= i + 1;
    memmove(s->flight, s->flight + i + 1, s->in_flight * sizeof s->flight[0]);
    return 0;
}

int sb_publish_stored(struct sb_stream *s,
                      const struct sb_message *m,
                      struct sb_err *err)
{
    uint64_t number = m->as.stored.number;
    if (m->as.stored.kind == SB_KIND_BATCH)
        return stored_batch(s, m);
    if (!s->asked)
        return 0;
    if (memcmp(m->as.stored.hash, s->asked_hash, SB_HASH) != 0)
        return 0; /* of what has been replaced meanwhile */
    if (m->as.stored.kind == SB_KIND_CLAIM) {
        s->asked = false;
        s->broker_claim = number;
        s->claim_stored = number == s->claim_no;
        return sb_outbox_stored_claim(s->env->state, s->row.id, number, err);
    }
    if (m->as.stored.kind == SB_KIND_EPOCH) {
        s->asked = false;
        s->broker_epoch = number;
        s->row.stored_epoch = number;
        return sb_outbox_stored_epoch(s->env->state, s->row.id, number, err);
    }
    return 0;
}

/* Whether a refusal is about something that we sent and have not replaced. */
static bool concerns(const struct sb_stream *s, const struct sb_message *m, size_t *at)
{
    const uint8_t *hash = m->as.refused.hash;
    *at = 0;
    if (m->as.refused.kind == SB_KIND_BATCH) {
        while (*at < s->in_flight && memcmp(s->flight[*at].hash, hash, SB_HASH) != 0)
            (*at)++;
        return *at < s->in_flight;
    }
    return s->asked && memcmp(hash, s->asked_hash, SB_HASH) == 0;
}

/* Whether what was refused bears a key that is ours no more: sealed again, it bears the
 * new one. */
static bool signed_before(const struct sb_stream *s, uint64_t now_ms)
{
    struct sb_buf raw = {0};
    struct sb_record record = {0};
    struct sb_outbox_record row;
    uint8_t ours[SB_KEY_ID];
    int rc = sb_env_sign_key(s->env, now_ms, ours, NULL);
    if (rc)
        return true; /* a new key comes with its card; until then nothing is signed */
    rc = sb_outbox_waiting_record(s->env->state, s->row.id, &raw, NULL);
    if (rc == 0)
        rc = sb_outbox_claim(s->env->state, s->row.id, 0, &row, &raw, NULL) ? -1 : 1;
    if (rc == 1)
        rc = sb_record_read(sb_buf_bytes(&raw), &record, NULL);
    bool other = !rc && record.n && memcmp(record.sigs[0].key_id, ours, SB_KEY_ID) != 0;
    sb_buf_free(&raw);
    return other;
}

/* What is sealed anew answers these; what readers have had is never sealed anew. */
static bool mends(const struct sb_stream *s, int code, uint64_t now_ms)
{
    if (s->row.stored_seq < s->refill_seq)
        return false;
    return code == SB_E_STALE_EPOCH || code == SB_E_KEY_EXPIRED ||
           (code == SB_E_SIGNATURE && signed_before(s, now_ms));
}

/* Nothing is lost and nothing stops: what was refused goes again, in its order, when
 * the broker said. */
static void hold(struct sb_stream *s, int code, uint64_t ms, uint64_t now_ms)
{
    bool held = sb_publish_held(s, now_ms) > 0;
    s->sent_seq =
        s->in_flight ? s->flight[s->in_flight - 1].last_seq : s->row.stored_seq;
    s->held_code = code;
    s->held_from = now_ms;
    s->held_until = now_ms + (ms < HOLD_MAX_MS ? ms : HOLD_MAX_MS);
    if (!held)
        sb_log(s->env->log,
               SB_LOG_INFO,
               "publish",
               SB_LOG_CODE(code),
               SB_LOG_TEXT("event", "held"),
               SB_LOG_TEXT("stream", s->name),
               SB_LOG_U64("stored", s->row.stored_seq),
               SB_LOG_U64("sealed", s->head_seq),
               SB_LOG_U64("again_ms", s->held_until - now_ms));
}

static int gap(struct sb_stream *s, uint64_t expected)
{
    if (expected <= s->row.stored_seq)
        return SB_E_GAP;
    s->sent_seq = expected - 1;
    while (s->in_flight && s->flight[s->in_flight - 1].last_seq >= expected)
        s->in_flight--;
    return 0;
}

int sb_publish_refused(struct sb_stream *s,
                       const struct sb_message *m,
                       uint64_t now_ms,
                       struct sb_err *err)
{
    size_t at = 0;
    if (!concerns(s, m, &at))
        return 0;
    int code = sb_code_from_number((long)m->as.refused.code);
    uint64_t expected = m->as.refused.expected;
    if (m->as.refused.kind == SB_KIND_BATCH)
        s->in_flight = at; /* what came after it is refused as well */
    else
        s->asked = false;
    if (mends(s, code, now_ms)) {
        s->stale = true;
        if (code == SB_E_STALE_EPOCH && expected > s->need_directory)
            s->need_directory = expected;
        return 0;
    }
    if (sb_refused_later(code)) {
        hold(s, code, expected, now_ms);
        return 0;
    }
    if (code == SB_E_STOPPING || code == SB_E_BUSY) {
        s->sent_seq =
            s->in_flight ? s->flight[s->in_flight - 1].last_seq : s->row.stored_seq;
        s->welcomed = false; /* the next WELCOME tells where to go on */
        return 0;
    }
    if (code == SB_E_GAP && gap(s, expected) == 0)
        return 0;
    char text[200];
    (void)snprintf(text,
                   sizeof text,
                   "the broker refuses a %s (expected %llu): the stream stops",
                   sb_kind_text(m->as.refused.kind),
                   (unsigned long long)expected);
    sb_publish_warn(s, code ? code : SB_E_REMOTE, text);
    return sb_publish_stop(s, code ? code : SB_E_REMOTE, sb_bytes_str(text), err);
}
