/* broker.core.room: while the disk is nearly full, what peers want stored is refused
 * with a time; everything else goes on, and so do they when there is room. */
#include "schemas/record/evidence.h"
#include "test/unit/broker_core/scene.h"

#define RETRY_MS 5000u

static void room(struct scene *c, bool low)
{
    struct sb_input in = {.kind = SB_IN_ROOM};
    in.as.room.low = low;
    in.as.room.retry_ms = RETRY_MS;
    sim_step(c->sim, &in);
}

static void expect_held(struct scene *c, enum sb_kind kind)
{
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_REFUSED);
    assert_int_equal(m->m.as.refused.kind, kind);
    assert_int_equal(m->m.as.refused.code, sb_code_number(SB_E_DISK_LOW));
    assert_int_equal(m->m.as.refused.expected, RETRY_MS);
    if (kind == SB_KIND_BATCH || kind == SB_KIND_CLAIM || kind == SB_KIND_EPOCH)
        assert_true(sb_bytes_is(m->m.as.refused.stream, SIM_STREAM));
    sim_mail_free(m);
}

static void expect_stored(struct scene *c)
{
    sim_settle(c->sim);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_STORED);
    sim_mail_free(m);
}

static void publishers_wait_and_go_on(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sim_batch b;
    sim_batch(c->sim, &c->p, 2, &b);
    size_t entries = c->sim->n_entries;
    room(c, true);
    for (int i = 0; i < 3; i++) {
        sim_publish(c->sim, 0, c->pnc, &b);
        expect_held(c, SB_KIND_BATCH);
    }
    assert_int_equal(c->sim->n_entries, entries);
    assert_int_equal(c->sim->n_logs, 0); /* the disk's own line says it */
    room(c, false);
    sim_publish(c->sim, 0, c->pnc, &b);
    expect_stored(c);
    sim_batch_free(&b);
    scene_end(c);
}

static void the_hash_is_that_of_what_was_sent(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    struct sim_batch b;
    struct sb_record r;
    uint8_t hash[SB_HASH];
    sim_batch(c->sim, &c->p, 1, &b);
    assert_int_equal(sb_record_read(sb_buf_bytes(&b.record), &r, NULL), 0);
    assert_int_equal(sb_record_hash(hash, r.body, NULL), 0);
    room(c, true);
    sim_publish(c->sim, 0, c->pnc, &b);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_REFUSED);
    assert_memory_equal(m->m.as.refused.hash, hash, SB_HASH);
    sim_mail_free(m);
    sim_batch_free(&b);
    scene_end(c);
}

static void claims_epochs_and_statements_wait_too(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    room(c, true);
    sim_claim(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &c->record);
    expect_held(c, SB_KIND_CLAIM);
    sim_epoch(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &c->record);
    expect_held(c, SB_KIND_EPOCH);
    struct sb_head head = {sb_bytes_str(SIM_STREAM), 1, {0}};
    struct sb_heads list = {&head, 1};
    sb_heads_write(sb_bytes_str("pnc"), &list, c->sim->now, &c->body);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_HEADS);
    expect_held(c, SB_KIND_HEADS);
    scene_end(c);
}

static void withdraw(struct scene *c, uint64_t last)
{
    const struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                                  .first_seq = 1,
                                  .last_seq = last,
                                  .reason = sb_bytes_str("sent by mistake"),
                                  .time = c->sim->now};
    sb_withdraw_write(&w, &c->body);
    scene_say(c, 0, PNC, c->pnc, SB_CMD_WITHDRAW);
}

static void a_small_withdrawal_goes_on(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    scene_batch(c, 2);
    scene_drain(c, 0);
    room(c, true);
    withdraw(c, 100000); /* what it covers would be written anew */
    expect_held(c, SB_KIND_PRUNE);
    withdraw(c, 2);
    expect_stored(c);
    scene_end(c);
}

static void the_operator_goes_on(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    size_t entries = c->sim->n_entries;
    room(c, true);
    scene_directory(c);
    assert_int_equal(c->sim->n_entries, entries + 1);
    scene_end(c);
}

static void what_is_no_record_has_its_own_refusal(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    room(c, true);
    sb_buf_put(&c->record, "\xc1", 1);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &c->record);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_REFUSED);
    assert_int_not_equal(m->m.as.refused.code, sb_code_number(SB_E_DISK_LOW));
    sim_mail_free(m);
    struct sb_message ping = {.cmd = SB_CMD_PING};
    memcpy(ping.session, c->pnc, SB_SESSION);
    sim_send(c->sim, 0, PNC, &ping);
    sim_mail_free(sim_expect(c->sim, 0, SB_CMD_PONG));
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishers_wait_and_go_on),
        cmocka_unit_test(the_hash_is_that_of_what_was_sent),
        cmocka_unit_test(claims_epochs_and_statements_wait_too),
        cmocka_unit_test(a_small_withdrawal_goes_on),
        cmocka_unit_test(the_operator_goes_on),
        cmocka_unit_test(what_is_no_record_has_its_own_refusal),
    };
    return cmocka_run_group_tests_name("broker.core.room", tests, NULL, NULL);
}
