/* Canonical msgpack: pre-scan, bounded reader, writer.
 *
 * Records are positional arrays of unsigned integers, str, bin and arrays, in their
 * shortest forms (FORMATS, "Encoding"). Every input goes through sb_pack_scan first;
 * the reader is bounded all the same. The reader keeps its first failure: read all,
 * then ask sb_unpack_end once. Slices that it returns borrow from the input. Source:
 * the msgpack specification; canonical rules are ours. */
#ifndef SCHEMAS_PACK_PACK_H
#define SCHEMAS_PACK_PACK_H

#include "schemas/base/bytes.h"

enum sb_pack_model {
    SB_PACK_RECORD, /* arrays, uint, str, bin */
    SB_PACK_VALUE, /* JSON's model: also maps (sorted, unique), nil, bool, int, float */
};

/* One whole object fills `in`: canonical, depth <= SB_DEPTH_MAX, str is UTF-8, every
 * count fits the bytes that are there. Reads only. */
SB_CHECK int
sb_pack_scan(struct sb_bytes in, enum sb_pack_model model, struct sb_err *err);

/* Writer: appends to a buffer, whose `failed` tells of memory or limit. */
void sb_pack_array(struct sb_buf *b, size_t n);
void sb_pack_map(struct sb_buf *b, size_t n);
void sb_pack_uint(struct sb_buf *b, uint64_t v);
void sb_pack_int(struct sb_buf *b, int64_t v);
void sb_pack_double(struct sb_buf *b, double v);
void sb_pack_bool(struct sb_buf *b, bool v);
void sb_pack_nil(struct sb_buf *b);
void sb_pack_str(struct sb_buf *b, struct sb_bytes s);
void sb_pack_cstr(struct sb_buf *b, const char *s);
void sb_pack_bin(struct sb_buf *b, struct sb_bytes s);

struct sb_unpack { /* plain data: a cursor with a sticky failure */
    struct sb_bytes in;
    size_t at;
    int failed; /* 0 or the first error's code */
};

static inline struct sb_unpack sb_unpack(struct sb_bytes in)
{
    return (struct sb_unpack){.in = in};
}

/* Each returns an empty or zero value once the reader has failed. */
size_t sb_unpack_array(struct sb_unpack *u, size_t min, size_t max);
uint64_t sb_unpack_uint(struct sb_unpack *u, uint64_t max);
struct sb_bytes sb_unpack_str(struct sb_unpack *u, size_t max);
struct sb_bytes sb_unpack_bin(struct sb_unpack *u, size_t max);
/* bin of exactly n bytes copied to out. */
void sb_unpack_fixed(struct sb_unpack *u, uint8_t *out, size_t n);
/* [a-z0-9_.-]{1,64} as str. */
struct sb_bytes sb_unpack_code(struct sb_unpack *u);
/* array of exactly `arity` elements, the first of which is the str `tag`. */
void sb_unpack_tag(struct sb_unpack *u, const char *tag, size_t arity);
/* The raw bytes of the next whole object, skipped. */
struct sb_bytes sb_unpack_raw(struct sb_unpack *u);
void sb_unpack_fail(struct sb_unpack *u, int code);
/* 0 when nothing failed and every byte was read; `what` names the record. */
SB_CHECK int sb_unpack_end(struct sb_unpack *u, const char *what, struct sb_err *err);

#endif
