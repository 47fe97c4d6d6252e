/* One msgpack token: the only place that knows the format's lead bytes.
 * Source: the msgpack specification, "Formats". Private to schemas/pack. */
#ifndef SCHEMAS_PACK_TOKEN_H
#define SCHEMAS_PACK_TOKEN_H

#include "schemas/base/bytes.h"

enum sb_token_kind {
    SB_TOKEN_NIL,
    SB_TOKEN_BOOL,
    SB_TOKEN_UINT,
    SB_TOKEN_INT, /* negative */
    SB_TOKEN_DOUBLE,
    SB_TOKEN_STR,
    SB_TOKEN_BIN,
    SB_TOKEN_ARRAY,
    SB_TOKEN_MAP,
};

struct sb_token {
    enum sb_token_kind kind;
    union {
        uint64_t u; /* UINT; BOOL: 0 or 1; ARRAY, MAP: the count */
        int64_t i;
        double d;
        struct sb_bytes s; /* STR, BIN */
    } as;
    size_t size; /* bytes of the token; of an array or map: its head only */
};

/* The token at the start of `in`. 0, or SB_E_TRUNCATED, SB_E_NOT_CANONICAL (a longer
 * form than needed, float32), SB_E_TYPE (ext, 0xc1). */
int sb_token_read(struct sb_bytes in, struct sb_token *out);

#endif
