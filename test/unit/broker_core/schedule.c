/* broker.core.schedule: thousands of random schedules. Whatever the order of commits,
 * answers, disconnections, crashes and resends: nothing is lost, nothing comes twice in
 * a session, nothing passes the credit, nothing goes to a class that is not granted.
 * In every fourth the publisher has a quota: it waits as told, and readers never are.
 * Among cosignatures, withdrawals, heads and prunes every proof holds, no false line is
 * kept (sim_evidence.c, play_evidence.c) and the final checkpoint never shrinks. */
#include "test/unit/broker_core/play.h"

#define SCHEDULES 1000

static const char *const only_public[] = {"publica", NULL};
static const char *const two_classes[] = {"interna", "publica", NULL};

static uint64_t fresh_peer(struct play *g)
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

static void publisher_enters(struct play *g)
{
    uint64_t peer = fresh_peer(g);
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

static void publisher_refused(struct play *g, const struct sb_message *m)
{
    if (!g->limited || (int)m->as.refused.code != sb_code_number(SB_E_QUOTA))
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
    uint64_t peer = fresh_peer(g);
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
            if ((int)m->m.as.refused.code != sb_code_number(SB_E_FORK) || r->lies == 0)
                fail_msg("reader refused: SB-%d", (int)m->m.as.refused.code);
            r->lies--;
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

static void crash(struct play *g)
{
    sim_crash(g->sim);
    g->peer = 0;
    g->readers[0].peer = g->readers[1].peer = 0;
}

static void roll(struct play *g)
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
        publisher_enters(g);
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
            crash(g);
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
    publisher_enters(g);
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
        for (int turn = 0; turn < 2 * STEPS; turn++) {
            reader_credits(g, &g->readers[i]);
            sim_settle(g->sim);
            reader_hears(g, &g->readers[i]);
        }
        assert_int_equal(g->readers[i].seq, g->p.next_seq - 1);
    }
}

/* Two witnesses are enough once they are there: the newest checkpoint becomes final. */
static void finish_evidence(struct play *g)
{
    struct reader *r = &g->readers[0];
    sim_checkpoint(g->sim);
    g->sim->now += 11000;
    publisher_enters(g);
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

static size_t one_schedule(uint32_t seed)
{
    struct sb_limit limit = {sb_bytes_str("events_s.pnc"), 1 + seed % 3};
    struct play g = {.seed = seed * 2654435761u + 1, .limited = seed % 4 == 0};
    struct sb_buf record = {0};
    g.sim = sim_new();
    g.sim->world->dir.quorum = 1 + seed % 2;
    g.sim->world->dir.retention = DAY;
    g.sim->world->dir.limits = &limit;
    g.sim->world->dir.n_limits = g.limited ? 1 : 0;
    world_publish(g.sim->world);
    sim_crash(g.sim); /* a core with the directory that has a quorum */
    g.readers[0] = (struct reader){.member = IGM, .classes = only_public};
    g.readers[1] = (struct reader){.member = STCNS, .classes = two_classes};
    publisher_enters(&g);
    sim_claim(g.sim, &g.p, &record);
    sim_record(g.sim, g.peer, g.session, SB_CMD_CLAIM, &record);
    sim_epoch(g.sim, &g.p, &record);
    sim_record(g.sim, g.peer, g.session, SB_CMD_EPOCH, &record);
    sim_settle(g.sim);
    for (int i = 0; i < STEPS; i++)
        roll(&g);
    finish(&g);
    finish_evidence(&g);
    play_trees_are_ours(&g);
    for (size_t i = 0; i < g.n_batches; i++)
        sim_batch_free(&g.batches[i]);
    sb_secrets_free(g.p.secrets);
    sb_buf_free(&g.witness.candidate);
    sb_buf_free(&g.readers[0].witness.candidate);
    sb_buf_free(&g.readers[1].witness.candidate);
    sb_buf_free(&g.body);
    sb_buf_free(&g.record);
    sb_buf_free(&g.claim);
    sb_buf_free(&record);
    sim_free(g.sim);
    return g.n_held;
}

static void nothing_is_lost_and_nothing_comes_twice(void **state)
{
    (void)state;
    size_t held = 0;
    for (uint32_t seed = 1; seed <= SCHEDULES; seed++)
        held += one_schedule(seed);
    assert_true(held > SCHEDULES); /* quotas were met often */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_nothing_comes_twice),
    };
    return cmocka_run_group_tests_name("broker.core.schedule", tests, NULL, NULL);
}
