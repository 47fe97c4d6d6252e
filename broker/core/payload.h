/* The items and ciphertexts payloads of PUBLISH and ENTRY: msgpack array of bin;
 * msgpack array of [class, [bin ...]]. */
#ifndef BROKER_CORE_PAYLOAD_H
#define BROKER_CORE_PAYLOAD_H

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"

/* items payload <-> slices. */
void sb_items_write(struct sb_buf *out, const struct sb_bytes *items, size_t n);
SB_CHECK int sb_items_read(struct sb_bytes payload,
                           struct sb_arena *arena,
                           struct sb_bytes **items,
                           size_t *n,
                           struct sb_err *err);

struct sb_class_cts { /* the ciphertexts of one class in a batch */
    struct sb_bytes name;
    struct sb_bytes raw;  /* this [class, [bin ...]] element as bytes */
    struct sb_bytes *cts; /* one per event */
    size_t n;
};
struct sb_cts {
    struct sb_class_cts classes[SB_CLASSES]; /* text order */
    size_t n;
};
void sb_cts_write(struct sb_buf *out, const struct sb_cts *cts); /* from name and cts */
void sb_cts_join(struct sb_buf *out,
                 const struct sb_bytes *raw,
                 size_t n); /* from raw */
/* The same in the arena; empty without memory. */
struct sb_bytes
sb_cts_joined(struct sb_arena *arena, const struct sb_bytes *raw, size_t n);
SB_CHECK int sb_cts_read(struct sb_bytes payload,
                         struct sb_arena *arena,
                         struct sb_cts *out,
                         struct sb_err *err);

#endif
