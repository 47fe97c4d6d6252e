/* Own streams in the broker's tree. */
#include "adapters/engine/proved.h"

#include <stdio.h>

#define AWAY_MS 3600000u /* a broker that is never there long enough proves nothing */

/* Fail closed: somebody else writes in our name. */
static int foreign(struct sb_stream *s,
                   int code,
                   const struct sb_own_proof *own,
                   const char *text,
                   struct sb_err *err)
{
    char evidence[512 + 2 * SB_HASH];
    char instance[2 * SB_INSTANCE + 1];
    char leaf[2 * SB_HASH + 1];
    uint8_t hash[SB_HASH];
    sb_sha256(hash, own->leaf);
    sb_hex(instance, own->instance, SB_INSTANCE);
    sb_hex(leaf, hash, SB_HASH);
    (void)snprintf(evidence,
                   sizeof evidence,
                   "%s; broker's journal (entry %llu of %llu entries verified): claim"
                   " %llu of instance %s, last %llu, SHA-256 of the leaf %s",
                   text,
                   (unsigned long long)own->index,
                   (unsigned long long)s->env->tree_size,
                   (unsigned long long)own->claim_no,
                   instance,
                   (unsigned long long)own->last_seq,
                   leaf);
    sb_publish_warn(s, code, evidence);
    return sb_publish_stop(s, code, sb_bytes_str(evidence), err);
}

/* A claim of a state that is gone is known from WELCOME and is outbid. */
static bool is_ours(const struct sb_stream *s, const struct sb_own_proof *own)
{
    uint64_t known = s->claim_no > s->broker_claim ? s->claim_no : s->broker_claim;
    if (own->claim_no > known)
        return false;
    return own->claim_no != s->claim_no || own->claim_no == 0 || s->stale ||
           memcmp(own->instance, s->row.instance, SB_INSTANCE) == 0;
}

/* Whether the journal's batch is the one that we sent; one from before what this outbox
 * keeps has nothing to be held against. */
static int same_batch(struct sb_stream *s,
                      const struct sb_own_proof *own,
                      const struct sb_entry *leaf,
                      bool *out,
                      struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    uint64_t first = 0;
    int rc = sb_outbox_record_hash(s->env->state, s->row.id, own->last_seq, hash, err);
    if (rc == 1) {
        *out = memcmp(hash, leaf->record_hash, SB_HASH) == 0;
        return 0;
    }
    if (!rc)
        rc = sb_outbox_first(s->env->state, s->row.id, &first, err);
    if (!rc)
        *out = own->last_seq <= s->row.stored_seq && (!first || own->last_seq < first);
    return rc;
}

int sb_proved_take(struct sb_stream *s,
                   const struct sb_own_proof *own,
                   const struct sb_entry *leaf,
                   struct sb_err *err)
{
    bool same = false;
    if (!s->welcomed || s->adopting || s->row.stopped)
        return 0;
    if (!is_ours(s, own))
        return foreign(
            s, SB_E_FOREIGN_CLAIM, own, "another adapter claims this stream", err);
    if (!leaf || own->last_seq == 0)
        return 0;
    int rc = same_batch(s, own, leaf, &same, err);
    if (rc)
        return rc;
    if (!same)
        return foreign(s,
                       SB_E_FOREIGN_BATCH,
                       own,
                       "the journal holds a batch of this stream that is not ours",
                       err);
    if (own->last_seq <= s->row.proved_seq)
        return 0;
    s->row.proved_seq = own->last_seq;
    s->row.proved_index = own->index;
    if (s->next_final_seq <= s->row.final_seq) {
        s->next_final_seq = own->last_seq;
        s->next_final_index = own->index;
    }
    if (!sb_proved_wanted(s))
        sb_alarm_clear(s->env->alarms, SB_E_UNPROVED, s->name);
    return sb_outbox_proved(s->env->state, &s->row, err);
}

int sb_proved_final(struct sb_stream *s, uint64_t size, struct sb_err *err)
{
    if (s->row.final_seq >= s->row.proved_seq)
        return 0;
    uint64_t before = s->row.final_seq;
    if (size > s->row.proved_index)
        s->row.final_seq = s->row.proved_seq;
    else if (s->next_final_seq > before && size > s->next_final_index)
        s->row.final_seq = s->next_final_seq;
    if (s->row.final_seq == before)
        return 0;
    s->next_final_seq = s->row.proved_seq;
    s->next_final_index = s->row.proved_index;
    return sb_outbox_proved(s->env->state, &s->row, err);
}

int sb_proved_tick(struct sb_stream *s,
                   uint64_t here_ms,
                   uint64_t now_ms,
                   struct sb_err *err)
{
    uint64_t stored = 0;
    if (!sb_proved_wanted(s)) {
        sb_alarm_clear(s->env->alarms, SB_E_UNPROVED, s->name);
        return 0;
    }
    int rc = sb_outbox_unproved_ms(s->env->state, &s->row, &stored, err);
    if (rc || stored == 0)
        return rc;
    uint64_t since = here_ms > stored ? here_ms : stored;
    bool due = here_ms && now_ms > since && now_ms - since > SB_PROVED_WITHIN_MS;
    bool long_ago = now_ms > stored && now_ms - stored > AWAY_MS;
    if (due || long_ago)
        sb_alarm_raise(s->env->alarms,
                       SB_E_UNPROVED,
                       s->name,
                       "%s: the broker stored events up to %llu and has proved only"
                       " those up to %llu",
                       s->name,
                       (unsigned long long)s->row.stored_seq,
                       (unsigned long long)s->row.proved_seq);
    else
        sb_alarm_clear(s->env->alarms, SB_E_UNPROVED, s->name);
    return 0;
}
