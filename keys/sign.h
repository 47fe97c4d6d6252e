/* Signatures over records. FORMATS: sig(tag, b) = Ed25519 over tag || 00 || X || b,
 * where X binds the signature to one exchange. */
#ifndef KEYS_SIGN_H
#define KEYS_SIGN_H

#include "keys/vault.h"

struct sb_exchange { /* X */
    uint8_t x[SB_HASH];
};

/* X = h("sacbe/exch/1", name || nonce). */
void sb_exchange_id(struct sb_exchange *out,
                    struct sb_bytes name,
                    const uint8_t nonce[16]);

/* Appends the record [body, [[key_id, sig]]] signed by one key of the vault. */
SB_CHECK int sb_sign_record(const struct sb_exchange *x,
                            const struct sb_vault *v,
                            const uint8_t key_id[SB_KEY_ID],
                            struct sb_bytes body,
                            struct sb_buf *out,
                            struct sb_err *err);
/* Adds a signature to a record that has some (replaces the same key's). */
SB_CHECK int sb_sign_add(const struct sb_exchange *x,
                         const struct sb_vault *v,
                         const uint8_t key_id[SB_KEY_ID],
                         struct sb_bytes record,
                         struct sb_buf *out,
                         struct sb_err *err);
/* Whether `record` bears a valid signature of (key_id, pk): 0, SB_E_SIGNATURE, or
 * SB_E_MEMORY, which says nothing about it. */
SB_CHECK int sb_verify_record(const struct sb_exchange *x,
                              const struct sb_record *record,
                              const uint8_t key_id[SB_KEY_ID],
                              const uint8_t pk[SB_PK],
                              struct sb_err *err);
/* sig(tag, b) for statements that are not records (PROVE), short enough to be verified
 * without memory. */
#define SB_STATEMENT_MAX 128u
SB_CHECK int sb_sign_bytes(const struct sb_exchange *x,
                           const struct sb_vault *v,
                           const uint8_t key_id[SB_KEY_ID],
                           const char *tag,
                           struct sb_bytes b,
                           uint8_t sig[SB_SIG],
                           struct sb_err *err);
/* False also for one that is longer. */
bool sb_verify_bytes(const struct sb_exchange *x,
                     const uint8_t pk[SB_PK],
                     const char *tag,
                     struct sb_bytes b,
                     const uint8_t sig[SB_SIG]);

/* Curve points that FORMATS refuses: low order or non-canonical. */
bool sb_pk_is_good(struct sb_bytes use, const uint8_t pk[SB_PK]);

#endif
