/* The envelope of every record: [bin body, [[key_id, sig] ...]].
 *
 * Signatures and hashes are over the received bytes of `body`; two records are compared
 * by body. Signatures are a set sorted by key id. Nothing is verified here: keys/sign.h
 * does that. Slices borrow from the input.
 *
 * Every sb_<record>_read takes the body's bytes, pre-scans them, and refuses whatever
 * is not canonical; lists live in `arena`. Every sb_<record>_write appends the body's
 * canonical bytes and sorts nothing: lists come in order (sb_record_check_set tells).
 */
#ifndef SCHEMAS_RECORD_RECORD_H
#define SCHEMAS_RECORD_RECORD_H

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"
#include "schemas/pack/pack.h"

#define SB_KEY_ID 16
#define SB_SIG 64
#define SB_PK 32

struct sb_signature {
    uint8_t key_id[SB_KEY_ID];
    uint8_t sig[SB_SIG];
};

struct sb_record {
    struct sb_bytes raw;
    struct sb_bytes body;
    size_t n;
    struct sb_signature sigs[SB_SIGS_MAX];
};

SB_CHECK int
sb_record_read(struct sb_bytes raw, struct sb_record *out, struct sb_err *err);
/* Appends the envelope; `sigs` are sorted by key id and unique, n <= SB_SIGS_MAX. */
void sb_record_write(struct sb_buf *out,
                     struct sb_bytes body,
                     const struct sb_signature *sigs,
                     size_t n);
/* The tag of a body ("sacbe/batch/1"), borrowed; empty when there is none. */
struct sb_bytes sb_record_tag(struct sb_bytes body);

/* What the journal keeps, and the text that stands in an entry's leaf data. */
enum sb_kind {
    SB_KIND_DIRECTORY = 1,
    SB_KIND_CATALOGUE,
    SB_KIND_CLAIM,
    SB_KIND_EPOCH,
    SB_KIND_REGRANT,
    SB_KIND_BATCH,
    SB_KIND_RECEIPT,
    SB_KIND_REJECT,
    SB_KIND_HEADS,
    SB_KIND_PRUNE,
    SB_KIND_ACT,
    SB_KIND_NOTICE,
};
const char *
sb_kind_text(enum sb_kind kind); /* "directory" ...; NULL for another number */
/* 0 when there is no such kind. */
enum sb_kind sb_kind_from_text(struct sb_bytes text);
/* The kind whose record has this tag; 0 when there is none. */
enum sb_kind sb_kind_from_tag(struct sb_bytes tag);

/* Shared by the readers below: zeroed memory for *n elements. Without it, or when the
 * reader has failed, NULL and *n is 0. */
void *
sb_list_alloc(struct sb_unpack *u, struct sb_arena *arena, size_t *n, size_t size);

/* The next str, which must be a stream: else the reader fails with CODE_FORM. */
struct sb_bytes sb_stream_read(struct sb_unpack *u);

/* A sorted set keeps its last key here while it is read.
 */
struct sb_order {
    struct sb_bytes last;
    bool any;
};
/* Fails the reader with UNSORTED or DUPLICATE unless `key` is above the last. */
void sb_order_next(struct sb_order *o, struct sb_unpack *u, struct sb_bytes key);

/* A list of codes in text order, unique (classes). */
struct sb_codes {
    struct sb_bytes *items;
    size_t n;
};
void sb_codes_read(struct sb_unpack *u,
                   size_t max,
                   struct sb_arena *arena,
                   struct sb_codes *out);
void sb_codes_write(struct sb_buf *out, const struct sb_codes *codes);
bool sb_codes_has(const struct sb_codes *codes, struct sb_bytes code);
bool sb_codes_eq(const struct sb_codes *a, const struct sb_codes *b);

#endif
