/* Purpose: proof files of what must not have happened, and true ones that look like it.
 */
#include "test/unit/broker_audit/prover.h"

static int setup(void **state)
{
    *state = proof_new();
    return 0;
}

static int teardown(void **state)
{
    proof_free(*state);
    return 0;
}

/* The epoch is changed, and the batches that name it with it. */
static void an_epoch_of_an_unknown_directory(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    struct sb_record r;
    struct sb_epoch epoch;
    assert_int_equal(sb_record_read(s->f.entries[EPOCH2_AT].record, &r, NULL), 0);
    assert_int_equal(sb_epoch_read(r.body, s->f.arena, &epoch, NULL), 0);
    struct sb_bytes body = forge_keep(&s->f, r.body);
    uint8_t *at = memmem(
        (uint8_t *)(uintptr_t)body.p, body.n, epoch.core.directory_hash, SB_HASH);
    assert_non_null(at);
    at[0] ^= 1;
    struct sb_buf changed = {0};
    struct sb_batch b;
    sb_buf_put(&changed, body.p, body.n);
    scene_resign(s, EPOCH2_AT, s->w->members[PNC].vault, SB_USE_SIGN, &changed);
    assert_int_equal(sb_record_read(s->f.entries[BATCH4_AT].record, &r, NULL), 0);
    assert_int_equal(sb_batch_read(r.body, &b, NULL), 0);
    assert_int_equal(sb_record_hash(b.epoch_hash, body, NULL), 0);
    sb_batch_write(&b, &changed);
    scene_resign(s, BATCH4_AT, s->w->members[PNC].vault, SB_USE_SIGN, &changed);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    (void)proof_judge(p);
    scene_failed(s, SB_AUDIT_STREAMS, SB_E_JOIN);
}

static void a_batch_dated_before_its_epoch(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    s->f.entries[BATCH4_AT].leaf.stored_ms = NOW + 1000;
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    (void)proof_judge(p);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_JOURNAL_ORDER);
}

static void revoke_pnc(struct scene *s)
{
    struct member *m = &s->w->members[PNC];
    struct sb_vault_key key;
    assert_true(sb_vault_newest(m->vault, SB_USE_SIGN, &key));
    memcpy(m->keys[0].key_id, key.key_id, SB_KEY_ID);
    m->keys[0].status = sb_bytes_str("revoked");
    m->n_keys = 1;
    s->w->n_grants = 0;
    s->w->dir.issued = s->ms;
    scene_directory(s);
}

/* Stored after the directory that revokes the key, and dated by the one before. */
static void a_key_brought_back(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    revoke_pnc(s);
    scene_batch(s, 1);
    s->f.entries[s->f.n - 1].leaf.directory_version = 2;
    prove(p, s->f.n - 1, EPOCH2_AT, 11);
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE));
    prove(p, BATCH4_AT, EPOCH2_AT, 8); /* and what was signed in time */
    (void)proof_judge(p);
    scene_passed(s);
}

/* Withdrawn first, and then the key was revoked. */
static void a_withdrawal_by_a_key_revoked_since(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    scene_withdraw(s, 8, 9);
    struct sb_bytes record = s->f.entries[s->f.n - 1].record;
    revoke_pnc(s);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    p->file.withdrawals = &record;
    p->file.n_withdrawals = 1;
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_WITHDRAWN));
    scene_withdraw(s, 8, 9); /* and one that was signed afterwards */
    record = s->f.entries[s->f.n - 1].record;
    (void)proof_judge(p);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_SIGNATURE);
}

/* By somebody whom the epoch gave no key: a re-grant may have. */
static void disclosed_by_a_later_reader(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    struct sb_record r;
    struct sb_act act;
    struct sb_buf body = {0};
    disclose(p, "Oficio 12", 8);
    assert_int_equal(sb_record_read(p->file.act, &r, NULL), 0);
    assert_int_equal(sb_act_read(r.body, s->f.arena, &act, NULL), 0);
    act.who = sb_bytes_str("stcns");
    sb_act_write(&act, &body);
    scene_record(s, SB_KIND_ACT, s->w->members[STCNS].vault, SB_USE_SIGN, &body);
    p->file.act = s->f.entries[s->f.n - 1].record;
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_NO_GRANT));
}

/* The key of the other class, which opens more than was ordered. */
static void a_key_of_another_class(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    disclose(p, "Oficio 12", 8);
    assert_int_equal(sb_event_key(s->secrets, sb_bytes_str("interna"), 8, p->key, NULL),
                     0);
    (void)proof_judge(p);
    scene_failed(s, SB_AUDIT_CONTENT, SB_E_DISCLOSE);
    assert_int_equal(p->plain.n, 0);
}

/* Dated so far ahead of those who cosigned that a grant or a key may have ended. */
static void a_batch_dated_ahead(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    const struct sb_vault *v = s->w->members[IGM].vault;
    struct sb_vault_key key;
    struct sb_buf note = {0};
    char name[SB_NOTE_NAME_MAX + 1];
    s->w->dir.quorum = 1;
    scene_directory(s);
    s->ms += DAY;
    scene_epoch(s);
    scene_batch(s, 1);
    prove(p, s->f.n - 1, s->f.n - 2, 11);
    sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str("igm"));
    assert_true(sb_vault_newest(v, SB_USE_WITNESS, &key));
    for (int late = 0; late < 2; late++) {
        sb_buf_reset(&note);
        sb_buf_put(&note, p->note.p, p->note.n);
        uint64_t time_s = (s->ms - (late ? 0 : DAY)) / 1000;
        struct sb_bytes text = sb_buf_bytes(&p->note);
        assert_int_equal(sb_cosign(v, key.key_id, name, text, time_s, &note, NULL), 0);
        p->file.note = sb_buf_bytes(&note);
        (void)proof_judge(p);
        if (late)
            scene_passed(s);
        else
            assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_JOURNAL_ORDER));
    }
    sb_buf_free(&note);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_epoch_of_an_unknown_directory),
        T(a_batch_dated_before_its_epoch),
        T(a_key_brought_back),
        T(a_withdrawal_by_a_key_revoked_since),
        T(disclosed_by_a_later_reader),
        T(a_key_of_another_class),
        T(a_batch_dated_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
