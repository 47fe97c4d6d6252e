/* Purpose: the sections of events, sealed and opened.
 * Invariant: a key is used for one section of one event; the nonce is random besides.
 * Not for: splitting a payload by class; schemas/catalog does that. */
#include "keys/secrets.h"

#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KDF_CONTEXT "SacbeEvK"

struct section_key { /* okm */
    uint8_t k[KEY_SIZE];
    uint8_t kc[32];
};

static void
event_key(uint8_t ek[SB_EVENT_KEY], const uint8_t secret[SB_SECRET], uint64_t seq)
{
    crypto_kdf_derive_from_key(ek, SB_EVENT_KEY, seq, KDF_CONTEXT, secret);
}

/* okm from EK, stream, class and seq. */
static void derive(struct section_key *out,
                   const uint8_t ek[SB_EVENT_KEY],
                   const struct sb_event *event,
                   struct sb_bytes class_name)
{
    uint8_t okm[64];
    uint8_t seq[8];
    const uint8_t size[2] = {(uint8_t)(event->stream.n >> 8), (uint8_t)event->stream.n};
    crypto_generichash_state s;
    sb_put_u64be(seq, event->seq);
    crypto_generichash_init(&s, ek, SB_EVENT_KEY, sizeof okm);
    crypto_generichash_update(&s, size, sizeof size);
    crypto_generichash_update(&s, event->stream.p, event->stream.n);
    crypto_generichash_update(&s, class_name.p, class_name.n);
    crypto_generichash_update(&s, seq, sizeof seq);
    crypto_generichash_final(&s, okm, sizeof okm);
    memcpy(out->k, okm, sizeof out->k);
    memcpy(out->kc, okm + sizeof out->k, sizeof out->kc);
    sodium_memzero(okm, sizeof okm);
    sodium_memzero(&s, sizeof s);
}

/* Writes the event's classes: names, nonces, commitments. */
static int prepare(const struct sb_secrets *secrets,
                   const struct sb_section *sections,
                   struct sb_event *event,
                   struct section_key keys[SB_CLASSES],
                   struct sb_err *err)
{
    uint8_t ek[SB_EVENT_KEY];
    size_t total = 0;
    for (size_t i = 0; i < secrets->n; i++) {
        if (!sb_bytes_eq(sections[i].class_name, sb_secrets_class(secrets, i)))
            return sb_fail(err,
                           SB_E_ARGUMENT,
                           "sections must be the epoch's classes in text order");
        total += sections[i].plain.n;
        if (sections[i].plain.n > SB_PAYLOAD_MAX || total > SB_EVENT_MAX)
            return sb_fail(err,
                           SB_E_TOO_LARGE,
                           "the event's section %.*s has too many bytes",
                           SB_FMT(sections[i].class_name));
    }
    event->n_classes = secrets->n;
    for (size_t i = 0; i < secrets->n; i++) {
        struct sb_event_class *c = &event->classes[i];
        event_key(ek, secrets->keys[i], event->seq);
        derive(&keys[i], ek, event, sections[i].class_name);
        c->name = sections[i].class_name;
        sb_secrets_nonce(secrets, c->nonce);
        memcpy(c->kc, keys[i].kc, sizeof c->kc);
    }
    sodium_memzero(ek, sizeof ek);
    return 0;
}

/* Padding of ISO/IEC 7816-4, as libsodium's sodium_pad writes it: 0x80, then zeros up
 * to a whole block. False: there is none. What is behind it is authentic, so that how
 * long a look takes tells nobody but its reader. */
static bool unpad(const uint8_t *p, size_t padded, size_t *size)
{
    size_t n = padded;
    while (n > 0 && padded - n < SB_PAD_BLOCK && p[n - 1] == 0)
        n--;
    if (n == 0 || padded - n == SB_PAD_BLOCK || p[n - 1] != 0x80)
        return false;
    *size = n - 1;
    return true;
}

/* Appends C; its bytes are padded and sealed where they stand. */
static size_t seal_section(const struct section_key *key,
                           const struct sb_event_class *c,
                           struct sb_bytes header,
                           struct sb_bytes plain,
                           struct sb_buf *out)
{
    static const uint8_t room[SB_PAD_BLOCK + TAG_SIZE] = {0x80};
    size_t start = out->n;
    size_t padded = (plain.n / SB_PAD_BLOCK + 1) * SB_PAD_BLOCK;
    sb_buf_put(out, plain.p, plain.n);
    sb_buf_put(out, room, sizeof room);
    if (out->failed)
        return 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(out->p + start,
                                               NULL,
                                               out->p + start,
                                               padded,
                                               header.p,
                                               header.n,
                                               NULL,
                                               c->nonce,
                                               key->k);
    out->n = start + padded + TAG_SIZE;
    return padded + TAG_SIZE;
}

/* Appends item and ciphertexts, whatever their size. */
static int write_event(const struct sb_event *event,
                       const struct sb_section *sections,
                       const struct section_key keys[SB_CLASSES],
                       struct sb_buf *const out[2], /* item, ciphertexts */
                       size_t ct_sizes[SB_CLASSES],
                       struct sb_err *err)
{
    struct sb_buf *item = out[0];
    struct sb_buf *cts = out[1];
    sb_pack_array(item, 3);
    sb_pack_cstr(item, "sacbe/item/1");
    size_t start = item->n;
    sb_event_write(event, item);
    if (item->failed)
        return sb_buf_check(item, err);
    size_t header_size = item->n - start;
    sb_pack_array(item, event->n_classes);
    for (size_t i = 0; i < event->n_classes; i++) {
        uint8_t hash[SB_HASH];
        struct sb_bytes header = sb_bytes(item->p + start, header_size);
        size_t n =
            seal_section(&keys[i], &event->classes[i], header, sections[i].plain, cts);
        if (n == 0)
            return sb_buf_check(cts, err);
        sb_hash(hash, "sacbe/ct/1", sb_bytes(cts->p + cts->n - n, n));
        sb_pack_bin(item, sb_bytes(hash, SB_HASH));
        ct_sizes[i] = n;
        if (item->failed)
            return sb_buf_check(item, err);
    }
    return 0;
}

int sb_event_seal(const struct sb_secrets *secrets,
                  struct sb_event *event,
                  const struct sb_section *sections,
                  struct sb_buf *item,
                  struct sb_buf *cts,
                  size_t ct_sizes[SB_CLASSES],
                  struct sb_err *err)
{
    struct section_key keys[SB_CLASSES];
    struct sb_buf *const out[2] = {item, cts};
    const size_t item_start = item->n;
    const size_t cts_start = cts->n;
    int rc = prepare(secrets, sections, event, keys, err);
    if (rc == 0)
        rc = write_event(event, sections, keys, out, ct_sizes, err);
    size_t size = item->n - item_start + cts->n - cts_start;
    if (rc == 0 && size > SB_EVENT_MAX)
        rc = sb_fail(err,
                     SB_E_TOO_LARGE,
                     "the sealed event has %zu bytes, %u are allowed",
                     size,
                     SB_EVENT_MAX);
    if (rc != 0) {
        item->n = item_start;
        cts->n = cts_start;
    }
    sodium_memzero(keys, sizeof keys);
    return rc;
}

/* Decrypts at the end of `plain` and cuts the padding off. */
static bool open_section(const struct section_key *key,
                         const struct sb_event_class *c,
                         struct sb_bytes header,
                         struct sb_bytes ct,
                         struct sb_buf *plain)
{
    size_t start = plain->n;
    size_t size = 0;
    unsigned long long padded = 0;
    if (ct.n < TAG_SIZE + SB_PAD_BLOCK || (ct.n - TAG_SIZE) % SB_PAD_BLOCK != 0)
        return false;
    sb_buf_put(plain, ct.p, ct.n);
    if (plain->failed)
        return false;
    bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(plain->p + start,
                                                           &padded,
                                                           NULL,
                                                           plain->p + start,
                                                           ct.n,
                                                           header.p,
                                                           header.n,
                                                           c->nonce,
                                                           key->k) == 0 &&
                unpad(plain->p + start, (size_t)padded, &size);
    plain->n = start + (good ? size : 0);
    return good;
}

static int fails(const struct sb_item *item,
                 const struct sb_event_class *c,
                 int code,
                 const char *why,
                 struct sb_err *err)
{
    return sb_fail(err,
                   code,
                   "%.*s@%llu: class %.*s %s",
                   SB_FMT(item->event.stream),
                   (unsigned long long)item->event.seq,
                   SB_FMT(c->name),
                   why);
}

/* The class at this index, or NULL and *rc. */
static const struct sb_event_class *
class_at(const struct sb_item *item, size_t class_index, int *rc, struct sb_err *err)
{
    if (class_index < item->event.n_classes)
        return &item->event.classes[class_index];
    *rc =
        sb_fail(err, SB_E_ARGUMENT, "the event has %zu classes", item->event.n_classes);
    return NULL;
}

int sb_event_open(const struct sb_secrets *secrets,
                  const struct sb_item *item,
                  size_t class_index,
                  struct sb_bytes ct,
                  struct sb_buf *plain,
                  struct sb_err *err)
{
    uint8_t ek[SB_EVENT_KEY];
    int rc = 0;
    const struct sb_event_class *c = class_at(item, class_index, &rc, err);
    if (c)
        rc = sb_event_key(secrets, c->name, item->event.seq, ek, err);
    if (rc != 0)
        return rc;
    rc = sb_event_open_key(ek, item, class_index, ct, plain, err);
    sodium_memzero(ek, sizeof ek);
    if (rc == SB_E_DISCLOSE)
        rc =
            fails(item, c, SB_E_OPEN_FAILED, "does not open with the epoch's key", err);
    return rc;
}

int sb_event_key(const struct sb_secrets *secrets,
                 struct sb_bytes class_name,
                 uint64_t seq,
                 uint8_t ek[SB_EVENT_KEY],
                 struct sb_err *err)
{
    const uint8_t *secret = sb_secrets_find(secrets, class_name);
    if (!secret)
        return sb_fail(
            err, SB_E_NO_SECRET, "we do not read class %.*s", SB_FMT(class_name));
    event_key(ek, secret, seq);
    return 0;
}

int sb_event_open_key(const uint8_t ek[SB_EVENT_KEY],
                      const struct sb_item *item,
                      size_t class_index,
                      struct sb_bytes ct,
                      struct sb_buf *plain,
                      struct sb_err *err)
{
    struct section_key key;
    uint8_t hash[SB_HASH];
    int rc = 0;
    const struct sb_event_class *c = class_at(item, class_index, &rc, err);
    if (!c)
        return rc;
    sb_hash(hash, "sacbe/ct/1", ct);
    if (memcmp(hash, item->ct_hash[class_index], SB_HASH) != 0)
        return fails(item, c, SB_E_OPEN_FAILED, "came with other bytes", err);
    derive(&key, ek, &item->event, c->name);
    if (sodium_memcmp(key.kc, c->kc, sizeof key.kc) != 0)
        rc = fails(item, c, SB_E_DISCLOSE, "is not what the disclosed key is for", err);
    else if (!open_section(&key, c, item->header, ct, plain))
        rc = plain->failed ? sb_buf_check(plain, err)
                           : fails(item, c, SB_E_OPEN_FAILED, "does not open", err);
    sodium_memzero(&key, sizeof key);
    return rc;
}
