/* Purpose: signatures over records and statements, and which points are keys at all.
 * Invariant: nothing is signed or verified without tag and exchange before it.
 * Not for: notes (note.c), whose signed text is C2SP's. */
#include "keys/sign.h"

#define TAG_MAX 16u
#define FIELD_TOP 0x7f /* the last byte of 2^255 - 19, little-endian */

void sb_exchange_id(struct sb_exchange *out,
                    struct sb_bytes name,
                    const uint8_t nonce[16])
{
    struct sb_hasher h;
    sb_hasher_init(&h, "sacbe/exch/1");
    sb_hasher_put(&h, name);
    sb_hasher_put(&h, sb_bytes(nonce, 16));
    sb_hasher_end(&h, out->x);
}

/* tag || 00 || X || b */
static int message(const struct sb_exchange *x,
                   struct sb_bytes tag,
                   struct sb_bytes b,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    if (tag.n == 0 || tag.n > TAG_MAX || memchr(tag.p, 0, tag.n))
        return sb_fail(err, SB_E_TAG, "a body without a tag of 1 to 16 bytes");
    sb_buf_put(out, tag.p, tag.n);
    sb_buf_byte(out, 0);
    sb_buf_put(out, x->x, SB_HASH);
    sb_buf_put(out, b.p, b.n);
    return sb_buf_check(out, err);
}

static int sign_tagged(const struct sb_exchange *x,
                       const struct sb_vault *v,
                       const uint8_t key_id[SB_KEY_ID],
                       const struct sb_bytes parts[2],
                       uint8_t sig[SB_SIG],
                       struct sb_err *err)
{
    struct sb_buf m = {0};
    int rc = message(x, parts[0], parts[1], &m, err);
    if (rc == 0)
        rc = sb_vault_sign_raw(v, key_id, sb_buf_bytes(&m), sig, err);
    sb_buf_free(&m);
    return rc;
}

/* 0, SB_E_SIGNATURE or SB_E_MEMORY. */
static int verify_tagged(const struct sb_exchange *x,
                         const uint8_t pk[SB_PK],
                         struct sb_bytes tag,
                         struct sb_bytes b,
                         const uint8_t sig[SB_SIG])
{
    struct sb_buf m = {0};
    int rc = message(x, tag, b, &m, NULL);
    if (rc != SB_E_MEMORY)
        rc = rc == 0 && crypto_sign_verify_detached(sig, m.p, m.n, pk) == 0
                 ? 0
                 : SB_E_SIGNATURE;
    sb_buf_free(&m);
    return rc;
}

int sb_sign_record(const struct sb_exchange *x,
                   const struct sb_vault *v,
                   const uint8_t key_id[SB_KEY_ID],
                   struct sb_bytes body,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    struct sb_signature s;
    const struct sb_bytes parts[2] = {sb_record_tag(body), body};
    memcpy(s.key_id, key_id, SB_KEY_ID);
    int rc = sign_tagged(x, v, key_id, parts, s.sig, err);
    if (rc != 0)
        return rc;
    sb_record_write(out, body, &s, 1);
    return sb_buf_check(out, err);
}

int sb_sign_add(const struct sb_exchange *x,
                const struct sb_vault *v,
                const uint8_t key_id[SB_KEY_ID],
                struct sb_bytes record,
                struct sb_buf *out,
                struct sb_err *err)
{
    struct sb_record r;
    struct sb_signature s;
    int rc = sb_record_read(record, &r, err);
    if (rc != 0)
        return rc;
    const struct sb_bytes parts[2] = {sb_record_tag(r.body), r.body};
    memcpy(s.key_id, key_id, SB_KEY_ID);
    rc = sign_tagged(x, v, key_id, parts, s.sig, err);
    if (rc != 0)
        return rc;
    size_t at = 0;
    while (at < r.n && memcmp(r.sigs[at].key_id, key_id, SB_KEY_ID) < 0)
        at++;
    if (at == r.n || memcmp(r.sigs[at].key_id, key_id, SB_KEY_ID) != 0) {
        if (r.n == SB_SIGS_MAX)
            return sb_fail(
                err, SB_E_LIMIT, "the record has %u signatures already", SB_SIGS_MAX);
        memmove(&r.sigs[at + 1], &r.sigs[at], (r.n - at) * sizeof r.sigs[0]);
        r.n++;
    }
    r.sigs[at] = s;
    sb_record_write(out, r.body, r.sigs, r.n);
    return sb_buf_check(out, err);
}

int sb_verify_record(const struct sb_exchange *x,
                     const struct sb_record *record,
                     const uint8_t key_id[SB_KEY_ID],
                     const uint8_t pk[SB_PK],
                     struct sb_err *err)
{
    struct sb_bytes tag = sb_record_tag(record->body);
    for (size_t i = 0; i < record->n; i++) {
        const struct sb_signature *s = &record->sigs[i];
        if (memcmp(s->key_id, key_id, SB_KEY_ID) != 0)
            continue;
        int rc = verify_tagged(x, pk, tag, record->body, s->sig);
        if (rc == SB_E_MEMORY)
            return sb_fail(err, rc, "out of memory for verifying a record");
        return rc == 0 ? 0 : sb_fail(err, rc, "a signature does not verify");
    }
    return sb_fail(err, SB_E_SIGNATURE, "the signature of this key is missing");
}

int sb_sign_bytes(const struct sb_exchange *x,
                  const struct sb_vault *v,
                  const uint8_t key_id[SB_KEY_ID],
                  const char *tag,
                  struct sb_bytes b,
                  uint8_t sig[SB_SIG],
                  struct sb_err *err)
{
    const struct sb_bytes parts[2] = {sb_bytes_str(tag), b};
    return sign_tagged(x, v, key_id, parts, sig, err);
}

bool sb_verify_bytes(const struct sb_exchange *x,
                     const uint8_t pk[SB_PK],
                     const char *tag,
                     struct sb_bytes b,
                     const uint8_t sig[SB_SIG])
{
    uint8_t m[TAG_MAX + 1 + SB_HASH + SB_STATEMENT_MAX];
    size_t n = strlen(tag);
    if (n == 0 || n > TAG_MAX || b.n > SB_STATEMENT_MAX)
        return false;
    memcpy(m, tag, n);
    m[n++] = 0;
    memcpy(m + n, x->x, SB_HASH);
    n += SB_HASH;
    if (b.n > 0)
        memcpy(m + n, b.p, b.n);
    return crypto_sign_verify_detached(sig, m, n + b.n, pk) == 0;
}

/* Below 2^255 - 19 and without the bit that X25519 ignores. */
static bool x25519_canonical(const uint8_t pk[SB_PK])
{
    if (pk[31] != FIELD_TOP)
        return pk[31] < FIELD_TOP;
    for (size_t i = 30; i > 0; i--)
        if (pk[i] != 0xff)
            return true;
    return pk[0] < 0xed;
}

static bool x25519_good(const uint8_t pk[SB_PK])
{
    /* A clamped scalar is a multiple of 8, so it takes every point of low order to
     * zero, which crypto_scalarmult reports. */
    static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {8};
    uint8_t shared[crypto_scalarmult_BYTES];
    return x25519_canonical(pk) && crypto_scalarmult(shared, scalar, pk) == 0;
}

bool sb_pk_is_good(struct sb_bytes use, const uint8_t pk[SB_PK])
{
    if (sb_bytes_is(use, SB_USE_SEAL) || sb_bytes_is(use, SB_USE_CURVE))
        return x25519_good(pk);
    if (sb_bytes_is(use, SB_USE_SIGN) || sb_bytes_is(use, SB_USE_WITNESS) ||
        sb_bytes_is(use, SB_USE_LOG) || sb_bytes_is(use, SB_USE_ROOT))
        return crypto_core_ed25519_is_valid_point(pk) == 1;
    return false;
}
