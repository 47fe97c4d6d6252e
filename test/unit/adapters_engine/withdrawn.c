/* adapters.engine.withdrawn: events that are taken back, at their publisher and at a
 * reader who is there. */
#include "adapters/engine/disclose.h"
#include "test/unit/adapters_engine/rig_withdraw.h"

static void what_is_withdrawn_goes_everywhere(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A2,A3");
    rig_withdraw(r, 2, 2, false, false);
    assert_int_equal(rig_number(r, "annulled_by"), 4);
    assert_int_equal(rig_number(r, "annulments"), 1);
    const struct sb_append *a = &r->sim->entries[rig_number(r, "withdrawn_index")].a;
    assert_int_equal(a->kind, SB_KIND_PRUNE);
    assert_int_equal(a->first, 2);
    assert_int_equal(a->last, 2);
    assert_int_equal(rig_empty_in_outbox(r, 2), 3); /* one event, three classes */
    assert_int_equal(rig_empty_in_outbox(r, 1), 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    /* the reader: the row is gone, and it says so once */
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A3");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "0");
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 1);
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_row_that_was_corrected_is_kept(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_withdraw(r, 1, 2, true, false);
    assert_int_equal(rig_number(r, "annulled_by"), 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A2,A3");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    rig_free(r);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_withdraw(r, 1, 3, false, true);
    assert_int_equal(rig_number(r, "annulments"), 3);
    assert_int_equal(rig_number(r, "events"), 3);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.head_seq, 3);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM withdrawal"), "0");
    rig_free(r);
}

static void what_is_not_ours_is_not_withdrawn(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    struct sb_err err;
    struct sb_withdraw_wish wish = {.stream = sb_bytes_str("igm/comun.alerta"),
                                    .first = 1,
                                    .last = 1,
                                    .reason = sb_bytes_str("why")};
    assert_int_equal(sb_task_withdraw(&r->pnc.tasks, 7, &wish, &err), SB_E_NOT_YOURS);
    wish.stream = sb_bytes_str(SIM_STREAM);
    wish.last = 4;
    assert_int_equal(sb_task_withdraw(&r->pnc.tasks, 7, &wish, &err), SB_E_RANGE);
    wish.last = 1;
    wish.reason.n = 0;
    assert_int_equal(sb_task_withdraw(&r->pnc.tasks, 7, &wish, &err), SB_E_ARGUMENT);
    wish.reason = sb_bytes_str("why");
    assert_int_equal(sb_task_withdraw(&r->stcns.tasks, 7, &wish, &err), SB_E_NOT_YOURS);
    assert_null(r->pnc.tasks.now);
    rig_free(r);
}

static int (*send_on)(void *ctx, const struct sb_message *m, struct sb_err *err);
static enum sb_command lost;

static int losing(void *ctx, const struct sb_message *m, struct sb_err *err)
{
    return m->cmd == lost ? sb_fail(err, SB_E_NO_CONNECTION, "away")
                          : send_on(ctx, m, err);
}

static void what_was_written_down_survives_its_session(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    const struct sb_withdraw_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                          .first = 3,
                                          .last = 3,
                                          .reason = sb_bytes_str("why")};
    send_on = r->pnc.env.send;
    r->pnc.env.send = r->stcns.env.send = losing;
    lost = SB_CMD_WITHDRAW;
    assert_int_equal(sb_task_withdraw(&r->pnc.tasks, 7, &wish, NULL), 0);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.answers, 0);
    assert_int_equal(sb_tasks_away(&r->pnc.tasks, NULL), 0);
    assert_int_equal(r->pnc.answer_code, SB_E_NO_CONNECTION);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 0);
    rig_kill(&r->pnc);
    lost = SB_CMD_ACT; /* and the reader's word likewise */
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 1);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 0);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "1");
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "0");
    rig_free(r);
}

/* An answer to the newest entry of a kind, which is not durable yet. */
static void refuse(struct rig_side *s, enum sb_kind kind, int code)
{
    struct sim *sim = s->rig->sim;
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.kind = kind;
    m.as.refused.stream = sb_bytes_str(SIM_STREAM);
    m.as.refused.code = (uint64_t)sb_code_number(code);
    for (size_t i = 0; i < sim->n_entries; i++)
        if (sim->entries[i].a.kind == kind)
            memcpy(m.as.refused.hash, sim->entries[i].a.hash, SB_HASH);
    assert_int_equal(sb_tasks_message(&s->tasks, &m, NULL), 0);
}

/* A key that is ours no more, and the same words with the new one; else no words. */
static void what_is_refused_for_its_key_is_signed_again(void **state)
{
    (void)state;
    static const char withdrawn[] =
        "SELECT count(*) || ' ' || sum(said) FROM withdrawal WHERE stored = 0";
    static const char acted[] = "SELECT count(*) || ' ' || sum(said) FROM act";
    struct rig *r = rig_with_events();
    rig_withdraw(r, 1, 1, true, false);
    rig_pass(r, 5000);
    /* as if they had not been taken */
    assert_int_equal(
        sb_sql_do(r->pnc.env.state, NULL, "UPDATE withdrawal SET stored = 0", ""), 0);
    const struct sb_act act = {.who = sb_bytes_str("stcns"),
                               .act = sb_bytes_str(SB_ACT_DELETE),
                               .stream = sb_bytes_str(SIM_STREAM),
                               .first_seq = 1,
                               .last_seq = 1,
                               .text = sb_bytes_str(""),
                               .time = r->sim->now};
    assert_int_equal(sb_act_keep(&r->stcns.env, &act, NULL), 0);
    assert_int_equal(sb_act_say(&r->stcns.env, NULL), 0);
    r->sim->now += 1000;
    r->pnc.tasks.now_ms = r->stcns.tasks.now_ms = r->sim->now;
    refuse(&r->pnc, SB_KIND_PRUNE, SB_E_KEY_EXPIRED);
    refuse(&r->stcns, SB_KIND_ACT, SB_E_KEY_EXPIRED);
    assert_string_equal(rig_state(&r->pnc, withdrawn), "1 0");
    assert_string_equal(rig_state(&r->stcns, acted), "1 0");
    rig_pass(r, 5000);
    assert_string_equal(rig_state(&r->pnc, withdrawn), "");
    assert_string_equal(rig_state(&r->stcns, acted), "");
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 2);
    rig_free(r);
}

static void what_is_refused_for_good_is_forgotten(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_withdraw(r, 1, 1, true, false);
    assert_int_equal(
        sb_sql_do(r->pnc.env.state, NULL, "UPDATE withdrawal SET stored = 0", ""), 0);
    refuse(&r->pnc, SB_KIND_PRUNE, SB_E_BUSY); /* not for good */
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM withdrawal"), "1");
    refuse(&r->pnc, SB_KIND_PRUNE, SB_E_RANGE);
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM withdrawal"), "0");
    rig_free(r);
}

static void nothing_of_it_stays_in_quarantine(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "refuse me");
    rig_settle(r);
    sim_checkpoint(r->sim);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "1");
    rig_withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    /* its annulment had waited behind it */
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1");
    rig_free(r);
}

/* An annulment that the reader's database refuses: the row is still there, and nobody
 * signs that it is not. */
static void a_reader_does_not_sign_what_is_not_done(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_sql(&r->stcns,
            "CREATE TRIGGER stays BEFORE DELETE ON recibida BEGIN"
            " SELECT RAISE(ABORT, 'no'); END");
    rig_withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A2,A3");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 0);
    rig_sql(&r->stcns, "DROP TRIGGER stays");
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A3");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_withdrawn_goes_everywhere),
        cmocka_unit_test(a_row_that_was_corrected_is_kept),
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(what_is_not_ours_is_not_withdrawn),
        cmocka_unit_test(what_was_written_down_survives_its_session),
        cmocka_unit_test(what_is_refused_for_its_key_is_signed_again),
        cmocka_unit_test(what_is_refused_for_good_is_forgotten),
        cmocka_unit_test(nothing_of_it_stays_in_quarantine),
        cmocka_unit_test(a_reader_does_not_sign_what_is_not_done),
    };
    return cmocka_run_group_tests_name("adapters.engine.withdrawn", tests, NULL, NULL);
}
