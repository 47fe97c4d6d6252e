/* adapters.engine.heads: what publishers sign about their streams, held against what a
 * broker gives; prune records; an adapter's own heads. */
#include "schemas/record/evidence.h"
#include "test/unit/adapters_engine/rig.h"

static bool stands(const struct rig_side *s, int code)
{
    return sb_alarm_stands(s->env.alarms, code, SIM_STREAM);
}

/* One event applied; the broker keeps what pnc says to itself from now on. */
static struct rig *started(void)
{
    struct rig *r = rig_new();
    r->broker.answers = r->witnessing = true;
    rig_insert(r, 1, "uno");
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    return r;
}

static void tell_heads(struct rig *r, uint64_t seq, const uint8_t *hash)
{
    struct sb_buf record = {0};
    rig_heads(r, seq, hash, &record);
    rig_notice(&r->stcns, sb_buf_bytes(&record));
    sb_buf_free(&record);
}

static size_t entries_of(const struct rig *r, enum sb_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->sim->n_entries; i++)
        n += r->sim->entries[i].a.kind == kind;
    return n;
}

static void heads_go_when_moved_when_met_and_each_hour(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->broker.answers = r->witnessing = true;
    rig_pass(r, 61000);
    assert_int_equal(entries_of(r, SB_KIND_HEADS), 0); /* nothing stored yet */
    rig_insert(r, 1, "uno");
    rig_pass(r, 61000);
    assert_int_equal(entries_of(r, SB_KIND_HEADS), 1);
    rig_pass(r, 600000); /* idle */
    assert_int_equal(entries_of(r, SB_KIND_HEADS), 1);
    rig_enter(&r->pnc);
    rig_pass(r, 61000);
    assert_int_equal(entries_of(r, SB_KIND_HEADS), 2);
    rig_pass(r, SB_HEADS_IDLE_MS + 120000);
    assert_int_equal(entries_of(r, SB_KIND_HEADS), 3);
    rig_free(r);
}

static void a_withheld_tail_alarms_within_two_minutes(void **state)
{
    (void)state;
    struct rig *r = started();
    uint8_t later[SB_HASH] = {9};
    tell_heads(r, 4, later);
    rig_pass(r, 50000);
    assert_false(stands(&r->stcns, SB_E_WITHHELD));
    rig_pass(r, 30000);
    assert_true(stands(&r->stcns, SB_E_WITHHELD));
    size_t warnings = r->warnings;
    rig_pass(r, 61000);
    assert_int_equal(r->warnings, warnings + 1);
    /* over a restart it is still known that there is more */
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_pass(r, 75000);
    assert_true(stands(&r->stcns, SB_E_WITHHELD));
    rig_free(r);
}

static void what_comes_in_the_end_was_not_withheld(void **state)
{
    (void)state;
    struct rig *r = started();
    /* published and not heard of yet */
    rig_kill(&r->stcns);
    rig_insert(r, 2, "dos");
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    rig_start(&r->stcns);
    struct sb_buf record = {0};
    rig_heads(r, 2, r->pnc.stream.row.stored_hash, &record);
    assert_int_equal(
        sb_watch_notice(&r->stcns.watch, sb_buf_bytes(&record), r->sim->now, NULL), 0);
    rig_pass(r, 200000); /* without a session nobody withholds */
    assert_false(stands(&r->stcns, SB_E_WITHHELD));
    rig_enter(&r->stcns);
    rig_pass(r, 100000);
    assert_false(stands(&r->stcns, SB_E_WITHHELD));
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "2");
    sb_buf_free(&record);
    rig_free(r);
}

static void a_stream_held_by_its_reader_is_not_withheld(void **state)
{
    (void)state;
    struct rig *r = started();
    uint8_t later[SB_HASH] = {9};
    sb_fail(&r->stcns.receive.readings[0]->trouble, SB_E_APPLY, "a strict sink");
    tell_heads(r, 4, later);
    rig_pass(r, 200000);
    assert_false(stands(&r->stcns, SB_E_WITHHELD));
    rig_free(r);
}

static void another_batch_than_the_head_is_a_fork(void **state)
{
    (void)state;
    struct rig *r = started();
    uint8_t other[SB_HASH] = {7};
    tell_heads(r, 1, other);
    rig_pass(r, 10000);
    assert_true(stands(&r->stcns, SB_E_FORK));
    rig_insert(r, 2, "dos");
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_FORK);
    rig_free(r);
}

static void a_batch_that_does_not_end_at_the_head_is_not_applied(void **state)
{
    (void)state;
    struct rig *r = started();
    uint8_t other[SB_HASH] = {7};
    tell_heads(r, 2, other);
    rig_hear(&r->stcns, SIZE_MAX);
    rig_insert(r, 2, "dos");
    rig_pass(r, 5000);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_FORK);
    rig_free(r);
}

static void heads_of_another_or_bent_are_nothing(void **state)
{
    (void)state;
    struct rig *r = started();
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH] = {9};
    size_t warnings = r->warnings;
    rig_heads(r, 9, hash, &record);
    record.p[record.n - 1] ^= 1; /* the signature */
    rig_notice(&r->stcns, sb_buf_bytes(&record));
    rig_notice(&r->stcns, sb_bytes("\x93\xc0", 2));
    rig_pass(r, 5000);
    assert_int_not_equal(r->stcns.receive.readings[0]->head.seq, 9);
    assert_true(r->warnings > warnings);
    sb_buf_free(&record);
    rig_free(r);
}

static void a_publisher_that_fell_silent_is_shown_and_not_shouted(void **state)
{
    (void)state;
    struct rig *r = started();
    tell_heads(r, 1, r->pnc.stream.row.stored_hash);
    rig_pass(r, 5000);
    r->pnc.here = false;
    size_t warnings = r->warnings;
    r->sim->now += SB_WATCH_SILENT_MS + 60000;
    r->witnessing = false;
    for (int i = 0; i < 3; i++) {
        r->sim->now += 5000;
        assert_int_equal(sb_watch_tick(&r->stcns.watch, r->sim->now, r->sim->now, NULL),
                         0);
    }
    assert_true(stands(&r->stcns, SB_E_TIMEOUT));
    assert_int_equal(r->warnings, warnings);
    /* an old statement told again is no sign of life */
    struct sb_buf record = {0};
    uint64_t now = r->sim->now;
    r->sim->now = now - SB_WATCH_SILENT_MS - 30000;
    rig_heads(r, 1, r->pnc.stream.row.stored_hash, &record);
    r->sim->now = now + 10000;
    assert_int_equal(
        sb_watch_notice(&r->stcns.watch, sb_buf_bytes(&record), r->sim->now, NULL), 0);
    assert_int_equal(sb_watch_tick(&r->stcns.watch, r->sim->now, r->sim->now, NULL), 0);
    assert_true(stands(&r->stcns, SB_E_TIMEOUT));
    sb_buf_free(&record);
    rig_free(r);
}

static void notice_prune(struct rig *r, const struct sb_prune *prune, bool forged)
{
    const struct world *w = r->sim->world;
    const struct sb_vault *v = forged ? w->members[PNC].vault : w->broker;
    struct sb_vault_key k;
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    sb_prune_write(prune, &body);
    assert_true(sb_vault_newest(v, forged ? SB_USE_SIGN : SB_USE_LOG, &k));
    assert_int_equal(
        sb_sign_record(&w->x, v, k.key_id, sb_buf_bytes(&body), &record, NULL), 0);
    assert_int_equal(
        sb_watch_notice(&r->stcns.watch, sb_buf_bytes(&record), r->sim->now, NULL), 0);
    sb_buf_free(&body);
    sb_buf_free(&record);
}

static void a_prune_record_counts_by_key_and_retention(void **state)
{
    (void)state;
    struct rig *r = started();
    struct sb_prune prune = {
        .before = NOW - 2 * (uint64_t)DAY, .below = 7, .time = NOW};
    notice_prune(r, &prune, false); /* retention: for ever */
    assert_int_equal(r->stcns.watch.pruned_below, 0);
    r->sim->world->dir.retention = DAY;
    rig_new_grant(r, "g9", (const char *const[]){"reservada", NULL});
    rig_settle(r);
    notice_prune(r, &prune, true);
    assert_int_equal(r->stcns.watch.pruned_below, 0);
    notice_prune(r, &prune, false);
    assert_int_equal(r->stcns.watch.pruned_below, 7);
    prune.below = 9;
    prune.before = r->sim->now - DAY / 2;
    notice_prune(r, &prune, false); /* too young */
    assert_int_equal(r->stcns.watch.pruned_below, 7);
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    assert_int_equal(r->stcns.watch.pruned_below, 7);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_go_when_moved_when_met_and_each_hour),
        cmocka_unit_test(a_withheld_tail_alarms_within_two_minutes),
        cmocka_unit_test(what_comes_in_the_end_was_not_withheld),
        cmocka_unit_test(a_stream_held_by_its_reader_is_not_withheld),
        cmocka_unit_test(another_batch_than_the_head_is_a_fork),
        cmocka_unit_test(a_batch_that_does_not_end_at_the_head_is_not_applied),
        cmocka_unit_test(heads_of_another_or_bent_are_nothing),
        cmocka_unit_test(a_publisher_that_fell_silent_is_shown_and_not_shouted),
        cmocka_unit_test(a_prune_record_counts_by_key_and_retention),
    };
    return cmocka_run_group_tests_name("adapters.engine.heads", tests, NULL, NULL);
}
