/* Hashes: BLAKE2b-256 with a tag as personalisation, SHA-256, and the tree in a batch.
 * FORMATS, "Encoding". Every tag stands in schemas/record/README.md. */
#ifndef KEYS_HASH_H
#define KEYS_HASH_H

#include <sodium.h>

#include "schemas/base/bytes.h"
#include "schemas/record/record.h"

/* Call once in each program before anything of this room; 0 or SB_E_INTERNAL. */
SB_CHECK int sb_keys_init(struct sb_err *err);

/* n bytes from the system's generator. */
void sb_random(void *out, size_t n);

struct sb_hasher { /* plain data; secret input allowed */
    crypto_generichash_blake2b_state state;
};
void sb_hasher_init(struct sb_hasher *h, const char *tag);
/* Keyed BLAKE2b-256 (key of 32 bytes) with the tag as personalisation. */
void sb_hasher_init_keyed(struct sb_hasher *h, const char *tag, const uint8_t key[32]);
void sb_hasher_put(struct sb_hasher *h, struct sb_bytes b);
void sb_hasher_end(struct sb_hasher *h, uint8_t out[SB_HASH]);

/* h(tag, b); tag <= 16 bytes. */
void sb_hash(uint8_t out[SB_HASH], const char *tag, struct sb_bytes b);
/* h(the body's own tag, body): what `prev`, `epoch_hash`, `last_hash` hold. A body
 * whose tag is not 1 to 16 bytes gives SB_E_TAG. */
SB_CHECK int
sb_record_hash(uint8_t out[SB_HASH], struct sb_bytes body, struct sb_err *err);
void sb_sha256(uint8_t out[SB_HASH], struct sb_bytes b);

/* The tree over the items of a batch: a leaf, a node (out may be l or r). */
void sb_items_leaf(uint8_t out[SB_HASH], struct sb_bytes item);
void sb_items_node(uint8_t out[SB_HASH],
                   const uint8_t l[SB_HASH],
                   const uint8_t r[SB_HASH]);
/* Root over the items of a batch, n >= 1 (RFC 6962 shape, BLAKE2b with our tags). */
void sb_items_root(uint8_t out[SB_HASH], const struct sb_bytes *items, size_t n);

#endif
