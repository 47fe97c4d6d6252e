/* keys.sign: records and statements, bound to tag, exchange and key. */
#include "keys/vault_form.h"
#include "test/unit/keys/fixture.h"

static const uint8_t body_bytes[] = "\x92\xabsacbe/x.y/1\x07";

struct signer {
    struct sb_vault *v;
    struct sb_vault_key keys[2];
    struct sb_exchange x;
};

static int setup(void **state)
{
    struct signer *s = calloc(1, sizeof *s);
    uint8_t seed[SB_VAULT_SECRET];
    assert_non_null(s);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    assert_int_equal(sb_vault_new(&s->v, sb_bytes_str("pnc"), NULL), 0);
    assert_int_equal(sb_vault_put(s->v, sb_bytes_str(SB_USE_SIGN), 1, seed, NULL), 0);
    s->keys[0] = sb_vault_key_at(s->v, 0);
    assert_int_equal(sb_vault_add(s->v, SB_USE_SIGN, 2, &s->keys[1], NULL), 0);
    sb_exchange_id(&s->x, sb_bytes_str("sns"), seed); /* nonce: bytes 0 to 15 */
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct signer *s = *state;
    sb_vault_free(s->v);
    free(s);
    return 0;
}

static struct sb_bytes body(void)
{
    return sb_bytes(body_bytes, sizeof body_bytes - 1);
}

static void known_key_gives_the_known_signature(void **state)
{
    struct signer *s = *state;
    struct sb_buf out = {0};
    struct sb_record r;
    assert_hex(s->x.x,
               "d3333d55d33925d4333fe872edf9ef476debec9ab0350faee389bfa394b7ab2b");
    assert_hex(s->keys[0].pk,
               "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
    assert_int_equal(sb_sign_record(&s->x, s->v, s->keys[0].key_id, body(), &out, NULL),
                     0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&out), &r, NULL), 0);
    assert_int_equal(r.n, 1);
    assert_hex(r.sigs[0].sig,
               "964d5d4f650219ae115c180be3cc1a2d3cf1a25da2735443b147f0cf4f4788b1"
               "a393220ad4249b78f96c6d3c33b640ae0678af3e99488096c91ab4a338ea4901");
    sb_buf_free(&out);
}

static void only_the_signed_thing_verifies(void **state)
{
    struct signer *s = *state;
    struct sb_buf out = {0};
    struct sb_err err;
    struct sb_record r;
    const struct sb_vault_key *k = s->keys;
    assert_int_equal(sb_sign_record(&s->x, s->v, k[0].key_id, body(), &out, &err), 0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&out), &r, NULL), 0);
    assert_int_equal(sb_verify_record(&s->x, &r, k[0].key_id, k[0].pk, &err), 0);
    assert_int_equal(sb_verify_record(&s->x, &r, k[0].key_id, k[1].pk, &err),
                     SB_E_SIGNATURE);
    assert_int_equal(sb_verify_record(&s->x, &r, k[1].key_id, k[1].pk, &err),
                     SB_E_SIGNATURE);
    struct sb_exchange other = s->x;
    other.x[31] ^= 1;
    assert_int_equal(sb_verify_record(&other, &r, k[0].key_id, k[0].pk, &err),
                     SB_E_SIGNATURE);
    for (size_t bit = 0; bit < 8 * r.body.n; bit++) {
        uint8_t changed[sizeof body_bytes];
        struct sb_record copy = r;
        memcpy(changed, r.body.p, r.body.n);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        copy.body = sb_bytes(changed, r.body.n);
        assert_int_equal(sb_verify_record(&s->x, &copy, k[0].key_id, k[0].pk, &err),
                         SB_E_SIGNATURE);
    }
    for (size_t bit = 0; bit < 8 * SB_SIG; bit++) {
        struct sb_record copy = r;
        copy.sigs[0].sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sb_verify_record(&s->x, &copy, k[0].key_id, k[0].pk, &err),
                         SB_E_SIGNATURE);
    }
    sb_buf_free(&out);
}

static void added_signatures_are_a_sorted_set(void **state)
{
    struct signer *s = *state;
    struct sb_buf one = {0};
    struct sb_buf two = {0};
    struct sb_buf again = {0};
    struct sb_record r;
    assert_int_equal(sb_sign_record(&s->x, s->v, s->keys[0].key_id, body(), &one, NULL),
                     0);
    assert_int_equal(
        sb_sign_add(&s->x, s->v, s->keys[1].key_id, sb_buf_bytes(&one), &two, NULL), 0);
    assert_int_equal(
        sb_sign_add(&s->x, s->v, s->keys[1].key_id, sb_buf_bytes(&two), &again, NULL),
        0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&two), sb_buf_bytes(&again)));
    assert_int_equal(sb_record_read(sb_buf_bytes(&two), &r, NULL), 0);
    assert_int_equal(r.n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            sb_verify_record(&s->x, &r, s->keys[i].key_id, s->keys[i].pk, NULL), 0);
    sb_buf_free(&one);
    sb_buf_free(&two);
    sb_buf_free(&again);
}

static void a_body_without_a_tag_is_not_signed(void **state)
{
    struct signer *s = *state;
    struct sb_buf out = {0};
    struct sb_err err;
    assert_int_equal(
        sb_sign_record(
            &s->x, s->v, s->keys[0].key_id, sb_bytes_str("\x91\x07"), &out, &err),
        SB_E_TAG);
    assert_int_equal(out.n, 0);
}

static void a_key_that_is_not_there_signs_nothing(void **state)
{
    struct signer *s = *state;
    struct sb_buf out = {0};
    struct sb_err err;
    struct sb_vault_key seal;
    uint8_t id[SB_KEY_ID] = {0};
    assert_int_equal(sb_sign_record(&s->x, s->v, id, body(), &out, &err), SB_E_NO_KEY);
    assert_int_equal(sb_vault_add(s->v, SB_USE_SEAL, 3, &seal, NULL), 0);
    assert_int_equal(sb_sign_record(&s->x, s->v, seal.key_id, body(), &out, &err),
                     SB_E_NO_KEY);
    assert_int_equal(out.n, 0);
}

static void statements_are_bound_to_their_tag(void **state)
{
    struct signer *s = *state;
    uint8_t sig[SB_SIG];
    struct sb_bytes b = sb_bytes_str("a statement");
    const struct sb_vault_key *k = &s->keys[0];
    assert_int_equal(
        sb_sign_bytes(&s->x, s->v, k->key_id, "sacbe/prove/1", b, sig, NULL), 0);
    assert_true(sb_verify_bytes(&s->x, k->pk, "sacbe/prove/1", b, sig));
    assert_false(sb_verify_bytes(&s->x, k->pk, "sacbe/prove/2", b, sig));
    assert_false(
        sb_verify_bytes(&s->x, k->pk, "sacbe/prove/1", sb_bytes_str("a lie"), sig));
}

/* Every encoding of a point of small order, and the first number past the field. */
static void bad_points_are_no_keys(void **state)
{
    (void)state;
    static const char *const x25519[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0900000000000000000000000000000000000000000000000000000000000080",
    };
    static const char *const ed25519[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    uint8_t pk[SB_PK];
    for (size_t i = 0; i < sizeof x25519 / sizeof x25519[0]; i++) {
        assert_true(sb_unhex(pk, SB_PK, sb_bytes_str(x25519[i])));
        assert_false(sb_pk_is_good(sb_bytes_str(SB_USE_SEAL), pk));
        assert_false(sb_pk_is_good(sb_bytes_str(SB_USE_CURVE), pk));
    }
    for (size_t i = 0; i < sizeof ed25519 / sizeof ed25519[0]; i++) {
        assert_true(sb_unhex(pk, SB_PK, sb_bytes_str(ed25519[i])));
        assert_false(sb_pk_is_good(sb_bytes_str(SB_USE_SIGN), pk));
        assert_false(sb_pk_is_good(sb_bytes_str(SB_USE_ROOT), pk));
    }
}

static void fresh_keys_are_good_for_their_use_only(void **state)
{
    struct signer *s = *state;
    const char *const uses[] = {SB_USE_SIGN,
                                SB_USE_SEAL,
                                SB_USE_CURVE,
                                SB_USE_WITNESS,
                                SB_USE_LOG,
                                SB_USE_ROOT};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        struct sb_vault_key k;
        assert_int_equal(sb_vault_add(s->v, uses[i], 3, &k, NULL), 0);
        assert_true(sb_pk_is_good(k.use, k.pk));
        assert_false(sb_pk_is_good(sb_bytes_str("other"), k.pk));
    }
}

static int verify_log(struct world *w, const struct sb_buf *record)
{
    struct sb_record r;
    struct sb_err err = {0};
    assert_int_equal(sb_record_read(sb_buf_bytes(record), &r, NULL), 0);
    int rc = sb_dir_verify_log(w->trust, sb_trust_newest(w->trust), &r, &err);
    assert_int_equal(rc, err.code);
    return rc;
}

static void a_brokers_record_is_the_log_keys(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct sb_buf record = {0};
    struct sb_vault_key log;
    struct sb_vault_key other;
    const struct sb_vault *pnc = w->members[PNC].vault;
    world_publish(w);
    assert_true(sb_vault_newest(w->broker, SB_USE_LOG, &log));
    assert_int_equal(
        sb_sign_record(&w->x, w->broker, log.key_id, body(), &record, NULL), 0);
    assert_int_equal(verify_log(w, &record), 0);
    record.p[record.n - 1] ^= 1;
    assert_int_equal(verify_log(w, &record), SB_E_SIGNATURE);
    assert_true(sb_vault_newest(pnc, SB_USE_SIGN, &other));
    sb_buf_reset(&record);
    assert_int_equal(sb_sign_record(&w->x, pnc, other.key_id, body(), &record, NULL),
                     0);
    assert_int_equal(verify_log(w, &record), SB_E_SIGNATURE);
    assert_int_equal(sb_vault_add(w->broker, SB_USE_LOG, NOW + 1, &other, NULL), 0);
    sb_buf_reset(&record); /* a log key that this directory does not name */
    assert_int_equal(
        sb_sign_record(&w->x, w->broker, other.key_id, body(), &record, NULL), 0);
    assert_int_equal(verify_log(w, &record), SB_E_SIGNATURE);
    sb_buf_free(&record);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            known_key_gives_the_known_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(
            only_the_signed_thing_verifies, setup, teardown),
        cmocka_unit_test_setup_teardown(
            added_signatures_are_a_sorted_set, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_body_without_a_tag_is_not_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_key_that_is_not_there_signs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(
            statements_are_bound_to_their_tag, setup, teardown),
        cmocka_unit_test(bad_points_are_no_keys),
        cmocka_unit_test(a_brokers_record_is_the_log_keys),
        cmocka_unit_test_setup_teardown(
            fresh_keys_are_good_for_their_use_only, setup, teardown),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.sign", tests, NULL, NULL);
}
