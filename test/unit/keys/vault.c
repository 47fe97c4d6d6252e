/* keys.vault: what the file keeps, and whom it refuses. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/vault_file.h"
#include "keys/vault_form.h"
#include "test/unit/keys/fixture.h"

struct place {
    char folder[64];
    char path[128];
    struct sb_vault *v;
};

static int setup(void **state)
{
    static const char *const uses[] = {
        SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE, SB_USE_LOG};
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    snprintf(p->folder, sizeof p->folder, "/tmp/sacbe-vault-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/pnc.vault", p->folder);
    assert_int_equal(sb_vault_new(&p->v, sb_bytes_str("pnc"), NULL), 0);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        assert_int_equal(sb_vault_add(p->v, uses[i], NOW + i, NULL, NULL), 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    sb_vault_free(p->v);
    unlink(p->path);
    assert_int_equal(rmdir(p->folder), 0); /* nothing else was left behind */
    free(p);
    return 0;
}

static void assert_same(const struct sb_vault *a, const struct sb_vault *b)
{
    assert_true(sb_bytes_eq(sb_vault_code(a), sb_vault_code(b)));
    assert_int_equal(sb_vault_count(a), sb_vault_count(b));
    for (size_t i = 0; i < sb_vault_count(a); i++) {
        struct sb_vault_key x = sb_vault_key_at(a, i);
        struct sb_vault_key y = sb_vault_key_at(b, i);
        assert_true(sb_bytes_eq(x.use, y.use));
        assert_int_equal(x.created, y.created);
        assert_memory_equal(x.key_id, y.key_id, SB_KEY_ID);
        assert_memory_equal(x.pk, y.pk, SB_PK);
        assert_true(sb_bytes_eq(sb_vault_secret(a, i), sb_vault_secret(b, i)));
    }
}

static const struct sb_bytes none;

static void a_clear_vault_comes_back(void **state)
{
    struct place *p = *state;
    struct sb_vault *back = NULL;
    struct stat st;
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, NULL), 0);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(sb_vault_is_sealed(p->path, NULL), 0);
    assert_int_equal(sb_vault_open(&back, p->path, none, NULL), 0);
    assert_same(p->v, back);
    sb_vault_free(back);
}

static void a_vault_is_replaced_only_when_asked(void **state)
{
    struct place *p = *state;
    struct sb_err err;
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, &err), 0);
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, &err), SB_E_EXISTS);
    assert_int_equal(sb_vault_save(p->v, p->path, none, true, &err), 0);
}

static void a_wider_mode_is_refused(void **state)
{
    struct place *p = *state;
    static const unsigned modes[] = {0644, 0640, 0604, 0610, 0601, 0620};
    struct sb_vault *back = NULL;
    struct sb_err err;
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, &err), 0);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(p->path, modes[i]), 0);
        assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_VAULT_MODE);
        assert_int_equal(sb_vault_is_sealed(p->path, &err), SB_E_VAULT_MODE);
        assert_null(back);
    }
    assert_int_equal(chmod(p->path, 0400), 0);
    assert_int_equal(sb_vault_open(&back, p->path, none, &err), 0);
    sb_vault_free(back);
}

static void what_is_no_file_or_no_vault_is_refused(void **state)
{
    struct place *p = *state;
    struct sb_vault *back = NULL;
    struct sb_err err;
    assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_NOT_FOUND);
    assert_int_equal(sb_vault_open(&back, p->folder, none, &err), SB_E_VAULT_MODE);
    assert_int_equal(sb_file_write(p->path, sb_bytes_str("junk"), 0600, &err), 0);
    assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_VAULT_FORM);
    assert_null(back);
}

/* Cuts and changes of a clear vault: refused, or at least another vault; never a crash.
 */
static void a_damaged_file_is_refused(void **state)
{
    struct place *p = *state;
    struct sb_buf file = {0};
    struct sb_err err;
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, &err), 0);
    assert_int_equal(sb_file_read(p->path, SB_VAULT_FILE_MAX, &file, &err), 0);
    for (size_t n = 0; n < file.n; n += 7) {
        struct sb_vault *back = NULL;
        assert_int_equal(sb_file_write(p->path, sb_bytes(file.p, n), 0600, &err), 0);
        assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_VAULT_FORM);
        assert_null(back);
    }
    sb_buf_free(&file);
}

static void write_file(const char *path, struct sb_bytes header, struct sb_bytes body)
{
    struct sb_buf file = {0};
    sb_pack_array(&file, 3);
    sb_pack_cstr(&file, "sacbe/vault/1");
    sb_pack_bin(&file, header);
    sb_pack_bin(&file, body);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&file), 0600, NULL), 0);
    sb_buf_free(&file);
}

static void pack_header(struct sb_buf *out, uint64_t ops, uint64_t memory)
{
    static const uint8_t zeros[24] = {0};
    sb_pack_array(out, 6);
    sb_pack_cstr(out, "sacbe/vhead/1");
    sb_pack_cstr(out, "pnc");
    sb_pack_uint(out, ops);
    sb_pack_uint(out, memory);
    sb_pack_bin(out, sb_bytes(zeros, ops ? 16 : 0));
    sb_pack_bin(out, sb_bytes(zeros, ops ? 24 : 0));
}

/* 64 TiB would fail loudly if it were tried; one pass would be quick and wrong. */
static void other_argon_parameters_are_refused_unseen(void **state)
{
    struct place *p = *state;
    static const uint64_t odd[][2] = {{3, 1ull << 46},
                                      {1, 8192},
                                      {4, crypto_pwhash_MEMLIMIT_MODERATE},
                                      {3, crypto_pwhash_MEMLIMIT_SENSITIVE},
                                      {0, crypto_pwhash_MEMLIMIT_MODERATE}};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct sb_buf header = {0};
        struct sb_vault *back = NULL;
        struct sb_err err;
        pack_header(&header, odd[i][0], odd[i][1]);
        write_file(p->path, sb_buf_bytes(&header), sb_bytes_str("0123456789abcdef"));
        assert_int_equal(sb_vault_open(&back, p->path, sb_bytes_str("word"), &err),
                         SB_E_VAULT_FORM);
        assert_int_equal(sb_vault_is_sealed(p->path, &err), SB_E_VAULT_FORM);
        sb_buf_free(&header);
    }
}

static void a_root_key_is_never_in_clear(void **state)
{
    struct place *p = *state;
    struct sb_err err;
    struct sb_vault *back = NULL;
    struct sb_buf header = {0};
    struct sb_buf body = {0};
    uint8_t secret[32] = {9};
    assert_int_equal(sb_vault_add(p->v, SB_USE_ROOT, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_save(p->v, p->path, none, false, &err),
                     SB_E_VAULT_PASSPHRASE);
    assert_int_not_equal(access(p->path, F_OK), 0);
    pack_header(&header, 0, 0);
    sb_pack_array(&body, 2);
    sb_pack_cstr(&body, "sacbe/vkeys/1");
    sb_pack_array(&body, 1);
    sb_pack_array(&body, 3);
    sb_pack_cstr(&body, SB_USE_ROOT);
    sb_pack_uint(&body, 1);
    sb_pack_bin(&body, sb_bytes(secret, sizeof secret));
    write_file(p->path, sb_buf_bytes(&header), sb_buf_bytes(&body));
    assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_VAULT_FORM);
    assert_null(back);
    sb_buf_free(&header);
    sb_buf_free(&body);
}

static void a_passphrase_seals(void **state)
{
    struct place *p = *state;
    struct sb_vault *back = NULL;
    struct sb_err err;
    struct sb_buf file = {0};
    struct sb_bytes word = sb_bytes_str("correct horse");
    assert_int_equal(sb_vault_save(p->v, p->path, word, false, &err), 0);
    assert_int_equal(sb_vault_is_sealed(p->path, &err), 1);
    assert_int_equal(sb_vault_open(&back, p->path, none, &err), SB_E_VAULT_PASSPHRASE);
    assert_int_equal(sb_vault_open(&back, p->path, sb_bytes_str("no horse"), &err),
                     SB_E_VAULT_PASSPHRASE);
    assert_int_equal(sb_vault_open(&back, p->path, word, &err), 0);
    assert_same(p->v, back);
    sb_vault_free(back);
    back = NULL;
    assert_int_equal(sb_file_read(p->path, SB_VAULT_FILE_MAX, &file, &err), 0);
    for (size_t i = 0; i < sb_vault_count(p->v); i++) {
        struct sb_bytes secret = sb_vault_secret(p->v, i);
        assert_null(memmem(file.p, file.n, secret.p, secret.n));
    }
    uint8_t *code =
        memmem(file.p, file.n, "\xa3pnc", 4); /* the clear header is bound */
    assert_non_null(code);
    code[1] = 'q';
    assert_int_equal(sb_file_write(p->path, sb_buf_bytes(&file), 0600, &err), 0);
    assert_int_equal(sb_vault_open(&back, p->path, word, &err), SB_E_VAULT_PASSPHRASE);
    assert_null(back);
    sb_buf_free(&file);
}

static void the_newest_key_of_a_use_is_found(void **state)
{
    struct place *p = *state;
    struct sb_vault_key a;
    struct sb_vault_key b;
    struct sb_vault_key found;
    uint8_t pk[SB_PK];
    uint8_t sk[SB_PK];
    uint8_t again[SB_PK];
    assert_int_equal(sb_vault_add(p->v, SB_USE_CURVE, NOW + 9, &a, NULL), 0);
    assert_int_equal(sb_vault_add(p->v, SB_USE_CURVE, NOW + 8, &b, NULL), 0);
    assert_true(sb_vault_newest(p->v, SB_USE_CURVE, &found));
    assert_memory_equal(found.pk, a.pk, SB_PK);
    assert_true(sb_vault_has(p->v, b.key_id));
    assert_int_equal(sb_vault_curve(p->v, pk, sk, NULL), 0);
    assert_memory_equal(pk, a.pk, SB_PK);
    assert_int_equal(crypto_scalarmult_base(again, sk), 0);
    assert_memory_equal(again, pk, SB_PK);
    assert_false(sb_vault_newest(p->v, SB_USE_WITNESS, &found));
    assert_int_equal(sb_vault_add(p->v, "other", NOW, NULL, NULL), SB_E_ARGUMENT);
    sodium_memzero(sk, sizeof sk);
}

static void sealed_boxes_open_with_their_key_only(void **state)
{
    struct place *p = *state;
    struct sb_vault_key seal;
    struct sb_vault_key curve;
    uint8_t ct[5 + crypto_box_SEALBYTES];
    uint8_t out[5];
    struct sb_err err;
    assert_true(sb_vault_newest(p->v, SB_USE_SEAL, &seal));
    assert_true(sb_vault_newest(p->v, SB_USE_CURVE, &curve));
    assert_int_equal(crypto_box_seal(ct, (const uint8_t *)"hello", 5, seal.pk), 0);
    struct sb_bytes box = sb_bytes(ct, sizeof ct);
    assert_int_equal(sb_vault_unseal(p->v, seal.key_id, box, out, &err), 0);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(sb_vault_unseal(p->v, curve.key_id, box, out, &err),
                     SB_E_OPEN_FAILED);
    box.n = crypto_box_SEALBYTES - 1;
    assert_int_equal(sb_vault_unseal(p->v, seal.key_id, box, out, &err),
                     SB_E_OPEN_FAILED);
}

#define VAULT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VAULT_TEST(a_clear_vault_comes_back),
        VAULT_TEST(a_vault_is_replaced_only_when_asked),
        VAULT_TEST(a_wider_mode_is_refused),
        VAULT_TEST(what_is_no_file_or_no_vault_is_refused),
        VAULT_TEST(a_damaged_file_is_refused),
        VAULT_TEST(other_argon_parameters_are_refused_unseen),
        VAULT_TEST(a_root_key_is_never_in_clear),
        VAULT_TEST(a_passphrase_seals),
        VAULT_TEST(the_newest_key_of_a_use_is_found),
        VAULT_TEST(sealed_boxes_open_with_their_key_only),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.vault", tests, NULL, NULL);
}
