/* adapters.engine.refill: a journal begun anew is filled from the outboxes, byte for
 * byte; and what a new key or a withdrawn one does to what waits. */
#include <stdio.h>

#include "test/unit/adapters_engine/rig.h"

/* Ends both sessions; the journal is lost; a directory opens the next generation. */
static void lose_journal(struct rig *r)
{
    sim_checkpoint(r->sim);
    struct rig_side *sides[2] = {&r->pnc, &r->stcns};
    for (size_t i = 0; i < 2; i++) {
        sides[i]->here = false;
        sb_receive_away(&sides[i]->receive);
    }
    sb_publish_away(&r->pnc.stream);
    r->sim->now += 1000;
    sim_generation(r->sim);
}

/* Readers' places count once a checkpoint holds them, and a tick looks. */
static void second_passes(struct rig *r)
{
    struct sb_input in = {.kind = SB_IN_TICK};
    sim_checkpoint(r->sim);
    sim_step(r->sim, &in);
    rig_settle(r);
}

static const char hashes[] = "SELECT group_concat(hex(hash)) FROM batch";

/* Three epochs, two claims, one epoch that no batch was sealed under. */
static struct rig *with_history(void)
{
    static const char *const more[] = {"reservada", NULL};
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    r->sim->now += SB_EPOCH_MS + 1;
    rig_insert(r, 2, "dos");
    rig_settle(r);
    rig_insert(r, 3, "tres");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    rig_new_grant(r, "g9", more);
    rig_settle(r);
    rig_insert(r, 4, "cuatro");
    rig_settle(r);
    assert_int_equal(r->pnc.stream.claim_no, 2);
    assert_int_equal(r->pnc.stream.epoch_no, 3);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    return r;
}

static void copy(char *to, size_t n, const char *from)
{
    snprintf(to, n, "%s", from);
}

static void a_lost_journal_is_filled_byte_for_byte(void **state)
{
    (void)state;
    struct rig *r = with_history();
    char before[400];
    copy(before, sizeof before, rig_state(&r->pnc, hashes));
    lose_journal(r);
    rig_enter(&r->stcns); /* before there is anything */
    rig_settle(r);
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_string_equal(rig_state(&r->pnc, hashes), before);
    assert_string_equal(rig_state(&r->pnc, "SELECT min(stored) FROM batch"), "1");
    rig_insert(r, 5, "cinco");
    rig_settle(r);
    second_passes(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"),
        "A11,A22,A33,A44,A55");
    assert_int_equal(r->pnc.env.generation, 2);
    rig_free(r);
}

/* A broker that lost its end cannot call that a new journal. */
static void only_a_directory_opens_a_generation(void **state)
{
    (void)state;
    struct rig *r = with_history();
    struct sb_env env = r->pnc.env;
    struct sb_trust *trust = env.trust;
    assert_true(env.generation == 1);
    assert_true(sb_env_opened(&env, 1));
    assert_false(sb_env_opened(&env, 2));
    env.generation = 0; /* not met yet */
    assert_true(sb_env_opened(&env, 1));
    assert_false(sb_env_opened(&env, 2));
    assert_int_equal(sb_trust_new(&env.trust, &r->sim->world->anchor, NULL), 0);
    assert_false(sb_env_opened(&env, 1)); /* its directory comes behind WELCOME */
    sb_trust_free(env.trust);
    env.trust = trust;
    lose_journal(r);
    rig_enter(&r->pnc);
    rig_settle(r);
    env.generation = 1;
    assert_true(sb_env_opened(&env, 2));
    assert_false(sb_env_opened(&env, 3));
    rig_free(r);
}

static void a_refill_that_is_interrupted_goes_on(void **state)
{
    (void)state;
    struct rig *r = with_history();
    char before[400];
    copy(before, sizeof before, rig_state(&r->pnc, hashes));
    lose_journal(r);
    rig_enter(&r->pnc);
    for (int i = 0; i < 30; i++) { /* killed after each step */
        r->pnc.env.generation = 2; /* as the engine persists it */
        rig_turn(r);
        rig_kill(&r->pnc);
        rig_start(&r->pnc);
        rig_enter(&r->pnc);
    }
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 4);
    assert_string_equal(rig_state(&r->pnc, hashes), before);
    rig_free(r);
}

/* An older copy of the journal was tried first: it stopped the stream. */
static void a_new_journal_settles_the_loss_that_stopped_a_stream(void **state)
{
    (void)state;
    struct rig *r = with_history();
    struct sb_err err = {0};
    struct sb_stream *s = &r->pnc.stream;
    if (sb_publish_welcome(s, NULL, false, r->sim->now, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(s->row.stopped, SB_E_BEHIND);
    lose_journal(r);
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_int_equal(s->row.stopped, 0);
    assert_int_equal(s->row.stored_seq, 4);
    rig_free(r);
}

/* A broker that showed an older copy of its journal, and has the right one again. */
static void a_stream_goes_on_when_the_journal_is_back(void **state)
{
    (void)state;
    struct rig *r = with_history();
    struct sb_stream *s = &r->pnc.stream;
    struct sb_own_stream own = {.claim_no = 2, .epoch_no = 3, .last_seq = 4};
    memcpy(own.last_hash, s->row.stored_hash, SB_HASH);
    memcpy(own.instance, s->row.instance, SB_INSTANCE);
    own.last_hash[0] ^= 1; /* as much, and something else */
    const struct sb_own_stream *lies[] = {NULL, &own};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sb_publish_welcome(s, lies[i], false, r->sim->now, NULL), 0);
        assert_int_equal(s->row.stopped, SB_E_BEHIND);
    }
    rig_enter(&r->pnc);
    assert_int_equal(s->row.stopped, 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT stopped FROM stream"), "0");
    rig_insert(r, 5, "cinco");
    rig_settle(r);
    assert_int_equal(s->row.stored_seq, 5);
    /* what stopped for something else stays so */
    assert_int_equal(sb_publish_stop(s, SB_E_CONFLICT, sb_bytes_str("seen"), NULL), 0);
    rig_enter(&r->pnc);
    assert_int_equal(s->row.stopped, SB_E_CONFLICT);
    rig_free(r);
}

/* What a lost state had published fills the next journal all the same. */
static void what_was_adopted_fills_a_journal_too(void **state)
{
    (void)state;
    struct rig *r = with_history();
    char before[400];
    char path[2 * RIG_PATH];
    copy(before, sizeof before, rig_state(&r->pnc, hashes));
    rig_kill(&r->pnc);
    snprintf(path, sizeof path, "%s/pnc.state", r->dir);
    assert_int_equal(remove(path), 0);
    rig_start(&r->pnc);
    rig_insert(r, 5, "cinco"); /* sealed as 1, under a claim 1 and an epoch 1 */
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stored_seq, 5);
    assert_string_equal(
        rig_state(&r->pnc,
                  "SELECT group_concat(hex(hash)) FROM batch WHERE last_seq < 5"),
        before);
    assert_string_equal(rig_state(&r->pnc, "SELECT group_concat(claim_no) FROM claim"),
                        "1,2,3");
    lose_journal(r);
    rig_enter(&r->stcns);
    rig_enter(&r->pnc);
    rig_settle(r);
    second_passes(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 5);
    rig_insert(r, 6, "seis");
    rig_settle(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"),
        "A11,A22,A33,A44,A55,A66");
    rig_free(r);
}

static void what_is_kept_no_more_is_not_waited_for(void **state)
{
    (void)state;
    struct rig *r = with_history();
    struct sb_outbox_stream *row = &r->pnc.stream.row;
    row->proved_seq = row->final_seq = 2;
    assert_int_equal(sb_outbox_proved(r->pnc.env.state, row, NULL), 0);
    assert_int_equal(sb_outbox_prune(r->pnc.env.state, r->sim->now + 1, NULL), 0);
    assert_string_equal(rig_state(&r->pnc, "SELECT min(first_seq) FROM batch"), "2");
    lose_journal(r);
    rig_enter(&r->stcns);
    rig_enter(&r->pnc);
    rig_settle(r);
    assert_int_equal(row->stopped, 0);
    assert_int_equal(row->stored_seq, 4);
    rig_insert(r, 5, "cinco");
    rig_settle(r);
    second_passes(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "5");
    rig_free(r);
}

static void a_generation_begins_its_own_evidence(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->witnessing = r->broker.answers = true;
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "dos");
    rig_pass(r, 15000);
    assert_int_equal(r->pnc.stream.row.proved_seq, 2);
    uint64_t seen = r->pnc.env.tree_size;
    sim_checkpoint(r->sim);
    r->sim->n_notes = 1; /* the authority's copy of the last final note is older */
    sb_buf_reset(&r->sim->notes[0].text);
    uint8_t root[SB_HASH];
    sim_root(r->sim, seen - 1, root);
    sim_note(r->sim, seen - 1, root, &r->sim->notes[0].text);
    lose_journal(r);
    size_t warnings = r->warnings;
    rig_enter(&r->stcns);
    rig_enter(&r->pnc);
    rig_pass(r, 20000);
    assert_int_equal(r->warnings, warnings + 2); /* both say what was lost */
    assert_false(r->pnc.env.contradicted);
    assert_int_equal(r->pnc.stream.row.proved_seq, 2);
    assert_int_equal(r->pnc.stream.row.final_seq, 2);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "2");
    rig_free(r);
}

/* pnc's card names a new sign key, and the directory revokes the old one. */
static void rotate(struct rig *r)
{
    struct world *w = r->sim->world;
    struct member *m = &w->members[PNC];
    struct sb_vault_key old;
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    assert_true(sb_vault_newest(m->vault, SB_USE_SIGN, &old));
    assert_int_equal(sb_vault_add(m->vault, SB_USE_SIGN, r->sim->now, NULL, NULL), 0);
    struct sb_err err;
    if (sb_card_next(&w->x,
                     m->vault,
                     sb_buf_bytes(&m->cards[m->n_cards - 1]),
                     NOW - DAY,
                     YEAR,
                     &m->cards[m->n_cards],
                     &err) != 0)
        fail_msg("%s", err.text);
    m->n_cards++;
    m->keys[m->n_keys].status = sb_bytes_str("revoked");
    memcpy(m->keys[m->n_keys++].key_id, old.key_id, SB_KEY_ID);
    static const char *const p[] = {"publica", NULL};
    static const char *const pi[] = {"interna", "publica", NULL};
    uint64_t end = NOW + 30 * (uint64_t)DAY;
    w->n_grants = 0; /* grants are the publisher's own records: signed anew */
    world_grant(w, (struct grant_choice){"g3", PNC, IGM, p, NOW - DAY, end}, m->vault);
    world_grant(
        w, (struct grant_choice){"g4", PNC, STCNS, pi, NOW - DAY, end}, m->vault);
    world_publish(w);
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(w->trust));
    sim_step(r->sim, &in);
    sim_settle(r->sim);
}

static void what_a_revoked_key_signed_is_sealed_again(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "dos");
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    rotate(r);
    rig_settle(r);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_int_equal(r->pnc.stream.row.stored_seq, 2);
    assert_int_equal(r->pnc.stream.claim_no, 2);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"), "A11,A22");
    rig_free(r);
}

/* Readers have had it in its old form: it is not made anew, whatever the broker says.
 */
static void what_readers_have_had_is_never_sealed_again(void **state)
{
    (void)state;
    struct rig *r = with_history();
    char before[400];
    copy(before, sizeof before, rig_state(&r->pnc, hashes));
    rotate(r);
    rig_settle(r);
    lose_journal(r);
    rig_enter(&r->pnc);
    for (int i = 0; i < 20; i++)
        rig_turn(r);
    assert_true(r->pnc.stream.row.stopped != 0);
    assert_string_equal(rig_state(&r->pnc, hashes), before);
    assert_int_equal(r->pnc.stream.claim_no, 2);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_journal_is_filled_byte_for_byte),
        cmocka_unit_test(only_a_directory_opens_a_generation),
        cmocka_unit_test(a_refill_that_is_interrupted_goes_on),
        cmocka_unit_test(a_new_journal_settles_the_loss_that_stopped_a_stream),
        cmocka_unit_test(a_stream_goes_on_when_the_journal_is_back),
        cmocka_unit_test(what_was_adopted_fills_a_journal_too),
        cmocka_unit_test(what_is_kept_no_more_is_not_waited_for),
        cmocka_unit_test(a_generation_begins_its_own_evidence),
        cmocka_unit_test(what_a_revoked_key_signed_is_sealed_again),
        cmocka_unit_test(what_readers_have_had_is_never_sealed_again),
    };
    return cmocka_run_group_tests_name("adapters.engine.refill", tests, NULL, NULL);
}
