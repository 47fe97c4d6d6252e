/* Purpose: a vault <-> its file, in clear or sealed under a passphrase.
 * Invariant: only the two parameter sets of FORMATS are ever given to Argon2id; a root
 * key is neither written nor read in clear or under the weaker set.
 * Not for: rights and atomic creation, which are vault_file.c. */
#include "keys/vault_form.h"

#include "keys/vault_file.h"

#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES

enum strength { CLEAR, MODERATE, SENSITIVE };

static const struct cost {
    uint64_t ops;
    uint64_t memory;
} costs[] = {
    [CLEAR] = {0, 0},
    [MODERATE] = {crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
                  crypto_pwhash_argon2id_MEMLIMIT_MODERATE},
    [SENSITIVE] = {crypto_pwhash_argon2id_OPSLIMIT_SENSITIVE,
                   crypto_pwhash_argon2id_MEMLIMIT_SENSITIVE},
};

struct header {
    struct sb_bytes bytes;
    struct sb_bytes code;
    enum strength strength;
    struct sb_bytes salt;
    struct sb_bytes nonce;
};

static void write_header(const struct header *h, struct sb_buf *out)
{
    sb_pack_array(out, 6);
    sb_pack_cstr(out, "sacbe/vhead/1");
    sb_pack_str(out, h->code);
    sb_pack_uint(out, costs[h->strength].ops);
    sb_pack_uint(out, costs[h->strength].memory);
    sb_pack_bin(out, h->salt);
    sb_pack_bin(out, h->nonce);
}

static void read_header(struct sb_unpack *u, struct header *h)
{
    sb_unpack_tag(u, "sacbe/vhead/1", 6);
    h->code = sb_unpack_code(u);
    uint64_t ops = sb_unpack_uint(u, UINT64_MAX);
    uint64_t memory = sb_unpack_uint(u, UINT64_MAX);
    h->salt = sb_unpack_bin(u, SALT_SIZE);
    h->nonce = sb_unpack_bin(u, NONCE_SIZE);
    size_t i = 0;
    while (i <= SENSITIVE && (costs[i].ops != ops || costs[i].memory != memory))
        i++;
    if (i > SENSITIVE) {
        sb_unpack_fail(u, SB_E_RANGE);
        return;
    }
    h->strength = (enum strength)i;
    if (h->salt.n != (i == CLEAR ? 0 : SALT_SIZE) ||
        h->nonce.n != (i == CLEAR ? 0 : NONCE_SIZE))
        sb_unpack_fail(u, SB_E_RANGE);
}

static int read_file(struct sb_bytes file,
                     struct header *h,
                     struct sb_bytes *body,
                     struct sb_err *err)
{
    int rc = sb_pack_scan(file, SB_PACK_RECORD, err);
    struct sb_unpack u = sb_unpack(file);
    if (rc == 0) {
        sb_unpack_tag(&u, "sacbe/vault/1", 3);
        h->bytes = sb_unpack_bin(&u, SB_VAULT_FILE_MAX);
        *body = sb_unpack_bin(&u, SB_VAULT_FILE_MAX);
        rc = sb_unpack_end(&u, "vault", err);
    }
    if (rc == 0)
        rc = sb_pack_scan(h->bytes, SB_PACK_RECORD, err);
    if (rc != 0)
        return rc;
    struct sb_unpack head = sb_unpack(h->bytes);
    read_header(&head, h);
    return sb_unpack_end(&head, "vault header", err);
}

static void write_body(const struct sb_vault *v, struct sb_buf *out)
{
    sb_pack_array(out, 2);
    sb_pack_cstr(out, "sacbe/vkeys/1");
    sb_pack_array(out, sb_vault_count(v));
    for (size_t i = 0; i < sb_vault_count(v); i++) {
        struct sb_vault_key k = sb_vault_key_at(v, i);
        sb_pack_array(out, 3);
        sb_pack_str(out, k.use);
        sb_pack_uint(out, k.created);
        sb_pack_bin(out, sb_vault_secret(v, i));
    }
}

static int read_body(struct sb_bytes body, struct sb_vault *v, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return rc;
    struct sb_unpack u = sb_unpack(body);
    sb_unpack_tag(&u, "sacbe/vkeys/1", 2);
    size_t n = sb_unpack_array(&u, 0, SB_VAULT_KEYS);
    for (size_t i = 0; i < n && rc == 0; i++) {
        sb_unpack_array(&u, 3, 3);
        struct sb_bytes use = sb_unpack_code(&u);
        uint64_t created = sb_unpack_uint(&u, UINT64_MAX);
        struct sb_bytes secret = sb_unpack_bin(&u, SB_VAULT_SECRET);
        if (!u.failed && secret.n != SB_VAULT_SECRET)
            sb_unpack_fail(&u, SB_E_RANGE);
        rc = u.failed ? u.failed : sb_vault_put(v, use, created, secret.p, err);
    }
    return rc != 0 && !u.failed ? rc : sb_unpack_end(&u, "vault body", err);
}

static int derive(uint8_t key[KEY_SIZE],
                  const struct header *h,
                  struct sb_bytes passphrase,
                  struct sb_err *err)
{
    const struct cost *c = &costs[h->strength];
    if (crypto_pwhash(key,
                      KEY_SIZE,
                      (const char *)passphrase.p,
                      passphrase.n,
                      h->salt.p,
                      c->ops,
                      (size_t)c->memory,
                      crypto_pwhash_ALG_ARGON2ID13) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_MEMORY,
                   "a vault's passphrase needs %llu MiB of free memory",
                   (unsigned long long)(c->memory / SB_MIB));
}

/* Seals `b` (guarded, with room for the tag) where it stands. */
static int seal_in_place(struct sb_buf *b,
                         const struct header *h,
                         struct sb_bytes passphrase,
                         struct sb_err *err)
{
    static const uint8_t room[TAG_SIZE] = {0};
    uint8_t *key = sodium_malloc(KEY_SIZE);
    if (!key)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a key");
    size_t n = b->n;
    sb_buf_put(b, room, sizeof room);
    int rc = sb_buf_check(b, err);
    if (rc == 0)
        rc = derive(key, h, passphrase, err);
    if (rc == 0)
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            b->p, NULL, b->p, n, h->bytes.p, h->bytes.n, NULL, h->nonce.p, key);
    sodium_free(key);
    return rc;
}

static int open_sealed(struct sb_bytes sealed,
                       const struct header *h,
                       struct sb_bytes passphrase,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    if (passphrase.n == 0)
        return sb_fail(err, SB_E_VAULT_PASSPHRASE, "it needs its passphrase");
    uint8_t *key = sodium_malloc(KEY_SIZE);
    if (!key)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a key");
    sb_buf_put(out, sealed.p, sealed.n);
    int rc = sb_buf_check(out, err);
    if (rc == 0)
        rc = derive(key, h, passphrase, err);
    unsigned long long n = 0;
    if (rc == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(out->p,
                                                              &n,
                                                              NULL,
                                                              out->p,
                                                              out->n,
                                                              h->bytes.p,
                                                              h->bytes.n,
                                                              h->nonce.p,
                                                              key) != 0)
        rc = sb_fail(
            err, SB_E_VAULT_PASSPHRASE, "wrong passphrase, or the file was changed");
    out->n = rc == 0 ? (size_t)n : 0;
    sodium_free(key);
    return rc;
}

static bool holds_root(const struct sb_vault *v)
{
    struct sb_vault_key k;
    return sb_vault_newest(v, SB_USE_ROOT, &k);
}

static int write_parts(const struct header *h,
                       const struct sb_buf *body,
                       const char *path,
                       bool replace,
                       struct sb_err *err)
{
    struct sb_buf file = sb_guarded_new();
    if (!file.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a vault");
    sb_pack_array(&file, 3);
    sb_pack_cstr(&file, "sacbe/vault/1");
    sb_pack_bin(&file, h->bytes);
    sb_pack_bin(&file, sb_buf_bytes(body));
    int rc = sb_buf_check(&file, err);
    if (rc == 0)
        rc = sb_vault_file_write(path, sb_buf_bytes(&file), replace, err);
    sb_guarded_free(&file);
    return rc;
}

int sb_vault_save(const struct sb_vault *v,
                  const char *path,
                  struct sb_bytes passphrase,
                  bool replace,
                  struct sb_err *err)
{
    uint8_t random[SALT_SIZE + NONCE_SIZE];
    struct header h = {.code = sb_vault_code(v)};
    if (passphrase.n == 0 && holds_root(v))
        return sb_fail(err,
                       SB_E_VAULT_PASSPHRASE,
                       "%s: a root key is never kept without a passphrase",
                       path);
    if (passphrase.n != 0) {
        h.strength = holds_root(v) ? SENSITIVE : MODERATE;
        randombytes_buf(random, sizeof random);
        h.salt = sb_bytes(random, SALT_SIZE);
        h.nonce = sb_bytes(random + SALT_SIZE, NONCE_SIZE);
    }
    struct sb_buf head = {0};
    struct sb_buf body = sb_guarded_new();
    int rc = body.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory for a vault");
    if (rc == 0) {
        write_header(&h, &head);
        h.bytes = sb_buf_bytes(&head);
        write_body(v, &body);
        rc = sb_buf_check(&head, err);
    }
    if (rc == 0)
        rc = sb_buf_check(&body, err);
    if (rc == 0 && h.strength != CLEAR)
        rc = seal_in_place(&body, &h, passphrase, err);
    if (rc == 0)
        rc = write_parts(&h, &body, path, replace, err);
    sb_guarded_free(&body);
    sb_buf_free(&head);
    return rc;
}

/* The vault that a file's bytes hold; `plain` is guarded room for its body. */
static int parse(struct sb_vault **out,
                 struct sb_bytes file,
                 struct sb_bytes passphrase,
                 struct sb_buf *plain,
                 struct sb_err *err)
{
    struct header h = {0};
    struct sb_bytes body = {0};
    struct sb_vault *v = NULL;
    int rc = read_file(file, &h, &body, err);
    if (rc != 0)
        return sb_fail(err, SB_E_VAULT_FORM, "not a vault of this version");
    if (h.strength != CLEAR) {
        rc = open_sealed(body, &h, passphrase, plain, err);
        body = sb_buf_bytes(plain);
    }
    if (rc == 0)
        rc = sb_vault_new(&v, h.code, err);
    if (rc == 0 && read_body(body, v, err) != 0)
        rc = sb_fail(err, SB_E_VAULT_FORM, "its keys cannot be read");
    if (rc == 0 && holds_root(v) && h.strength != SENSITIVE)
        rc = sb_fail(err, SB_E_VAULT_FORM, "a root key under too weak a passphrase");
    if (rc == 0)
        *out = v;
    else
        sb_vault_free(v);
    return rc;
}

int sb_vault_open(struct sb_vault **out,
                  const char *path,
                  struct sb_bytes passphrase,
                  struct sb_err *err)
{
    struct sb_buf file = sb_guarded_new();
    struct sb_buf plain = sb_guarded_new();
    int rc = file.p && plain.p ? sb_vault_file_read(path, &file, err)
                               : sb_fail(err, SB_E_MEMORY, "out of memory for a vault");
    if (rc == 0) {
        rc = parse(out, sb_buf_bytes(&file), passphrase, &plain, err);
        if (rc != 0)
            sb_err_wrap(err, rc, "%s", path);
    }
    sb_guarded_free(&plain);
    sb_guarded_free(&file);
    return rc;
}

int sb_vault_is_sealed(const char *path, struct sb_err *err)
{
    struct header h = {0};
    struct sb_bytes body = {0};
    struct sb_buf file = sb_guarded_new();
    if (!file.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a vault");
    int rc = sb_vault_file_read(path, &file, err);
    if (rc == 0 && read_file(sb_buf_bytes(&file), &h, &body, err) != 0)
        rc = sb_fail(err, SB_E_VAULT_FORM, "%s: not a vault of this version", path);
    sb_guarded_free(&file);
    return rc == 0 ? h.strength != CLEAR : rc;
}
