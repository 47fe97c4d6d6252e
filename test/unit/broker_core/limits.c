/* broker.core.limits: an institution over its share is told when to come back, loses
 * nothing by it, and no other feels it. */
#include "broker/core/report.h"
#include "test/unit/broker_core/scene.h"

/* The directory's limits from now on. */
static void set_limits(struct scene *c, struct sb_limit *limits, size_t n)
{
    c->sim->world->dir.limits = limits;
    c->sim->world->dir.n_limits = n;
    scene_directory(c);
    scene_drain(c, 0);
}

/* 0 for STORED, else the code; *expected of a refusal. */
static int answer(struct scene *c, uint64_t *expected)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 0)) != NULL) {
        bool stored = m->m.cmd == SB_CMD_STORED;
        bool refused = m->m.cmd == SB_CMD_REFUSED;
        int code = refused ? -(int)m->m.as.refused.code : 0;
        *expected = refused ? m->m.as.refused.expected : 0;
        sim_mail_free(m);
        if (stored || refused)
            return code;
    }
    fail_msg("no answer came");
    return 0;
}

static int send(struct scene *c, const struct sim_batch *b, uint64_t *expected)
{
    sim_publish(c->sim, 0, c->pnc, b);
    sim_settle(c->sim);
    return answer(c, expected);
}

static int act(struct scene *c, uint64_t peer, size_t member, const uint8_t *session)
{
    const char *who = member == PNC ? "pnc" : "igm";
    struct sb_act a = {.who = sb_bytes_str(who),
                       .act = sb_bytes_str(SB_ACT_DELETE),
                       .stream = sb_bytes_str(SIM_STREAM),
                       .first_seq = 1,
                       .last_seq = 1,
                       .time = c->sim->now + c->sim->n_entries}; /* never the same */
    sb_act_write(&a, &c->body);
    scene_say(c, peer, member, session, SB_CMD_ACT);
    return scene_verdict(c, peer);
}

static void over_the_rate_is_told_when(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("events_s"), 10}};
    struct scene *c = scene_begin(0);
    struct sim_batch b[12];
    uint64_t expected = 0;
    set_limits(c, limits, 1);
    for (size_t i = 0; i < 12; i++)
        sim_batch(c->sim, &c->p, 10, &b[i]);
    size_t n = 0;
    while (n < 12 && send(c, &b[n], &expected) == 0)
        n++;
    assert_int_equal(n, 7); /* of a hundred a quarter is kept for what is urgent */
    assert_in_range(expected, 250, 1000);
    size_t entries = c->sim->n_entries;
    uint64_t later = 0;
    assert_int_equal(send(c, &b[n + 1], &later), SB_E_QUOTA); /* not a gap */
    assert_int_equal(later, expected);
    assert_int_equal(c->sim->n_entries, entries);
    c->sim->now += expected;
    for (; n < 12; n++) {
        while (send(c, &b[n], &expected) != 0)
            c->sim->now += expected;
    }
    assert_int_equal(c->sim->n_entries, entries + 5);
    for (size_t i = 0; i < 12; i++)
        sim_batch_free(&b[i]);
    scene_end(c);
}

static void the_others_feel_nothing(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("bytes_s"), 1000}};
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    uint64_t expected = 0;
    struct sim_batch b;
    set_limits(c, limits, 1);
    sim_enter(c->sim, 1, IGM, igm);
    do {
        sim_batch(c->sim, &c->p, 8, &b);
        if (send(c, &b, &expected) != 0)
            break;
        sim_batch_free(&b);
    } while (true);
    sim_batch_free(&b);
    assert_int_equal(act(c, 1, IGM, igm), 0);
    assert_int_equal(act(c, 0, PNC, c->pnc), 0); /* the reserve */
    int code = 0;
    for (int i = 0; i < 100 && code == 0; i++)
        code = act(c, 0, PNC, c->pnc);
    assert_int_equal(code, SB_E_QUOTA); /* statements are counted too */
    assert_int_equal(act(c, 1, IGM, igm), 0);
    scene_end(c);
}

static void the_same_again_is_free(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("events_s.pnc"), 1}};
    struct scene *c = scene_begin(0);
    struct sim_batch b;
    uint64_t expected = 0;
    set_limits(c, limits, 1);
    sim_batch(c->sim, &c->p, 5, &b);
    for (int i = 0; i < 50; i++)
        assert_int_equal(send(c, &b, &expected), 0);
    sim_batch_free(&b);
    scene_end(c);
}

static const struct sb_share_info *share_of(const struct sb_core_status *st,
                                            const char *who)
{
    size_t i = 0;
    while (i < st->n_shares && !sb_bytes_is(st->shares[i].institution, who))
        i++;
    assert_in_range(i + 1, 1, st->n_shares);
    return &st->shares[i];
}

static void the_journals_share_is_counted_and_kept(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_core_status st;
    struct sim_batch b;
    struct sim_batch next;
    uint64_t expected = 0;
    sim_batch(c->sim, &c->p, 3, &b);
    assert_int_equal(send(c, &b, &expected), 0);
    assert_int_equal(sb_core_report(c->sim->core, c->sim->now, arena, &st, NULL), 0);
    const struct sb_share_info *pnc = share_of(&st, "pnc");
    assert_true(pnc->journal_bytes > b.record.n + b.items.n + b.cts.n);
    assert_int_equal(pnc->events, 5); /* a claim and an epoch are one each */
    assert_int_equal(pnc->connections, 1);
    struct sb_limit limits[] = {
        {sb_bytes_str("journal_bytes"), pnc->journal_bytes + 9}};
    set_limits(c, limits, 1);
    sim_batch(c->sim, &c->p, 1, &next);
    assert_int_equal(send(c, &next, &expected), SB_E_QUOTA);
    assert_int_equal(expected, 60000);
    sb_arena_reset(arena);
    assert_int_equal(sb_core_report(c->sim->core, c->sim->now, arena, &st, NULL), 0);
    pnc = share_of(&st, "pnc");
    assert_int_equal(pnc->n_refusals, 1);
    assert_int_equal(pnc->refusals[0].code, SB_E_QUOTA);
    assert_int_equal(pnc->refusals[0].n, 1);
    assert_int_equal(pnc->limits[SB_QUOTA_JOURNAL], limits[0].value);
    set_limits(c, NULL, 0);
    assert_int_equal(send(c, &next, &expected), 0);
    sim_crash(c->sim); /* what stands in the journal is told at the start */
    assert_int_equal(
        sb_core_restore_use(c->sim->core, sb_bytes_str("pnc"), 12345, NULL), 0);
    sb_arena_reset(arena);
    assert_int_equal(sb_core_report(c->sim->core, c->sim->now, arena, &st, NULL), 0);
    assert_int_equal(share_of(&st, "pnc")->journal_bytes, 12345);
    sb_arena_free(arena);
    sim_batch_free(&b);
    sim_batch_free(&next);
    scene_end(c);
}

static void connections_are_counted(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("connections.pnc"), 2}};
    struct scene *c = scene_begin(0);
    uint8_t second[SB_SESSION];
    uint8_t igm[SB_SESSION];
    set_limits(c, limits, 1);
    sim_enter(c->sim, 1, PNC, second);
    assert_int_equal(sim_try_enter(c->sim, 2, PNC, second), SB_E_QUOTA);
    assert_true(c->sim->dropped[2]);
    sim_enter(c->sim, 3, IGM, igm);
    struct sb_input gone = {.kind = SB_IN_GONE};
    gone.as.gone.peer = 1;
    sim_step(c->sim, &gone);
    sim_enter(c->sim, 4, PNC, second);
    scene_end(c);
}

static int regrant(struct scene *c, const char *reader, const char *class_name)
{
    struct sb_bytes name = sb_bytes_str(class_name);
    struct sb_regrant_epoch epoch = {.epoch_no = 1, .classes = {&name, 1}};
    struct sb_regrant r = {.stream = sb_bytes_str(SIM_STREAM),
                           .reader = sb_bytes_str(reader),
                           .epochs = &epoch,
                           .n_epochs = 1,
                           .ct = sb_bytes_str("a sealed box")};
    struct sb_buf core = {0};
    sb_regrant_core_write(&r, &core);
    r.core_bytes = sb_buf_bytes(&core);
    sb_regrant_write(&r, &c->body);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_REGRANT);
    sb_buf_free(&core);
    return scene_verdict(c, 0);
}

static void history_goes_only_where_a_grant_does(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    assert_int_equal(regrant(c, "igm", "publica"), 0);
    assert_int_equal(regrant(c, "igm", "interna"), SB_E_NO_GRANT);
    assert_int_equal(regrant(c, "stcns", "interna"), 0);
    assert_int_equal(regrant(c, "nadie", "publica"), SB_E_NO_GRANT);
    assert_int_equal(regrant(c, "pnc", "interna"), 0);
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_the_rate_is_told_when),
        cmocka_unit_test(the_others_feel_nothing),
        cmocka_unit_test(the_same_again_is_free),
        cmocka_unit_test(the_journals_share_is_counted_and_kept),
        cmocka_unit_test(connections_are_counted),
        cmocka_unit_test(history_goes_only_where_a_grant_does),
    };
    return cmocka_run_group_tests_name("broker.core.limits", tests, NULL, NULL);
}
