/* Purpose: which signed checkpoint is to be cosigned now, which one is final.
 * Invariant: within a round all see the same candidate; the final size never falls.
 * Not: who may cosign, and how often (line.c). */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUND_MS 10000u /* between two candidates while one waits for its quorum */
#define PAUSE_MS 1000u  /* between two candidates in any case */
#define TELL_MS 10000u  /* between two tellings of one final note */

int note_set(struct note *to,
             uint64_t size,
             const uint8_t root[SB_HASH],
             struct sb_bytes text,
             struct sb_err *err)
{
    struct sb_buf fresh = {0};
    sb_buf_put(&fresh, text.p, text.n);
    int rc = sb_buf_check(&fresh, err);
    if (rc != 0) {
        sb_buf_free(&fresh);
        return rc;
    }
    sb_buf_free(&to->text);
    to->text = fresh;
    to->size = size;
    memcpy(to->root, root, SB_HASH);
    return 0;
}

static void set(struct step *s, struct note *to, const struct note *from)
{
    struct sb_err err;
    if (note_set(to, from->size, from->root, sb_buf_bytes(&from->text), &err) != 0)
        s->out->failed = true;
}

void round_free(struct rounds *r)
{
    sb_buf_free(&r->newest.text);
    sb_buf_free(&r->final.text);
    for (size_t i = 0; i < ROUNDS; i++)
        sb_buf_free(&r->candidates[i].text);
    while (r->seen) {
        struct witness_seen *next = r->seen->next;
        free(r->seen);
        r->seen = next;
    }
}

const struct note *round_note(const struct sb_core *core, uint64_t size)
{
    for (size_t i = 0; i < ROUNDS; i++)
        if (size && core->rounds.candidates[i].size == size)
            return &core->rounds.candidates[i];
    return NULL;
}

static void tell(struct step *s, const struct note *note)
{
    struct sb_bytes text = effect_keep(s->out, sb_buf_bytes(&note->text));
    for (struct session *at = s->core->sessions; at; at = at->next) {
        if (at->state != SESSION_OPEN)
            continue;
        struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
        m.payload[0] = text;
        effect_reply(s, at, &m);
    }
}

static void tell_final(struct step *s)
{
    struct rounds *r = &s->core->rounds;
    tell(s, &r->final);
    r->told_mono = s->in->mono_ms;
    r->untold = false;
}

void round_welcome(struct step *s, const struct session *to)
{
    if (s->core->rounds.final.size == 0)
        return;
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    m.payload[0] = effect_keep(s->out, sb_buf_bytes(&s->core->rounds.final.text));
    effect_reply(s, to, &m);
}

bool round_witnesses(struct step *s, struct sb_witness_keys *keys)
{
    struct sb_err err;
    int rc = sb_dir_witnesses(
        sb_trust_newest(s->core->trust), s->in->now_ms, s->out->arena, keys, &err);
    if (rc != 0)
        s->out->failed = true;
    return rc == 0;
}

static uint64_t
count(struct step *s, const struct note *note, const struct sb_witness_keys *keys)
{
    uint64_t *times = sb_arena_alloc(s->out->arena, keys->n, sizeof *times);
    if (!times) {
        s->out->failed = true;
        return 0;
    }
    return sb_cosign_times(sb_buf_bytes(&note->text), keys, times);
}

void round_judge(struct step *s, const struct note *note)
{
    struct rounds *r = &s->core->rounds;
    uint64_t quorum = sb_dir_body(sb_trust_newest(s->core->trust))->quorum;
    struct sb_witness_keys keys;
    bool known = note->size == r->final.size &&
                 sb_bytes_eq(sb_buf_bytes(&note->text), sb_buf_bytes(&r->final.text));
    if (note->size < r->final.size || note->size == 0 || known)
        return;
    bool larger = note->size > r->final.size;
    if (larger && quorum > 0 &&
        (!round_witnesses(s, &keys) || count(s, note, &keys) < quorum))
        return;
    set(s, &r->final, note);
    r->final_ms = s->in->now_ms;
    if (larger && quorum > 0)
        tell_final(s);
    else if (larger) /* everybody has it: it went out when it was signed */
        r->told_mono = s->in->mono_ms;
    else
        r->untold = true;
}

static void begin(struct step *s)
{
    struct rounds *r = &s->core->rounds;
    struct note oldest = r->candidates[ROUNDS - 1];
    memmove(r->candidates + 1, r->candidates, (ROUNDS - 1) * sizeof oldest);
    r->candidates[0] = oldest;
    set(s, &r->candidates[0], &r->newest);
    r->began_mono = s->in->mono_ms;
    for (size_t i = 0; i < s->core->n_streams; i++)
        s->core->streams[i]->in_candidate = s->core->streams[i]->in_signed;
    round_judge(s, &r->candidates[0]);
}

void round_look(struct step *s)
{
    struct rounds *r = &s->core->rounds;
    uint64_t since = s->in->mono_ms - r->began_mono;
    uint64_t now = r->candidates[0].size;
    bool is_final = now > 0 && r->final.size >= now;
    if (r->newest.size > now &&
        (now == 0 || since >= ROUND_MS || (is_final && since >= PAUSE_MS)))
        begin(s);
    if (r->untold && s->in->mono_ms - r->told_mono >= TELL_MS)
        tell_final(s);
}

void round_review(struct step *s)
{
    for (size_t i = ROUNDS; i > 0; i--)
        round_judge(s, &s->core->rounds.candidates[i - 1]);
}

void round_signed(struct step *s)
{
    struct rounds *r = &s->core->rounds;
    struct sb_err err;
    struct sb_bytes text = s->in->as.checkpoint.note;
    uint64_t size = s->in->as.checkpoint.size;
    const uint8_t *root = s->in->as.checkpoint.root;
    if (r->final.size == size && memcmp(r->final.root, root, SB_HASH) == 0)
        set(s, &r->newest, &r->final);
    else if (note_set(&r->newest, size, root, text, &err) != 0)
        s->out->failed = true;
    stream_signed(s->core, size);
    tell(s, &r->newest);
    if (sb_dir_body(sb_trust_newest(s->core->trust))->quorum == 0)
        round_judge(s, &r->newest);
    round_look(s);
}

int sb_core_restore_final(struct sb_core *core,
                          struct sb_bytes note,
                          struct sb_err *err)
{
    struct sb_checkpoint c;
    int rc = sb_trust_checkpoint(core->trust, core->config.generation, note, &c, err);
    if (rc == 0 && c.size > core->config.size)
        rc = sb_fail(err,
                     SB_E_JOURNAL_SHORT,
                     "the final checkpoint is of %llu entries, the journal has %llu",
                     (unsigned long long)c.size,
                     (unsigned long long)core->config.size);
    if (rc == 0)
        rc = note_set(&core->rounds.final, c.size, c.root, note, err);
    if (rc == 0)
        core->rounds.final_ms = core->config.stored_ms;
    return rc;
}
