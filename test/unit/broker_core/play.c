/* Purpose: one schedule: a publisher and two readers that come and go, send, hear, and
 * check all that they hear. What happens next is chance's or a script's (play_dice). */
#include "test/unit/broker_core/play.h"

static const char *const only_public[] = {"publica", NULL};
static const char *const two_classes[] = {"interna", "publica", NULL};

uint64_t play_fresh_peer(struct play *g)
{
    g->next_peer = g->next_peer % (SIM_PEERS - 1) + 1;
    struct sb_input gone = {.kind = SB_IN_GONE};
    gone.as.gone.peer = g->next_peer;
    sim_step(g->sim, &gone);
    struct sim_mail *m = NULL;
    while ((m = sim_take(g->sim, g->next_peer)) != NULL)
        sim_mail_free(m);
    if (g->peer == g->next_peer)
        g->peer = 0;
    for (size_t i = 0; i < 2; i++)
        if (g->readers[i].peer == g->next_peer)
            g->readers[i].peer = 0;
    return g->next_peer;
}

void play_publisher_enters(struct play *g)
{
    uint64_t peer = play_fresh_peer(g);
    sim_enter(g->sim, peer, PNC, g->session);
    g->peer = peer;
    for (size_t i = g->stored; i < g->n_batches; i++)
        sim_publish(g->sim, g->peer, g->session, &g->batches[i]);
    play_claims_again(g);
}

static void publisher_sends(struct play *g)
{
    sim_batch(g->sim, &g->p, 1 + play_dice(g, 3), &g->batches[g->n_batches++]);
    if (g->peer && !g->held_until)
        sim_publish(g->sim, g->peer, g->session, &g->batches[g->n_batches - 1]);
}

/* What an adapter does that was held: the same again, in order, when it was told to. */
static void publisher_goes_on(struct play *g)
{
    if (!g->held_until || g->sim->now < g->held_until)
        return;
    g->held_until = 0;
    for (size_t i = g->stored; g->peer && i < g->n_batches; i++)
        sim_publish(g->sim, g->peer, g->session, &g->batches[i]);
    if (g->peer)
        play_claims_again(g);
}

/* Refused for a reason of the broker's own. */
static bool is_held(const struct play *g, int code)
{
    bool clock =
        code == sb_code_number(SB_E_DIR_EXPIRED) || code == sb_code_number(SB_E_CLOCK);
    return (g->was_low && code == sb_code_number(SB_E_DISK_LOW)) ||
           (g->was_wrong && clock);
}

static void publisher_refused(struct play *g, const struct sb_message *m)
{
    int code = (int)m->as.refused.code;
    if (!(g->limited && code == sb_code_number(SB_E_QUOTA)) && !is_held(g, code))
        fail_msg("refused: SB-%d", (int)m->as.refused.code);
    assert_true(m->as.refused.expected > 0);
    g->n_held++;
    if (m->as.refused.kind != SB_KIND_HEADS && m->as.refused.kind != SB_KIND_PRUNE)
        g->held_until = g->sim->now + m->as.refused.expected;
}

static void publisher_hears(struct play *g)
{
    struct sim_mail *m = NULL;
    while (g->peer && (m = sim_take(g->sim, g->peer)) != NULL) {
        if (m->m.cmd == SB_CMD_REFUSED)
            publisher_refused(g, &m->m);
        sim_witness_hears(g->sim, &g->witness, &m->m);
        if (m->m.cmd == SB_CMD_STORED)
            play_claim_stored(g, &m->m);
        if (m->m.cmd == SB_CMD_STORED && m->m.as.stored.kind == SB_KIND_BATCH) {
            assert_true(m->m.as.stored.index < g->sim->durable);
            while (g->stored < g->n_batches) {
                struct sb_record r;
                struct sb_batch b;
                assert_int_equal(
                    sb_record_read(
                        sb_buf_bytes(&g->batches[g->stored].record), &r, NULL),
                    0);
                assert_int_equal(sb_batch_read(r.body, &b, NULL), 0);
                if (b.first_seq + b.count - 1 > m->m.as.stored.number)
                    break;
                g->stored++;
            }
        }
        sim_mail_free(m);
    }
}

static void reader_enters(struct play *g, struct reader *r)
{
    uint64_t peer = play_fresh_peer(g);
    sim_enter(g->sim, peer, r->member, r->session);
    r->peer = peer;
    struct sb_head head = {sb_bytes_str(SIM_STREAM), r->seq, {0}};
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(head.batch_hash, r->hash, SB_HASH);
    memcpy(m.session, r->session, SB_SESSION);
    m.as.subscribe.name = sb_bytes_str("s");
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    m.as.subscribe.cursors = (struct sb_heads){&head, r->seq ? 1 : 0};
    sim_send(g->sim, r->peer, r->member, &m);
    r->credit = 0;
}

static void reader_credits(struct play *g, struct reader *r)
{
    if (!r->peer)
        return;
    struct sb_message m = {.cmd = SB_CMD_CREDIT};
    memcpy(m.session, r->session, SB_SESSION);
    m.as.credit.name = sb_bytes_str("s");
    m.as.credit.entries = 1 + play_dice(g, 4);
    m.as.credit.bytes = 100000;
    r->credit += m.as.credit.entries;
    sim_send(g->sim, r->peer, r->member, &m);
}

static void reader_hears(struct play *g, struct reader *r)
{
    struct sim_mail *m = NULL;
    while (r->peer && (m = sim_take(g->sim, r->peer)) != NULL) {
        if (m->m.cmd == SB_CMD_REFUSED) {
            int code = (int)m->m.as.refused.code;
            bool held = is_held(g, code);
            if (!held && (code != sb_code_number(SB_E_FORK) || r->lies == 0))
                fail_msg("reader refused: SB-%d", code);
            r->lies -= held ? 0 : 1;
        }
        if (m->m.cmd != SB_CMD_ENTRY) {
            sim_witness_hears(g->sim, &r->witness, &m->m);
            sim_mail_free(m);
            continue;
        }
        assert_true(r->credit > 0);
        assert_true(m->m.as.entry.index < g->sim->durable);
        r->credit--;
        struct sb_record record;
        struct sb_batch b;
        struct sb_cts cts;
        assert_int_equal(sb_record_read(m->m.payload[1], &record, NULL), 0);
        if (sb_bytes_is(sb_record_tag(record.body), "sacbe/batch/1")) {
            assert_int_equal(sb_batch_read(record.body, &b, NULL), 0);
            assert_int_equal(b.first_seq, r->seq + 1);
            assert_memory_equal(b.prev, r->hash, SB_HASH);
            assert_int_equal(sb_cts_read(m->m.payload[3], m->arena, &cts, NULL), 0);
            size_t want = 0;
            while (r->classes[want]) {
                assert_true(sb_bytes_is(cts.classes[want].name, r->classes[want]));
                want++;
            }
            assert_int_equal(cts.n, want);
            r->seq = b.first_seq + b.count - 1;
            assert_int_equal(sb_record_hash(r->hash, record.body, NULL), 0);
        }
        sim_mail_free(m);
    }
}

void play_crash(struct play *g)
{
    sim_crash(g->sim);
    g->peer = 0;
    g->readers[0].peer = g->readers[1].peer = 0;
}

void play_clock(struct play *g)
{
    static const int64_t skews[] = {0, 60 * (int64_t)DAY, -2 * (int64_t)DAY};
    struct sb_input tick = {.kind = SB_IN_TICK};
    g->sim->skew = skews[play_dice(g, 3)];
    g->was_wrong = true;
    sim_step(g->sim, &tick);
}

void play_roll(struct play *g)
{
    struct reader *r = &g->readers[play_dice(g, 2)];
    size_t size = 0;
    switch (play_dice(g, 20)) {
    case 0:
    case 1:
    case 2:
        if (g->n_batches < STEPS && !g->claiming)
            publisher_sends(g);
        break;
    case 3:
        play_publisher_enters(g);
        break;
    case 4:
    case 5:
        reader_credits(g, r);
        break;
    case 6:
        reader_enters(g, r);
        break;
    case 7:
        size = g->sim->durable + play_dice(g, 3);
        sim_commit(g->sim, size < g->sim->n_entries ? size : g->sim->n_entries);
        break;
    case 8:
        sim_commit(g->sim, g->sim->n_entries);
        break;
    case 9:
    case 10:
        sim_answer(g->sim);
        break;
    case 11:
        if (play_dice(g, 4) == 0)
            play_crash(g);
        break;
    case 12:
        play_claims(g);
        break;
    case 13:
        play_receipt(g, r);
        break;
    default:
        play_roll_evidence(g);
        break;
    }
    publisher_goes_on(g);
    publisher_hears(g);
    reader_hears(g, &g->readers[0]);
    reader_hears(g, &g->readers[1]);
}

static void finish(struct play *g)
{
    g->sim->skew = 0;
    play_publisher_enters(g);
    for (int turn = 0; turn < 3; turn++) { /* batches, claim, epoch */
        sim_settle(g->sim);
        publisher_hears(g);
        for (int i = 0; g->held_until && i < STEPS; i++) {
            g->sim->now = g->held_until;
            publisher_goes_on(g);
            sim_settle(g->sim);
            publisher_hears(g);
        }
    }
    assert_int_equal(g->stored, g->n_batches);
    assert_int_equal(g->claiming, 0);
    for (size_t i = 0; i < 2; i++) {
        reader_enters(g, &g->readers[i]);
        uint64_t last = g->p.next_seq - 1;
        for (int turn = 0; turn < 2 * STEPS && g->readers[i].seq < last; turn++) {
            reader_credits(g, &g->readers[i]);
            sim_settle(g->sim);
            reader_hears(g, &g->readers[i]);
        }
        assert_int_equal(g->readers[i].seq, last);
    }
}

/* Two witnesses are enough once they are there: the newest checkpoint becomes final. */
static void finish_evidence(struct play *g)
{
    struct reader *r = &g->readers[0];
    sim_checkpoint(g->sim);
    g->sim->now += 11000;
    play_publisher_enters(g);
    reader_enters(g, r);
    for (int turn = 0; turn < 2; turn++) {
        sim_witness_ask(g->sim, &g->witness, g->peer, PNC, g->session, 1);
        sim_witness_ask(g->sim, &r->witness, r->peer, r->member, r->session, 1);
        sim_settle(g->sim);
        publisher_hears(g);
        reader_hears(g, r);
    }
    play_final_never_shrinks(g);
    assert_true(g->final_size == g->sim->notes[g->sim->n_notes - 1].size);
}

void play_begin(struct play *g, uint32_t seed)
{
    struct sb_buf record = {0};
    *g = (struct play){.seed = seed * 2654435761u + 1, .limited = seed % 4 == 0};
    g->limit = (struct sb_limit){sb_bytes_str("events_s.pnc"), 1 + seed % 3};
    g->sim = sim_new();
    g->sim->world->dir.quorum = 1 + seed % 2;
    g->sim->world->dir.retention = DAY;
    g->sim->world->dir.expires = NOW + 50 * (uint64_t)DAY;
    g->sim->now = NOW + 3 * (uint64_t)DAY; /* so that two days back keys are valid */
    g->sim->world->dir.limits = &g->limit;
    g->sim->world->dir.n_limits = g->limited ? 1 : 0;
    world_publish(g->sim->world);
    sim_crash(g->sim); /* a core with the directory that has a quorum */
    g->readers[0] = (struct reader){.member = IGM, .classes = only_public};
    g->readers[1] = (struct reader){.member = STCNS, .classes = two_classes};
    play_publisher_enters(g);
    sim_claim(g->sim, &g->p, &record);
    sim_record(g->sim, g->peer, g->session, SB_CMD_CLAIM, &record);
    sim_epoch(g->sim, &g->p, &record);
    sim_record(g->sim, g->peer, g->session, SB_CMD_EPOCH, &record);
    sim_settle(g->sim);
    sb_buf_free(&record);
}

void play_finish(struct play *g)
{
    finish(g);
    finish_evidence(g);
    play_trees_are_ours(g);
}

void play_end(struct play *g)
{
    for (size_t i = 0; i < g->n_batches; i++)
        sim_batch_free(&g->batches[i]);
    sb_secrets_free(g->p.secrets);
    sb_buf_free(&g->witness.candidate);
    sb_buf_free(&g->readers[0].witness.candidate);
    sb_buf_free(&g->readers[1].witness.candidate);
    sb_buf_free(&g->body);
    sb_buf_free(&g->record);
    sb_buf_free(&g->claim);
    sim_free(g->sim);
}
