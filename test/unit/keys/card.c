/* keys.card: chains that only their holder lengthens; the enrolment challenge. */
#include "test/unit/keys/fixture.h"

struct pair { /* a card and what it decodes to */
    struct sb_record record;
    struct sb_card card;
};

static struct pair read_pair(struct world *w, struct sb_bytes raw)
{
    struct pair p;
    assert_int_equal(sb_record_read(raw, &p.record, NULL), 0);
    assert_int_equal(sb_card_read(p.record.body, w->arena, &p.card, NULL), 0);
    return p;
}

static int check(struct world *w, const struct pair *p, const struct pair *prev)
{
    struct sb_err err = {0};
    int rc = sb_card_check(&w->x,
                           &p->record,
                           &p->card,
                           prev ? &prev->record : NULL,
                           prev ? &prev->card : NULL,
                           &err);
    assert_int_equal(rc, err.code);
    return rc;
}

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

static void a_chain_grows_with_both_signatures(void **state)
{
    struct world *w = *state;
    struct member *m = &w->members[PNC];
    struct sb_buf next = {0};
    struct pair one = read_pair(w, sb_buf_bytes(&m->cards[0]));
    assert_int_equal(check(w, &one, NULL), 0);
    assert_int_equal(one.card.n_keys, 4);
    assert_int_equal(sb_vault_add(m->vault, SB_USE_SIGN, NOW + 1, NULL, NULL), 0);
    assert_int_equal(
        sb_card_next(&w->x, m->vault, one.record.raw, NOW, YEAR, &next, NULL), 0);
    struct pair two = read_pair(w, sb_buf_bytes(&next));
    assert_int_equal(two.card.card_no, 2);
    assert_int_equal(two.record.n, 2);
    assert_int_equal(check(w, &two, &one), 0);
    for (size_t i = 0; i < 2; i++) { /* without either signature it is nothing */
        struct pair less = two;
        less.record.sigs[0] = two.record.sigs[i];
        less.record.n = 1;
        assert_int_equal(check(w, &less, &one), SB_E_SIGNATURE);
    }
    assert_int_equal(check(w, &two, NULL), SB_E_CARD_CHAIN);
    assert_int_equal(check(w, &one, &two), SB_E_CARD_CHAIN);
    sb_buf_free(&next);
}

static void a_renewal_keeps_keys_with_one_signature(void **state)
{
    struct world *w = *state;
    struct member *m = &w->members[PNC];
    struct sb_buf next = {0};
    struct pair one = read_pair(w, sb_buf_bytes(&m->cards[0]));
    assert_int_equal(
        sb_card_next(&w->x, m->vault, one.record.raw, NOW, YEAR, &next, NULL), 0);
    struct pair two = read_pair(w, sb_buf_bytes(&next));
    assert_int_equal(two.record.n, 1);
    assert_int_equal(check(w, &two, &one), 0);
    sb_buf_free(&next);
}

static void nobody_else_lengthens_a_chain(void **state)
{
    struct world *w = *state;
    struct sb_buf next = {0};
    struct sb_err err;
    struct sb_vault *impostor = NULL;
    struct pair one = read_pair(w, sb_buf_bytes(&w->members[PNC].cards[0]));
    assert_int_equal(
        sb_card_next(
            &w->x, w->members[IGM].vault, one.record.raw, NOW, YEAR, &next, &err),
        SB_E_CARD_CHAIN);
    assert_int_equal(sb_vault_new(&impostor, sb_bytes_str("pnc"), NULL), 0);
    assert_int_equal(sb_vault_add(impostor, SB_USE_SIGN, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_add(impostor, SB_USE_SEAL, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_add(impostor, SB_USE_CURVE, NOW, NULL, NULL), 0);
    assert_int_equal(
        sb_card_next(&w->x, impostor, one.record.raw, NOW, YEAR, &next, &err),
        SB_E_NO_KEY);
    assert_int_equal(next.n, 0);
    sb_vault_free(impostor);
    sb_buf_free(&next);
}

/* Signs `card` with pnc's key and checks it as a first card. */
static int check_made(struct world *w, const struct sb_card *card)
{
    struct sb_vault_key k;
    struct sb_buf body = {0};
    struct sb_buf raw = {0};
    const struct sb_vault *v = w->members[PNC].vault;
    assert_true(sb_vault_newest(v, SB_USE_SIGN, &k));
    sb_card_write(card, &body);
    assert_int_equal(
        sb_sign_record(&w->x, v, k.key_id, sb_buf_bytes(&body), &raw, NULL), 0);
    struct pair p = read_pair(w, sb_buf_bytes(&raw));
    int rc = check(w, &p, NULL);
    sb_buf_free(&body);
    sb_buf_free(&raw);
    return rc;
}

static void bad_keys_on_a_card_are_refused(void **state)
{
    struct world *w = *state;
    struct pair one = read_pair(w, sb_buf_bytes(&w->members[PNC].cards[0]));
    struct sb_card_key keys[5];
    struct sb_card card = one.card; /* keys: curve, seal, sign, witness */
    const size_t size = 4 * sizeof keys[0];
    card.keys = keys;
    memcpy(keys, one.card.keys, size);
    assert_int_equal(check_made(w, &card), 0);
    memcpy(keys[1].pk, keys[0].pk, SB_PK); /* seal = curve */
    assert_int_equal(check_made(w, &card), SB_E_KEY_REUSED);
    memcpy(keys, one.card.keys, size);
    memset(keys[1].pk, 0, SB_PK);
    assert_int_equal(check_made(w, &card), SB_E_BAD_KEY);
    memcpy(keys, one.card.keys, size);
    keys[1].not_before = keys[1].not_after;
    assert_int_equal(check_made(w, &card), SB_E_BAD_KEY);
    memcpy(keys, one.card.keys, size);
    keys[3].use = sb_bytes_str("zzz");
    assert_int_equal(check_made(w, &card), SB_E_BAD_KEY);
    memcpy(keys, one.card.keys + 1, 3 * sizeof keys[0]); /* no curve key */
    card.n_keys = 3;
    assert_int_equal(check_made(w, &card), SB_E_NO_KEY);
}

static void first_cards_need_zeros_and_number_one(void **state)
{
    struct world *w = *state;
    struct pair one = read_pair(w, sb_buf_bytes(&w->members[PNC].cards[0]));
    struct sb_card card = one.card;
    card.card_no = 2;
    assert_int_equal(check_made(w, &card), SB_E_CARD_CHAIN);
    card.card_no = 1;
    card.prev_hash[31] = 1;
    assert_int_equal(check_made(w, &card), SB_E_CARD_CHAIN);
}

static void a_card_needs_its_keys_and_time(void **state)
{
    struct world *w = *state;
    struct sb_vault *v = NULL;
    struct sb_buf out = {0};
    struct sb_err err;
    struct sb_bytes name = sb_bytes_str("Name");
    assert_int_equal(sb_vault_new(&v, sb_bytes_str("sat"), NULL), 0);
    assert_int_equal(sb_vault_add(v, SB_USE_SIGN, NOW, NULL, NULL), 0);
    assert_int_equal(sb_card_first(&w->x, v, name, NOW, YEAR, &out, &err), SB_E_NO_KEY);
    assert_int_equal(sb_vault_add(v, SB_USE_SEAL, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_add(v, SB_USE_CURVE, NOW, NULL, NULL), 0);
    assert_int_equal(sb_card_first(&w->x, v, name, NOW, 0, &out, &err), SB_E_RANGE);
    assert_int_equal(sb_card_first(&w->x, v, sb_bytes_str(""), NOW, 1, &out, &err),
                     SB_E_RANGE);
    assert_int_equal(sb_card_first(&w->x, v, name, NOW, YEAR, &out, &err), 0);
    sb_buf_free(&out);
    sb_vault_free(v);
}

static void only_the_holder_answers_a_challenge(void **state)
{
    struct world *w = *state;
    struct pair one = read_pair(w, sb_buf_bytes(&w->members[PNC].cards[0]));
    struct sb_buf challenge = {0};
    uint8_t expected[SB_HASH];
    uint8_t answer[SB_CHALLENGE];
    struct sb_err err;
    assert_int_equal(sb_challenge_make(&one.card, &challenge, expected, &err), 0);
    struct sb_bytes sent = sb_buf_bytes(&challenge);
    assert_int_equal(sb_challenge_answer(w->members[IGM].vault, sent, answer, &err),
                     SB_E_CHALLENGE);
    assert_int_equal(sb_vault_add(w->members[PNC].vault, SB_USE_SEAL, NOW, NULL, NULL),
                     0); /* a newer key beside it changes nothing */
    assert_int_equal(sb_challenge_answer(w->members[PNC].vault, sent, answer, &err), 0);
    assert_true(sb_challenge_right(expected, answer));
    answer[0] ^= 1;
    assert_false(sb_challenge_right(expected, answer));
    sb_buf_byte(&challenge, 0);
    assert_int_equal(sb_challenge_answer(
                         w->members[PNC].vault, sb_buf_bytes(&challenge), answer, &err),
                     SB_E_CHALLENGE);
    sb_buf_free(&challenge);
}

#define CARD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CARD_TEST(a_chain_grows_with_both_signatures),
        CARD_TEST(a_renewal_keeps_keys_with_one_signature),
        CARD_TEST(nobody_else_lengthens_a_chain),
        CARD_TEST(bad_keys_on_a_card_are_refused),
        CARD_TEST(first_cards_need_zeros_and_number_one),
        CARD_TEST(a_card_needs_its_keys_and_time),
        CARD_TEST(only_the_holder_answers_a_challenge),
    };
    return cmocka_run_group_tests_name("keys.card", tests, NULL, NULL);
}
