/* keys.note: checkpoints against a note that another implementation signed. */
#include "keys/note.h"

#include "keys/vault_form.h"
#include "test/unit/keys/fixture.h"

static const char known[] =
    "sns/journal/1\n258\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n"
    "\xe2\x80\x94 sns/journal/1 "
    "yptx7V4u+yXu8phBqkTjUBQ2SH+pkV12ltoAkw+W3OE4P/9VivngTEgUQvn8O72UYC5Mm5nn0czNJek1"
    "hjNvKDU29As=\n";

struct log {
    struct sb_vault *v;
    struct sb_vault_key key;
    struct sb_checkpoint c;
};

static int setup(void **state)
{
    struct log *l = calloc(1, sizeof *l);
    uint8_t seed[SB_VAULT_SECRET];
    assert_non_null(l);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    assert_int_equal(sb_vault_new(&l->v, sb_bytes_str("broker"), NULL), 0);
    assert_int_equal(sb_vault_put(l->v, sb_bytes_str(SB_USE_LOG), 1, seed, NULL), 0);
    l->key = sb_vault_key_at(l->v, 0);
    l->c = (struct sb_checkpoint){.origin = "sns/journal/1", .size = 258};
    memcpy(l->c.root, seed, SB_HASH);
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct log *l = *state;
    sb_vault_free(l->v);
    free(l);
    return 0;
}

static void a_checkpoint_is_signed_as_others_sign_it(void **state)
{
    struct log *l = *state;
    struct sb_buf out = {0};
    assert_int_equal(sb_checkpoint_sign(l->v, &l->c, &out, NULL), 0);
    assert_true(sb_bytes_is(sb_buf_bytes(&out), known));
    sb_buf_free(&out);
}

static void a_good_note_opens(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    assert_int_equal(sb_checkpoint_open(sb_bytes_str(known), l->key.pk, &c, NULL), 0);
    assert_string_equal(c.origin, "sns/journal/1");
    assert_int_equal(c.size, 258);
    assert_memory_equal(c.root, l->c.root, SB_HASH);
    struct sb_buf more = {0}; /* other signers' lines are skipped */
    sb_buf_str(&more, known);
    sb_buf_str(&more, "\xe2\x80\x94 witness.example AAAAAAAA\n");
    assert_int_equal(sb_checkpoint_open(sb_buf_bytes(&more), l->key.pk, &c, NULL), 0);
    sb_buf_free(&more);
}

static void a_changed_note_is_refused(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    struct sb_err err;
    for (size_t bit = 0; bit < 8 * (sizeof known - 1); bit++) {
        char note[sizeof known];
        memcpy(note, known, sizeof known);
        note[bit / 8] = (char)(note[bit / 8] ^ (char)(1u << bit % 8));
        assert_int_equal(
            sb_checkpoint_open(sb_bytes(note, sizeof known - 1), l->key.pk, &c, &err),
            SB_E_NOTE);
    }
    for (size_t n = 0; n < sizeof known - 1; n++)
        assert_int_equal(sb_checkpoint_open(sb_bytes(known, n), l->key.pk, &c, &err),
                         SB_E_NOTE);
}

static void another_log_is_refused(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    struct sb_err err;
    struct sb_vault_key other;
    assert_int_equal(sb_vault_add(l->v, SB_USE_LOG, 2, &other, NULL), 0);
    assert_int_equal(sb_checkpoint_open(sb_bytes_str(known), other.pk, &c, &err),
                     SB_E_NOTE);
}

static void only_plain_origins_are_signed(void **state)
{
    struct log *l = *state;
    struct sb_buf out = {0};
    struct sb_err err;
    const char *bad[] = {"", "a b", "a+b", "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sb_checkpoint c = l->c;
        memset(c.origin, 0, sizeof c.origin);
        memcpy(c.origin, bad[i], strlen(bad[i]));
        assert_int_equal(sb_checkpoint_sign(l->v, &c, &out, &err), SB_E_NOTE);
    }
    assert_int_equal(out.n, 0);
}

static void the_vkey_names_the_log(void **state)
{
    (void)state;
    char line[256];
    uint8_t pk[SB_PK];
    for (size_t i = 0; i < SB_PK; i++)
        pk[i] = (uint8_t)i;
    sb_note_vkey("sns/journal/1", pk, line);
    assert_string_equal(
        line, "sns/journal/1+f9995c76+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");
}

#define NOTE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTE_TEST(a_checkpoint_is_signed_as_others_sign_it),
        NOTE_TEST(a_good_note_opens),
        NOTE_TEST(a_changed_note_is_refused),
        NOTE_TEST(another_log_is_refused),
        NOTE_TEST(only_plain_origins_are_signed),
        cmocka_unit_test(the_vkey_names_the_log),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.note", tests, NULL, NULL);
}
