/* adapters.engine.publish: claims, epochs and batches against the broker's real core.
 */
#include "test/unit/adapters_engine/rig.h"

static void rows_travel_as_alta_correccion_and_anulacion(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || texto || seq) FROM recibida"),
        "A1uno1,A2dos2");
    rig_sql(&r->pnc, "UPDATE aviso SET texto = 'tres' WHERE num = 2");
    rig_sql(&r->pnc, "DELETE FROM aviso WHERE num = 1");
    rig_settle(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || texto || seq) FROM recibida"),
        "A2tres3");
    assert_string_equal(
        rig_state(&r->pnc, "SELECT count(*) FROM batch WHERE stored = 0"), "0");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_stale_epoch_is_resealed_under_the_same_seqs(void **state)
{
    (void)state;
    static const char *const more[] = {"reservada", NULL};
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    /* sealed for the old readers, not sent: the directory changes meanwhile */
    rig_insert(r, 2, "dos");
    rig_insert(r, 3, "tres");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    uint8_t before[SB_HASH];
    memcpy(before, r->pnc.stream.head_hash, SB_HASH);
    assert_int_equal(r->pnc.stream.head_seq, 3);
    rig_new_grant(r, "g9", more);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.claim_no, 2);
    assert_int_equal(r->pnc.stream.epoch_no, 2);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    assert_memory_not_equal(before, r->pnc.stream.head_hash, SB_HASH);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || texto || seq) FROM recibida"),
        "A1uno1,A2dos2,A3tres3");
    rig_insert(r, 4, "cuatro");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT texto FROM recibida WHERE id = 'A4'"), "cuatro");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void clocks_that_differ_do_not_fill_the_journal_with_claims(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    uint64_t behind =
        r->sim->now; /* the grants have ended by the broker's clock alone */
    r->sim->now = NOW + 30 * (uint64_t)DAY + 1000;
    rig_insert(r, 2, "dos");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, behind, NULL), 1);
    for (uint64_t i = 0; i < 300; i++) {
        bool busy = false;
        assert_int_equal(sb_publish_pump(&r->pnc.stream, behind + 10 * i, &busy, NULL),
                         0);
        sim_settle(r->sim);
        rig_hear(&r->pnc, SIZE_MAX);
    }
    assert_int_equal(r->pnc.stream.row.stored_seq, 1);
    assert_in_range(r->pnc.stream.claim_no, 3, 6);
    r->pnc.env.fresh_ms = r->sim->now; /* its clock comes right */
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    rig_free(r);
}

static void an_adapter_killed_anywhere_loses_and_repeats_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    for (int i = 1; i <= 40; i++) {
        rig_insert(r, i, "x");
        if (i % 3 == 0)
            assert_true(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL) >= 0);
        if (i % 2 == 0)
            rig_turn(r);
        struct rig_side *victim = i % 5 == 0 ? &r->stcns : &r->pnc;
        if (i % 4 == 0) {
            rig_kill(victim);
            rig_start(victim);
            rig_enter(victim);
        }
    }
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns,
                                "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' ||"
                                " max(seq) FROM recibida"),
                        "40 40 40");
    assert_string_equal(rig_ask(&r->pnc, "SELECT count(*) FROM sacbe_change"), "0");
    assert_int_equal(r->pnc.stream.claim_no, 1);
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_broker_that_lost_what_it_did_not_answer_is_told_again(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    bool busy = false;
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "dos");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    assert_int_equal(sb_publish_pump(&r->pnc.stream, r->sim->now, &busy, NULL), 0);
    sim_crash(r->sim); /* accepted, not committed, not answered */
    sb_publish_away(&r->pnc.stream);
    sb_receive_away(&r->stcns.receive);
    rig_enter(&r->pnc);
    rig_enter(&r->stcns);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "2");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

/* Somebody with a key of ours claims the stream after claim `before`. */
static void steal(struct rig *r, uint64_t before)
{
    struct sim_publisher thief = {.claim_no = before, .instance = {7}};
    struct sb_buf record = {0};
    struct sb_message m = {.cmd = SB_CMD_CLAIM, .n_payload = 1};
    thief.next_seq = r->pnc.stream.row.stored_seq + 1;
    memcpy(thief.prev, r->pnc.stream.row.stored_hash, SB_HASH);
    sim_claim(r->sim, &thief, &record);
    m.payload[0] = sb_buf_bytes(&record);
    assert_int_equal(r->pnc.env.send(r->pnc.env.send_ctx, &m, NULL), 0);
    sim_settle(r->sim);
    sb_buf_free(&record);
}

static void begin_again(struct rig *r)
{
    rig_kill(&r->pnc);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
}

static void a_second_adapter_alarms_the_first_and_stops_it(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    steal(r, 1);
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, SB_E_FENCED);
    assert_int_equal(r->warnings, 1);
    /* and it stays so over a restart */
    rig_kill(&r->pnc);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_insert(r, 3, "tres");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, SB_E_FENCED);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    rig_free(r);
}

static void resumed_it_claims_after_the_other_and_stops_for_the_next(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    steal(r, 1);
    begin_again(r);
    assert_int_equal(r->pnc.stream.row.stopped, SB_E_FOREIGN_CLAIM);
    assert_int_equal(sb_publish_resume(&r->pnc.stream, NULL), 0);
    for (int i = 0; i < 2; i++) { /* nor does it stop before its claim is stored */
        begin_again(r);
        assert_int_equal(r->pnc.stream.row.stopped, 0);
    }
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    assert_int_equal(r->pnc.stream.claim_no, 3);
    begin_again(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    steal(r, 3);
    begin_again(r);
    assert_int_equal(r->pnc.stream.row.stopped, SB_E_FOREIGN_CLAIM);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "2");
    rig_free(r);
}

static bool foreign_stands(const struct rig *r)
{
    return sb_alarm_stands(r->pnc.env.alarms, SB_E_FOREIGN_BATCH, SIM_STREAM);
}

static void a_lost_state_reads_its_own_stream_and_goes_on(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    char path[2 * RIG_PATH];
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "dos");
    rig_settle(r);
    rig_kill(&r->pnc);
    snprintf(path, sizeof path, "%s/pnc.state", r->dir);
    assert_int_equal(remove(path), 0);
    rig_start(&r->pnc);
    rig_insert(r, 3, "tres");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL),
                     1); /* sealed as 1 */
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_false(r->pnc.stream.adopting);
    assert_false(foreign_stands(r));
    assert_int_equal(r->pnc.stream.claim_no, 2);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM recibida WHERE id = 'A3'"),
                        "3");
    rig_free(r);
}

static void move_state(struct rig *r, const char *from, const char *to)
{
    char old[2 * RIG_PATH];
    snprintf(old, sizeof old, "%s/%s", r->dir, from);
    rig_kill(&r->pnc);
    assert_int_equal(rename(old, rig_path(r, to)), 0);
}

/* A copied vault elsewhere: it reads the stream, and goes on with it. */
static struct rig *with_a_thief(void)
{
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    move_state(r, "pnc.state", "kept.state");
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    assert_int_equal(r->pnc.stream.claim_no, 2);
    assert_false(foreign_stands(r)); /* to itself it lost its state */
    move_state(r, "pnc.state", "thief.state");
    move_state(r, "kept.state", "pnc.state");
    rig_start(&r->pnc);
    assert_false(foreign_stands(r));
    rig_enter(&r->pnc);
    return r;
}

static void what_another_published_alarms_until_it_was_seen(void **state)
{
    (void)state;
    struct rig *r = with_a_thief();
    r->witnessing = true;
    assert_true(foreign_stands(r));
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.claim_no, 3);
    rig_insert(r, 3, "tres"); /* it goes on */
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    size_t warnings = r->warnings;
    rig_pass(r, SB_ALARM_AGAIN_MS + 2000);
    assert_true(r->warnings > warnings);
    for (int i = 0; i < 2; i++) { /* restarts end it no more than time does */
        rig_kill(&r->pnc);
        rig_start(&r->pnc);
        assert_true(foreign_stands(r));
        rig_enter(&r->pnc);
        rig_settle(r);
        assert_true(foreign_stands(r));
        assert_int_equal(r->pnc.stream.row.stopped, 0);
    }
    assert_int_equal(sb_publish_resume(&r->pnc.stream, NULL), 0);
    assert_false(foreign_stands(r));
    rig_kill(&r->pnc);
    rig_start(&r->pnc);
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_false(foreign_stands(r));
    rig_free(r);
}

/* Also between reading what the other wrote and the claim that comes after it. */
static void an_adoption_that_is_interrupted_goes_on(void **state)
{
    (void)state;
    struct rig *r = with_a_thief();
    for (int i = 0; i < 8; i++) {
        rig_turn(r);
        rig_kill(&r->pnc);
        rig_start(&r->pnc);
        rig_enter(&r->pnc);
        assert_int_equal(r->pnc.stream.row.stopped, 0);
    }
    rig_insert(r, 3, "tres");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    assert_true(foreign_stands(r));
    rig_free(r);
}

static void nothing_is_sealed_under_a_stale_or_expired_directory(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct sb_err err;
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(r->pnc.env.trust));
    rig_insert(r, 1, "uno");
    uint64_t late = d->issued + d->freshness + 1000;
    assert_int_equal(sb_feed_turn(&r->pnc.feed, late, &err), SB_E_DIR_STALE);
    r->pnc.env.fresh_ms = late - 10;
    assert_int_equal(sb_feed_turn(&r->pnc.feed, d->expires, &err), SB_E_DIR_EXPIRED);
    assert_int_equal(r->pnc.stream.head_seq, 0);
    assert_string_equal(rig_ask(&r->pnc, "SELECT count(*) > 0 FROM sacbe_change"), "1");
    rig_free(r);
}

static void a_new_day_has_a_new_epoch(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.epoch_no, 1);
    r->sim->now += SB_EPOCH_MS + 1;
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.epoch_no, 2);
    assert_int_equal(r->pnc.stream.claim_no, 1);
    assert_int_equal(r->pnc.stream.row.stored_epoch, 2);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"), "A11,A22");
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static void a_row_that_breaks_the_catalogue_waits_in_quarantine(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_sql(&r->pnc, "INSERT INTO aviso VALUES (2, 'morado', 'x')");
    rig_settle(r);
    assert_string_equal(
        rig_state(&r->pnc, "SELECT group_concat(key || ' ' || code) FROM quarantine"),
        "2 305");
    assert_int_equal(r->pnc.stream.row.stored_seq, 1);
    rig_sql(&r->pnc,
            "BEGIN; UPDATE aviso SET nivel = 'roja' WHERE num = 2;"
            " INSERT INTO aviso_area VALUES (2, '0501'); COMMIT");
    rig_settle(r);
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM quarantine"), "0");
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT nivel FROM recibida WHERE id = 'A2'"), "roja");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_travel_as_alta_correccion_and_anulacion),
        cmocka_unit_test(a_stale_epoch_is_resealed_under_the_same_seqs),
        cmocka_unit_test(clocks_that_differ_do_not_fill_the_journal_with_claims),
        cmocka_unit_test(an_adapter_killed_anywhere_loses_and_repeats_nothing),
        cmocka_unit_test(a_broker_that_lost_what_it_did_not_answer_is_told_again),
        cmocka_unit_test(a_second_adapter_alarms_the_first_and_stops_it),
        cmocka_unit_test(resumed_it_claims_after_the_other_and_stops_for_the_next),
        cmocka_unit_test(a_lost_state_reads_its_own_stream_and_goes_on),
        cmocka_unit_test(what_another_published_alarms_until_it_was_seen),
        cmocka_unit_test(an_adoption_that_is_interrupted_goes_on),
        cmocka_unit_test(nothing_is_sealed_under_a_stale_or_expired_directory),
        cmocka_unit_test(a_new_day_has_a_new_epoch),
        cmocka_unit_test(a_row_that_breaks_the_catalogue_waits_in_quarantine),
    };
    return cmocka_run_group_tests_name("adapters.engine.publish", tests, NULL, NULL);
}
