/* Vault: the secret keys of one holder in one file, 0600. FORMATS, "Keys".
 *
 * Secrets are in guarded memory (sodium_malloc) and wiped on free; they never leave
 * this room except for the CURVE secret, which libzmq wants as text. File: canonical
 * msgpack,
 * ["sacbe/vault/1", header, body or sealed body]; with a passphrase XChaCha20-Poly1305
 * under Argon2id (MODERATE; SENSITIVE for a vault that holds a root key, where a
 * passphrase is mandatory), the clear header as additional data. Other parameters are
 * refused before memory is taken for them. */
#ifndef KEYS_VAULT_H
#define KEYS_VAULT_H

#include "keys/hash.h"

#define SB_USE_SIGN "sign"       /* Ed25519 */
#define SB_USE_SEAL "seal"       /* X25519 */
#define SB_USE_CURVE "curve"     /* X25519, transport */
#define SB_USE_WITNESS "witness" /* Ed25519 */
#define SB_USE_LOG "log"         /* Ed25519, the broker's checkpoints */
#define SB_USE_ROOT "root"       /* Ed25519, directories */

struct sb_vault;

struct sb_vault_key {    /* what may be shown of a key */
    struct sb_bytes use; /* borrowed from the vault */
    uint8_t key_id[SB_KEY_ID];
    uint8_t pk[SB_PK];
    uint64_t created; /* ms */
};

/* key_id = first 16 bytes of h("sacbe/key/1", use || pk). */
void sb_key_id(uint8_t out[SB_KEY_ID], struct sb_bytes use, const uint8_t pk[SB_PK]);

/* An empty vault in memory; `code`: institution, broker ("broker") or root holder. */
SB_CHECK int
sb_vault_new(struct sb_vault **out, struct sb_bytes code, struct sb_err *err);
/* Adds a fresh random pair of that use; `out` may be NULL. */
SB_CHECK int sb_vault_add(struct sb_vault *v,
                          const char *use,
                          uint64_t now_ms,
                          struct sb_vault_key *out,
                          struct sb_err *err);
/* Creates `path` atomically with mode 0600; SB_E_EXISTS when it is there (unless
 * `replace`). An empty passphrase: secrets in clear (refused for a root key). */
SB_CHECK int sb_vault_save(const struct sb_vault *v,
                           const char *path,
                           struct sb_bytes passphrase,
                           bool replace,
                           struct sb_err *err);
/* SB_E_VAULT_MODE when the file's mode is wider than 0600 or it is not ours;
 * SB_E_VAULT_PASSPHRASE when one is needed or wrong. */
SB_CHECK int sb_vault_open(struct sb_vault **out,
                           const char *path,
                           struct sb_bytes passphrase,
                           struct sb_err *err);
/* 1 if the file's secrets need a passphrase, 0 if not, negative on error. */
SB_CHECK int sb_vault_is_sealed(const char *path, struct sb_err *err);
void sb_vault_free(struct sb_vault *v); /* takes NULL; wipes */

struct sb_bytes sb_vault_code(const struct sb_vault *v);
size_t sb_vault_count(const struct sb_vault *v);
struct sb_vault_key sb_vault_key_at(const struct sb_vault *v, size_t i);
/* The newest key of a use; false when there is none. */
bool sb_vault_newest(const struct sb_vault *v,
                     const char *use,
                     struct sb_vault_key *out);
bool sb_vault_has(const struct sb_vault *v, const uint8_t key_id[SB_KEY_ID]);

/* Ed25519 over `message` by the key with this id. */
SB_CHECK int sb_vault_sign_raw(const struct sb_vault *v,
                               const uint8_t key_id[SB_KEY_ID],
                               struct sb_bytes message,
                               uint8_t sig[SB_SIG],
                               struct sb_err *err);
/* Opens crypto_box_seal made to the key with this id; out: ct.n - SEALBYTES bytes. */
SB_CHECK int sb_vault_unseal(const struct sb_vault *v,
                             const uint8_t key_id[SB_KEY_ID],
                             struct sb_bytes ct,
                             uint8_t *out,
                             struct sb_err *err);
/* Copies the newest CURVE pair (32 + 32 bytes); the caller wipes `sk`. */
SB_CHECK int sb_vault_curve(const struct sb_vault *v,
                            uint8_t pk[SB_PK],
                            uint8_t sk[SB_PK],
                            struct sb_err *err);

#endif
