/* broker.core.question: what an institution has the journal and the disk answer is
 * bounded, in all its sessions together and over HELLO again and again; nobody else
 * feels it, and nothing that is right is lost by it. */
#include "broker/core/question.h"
#include "broker/core/report.h"
#include "broker/core/state.h"
#include "test/unit/broker_core/scene.h"

static size_t asked(const struct sim *s)
{
    size_t n = 0;
    for (const struct sim_question *q = s->questions; q; q = q->next)
        n++;
    return n;
}

static void fetch(struct scene *c, uint64_t peer, size_t member, const uint8_t *session)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    memcpy(m.session, session, SB_SESSION);
    m.as.fetch.stream = sb_bytes_str(SIM_STREAM);
    m.as.fetch.seq = 1;
    sim_send(c->sim, peer, member, &m);
}

static int fetched(struct scene *c, uint64_t peer)
{
    struct sim_mail *m = sim_expect(c->sim, peer, SB_CMD_FETCHED);
    int code = -(int)m->m.as.fetched.code;
    sim_mail_free(m);
    return code;
}

static void subscribe(struct scene *c,
                      uint64_t peer,
                      const uint8_t *session,
                      const char *name,
                      uint64_t seq)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), seq, {0}};
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(m.session, session, SB_SESSION);
    m.as.subscribe.name = sb_bytes_str(name);
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    m.as.subscribe.cursors = (struct sb_heads){&head, seq ? 1 : 0};
    sim_send(c->sim, peer, IGM, &m);
    struct sb_message credit = {.cmd = SB_CMD_CREDIT};
    memcpy(credit.session, session, SB_SESSION);
    credit.as.credit.name = sb_bytes_str(name);
    credit.as.credit.entries = SB_CREDIT_ENTRIES_MAX;
    credit.as.credit.bytes = SB_CREDIT_BYTES_MAX;
    sim_send(c->sim, peer, IGM, &credit);
}

static void fetches_are_counted_over_sessions(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    uint8_t stcns[SB_SESSION];
    scene_batch(c, 2);
    sim_checkpoint(c->sim);
    for (int i = 0; i < 100; i++) { /* HELLO, eight questions, HELLO ... */
        scene_drain(c, 1);
        sim_enter(c->sim, 1, IGM, igm);
        for (int k = 0; k < 8; k++)
            fetch(c, 1, IGM, igm);
    }
    assert_int_equal(asked(c->sim), QUESTIONS_MAX);
    scene_drain(c, 1);
    fetch(c, 1, IGM, igm);
    assert_int_equal(fetched(c, 1), SB_E_BUSY);
    sim_enter(c->sim, 2, STCNS, stcns); /* another institution is asked for */
    fetch(c, 2, STCNS, stcns);
    assert_int_equal(asked(c->sim), QUESTIONS_MAX + 1);
    sim_settle(c->sim);
    scene_drain(c, 1);
    fetch(c, 1, IGM, igm);
    sim_settle(c->sim);
    assert_int_equal(fetched(c, 1), 0);
    scene_end(c);
}

static void what_is_resent_without_end_is_told_to_wait(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sim_batch b;
    size_t n = 0;
    sim_batch(c->sim, &c->p, 2, &b);
    sim_publish(c->sim, 0, c->pnc, &b);
    sim_settle(c->sim);
    scene_drain(c, 0);
    for (size_t i = 0; i < 4u * QUESTIONS_MAX; i++)
        sim_publish(c->sim, 0, c->pnc, &b);
    assert_int_equal(asked(c->sim), QUESTIONS_MAX);
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 0)) != NULL) {
        assert_int_equal(m->m.as.refused.code, sb_code_number(SB_E_QUOTA));
        assert_int_equal(m->m.as.refused.kind, SB_KIND_BATCH);
        assert_int_equal(m->m.as.refused.expected, 250);
        sim_mail_free(m);
        n++;
    }
    assert_int_equal(n, 3 * QUESTIONS_MAX);
    assert_int_equal(c->sim->n_logs, 1); /* one line stands for all of a wait */
    sim_settle(c->sim);
    scene_drain(c, 0);
    sim_publish(c->sim, 0, c->pnc, &b);
    sim_settle(c->sim);
    assert_int_equal(scene_verdict(c, 0), 0);
    sim_batch_free(&b);
    scene_end(c);
}

static void the_same_statement_waits_few_times_for_the_disk(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sb_act a = {.who = sb_bytes_str("pnc"),
                       .act = sb_bytes_str(SB_ACT_DELETE),
                       .stream = sb_bytes_str(SIM_STREAM),
                       .first_seq = 1,
                       .last_seq = 1,
                       .time = c->sim->now};
    size_t stored = 0;
    size_t held = 0;
    sb_act_write(&a, &c->body);
    sim_sign(c->sim, PNC, &c->body, &c->record);
    size_t before = c->sim->core->n_waits - c->sim->core->first_wait;
    for (size_t i = 0; i < 1000; i++)
        sim_record(c->sim, 0, c->pnc, SB_CMD_ACT, &c->record);
    assert_int_equal(c->sim->core->n_waits - c->sim->core->first_wait,
                     before + 1 + QUESTIONS_MAX);
    sim_commit(c->sim, c->sim->n_entries);
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 0)) != NULL) {
        stored += m->m.cmd == SB_CMD_STORED;
        held += m->m.cmd == SB_CMD_REFUSED;
        sim_mail_free(m);
    }
    assert_int_equal(stored, 1 + QUESTIONS_MAX);
    assert_int_equal(stored + held, 1000);
    sim_record(c->sim, 0, c->pnc, SB_CMD_ACT, &c->record);
    assert_int_equal(scene_verdict(c, 0), 0);
    scene_end(c);
}

static void subscribing_again_and_again_waits_its_turn(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    for (int i = 0; i < 5; i++)
        scene_batch(c, 2);
    sim_enter(c->sim, 1, IGM, igm);
    for (size_t i = 0; i < 4u * QUESTIONS_MAX; i++)
        subscribe(c, 1, igm, "s", i % 2);
    assert_int_equal(asked(c->sim), QUESTIONS_MAX);
    scene_drain(c, 1);
    subscribe(c, 1, igm, "s", 0); /* not asked for yet: it comes all the same */
    assert_int_equal(asked(c->sim), QUESTIONS_MAX);
    sim_settle(c->sim);
    size_t entries = 0;
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 1)) != NULL) {
        entries += m->m.cmd == SB_CMD_ENTRY;
        sim_mail_free(m);
    }
    assert_int_equal(entries, 7); /* claim, epoch, batches: each once */
    scene_end(c);
}

static void subscriptions_are_counted_over_sessions(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    uint8_t igm[SB_SESSION];
    for (uint64_t peer = 1; peer <= 3; peer++) {
        sim_enter(c->sim, peer, IGM, igm);
        for (unsigned i = 0; i < SB_SUBSCRIPTIONS_MAX; i++) {
            char name[8];
            (void)snprintf(name, sizeof name, "s%u", i);
            subscribe(c, peer, igm, name, 0);
            struct sim_mail *m = sim_take(c->sim, peer);
            assert_int_equal(m ? m->m.cmd : 0, peer == 3 ? SB_CMD_REFUSED : 0);
            sim_mail_free(m);
            if (peer == 3)
                scene_drain(c, peer);
        }
    }
    sim_settle(c->sim);
    scene_end(c);
}

/* Chance floods with a member's keys; whatever comes when, the counts are those of what
 * waits, and nothing is left once all is answered. */
static void counts_hold_under_random_floods(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct scene *c = scene_begin(0);
        uint8_t session[2][SB_SESSION];
        static const size_t member[] = {IGM, STCNS};
        uint32_t x = seed * 2654435761u;
        scene_batch(c, 2);
        sim_checkpoint(c->sim);
        for (uint64_t i = 0; i < 2; i++)
            sim_enter(c->sim, 1 + i, member[i], session[i]);
        for (int i = 0; i < 1500; i++) {
            x = x * 1664525u + 1013904223u;
            uint64_t who = x >> 31;
            uint32_t what = (x >> 24) % 32;
            if (what < 2) {
                scene_drain(c, 1 + who);
                sim_enter(c->sim, 1 + who, member[who], session[who]);
            } else if (what < 22) {
                fetch(c, 1 + who, member[who], session[who]);
            } else if (what < 24) {
                struct sim_ask ask = {.seen = 1};
                sim_cosign(c->sim, 1 + who, member[who], session[who], ask);
            } else if (what < 30 && who == 0) {
                subscribe(c, 1, session[0], "s", what % 2);
            } else {
                (void)sim_answer(c->sim);
            }
            assert_int_equal(c->sim->core->questions.n, asked(c->sim));
            assert_in_range(asked(c->sim), 0, 2 * QUESTIONS_MAX);
        }
        sim_settle(c->sim);
        assert_int_equal(c->sim->core->questions.n, 0);
        scene_end(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_are_counted_over_sessions),
        cmocka_unit_test(what_is_resent_without_end_is_told_to_wait),
        cmocka_unit_test(the_same_statement_waits_few_times_for_the_disk),
        cmocka_unit_test(subscribing_again_and_again_waits_its_turn),
        cmocka_unit_test(subscriptions_are_counted_over_sessions),
        cmocka_unit_test(counts_hold_under_random_floods),
    };
    return cmocka_run_group_tests_name("broker.core.question", tests, NULL, NULL);
}
