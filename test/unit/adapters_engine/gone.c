/* adapters.engine.gone: ciphertexts that are not there: withdrawn, pruned, or missing;
 * at readers who come late, in proofs, and in a journal begun anew. */
#include <stdio.h>

#include "adapters/engine/state.h"
#include "test/unit/adapters_engine/rig_withdraw.h"

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
    rig_withdraw(r, 2, 2, false, false);
    rig_empty(r, 2, 2);
    rig_come_back(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(r->warnings, 0);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A3");
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "4");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    rig_free(r);
}

static void an_absence_that_nothing_covers_holds_the_stream(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_kill(&r->stcns);
    rig_insert(r, 4, "cuatro");
    rig_pass(r, 20000);
    rig_withdraw(r, 1, 1, true, false); /* of another event */
    rig_empty(r, 1, 1);
    rig_empty(r, 4, 4);
    rig_come_back(&r->stcns);
    rig_pass(r, 5000);
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_JOIN);
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "3");
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 0);
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

static void what_was_pruned_is_passed_over_with_a_warning(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_kill(&r->stcns);
    rig_insert(r, 1, "uno");
    rig_pass(r, 20000);
    rig_insert(r, 2, "dos");
    rig_pass(r, 20000);
    uint64_t below = rig_prune(r);
    rig_come_back(&r->stcns);
    rig_pass(r, 5000); /* without a record it is a loss */
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_JOIN);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "");
    assert_int_equal(
        sb_state_put_number(r->stcns.env.state, "pruned_below", below, NULL), 0);
    size_t warnings = r->warnings;
    rig_pass(r, 60000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A2");
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
    struct rig *r = rig_with_events();
    rig_withdraw(r, 3, 3, true, false);
    rig_empty(r, 3, 3);
    rig_prune(r);
    rig_settle(r);
    assert_int_equal(disclose(r, 1, ""), 0);
    assert_int_equal(disclose(r, 1, "publica"), SB_E_PRUNED);
    assert_int_equal(disclose(r, 3, ""), 0);
    assert_int_equal(disclose(r, 3, "publica"), SB_E_WITHDRAWN);
    assert_int_equal(disclose(r, 2, "publica"), 0);
    rig_free(r);
}

static void a_journal_begun_anew_takes_withdrawals_too(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_withdraw(r, 2, 2, false, false);
    rig_pass(r, 5000);
    sim_checkpoint(r->sim);
    rig_kill(&r->stcns);
    rig_lose_journal(r);
    rig_enter(&r->pnc);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 1);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    /* a reader of the new journal, from its beginning */
    rig_start(&r->stcns);
    rig_sql(&r->stcns, "DELETE FROM sacbe_cursor; DELETE FROM recibida");
    rig_enter(&r->stcns);
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, RIG_ROWS), "A1,A3");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, 0);
    rig_free(r);
}

static size_t place_of(const struct rig *r, enum sb_kind kind)
{
    size_t i = r->sim->durable;
    while (i-- && r->sim->entries[i].a.kind != kind)
        assert_true(i > 0);
    return i;
}

/* The reader is past all of it; its word stood in the journal that was lost. */
static void a_deletion_is_signed_again_in_a_journal_begun_anew(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    rig_withdraw(r, 2, 2, false, false);
    rig_insert(r, 5, "cinco");
    rig_insert(r, 6, "seis");
    rig_pass(r, 5000);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    sim_checkpoint(r->sim);
    r->stcns.here = false;
    sb_receive_away(&r->stcns.receive);
    rig_lose_journal(r);
    rig_enter(&r->stcns); /* before the journal has its place, or the withdrawal */
    rig_pass(r, 3000);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 0);
    rig_enter(&r->pnc);
    for (int i = 0; i < 3; i++) {
        struct sb_input in = {.kind = SB_IN_TICK};
        rig_pass(r, 5000);
        sim_checkpoint(r->sim);
        sim_step(r->sim, &in);
    }
    assert_int_equal(r->pnc.stream.row.stored_seq, 6);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 1);
    assert_int_equal(rig_entries(r, SB_KIND_ACT), 1);
    assert_true(place_of(r, SB_KIND_PRUNE) > place_of(r, SB_KIND_BATCH));
    assert_true(place_of(r, SB_KIND_ACT) > place_of(r, SB_KIND_PRUNE));
    assert_string_equal(rig_state(&r->stcns, "SELECT done FROM withdrawn"), "1");
    rig_free(r);
}

/* The state is lost, then the journal too. */
static void withdrawals_of_a_lost_state_come_back(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    char path[2 * RIG_PATH];
    rig_withdraw(r, 2, 2, false, false);
    rig_empty(r, 2, 2);
    sim_checkpoint(r->sim);
    rig_kill(&r->stcns);
    rig_kill(&r->pnc);
    snprintf(path, sizeof path, "%s/pnc.state", r->dir);
    assert_int_equal(remove(path), 0);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_pass(r, 20000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(rig_empty_in_outbox(r, 2), 3);
    assert_string_equal(rig_state(&r->pnc, "SELECT stored FROM withdrawal"), "1");
    rig_lose_journal(r);
    rig_enter(&r->pnc);
    rig_pass(r, 20000);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_int_equal(rig_entries(r, SB_KIND_PRUNE), 1);
    rig_free(r);
}

/* pnc's second card, while the first one's key still holds. */
static void renew_key(struct rig *r)
{
    struct world *w = r->sim->world;
    struct member *pnc = &w->members[PNC];
    assert_int_equal(sb_vault_add(pnc->vault, SB_USE_SIGN, r->sim->now, NULL, NULL), 0);
    assert_int_equal(sb_card_next(&w->x,
                                  pnc->vault,
                                  sb_buf_bytes(&pnc->cards[0]),
                                  r->sim->now,
                                  2 * YEAR,
                                  &pnc->cards[1],
                                  NULL),
                     0);
    pnc->n_cards = 2;
}

/* A batch of pnc's that says when it was sent, signed with this key. */
static void sign_batch(struct rig *r,
                       const struct sb_vault_key *k,
                       uint64_t sent,
                       struct sb_buf *record)
{
    const struct world *w = r->sim->world;
    const struct sb_batch b = {.stream = sb_bytes_str(SIM_STREAM),
                               .claim_no = 1,
                               .first_seq = 1,
                               .count = 1,
                               .sent = sent};
    struct sb_buf body = {0};
    sb_batch_write(&b, &body);
    sb_buf_reset(record);
    assert_int_equal(
        sb_sign_record(
            &w->x, w->members[PNC].vault, k->key_id, sb_buf_bytes(&body), record, NULL),
        0);
    sb_buf_free(&body);
}

static int judged(struct rig *r, const struct sb_dir *dir, struct sb_bytes raw)
{
    const struct sb_entry leaf = {.kind = SB_KIND_BATCH, .stored_ms = r->sim->now};
    struct sb_record record;
    assert_int_equal(sb_record_read(raw, &record, NULL), 0);
    return sb_chain_signed(
        r->sim->world->trust, dir, sb_bytes_str("pnc"), &record, &leaf, NULL);
}

static void a_key_that_has_ended_vouches_for_what_was_taken_over(void **state)
{
    (void)state;
    struct rig *r = rig_with_events();
    struct world *w = r->sim->world;
    struct sb_vault_key old;
    struct sb_buf before = {0};
    struct sb_buf after = {0};
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_SIGN, &old));
    r->sim->now = NOW + 300 * (uint64_t)DAY;
    renew_key(r);
    r->sim->now = NOW + 380 * (uint64_t)DAY; /* the first card has ended */
    w->dir.expires = NOW + 3 * YEAR;
    w->n_grants = 0; /* the old key vouches for no grant */
    const struct sb_dir *first = sb_trust_newest(w->trust);
    rig_kill(&r->stcns);
    rig_lose_journal(r);
    const struct sb_dir *second = sb_trust_newest(w->trust);
    assert_int_equal(sb_dir_body(second)->generation, 2);
    sign_batch(r, &old, NOW, &before);
    sign_batch(r, &old, sb_dir_body(second)->issued + 1, &after);
    assert_int_equal(judged(r, second, sb_buf_bytes(&before)), 0);
    assert_int_equal(judged(r, second, sb_buf_bytes(&after)), SB_E_KEY_EXPIRED);
    assert_int_equal(judged(r, first, sb_buf_bytes(&before)), SB_E_KEY_EXPIRED);
    sb_buf_free(&before);
    sb_buf_free(&after);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_reader_passes_over_what_is_gone),
        cmocka_unit_test(an_absence_that_nothing_covers_holds_the_stream),
        cmocka_unit_test(a_withdrawal_is_its_publisher_s_alone),
        cmocka_unit_test(what_was_pruned_is_passed_over_with_a_warning),
        cmocka_unit_test(what_is_gone_is_proved_and_not_disclosed),
        cmocka_unit_test(a_journal_begun_anew_takes_withdrawals_too),
        cmocka_unit_test(a_deletion_is_signed_again_in_a_journal_begun_anew),
        cmocka_unit_test(a_key_that_has_ended_vouches_for_what_was_taken_over),
        cmocka_unit_test(withdrawals_of_a_lost_state_come_back),
    };
    return cmocka_run_group_tests_name("adapters.engine.gone", tests, NULL, NULL);
}
