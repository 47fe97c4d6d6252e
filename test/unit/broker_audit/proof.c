/* Purpose: proof files: a true one passes, and each lie in it is told by its part; who
 * is behind an event. */
#include "test/unit/broker_audit/prover.h"

#include "broker/audit/tell.h"

#include <stdio.h>

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

static void passes(void **state)
{
    struct proof *p = *state;
    proof_judge(p);
    scene_passed(p->s);
    assert_true(p->s->facts.asked[SB_AUDIT_TREE]);
    assert_false(p->s->facts.asked[SB_AUDIT_TEXTS]);
    prove(p, BATCH_AT, EPOCH_AT, 1);
    proof_judge(p);
    scene_passed(p->s);
}

static void is_no_proof(void **state)
{
    struct proof *p = *state;
    struct sb_audit_config config = scene_config(p->s);
    p->s->n_found = 0;
    assert_int_equal(
        sb_audit_proof(sb_bytes_str("\x9dnothing"), &config, &p->s->facts, NULL), 0);
    assert_int_equal(sb_audit_result(&p->s->facts), SB_AUDIT_FAILED);
}

static void another_item(void **state)
{
    struct proof *p = *state;
    struct sb_bytes right = p->file.item;
    prove(p, BATCH4_AT, EPOCH2_AT, 9);
    p->file.item = right;
    p->file.seq = 8;
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_STREAMS, SB_E_ITEMS_ROOT);
}

static void another_place(void **state)
{
    struct proof *p = *state;
    p->file.place.index = BATCH3_AT;
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_TREE, SB_E_INCLUSION);
}

static void another_epoch(void **state)
{
    struct proof *p = *state;
    p->file.epoch = p->s->f.entries[EPOCH_AT].record;
    prove_place(p, EPOCH_AT, &p->file.epoch_place, &p->epoch_path, &p->epoch_leaf);
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_STREAMS, SB_E_JOIN);
}

static void another_signer(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    struct sb_record r;
    struct sb_buf body = {0};
    assert_int_equal(sb_record_read(s->f.entries[BATCH4_AT].record, &r, NULL), 0);
    sb_buf_put(&body, r.body.p, r.body.n);
    scene_resign(s, BATCH4_AT, s->w->members[IGM].vault, SB_USE_SIGN, &body);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    proof_judge(p);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE);
}

static void another_log(void **state)
{
    struct proof *p = *state;
    struct world *other = world_new();
    sb_buf_reset(&p->note);
    forge_note(&p->s->f, p->s->f.n, other->broker, &p->note);
    p->file.note = sb_buf_bytes(&p->note);
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_CHECKPOINT, SB_E_NOTE);
    world_free(other);
}

static void without_directories(void **state)
{
    struct proof *p = *state;
    p->directories[0] = p->s->f.entries[RECEIPT_AT].record;
    assert_int_equal(proof_judge(p), SB_AUDIT_FAILED);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    p->file.n_directories = 1; /* not the one in force */
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(p->s, SB_AUDIT_RIGHTS, SB_E_DIR_VERSION));
}

static void withdrawn(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    scene_withdraw(s, 8, 9);
    struct sb_bytes record = s->f.entries[s->f.n - 1].record;
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    p->file.withdrawals = &record;
    p->file.n_withdrawals = 1;
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_WITHDRAWN));
    struct sb_bytes other = s->f.entries[RECEIPT_AT].record;
    p->file.withdrawals = &other;
    assert_int_equal(proof_judge(p), SB_AUDIT_FAILED);
}

static void disclosed(void **state)
{
    struct proof *p = *state;
    disclose(p, "Oficio 12", 8);
    proof_judge(p);
    scene_passed(p->s);
    assert_int_equal(p->s->facts.opened, 1);
    assert_true(p->plain.n > 0);
    assert_non_null(memmem(p->plain.p, p->plain.n, "roja", 4));
}

static void disclosed_wrongly(void **state)
{
    struct proof *p = *state;
    disclose(p, "Another order", 8);
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_STATEMENTS, SB_E_DISCLOSE);
    disclose(p, "Oficio 12", 7);
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_STATEMENTS, SB_E_DISCLOSE);
    disclose(p, "Oficio 12", 8);
    p->key[0] ^= 1;
    proof_judge(p);
    scene_failed(p->s, SB_AUDIT_CONTENT, SB_E_DISCLOSE);
    assert_int_equal(p->plain.n, 0);
    p->key[0] ^= 1;
    p->file.ciphertext = sb_bytes(NULL, 0);
    assert_int_equal(proof_judge(p), SB_AUDIT_INDETERMINATE);
}

/* Any bit of the file. */
static void every_change_is_found(void **state)
{
    struct proof *p = *state;
    struct sb_buf bytes = {0};
    struct sb_audit_facts facts;
    struct sb_audit_config config = scene_config(p->s);
    uint32_t seed = 3;
    disclose(p, "Oficio 12", 8);
    config.say = NULL;
    sb_proof_file_write(&p->file, &bytes);
    for (int i = 0; i < 600; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t at = (seed >> 4) % bytes.n;
        uint8_t bit = (uint8_t)(1u << (i % 8));
        bytes.p[at] ^= bit;
        assert_int_equal(sb_audit_proof(sb_buf_bytes(&bytes), &config, &facts, NULL),
                         0);
        if (sb_audit_result(&facts) == SB_AUDIT_PASSED)
            fail_msg("a change of byte %zu was not found", at);
        bytes.p[at] ^= bit;
        size_t n = bytes.n;
        bytes.n = at; /* cut there */
        assert_int_equal(sb_audit_proof(sb_buf_bytes(&bytes), &config, &facts, NULL),
                         0);
        assert_int_equal(sb_audit_result(&facts), SB_AUDIT_FAILED);
        bytes.n = n;
    }
    sb_buf_free(&bytes);
}

static enum sb_audit_verdict attribute(struct proof *p, struct sb_attribution *out)
{
    struct sb_buf bytes = {0};
    struct sb_err err = {0};
    enum sb_audit_verdict verdict;
    struct sb_audit_config config = scene_config(p->s);
    p->s->n_found = 0;
    sb_proof_file_write(&p->file, &bytes);
    if (sb_audit_attribute(
            sb_buf_bytes(&bytes), &config, p->s->f.arena, out, &verdict, &err) != 0)
        fail_msg("%s", err.text);
    sb_buf_free(&bytes);
    return verdict;
}

static void attribution(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    struct sb_attribution t;
    struct sb_vault_key key;
    assert_int_equal(attribute(p, &t), SB_AUDIT_PASSED);
    assert_true(sb_vault_newest(s->w->members[PNC].vault, SB_USE_SIGN, &key));
    assert_true(sb_bytes_is(t.stream, STREAM));
    assert_true(sb_bytes_is(t.institution, "pnc"));
    assert_true(sb_bytes_is(t.institution_name, "An institution"));
    assert_int_equal(t.seq, 8);
    assert_int_equal(t.index, BATCH4_AT);
    assert_int_equal(t.directory_version, 2);
    assert_memory_equal(t.key_id, key.key_id, SB_KEY_ID);
    assert_memory_equal(t.pk, key.pk, SB_PK);
    assert_true(t.valid);
    assert_int_equal(t.card_no, 1);
    assert_int_equal(t.enrolled_version, 1);
    assert_int_equal(t.n_root_holders, 2);
    assert_int_equal(t.revoked_version, 0);
    assert_int_equal(t.suspended_version, 0);
    assert_false(t.own_witness);
}

static void attribution_after_revocation(void **state)
{
    struct proof *p = *state;
    struct scene *s = p->s;
    struct sb_attribution t;
    struct sb_vault_key key;
    struct member *m = &s->w->members[PNC];
    assert_true(sb_vault_newest(m->vault, SB_USE_SIGN, &key));
    memcpy(m->keys[0].key_id, key.key_id, SB_KEY_ID);
    m->keys[0].status = sb_bytes_str("revoked");
    m->n_keys = 1;
    s->w->n_grants = 0;       /* its own was signed by this key */
    s->w->dir.issued = s->ms; /* after the batch was stored */
    scene_directory(s);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    assert_int_equal(attribute(p, &t), SB_AUDIT_PASSED);
    assert_true(t.valid);
    assert_int_equal(t.revoked_version, 3);
    /* its own witness has seen it */
    struct sb_buf cosigned = {0};
    char name[SB_NOTE_NAME_MAX + 1];
    sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str("pnc"));
    assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &key));
    sb_buf_put(&cosigned, p->note.p, p->note.n);
    assert_int_equal(sb_cosign(m->vault,
                               key.key_id,
                               name,
                               sb_buf_bytes(&p->note),
                               NOW / 1000 + 60,
                               &cosigned,
                               NULL),
                     0);
    p->file.note = sb_buf_bytes(&cosigned);
    assert_int_equal(attribute(p, &t), SB_AUDIT_PASSED);
    assert_true(t.own_witness);
    assert_int_equal(t.own_witness_s, NOW / 1000 + 60);
    sb_buf_free(&cosigned);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(passes),
        T(is_no_proof),
        T(another_item),
        T(another_place),
        T(another_epoch),
        T(another_signer),
        T(another_log),
        T(without_directories),
        T(withdrawn),
        T(disclosed),
        T(disclosed_wrongly),
        T(every_change_is_found),
        T(attribution),
        T(attribution_after_revocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
