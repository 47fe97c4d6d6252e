/* broker.core.evidence: acts, withdrawals, heads and prune records are stored and told
 * to whom they concern; FETCH gives what a delivery would, with paths that hold. */
#include "test/unit/broker_core/scene.h"

static void withdraw(struct scene *c, uint64_t first, uint64_t last, uint64_t annulled)
{
    struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                            .first_seq = first,
                            .last_seq = last,
                            .annulled_by = annulled,
                            .reason = sb_bytes_str("sent by mistake"),
                            .time = c->sim->now};
    sb_withdraw_write(&w, &c->body);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_WITHDRAW);
}

static void act(struct scene *c, const char *who, const char *stream)
{
    struct sb_act a = {.who = sb_bytes_str(who),
                       .act = sb_bytes_str(SB_ACT_DELETE),
                       .stream = sb_bytes_str(stream),
                       .first_seq = 1,
                       .last_seq = 2,
                       .time = c->sim->now};
    sb_act_write(&a, &c->body);
}

static void subscribe(struct scene *c, uint64_t peer, size_t member, const uint8_t *s)
{
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(m.session, s, SB_SESSION);
    m.as.subscribe.name = sb_bytes_str("s");
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    sim_send(c->sim, peer, member, &m);
    m = (struct sb_message){.cmd = SB_CMD_CREDIT};
    memcpy(m.session, s, SB_SESSION);
    m.as.credit.name = sb_bytes_str("s");
    m.as.credit.entries = 64;
    m.as.credit.bytes = SB_MIB;
    sim_send(c->sim, peer, member, &m);
    sim_settle(c->sim);
}

static void acts_are_their_own_institutions(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    act(c, "igm", SIM_STREAM);
    scene_say(c, 1, IGM, igm, SB_CMD_ACT);
    assert_int_equal(scene_verdict(c, 1), 0);
    const struct sb_append *a = &c->sim->entries[c->sim->n_entries - 1].a;
    assert_int_equal(a->kind, SB_KIND_ACT);
    act(c, "pnc", SIM_STREAM);
    scene_say(c, 1, IGM, igm, SB_CMD_ACT);
    assert_int_equal(scene_verdict(c, 1), SB_E_NOT_YOURS);
    act(c, "igm", "pnc/comun.otra");
    scene_say(c, 1, IGM, igm, SB_CMD_ACT);
    assert_int_equal(scene_verdict(c, 1), SB_E_NOT_FOUND);
    scene_end(c);
}

static void withdrawals_stand_in_their_stream(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 4);
    scene_batch(c, 1);
    subscribe(c, 1, IGM, igm);
    scene_drain(c, 0);
    scene_drain(c, 1);
    withdraw(c, 2, 6, 0);
    assert_int_equal(scene_verdict(c, 0), SB_E_RANGE);
    withdraw(c, 2, 3, 6);
    assert_int_equal(scene_verdict(c, 0), SB_E_RANGE);
    withdraw(c, 2, 3, 4);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_STORED);
    assert_int_equal(m->m.as.stored.kind, SB_KIND_PRUNE);
    assert_true(m->m.as.stored.number == 3);
    assert_true(sb_bytes_is(m->m.as.stored.stream, SIM_STREAM));
    sim_mail_free(m);
    /* the reader, at the end of the stream, is given it at once */
    m = sim_expect(c->sim, 1, SB_CMD_ENTRY);
    assert_true(m->m.as.entry.index == c->sim->n_entries - 1);
    assert_int_equal(m->m.payload[3].n, 0);
    sim_mail_free(m);
    /* and one that reads from the beginning is told with the batch */
    uint8_t stcns[SB_SESSION];
    sim_enter(c->sim, 2, STCNS, stcns);
    subscribe(c, 2, STCNS, stcns);
    size_t told = 0;
    size_t batches = 0;
    while ((m = sim_take(c->sim, 2)) != NULL) {
        told += m->m.cmd == SB_CMD_ENTRY ? m->m.as.entry.n_withdrawals : 0;
        batches += m->m.cmd == SB_CMD_ENTRY && m->m.payload[3].n > 0;
        sim_mail_free(m);
    }
    assert_int_equal(told, 1);
    assert_int_equal(batches, 2);
    scene_end(c);
}

static void nobody_withdraws_anothers_events(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 2);
    struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                            .first_seq = 1,
                            .last_seq = 1,
                            .reason = sb_bytes_str("x"),
                            .time = NOW};
    sb_withdraw_write(&w, &c->body);
    scene_say(c, 1, IGM, igm, SB_CMD_WITHDRAW);
    assert_int_equal(scene_verdict(c, 1), SB_E_NOT_YOURS);
    w.last_seq = 2000000;
    sb_withdraw_write(&w, &c->body);
    scene_drain(c, 0);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_WITHDRAW);
    assert_int_equal(scene_verdict(c, 0), SB_E_LIMIT);
    scene_end(c);
}

static void heads(struct scene *c, const char *stream, uint64_t seq)
{
    struct sb_head head = {sb_bytes_str(stream), seq, {0}};
    struct sb_heads list = {&head, 1};
    sb_heads_write(sb_bytes_str("pnc"), &list, c->sim->now, &c->body);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_HEADS);
}

static size_t notices(struct scene *c, uint64_t peer)
{
    size_t n = 0;
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, peer)) != NULL) {
        n += m->m.cmd == SB_CMD_NOTICE;
        sim_mail_free(m);
    }
    return n;
}

static void heads_reach_whoever_reads_the_publisher(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    uint8_t stcns[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    heads(c, "igm/comun.alerta", 1);
    assert_int_equal(scene_verdict(c, 0), SB_E_NOT_YOURS);
    heads(c, SIM_STREAM, 1);
    assert_int_equal(scene_verdict(c, 0), 0);
    struct sim_mail *m = sim_expect(c->sim, 1, SB_CMD_NOTICE);
    struct sb_record r;
    assert_int_equal(sb_record_read(m->m.payload[0], &r, NULL), 0);
    assert_true(sb_bytes_is(sb_record_tag(r.body), "sacbe/heads/1"));
    sim_mail_free(m);
    heads(c, SIM_STREAM, 2);
    scene_tick(c, 1000);
    sim_enter(c->sim, 2, STCNS, stcns); /* later: the newest only */
    assert_int_equal(notices(c, 2), 1);
    assert_int_equal(notices(c, 1), 1);
    assert_int_equal(notices(c, 0), 0);
    /* grants have ended */
    c->sim->now = NOW + 40 * (uint64_t)DAY;
    uint8_t late[SB_SESSION];
    sim_enter(c->sim, 3, STCNS, late);
    assert_int_equal(notices(c, 3), 0);
    scene_end(c);
}

/* A publisher that talks all the time does not fill the queues of its readers. */
static void heads_are_told_once_a_second(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    for (uint64_t i = 1; i <= 50; i++) {
        heads(c, SIM_STREAM, i);
        assert_int_equal(scene_verdict(c, 0), 0);
    }
    assert_int_equal(notices(c, 1), 1);
    scene_tick(c, 1000);
    struct sim_mail *m = sim_expect(c->sim, 1, SB_CMD_NOTICE);
    const struct sb_append *newest = &c->sim->entries[c->sim->n_entries - 1].a;
    assert_true(sb_bytes_eq(m->m.payload[0], newest->record));
    sim_mail_free(m);
    scene_tick(c, 1000);
    assert_int_equal(notices(c, 1), 0);
    scene_end(c);
}

/* Sends the same record again, before and after the first is durable. */
static void what_is_said_again_is_stored_once(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    scene_batch(c, 4);
    scene_drain(c, 0);
    withdraw(c, 2, 3, 4);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_STORED);
    uint64_t index = m->m.as.stored.index;
    sim_mail_free(m);
    struct sb_buf copy = {0};
    sb_buf_put(&copy, c->record.p, c->record.n);
    size_t n = c->sim->n_entries;
    for (size_t i = 0; i < 20; i++) {
        sim_member_record(c->sim, 0, PNC, c->pnc, SB_CMD_WITHDRAW, &copy);
        sim_settle(c->sim);
        m = sim_expect(c->sim, 0, SB_CMD_STORED);
        assert_true(m->m.as.stored.index == index && m->m.as.stored.number == 3);
        sim_mail_free(m);
    }
    assert_int_equal(c->sim->n_entries, n);
    act(c, "pnc", SIM_STREAM);
    sim_sign(c->sim, PNC, &c->body, &copy);
    for (size_t i = 0; i < 3; i++) /* nothing is durable yet */
        sim_member_record(c->sim, 0, PNC, c->pnc, SB_CMD_ACT, &copy);
    assert_null(sim_take(c->sim, 0));
    assert_int_equal(c->sim->n_entries, n + 1);
    sim_settle(c->sim);
    for (size_t i = 0; i < 3; i++) {
        m = sim_expect(c->sim, 0, SB_CMD_STORED);
        assert_true(m->m.as.stored.index == n);
        sim_mail_free(m);
    }
    sb_buf_reset(&c->body);
    sb_buf_free(&copy);
    scene_end(c);
}

static int prune(struct scene *c, uint64_t before, uint64_t below, const char *use)
{
    struct sb_prune p = {.before = before, .below = below, .time = c->sim->now};
    const struct sb_vault *v = c->sim->world->broker;
    struct sb_vault_key k;
    struct sb_input in = {.kind = SB_IN_PRUNE};
    if (strcmp(use, SB_USE_SIGN) == 0)
        v = c->sim->world->members[PNC].vault;
    assert_true(sb_vault_newest(v, use, &k));
    sb_buf_reset(&c->body);
    sb_prune_write(&p, &c->body);
    sb_buf_reset(&c->record);
    assert_int_equal(
        sb_sign_record(
            &c->sim->world->x, v, k.key_id, sb_buf_bytes(&c->body), &c->record, NULL),
        0);
    sb_buf_reset(&c->body);
    in.as.operator_record.record = sb_buf_bytes(&c->record);
    size_t before_answers = c->sim->n_answers;
    sim_step(c->sim, &in);
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_answers, before_answers + 1);
    return c->sim->last_answer.code;
}

static void prunes_need_our_signature_and_the_policy(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sb_arena *arena = sb_arena_new(0);
    scene_batch(c, 2);
    uint64_t now = c->sim->now;
    assert_int_equal(prune(c, now - 20 * (uint64_t)DAY, 3, SB_USE_LOG), SB_E_RETENTION);
    c->sim->world->dir.retention = 10 * (uint64_t)DAY;
    scene_directory(c);
    scene_drain(c, 0);
    assert_int_not_equal(prune(c, now - 20 * (uint64_t)DAY, 3, SB_USE_SIGN), 0);
    assert_int_equal(prune(c, now - 9 * (uint64_t)DAY, 3, SB_USE_LOG), SB_E_RETENTION);
    assert_int_equal(prune(c, now - 20 * (uint64_t)DAY, 999, SB_USE_LOG), SB_E_RANGE);
    assert_int_equal(notices(c, 0), 0);
    assert_int_equal(prune(c, now - 20 * (uint64_t)DAY, 3, SB_USE_LOG), 0);
    assert_int_equal(notices(c, 0), 1);
    assert_int_equal(prune(c, now - 20 * (uint64_t)DAY, 3, SB_USE_LOG), SB_E_EXISTS);
    struct sb_core_status st;
    sim_crash(c->sim);
    assert_int_equal(sb_core_report(c->sim->core, now, arena, &st, NULL), 0);
    assert_true(st.pruned_below == 3);
    sim_enter(c->sim, 1, IGM, c->pnc);
    assert_int_equal(notices(c, 1), 1);
    sb_arena_free(arena);
    scene_end(c);
}

static void
fetch(struct scene *c, uint64_t peer, size_t member, const uint8_t *s, uint64_t seq)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    memcpy(m.session, s, SB_SESSION);
    m.as.fetch.stream = sb_bytes_str(SIM_STREAM);
    m.as.fetch.seq = seq;
    sim_send(c->sim, peer, member, &m);
}

static int fetched(struct scene *c, uint64_t peer)
{
    struct sim_mail *m = sim_expect(c->sim, peer, SB_CMD_FETCHED);
    int code = -(int)m->m.as.fetched.code;
    sim_mail_free(m);
    return code;
}

static void a_batch_is_fetched_with_its_epoch_and_both_paths(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    uint8_t root[SB_HASH];
    uint8_t leaf[SB_HASH];
    struct sb_cts cts;
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 2);
    scene_batch(c, 2);
    fetch(c, 1, IGM, igm, 3);
    assert_int_equal(fetched(c, 1), SB_E_BUSY); /* nothing is signed yet */
    sim_checkpoint(c->sim);
    withdraw(c, 3, 3, 0);
    scene_drain(c, 1);
    fetch(c, 1, IGM, igm, 3);
    sim_settle(c->sim);
    struct sim_mail *m = sim_expect(c->sim, 1, SB_CMD_FETCHED);
    const struct sb_message *f = &m->m;
    struct sb_checkpoint point;
    assert_true(f->as.fetched.code == 0 && f->as.fetched.seq == 3);
    assert_int_equal(
        sb_checkpoint_open(
            f->as.fetched.note, c->sim->world->anchor.log_pk, &point, NULL),
        0);
    sim_root(c->sim, point.size, root);
    assert_memory_equal(root, point.root, SB_HASH);
    sb_tree_leaf(leaf, f->payload[0]);
    assert_true(sb_proof_included(leaf,
                                  f->as.fetched.index,
                                  point.size,
                                  f->as.fetched.path,
                                  f->as.fetched.n_path,
                                  root));
    sb_tree_leaf(leaf, f->as.fetched.epoch_leaf);
    assert_true(sb_proof_included(leaf,
                                  f->as.fetched.epoch_index,
                                  point.size,
                                  f->as.fetched.epoch_path,
                                  f->as.fetched.n_epoch_path,
                                  root));
    assert_int_equal(sb_cts_read(f->payload[3], m->arena, &cts, NULL), 0);
    assert_int_equal(cts.n, 1); /* igm reads publica alone */
    assert_int_equal(f->as.fetched.n_withdrawals, 1);
    sim_mail_free(m);
    fetch(c, 0, PNC, c->pnc, 1); /* the publisher: all of its own */
    sim_settle(c->sim);
    m = sim_expect(c->sim, 0, SB_CMD_FETCHED);
    assert_int_equal(sb_cts_read(m->m.payload[3], m->arena, &cts, NULL), 0);
    assert_int_equal(cts.n, 3);
    sim_mail_free(m);
    scene_end(c);
}

static void a_fetch_that_is_refused_costs_nothing(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 2);
    sim_checkpoint(c->sim);
    scene_batch(c, 2);
    fetch(c, 1, IGM, igm, 5);
    assert_int_equal(fetched(c, 1), SB_E_NOT_FOUND);
    fetch(c, 1, IGM, igm, 4); /* stored, not signed */
    sim_settle(c->sim);
    assert_int_equal(fetched(c, 1), SB_E_BUSY);
    for (int i = 0; i < 9; i++)
        fetch(c, 1, IGM, igm, 1);
    assert_int_equal(fetched(c, 1), SB_E_BUSY); /* the ninth */
    sim_settle(c->sim);
    for (int i = 0; i < 8; i++)
        assert_int_equal(fetched(c, 1), 0);
    c->sim->now = NOW + 40 * (uint64_t)DAY; /* grants have ended */
    fetch(c, 1, IGM, igm, 1);
    assert_int_equal(fetched(c, 1), SB_E_NO_GRANT);
    assert_false(c->sim->dropped[1]);
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_are_their_own_institutions),
        cmocka_unit_test(withdrawals_stand_in_their_stream),
        cmocka_unit_test(nobody_withdraws_anothers_events),
        cmocka_unit_test(heads_reach_whoever_reads_the_publisher),
        cmocka_unit_test(heads_are_told_once_a_second),
        cmocka_unit_test(what_is_said_again_is_stored_once),
        cmocka_unit_test(prunes_need_our_signature_and_the_policy),
        cmocka_unit_test(a_batch_is_fetched_with_its_epoch_and_both_paths),
        cmocka_unit_test(a_fetch_that_is_refused_costs_nothing),
    };
    return cmocka_run_group_tests_name("broker.core.evidence", tests, NULL, NULL);
}
