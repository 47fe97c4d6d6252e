/* broker.core.clock: a clock that is wrong dates nothing of the members; it is said
 * once, and when it is right again all goes on by itself. */
#include "broker/core/report.h"
#include "schemas/record/evidence.h"
#include "test/unit/broker_core/scene.h"

#define AHEAD (60 * (int64_t)DAY)
#define LIFE (50 * (uint64_t)DAY) /* of directories; keys live a year */

static struct scene *begin(void)
{
    struct scene *c = scene_begin(0);
    c->sim->now += 3 * (uint64_t)DAY; /* before that keys are valid, too */
    c->sim->world->dir.expires = c->sim->now + LIFE;
    scene_directory(c);
    scene_drain(c, 0);
    sim_enter(c->sim, 0, PNC, c->pnc);
    scene_drain(c, 0);
    return c;
}

static int publish(struct scene *c, const struct sim_batch *b)
{
    sim_publish(c->sim, 0, c->pnc, b);
    sim_settle(c->sim);
    return scene_verdict(c, 0);
}

static int held(const struct scene *c, uint64_t *behind)
{
    struct sb_core_status st;
    struct sb_arena *arena = sb_arena_new(0);
    uint64_t now = c->sim->now + (uint64_t)c->sim->skew;
    assert_int_equal(sb_core_report(c->sim->core, now, arena, &st, NULL), 0);
    sb_arena_free(arena);
    *behind = st.clock_behind;
    return st.clock_held;
}

static void a_directorys_life_ahead_dates_nothing(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    uint64_t behind = 0;
    size_t entries = c->sim->n_entries;
    sim_batch(c->sim, &c->p, 2, &b);
    c->sim->skew = AHEAD;
    for (int i = 0; i < 3; i++) {
        sim_publish(c->sim, 0, c->pnc, &b);
        struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_REFUSED);
        assert_int_equal(m->m.as.refused.code, sb_code_number(SB_E_DIR_EXPIRED));
        assert_true(m->m.as.refused.expected > 0);
        assert_true(sb_refused_later(-(int)m->m.as.refused.code));
        sim_mail_free(m);
    }
    assert_int_equal(c->sim->n_logs, 1);
    assert_int_equal(c->sim->last_log, SB_E_DIR_EXPIRED);
    assert_int_equal(held(c, &behind), SB_E_DIR_EXPIRED);
    assert_int_equal(c->sim->n_entries, entries);
    c->sim->skew = 0;
    assert_int_equal(publish(c, &b), 0);
    assert_int_equal(sim_stored_ms(c->sim, entries), c->sim->now);
    assert_int_equal(c->sim->n_logs, 2); /* and once that it is right */
    assert_int_equal(c->sim->last_log, 0);
    assert_int_equal(held(c, &behind), 0);
    sim_batch_free(&b);
    scene_end(c);
}

static void the_operators_records_are_not_dated_either(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    size_t entries = c->sim->n_entries;
    c->sim->skew = AHEAD;
    world_publish(c->sim->world); /* expires before that, too */
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(c->sim->world->trust));
    sim_step(c->sim, &in);
    assert_int_equal(c->sim->last_answer.code, SB_E_DIR_EXPIRED);
    in.kind = SB_IN_PRUNE;
    sim_step(c->sim, &in);
    assert_int_equal(c->sim->last_answer.code, SB_E_DIR_EXPIRED);
    assert_int_equal(c->sim->n_entries, entries);
    scene_end(c);
}

static void an_expired_directory_is_mended_by_a_new_one(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    sim_batch(c->sim, &c->p, 1, &b);
    c->sim->now += 60 * (uint64_t)DAY; /* the clock is right */
    assert_int_equal(publish(c, &b), SB_E_DIR_EXPIRED);
    c->sim->world->dir.issued = c->sim->now;
    c->sim->world->dir.expires = c->sim->now + LIFE;
    scene_directory(c);
    scene_drain(c, 0);
    assert_int_not_equal(publish(c, &b), SB_E_DIR_EXPIRED);
    sim_batch_free(&b);
    scene_end(c);
}

static void a_little_behind_is_a_warning(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    uint64_t behind = 0;
    size_t entries = c->sim->n_entries;
    uint64_t newest = sim_stored_ms(c->sim, entries - 1);
    sim_batch(c->sim, &c->p, 1, &b);
    c->sim->skew = -3600 * 1000;
    assert_int_equal(publish(c, &b), 0);
    assert_int_equal(c->sim->n_logs, 1);
    assert_int_equal(c->sim->last_log, SB_E_CLOCK);
    assert_int_equal(held(c, &behind), 0);
    assert_int_equal(behind, 3600 * 1000);
    assert_int_equal(sim_stored_ms(c->sim, entries), newest);
    scene_tick(c, 0);
    assert_int_equal(c->sim->n_logs, 1);
    sim_batch_free(&b);
    scene_end(c);
}

static void far_behind_dates_nothing(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    uint64_t behind = 0;
    sim_batch(c->sim, &c->p, 1, &b);
    c->sim->skew = -2 * (int64_t)DAY;
    scene_tick(c, 0);
    assert_int_equal(c->sim->n_logs, 1);
    assert_int_equal(publish(c, &b), SB_E_CLOCK);
    assert_int_equal(c->sim->n_logs, 1);
    assert_int_equal(held(c, &behind), SB_E_CLOCK);
    sim_crash(c->sim); /* the journal remembers */
    sim_enter(c->sim, 0, PNC, c->pnc);
    assert_int_equal(publish(c, &b), SB_E_CLOCK);
    c->sim->skew = 0;
    assert_int_equal(publish(c, &b), 0);
    sim_batch_free(&b);
    scene_end(c);
}

/* A clock was ahead once, within the life of a directory, and dated entries. */
static void the_authority_says_that_the_journal_was_ahead(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    c->sim->skew = 20 * (int64_t)DAY;
    scene_directory(c); /* issued twenty days ago: it excuses nothing */
    scene_drain(c, 0);
    sim_batch(c->sim, &c->p, 1, &b);
    c->sim->skew = 0;
    assert_int_equal(publish(c, &b), SB_E_CLOCK);
    c->sim->world->dir.issued = c->sim->now;
    scene_directory(c);
    scene_drain(c, 0);
    assert_int_equal(publish(c, &b), 0);
    uint64_t newest = sim_stored_ms(c->sim, c->sim->n_entries - 1);
    assert_int_equal(newest, c->sim->now + 20 * (uint64_t)DAY); /* it never falls */
    sim_batch_free(&b);
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directorys_life_ahead_dates_nothing),
        cmocka_unit_test(the_operators_records_are_not_dated_either),
        cmocka_unit_test(an_expired_directory_is_mended_by_a_new_one),
        cmocka_unit_test(a_little_behind_is_a_warning),
        cmocka_unit_test(far_behind_dates_nothing),
        cmocka_unit_test(the_authority_says_that_the_journal_was_ahead),
    };
    return cmocka_run_group_tests_name("broker.core.clock", tests, NULL, NULL);
}
