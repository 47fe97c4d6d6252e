/* COSIGN, CHECKPOINT, and what follows from them for this adapter. */
#include "adapters/engine/evidence.h"

#include <stdio.h>

#include "adapters/engine/state.h"

#define MODULE "evidence"
#define TICK_MS 1000u
#define WRITE_MS 60000u /* a final checkpoint's age is counted in hours */

static void remember(struct sb_evidence *e, const struct sb_checkpoint *c)
{
    if (e->n_recent && e->recent[e->n_recent - 1].size == c->size)
        return;
    if (e->n_recent == SB_EVIDENCE_RECENT) {
        e->n_recent--;
        memmove(e->recent, e->recent + 1, e->n_recent * sizeof e->recent[0]);
    }
    e->recent[e->n_recent++] = *c;
}

static int load(struct sb_evidence *e, struct sb_err *err)
{
    struct sb_env *env = e->env;
    int rc = sb_state_number(env->state, "checkpoint_ms", 0, &env->fresh_ms, err);
    if (!rc)
        rc = sb_state_number(env->state, "final_size", 0, &e->final_size, err);
    if (rc)
        return rc;
    struct sb_checkpoint seen = sb_witness_seen(e->witness, env->trust);
    env->tree_size = seen.size;
    memcpy(env->root, seen.root, SB_HASH);
    if (seen.size)
        remember(e, &seen);
    return 0;
}

/* Fail closed, also over restarts: until the evidence is moved away, or a new
 * generation is opened. */
static void judge_broker(struct sb_evidence *e)
{
    struct sb_err why = {.code = 0};
    e->env->contradicted = sb_witness_contradicted(e->witness, &why);
    if (e->env->contradicted)
        sb_alarm_raise(e->env->alarms, SB_E_SPLIT_VIEW, "", "%s", why.text);
    else
        sb_alarm_clear(e->env->alarms, SB_E_SPLIT_VIEW, "");
}

int sb_evidence_open(struct sb_evidence *e, const char *dir, struct sb_err *err)
{
    int rc = sb_witness_open(&e->witness, dir, e->env->institution, e->env->vault, err);
    if (!rc)
        rc = sb_round_new(&e->round, e->witness, SB_ROUND_AGAIN_MS, err);
    if (!rc)
        rc = load(e, err);
    if (!rc && e->receive)
        rc = sb_receipt_load(e->receive, err);
    if (rc)
        sb_evidence_close(e);
    else
        judge_broker(e);
    return rc;
}

void sb_evidence_close(struct sb_evidence *e)
{
    sb_round_free(e->round);
    sb_witness_close(e->witness);
    e->round = NULL;
    e->witness = NULL;
}

int sb_evidence_welcome(struct sb_evidence *e,
                        bool new_generation,
                        uint64_t now_ms,
                        struct sb_err *err)
{
    sb_round_begin(e->round);
    e->here_ms = now_ms;
    e->asked_mono = 0;
    if (!new_generation)
        return 0;
    e->n_recent = 0;
    e->final_size = 0;
    e->env->tree_size = 0;
    memset(e->env->root, 0, SB_HASH);
    int rc = sb_receipt_forget(e->receive, err);
    return rc ? rc : sb_state_put_number(e->env->state, "final_size", 0, err);
}

void sb_evidence_away(struct sb_evidence *e)
{
    e->here_ms = 0;
}

struct sb_checkpoint sb_evidence_before(struct sb_evidence *e)
{
    struct sb_checkpoint none = {.size = 0};
    return sb_trust_newest(e->env->trust) ? sb_witness_seen(e->witness, e->env->trust)
                                          : none;
}

void sb_evidence_directory(struct sb_evidence *e, const struct sb_checkpoint *before)
{
    const struct sb_dir *dir = sb_trust_newest(e->env->trust);
    const struct sb_dir *old =
        dir ? sb_trust_version(e->env->trust, sb_dir_body(dir)->version - 1) : NULL;
    if (!old || sb_dir_body(dir)->generation == sb_dir_body(old)->generation)
        return;
    struct sb_checkpoint last = {.size = 0};
    struct sb_bytes note = sb_dir_body(dir)->last_final_note;
    if (note.n && sb_checkpoint_text(note, &last, NULL) != 0)
        last.size = 0;
    judge_broker(e);
    if (before->size <= last.size)
        return;
    sb_log(e->env->log,
           SB_LOG_WARNING,
           MODULE,
           SB_LOG_CODE(SB_E_JOURNAL_SHORT),
           SB_LOG_TEXT("text",
                       "the new journal's directory names a shorter one than was"
                       " seen: entries were lost"),
           SB_LOG_U64("generation", sb_dir_body(dir)->generation),
           SB_LOG_U64("lost", before->size - last.size),
           SB_LOG_U64("seen", before->size));
}

static int
fresh(struct sb_evidence *e, const struct sb_final *f, uint64_t now, struct sb_err *err)
{
    struct sb_env *env = e->env;
    uint64_t at = f->quorum == 0 || f->fresh_ms > now ? now : f->fresh_ms;
    if (env->fresh_ms > now) /* our clock was ahead once */
        env->fresh_ms = 0;
    if (!f->final || at <= env->fresh_ms)
        return 0;
    env->fresh_ms = at;
    sb_alarm_clear(env->alarms, SB_E_QUORUM, "");
    if (at - e->fresh_written_ms < WRITE_MS)
        return 0;
    e->fresh_written_ms = at;
    return sb_state_put_number(env->state, "checkpoint_ms", at, err);
}

static bool was_verified(const struct sb_evidence *e, const struct sb_checkpoint *c)
{
    for (size_t i = 0; i < e->n_recent; i++)
        if (e->recent[i].size == c->size &&
            memcmp(e->recent[i].root, c->root, SB_HASH) == 0)
            return true;
    return false;
}

static int
final(struct sb_evidence *e, const struct sb_checkpoint *c, struct sb_err *err)
{
    int rc = 0;
    if (c->size > e->final_size) {
        e->final_size = c->size;
        rc = sb_state_put_number(e->env->state, "final_size", c->size, err);
    }
    for (size_t i = 0; !rc && i < e->n_streams; i++)
        rc = sb_proved_final(&e->streams[i], c->size, err);
    return rc;
}

static struct sb_stream *find(struct sb_evidence *e, struct sb_bytes name)
{
    for (size_t i = 0; i < e->n_streams; i++)
        if (sb_bytes_is(name, e->streams[i].name))
            return &e->streams[i];
    return NULL;
}

/* A path that does not hold proves nothing: the batch stays unproved. */
static int own_streams(struct sb_evidence *e,
                       const struct sb_round_answer *a,
                       const struct sb_message *m,
                       struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < m->as.checkpoint.n_own; i++) {
        const struct sb_own_proof *own = &m->as.checkpoint.own[i];
        struct sb_stream *s = find(e, own->stream);
        struct sb_entry leaf;
        struct sb_err why = {.code = 0};
        if (!s)
            continue; /* of another adapter of this institution */
        bool holds = own->last_seq && sb_round_own(a, m, own, &leaf, &why) == 0;
        if (own->last_seq && !holds)
            sb_log(e->env->log, SB_LOG_WARNING, MODULE, SB_LOG_ERR(&why));
        rc = sb_proved_take(s, own, holds ? &leaf : NULL, err);
    }
    return rc;
}

static int proved(struct sb_evidence *e,
                  const struct sb_round_answer *a,
                  const struct sb_message *m,
                  uint64_t now_ms,
                  uint64_t mono_ms,
                  struct sb_err *err)
{
    e->env->tree_size = a->checkpoint.size;
    memcpy(e->env->root, a->checkpoint.root, SB_HASH);
    remember(e, &a->checkpoint);
    sb_alarm_clear(e->env->alarms, SB_E_UNPROVED, "");
    int rc = own_streams(e, a, m, err);
    if (!rc && e->receive)
        rc = sb_receipt_proved(e->receive, a, m, now_ms, mono_ms, err);
    return rc;
}

int sb_evidence_checkpoint(struct sb_evidence *e,
                           const struct sb_message *m,
                           uint64_t now_ms,
                           uint64_t mono_ms,
                           struct sb_err *err)
{
    struct sb_round_answer a;
    struct sb_err why = {.code = 0};
    if (!sb_trust_newest(e->env->trust))
        return 0;
    int rc = sb_round_take(e->round, e->env->trust, m, now_ms, &a, &why);
    if (rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_DISK_FULL)
        return sb_fail(err, rc, "%s", why.text);
    judge_broker(e);
    if (rc) {
        if (rc != SB_E_SPLIT_VIEW)
            sb_log(e->env->log,
                   SB_LOG_WARNING,
                   MODULE,
                   SB_LOG_ERR(&why),
                   SB_LOG_TEXT("event", "checkpoint_refused"));
        return 0;
    }
    if (!e->env->contradicted && a.proved)
        rc = proved(e, &a, m, now_ms, mono_ms, err);
    if (!rc)
        rc = fresh(e, &a.final, now_ms, err);
    if (!rc && a.final.final && was_verified(e, &a.checkpoint))
        rc = final(e, &a.checkpoint, err);
    return rc;
}

static bool is_witness(const struct sb_evidence *e, uint64_t now_ms)
{
    struct sb_vault_key key;
    return sb_dir_own_key(sb_trust_newest(e->env->trust),
                          e->env->vault,
                          SB_USE_WITNESS,
                          now_ms,
                          &key,
                          NULL) == 0;
}

/* The candidate changes every ten seconds; only a witness has more to say. */
static bool
due(const struct sb_evidence *e, size_t wanted, uint64_t now_ms, uint64_t mono_ms)
{
    uint64_t since = mono_ms - e->asked_mono;
    bool waits = wanted > 0 || sb_round_unproved_ms(e->round) != 0;
    for (size_t i = 0; !waits && i < e->n_streams; i++)
        waits = sb_proved_wanted(&e->streams[i]);
    if (!sb_round_due(e->round, mono_ms))
        return false;
    if (e->asked_mono == 0 || is_witness(e, now_ms))
        return true;
    return since >= (waits ? SB_ROUND_MS : SB_EVIDENCE_IDLE_MS);
}

static int
ask(struct sb_evidence *e, uint64_t now_ms, uint64_t mono_ms, struct sb_err *err)
{
    uint64_t indices[SB_PROVE_MAX];
    const struct sb_dir *dir = sb_trust_newest(e->env->trust);
    if (!dir || sb_dir_body(dir)->generation != e->env->generation)
        return 0; /* its directory is on the way */
    size_t n =
        e->receive ? sb_receipt_wanted(e->receive, mono_ms, indices, SB_PROVE_MAX) : 0;
    if (!due(e, n, now_ms, mono_ms))
        return 0;
    struct sb_message m;
    int rc = sb_round_ask(e->round, e->env->trust, indices, n, &m, err);
    if (!rc)
        rc = e->env->send(e->env->send_ctx, &m, err);
    if (rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION)
        return 0;
    if (!rc) {
        sb_round_asked(e->round, mono_ms);
        e->asked_mono = mono_ms;
    }
    return rc;
}

static void alarms(struct sb_evidence *e, uint64_t now_ms, uint64_t mono_ms)
{
    const struct sb_dir *dir = sb_trust_newest(e->env->trust);
    uint64_t unproved = sb_round_unproved_ms(e->round);
    if (e->here_ms && unproved && mono_ms - unproved > SB_PROVED_WITHIN_MS)
        sb_alarm_raise(e->env->alarms,
                       SB_E_UNPROVED,
                       "",
                       "the broker has not proved its journal for %llu s",
                       (unsigned long long)((mono_ms - unproved) / 1000));
    if (!dir)
        return;
    uint64_t issued = sb_dir_body(dir)->issued;
    uint64_t since = e->env->fresh_ms > issued ? e->env->fresh_ms : issued;
    if (now_ms > since && now_ms - since > SB_EVIDENCE_STALE_MS)
        sb_alarm_raise(e->env->alarms,
                       SB_E_QUORUM,
                       "",
                       "no final checkpoint for %llu hours: sealing stops after %llu",
                       (unsigned long long)((now_ms - since) / 3600000u),
                       (unsigned long long)(sb_dir_body(dir)->freshness / 3600000u));
}

int sb_evidence_tick(struct sb_evidence *e,
                     uint64_t now_ms,
                     uint64_t mono_ms,
                     struct sb_err *err)
{
    int rc = e->here_ms ? ask(e, now_ms, mono_ms, err) : 0;
    if (rc || mono_ms - e->tick_mono < TICK_MS)
        return rc;
    e->tick_mono = mono_ms;
    alarms(e, now_ms, mono_ms);
    if (e->receive)
        rc = sb_receipt_save(e->receive, mono_ms, err);
    for (size_t i = 0; !rc && i < e->n_streams; i++)
        rc = sb_proved_tick(&e->streams[i], e->here_ms, now_ms, err);
    return rc;
}
