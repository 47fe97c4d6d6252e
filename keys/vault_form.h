/* What vault.c and vault_form.c share. Private to this room.
 *
 * File: ["sacbe/vault/1", bin header, bin body]; header ["sacbe/vhead/1", code, ops,
 * memory, salt, nonce] (zeros and empty: in clear); body ["sacbe/vkeys/1", [[use,
 * created, secret] ...]], in the order of their adding, sealed with the header's bytes
 * as additional data when there is a passphrase. */
#ifndef KEYS_VAULT_FORM_H
#define KEYS_VAULT_FORM_H

#include "keys/vault.h"

#define SB_VAULT_KEYS 128u
#define SB_VAULT_SECRET 32u /* Ed25519 seed or X25519 secret */

/* Adds a key by its secret. SB_E_ARGUMENT: unknown use; SB_E_DUPLICATE. */
SB_CHECK int sb_vault_put(struct sb_vault *v,
                          struct sb_bytes use,
                          uint64_t created,
                          const uint8_t secret[SB_VAULT_SECRET],
                          struct sb_err *err);
struct sb_bytes sb_vault_secret(const struct sb_vault *v, size_t i);

#endif
