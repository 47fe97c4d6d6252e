/* keys.grants: a grant is its publisher's word, or the directory is refused. */
#include "test/unit/keys/fixture.h"

static const char *const open_[] = {"publica", NULL};

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

static struct grant_choice choice(const char *id)
{
    return (struct grant_choice){id, PNC, IGM, open_, NOW, NOW + 9 * YEAR};
}

static void the_publisher_must_have_signed(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    world_grant(w, choice("g1"), w->members[PNC].vault);
    assert_int_equal(world_try(w, &err), 0);
    w->n_grants = 0;
    world_grant(w, choice("g1"), w->members[IGM].vault); /* the reader helps itself */
    assert_int_equal(world_try(w, &err), SB_E_GRANT_SIGNATURE);
    assert_non_null(strstr(err.text, "grant g1"));
}

static void no_signature_is_no_consent(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_record r;
    struct sb_buf bare = {0};
    world_grant(w, choice("g1"), w->members[PNC].vault);
    assert_int_equal(sb_record_read(sb_buf_bytes(&w->grants[0]), &r, NULL), 0);
    sb_record_write(&bare, r.body, NULL, 0);
    sb_buf_free(&w->grants[0]);
    w->grants[0] = bare;
    assert_int_equal(world_try(w, &err), SB_E_GRANT_SIGNATURE);
}

static void another_key_of_the_publisher_is_no_consent(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_record r;
    struct sb_vault_key k;
    struct sb_buf odd = {0};
    const struct sb_vault *pnc = w->members[PNC].vault;
    world_grant(w, choice("g1"), pnc);
    assert_int_equal(sb_record_read(sb_buf_bytes(&w->grants[0]), &r, NULL), 0);
    assert_true(sb_vault_newest(pnc, SB_USE_WITNESS, &k));
    assert_int_equal(sb_sign_record(&w->x, pnc, k.key_id, r.body, &odd, NULL), 0);
    sb_buf_free(&w->grants[0]);
    w->grants[0] = odd;
    assert_int_equal(world_try(w, &err), SB_E_GRANT_SIGNATURE);
}

static void a_revoked_key_gives_nothing(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct sb_vault_key k;
    struct member *pnc = &w->members[PNC];
    world_grant(w, choice("g1"), pnc->vault);
    world_publish(w);
    assert_true(sb_vault_newest(pnc->vault, SB_USE_SIGN, &k));
    memcpy(pnc->keys[0].key_id, k.key_id, SB_KEY_ID);
    pnc->keys[0].status = sb_bytes_str("revoked");
    pnc->n_keys = 1;
    assert_int_equal(world_try(w, &err), SB_E_GRANT_SIGNATURE);
    w->n_grants = 0; /* its grants go with it */
    assert_int_equal(world_try(w, &err), 0);
}

/* Consent outlives the key; but an ended key gives no new consent. */
static void a_grant_outlives_the_key_that_signed_it(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    world_grant(w, choice("g1"), w->members[PNC].vault);
    world_publish(w);
    w->dir.issued = NOW + 2 * YEAR;
    w->dir.expires = NOW + 3 * YEAR;
    assert_int_equal(world_try(w, &err), 0);
    world_grant(w, choice("g2"), w->members[PNC].vault);
    assert_int_equal(world_try(w, &err), SB_E_GRANT_SIGNATURE);
    assert_non_null(strstr(err.text, "grant g2"));
}

static void both_sides_are_members(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    world_grant(w, choice("g1"), w->members[PNC].vault);
    w->members[IGM].n_cards = 0;
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
    w->members[IGM].n_cards = 1;
    w->members[PNC].n_cards = 0;
    assert_int_equal(world_try(w, &err), SB_E_MEMBER);
}

static void the_reader_key_is_on_the_readers_card(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    assert_int_equal(
        sb_vault_add(w->members[IGM].vault, SB_USE_SIGN, NOW + 1, NULL, NULL), 0);
    world_grant(w, choice("g1"), w->members[PNC].vault); /* names a key not on a card */
    assert_int_equal(world_try(w, &err), SB_E_GRANT_FORM);
}

static void ids_are_unique_and_nobody_grants_to_itself(void **state)
{
    struct world *w = *state;
    struct sb_err err;
    struct grant_choice other = choice("g1");
    world_grant(w, other, w->members[PNC].vault);
    other.reader = STCNS;
    world_grant(w, other, w->members[PNC].vault);
    assert_int_equal(world_try(w, &err), SB_E_GRANT_FORM);
    w->n_grants = 0;
    other.reader = PNC;
    world_grant(w, other, w->members[PNC].vault);
    assert_int_equal(world_try(w, &err), SB_E_GRANT_FORM);
}

static void grants_come_and_go_with_versions(void **state)
{
    struct world *w = *state;
    world_grant(w, choice("g1"), w->members[PNC].vault);
    world_publish(w);
    w->n_grants = 0;
    world_publish(w);
    const struct sb_dir *one = sb_trust_version(w->trust, 1);
    assert_true(sb_bytes_is(sb_dir_grant(one, 0)->id, "g1"));
    assert_true(sb_bytes_is(sb_dir_grant(one, 0)->basis, "Acuerdo 1-2023"));
    struct sb_codes classes;
    for (uint64_t v = 1; v <= 2; v++) {
        assert_int_equal(sb_dir_classes(sb_trust_version(w->trust, v),
                                        sb_bytes_str("pnc"),
                                        sb_bytes_str("comun.alerta"),
                                        sb_bytes_str("igm"),
                                        NOW,
                                        w->arena,
                                        &classes,
                                        NULL),
                         0);
        assert_int_equal(classes.n, v == 1 ? 1 : 0);
    }
}

#define GRANT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GRANT_TEST(the_publisher_must_have_signed),
        GRANT_TEST(no_signature_is_no_consent),
        GRANT_TEST(another_key_of_the_publisher_is_no_consent),
        GRANT_TEST(a_revoked_key_gives_nothing),
        GRANT_TEST(a_grant_outlives_the_key_that_signed_it),
        GRANT_TEST(both_sides_are_members),
        GRANT_TEST(the_reader_key_is_on_the_readers_card),
        GRANT_TEST(ids_are_unique_and_nobody_grants_to_itself),
        GRANT_TEST(grants_come_and_go_with_versions),
    };
    return cmocka_run_group_tests_name("keys.grants", tests, NULL, NULL);
}
