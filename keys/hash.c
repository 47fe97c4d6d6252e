/* Purpose: tagged hashes and the tree inside a batch.
 * Invariant: no two uses share a tag; the tag table is schemas/record/README.md.
 * Not for: the journal's tree, which is SHA-256 exactly as RFC 6962. */
#include "keys/hash.h"

#define TAG_MAX crypto_generichash_blake2b_PERSONALBYTES
#define TREE_LEVELS 64

int sb_keys_init(struct sb_err *err)
{
    if (sodium_init() < 0)
        return sb_fail(err, SB_E_INTERNAL, "libsodium cannot start on this machine");
    return 0;
}

static void
init(struct sb_hasher *h, const char *tag, const uint8_t *key, size_t key_size)
{
    static const uint8_t salt[crypto_generichash_blake2b_SALTBYTES] = {0};
    uint8_t personal[TAG_MAX] = {0};
    size_t n = strnlen(tag, TAG_MAX);
    memcpy(personal, tag, n);
    crypto_generichash_blake2b_init_salt_personal(
        &h->state, key, key_size, SB_HASH, salt, personal);
}

void sb_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void sb_hasher_init(struct sb_hasher *h, const char *tag)
{
    init(h, tag, NULL, 0);
}

void sb_hasher_init_keyed(struct sb_hasher *h, const char *tag, const uint8_t key[32])
{
    init(h, tag, key, 32);
}

void sb_hasher_put(struct sb_hasher *h, struct sb_bytes b)
{
    if (b.n)
        crypto_generichash_blake2b_update(&h->state, b.p, b.n);
}

void sb_hasher_end(struct sb_hasher *h, uint8_t out[SB_HASH])
{
    crypto_generichash_blake2b_final(&h->state, out, SB_HASH);
    sodium_memzero(h, sizeof *h);
}

void sb_hash(uint8_t out[SB_HASH], const char *tag, struct sb_bytes b)
{
    struct sb_hasher h;
    sb_hasher_init(&h, tag);
    sb_hasher_put(&h, b);
    sb_hasher_end(&h, out);
}

int sb_record_hash(uint8_t out[SB_HASH], struct sb_bytes body, struct sb_err *err)
{
    struct sb_bytes tag = sb_record_tag(body);
    char text[TAG_MAX + 1] = {0};
    if (tag.n == 0 || tag.n > TAG_MAX || memchr(tag.p, 0, tag.n))
        return sb_fail(err, SB_E_TAG, "a body without a tag of 1 to 16 bytes");
    memcpy(text, tag.p, tag.n);
    sb_hash(out, text, body);
    return 0;
}

void sb_sha256(uint8_t out[SB_HASH], struct sb_bytes b)
{
    static const uint8_t none = 0;
    crypto_hash_sha256(out, b.n ? b.p : &none, b.n);
}

void sb_items_leaf(uint8_t out[SB_HASH], struct sb_bytes item)
{
    struct sb_hasher h;
    sb_hasher_init(&h, "sacbe/leaf/1");
    sb_hasher_put(&h, sb_bytes("\x00", 1));
    sb_hasher_put(&h, item);
    sb_hasher_end(&h, out);
}

void sb_items_node(uint8_t out[SB_HASH],
                   const uint8_t l[SB_HASH],
                   const uint8_t r[SB_HASH])
{
    struct sb_hasher h;
    sb_hasher_init(&h, "sacbe/node/1");
    sb_hasher_put(&h, sb_bytes("\x01", 1));
    sb_hasher_put(&h, sb_bytes(l, SB_HASH));
    sb_hasher_put(&h, sb_bytes(r, SB_HASH));
    sb_hasher_end(&h, out);
}

static void join_last(uint8_t (*stack)[SB_HASH], size_t depth)
{
    sb_items_node(stack[depth - 2], stack[depth - 2], stack[depth - 1]);
}

void sb_items_root(uint8_t out[SB_HASH], const struct sb_bytes *items, size_t n)
{
    uint8_t stack[TREE_LEVELS][SB_HASH];
    size_t depth = 0;
    for (size_t i = 0; i < n; i++) {
        sb_items_leaf(stack[depth++], items[i]);
        /* one merge per trailing one bit: equal perfect subtrees stand side by side */
        for (size_t done = i; done & 1; done >>= 1, depth--)
            join_last(stack, depth);
    }
    for (; depth > 1; depth--)
        join_last(stack, depth);
    memcpy(out, stack[0], SB_HASH);
}
