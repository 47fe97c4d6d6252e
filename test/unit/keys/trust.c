/* keys.trust: the chain of directories: versions, roots, members, keys. */
#include "keys/trust.h"

#include <stdio.h>

#include "keys/note.h"
#include "test/unit/keys/fixture.h"

static int setup(void **state)
{
    *state = world_new();
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static int add_signed(struct world *w, struct roots_choice roots, unsigned signers)
{
    struct sb_buf record = {0};
    struct sb_err err = {0};
    world_sign(w, roots, signers, &record);
    int rc = sb_trust_add(w->trust, sb_buf_bytes(&record), &err);
    assert_int_equal(rc, err.code);
    sb_buf_free(&record);
    return rc;
}

static void follow(struct world *w)
{
    w->dir.version++;
    memcpy(w->dir.prev_hash, sb_dir_hash(sb_trust_newest(w->trust)), SB_HASH);
}

static void versions_follow_each_other(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    assert_null(sb_trust_newest(w->trust));
    world_publish(w);
    world_publish(w);
    const struct sb_dir *two = sb_trust_newest(w->trust);
    const struct sb_dir *one = sb_trust_version(w->trust, 1);
    assert_int_equal(sb_dir_body(two)->version, 2);
    assert_int_equal(sb_dir_body(one)->version, 1);
    assert_memory_equal(sb_dir_body(two)->prev_hash, sb_dir_hash(one), SB_HASH);
    assert_ptr_equal(sb_trust_by_hash(w->trust, sb_dir_hash(one)), one);
    assert_null(sb_trust_version(w->trust, 3));
    assert_int_equal(sb_trust_add(w->trust, sb_dir_record(one), &err), 0);
    assert_ptr_equal(sb_trust_newest(w->trust), two);
    w->dir.version = 4;
    assert_int_equal(world_try(w, &err), SB_E_DIR_VERSION);
    w->dir.version = 2;
    w->dir.expires++;
    assert_int_equal(world_try(w, &err), SB_E_DIR_CHAIN); /* another second version */
    w->dir.version = 3;
    w->dir.prev_hash[0] ^= 1;
    assert_int_equal(world_try(w, &err), SB_E_DIR_CHAIN);
    w->dir.prev_hash[0] ^= 1;
    w->dir.issued--;
    assert_int_equal(world_try(w, &err), SB_E_DIR_CHAIN);
    w->dir.issued++;
    assert_int_equal(world_try(w, &err), 0);
    assert_ptr_equal(sb_trust_newest(w->trust), two); /* a check adds nothing */
}

static void the_exchange_is_the_anchors(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    w->dir.nonce[3] ^= 1;
    assert_int_equal(world_try(w, &err), SB_E_EXCHANGE);
    w->dir.nonce[3] ^= 1;
    w->dir.exchange = sb_bytes_str("snt");
    assert_int_equal(world_try(w, &err), SB_E_EXCHANGE);
    w->dir.exchange = sb_bytes_str("sns");
    w->dir.prev_hash[0] = 1;
    assert_int_equal(world_try(w, &err), SB_E_DIR_CHAIN);
}

static void two_of_three_roots_must_sign(void **state)
{
    struct world *w = *state;
    const struct roots_choice three = {0, 3, 2};
    assert_int_equal(add_signed(w, three, 0), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, three, 1 << 0), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, three, 1 << 2), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, three, 1 << 2 | 1 << 3), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, three, 1 << 0 | 1 << 2), 0);
    follow(w);
    assert_int_equal(add_signed(w, three, 1 << 0 | 1 << 1 | 1 << 2), 0);
}

/* The roots of an anchor cannot be left for others without their own signatures. */
static void first_roots_are_the_anchors(void **state)
{
    struct world *w = *state;
    const struct roots_choice others = {2, 2, 1};
    w->dir.version = 7;
    w->dir.prev_hash[0] = 1;
    assert_int_equal(add_signed(w, others, 1 << 2 | 1 << 3), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, others, 1 << 0 | 1 << 1), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, others, 1 << 1 | 1 << 2), 0);
}

static void new_roots_need_both_thresholds(void **state)
{
    struct world *w = *state;
    const struct roots_choice old = {0, 3, 2};
    const struct roots_choice new = {2, 2, 2}; /* 2 and 3 */
    assert_int_equal(add_signed(w, old, 3), 0);
    follow(w);
    assert_int_equal(add_signed(w, new, 1 << 0 | 1 << 1), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, new, 1 << 2 | 1 << 3), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, new, 1 << 0 | 1 << 1 | 1 << 2), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, new, 1 << 0 | 1 << 2 | 1 << 3), 0);
    follow(w);
    assert_int_equal(add_signed(w, new, 1 << 0 | 1 << 1), SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, new, 1 << 2 | 1 << 3), 0);
}

static void a_changed_byte_is_noticed(void **state)
{
    struct world *w = *state;
    struct sb_buf record = {0};
    struct sb_err err;
    world_sign(w, (struct roots_choice){0, 3, 2}, 3, &record);
    for (size_t i = 0; i < record.n; i++) {
        record.p[i] ^= 1;
        assert_int_not_equal(sb_trust_check(w->trust, sb_buf_bytes(&record), &err), 0);
        record.p[i] ^= 1;
    }
    assert_int_equal(sb_trust_check(w->trust, sb_buf_bytes(&record), &err), 0);
    sb_buf_free(&record);
}

static void members_and_cards_only_grow(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct member *m = &w->members[PNC];
    m->n_cards = 0; /* pnc is not there yet */
    world_publish(w);
    m->n_cards = 1;
    world_publish(w);
    m->n_cards = 0;
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    m->n_cards = 2;
    assert_int_equal(
        sb_card_next(
            &w->x, m->vault, sb_buf_bytes(&m->cards[0]), NOW, YEAR, &m->cards[1], NULL),
        0);
    world_publish(w);
    m->n_cards = 1;
    assert_int_equal(world_try(w, &err), SB_E_CARD_CHAIN);
}

static void a_forked_card_chain_is_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct member *m = &w->members[PNC];
    struct sb_bytes first = sb_buf_bytes(&m->cards[0]);
    world_publish(w);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(
            sb_card_next(&w->x, m->vault, first, NOW + i, YEAR, &m->cards[i], NULL), 0);
    m->n_cards = 3; /* two second cards */
    assert_int_equal(world_try(w, &err), SB_E_CARD_CHAIN);
    m->n_cards = 2;
    world_publish(w);
    struct sb_buf other = m->cards[1];
    m->cards[1] = m->cards[2]; /* the other second card, as good as this one */
    m->cards[2] = other;
    assert_int_equal(world_try(w, &err), SB_E_CARD_CHAIN);
}

static void a_card_by_the_authority_is_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_vault *false_pnc = NULL;
    struct member *m = &w->members[PNC];
    struct sb_buf body = {0};
    struct sb_record record;
    struct sb_card card;
    struct sb_vault_key k;
    world_publish(w);
    assert_int_equal(sb_vault_new(&false_pnc, sb_bytes_str("pnc"), NULL), 0);
    assert_int_equal(sb_vault_add(false_pnc, SB_USE_SIGN, NOW, &k, NULL), 0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&m->cards[0]), &record, NULL), 0);
    assert_int_equal(sb_card_read(record.body, w->arena, &card, NULL), 0);
    card.card_no = 2;
    memcpy(card.keys[2].pk, k.pk, SB_PK); /* curve, seal, sign */
    assert_int_equal(sb_record_hash(card.prev_hash, record.body, NULL), 0);
    sb_card_write(&card, &body);
    assert_int_equal(
        sb_sign_record(
            &w->x, false_pnc, k.key_id, sb_buf_bytes(&body), &m->cards[1], NULL),
        0);
    m->n_cards = 2;
    assert_int_equal(world_try(w, &err), SB_E_SIGNATURE);
    sb_buf_free(&body);
    sb_vault_free(false_pnc);
}

static void a_card_under_anothers_code_is_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    w->members[PNC].code = "pnd";
    assert_int_equal(world_try(w, &err), SB_E_CARD_CHAIN);
}

static void revocations_are_not_lifted(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_vault_key k;
    struct member *m = &w->members[PNC];
    assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &k));
    memcpy(m->keys[0].key_id, k.key_id, SB_KEY_ID);
    m->keys[0].status = sb_bytes_str("revoked");
    m->n_keys = 1;
    w->members[IGM].status = "suspended";
    w->members[STCNS].status = "revoked";
    world_publish(w);
    w->members[IGM].status = "active";
    assert_int_equal(world_try(w, &err), 0);
    m->n_keys = 0;
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    m->n_keys = 1;
    w->members[STCNS].status = "active";
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    w->members[STCNS].status = "retired";
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    w->members[STCNS].status = "revoked";
    m->keys[0].status = sb_bytes_str("lost");
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    m->keys[0].status = sb_bytes_str("revoked");
    m->keys[0].key_id[0] ^= 1;
    assert_int_not_equal(world_try(w, &err), 0);
}

static void unknown_revoked_keys_are_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    memset(w->members[PNC].keys[0].key_id, 5, SB_KEY_ID);
    w->members[PNC].keys[0].status = sb_bytes_str("revoked");
    w->members[PNC].n_keys = 1;
    assert_int_equal(world_try(w, &err), SB_E_NO_KEY);
}

static void a_key_has_one_holder_and_use(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_vault_key k;
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_CURVE, &k));
    memcpy(w->dir.curve_pk, k.pk, SB_PK); /* the broker's is a member's */
    assert_int_equal(world_try(w, &err), SB_E_KEY_REUSED);
    memcpy(w->dir.curve_pk, w->anchor.curve_pk, SB_PK);
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_SIGN, &k));
    memcpy(w->dir.log_pk, k.pk, SB_PK);
    assert_int_equal(world_try(w, &err), SB_E_KEY_REUSED);
    memcpy(w->dir.log_pk, w->anchor.roots[0].pk, SB_PK); /* log and root */
    assert_int_equal(world_try(w, &err), SB_E_KEY_REUSED);
    memset(w->dir.log_pk, 0, SB_PK);
    assert_int_equal(world_try(w, &err), SB_E_BAD_KEY);
    memcpy(w->dir.log_pk, w->anchor.log_pk, SB_PK);
    memset(w->dir.curve_pk, 0, SB_PK);
    assert_int_equal(world_try(w, &err), SB_E_BAD_KEY);
}

/* igm's second card takes a key that pnc held on its first. */
static void a_former_key_of_another_is_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct member *igm = &w->members[IGM];
    struct sb_vault_key theirs;
    struct sb_vault_key own;
    struct sb_record record;
    struct sb_card card;
    struct sb_buf body = {0};
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_SEAL, &theirs));
    assert_true(sb_vault_newest(igm->vault, SB_USE_SIGN, &own));
    world_publish(w);
    assert_int_equal(sb_record_read(sb_buf_bytes(&igm->cards[0]), &record, NULL), 0);
    assert_int_equal(sb_card_read(record.body, w->arena, &card, NULL), 0);
    card.card_no = 2;
    assert_int_equal(sb_record_hash(card.prev_hash, record.body, NULL), 0);
    memcpy(card.keys[1].pk, theirs.pk, SB_PK);
    sb_card_write(&card, &body);
    assert_int_equal(
        sb_sign_record(
            &w->x, igm->vault, own.key_id, sb_buf_bytes(&body), &igm->cards[1], NULL),
        0);
    igm->n_cards = 2;
    assert_int_equal(world_try(w, &err), SB_E_KEY_REUSED);
    sb_buf_free(&body);
}

/* The broker's former key, which only an older directory names. */
static void a_former_key_of_the_broker_is_refused(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_vault_key new_curve;
    world_publish(w);
    assert_int_equal(sb_vault_add(w->broker, SB_USE_CURVE, NOW + 1, &new_curve, NULL),
                     0);
    memcpy(w->dir.curve_pk, new_curve.pk, SB_PK);
    world_publish(w);
    struct member *m = &w->members[PNC];
    struct sb_record record;
    struct sb_card card;
    struct sb_buf body = {0};
    struct sb_vault_key own;
    assert_true(sb_vault_newest(m->vault, SB_USE_SIGN, &own));
    assert_int_equal(sb_record_read(sb_buf_bytes(&m->cards[0]), &record, NULL), 0);
    assert_int_equal(sb_card_read(record.body, w->arena, &card, NULL), 0);
    card.card_no = 2;
    assert_int_equal(sb_record_hash(card.prev_hash, record.body, NULL), 0);
    memcpy(card.keys[0].pk, w->anchor.curve_pk, SB_PK);
    sb_card_write(&card, &body);
    assert_int_equal(
        sb_sign_record(
            &w->x, m->vault, own.key_id, sb_buf_bytes(&body), &m->cards[1], NULL),
        0);
    m->n_cards = 2;
    assert_int_equal(world_try(w, &err), SB_E_KEY_REUSED);
    sb_buf_free(&body);
}

static void a_generation_opens_with_the_last_checkpoint(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_buf note = {0};
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 5};
    world_publish(w);
    w->dir.generation = 2;
    assert_int_equal(world_try(w, &err), SB_E_JOURNAL_GENERATION);
    w->dir.last_final_note = sb_bytes_str("not a note");
    assert_int_equal(world_try(w, &err), SB_E_NOTE);
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &note, NULL), 0);
    w->dir.last_final_note = sb_buf_bytes(&note);
    w->dir.generation = 3;
    assert_int_equal(world_try(w, &err), SB_E_JOURNAL_GENERATION);
    w->dir.generation = 2;
    world_publish(w);
    world_publish(w);      /* the note stays while the generation does */
    w->dir.generation = 3; /* still names the end of the first journal */
    struct sb_buf again = {0};
    c.size = 6;
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &again, NULL), 0);
    w->dir.last_final_note = sb_buf_bytes(&again);
    assert_int_equal(world_try(w, &err), SB_E_JOURNAL_GENERATION);
    sb_buf_free(&note);
    sb_buf_free(&again);
}

static int opens(struct world *w, uint64_t generation, struct sb_bytes note)
{
    struct sb_checkpoint c;
    int rc = sb_trust_checkpoint(w->trust, generation, note, &c, NULL);
    if (rc == 0)
        assert_int_equal(c.size, 5);
    return rc;
}

static void any_log_key_of_the_generation_signs_its_checkpoints(void **state)
{
    struct world *w = *state;
    struct sb_buf old = {0};
    struct sb_buf new = {0};
    struct sb_buf other = {0};
    struct sb_vault_key log;
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 5};
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &old, NULL), 0);
    assert_int_equal(opens(w, 1, sb_buf_bytes(&old)), SB_E_NOTE); /* no directory */
    world_publish(w);
    assert_int_equal(sb_vault_add(w->broker, SB_USE_LOG, NOW + 1, &log, NULL), 0);
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &new, NULL), 0);
    assert_int_equal(opens(w, 1, sb_buf_bytes(&new)), SB_E_NOTE);
    memcpy(w->dir.log_pk, log.pk, SB_PK);
    world_publish(w);
    assert_int_equal(opens(w, 1, sb_buf_bytes(&old)), 0);
    assert_int_equal(opens(w, 1, sb_buf_bytes(&new)), 0);
    assert_int_equal(opens(w, 2, sb_buf_bytes(&new)), SB_E_NOTE);
    snprintf(c.origin, sizeof c.origin, "sns/journal/2");
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &other, NULL), 0);
    assert_int_equal(opens(w, 1, sb_buf_bytes(&other)), SB_E_NOTE);
    sb_buf_free(&old);
    sb_buf_free(&new);
    sb_buf_free(&other);
}

static void one_of_one_is_possible(void **state)
{
    struct world *w = *state;
    struct sb_anchor anchor = w->anchor;
    anchor.n_roots = 1;
    anchor.threshold = 1;
    sb_trust_free(w->trust);
    w->trust = NULL;
    assert_int_equal(sb_trust_new(&w->trust, &anchor, NULL), 0);
    assert_int_equal(add_signed(w, (struct roots_choice){0, 1, 1}, 1 << 1),
                     SB_E_THRESHOLD);
    assert_int_equal(add_signed(w, (struct roots_choice){0, 1, 1}, 1 << 0), 0);
    anchor.threshold = 2;
    struct sb_trust *none = NULL;
    assert_int_equal(sb_trust_new(&none, &anchor, NULL), SB_E_THRESHOLD);
}

#define TRUST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUST_TEST(versions_follow_each_other),
        TRUST_TEST(the_exchange_is_the_anchors),
        TRUST_TEST(two_of_three_roots_must_sign),
        TRUST_TEST(first_roots_are_the_anchors),
        TRUST_TEST(new_roots_need_both_thresholds),
        TRUST_TEST(a_changed_byte_is_noticed),
        TRUST_TEST(members_and_cards_only_grow),
        TRUST_TEST(a_forked_card_chain_is_refused),
        TRUST_TEST(a_card_by_the_authority_is_refused),
        TRUST_TEST(a_card_under_anothers_code_is_refused),
        TRUST_TEST(revocations_are_not_lifted),
        TRUST_TEST(unknown_revoked_keys_are_refused),
        TRUST_TEST(a_key_has_one_holder_and_use),
        TRUST_TEST(a_former_key_of_another_is_refused),
        TRUST_TEST(a_former_key_of_the_broker_is_refused),
        TRUST_TEST(a_generation_opens_with_the_last_checkpoint),
        TRUST_TEST(any_log_key_of_the_generation_signs_its_checkpoints),
        TRUST_TEST(one_of_one_is_possible),
    };
    return cmocka_run_group_tests_name("keys.trust", tests, NULL, NULL);
}
