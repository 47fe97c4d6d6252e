/* Seal: epochs (one content key per stream and class) and the sections of events.
 * FORMATS, "Epoch", "Event". Secrets live in guarded memory. */
#ifndef KEYS_SEAL_H
#define KEYS_SEAL_H

#include "keys/trust.h"
#include "schemas/record/event.h"

struct sb_secrets; /* the class secrets of one epoch that we hold (sodium_malloc) */

void sb_secrets_free(struct sb_secrets *s); /* takes NULL; wipes */
/* Fresh random secrets for these classes (1 to SB_CLASSES, text order). */
SB_CHECK int sb_secrets_new(struct sb_secrets **out,
                            const struct sb_codes *classes,
                            struct sb_err *err);
size_t sb_secrets_count(const struct sb_secrets *s);
struct sb_bytes sb_secrets_class(const struct sb_secrets *s, size_t i);
bool sb_secrets_has(const struct sb_secrets *s, struct sb_bytes class_name);

/* Appends the signed epoch record. `core`'s readers are filled from `readers`; the
 * caller gives stream, claim_no, epoch_no, directory_hash, not_before, not_after. */
SB_CHECK int sb_epoch_make(const struct sb_exchange *x,
                           const struct sb_vault *v,
                           const struct sb_epoch_core *core,
                           const struct sb_readers *readers,
                           const struct sb_secrets *secrets,
                           struct sb_buf *out,
                           struct sb_err *err);
/* The same without a signature: for a caller that signs with a key which is not the
 * vault's newest. */
SB_CHECK int sb_epoch_body(const struct sb_epoch_core *core,
                           const struct sb_readers *readers,
                           const struct sb_secrets *secrets,
                           struct sb_buf *out,
                           struct sb_err *err);
/* The secrets of `reader` in this epoch. SB_E_NO_SECRET: the epoch leaves it out;
 * SB_E_NO_KEY: wrapped to a key that the vault does not hold; SB_E_OPEN_FAILED: a
 * garbage ct, a wrong hash, name or commitment (to be rejected). */
SB_CHECK int sb_epoch_open(const struct sb_vault *v,
                           const struct sb_epoch *epoch,
                           struct sb_bytes reader,
                           struct sb_secrets **out,
                           struct sb_err *err);

struct sb_section { /* the plaintext of one class */
    struct sb_bytes class_name;
    struct sb_bytes plain;
};

/* Seals one event. `event`: stream, epoch_no, seq, schema_version set, its classes are
 * written here. Appends the item to `item`, and the ciphertexts, one after another, to
 * `cts`, whose lengths go to ct_sizes[]. sections: one per class of the epoch, text
 * order. SB_E_TOO_LARGE past SB_EVENT_MAX. */
SB_CHECK int sb_event_seal(const struct sb_secrets *secrets,
                           struct sb_event *event,
                           const struct sb_section *sections,
                           struct sb_buf *item,
                           struct sb_buf *cts,
                           size_t ct_sizes[SB_CLASSES],
                           struct sb_err *err);
/* Opens section `class_index` of an item: checks the ciphertext's hash and kc first.
 * Appends the plaintext. SB_E_NO_SECRET when we do not hold that class. */
SB_CHECK int sb_event_open(const struct sb_secrets *secrets,
                           const struct sb_item *item,
                           size_t class_index,
                           struct sb_bytes ct,
                           struct sb_buf *plain,
                           struct sb_err *err);

/* Disclosure of one section of one event: EK = KDF(seq, class secret). Whoever has it
 * opens that section and nothing else. SB_E_NO_SECRET: the class is not held. The
 * caller wipes `ek`. */
#define SB_EVENT_KEY 32
SB_CHECK int sb_event_key(const struct sb_secrets *secrets,
                          struct sb_bytes class_name,
                          uint64_t seq,
                          uint8_t ek[SB_EVENT_KEY],
                          struct sb_err *err);
/* As sb_event_open, by the event's key. SB_E_DISCLOSE: not the key of this section. */
SB_CHECK int sb_event_open_key(const uint8_t ek[SB_EVENT_KEY],
                               const struct sb_item *item,
                               size_t class_index,
                               struct sb_bytes ct,
                               struct sb_buf *plain,
                               struct sb_err *err);

/* The joins of FORMATS that need no journal: items_root first, since nothing is read
 * that nobody signed; then every item's stream, seq, epoch_no and classes against batch
 * and epoch. `items`: batch->count slices. */
SB_CHECK int sb_batch_joins(const struct sb_batch *batch,
                            const struct sb_epoch *epoch,
                            const struct sb_bytes *items,
                            size_t n_items,
                            struct sb_err *err);
/* The same; `fn` sees each item that holds, in order. Its own code ends the call. */
typedef int (*sb_item_fn)(void *ctx,
                          size_t i,
                          const struct sb_item *item,
                          struct sb_err *err);
struct sb_join {
    const struct sb_batch *batch;
    const struct sb_epoch *epoch;
    const struct sb_bytes *items;
    size_t n_items;
};
SB_CHECK int sb_batch_items(const struct sb_join *join,
                            sb_item_fn fn,
                            void *ctx,
                            struct sb_err *err);

#endif
