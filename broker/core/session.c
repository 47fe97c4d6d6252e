/* Purpose: who is connected, what it may say, and when it is cut off.
 * Invariant: nothing but HELLO, PROVE and BYE is heard outside an open session. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

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
    tree_free(session->trees);
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
    if (why->code == SB_E_MEMORY) { /* ours, never a peer's fault: the step fails */
        s->out->failed = true;
        return;
    }
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.kind = kind;
    m.as.refused.stream = stream;
    if (hash)
        memcpy(m.as.refused.hash, hash, SB_HASH);
    m.as.refused.code = (uint64_t)sb_code_number(why->code);
    m.as.refused.expected =
        why->code == SB_E_QUOTA ? share_retry(s->core, to->institution) : expected;
    effect_reply(s, to, &m);
    to->refused++;
    s->core->refused++;
    share_refused(s->core, to->institution, why->code);
    if (share_is_news(s->core, to->institution, why->code))
        effect_log(s, to->institution, why);
}

static void who(struct step *s)
{
    struct sb_message m = {.cmd = SB_CMD_WHO};
    effect_send(s, s->in->as.message.peer, &m);
}

static void malformed(struct step *s, struct session *session, const struct sb_err *why)
{
    if (why->code == SB_E_MEMORY) {
        s->out->failed = true;
        return;
    }
    s->core->malformed++;
    struct sb_bytes member = sb_dir_by_curve(
        sb_trust_newest(s->core->trust), s->in->as.message.curve_pk, s->in->now_ms);
    char name[SB_CODE_MAX + 1];
    snprintf(name, sizeof name, "%.*s", SB_FMT(member));
    struct sb_err said;
    sb_fail(&said, SB_E_MALFORMED, "%s", why->text);
    session_turn_away(s, name, &said);
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
    if (room_refuses(s, session, m) || command(s, session, m, s->out->arena))
        return;
    sb_fail(
        &why, SB_E_MALFORMED, "%s is no command of a client", sb_command_text(m->cmd));
    malformed(s, session, &why);
}

/* In its session, a program of a later release; what it says that we do not know ends
 * nothing. */
static bool is_newer(const struct step *s, const struct session *session)
{
    return session && session->newer && session->state == SESSION_OPEN &&
           memcmp(session->id, s->in->as.message.frames.f[2].p, SB_SESSION) == 0;
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
    int rc = sb_message_read(&s->in->as.message.frames, s->out->arena, &m, &why);
    if (rc == SB_E_VERSION_SKEW && is_newer(s, session)) {
        session->heard_mono = s->in->mono_ms;
        effect_log(s, session->institution, &why);
        return;
    }
    if (rc != 0) {
        malformed(s, session, &why);
        return;
    }
    if (m.cmd == SB_CMD_HELLO) {
        session_hello(s, &m);
        return;
    }
    if (session && m.cmd == SB_CMD_PROVE) {
        session_prove(s, session, &m);
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
