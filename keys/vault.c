/* Purpose: the secret keys of one holder, in memory.
 * Invariant: a secret lives only in the guarded block of its vault; public keys and ids
 * are always computed from it, so that the two cannot disagree.
 * Not for: the file's form, which is vault_form.c. */
#include "keys/vault_form.h"

#include <stdlib.h>

#include "schemas/base/text.h"

enum algorithm { ED25519 = 1, X25519 };

static const struct use_row {
    const char *use;
    enum algorithm algorithm;
} uses[] = {
    {SB_USE_SIGN, ED25519},
    {SB_USE_SEAL, X25519},
    {SB_USE_CURVE, X25519},
    {SB_USE_WITNESS, ED25519},
    {SB_USE_LOG, ED25519},
    {SB_USE_ROOT, ED25519},
};

struct key {
    const struct use_row *use;
    uint8_t key_id[SB_KEY_ID];
    uint8_t pk[SB_PK];
    uint64_t created;
};

struct secret {
    uint8_t sk[crypto_sign_SECRETKEYBYTES]; /* X25519: the first 32 bytes */
};

struct sb_vault {
    char code[SB_CODE_MAX + 1];
    size_t n;
    struct key keys[SB_VAULT_KEYS];
    struct secret *secrets; /* parallel to keys, sodium_malloc */
};

void sb_key_id(uint8_t out[SB_KEY_ID], struct sb_bytes use, const uint8_t pk[SB_PK])
{
    struct sb_hasher h;
    uint8_t full[SB_HASH];
    sb_hasher_init(&h, "sacbe/key/1");
    sb_hasher_put(&h, use);
    sb_hasher_put(&h, sb_bytes(pk, SB_PK));
    sb_hasher_end(&h, full);
    memcpy(out, full, SB_KEY_ID);
}

int sb_vault_new(struct sb_vault **out, struct sb_bytes code, struct sb_err *err)
{
    if (!sb_text_is_code(code))
        return sb_fail(
            err, SB_E_CODE_FORM, "a vault's code is 1 to 64 of a-z 0-9 _ . -");
    struct sb_vault *v = calloc(1, sizeof *v);
    struct secret *secrets = sodium_allocarray(SB_VAULT_KEYS, sizeof *secrets);
    if (!v || !secrets) {
        free(v);
        sodium_free(secrets);
        return sb_fail(err, SB_E_MEMORY, "out of memory for a vault");
    }
    memcpy(v->code, code.p, code.n);
    v->secrets = secrets;
    *out = v;
    return 0;
}

void sb_vault_free(struct sb_vault *v)
{
    if (!v)
        return;
    sodium_free(v->secrets);
    free(v);
}

static const struct use_row *find_use(struct sb_bytes use)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (sb_bytes_is(use, uses[i].use))
            return &uses[i];
    return NULL;
}

int sb_vault_put(struct sb_vault *v,
                 struct sb_bytes use,
                 uint64_t created,
                 const uint8_t secret[SB_VAULT_SECRET],
                 struct sb_err *err)
{
    const struct use_row *row = find_use(use);
    if (!row)
        return sb_fail(err, SB_E_ARGUMENT, "no use of keys is called so");
    if (v->n == SB_VAULT_KEYS)
        return sb_fail(err, SB_E_LIMIT, "a vault holds %u keys at most", SB_VAULT_KEYS);
    struct key *k = &v->keys[v->n];
    uint8_t *sk = v->secrets[v->n].sk;
    if (row->algorithm == ED25519) {
        crypto_sign_seed_keypair(k->pk, sk, secret);
    } else {
        memcpy(sk, secret, SB_VAULT_SECRET);
        crypto_scalarmult_base(k->pk, sk);
    }
    k->use = row;
    k->created = created;
    sb_key_id(k->key_id, use, k->pk);
    if (sb_vault_has(v, k->key_id))
        return sb_fail(err, SB_E_DUPLICATE, "the vault holds this key already");
    v->n++;
    return 0;
}

struct sb_bytes sb_vault_secret(const struct sb_vault *v, size_t i)
{
    return sb_bytes(v->secrets[i].sk, SB_VAULT_SECRET);
}

int sb_vault_add(struct sb_vault *v,
                 const char *use,
                 uint64_t now_ms,
                 struct sb_vault_key *out,
                 struct sb_err *err)
{
    uint8_t *secret = sodium_malloc(SB_VAULT_SECRET);
    if (!secret)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a key");
    randombytes_buf(secret, SB_VAULT_SECRET);
    int rc = sb_vault_put(v, sb_bytes_str(use), now_ms, secret, err);
    sodium_free(secret);
    if (rc == 0 && out)
        *out = sb_vault_key_at(v, v->n - 1);
    return rc;
}

struct sb_bytes sb_vault_code(const struct sb_vault *v)
{
    return sb_bytes_str(v->code);
}

size_t sb_vault_count(const struct sb_vault *v)
{
    return v->n;
}

struct sb_vault_key sb_vault_key_at(const struct sb_vault *v, size_t i)
{
    const struct key *k = &v->keys[i];
    struct sb_vault_key out = {.use = sb_bytes_str(k->use->use), .created = k->created};
    memcpy(out.key_id, k->key_id, SB_KEY_ID);
    memcpy(out.pk, k->pk, SB_PK);
    return out;
}

/* Index of the newest key of a use, or v->n; of equally new ones the last added. */
static size_t newest(const struct sb_vault *v, const char *use)
{
    size_t found = v->n;
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->keys[i].use->use, use) == 0 &&
            (found == v->n || v->keys[i].created >= v->keys[found].created))
            found = i;
    return found;
}

bool sb_vault_newest(const struct sb_vault *v,
                     const char *use,
                     struct sb_vault_key *out)
{
    size_t i = newest(v, use);
    if (i == v->n)
        return false;
    *out = sb_vault_key_at(v, i);
    return true;
}

static size_t find(const struct sb_vault *v, const uint8_t key_id[SB_KEY_ID])
{
    size_t i = 0;
    while (i < v->n && memcmp(v->keys[i].key_id, key_id, SB_KEY_ID) != 0)
        i++;
    return i;
}

bool sb_vault_has(const struct sb_vault *v, const uint8_t key_id[SB_KEY_ID])
{
    return find(v, key_id) < v->n;
}

static int find_key(const struct sb_vault *v,
                    const uint8_t key_id[SB_KEY_ID],
                    enum algorithm algorithm,
                    size_t *at,
                    struct sb_err *err)
{
    size_t i = find(v, key_id);
    if (i == v->n)
        return sb_fail(err, SB_E_NO_KEY, "the vault of %s lacks this key", v->code);
    if (v->keys[i].use->algorithm != algorithm)
        return sb_fail(err,
                       SB_E_NO_KEY,
                       "a %s key cannot do this: it is for something else",
                       v->keys[i].use->use);
    *at = i;
    return 0;
}

int sb_vault_sign_raw(const struct sb_vault *v,
                      const uint8_t key_id[SB_KEY_ID],
                      struct sb_bytes message,
                      uint8_t sig[SB_SIG],
                      struct sb_err *err)
{
    size_t i = 0;
    int rc = find_key(v, key_id, ED25519, &i, err);
    if (rc == 0)
        crypto_sign_detached(sig, NULL, message.p, message.n, v->secrets[i].sk);
    return rc;
}

int sb_vault_unseal(const struct sb_vault *v,
                    const uint8_t key_id[SB_KEY_ID],
                    struct sb_bytes ct,
                    uint8_t *out,
                    struct sb_err *err)
{
    size_t i = 0;
    int rc = find_key(v, key_id, X25519, &i, err);
    if (rc != 0)
        return rc;
    if (ct.n < crypto_box_SEALBYTES ||
        crypto_box_seal_open(out, ct.p, ct.n, v->keys[i].pk, v->secrets[i].sk) != 0)
        return sb_fail(
            err, SB_E_OPEN_FAILED, "a sealed box does not open with our key");
    return 0;
}

int sb_vault_curve(const struct sb_vault *v,
                   uint8_t pk[SB_PK],
                   uint8_t sk[SB_PK],
                   struct sb_err *err)
{
    size_t i = newest(v, SB_USE_CURVE);
    if (i == v->n)
        return sb_fail(err, SB_E_NO_KEY, "the vault of %s has no CURVE key", v->code);
    memcpy(pk, v->keys[i].pk, SB_PK);
    memcpy(sk, v->secrets[i].sk, SB_PK);
    return 0;
}
