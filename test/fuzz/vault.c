/* fuzz.vault: a vault's file, without a passphrase. What opens in clear is saved again
 * as the same bytes; a sealed one says that it is, before any memory is spent on it. */
#include "keys/vault.h"

#include "test/fuzz/fuzz.h"
#include "test/unit/keys/fixture.h"

static char *saved;

static void begin(void)
{
    fuzz_random(5);
    fuzz_must(sb_keys_init(NULL) == 0, "libsodium");
    saved = fuzz_place("saved.vault");
}

static void end(void)
{
    free(saved);
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_vault *v = NULL;
    struct sb_buf again = {0};
    const char *path = fuzz_file(in);
    int sealed = sb_vault_is_sealed(path, &err);
    fuzz_judged(sealed > 0 ? 0 : sealed, &err);
    int rc = sb_vault_open(&v, path, sb_bytes(NULL, 0), &err);
    fuzz_judged(rc, &err);
    fuzz_must(sealed != 1 || rc != 0, "a sealed vault needs its passphrase");
    fuzz_must((rc == 0) == (v != NULL), "a vault, or none");
    if (rc == 0) {
        fuzz_must(sealed == 0, "it is in clear");
        fuzz_must(sb_vault_save(v, saved, sb_bytes(NULL, 0), true, &err) == 0 &&
                      sb_file_read(saved, SB_MIB, &again, &err) == 0,
                  "it is saved");
        fuzz_same(in, &again);
    }
    sb_vault_free(v);
    sb_buf_free(&again);
}

static void seeds(struct fuzz_seeds *to)
{
    static const char *const uses[] = {
        SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE, SB_USE_WITNESS, SB_USE_LOG};
    struct sb_vault *v = NULL;
    struct sb_buf b = {0};
    fuzz_must(sb_vault_new(&v, sb_bytes_str("pnc"), NULL) == 0, "a vault");
    for (size_t i = 0; i < 5; i++)
        fuzz_must(sb_vault_add(v, uses[i], NOW + i, NULL, NULL) == 0, "a key");
    fuzz_must(sb_vault_save(v, saved, sb_bytes(NULL, 0), true, NULL) == 0 &&
                  sb_file_read(saved, SB_MIB, &b, NULL) == 0,
              "in clear");
    fuzz_seed(to, "clear", sb_buf_bytes(&b));
    sb_buf_free(&b);
    fuzz_must(sb_vault_save(v, saved, sb_bytes_str("palabra"), true, NULL) == 0 &&
                  sb_file_read(saved, SB_MIB, &b, NULL) == 0,
              "sealed");
    fuzz_seed(to, "sealed", sb_buf_bytes(&b));
    sb_vault_free(v);
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {.name = "vault",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 4096,
                                        .mutations = 5000};
