/* Grant: the publisher's own consent that a reader sees classes of a type, and its
 * legal basis. FORMATS, "Directory". */
#ifndef SCHEMAS_RECORD_GRANT_H
#define SCHEMAS_RECORD_GRANT_H

#include "schemas/record/record.h"

struct sb_grant {
    struct sb_bytes id; /* a code */
    struct sb_bytes publisher;
    struct sb_bytes type;
    struct sb_bytes reader;
    uint8_t reader_sign_key_id[SB_KEY_ID];
    struct sb_codes classes; /* text order, at least one */
    struct sb_bytes basis;   /* the legal text */
    uint64_t not_before;     /* ms, inclusive */
    uint64_t not_after;      /* ms, exclusive */
};

SB_CHECK int sb_grant_read(struct sb_bytes body,
                           struct sb_arena *arena,
                           struct sb_grant *out,
                           struct sb_err *err);
void sb_grant_write(const struct sb_grant *grant, struct sb_buf *out);

#endif
