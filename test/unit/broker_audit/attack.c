/* Purpose: what a lying broker, a thief of a key or a careless publisher could do to a
 * bundle, and honest histories that look like it. */
#include "test/unit/broker_audit/scene.h"

#include "broker/bundle/bundle_form.h"

#include <stdio.h>

#define HOUR_MS 3600000u

static int setup(void **state)
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

static const char *path_of(const struct scene *s, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return path;
}

static enum sb_audit_verdict judge(struct scene *s)
{
    struct sb_audit_config config = scene_config(s);
    return scene_judge(s, &config);
}

static const struct sb_vault *pnc(struct scene *s)
{
    return s->w->members[PNC].vault;
}

static void no_catalogue(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    forge_remove(&s->f, 1);
    scene_fill(s);
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_CATALOGUE, SB_E_CATALOGUE_HASH));
    scene_free(s);
}

static void the_same_directory_again(void **state)
{
    struct scene *s = *state;
    struct forge_entry again = s->f.entries[2];
    again.leaf.stored_ms = s->ms;
    forge_insert(&s->f, s->f.n, &again);
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_DUPLICATE);
}

/* One root of two signs another directory 3, which revokes nobody but has new dates. */
static void a_minority_of_roots(void **state)
{
    struct scene *s = *state;
    struct sb_buf record = {0};
    struct forge_entry e = s->f.entries[2];
    world_sign(s->w, (struct roots_choice){0, 3, 2}, 1, &record);
    e.record = sb_buf_bytes(&record);
    e.leaf.stored_ms = s->ms;
    e.leaf.directory_version = 3;
    forge_insert(&s->f, s->f.n, &e);
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_THRESHOLD);
    sb_buf_free(&record);
}

static void revoke_pnc(struct scene *s)
{
    struct member *m = &s->w->members[PNC];
    struct sb_vault_key key;
    assert_true(sb_vault_newest(m->vault, SB_USE_SIGN, &key));
    memcpy(m->keys[0].key_id, key.key_id, SB_KEY_ID);
    m->keys[0].status = sb_bytes_str("revoked");
    m->n_keys = 1;
    s->w->n_grants = 0; /* pnc's own was signed by this key */
    scene_directory(s);
}

/* A batch under a revoked key, dated by the directory in force or by one before. */
static void a_revoked_key(void **state)
{
    struct scene *s = *state;
    revoke_pnc(s);
    scene_batch(s, 1);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_SIGNATURE));
    s->f.entries[s->f.n - 1].leaf.directory_version = 2;
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_DIRECTORIES, SB_E_DIR_VERSION);
}

static void an_expired_key_needs_time_to_fall(void **state)
{
    struct scene *s = *state;
    s->ms = NOW + 2 * YEAR;
    scene_heads(s);
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_KEY_EXPIRED));
    struct forge_entry withdrawn = s->f.entries[s->f.n - 1];
    scene_withdraw(s, 1, 2); /* stored before, as if in time */
    s->f.entries[s->f.n - 2] = s->f.entries[s->f.n - 1];
    s->f.entries[s->f.n - 1] = withdrawn;
    s->f.entries[s->f.n - 1].leaf.stored_ms = NOW + DAY;
    assert_int_equal(scene_audit(s), SB_AUDIT_FAILED);
    assert_true(scene_found(s, SB_AUDIT_DIRECTORIES, SB_E_JOURNAL_ORDER));
}

/* Appends a witness's line to the checkpoint that was written. */
static void cosign(struct scene *s, size_t member, uint64_t time_s)
{
    struct sb_buf note = {0};
    struct sb_vault_key key;
    char name[SB_NOTE_NAME_MAX + 1];
    const struct member *m = &s->w->members[member];
    const char *path = path_of(s, SB_BUNDLE_CHECKPOINT);
    assert_int_equal(sb_file_read(path, SB_MIB, &note, NULL), 0);
    sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(m->code));
    assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &key));
    struct sb_bytes text = sb_buf_bytes(&note);
    struct sb_buf line = {0};
    assert_int_equal(sb_cosign(m->vault, key.key_id, name, text, time_s, &line, NULL),
                     0);
    sb_buf_put(&note, line.p, line.n);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&note), 0644, NULL), 0);
    sb_buf_free(&line);
    sb_buf_free(&note);
}

static void one_witness_twice(void **state)
{
    struct scene *s = *state;
    s->w->dir.quorum = 2;
    scene_directory(s);
    (void)scene_audit(s);
    uint64_t now_s = s->ms / 1000;
    cosign(s, IGM, now_s);
    cosign(s, IGM, now_s + 1);
    assert_int_equal(judge(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.cosignatures, 1);
    cosign(s, PNC, now_s);
    assert_int_equal(judge(s), SB_AUDIT_PASSED);
    assert_int_equal(s->facts.cosignatures, 2);
}

static void a_revoked_witness(void **state)
{
    struct scene *s = *state;
    struct sb_vault_key key;
    struct member *m = &s->w->members[IGM];
    s->w->dir.quorum = 1;
    assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &key));
    memcpy(m->keys[0].key_id, key.key_id, SB_KEY_ID);
    m->keys[0].status = sb_bytes_str("revoked");
    m->n_keys = 1;
    scene_directory(s);
    (void)scene_audit(s);
    cosign(s, IGM, s->ms / 1000);
    assert_int_equal(judge(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.cosignatures, 0);
}

/* Entries of next month in a tree that was cosigned today. */
static void dated_ahead(void **state)
{
    struct scene *s = *state;
    uint64_t now_s = s->ms / 1000;
    s->w->dir.quorum = 1;
    scene_directory(s);
    s->ms += HOUR_MS / 2;
    scene_withdraw(s, 1, 1);
    scene_act(s, IGM, SB_ACT_DELETE, 1, 1);
    scene_drop_texts(s, BATCH_AT, 1);
    (void)scene_audit(s);
    cosign(s, IGM, now_s);
    (void)judge(s);
    assert_false(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_JOURNAL_ORDER));
    s->ms += 30 * (uint64_t)DAY;
    scene_receipt(s, IGM);
    (void)scene_audit(s);
    cosign(s, IGM, now_s);
    assert_int_equal(judge(s), SB_AUDIT_INDETERMINATE);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_JOURNAL_ORDER));
}

/* The tree names another log key and is still signed with the old one. */
static void a_replaced_log_key(void **state)
{
    struct scene *s = *state;
    struct sb_vault_key key;
    struct sb_vault *old = s->w->broker;
    struct sb_vault *fresh = NULL;
    assert_int_equal(sb_vault_new(&fresh, sb_bytes_str("broker"), NULL), 0);
    assert_int_equal(sb_vault_add(fresh, SB_USE_LOG, NOW, &key, NULL), 0);
    memcpy(s->w->dir.log_pk, key.pk, SB_PK);
    scene_directory(s);
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_CHECKPOINT, SB_E_NOTE));
    s->w->broker = fresh;
    (void)scene_audit(s);
    scene_passed(s);
    sb_vault_free(old);
}

static void a_journal_without_its_first_directory(void **state)
{
    struct scene *s = *state;
    forge_remove(&s->f, 0);
    forge_remove(&s->f, 0);
    assert_int_not_equal(scene_audit(s), SB_AUDIT_PASSED); /* trees, catalogue */
    assert_true(scene_found(s, SB_AUDIT_DIRECTORIES, SB_E_DIR_CHAIN));
    assert_int_equal(s->facts.parts[SB_AUDIT_DIRECTORIES], SB_AUDIT_PASSED);
}

/* The keys of both epochs so far, sealed to a member; what is inside nobody else sees.
 */
static void regrant(struct scene *s, const char *reader)
{
    static const uint8_t sealed[160] = {7};
    struct sb_bytes name = sb_bytes_str("publica");
    struct sb_regrant_epoch epochs[2] = {{.epoch_no = 1, .classes = {&name, 1}},
                                         {.epoch_no = 2, .classes = {&name, 1}}};
    struct sb_regrant r = {.stream = sb_bytes_str(STREAM),
                           .reader = sb_bytes_str(reader),
                           .epochs = epochs,
                           .n_epochs = 2,
                           .ct = sb_bytes(sealed, sizeof sealed)};
    struct sb_buf core = {0};
    struct sb_buf body = {0};
    memcpy(r.directory_hash, sb_dir_hash(sb_trust_newest(s->w->trust)), SB_HASH);
    sb_regrant_core_write(&r, &core);
    r.core_bytes = sb_buf_bytes(&core);
    sb_regrant_write(&r, &body);
    scene_record(s, SB_KIND_REGRANT, pnc(s), SB_USE_SIGN, &body);
    sb_buf_free(&core);
}

static void reject(struct scene *s, size_t member, uint64_t seq)
{
    struct sb_reject r = {.reader = sb_bytes_str(s->w->members[member].code),
                          .stream = sb_bytes_str(STREAM),
                          .seq = seq,
                          .code = 1,
                          .pointer = sb_bytes_str("/nivel")};
    struct sb_buf body = {0};
    sb_reject_write(&r, &body);
    scene_record(s, SB_KIND_REJECT, s->w->members[member].vault, SB_USE_SIGN, &body);
}

static void grant_to_stcns(struct scene *s)
{
    static const char *const granted[] = {"publica", NULL};
    world_grant(s->w,
                (struct grant_choice){.id = "g2",
                                      .publisher = PNC,
                                      .reader = STCNS,
                                      .classes = granted,
                                      .not_before = NOW - DAY,
                                      .not_after = NOW + YEAR},
                pnc(s));
    scene_directory(s);
}

/* History for somebody whom nobody granted it. */
static void keys_for_a_stranger(void **state)
{
    struct scene *s = *state;
    regrant(s, "stcns");
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_NO_GRANT);
}

/* History for a new reader, which then says what it found in it: before any epoch names
 * it. */
static void keys_for_a_new_reader(void **state)
{
    struct scene *s = *state;
    grant_to_stcns(s);
    regrant(s, "stcns");
    reject(s, STCNS, 2);
    assert_int_equal(scene_audit(s), SB_AUDIT_PASSED);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_RIGHTS, SB_E_NO_GRANT)); /* that it was given */
}

/* A new reader follows the chain, and signs for it, before an epoch names it. */
static void a_receipt_before_the_first_epoch(void **state)
{
    struct scene *s = *state;
    grant_to_stcns(s);
    scene_receipt(s, STCNS);
    (void)scene_audit(s);
    scene_passed(s);
    /* it is held against the journal all the same */
    s->prev[0] ^= 1;
    scene_receipt(s, STCNS);
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT);
}

/* Receipts that the broker keeps back leave nothing signed: that is told. */
static void receipts_kept_back(void **state)
{
    struct scene *s = *state;
    scene_batch(s, 1);
    scene_batch(s, 1);
    s->ms += DAY / 2;
    scene_heads(s);
    (void)scene_audit(s);
    scene_passed(s);
    s->ms += DAY;
    scene_heads(s);
    assert_int_equal(scene_audit(s), SB_AUDIT_PASSED);
    assert_int_equal(s->n_found, 1);
    assert_true(scene_found(s, SB_AUDIT_STATEMENTS, SB_E_RECEIPT));
}

static void only_directories(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    (void)scene_audit(s);
    scene_passed(s);
    scene_free(s);
}

/* The broker's clock went back: everything is stored at one moment. */
static void a_clock_that_stands_still(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    for (size_t i = 0; i < s->f.n; i++)
        s->f.entries[i].leaf.stored_ms = NOW + 60000;
    forge_remove(&s->f, RECEIPT2_AT); /* these name the tree as it was */
    forge_remove(&s->f, RECEIPT_AT);
    (void)scene_audit_with(s, &config);
    scene_passed(s);
}

/* pnc has a new sign key on a second card; the old one goes on to hold for what it
 * signed. */
static void a_key_changed_on_the_way(void **state)
{
    struct scene *s = *state;
    struct member *m = &s->w->members[PNC];
    assert_int_equal(sb_vault_add(m->vault, SB_USE_SIGN, NOW + 1, NULL, NULL), 0);
    assert_int_equal(sb_card_next(&s->w->x,
                                  m->vault,
                                  sb_buf_bytes(&m->cards[0]),
                                  NOW,
                                  YEAR,
                                  &m->cards[1],
                                  NULL),
                     0);
    m->n_cards = 2;
    scene_directory(s);
    scene_epoch(s);
    scene_batch(s, 2);
    scene_receipt(s, IGM);
    (void)scene_audit(s);
    scene_passed(s);
}

/* Suspended, it may not sign; then it may again. */
static void a_suspended_member(void **state)
{
    struct scene *s = *state;
    struct member *m = &s->w->members[IGM];
    m->status = "suspended";
    scene_directory(s);
    scene_epoch(s); /* without igm */
    scene_batch(s, 1);
    m->status = "active";
    scene_directory(s);
    scene_epoch(s);
    scene_batch(s, 1);
    scene_receipt(s, IGM);
    (void)scene_audit(s);
    scene_passed(s);
    m->status = "suspended";
    scene_directory(s);
    scene_receipt(s, IGM);
    (void)scene_audit(s);
    scene_failed(s, SB_AUDIT_RIGHTS, SB_E_MEMBER);
}

/* Withdrawals that lie in each other, in any order: one of them covers, or none. */
static void withdrawals_in_each_other(void **state)
{
    static const uint64_t spans[][2] = {{5, 5}, {1, 4}, {2, 3}, {3, 3}, {7, 7}, {2, 2}};
    struct scene *s = *state;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        scene_withdraw(s, spans[i][0], spans[i][1]);
    scene_drop_texts(s, BATCH_AT, 0);  /* 1 to 3 */
    scene_drop_texts(s, BATCH2_AT, 0); /* 4 */
    scene_drop_texts(s, BATCH3_AT, 1); /* 5 */
    scene_drop_texts(s, BATCH4_AT, 1); /* 7 */
    assert_int_equal(scene_audit(s), SB_AUDIT_INDETERMINATE);
    assert_int_equal(s->facts.withdrawn, 12);
    assert_int_equal(s->facts.absent, 0);
    scene_drop_texts(s, BATCH3_AT, 2); /* 6, which none covers */
    scene_audit(s);
    scene_failed(s, SB_AUDIT_TEXTS, SB_E_ABSENT);
    assert_int_equal(s->facts.absent, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(no_catalogue),
        T(withdrawals_in_each_other),
        T(the_same_directory_again),
        T(a_minority_of_roots),
        T(a_revoked_key),
        T(an_expired_key_needs_time_to_fall),
        T(one_witness_twice),
        T(a_revoked_witness),
        T(dated_ahead),
        T(a_replaced_log_key),
        T(a_journal_without_its_first_directory),
        T(keys_for_a_stranger),
        T(keys_for_a_new_reader),
        T(a_receipt_before_the_first_epoch),
        T(receipts_kept_back),
        T(only_directories),
        T(a_clock_that_stands_still),
        T(a_key_changed_on_the_way),
        T(a_suspended_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
