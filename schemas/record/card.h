/* Card: an institution's public keys, one per use, in a chain that only it can
 * lengthen. FORMATS, "Keys". */
#ifndef SCHEMAS_RECORD_CARD_H
#define SCHEMAS_RECORD_CARD_H

#include "schemas/record/record.h"

struct sb_card_key {
    struct sb_bytes use; /* "curve" "seal" "sign" "witness" */
    uint8_t pk[SB_PK];
    uint64_t not_before; /* ms, inclusive */
    uint64_t not_after;  /* ms, exclusive */
};

struct sb_card {
    struct sb_bytes code;
    struct sb_bytes name;
    uint64_t card_no; /* from 1 */
    uint8_t prev_hash[SB_HASH];
    struct sb_card_key *keys; /* sorted by use, unique */
    size_t n_keys;
};

SB_CHECK int sb_card_read(struct sb_bytes body,
                          struct sb_arena *arena,
                          struct sb_card *out,
                          struct sb_err *err);
void sb_card_write(const struct sb_card *card, struct sb_buf *out);

#endif
