/* What a dishonest publisher sends: claims, epochs and batches made by hand.
 *
 * A stream as its publisher knows it; functions make the next record in a buffer and
 * move the stream on. Everything fails by ending the program with a message. */
#ifndef TEST_FLOW_REFUSALS_RECORDS_H
#define TEST_FLOW_REFUSALS_RECORDS_H

#include "broker/core/message.h"
#include "keys/seal.h"

struct stream {
    const struct sb_trust *trust;
    const struct sb_vault *vault;
    const char *institution;
    const char *type;
    const char *classes[SB_CLASSES]; /* of the type, text order */
    size_t n_classes;
    char name[SB_NAME_MAX];
    uint64_t claim_no;
    uint64_t tree_size; /* 0, or its claims name a tree of this size that never was */
    uint64_t epoch_no;
    uint64_t last_seq;
    uint8_t last_hash[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets; /* of the newest epoch; NULL: none made here */
};

enum readers { READERS_AS_GRANTED, READERS_ONE_MORE, READERS_ONE_FEWER };

struct batch { /* owns */
    struct sb_buf record;
    struct sb_buf items;
    struct sb_buf cts;
    uint8_t hash[SB_HASH];
};

void must(int rc, const struct sb_err *err);
void make_claim(struct stream *s, uint64_t claim_no, struct sb_buf *out);
void make_epoch(struct stream *s, enum readers readers, struct sb_buf *out);
/* One event with seq `seq` and this payload in each class. */
void make_batch(struct stream *s,
                uint64_t seq,
                struct sb_bytes payload,
                struct batch *out);
/* The batch counts as the stream's last. */
void move_on(struct stream *s, const struct batch *b);
void batch_free(struct batch *b);

#endif
