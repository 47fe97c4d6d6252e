/* adapters.engine.limits: a publisher that the broker holds back waits as long as it
 * was told, then goes on by itself: nothing lost, the order kept, nothing stopped. */
#include "test/unit/adapters_engine/rig.h"

static const char *const publica[] = {"publica", NULL};

static struct rig *limited(struct sb_limit *limits, size_t n)
{
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    r->sim->world->dir.limits = limits;
    r->sim->world->dir.n_limits = n;
    rig_new_grant(r, "g9", publica);
    rig_settle(r);
    return r;
}

static void in_order(struct rig *r, const char *n)
{
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), n);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT count(*) FROM recibida WHERE 'A' || seq <> id"),
        "0");
}

static void over_its_quota_it_waits_as_told(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("events_s.pnc"), 2}};
    struct rig *r = limited(limits, 1);
    struct sb_stream *s = &r->pnc.stream;
    for (int i = 2; i <= 60; i++) {
        rig_insert(r, i, "otro");
        rig_turn(r);
    }
    rig_settle(r);
    uint64_t wait = sb_publish_held(s, r->sim->now);
    uint64_t stored = s->row.stored_seq;
    assert_true(wait > 0 && stored < 60);
    assert_int_equal(s->held_code, SB_E_QUOTA);
    assert_int_equal(s->row.stopped, 0);
    size_t refused = r->sim->n_logs;
    while (sb_publish_held(s, r->sim->now) > 60)
        rig_turn(r); /* as long as it waits, it asks nothing */
    assert_int_equal(r->sim->n_logs, refused);
    assert_int_equal(s->row.stored_seq, stored);
    assert_int_equal(s->in_flight, 0);
    rig_pass(r, 120000);
    assert_int_equal(s->row.stored_seq, 60);
    assert_int_equal(s->claim_no, 1); /* nothing was sealed again */
    in_order(r, "60");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_broker_without_room_is_waited_for(void **state)
{
    (void)state;
    struct rig *r = limited(NULL, 0);
    struct sb_stream *s = &r->pnc.stream;
    struct sb_input in = {.kind = SB_IN_ROOM};
    in.as.room.low = true;
    in.as.room.retry_ms = 5000;
    sim_step(r->sim, &in);
    for (int i = 2; i <= 20; i++)
        rig_insert(r, i, "otro");
    rig_settle(r);
    assert_int_equal(s->row.stored_seq, 1);
    assert_int_equal(s->held_code, SB_E_DISK_LOW);
    assert_in_range(sb_publish_held(s, r->sim->now), 1, 5000);
    rig_pass(r, 20000);
    assert_int_equal(s->row.stored_seq, 1);
    in.as.room.low = false;
    sim_step(r->sim, &in);
    rig_pass(r, 6000);
    assert_int_equal(s->row.stored_seq, 20);
    in_order(r, "20");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

/* Killed while it waits, it asks anew; what is stored is not sent again. */
static void a_restart_loses_nothing(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("bytes_s.pnc"), 500}};
    struct rig *r = limited(limits, 1);
    for (int i = 2; i <= 30; i++) {
        rig_insert(r, i, "otro");
        rig_turn(r);
    }
    assert_true(sb_publish_held(&r->pnc.stream, r->sim->now) > 0);
    rig_kill(&r->pnc);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_pass(r, 300000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 30);
    in_order(r, "30");
    rig_free(r);
}

static void a_clock_set_back_does_not_hold_for_ever(void **state)
{
    (void)state;
    struct sb_stream s = {
        .held_code = SB_E_QUOTA, .held_from = 1000, .held_until = 5000};
    assert_int_equal(sb_publish_held(&s, 1000), 4000);
    assert_int_equal(sb_publish_held(&s, 4999), 1);
    assert_int_equal(sb_publish_held(&s, 5000), 0);
    assert_int_equal(sb_publish_held(&s, 999), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_its_quota_it_waits_as_told),
        cmocka_unit_test(a_broker_without_room_is_waited_for),
        cmocka_unit_test(a_restart_loses_nothing),
        cmocka_unit_test(a_clock_set_back_does_not_hold_for_ever),
    };
    return cmocka_run_group_tests_name("adapters.engine.limits", tests, NULL, NULL);
}
