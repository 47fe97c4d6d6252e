/* Who reads a stream, as the grants of a directory say. Comes with keys/trust.h.
 * FORMATS, "Directory", "Epoch". Pure: times are arguments. */
#ifndef KEYS_READERS_H
#define KEYS_READERS_H

#include "keys/vault.h"
#include "schemas/record/card.h"
#include "schemas/record/epoch.h"

struct sb_trust;
struct sb_dir;

struct sb_reader { /* who reads a stream, as the grants say at one moment */
    struct sb_bytes code;
    struct sb_card_key seal; /* newest valid seal key */
    uint8_t seal_key_id[SB_KEY_ID];
    struct sb_codes classes; /* union of its grants, text order */
};

struct sb_readers {
    struct sb_reader *items; /* sorted by code */
    size_t n;
    uint64_t until; /* ms: first moment after `now` at which this list changes */
};

/* Readers of `publisher`'s `type` at `now`, the publisher included with `own_classes`.
 * Readers that are not active, or have no valid seal key, are left out. Slices live as
 * long as the trust or the arena. */
SB_CHECK int sb_dir_readers(const struct sb_dir *d,
                            struct sb_bytes publisher,
                            struct sb_bytes type,
                            const struct sb_codes *own_classes,
                            uint64_t now_ms,
                            struct sb_arena *arena,
                            struct sb_readers *out,
                            struct sb_err *err);
/* As sb_dir_readers, for a publisher that seals: only grants signed by a sign key in
 * its vault count (the authority cannot grant itself access), seal keys only from the
 * card chain of reader_sign_key_id. */
SB_CHECK int sb_dir_readers_own(const struct sb_trust *t,
                                const struct sb_dir *d,
                                const struct sb_vault *v,
                                struct sb_bytes type,
                                const struct sb_codes *own_classes,
                                uint64_t now_ms,
                                struct sb_arena *arena,
                                struct sb_readers *out,
                                struct sb_err *err);
/* Whether an epoch's readers and classes are exactly `readers`: 0 or
 * SB_E_EPOCH_READERS, whose text names the first difference. */
SB_CHECK int sb_readers_match(const struct sb_readers *readers,
                              const struct sb_epoch_core *core,
                              struct sb_err *err);
/* Union of classes that grants give `reader` on publisher/type now; n 0: none. */
SB_CHECK int sb_dir_classes(const struct sb_dir *d,
                            struct sb_bytes publisher,
                            struct sb_bytes type,
                            struct sb_bytes reader,
                            uint64_t now_ms,
                            struct sb_arena *arena,
                            struct sb_codes *out,
                            struct sb_err *err);

#endif
