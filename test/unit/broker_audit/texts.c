/* Purpose: ciphertexts that are gone, with and without a record that says why. */
#include "test/unit/broker_audit/scene.h"

#define RETENTION (30 * (uint64_t)DAY)

static int setup(void **state)
{
    *state = scene_new_kept(RETENTION);
    return 0;
}

static int setup_plain(void **state)
{
    struct scene *s = scene_new();
    scene_fill(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void absence_is_loss(void **state)
{
    struct scene *s = *state;
    scene_drop_texts(s, BATCH_AT, 0);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_ABSENT);
    assert_int_equal(s->facts.absent, 6);
    assert_int_equal(s->n_found, 1);
    scene_drop_texts(s, BATCH4_AT, 2);
    scene_audit(s);
    assert_int_equal(s->facts.absent, 8);
}

static void another_text(void **state)
{
    struct scene *s = *state;
    struct sb_bytes texts = s->f.entries[BATCH_AT].texts;
    uint8_t *bytes = sb_arena_alloc(s->f.arena, texts.n, 1);
    memcpy(bytes, texts.p, texts.n);
    bytes[texts.n - 1] ^= 1;
    s->f.entries[BATCH_AT].texts = sb_bytes(bytes, texts.n);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_JOURNAL_CT);
    s->f.entries[BATCH_AT].texts = s->f.entries[BATCH3_AT].texts;
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_JOURNAL_CT);
}

static void withdrawal_explains(void **state)
{
    struct scene *s = *state;
    scene_withdraw(s, 2, 3);
    scene_drop_texts(s, BATCH_AT, 2);
    scene_drop_texts(s, BATCH_AT, 3);
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.withdrawn, 4);
    assert_int_equal(s->facts.absent, 0);
    assert_int_equal(s->n_found, 2); /* igm has not deleted; four are withdrawn */
    scene_act(s, IGM, SB_ACT_DELETE, 2, 3);
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    /* of another event it explains nothing */
    scene_drop_texts(s, BATCH_AT, 1);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_ABSENT);
}

static void withdrawal_by_another(void **state)
{
    struct scene *s = *state;
    struct sb_record r;
    struct sb_buf body = {0};
    scene_withdraw(s, 2, 3);
    assert_int_equal(sb_record_read(s->f.entries[s->f.n - 1].record, &r, NULL), 0);
    sb_buf_put(&body, r.body.p, r.body.n);
    scene_resign(s, s->f.n - 1, s->w->members[IGM].vault, SB_USE_SIGN, &body);
    scene_drop_texts(s, BATCH_AT, 2);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE));
    assert_true(scene_found(s, SB_AUDIT_TEXTS, SB_E_ABSENT));
}

static void withdrawn_and_still_there(void **state)
{
    struct scene *s = *state;
    scene_withdraw(s, 2, 3);
    scene_act(s, IGM, SB_ACT_DELETE, 2, 3);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_WITHDRAWN);
}

static void deletion_of_nothing(void **state)
{
    struct scene *s = *state;
    scene_act(s, IGM, SB_ACT_DELETE, 2, 3);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_WITHDRAWN);
}

static void prune_explains(void **state)
{
    struct scene *s = *state;
    scene_fill(s);
    uint64_t before = s->ms;
    s->ms += RETENTION;
    scene_prune(s, before, BATCH3_AT);
    scene_drop_texts(s, BATCH_AT, 0);
    scene_drop_texts(s, BATCH2_AT, 0);
    scene_audit(s);
    assert_int_equal(sb_audit_result(&s->facts), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_TEXTS, SB_E_PRUNED));
    assert_int_equal(s->facts.pruned, 8);
    assert_int_equal(s->n_found, 1);
    scene_drop_texts(s, BATCH3_AT, 0); /* not below */
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_ABSENT);
}

static void prune_against_policy(void **state)
{
    struct scene *s = *state;
    scene_fill(s);
    scene_prune(s, s->ms - RETENTION + 1, BATCH3_AT);
    scene_drop_texts(s, BATCH_AT, 0);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_RETENTION));
    assert_true(scene_found(s, SB_AUDIT_TEXTS, SB_E_ABSENT));
}

static void prune_past_its_date(void **state)
{
    struct scene *s = *state;
    scene_fill(s);
    uint64_t before = NOW + 4000;
    s->ms += RETENTION;
    scene_prune(s, before, BATCH3_AT);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_RETENTION);
}

static void prune_by_a_member(void **state)
{
    struct scene *s = *state;
    struct sb_record r;
    struct sb_buf body = {0};
    scene_fill(s);
    uint64_t before = s->ms;
    s->ms += RETENTION;
    scene_prune(s, before, BATCH3_AT);
    assert_int_equal(sb_record_read(s->f.entries[s->f.n - 1].record, &r, NULL), 0);
    sb_buf_put(&body, r.body.p, r.body.n);
    scene_resign(s, s->f.n - 1, s->w->members[PNC].vault, SB_USE_SIGN, &body);
    scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_plain, teardown)
#define P(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(absence_is_loss),
        T(another_text),
        T(withdrawal_explains),
        T(withdrawal_by_another),
        T(withdrawn_and_still_there),
        T(deletion_of_nothing),
        P(prune_explains),
        P(prune_against_policy),
        P(prune_past_its_date),
        P(prune_by_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
