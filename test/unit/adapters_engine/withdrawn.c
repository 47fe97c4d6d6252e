/* adapters.engine.withdrawn: events that are taken back, at their publisher, at readers
 * in time and late, and in a journal begun anew; what was pruned; what is missing. */
#include <stdio.h>

#include "adapters/engine/state.h"
#include "test/unit/adapters_engine/rig.h"

static struct rig *with_events(void)
{
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "dos");
    rig_insert(r, 3, "tres");
    rig_settle(r);
    sim_checkpoint(r->sim);
    return r;
}

static void withdraw(struct rig *r, uint64_t first, uint64_t last, bool keep, bool dry)
{
    struct sb_err err = {.code = 0};
    const struct sb_withdraw_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                          .first = first,
                                          .last = last,
                                          .reason = sb_bytes_str("sent by mistake"),
                                          .keep = keep,
                                          .dry = dry};
    r->pnc.answers = 0;
    if (sb_task_withdraw(&r->pnc.tasks, 7, &wish, &err) != 0)
        fail_msg("%s", err.text);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.answers, 1);
    if (r->pnc.answer_code)
        fail_msg("%d: %s", r->pnc.answer_code, r->last_line);
}

static int64_t number_of(struct rig *r, const char *key)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    assert_int_equal(sb_value_unpack(sb_buf_bytes(&r->pnc.answer), arena, &v, NULL), 0);
    const struct sb_value *found = sb_value_get(&v, key);
    assert_non_null(found);
    int64_t n = found->as.i;
    sb_arena_free(arena);
    return n;
}

static size_t entries_of(const struct rig *r, enum sb_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->sim->durable; i++)
        n += r->sim->entries[i].a.kind == kind;
    return n;
}

/* The ciphertexts of these events, as a payload without them. */
static size_t emptied(struct sb_cts *cts, uint64_t at, uint64_t first, uint64_t last)
{
    size_t n = 0;
    for (size_t c = 0; c < cts->n; c++)
        for (size_t i = 0; i < cts->classes[c].n; i++)
            if (at + i >= first && at + i <= last) {
                cts->classes[c].cts[i] = sb_bytes("", 0);
                n++;
            }
    return n;
}

/* What the broker's journal does with a withdrawal. */
static void empty(struct rig *r, uint64_t first, uint64_t last)
{
    for (size_t e = 0; e < r->sim->durable; e++) {
        struct sb_append *a = &r->sim->entries[e].a;
        if (a->kind != SB_KIND_BATCH || a->last < first || a->first > last)
            continue;
        for (size_t c = 0; c < a->n_cts; c++) {
            struct sb_arena *arena = r->sim->entries[e].arena;
            struct sb_buf one = {0};
            struct sb_buf left = {0};
            struct sb_cts cts;
            sb_cts_join(&one, &a->ct_raw[c], 1);
            assert_int_equal(sb_cts_read(sb_buf_bytes(&one), arena, &cts, NULL), 0);
            emptied(&cts, a->first, first, last);
            sb_cts_write(&left, &cts);
            /* behind the array's own byte */
            a->ct_raw[c] = sb_arena_dup(arena, sb_bytes(left.p + 1, left.n - 1));
            sb_buf_free(&one);
            sb_buf_free(&left);
        }
    }
}

/* How many ciphertexts of the outbox are empty. */
static size_t empty_in_outbox(struct rig *r, uint64_t seq)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_outbox_batch b;
    struct sb_cts cts;
    size_t n = 0;
    assert_int_equal(
        sb_outbox_batch(
            r->pnc.env.state, r->pnc.stream.row.id, (int64_t)seq, arena, &b, NULL),
        0);
    assert_int_equal(sb_cts_read(b.cts, arena, &cts, NULL), 0);
    for (size_t c = 0; c < cts.n; c++)
        for (size_t i = 0; i < cts.classes[c].n; i++)
            n += cts.classes[c].cts[i].n == 0;
    sb_arena_free(arena);
    return n;
}

/* What the broker had sent meanwhile is nobody's. */
static void come_back(struct rig_side *s)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(s->rig->sim, s->peer)) != NULL)
        sim_mail_free(m);
    rig_start(s);
    rig_enter(s);
}

static const char rows[] = "SELECT group_concat(id) FROM recibida";

static void what_is_withdrawn_goes_everywhere(void **state)
{
    (void)state;
    struct rig *r = with_events();
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A2,A3");
    withdraw(r, 2, 2, false, false);
    assert_int_equal(number_of(r, "annulled_by"), 4);
    assert_int_equal(number_of(r, "annulments"), 1);
    const struct sb_append *a = &r->sim->entries[number_of(r, "withdrawn_index")].a;
    assert_int_equal(a->kind, SB_KIND_PRUNE);
    assert_int_equal(a->first, 2);
    assert_int_equal(a->last, 2);
    assert_int_equal(empty_in_outbox(r, 2), 3); /* one event, three classes */
    assert_int_equal(empty_in_outbox(r, 1), 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    /* the reader: the row is gone, and it says so once */
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A3");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "0");
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 1);
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_row_that_was_corrected_is_kept(void **state)
{
    (void)state;
    struct rig *r = with_events();
    withdraw(r, 1, 2, true, false);
    assert_int_equal(number_of(r, "annulled_by"), 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A2,A3");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    rig_free(r);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct rig *r = with_events();
    withdraw(r, 1, 3, false, true);
    assert_int_equal(number_of(r, "annulments"), 3);
    assert_int_equal(number_of(r, "events"), 3);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.head_seq, 3);
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM withdrawal"), "0");
    rig_free(r);
}

static void what_is_not_ours_is_not_withdrawn(void **state)
{
    (void)state;
    struct rig *r = with_events();
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
    struct rig *r = with_events();
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
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 0);
    rig_kill(&r->pnc);
    lost = SB_CMD_ACT; /* and the reader's word likewise */
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 1);
    assert_int_equal(entries_of(r, SB_KIND_ACT), 0);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "1");
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM act"), "0");
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
    withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    /* its annulment had waited behind it */
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1");
    rig_free(r);
}

/* An annulment that the reader's database refuses: the row is still there, and nobody
 * signs that it is not. */
static void a_reader_does_not_sign_what_is_not_done(void **state)
{
    (void)state;
    struct rig *r = with_events();
    rig_sql(&r->stcns,
            "CREATE TRIGGER stays BEFORE DELETE ON recibida BEGIN"
            " SELECT RAISE(ABORT, 'no'); END");
    withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A2,A3");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 0);
    rig_sql(&r->stcns, "DROP TRIGGER stays");
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A3");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    rig_free(r);
}

static void a_late_reader_passes_over_what_is_gone(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_kill(&r->stcns);
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "dos");
    rig_insert(r, 3, "tres");
    rig_pass(r, 20000);
    sim_checkpoint(r->sim);
    withdraw(r, 2, 2, false, false);
    empty(r, 2, 2);
    come_back(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(r->warnings, 0);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A3");
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "4");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 1);
    rig_free(r);
}

static void an_absence_that_nothing_covers_holds_the_stream(void **state)
{
    (void)state;
    struct rig *r = with_events();
    rig_kill(&r->stcns);
    rig_insert(r, 4, "cuatro");
    rig_pass(r, 20000);
    withdraw(r, 1, 1, true, false); /* of another event */
    empty(r, 1, 1);
    empty(r, 4, 4);
    come_back(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_JOIN);
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "3");
    assert_int_equal(entries_of(r, SB_KIND_ACT), 0);
    rig_free(r);
}

static void a_withdrawal_is_its_publisher_s_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    const struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                                  .first_seq = 1,
                                  .last_seq = 2,
                                  .reason = sb_bytes_str("why"),
                                  .time = r->sim->now};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_withdraw out;
    uint8_t hash[SB_HASH];
    struct sb_withdrawals told = {.trust = r->stcns.env.trust,
                                  .stream = sb_bytes_str(SIM_STREAM)};
    sb_withdraw_write(&w, &body);
    for (size_t member = 0; member < MEMBERS; member++) {
        sb_buf_reset(&record);
        sim_sign(r->sim, member, &body, &record);
        int rc = sb_withdraw_verify(&told, sb_buf_bytes(&record), &out, hash, NULL);
        assert_int_equal(rc == 0, member == PNC);
    }
    told.stream = sb_bytes_str("pnc/comun.alerta/2");
    sb_buf_reset(&record);
    sim_sign(r->sim, PNC, &body, &record);
    assert_int_equal(sb_withdraw_verify(&told, sb_buf_bytes(&record), &out, hash, NULL),
                     SB_E_JOIN);
    sb_buf_free(&body);
    sb_buf_free(&record);
    rig_free(r);
}

/* The journal without the ciphertexts of its first batch, or a bit more. */
static uint64_t prune(struct rig *r)
{
    for (size_t e = 0; e < r->sim->durable; e++)
        if (r->sim->entries[e].a.kind == SB_KIND_BATCH) {
            r->sim->entries[e].a.n_cts = 0;
            return e + 1;
        }
    fail_msg("there is no batch");
    return 0;
}

static void what_was_pruned_is_passed_over_with_a_warning(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_kill(&r->stcns);
    rig_insert(r, 1, "uno");
    rig_pass(r, 20000);
    rig_insert(r, 2, "dos");
    rig_pass(r, 20000);
    uint64_t below = prune(r);
    come_back(&r->stcns);
    rig_pass(r, 5000); /* without a record it is a loss */
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_JOIN);
    assert_string_equal(rig_ask(&r->stcns, rows), "");
    assert_int_equal(
        sb_state_put_number(r->stcns.env.state, "pruned_below", below, NULL), 0);
    size_t warnings = r->warnings;
    rig_pass(r, 60000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A2");
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "2");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, 0);
    assert_true(r->warnings > warnings);
    rig_free(r);
}

static int disclose(struct rig *r, uint64_t seq, const char *class)
{
    const struct sb_prove_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                       .seq = seq,
                                       .class_name = sb_bytes_str(class),
                                       .order = sb_bytes_str(*class ? "order" : "")};
    r->pnc.answers = 0;
    assert_int_equal(sb_task_prove(&r->pnc.tasks, 7, &wish, NULL), 0);
    rig_settle(r);
    assert_int_equal(r->pnc.answers, 1);
    return r->pnc.answer_code;
}

static void what_is_gone_is_proved_and_not_disclosed(void **state)
{
    (void)state;
    struct rig *r = with_events();
    withdraw(r, 3, 3, true, false);
    empty(r, 3, 3);
    prune(r);
    rig_settle(r);
    assert_int_equal(disclose(r, 1, ""), 0);
    assert_int_equal(disclose(r, 1, "publica"), SB_E_PRUNED);
    assert_int_equal(disclose(r, 3, ""), 0);
    assert_int_equal(disclose(r, 3, "publica"), SB_E_WITHDRAWN);
    assert_int_equal(disclose(r, 2, "publica"), 0);
    rig_free(r);
}

static void lose_journal(struct rig *r)
{
    r->pnc.here = false;
    sb_publish_away(&r->pnc.stream);
    sb_receive_away(&r->pnc.receive);
    r->sim->now += 1000;
    sim_generation(r->sim);
}

static void a_journal_begun_anew_takes_withdrawals_too(void **state)
{
    (void)state;
    struct rig *r = with_events();
    withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    sim_checkpoint(r->sim);
    rig_kill(&r->stcns);
    lose_journal(r);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 1);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    /* a reader of the new journal, from its beginning */
    rig_start(&r->stcns);
    rig_sql(&r->stcns, "DELETE FROM sacbe_cursor; DELETE FROM recibida");
    rig_enter(&r->stcns);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, rows), "A1,A3");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, 0);
    rig_free(r);
}

/* The state is lost, then the journal too. */
static void withdrawals_of_a_lost_state_come_back(void **state)
{
    (void)state;
    struct rig *r = with_events();
    char path[2 * RIG_PATH];
    withdraw(r, 2, 2, false, false);
    empty(r, 2, 2);
    sim_checkpoint(r->sim);
    rig_kill(&r->stcns);
    rig_kill(&r->pnc);
    snprintf(path, sizeof path, "%s/pnc.state", r->dir);
    assert_int_equal(remove(path), 0);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_pass(r, 20000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(empty_in_outbox(r, 2), 3);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    lose_journal(r);
    rig_enter(&r->pnc);
    rig_pass(r, 20000);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(entries_of(r, SB_KIND_PRUNE), 1);
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
        cmocka_unit_test(nothing_of_it_stays_in_quarantine),
        cmocka_unit_test(a_reader_does_not_sign_what_is_not_done),
        cmocka_unit_test(a_late_reader_passes_over_what_is_gone),
        cmocka_unit_test(an_absence_that_nothing_covers_holds_the_stream),
        cmocka_unit_test(a_withdrawal_is_its_publisher_s_alone),
        cmocka_unit_test(what_was_pruned_is_passed_over_with_a_warning),
        cmocka_unit_test(what_is_gone_is_proved_and_not_disclosed),
        cmocka_unit_test(a_journal_begun_anew_takes_withdrawals_too),
        cmocka_unit_test(withdrawals_of_a_lost_state_come_back),
    };
    return cmocka_run_group_tests_name("adapters.engine.withdrawn", tests, NULL, NULL);
}
