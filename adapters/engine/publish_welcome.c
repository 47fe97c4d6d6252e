/* Where a stream goes on when a session begins: after what the broker has, from its own
 * stream, from the beginning of a new journal, or not at all. */
#include "adapters/engine/publish.h"

#include <stdio.h>

#include "adapters/engine/adopt.h"
#include "adapters/engine/foreign.h"
#include "adapters/engine/withdraw.h"

int sb_publish_stop(struct sb_stream *s,
                    int code,
                    struct sb_bytes evidence,
                    struct sb_err *err)
{
    s->row.stopped = code;
    return sb_outbox_stop(s->env->state, s->row.id, code, evidence, err);
}

static int lift(struct sb_stream *s, struct sb_err *err)
{
    int rc = sb_outbox_stop(s->env->state, s->row.id, 0, sb_bytes(NULL, 0), err);
    if (!rc)
        s->row.stopped = 0;
    return rc;
}

int sb_publish_resume(struct sb_stream *s, struct sb_err *err)
{
    bool claimed =
        s->row.stopped == SB_E_FOREIGN_CLAIM || s->row.stopped == SB_E_FENCED;
    int rc = claimed ? sb_foreign_allow(s, err) : 0;
    if (!rc)
        rc = lift(s, err);
    return rc ? rc : sb_foreign_seen(s, err);
}

/* What the broker said, kept beside a stopped stream. */
static int stop_with(struct sb_stream *s,
                     int code,
                     const struct sb_own_stream *own,
                     const char *text,
                     struct sb_err *err)
{
    char evidence[512];
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, own->last_hash, SB_HASH);
    (void)snprintf(evidence,
                   sizeof evidence,
                   "%s; broker: claim %llu, epoch %llu, last %llu %s",
                   text,
                   (unsigned long long)own->claim_no,
                   (unsigned long long)own->epoch_no,
                   (unsigned long long)own->last_seq,
                   hex);
    sb_publish_warn(s, code, evidence);
    return sb_publish_stop(s, code, sb_bytes_str(evidence), err);
}

/* A journal begun anew knows less: what we keep goes there again, byte for byte. Dates
 * of storing stay, which tells these batches from those never stored. */
static int refill(struct sb_stream *s,
                  const struct sb_own_stream *own,
                  uint64_t now_ms,
                  struct sb_err *err)
{
    s->row.stored_seq = own->last_seq;
    s->row.stored_epoch = own->epoch_no;
    memcpy(s->row.stored_hash, own->last_hash, SB_HASH);
    s->row.proved_seq = s->row.proved_index = s->row.final_seq = 0;
    int rc = sb_sql_begin(s->env->state, err);
    if (rc)
        return rc;
    rc = sb_sql_do(s->env->state,
                   err,
                   "UPDATE batch SET stored = 0 WHERE stream = ? AND first_seq > ?",
                   "iu",
                   s->row.id,
                   own->last_seq);
    if (!rc)
        rc = sb_outbox_stored(
            s->env->state, s->row.id, own->last_seq, own->last_hash, now_ms, err);
    if (!rc)
        rc = sb_outbox_stored_epoch(s->env->state, s->row.id, own->epoch_no, err);
    if (!rc)
        rc = sb_outbox_proved(s->env->state, &s->row, err);
    if (rc) {
        sb_sql_rollback(s->env->state);
        return rc;
    }
    sb_log(s->env->log,
           SB_LOG_INFO,
           "publish",
           SB_LOG_TEXT("event", "refill"),
           SB_LOG_TEXT("stream", s->name),
           SB_LOG_U64("after", own->last_seq),
           SB_LOG_U64("sealed", s->head_seq));
    return sb_sql_commit(s->env->state, err);
}

/* Where sending begins: after what is stored; in a journal begun anew at the oldest
 * batch that we still keep. */
static int begin_sending(struct sb_stream *s, struct sb_err *err)
{
    uint64_t first = 0;
    s->sent_seq = s->row.stored_seq;
    int rc = sb_outbox_refill_seq(s->env->state, s->row.id, &s->refill_seq, err);
    if (!rc && s->sent_seq == 0)
        rc = sb_outbox_first(s->env->state, s->row.id, &first, err);
    if (!rc && first > 1)
        s->sent_seq = first - 1;
    return rc;
}

/* A claim of somebody else who wrote nothing under it stops the stream, until an
 * operator lets it go on: then a claim of ours comes after it. */
static int
meet_claim(struct sb_stream *s, const struct sb_own_stream *own, struct sb_err *err)
{
    bool passes = false;
    if (!sb_foreign_claim(s, own) || s->claim_no == 0)
        return sb_foreign_over(s, err);
    int rc = sb_foreign_adopted(s, own, &passes, err);
    if (rc || passes)
        return rc;
    rc = sb_foreign_allowed(s, own, &passes, err);
    if (rc)
        return rc;
    s->stale = passes;
    return passes ? 0
                  : stop_with(s,
                              SB_E_FOREIGN_CLAIM,
                              own,
                              "another adapter claims this stream",
                              err);
}

/* The broker stands where our outbox knows: go on after it. */
static int
go_on(struct sb_stream *s, const struct sb_own_stream *own, struct sb_err *err)
{
    int rc = meet_claim(s, own, err);
    if (rc || s->row.stopped)
        return rc;
    if (own->last_seq > s->row.stored_seq) {
        s->row.stored_seq = own->last_seq;
        memcpy(s->row.stored_hash, own->last_hash, SB_HASH);
        s->dirty = true;
    }
    if (own->epoch_no == s->row.stored_epoch)
        return 0;
    s->row.stored_epoch = own->epoch_no;
    return sb_outbox_stored_epoch(s->env->state, s->row.id, own->epoch_no, err);
}

static int
adopt(struct sb_stream *s, const struct sb_own_stream *own, struct sb_err *err)
{
    sb_publish_warn(
        s,
        sb_foreign_claim(s, own) && s->claim_no > 0 ? SB_E_FOREIGN_BATCH : SB_E_BEHIND,
        "the broker holds more of this stream than this state: reading it first");
    int rc = sb_foreign_met(s, own, err);
    if (rc)
        return rc;
    s->adopting = true;
    s->goal = *own;
    s->goal.stream = sb_bytes_str(s->name);
    return sb_adopt_begin(s, err);
}

/* A stream that stopped because the broker had less than it answered goes on when a
 * new journal is that loss's end, or when the broker has it all again. */
static int found_again(struct sb_stream *s,
                       const struct sb_own_stream *own,
                       bool known,
                       bool new_generation,
                       struct sb_err *err)
{
    bool back = known && own->last_seq >= s->row.stored_seq;
    if (s->row.stopped != SB_E_BEHIND || (!new_generation && !back))
        return 0;
    sb_log(s->env->log,
           SB_LOG_INFO,
           "publish",
           SB_LOG_TEXT("event", new_generation ? "begun_anew" : "found_again"),
           SB_LOG_TEXT("stream", s->name),
           SB_LOG_U64("stored", s->row.stored_seq),
           SB_LOG_U64("broker", own->last_seq));
    return lift(s, err);
}

/* Whether the broker stands where our outbox knows; it does where it has nothing. */
static int is_known(const struct sb_stream *s,
                    const struct sb_own_stream *own,
                    bool *out,
                    struct sb_err *err)
{
    *out = own->last_seq == 0;
    return *out
               ? 0
               : sb_outbox_has(
                     s->env->state, s->row.id, own->last_seq, own->last_hash, out, err);
}

int sb_publish_welcome(struct sb_stream *s,
                       const struct sb_own_stream *own,
                       bool new_generation,
                       uint64_t now_ms,
                       struct sb_err *err)
{
    struct sb_own_stream none = {.claim_no = 0};
    if (!own)
        own = &none;
    sb_publish_away(s);
    bool known = false;
    int rc = sb_publish_flush(s, now_ms, err);
    if (!rc)
        rc = is_known(s, own, &known, err);
    if (!rc)
        rc = found_again(s, own, known, new_generation, err);
    if (rc || s->row.stopped)
        return rc;
    if (own->last_seq < s->row.stored_seq) {
        rc =
            new_generation && known
                ? refill(s, own, now_ms, err)
                : stop_with(
                      s, SB_E_BEHIND, own, "the broker has less than it answered", err);
    } else if (known) {
        rc = go_on(s, own, err);
    } else if (own->last_seq > s->row.stored_seq) {
        rc = adopt(s, own, err);
    } else {
        rc = stop_with(s,
                       SB_E_FOREIGN_BATCH,
                       own,
                       "the broker has another batch in its place",
                       err);
    }
    if (rc || s->row.stopped)
        return rc;
    if (own->claim_no > s->claim_no && !s->adopting) {
        sb_publish_warn(
            s, SB_E_FOREIGN_CLAIM, "claimed before by a state that is gone");
        s->stale = true;
    }
    s->welcomed = true;
    s->broker_claim = own->claim_no;
    s->broker_epoch = own->epoch_no;
    return begin_sending(s, err);
}

int sb_publish_adopted(struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_own_stream *goal = &s->goal;
    int rc = sb_publish_flush(s, now_ms, err);
    if (!rc)
        rc = sb_withdraw_moved(s, err);
    if (rc)
        return rc;
    s->row.stored_seq = goal->last_seq;
    s->row.stored_epoch = goal->epoch_no;
    memcpy(s->row.stored_hash, goal->last_hash, SB_HASH);
    /* verified as it was read; what is kept of it is held against later proofs */
    s->row.proved_seq = s->row.final_seq = goal->last_seq;
    s->row.proved_index = 0;
    rc = sb_outbox_proved(s->env->state, &s->row, err);
    if (rc)
        return rc;
    rc = sb_stream_rebase(s, goal->claim_no + 1, now_ms, err);
    if (rc)
        return rc;
    s->adopting = false;
    s->sent_seq = s->row.stored_seq;
    return 0;
}
