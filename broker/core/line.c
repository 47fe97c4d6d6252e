/* Purpose: a cosignature that came: whose it is, of which note, whether it is kept.
 * Invariant: a note takes verified cosignatures of the newest directory's witnesses
 * only; what one witness can make the journal write is bounded by time.
 * Not: when a note is final (round.c). */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define RENEW_MS 10000u          /* between two newer lines of one witness */
#define AHEAD_MS (3600u * 1000u) /* of our clock: a line is believed so far */

/* What is known of a witness; NULL: out of memory, and the step fails. */
static struct witness_seen *seen_of(struct step *s, const struct sb_witness_key *key)
{
    struct witness_seen *at = s->core->rounds.seen;
    while (at && !sb_bytes_is(key->institution, at->institution))
        at = at->next;
    if (at)
        return at;
    at = calloc(1, sizeof *at);
    if (!at) {
        s->out->failed = true;
        return NULL;
    }
    snprintf(at->institution, sizeof at->institution, "%.*s", SB_FMT(key->institution));
    at->next = s->core->rounds.seen;
    s->core->rounds.seen = at;
    return at;
}

/* The note has no line of this witness, or one that is older and may be replaced: each
 * is a commit that all others wait for. */
static bool is_wanted(struct step *s,
                      struct witness_seen *seen,
                      const struct note *note,
                      const struct sb_witness_key *key,
                      uint64_t time_s)
{
    struct sb_witness_key one = *key;
    const struct sb_witness_keys only = {&one, 1};
    uint64_t had = 0;
    if (sb_cosign_times(sb_buf_bytes(&note->text), &only, &had) == 0)
        return true;
    if (had >= time_s ||
        (seen->renewed && s->in->mono_ms - seen->renewed_mono < RENEW_MS))
        return false;
    seen->renewed = true;
    seen->renewed_mono = s->in->mono_ms;
    return true;
}

static int add_line(struct step *s,
                    struct note *note,
                    const struct sb_witness_key *key,
                    struct sb_bytes line,
                    uint64_t time_s,
                    struct sb_err *err)
{
    struct witness_seen *seen = seen_of(s, key);
    if (time_s * 1000 > s->in->now_ms + AHEAD_MS)
        return sb_fail(err,
                       SB_E_COSIGNATURE,
                       "%.*s cosigns %llu s ahead of this broker's clock: one of the "
                       "two clocks is wrong",
                       SB_FMT(key->institution),
                       (unsigned long long)(time_s - s->in->now_ms / 1000));
    if (!seen || !is_wanted(s, seen, note, key, time_s))
        return 0;
    struct sb_buf fresh = {.limit = SB_NOTE_MAX};
    int rc = sb_cosign_add(sb_buf_bytes(&note->text), line, &fresh, err);
    if (rc == 0)
        rc = note_set(note, note->size, note->root, sb_buf_bytes(&fresh), err);
    sb_buf_free(&fresh);
    if (rc != 0)
        return rc;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_COSIGNED);
    e->as.cosigned.size = note->size;
    e->as.cosigned.note = effect_keep(s->out, sb_buf_bytes(&note->text));
    if (note->size >= seen->size) {
        seen->size = note->size;
        seen->time_ms = time_s * 1000;
    }
    round_judge(s, note);
    return 0;
}

/* A note of this size is at hand. One that is not was of a round that is over, or of
 * before a restart: its witnesses bring their lines again, and nothing is wrong. */
static bool is_at_hand(const struct rounds *r, uint64_t size)
{
    bool there = r->final.size == size;
    for (size_t i = 0; i < ROUNDS; i++)
        there = there || r->candidates[i].size == size;
    return there;
}

static int take_line(struct step *s,
                     struct session *from,
                     struct sb_bytes line,
                     uint64_t seen,
                     struct sb_err *err)
{
    struct sb_witness_keys keys;
    const struct sb_witness_key *key = NULL;
    uint64_t time_s = 0;
    if (!round_witnesses(s, &keys))
        return 0;
    for (size_t i = 0; i < keys.n; i++)
        if (sb_bytes_is(keys.items[i].institution, from->institution))
            key = &keys.items[i];
    if (!key)
        return sb_fail(
            err,
            SB_E_COSIGNATURE,
            "%s cosigns, but directory %llu names it as no witness",
            from->institution,
            (unsigned long long)sb_dir_body(sb_trust_newest(s->core->trust))->version);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct note *note = &s->core->rounds.candidates[i];
        if (note->size &&
            sb_cosign_check(
                sb_buf_bytes(&note->text), line, key->name, key->pk, &time_s, err) == 0)
            return add_line(s, note, key, line, time_s, err);
    }
    struct rounds *r = &s->core->rounds; /* final before a restart, perhaps */
    if (r->final.size &&
        sb_cosign_check(
            sb_buf_bytes(&r->final.text), line, key->name, key->pk, &time_s, err) ==
            0) {
        size_t before = s->out->n;
        int rc = add_line(s, &r->final, key, line, time_s, err);
        r->untold = r->untold || s->out->n > before;
        return rc;
    }
    if (seen > 0 && !is_at_hand(r, seen))
        return 0;
    return sb_fail(err,
                   SB_E_COSIGNATURE,
                   "what %s cosigned is no checkpoint of the last rounds",
                   from->institution);
}

void line_cosign(struct step *s,
                 struct session *from,
                 struct sb_bytes line,
                 uint64_t seen)
{
    struct sb_err why;
    int rc = take_line(s, from, line, seen, &why);
    if (rc == SB_E_MEMORY)
        s->out->failed = true;
    else if (rc != 0)
        effect_log(s, from->institution, &why);
}
