/* Purpose: what may come from a peer that is hostile or broken, and the bounds that
 * must hold all the same. It has keys of its own, never the publisher's. */
#include "test/fuzz/core_rogue.h"

#include "broker/core/core_impl.h"
#include "broker/core/share.h"
#include "test/fuzz/fuzz.h"

static void forget(struct rogue *r)
{
    r->peer = 0;
    r->entries = 0;
}

/* Somebody else may have got the number of its peer since. */
static bool is_here(struct rogue *r, const struct play *g)
{
    if (r->peer == 0 || r->peer == g->peer || r->peer == g->readers[0].peer ||
        r->peer == g->readers[1].peer || !session_by_peer(g->sim->core, r->peer))
        forget(r);
    return r->peer != 0;
}

static void enters(struct rogue *r, struct play *g)
{
    r->member = play_dice(g, 2) ? IGM : STCNS;
    uint64_t peer = play_fresh_peer(g);
    forget(r);
    sim_enter(g->sim, peer, r->member, r->session);
    r->peer = peer;
}

static void say(struct rogue *r, struct play *g, struct sb_message *m)
{
    memcpy(m->session, r->session, SB_SESSION);
    sim_send(g->sim, r->peer, r->member, m);
}

static void subscribes(struct rogue *r, struct play *g)
{
    struct sb_bytes types[] = {sb_bytes_str("comun.alerta"),
                               sb_bytes_str("comun.otra")};
    struct sb_head head = {sb_bytes_str(SIM_STREAM), play_dice(g, 12), {0}};
    char name[] = {(char)('a' + play_dice(g, 26)), (char)('a' + play_dice(g, 26)), 0};
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    m.as.subscribe.name = sb_bytes_str(name);
    m.as.subscribe.types = (struct sb_codes){types, 1 + play_dice(g, 2)};
    m.as.subscribe.cursors = (struct sb_heads){&head, play_dice(g, 2)};
    say(r, g, &m);
    struct sb_message credit = {.cmd = SB_CMD_CREDIT};
    credit.as.credit.name = m.as.subscribe.name;
    credit.as.credit.entries = play_dice(g, 8);
    credit.as.credit.bytes = play_dice(g, 2) ? SB_CREDIT_BYTES_MAX : play_dice(g, 9);
    r->entries += credit.as.credit.entries;
    if (is_here(r, g))
        say(r, g, &credit);
}

static void applies(struct rogue *r, struct play *g)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), play_dice(g, 255), {0}};
    char name[] = {(char)('a' + play_dice(g, 26)), 'a', 0};
    struct sb_message m = {.cmd = SB_CMD_APPLIED};
    m.as.applied.name = sb_bytes_str(name);
    m.as.applied.heads = (struct sb_heads){&head, 1};
    say(r, g, &m);
}

/* A record that stands in the journal, said again by one whose it is not. */
static void repeats(struct rogue *r, struct play *g)
{
    static const enum sb_command commands[] = {SB_CMD_CLAIM,
                                               SB_CMD_EPOCH,
                                               SB_CMD_PUBLISH,
                                               SB_CMD_WITHDRAW,
                                               SB_CMD_HEADS,
                                               SB_CMD_RECEIPT,
                                               SB_CMD_REJECT,
                                               SB_CMD_REGRANT,
                                               SB_CMD_ACT};
    struct sb_message m = {.cmd = commands[play_dice(g, 9)]};
    const struct sb_append *a =
        &g->sim->entries[play_dice(g, 255) % g->sim->n_entries].a;
    struct sb_buf changed = {0};
    sb_buf_put(&changed, a->record.p, a->record.n);
    if (play_dice(g, 2))
        changed.p[play_dice(g, 255) % changed.n] ^= (uint8_t)(1 + play_dice(g, 255));
    m.n_payload = sb_message_payloads(m.cmd);
    m.payload[0] = sb_buf_bytes(&changed);
    if (m.n_payload > 1) {
        const struct sim_batch *b = &g->batches[0];
        m.payload[1] = g->n_batches ? sb_buf_bytes(&b->items) : m.payload[0];
        m.payload[2] = g->n_batches ? sb_buf_bytes(&b->cts) : m.payload[0];
    }
    say(r, g, &m);
    sb_buf_free(&changed);
}

static void fetches(struct rogue *r, struct play *g)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    m.as.fetch.stream = sb_bytes_str(play_dice(g, 4) ? SIM_STREAM : "pnc/comun.otra");
    m.as.fetch.seq = play_dice(g, 40);
    for (uint32_t i = 0; i < 12 && is_here(r, g); i++)
        say(r, g, &m);
}

static void cosigns(struct rogue *r, struct play *g)
{
    uint64_t indices[] = {play_dice(g, 9), 9u + play_dice(g, 99), UINT64_MAX};
    struct sim_ask ask = {.seen = play_dice(g, 64), .indices = indices, .n = 3};
    uint8_t noise[24];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)play_dice(g, 256);
    ask.said = sb_bytes(noise, play_dice(g, sizeof noise));
    sim_cosign(g->sim, r->peer, r->member, r->session, ask);
}

/* Frames of the script's own bytes. */
static void babbles(struct rogue *r, struct play *g, bool known)
{
    struct sb_input in = {.kind = SB_IN_MESSAGE};
    uint8_t noise[64];
    uint8_t pk[SB_PK] = {0};
    uint8_t random[SB_CHALLENGE_NONCE] = {1};
    struct sb_vault_key k;
    enum sb_command cmd = (enum sb_command)(1 + play_dice(g, SB_CMD_FETCHED));
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)play_dice(g, 256);
    fuzz_must(
        sb_vault_newest(g->sim->world->members[r->member].vault, SB_USE_CURVE, &k),
        "a key");
    memcpy(pk, known ? k.pk : noise, known ? SB_PK : 20);
    struct sb_frames *f = &in.as.message.frames;
    *f = (struct sb_frames){.n = 4 + sb_message_payloads(cmd)};
    f->f[0] = sb_bytes_str(SB_PROTOCOL);
    f->f[1] = sb_bytes_str(sb_command_text(cmd));
    f->f[2] = sb_bytes(known ? r->session : noise, SB_SESSION);
    f->f[3] = sb_bytes(noise, play_dice(g, 40));
    for (size_t i = 4; i < f->n; i++)
        f->f[i] = sb_bytes(noise + 8, play_dice(g, 50));
    in.as.message.peer = known && r->peer ? r->peer : play_fresh_peer(g);
    in.as.message.curve_pk = pk;
    in.as.message.random = random;
    sim_step(g->sim, &in);
}

void rogue_roll(struct rogue *r, struct play *g)
{
    uint32_t what = play_dice(g, 12);
    if (what == 0 || (!is_here(r, g) && what < 10))
        enters(r, g);
    if (!is_here(r, g) || what >= 10)
        babbles(r, g, false);
    else if (what < 4)
        subscribes(r, g);
    else if (what == 4)
        applies(r, g);
    else if (what < 7)
        repeats(r, g);
    else if (what == 7)
        fetches(r, g);
    else if (what == 8)
        cosigns(r, g);
    else
        babbles(r, g, true);
}

static void hear_entry(struct rogue *r, struct play *g, struct sim_mail *m)
{
    static const char *const allowed[] = {"publica", "interna"};
    struct sb_cts cts = {.n = 0};
    fuzz_must(r->entries > 0, "an entry within credit");
    r->entries--;
    fuzz_must(m->m.as.entry.index < g->sim->durable, "an entry that is durable");
    if (m->m.payload[3].n == 0)
        return;
    fuzz_must(sb_cts_read(m->m.payload[3], m->arena, &cts, NULL) == 0, "ciphertexts");
    for (size_t i = 0; i < cts.n; i++)
        fuzz_must(
            sb_bytes_is(cts.classes[i].name, allowed[0]) ||
                (r->member == STCNS && sb_bytes_is(cts.classes[i].name, allowed[1])),
            "nothing of a class that is not granted");
}

static size_t count_questions(const struct sim *s)
{
    size_t n = 0;
    for (const struct sim_question *q = s->questions; q; q = q->next)
        n++;
    return n;
}

static void credit_is_sound(const struct session *at)
{
    size_t n = 0;
    for (const struct subscription *sub = at->subscriptions; sub; sub = sub->next) {
        n++;
        fuzz_must(sub->entries <= SB_CREDIT_ENTRIES_MAX &&
                      sub->bytes <= SB_CREDIT_BYTES_MAX,
                  "credit is neither negative nor too much");
        fuzz_must(sub->n_feeds <= 1, "one feed for one stream");
    }
    fuzz_must(n <= SB_SUBSCRIPTIONS_MAX, "subscriptions are bounded");
}

/* Each thing that is remembered waits for an answer that is on its way, belongs to a
 * session, or is one of few per member. */
static void memory_is_bounded(const struct sim *s)
{
    const struct sb_core *core = s->core;
    size_t asks = 0;
    size_t unasked = 0;
    size_t sessions = 0;
    size_t lags = 0;
    for (const struct session *at = core->sessions; at; at = at->next, sessions++)
        credit_is_sound(at);
    for (const struct lookup *l = core->lookups; l; l = l->next) {
        asks += l->asked;
        unasked += !l->asked;
    }
    for (const struct proof_ask *p = core->proofs; p; p = p->next)
        asks++;
    for (const struct fetch_ask *f = core->fetches; f; f = f->next)
        asks++;
    for (const struct lag *l = core->lags; l; l = l->next)
        lags++;
    fuzz_must(asks <= count_questions(s), "what was asked is waited for");
    fuzz_must(core->questions.n == count_questions(s) + unasked,
              "every question is counted until its answer");
    for (const struct share *at = core->shares; at; at = at->next)
        fuzz_must(at->questions <= QUESTIONS_MAX, "questions are bounded");
    fuzz_must(sessions <= SIM_PEERS, "one session of a peer");
    fuzz_must(lags <= MEMBERS * SB_SUBSCRIPTION_CURSORS, "lags are bounded");
    fuzz_must(core->n_streams == 1, "nobody made a stream");
    fuzz_must(core->durable <= core->size, "what is durable was accepted");
    fuzz_must(core->first_wait <= core->n_waits, "answers wait in a queue");
}

void rogue_judge(struct rogue *r, struct play *g)
{
    struct sim_mail *m = NULL;
    while (is_here(r, g) && (m = sim_take(g->sim, r->peer)) != NULL) {
        if (m->m.cmd == SB_CMD_ENTRY)
            hear_entry(r, g, m);
        sim_mail_free(m);
    }
    memory_is_bounded(g->sim);
}

/* Once everybody has gone and every question was answered, no session leaves anything
 * but what is kept per member. */
void rogue_end(struct rogue *r, struct play *g)
{
    forget(r);
    for (uint64_t peer = 0; peer < SIM_PEERS; peer++) {
        struct sb_input gone = {.kind = SB_IN_GONE};
        gone.as.gone.peer = peer;
        sim_step(g->sim, &gone);
    }
    sim_settle(g->sim);
    const struct sb_core *core = g->sim->core;
    fuzz_must(!core->sessions && !core->lookups && !core->proofs && !core->fetches,
              "nothing is remembered of who has gone");
    fuzz_must(core->first_wait == core->n_waits, "nobody waits");
    memory_is_bounded(g->sim);
}
