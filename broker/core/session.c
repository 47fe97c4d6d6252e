/* Purpose: who is connected, and the proof that it is who it says (HELLO, CHALLENGE,
 * PROVE, WELCOME).
 * Invariant: nothing but HELLO, PROVE and BYE is heard outside an open session. */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

struct session *session_by_peer(const struct sb_core *core, uint64_t peer)
{
    struct session *at = core->sessions;
    while (at && at->peer != peer)
        at = at->next;
    return at;
}

void session_end(struct sb_core *core, struct session *session)
{
    struct session **at = &core->sessions;
    while (*at && *at != session)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = session->next;
    feed_free(session->subscriptions);
    free(session);
}

void session_refuse(struct step *s,
                    struct session *to,
                    enum sb_kind kind,
                    struct sb_bytes stream,
                    const uint8_t *hash,
                    uint64_t expected,
                    const struct sb_err *why)
{
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.kind = kind;
    m.as.refused.stream = stream;
    if (hash)
        memcpy(m.as.refused.hash, hash, SB_HASH);
    m.as.refused.code = (uint64_t)sb_code_number(why->code);
    m.as.refused.expected = expected;
    effect_reply(s, to, &m);
    to->refused++;
    s->core->refused++;
    effect_log(s, to->institution, why);
}

/* A refusal to a peer that has no session. */
static void turn_away(struct step *s, const char *institution, const struct sb_err *why)
{
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.code = (uint64_t)sb_code_number(why->code);
    effect_send(s, s->in->as.message.peer, &m);
    effect_log(s, institution, why);
    effect_drop(s, s->in->as.message.peer);
    s->core->refused++;
}

static void hello(struct step *s, const struct sb_message *m)
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
        turn_away(s, name, &why);
        return;
    }
    struct session *old = session_by_peer(core, s->in->as.message.peer);
    if (old)
        session_end(core, old);
    struct session *fresh = calloc(1, sizeof *fresh);
    if (!fresh) {
        s->out->failed = true;
        return;
    }
    fresh->peer = s->in->as.message.peer;
    fresh->held_version = m->as.hello.directory_version;
    fresh->heard_mono = s->in->mono_ms;
    fresh->since_ms = s->in->now_ms;
    memcpy(fresh->curve_pk, pk, SB_PK);
    memcpy(fresh->nonce, s->in->as.message.random, SB_CHALLENGE_NONCE);
    memcpy(fresh->institution, name, sizeof name);
    snprintf(
        fresh->version, sizeof fresh->version, "%.*s", SB_FMT(m->as.hello.version));
    fresh->next = core->sessions;
    core->sessions = fresh;
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

static void prove(struct step *s, struct session *session, const struct sb_message *m)
{
    struct sb_err why;
    if (session->state == SESSION_OPEN)
        sb_fail(&why, SB_E_PROOF, "%s proves itself twice", session->institution);
    else if (judge_proof(s, session, m, &why) == 0) {
        session->state = SESSION_OPEN;
        memcpy(session->id, s->in->as.message.random, SB_SESSION);
        welcome(s, session);
        return;
    }
    turn_away(s, session->institution, &why);
    session_end(s->core, session);
}

static void who(struct step *s)
{
    struct sb_message m = {.cmd = SB_CMD_WHO};
    effect_send(s, s->in->as.message.peer, &m);
}

static void malformed(struct step *s, struct session *session, const struct sb_err *why)
{
    s->core->malformed++;
    struct sb_bytes member = sb_dir_by_curve(
        sb_trust_newest(s->core->trust), s->in->as.message.curve_pk, s->in->now_ms);
    char name[SB_CODE_MAX + 1];
    snprintf(name, sizeof name, "%.*s", SB_FMT(member));
    struct sb_err said;
    sb_fail(&said, SB_E_MALFORMED, "%s", why->text);
    turn_away(s, name, &said);
    if (session)
        session_end(s->core, session);
}

/* Commands of an open session; false when the command is none of a client's. */
static bool command(struct step *s,
                    struct session *session,
                    struct sb_message *m,
                    struct sb_arena *arena)
{
    struct sb_message pong = {.cmd = SB_CMD_PONG};
    switch ((unsigned)m->cmd) {
    case SB_CMD_CLAIM:
        accept_claim(s, session, m);
        return true;
    case SB_CMD_EPOCH:
        accept_epoch(s, session, m);
        return true;
    case SB_CMD_PUBLISH:
        accept_publish(s, session, m, arena);
        return true;
    case SB_CMD_REGRANT:
    case SB_CMD_HEADS:
    case SB_CMD_RECEIPT:
    case SB_CMD_REJECT:
    case SB_CMD_ACT:
    case SB_CMD_WITHDRAW:
        accept_statement(s, session, m);
        return true;
    case SB_CMD_COSIGN:
        cosign_message(s, session, m);
        return true;
    case SB_CMD_FETCH:
        fetch_message(s, session, m);
        return true;
    case SB_CMD_SUBSCRIBE:
        feed_subscribe(s, session, m);
        return true;
    case SB_CMD_CREDIT:
        feed_credit(s, session, m);
        return true;
    case SB_CMD_APPLIED:
        feed_applied(s, session, m);
        return true;
    case SB_CMD_PING:
        effect_reply(s, session, &pong);
        return true;
    default:
        return false;
    }
}

static void in_session(struct step *s, struct session *session, struct sb_message *m)
{
    struct sb_err why;
    session->heard_mono = s->in->mono_ms;
    bool records = m->cmd == SB_CMD_CLAIM || m->cmd == SB_CMD_EPOCH ||
                   m->cmd == SB_CMD_PUBLISH || m->cmd == SB_CMD_REGRANT ||
                   m->cmd == SB_CMD_HEADS || m->cmd == SB_CMD_RECEIPT ||
                   m->cmd == SB_CMD_REJECT || m->cmd == SB_CMD_ACT ||
                   m->cmd == SB_CMD_WITHDRAW;
    if (s->core->stopping && records) {
        sb_fail(&why, SB_E_STOPPING, "the broker is stopping");
        session_refuse(s, session, 0, sb_bytes(NULL, 0), NULL, 0, &why);
        return;
    }
    if (command(s, session, m, s->out->arena))
        return;
    sb_fail(
        &why, SB_E_MALFORMED, "%s is no command of a client", sb_command_text(m->cmd));
    malformed(s, session, &why);
}

void session_message(struct step *s)
{
    struct sb_message m;
    struct sb_err why;
    struct session *session = session_by_peer(s->core, s->in->as.message.peer);
    if (session && memcmp(session->curve_pk, s->in->as.message.curve_pk, SB_PK) != 0) {
        session_end(s->core, session);
        session = NULL;
    }
    if (sb_message_read(&s->in->as.message.frames, s->out->arena, &m, &why) != 0) {
        malformed(s, session, &why);
        return;
    }
    if (m.cmd == SB_CMD_HELLO) {
        hello(s, &m);
        return;
    }
    if (session && m.cmd == SB_CMD_PROVE) {
        prove(s, session, &m);
        return;
    }
    if (!session || session->state != SESSION_OPEN ||
        memcmp(session->id, m.session, SB_SESSION) != 0) {
        if (m.cmd != SB_CMD_BYE)
            who(s);
        return;
    }
    if (m.cmd == SB_CMD_BYE) {
        uint64_t peer = session->peer;
        session_end(s->core, session);
        effect_drop(s, peer);
        return;
    }
    in_session(s, session, &m);
}

void session_tick(struct step *s)
{
    struct session *next = NULL;
    for (struct session *at = s->core->sessions; at; at = next) {
        next = at->next;
        if (s->in->mono_ms - at->heard_mono <= s->core->config.session_ms)
            continue;
        effect_drop(s, at->peer);
        session_end(s->core, at);
    }
}

void session_review(struct step *s)
{
    const struct sb_dir *dir = sb_trust_newest(s->core->trust);
    struct session *next = NULL;
    for (struct session *at = s->core->sessions; at; at = next) {
        next = at->next;
        struct sb_bytes member = sb_dir_by_curve(dir, at->curve_pk, s->in->now_ms);
        if (sb_bytes_is(member, at->institution))
            continue;
        struct sb_err why;
        sb_fail(&why,
                sb_dir_curve_refusal(dir, at->curve_pk, s->in->now_ms),
                "directory %llu ends the session of %s",
                (unsigned long long)sb_dir_body(dir)->version,
                at->institution);
        session_refuse(s, at, 0, sb_bytes(NULL, 0), NULL, 0, &why);
        effect_drop(s, at->peer);
        session_end(s->core, at);
    }
}

void session_push_directory(struct step *s, uint64_t version)
{
    const struct sb_dir *d = sb_trust_version(s->core->trust, version);
    for (struct session *at = s->core->sessions; d && at; at = at->next) {
        if (at->state != SESSION_OPEN)
            continue;
        struct sb_message m = {.cmd = SB_CMD_DIRECTORY, .n_payload = 1};
        m.payload[0] = sb_dir_record(d);
        effect_reply(s, at, &m);
        for (struct subscription *sub = at->subscriptions; sub; sub = sub->next)
            feed_refresh(s, at, sub);
    }
    round_review(s);
    feed_all(s);
}
