/* Purpose: the proof that a peer is who it says: HELLO, CHALLENGE, PROVE, WELCOME.
 * Invariant: a session opens only for an active member's CURVE key and a fresh
 * signature by its sign key. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdio.h>
#include <stdlib.h>

void session_turn_away(struct step *s,
                       const char *institution,
                       const struct sb_err *why)
{
    if (why->code == SB_E_MEMORY) {
        s->out->failed = true;
        return;
    }
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.code = (uint64_t)sb_code_number(why->code);
    if (why->code == SB_E_QUOTA)
        m.as.refused.expected = share_retry(s->core, institution);
    if (why->code == SB_E_VERSION_SKEW)
        m.as.refused.expected = sb_revisions.newest;
    share_refused(s->core, institution, why->code);
    effect_send(s, s->in->as.message.peer, &m);
    effect_log(s, institution, why);
    effect_drop(s, s->in->as.message.peer);
    s->core->refused++;
}

/* 0 and the revision of the session, or a refusal that names both programs. */
static int agree(const char *institution,
                 const struct sb_message *m,
                 uint64_t *out,
                 struct sb_err *err)
{
    struct sb_revisions theirs = m->as.hello.revisions;
    uint64_t common = sb_revision_common(sb_revisions, theirs);
    if (common == 0)
        return sb_fail(err,
                       SB_E_VERSION_SKEW,
                       "%s runs version %.*s (protocol revisions %llu to %llu), this "
                       "broker %s (%llu to %llu): more than one release apart; install "
                       "the newer one at the older side",
                       institution,
                       SB_FMT(m->as.hello.version),
                       (unsigned long long)theirs.oldest,
                       (unsigned long long)theirs.newest,
                       SB_VERSION,
                       (unsigned long long)sb_revisions.oldest,
                       (unsigned long long)sb_revisions.newest);
    *out = common;
    return 0;
}

/* A session that waits for its proof. */
static struct session *
challenged(struct step *s, const struct sb_message *m, const char *name)
{
    struct session *fresh = calloc(1, sizeof *fresh);
    if (!fresh) {
        s->out->failed = true;
        return NULL;
    }
    fresh->peer = s->in->as.message.peer;
    fresh->held_version = m->as.hello.directory_version;
    fresh->heard_mono = s->in->mono_ms;
    fresh->since_ms = s->in->now_ms;
    fresh->newer = m->as.hello.revisions.newest > sb_revisions.newest;
    memcpy(fresh->curve_pk, s->in->as.message.curve_pk, SB_PK);
    memcpy(fresh->nonce, s->in->as.message.random, SB_CHALLENGE_NONCE);
    snprintf(fresh->institution, sizeof fresh->institution, "%s", name);
    snprintf(
        fresh->version, sizeof fresh->version, "%.*s", SB_FMT(m->as.hello.version));
    fresh->next = s->core->sessions;
    s->core->sessions = fresh;
    return fresh;
}

void session_hello(struct step *s, const struct sb_message *m)
{
    struct sb_core *core = s->core;
    const struct sb_dir *dir = sb_trust_newest(core->trust);
    const uint8_t *pk = s->in->as.message.curve_pk;
    struct sb_bytes member = sb_dir_by_curve(dir, pk, s->in->now_ms);
    struct sb_err why;
    char name[SB_CODE_MAX + 1];
    snprintf(name, sizeof name, "%.*s", SB_FMT(member));
    if (core->stopping || member.n == 0 ||
        !sb_bytes_eq(member, m->as.hello.institution)) {
        int code = core->stopping  ? SB_E_STOPPING
                   : member.n == 0 ? sb_dir_curve_refusal(dir, pk, s->in->now_ms)
                                   : SB_E_IDENTITY;
        sb_fail(&why,
                code,
                "a key of \"%s\" says that it is \"%.*s\"",
                name,
                SB_FMT(m->as.hello.institution));
        session_turn_away(s, name, &why);
        return;
    }
    struct session *old = session_by_peer(core, s->in->as.message.peer);
    if (old)
        session_end(core, old);
    uint64_t revision = 0;
    if (agree(name, m, &revision, &why) != 0) {
        session_turn_away(s, name, &why);
        return;
    }
    struct session *fresh = challenged(s, m, name);
    if (!fresh)
        return;
    fresh->revision = revision;
    struct sb_message challenge = {.cmd = SB_CMD_CHALLENGE};
    memcpy(challenge.as.challenge.nonce, fresh->nonce, SB_CHALLENGE_NONCE);
    effect_send(s, fresh->peer, &challenge);
}

static int judge_proof(struct step *s,
                       const struct session *session,
                       const struct sb_message *m,
                       struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(s->core->trust);
    struct sb_card_key key;
    int rc = sb_dir_key(dir,
                        sb_bytes_str(session->institution),
                        SB_USE_SIGN,
                        m->as.prove.key_id,
                        s->in->now_ms,
                        &key,
                        err);
    if (rc != 0)
        return rc;
    uint8_t said[SB_PK + SB_PK + SB_CHALLENGE_NONCE];
    memcpy(said, sb_dir_body(dir)->curve_pk, SB_PK);
    memcpy(said + SB_PK, session->curve_pk, SB_PK);
    memcpy(said + 2 * SB_PK, session->nonce, SB_CHALLENGE_NONCE);
    if (sb_verify_bytes(sb_trust_exchange(s->core->trust),
                        key.pk,
                        "sacbe/prove/1",
                        sb_bytes(said, sizeof said),
                        m->as.prove.sig))
        return 0;
    return sb_fail(
        err, SB_E_PROOF, "the proof of %s does not hold", session->institution);
}

static int
by_stream(struct step *s, const struct session *session, struct sb_message *m)
{
    size_t n = 0;
    struct sb_core *core = s->core;
    struct sb_own_stream *own =
        sb_arena_alloc(s->out->arena, core->n_streams, sizeof *own);
    if (!own)
        return SB_E_MEMORY;
    for (size_t i = 0; i < core->n_streams; i++) {
        const struct stream *st = core->streams[i];
        if (!sb_bytes_is(st->institution, session->institution))
            continue;
        struct sb_own_stream *o = &own[n++];
        o->stream = sb_bytes_str(st->name);
        o->claim_no = st->claim_no;
        memcpy(o->instance, st->instance, SB_INSTANCE);
        o->last_seq = st->last_seq;
        memcpy(o->last_hash, st->last_hash, SB_HASH);
        o->epoch_no = st->epoch_no;
        memcpy(o->epoch_hash, st->epoch_hash, SB_HASH);
    }
    m->as.welcome.streams = own;
    m->as.welcome.n_streams = n;
    return 0;
}

static void welcome(struct step *s, struct session *session)
{
    struct sb_core *core = s->core;
    struct sb_message m = {.cmd = SB_CMD_WELCOME};
    uint64_t newest = sb_dir_body(sb_trust_newest(core->trust))->version;
    m.as.welcome.generation = core->config.generation;
    m.as.welcome.directory_version = newest;
    m.as.welcome.event_max = SB_EVENT_MAX;
    m.as.welcome.batch_max = SB_BATCH_MAX;
    m.as.welcome.tree_size = core->rounds.newest.size;
    memcpy(m.as.welcome.root, core->rounds.newest.root, SB_HASH);
    m.as.welcome.revision = session->revision;
    m.as.welcome.newest = sb_revisions.newest;
    m.as.welcome.version = sb_bytes_str(SB_VERSION);
    if (by_stream(s, session, &m) != 0) {
        s->out->failed = true;
        return;
    }
    effect_reply(s, session, &m);
    for (uint64_t v = session->held_version + 1; v <= newest && v != 0; v++) {
        const struct sb_dir *d = sb_trust_version(core->trust, v);
        if (!d)
            continue;
        struct sb_message dir = {.cmd = SB_CMD_DIRECTORY, .n_payload = 1};
        dir.payload[0] = sb_dir_record(d);
        effect_reply(s, session, &dir);
    }
    round_welcome(s, session);
    notice_welcome(s, session);
}

void session_prove(struct step *s, struct session *session, const struct sb_message *m)
{
    struct sb_err why;
    if (session->state == SESSION_OPEN)
        sb_fail(&why, SB_E_PROOF, "%s proves itself twice", session->institution);
    else if (judge_proof(s, session, m, &why) == 0 &&
             share_connect(s, session, &why) == 0) {
        session->state = SESSION_OPEN;
        memcpy(session->id, s->in->as.message.random, SB_SESSION);
        welcome(s, session);
        return;
    }
    session_turn_away(s, session->institution, &why);
    session_end(s->core, session);
}
