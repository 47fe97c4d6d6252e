/* Epoch and re-grant: who reads a stream from here on, and the wrapped content keys.
 * FORMATS, "Epoch". The cryptography is keys/seal.h. */
#ifndef SCHEMAS_RECORD_EPOCH_H
#define SCHEMAS_RECORD_EPOCH_H

#include "schemas/record/record.h"

#define SB_SUITE 1u /* Ed25519, X25519 sealed boxes, BLAKE2b, XChaCha20-Poly1305 */
#define SB_SECRET 32
#define SB_WRAP_MAX (8u * SB_KIB)

struct sb_epoch_reader {
    struct sb_bytes reader;
    uint8_t seal_key_id[SB_KEY_ID];
    struct sb_codes classes;
};

struct sb_epoch_core {
    uint64_t suite;
    struct sb_bytes stream;
    uint64_t claim_no;
    uint64_t epoch_no; /* from 1 in a stream */
    uint8_t directory_hash[SB_HASH];
    uint64_t not_before;             /* ms */
    uint64_t not_after;              /* ms: the publisher seals nothing from here on */
    struct sb_epoch_reader *readers; /* sorted by reader */
    size_t n_readers;
};

struct sb_epoch_class {
    struct sb_bytes name;
    uint8_t ec[SB_HASH]; /* commitment to the class's secret */
};

struct sb_epoch {
    struct sb_bytes core_bytes;
    struct sb_epoch_core core;
    struct sb_epoch_class *classes; /* text order */
    size_t n_classes;
    struct sb_bytes *cts; /* parallel to core.readers */
    size_t n_cts;
};

void sb_epoch_core_write(const struct sb_epoch_core *core, struct sb_buf *out);
/* core_bytes as sb_epoch_core_write gave them. */
void sb_epoch_write(const struct sb_epoch *epoch, struct sb_buf *out);
SB_CHECK int sb_epoch_read(struct sb_bytes body,
                           struct sb_arena *arena,
                           struct sb_epoch *out,
                           struct sb_err *err);

struct sb_regrant_epoch {
    uint64_t epoch_no;
    uint8_t epoch_hash[SB_HASH];
    struct sb_codes classes;
};

struct sb_regrant {
    struct sb_bytes core_bytes;
    struct sb_bytes stream;
    uint8_t directory_hash[SB_HASH];
    struct sb_bytes reader;
    uint8_t seal_key_id[SB_KEY_ID];
    struct sb_regrant_epoch *epochs; /* rising */
    size_t n_epochs;
    struct sb_bytes ct;
};

void sb_regrant_core_write(const struct sb_regrant *regrant, struct sb_buf *out);
void sb_regrant_write(const struct sb_regrant *regrant, struct sb_buf *out);
SB_CHECK int sb_regrant_read(struct sb_bytes body,
                             struct sb_arena *arena,
                             struct sb_regrant *out,
                             struct sb_err *err);

#endif
