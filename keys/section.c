/* Purpose: the sections of events, sealed and opened, and the joins of a batch.
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

/* EK from the class's secret and seq; okm from EK, stream, class and seq. */
static void derive(struct section_key *out,
                   const uint8_t secret[SB_SECRET],
                   const struct sb_event *event,
                   struct sb_bytes class_name)
{
    uint8_t ek[32];
    uint8_t okm[64];
    uint8_t seq[8];
    const uint8_t size[2] = {(uint8_t)(event->stream.n >> 8), (uint8_t)event->stream.n};
    crypto_generichash_state s;
    sb_put_u64be(seq, event->seq);
    crypto_kdf_derive_from_key(ek, sizeof ek, event->seq, KDF_CONTEXT, secret);
    crypto_generichash_init(&s, ek, sizeof ek, sizeof okm);
    crypto_generichash_update(&s, size, sizeof size);
    crypto_generichash_update(&s, event->stream.p, event->stream.n);
    crypto_generichash_update(&s, class_name.p, class_name.n);
    crypto_generichash_update(&s, seq, sizeof seq);
    crypto_generichash_final(&s, okm, sizeof okm);
    memcpy(out->k, okm, sizeof out->k);
    memcpy(out->kc, okm + sizeof out->k, sizeof out->kc);
    sodium_memzero(ek, sizeof ek);
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
    uint8_t nonces[SB_CLASSES][SB_AEAD_NONCE];
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
    randombytes_buf(nonces, secrets->n * sizeof nonces[0]);
    event->n_classes = secrets->n;
    for (size_t i = 0; i < secrets->n; i++) {
        struct sb_event_class *c = &event->classes[i];
        derive(&keys[i], secrets->keys[i], event, sections[i].class_name);
        c->name = sections[i].class_name;
        memcpy(c->nonce, nonces[i], SB_AEAD_NONCE);
        memcpy(c->kc, keys[i].kc, sizeof c->kc);
    }
    return 0;
}

/* Appends C; its bytes are padded and sealed where they stand. */
static size_t seal_section(const struct section_key *key,
                           const struct sb_event_class *c,
                           struct sb_bytes header,
                           struct sb_bytes plain,
                           struct sb_buf *out)
{
    static const uint8_t room[SB_PAD_BLOCK + TAG_SIZE] = {0};
    size_t start = out->n;
    size_t padded = 0;
    sb_buf_put(out, plain.p, plain.n);
    sb_buf_put(out, room, sizeof room);
    if (out->failed ||
        sodium_pad(
            &padded, out->p + start, plain.n, SB_PAD_BLOCK, plain.n + SB_PAD_BLOCK) !=
            0)
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
    bool good =
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain->p + start,
                                                   &padded,
                                                   NULL,
                                                   plain->p + start,
                                                   ct.n,
                                                   header.p,
                                                   header.n,
                                                   c->nonce,
                                                   key->k) == 0 &&
        sodium_unpad(&size, plain->p + start, (size_t)padded, SB_PAD_BLOCK) == 0;
    plain->n = start + (good ? size : 0);
    return good;
}

int sb_event_open(const struct sb_secrets *secrets,
                  const struct sb_item *item,
                  size_t class_index,
                  struct sb_bytes ct,
                  struct sb_buf *plain,
                  struct sb_err *err)
{
    const struct sb_event *e = &item->event;
    struct section_key key;
    uint8_t hash[SB_HASH];
    if (class_index >= e->n_classes)
        return sb_fail(err, SB_E_ARGUMENT, "the event has %zu classes", e->n_classes);
    const struct sb_event_class *c = &e->classes[class_index];
    const uint8_t *secret = sb_secrets_find(secrets, c->name);
    if (!secret)
        return sb_fail(
            err, SB_E_NO_SECRET, "we do not read class %.*s", SB_FMT(c->name));
    sb_hash(hash, "sacbe/ct/1", ct);
    if (memcmp(hash, item->ct_hash[class_index], SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_OPEN_FAILED,
                       "%.*s@%llu: the ciphertext is not the signed one",
                       SB_FMT(e->stream),
                       (unsigned long long)e->seq);
    derive(&key, secret, e, c->name);
    bool good = sodium_memcmp(key.kc, c->kc, sizeof key.kc) == 0 &&
                open_section(&key, c, item->header, ct, plain);
    sodium_memzero(&key, sizeof key);
    if (plain->failed)
        return sb_buf_check(plain, err);
    if (!good)
        return sb_fail(err,
                       SB_E_OPEN_FAILED,
                       "%.*s@%llu: class %.*s does not open with the epoch's key",
                       SB_FMT(e->stream),
                       (unsigned long long)e->seq,
                       SB_FMT(c->name));
    return 0;
}

static bool same_classes(const struct sb_event *e, const struct sb_epoch *epoch)
{
    if (e->n_classes != epoch->n_classes)
        return false;
    for (size_t i = 0; i < e->n_classes; i++)
        if (!sb_bytes_eq(e->classes[i].name, epoch->classes[i].name))
            return false;
    return true;
}

static int join_item(const struct sb_batch *batch,
                     const struct sb_epoch *epoch,
                     struct sb_bytes bytes,
                     uint64_t seq,
                     struct sb_err *err)
{
    struct sb_item item;
    const char *wrong = NULL;
    int rc = sb_item_read(bytes, &item, err);
    if (rc != 0)
        return rc;
    if (!sb_bytes_eq(item.event.stream, batch->stream))
        wrong = "stream";
    else if (item.event.seq != seq)
        wrong = "seq";
    else if (item.event.epoch_no != epoch->core.epoch_no)
        wrong = "epoch";
    else if (!same_classes(&item.event, epoch))
        wrong = "classes";
    if (wrong)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%.*s@%llu: the item's %s is not the batch's",
                       SB_FMT(batch->stream),
                       (unsigned long long)seq,
                       wrong);
    return 0;
}

int sb_batch_joins(const struct sb_batch *batch,
                   const struct sb_epoch *epoch,
                   const struct sb_bytes *items,
                   size_t n_items,
                   struct sb_err *err)
{
    uint8_t root[SB_HASH];
    if (n_items == 0 || n_items != batch->count)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%zu items came with a batch of %llu",
                       n_items,
                       (unsigned long long)batch->count);
    if (!sb_bytes_eq(batch->stream, epoch->core.stream))
        return sb_fail(err, SB_E_JOIN, "the batch's epoch is another stream's");
    for (size_t i = 0; i < n_items; i++) {
        int rc = join_item(batch, epoch, items[i], batch->first_seq + i, err);
        if (rc != 0)
            return rc;
    }
    sb_items_root(root, items, n_items);
    if (memcmp(root, batch->items_root, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_ITEMS_ROOT,
                       "%.*s@%llu: the items are not the signed ones",
                       SB_FMT(batch->stream),
                       (unsigned long long)batch->first_seq);
    return 0;
}
