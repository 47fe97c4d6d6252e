/* adapters.engine.evidence: what an adapter makes of the broker's trees: proofs of its
 * own batches, receipts, freshness, and the alarms about a broker that lies. */
#include <stdio.h>
#include <sys/stat.h>

#include "test/unit/adapters_engine/rig.h"

/* One event stored, applied and proved on both sides; everybody witnesses. */
static struct rig *witnessed(void)
{
    struct rig *r = rig_new();
    r->witnessing = true;
    r->broker.answers = true;
    rig_insert(r, 1, "uno");
    rig_pass(r, 15000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 1);
    return r;
}

static bool stands(const struct rig_side *s, int code)
{
    return sb_alarm_stands(s->env.alarms, code, SIM_STREAM) ||
           sb_alarm_stands(s->env.alarms, code, "");
}

static size_t receipts(const struct rig *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->sim->n_entries; i++)
        n += r->sim->entries[i].a.kind == SB_KIND_RECEIPT;
    return n;
}

static void
newest_receipt(struct rig *r, struct sb_arena *arena, struct sb_receipt *out)
{
    struct sb_record record;
    size_t i = r->sim->n_entries;
    while (i-- && r->sim->entries[i].a.kind != SB_KIND_RECEIPT)
        assert_true(i > 0);
    assert_int_equal(sb_record_read(r->sim->entries[i].a.record, &record, NULL), 0);
    assert_int_equal(sb_receipt_read(record.body, arena, out, NULL), 0);
}

static void what_is_stored_is_proved_and_final(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    assert_int_equal(r->pnc.stream.row.proved_seq, 1);
    assert_int_equal(r->pnc.stream.row.final_seq, 1); /* no quorum in this directory */
    assert_string_equal(
        rig_state(&r->pnc, "SELECT proved_seq || ' ' || final_seq FROM stream"), "1 1");
    assert_true(r->pnc.env.tree_size > 2);
    assert_int_equal(r->warnings, 0);
    /* a witness lends its name to what it has verified */
    assert_true(r->broker.last.n > 0);
    rig_free(r);
}

static void a_receipt_names_what_was_proved(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_receipt receipt;
    assert_int_equal(receipts(r), 1);
    newest_receipt(r, arena, &receipt);
    assert_int_equal(receipt.heads.n, 1);
    assert_int_equal(receipt.heads.items[0].seq, 1);
    assert_memory_equal(
        receipt.heads.items[0].batch_hash, r->pnc.stream.row.stored_hash, SB_HASH);
    assert_true(receipt.tree_size <= r->stcns.env.tree_size);
    rig_insert(r, 2, "dos"); /* one a minute at most */
    rig_pass(r, 30000);
    assert_int_equal(receipts(r), 1);
    rig_pass(r, 50000);
    assert_int_equal(receipts(r), 2);
    newest_receipt(r, arena, &receipt);
    assert_int_equal(receipt.heads.items[0].seq, 2);
    rig_pass(r, 200000); /* nothing new, nothing said */
    assert_int_equal(receipts(r), 2);
    sb_arena_free(arena);
    rig_free(r);
}

static void a_receipt_that_waits_survives_a_restart(void **state)
{
    (void)state;
    for (int restored = 0; restored < 2; restored++) {
        struct rig *r = witnessed();
        assert_int_equal(receipts(r), 1);
        rig_insert(r, 2, "dos");
        rig_pass(r, 4000); /* applied; its receipt waits for the minute */
        rig_kill(&r->stcns);
        if (restored) /* a database that has it no more gives no receipt for it */
            rig_sql(&r->stcns, "UPDATE sacbe_cursor SET seq = 1");
        rig_start(&r->stcns);
        assert_int_equal(r->stcns.receive.readings[0]->receipt_dirty, !restored);
        if (!restored) {
            rig_enter(&r->stcns);
            rig_pass(r, 70000);
            assert_int_equal(receipts(r), 2);
            assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM receipt"),
                                "0");
        }
        rig_free(r);
    }
}

/* A second of the broker's own life: it signs what it has, and its clock ticks. */
static void live(struct rig *r, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        struct sb_input in = {.kind = SB_IN_TICK};
        sim_checkpoint(r->sim);
        sim_step(r->sim, &in);
        rig_pass(r, 1000);
    }
}

/* No stand-in here: the broker's own core answers, and counts the cosignatures. */
static void with_the_broker_s_own_core_all_becomes_final(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->sim->world->dir.quorum = 2;
    rig_new_grant(r, "g9", (const char *const[]){"reservada", NULL});
    r->witnessing = true;
    rig_insert(r, 1, "uno");
    live(r, 75);
    assert_int_equal(r->warnings, 0);
    assert_int_equal(r->pnc.stream.row.proved_seq, 1);
    assert_int_equal(r->pnc.stream.row.final_seq, 1);
    assert_true(r->pnc.env.fresh_ms > NOW);
    assert_true(r->stcns.env.fresh_ms > NOW);
    assert_int_equal(receipts(r), 1);
    assert_true(r->stcns.receive.readings[0]->head.seq == 1);
    rig_insert(r, 2, "dos");
    live(r, 75);
    assert_int_equal(r->pnc.stream.row.final_seq, 2);
    assert_int_equal(receipts(r), 2);
    assert_int_equal(r->stcns.receive.readings[0]->head.seq, 2);
    assert_int_equal(r->warnings, 0);
    rig_free(r);
}

static bool no_paths(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    (void)arena;
    m->as.checkpoint.n_proved = 0;
    return true;
}

static bool bent_paths(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    for (size_t i = 0; i < m->as.checkpoint.n_proved; i++) {
        struct sb_proved *p = &m->as.checkpoint.proved[i];
        uint8_t(*bent)[SB_HASH] = sb_arena_alloc(arena, p->n_path + 1, SB_HASH);
        memcpy(bent, p->path, p->n_path * SB_HASH);
        bent[0][3] ^= 1;
        p->path = (const uint8_t(*)[SB_HASH])bent;
    }
    return true;
}

static bool no_own(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    (void)arena;
    m->as.checkpoint.n_own = 0;
    return true;
}

static void nothing_unproved_stands_in_a_receipt(void **state)
{
    (void)state;
    bool (*const lies[])(struct rig *, struct sb_message *, struct sb_arena *) = {
        no_paths, bent_paths};
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = rig_new();
        r->witnessing = r->broker.answers = true;
        r->broker.twist = lies[i];
        rig_insert(r, 1, "uno");
        rig_pass(r, 30000);
        assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
        assert_int_equal(receipts(r), 0);
        r->broker.twist = NULL;
        rig_pass(r, 30000);
        assert_int_equal(receipts(r), 1);
        rig_free(r);
    }
}

static void a_batch_that_is_never_proved_alarms_its_publisher(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    r->broker.twist = bent_paths;
    rig_insert(r, 2, "dos");
    rig_pass(r, 50000);
    assert_false(stands(&r->pnc, SB_E_UNPROVED));
    rig_pass(r, 30000);
    assert_true(stands(&r->pnc, SB_E_UNPROVED));
    rig_insert(r, 3, "tres"); /* nothing stops */
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.row.stored_seq, 3);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "3");
    r->broker.twist = no_own; /* not told where its stream stands, it knows as little */
    rig_pass(r, 30000);
    assert_true(stands(&r->pnc, SB_E_UNPROVED));
    r->broker.twist = NULL;
    rig_pass(r, 30000);
    assert_false(stands(&r->pnc, SB_E_UNPROVED));
    assert_int_equal(r->pnc.stream.row.proved_seq, 3);
    rig_free(r);
}

static bool nothing(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    (void)m;
    (void)arena;
    return false;
}

static void a_broker_without_any_proof_alarms_readers_too(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    r->broker.twist = nothing;
    rig_pass(r, 150000);
    assert_true(stands(&r->stcns, SB_E_UNPROVED));
    r->broker.twist = NULL;
    rig_pass(r, 30000);
    assert_false(stands(&r->stcns, SB_E_UNPROVED));
    rig_free(r);
}

static void two_histories_stop_publishing_and_are_kept(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    struct stat st;
    char path[2 * RIG_PATH];
    uint64_t before = r->pnc.stream.row.stored_seq;
    r->broker.altered = 1; /* entry 1 is another than it was */
    rig_pass(r, 90000);
    for (int i = 0; i < 2; i++) {
        struct rig_side *s = i ? &r->stcns : &r->pnc;
        assert_true(s->env.contradicted);
        assert_true(stands(s, SB_E_SPLIT_VIEW));
        for (int side = 'a'; side <= 'b'; side++) {
            snprintf(path,
                     sizeof path,
                     "%s/%s.witness/evidence-1-%c.note",
                     r->dir,
                     i ? "stcns" : "pnc",
                     side);
            assert_int_equal(stat(path, &st), 0);
            assert_true(st.st_size > 0);
        }
    }
    size_t warnings = r->warnings;
    rig_insert(r, 2, "dos");
    rig_pass(r, 65000);
    assert_int_equal(r->pnc.stream.row.stored_seq, before);
    assert_int_equal(r->pnc.stream.head_seq, before);
    assert_true(r->warnings > warnings); /* again each minute */
    /* the note that was seen goes to the broker as evidence, and no cosignature */
    assert_true(r->broker.last.n > 0);
    assert_memory_equal(r->broker.last.p, "sns/journal/1\n", 14);
    /* over a restart it stands still */
    rig_kill(&r->pnc);
    rig_start(&r->pnc);
    assert_true(r->pnc.env.contradicted);
    rig_enter(&r->pnc);
    r->broker.altered = 0;
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.stream.head_seq, before);
    rig_free(r);
}

static void receiving_goes_on_when_a_reader_distrusts_the_broker(void **state)
{
    (void)state;
    struct rig *r = witnessed();
    r->stcns.env.contradicted = true;
    rig_insert(r, 2, "dos");
    rig_pass(r, 3000);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "2");
    rig_free(r);
}

static bool higher_claim(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)arena;
    if (m->as.checkpoint.n_own)
        m->as.checkpoint.own[0].claim_no = r->pnc.stream.claim_no + 1;
    return true;
}

static bool other_instance(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    (void)arena;
    if (m->as.checkpoint.n_own)
        m->as.checkpoint.own[0].instance[0] ^= 1;
    return true;
}

static bool later_seq(struct rig *r, struct sb_message *m, struct sb_arena *arena)
{
    (void)r;
    (void)arena;
    if (m->as.checkpoint.n_own)
        m->as.checkpoint.own[0].last_seq += 5;
    return true;
}

static void what_is_not_ours_stops_the_stream(void **state)
{
    (void)state;
    static const struct {
        bool (*twist)(struct rig *, struct sb_message *, struct sb_arena *);
        int code;
    } cases[] = {{higher_claim, SB_E_FOREIGN_CLAIM},
                 {other_instance, SB_E_FOREIGN_CLAIM},
                 {later_seq, SB_E_FOREIGN_BATCH}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig *r = witnessed();
        r->broker.twist = cases[i].twist;
        rig_pass(r, 61000);
        assert_int_equal(r->pnc.stream.row.stopped, cases[i].code);
        assert_true(r->warnings > 0);
        assert_string_equal(
            rig_state(&r->pnc, "SELECT length(evidence) > 100 FROM stream"), "1");
        rig_free(r);
    }
}

/* The journal holds another batch under the same numbers: the true leaf, another
 * outbox. */
static void another_record_under_our_seq_stops_the_stream(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    char path[2 * RIG_PATH];
    snprintf(path, sizeof path, "%s/pnc.state", r->dir);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE batch SET record = record || x'00'", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    r->witnessing = r->broker.answers = true;
    rig_pass(r, 15000);
    assert_int_equal(r->pnc.stream.row.stopped, SB_E_FOREIGN_BATCH);
    rig_free(r);
}

/* Two of three cosignatures make a tree final; its age is that of the older of them. */
static void freshness_runs_from_the_quorum_th_newest_cosignature(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->sim->world->dir.quorum = 2;
    rig_new_grant(r, "g9", (const char *const[]){"reservada", NULL});
    r->witnessing = r->broker.answers = true;
    rig_insert(r, 1, "uno");
    rig_pass(r, 15000);
    uint64_t now_s = r->sim->now / 1000;
    assert_int_equal(r->pnc.stream.row.proved_seq, 1);
    assert_int_equal(r->pnc.stream.row.final_seq, 0);
    assert_int_equal(r->pnc.env.fresh_ms, 0);
    r->broker.cosigners = 1u << IGM;
    rig_pass(r, 15000);
    assert_int_equal(r->pnc.env.fresh_ms, 0); /* one is no quorum */
    r->broker.cosigners = 1u << IGM | 1u << PNC | 1u << STCNS;
    r->broker.cosigned_s[IGM] = now_s - 300;
    r->broker.cosigned_s[PNC] = now_s - 200;
    r->broker.cosigned_s[STCNS] = now_s - 100;
    rig_pass(r, 65000);
    assert_int_equal(r->pnc.env.fresh_ms, (now_s - 200) * 1000);
    assert_int_equal(r->pnc.stream.row.final_seq, 1);
    rig_free(r);
}

static void a_day_without_a_final_checkpoint_alarms(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->sim->world->dir.quorum = 2;
    rig_new_grant(r, "g9", (const char *const[]){"reservada", NULL});
    r->broker.answers = true;
    rig_settle(r);
    r->witnessing = true;
    r->sim->now += DAY + 60000;
    rig_pass(r, 3000);
    assert_true(stands(&r->pnc, SB_E_QUORUM));
    r->broker.cosigners = 1u << IGM | 1u << STCNS;
    rig_pass(r, 65000);
    assert_false(stands(&r->pnc, SB_E_QUORUM));
    rig_free(r);
}

/* Kept until final and old: one without the other is not enough. */
static void the_outbox_forgets_what_is_final_and_old(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "dos");
    rig_settle(r);
    rig_insert(r, 3, "tres");
    rig_settle(r);
    struct sb_sql *own = r->pnc.env.state;
    static const char kept[] = "SELECT group_concat(first_seq) FROM batch";
    assert_int_equal(sb_outbox_prune(own, r->sim->now + 1, NULL), 0);
    assert_string_equal(rig_state(&r->pnc, kept), "1,2,3");
    r->pnc.stream.row.proved_seq = r->pnc.stream.row.final_seq = 2;
    assert_int_equal(sb_outbox_proved(own, &r->pnc.stream.row, NULL), 0);
    assert_int_equal(sb_outbox_prune(own, NOW - 1000, NULL), 0);
    assert_string_equal(rig_state(&r->pnc, kept), "1,2,3");
    assert_int_equal(sb_outbox_prune(own, r->sim->now + 1, NULL), 0);
    assert_string_equal(rig_state(&r->pnc, kept), "2,3");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_proved_and_final),
        cmocka_unit_test(a_receipt_names_what_was_proved),
        cmocka_unit_test(a_receipt_that_waits_survives_a_restart),
        cmocka_unit_test(with_the_broker_s_own_core_all_becomes_final),
        cmocka_unit_test(nothing_unproved_stands_in_a_receipt),
        cmocka_unit_test(a_batch_that_is_never_proved_alarms_its_publisher),
        cmocka_unit_test(a_broker_without_any_proof_alarms_readers_too),
        cmocka_unit_test(two_histories_stop_publishing_and_are_kept),
        cmocka_unit_test(receiving_goes_on_when_a_reader_distrusts_the_broker),
        cmocka_unit_test(what_is_not_ours_stops_the_stream),
        cmocka_unit_test(another_record_under_our_seq_stops_the_stream),
        cmocka_unit_test(freshness_runs_from_the_quorum_th_newest_cosignature),
        cmocka_unit_test(a_day_without_a_final_checkpoint_alarms),
        cmocka_unit_test(the_outbox_forgets_what_is_final_and_old),
    };
    return cmocka_run_group_tests_name("adapters.engine.evidence", tests, NULL, NULL);
}
