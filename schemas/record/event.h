/* Event and batch: the header of an event, the item that stands for it, and the batch
 * that signs many items at once. FORMATS, "Event", "Batch". */
#ifndef SCHEMAS_RECORD_EVENT_H
#define SCHEMAS_RECORD_EVENT_H

#include "schemas/record/record.h"

#define SB_AEAD_NONCE 24
#define SB_MAPPING_ID 8

struct sb_event_class {
    struct sb_bytes name;
    uint8_t nonce[SB_AEAD_NONCE];
    uint8_t kc[32]; /* commitment to the section's key */
};

struct sb_event { /* the header H; small enough to need no arena */
    struct sb_bytes stream;
    uint64_t epoch_no;
    uint64_t seq; /* from 1 */
    uint64_t schema_version;
    size_t n_classes;
    struct sb_event_class classes[SB_CLASSES]; /* text order */
};

struct sb_item {
    struct sb_bytes header; /* the bytes of H: the additional data of its sections */
    struct sb_event event;
    uint8_t ct_hash[SB_CLASSES][SB_HASH]; /* parallel to event.classes */
};

void sb_event_write(const struct sb_event *event, struct sb_buf *out);
/* `header` as sb_event_write gave it; `hashes` one per class. */
void sb_item_write(struct sb_bytes header,
                   const uint8_t (*hashes)[SB_HASH],
                   size_t n_classes,
                   struct sb_buf *out);
SB_CHECK int
sb_item_read(struct sb_bytes bytes, struct sb_item *out, struct sb_err *err);

/* Whether every event of an element [class, [bin ...]] of a batch's ciphertexts has
 * one: none was withdrawn. */
bool sb_cts_whole(struct sb_bytes raw);

struct sb_batch {
    struct sb_bytes stream;
    uint64_t claim_no;
    uint64_t first_seq;
    uint64_t count;
    uint8_t prev[SB_HASH]; /* hash of the stream's previous batch body, or zeros */
    uint8_t items_root[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    uint8_t mapping[SB_MAPPING_ID];
    uint64_t sent; /* ms */
};

void sb_batch_write(const struct sb_batch *batch, struct sb_buf *out);
SB_CHECK int
sb_batch_read(struct sb_bytes body, struct sb_batch *out, struct sb_err *err);

#define SB_INSTANCE 16

struct sb_claim {
    struct sb_bytes stream;
    uint64_t claim_no; /* from 1 */
    uint8_t instance[SB_INSTANCE];
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint64_t tree_size;
    uint8_t root[SB_HASH];
};

void sb_claim_write(const struct sb_claim *claim, struct sb_buf *out);
SB_CHECK int
sb_claim_read(struct sb_bytes body, struct sb_claim *out, struct sb_err *err);

#endif
