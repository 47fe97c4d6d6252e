/* A value tree in JSON's data model: what a payload is in memory.
 *
 * Everything lives in an arena or borrows from the input; copy with care. Map pairs are
 * sorted by key bytes and unique, which sb_value_pack demands and sb_value_unpack
 * gives. Numbers: int64, else a finite double that is not integral in int64's range;
 * writing a double such as 1.0 writes the integer 1. */
#ifndef SCHEMAS_PACK_VALUE_H
#define SCHEMAS_PACK_VALUE_H

#include "schemas/base/bytes.h"

enum sb_value_type {
    SB_NIL = 0,
    SB_BOOL,
    SB_INT,
    SB_DOUBLE,
    SB_STR,
    SB_ARRAY,
    SB_MAP,
};

struct sb_value;
struct sb_pair;

struct sb_value { /* plain data */
    enum sb_value_type type;
    union {
        bool b;
        int64_t i;
        double d;
        struct sb_bytes s; /* UTF-8 */
        struct {
            struct sb_value *items;
            size_t n;
        } a;
        struct {
            struct sb_pair *pairs; /* sorted by key, unique */
            size_t n;
        } m;
    } as;
};

struct sb_pair {
    struct sb_bytes key;
    struct sb_value value;
};

/* Pre-scans, then builds the tree. Strings borrow from `in`. */
SB_CHECK int sb_value_unpack(struct sb_bytes in,
                             struct sb_arena *arena,
                             struct sb_value *out,
                             struct sb_err *err);
/* Appends the canonical bytes. Refuses unsorted or repeated keys, text that is not
 * UTF-8, doubles that are not finite, depth over SB_DEPTH_MAX. */
SB_CHECK int
sb_value_pack(const struct sb_value *v, struct sb_buf *out, struct sb_err *err);

/* The member of a map, or NULL (also when v is no map). Borrows. */
struct sb_value *sb_value_get(const struct sb_value *v, const char *key);
/* Adds or replaces a member, keeping order; the key is copied. false: out of memory. */
bool sb_value_set(struct sb_value *map,
                  struct sb_bytes key,
                  struct sb_value value,
                  struct sb_arena *arena);
/* Removes a member; nothing happens when there is none. */
void sb_value_remove(struct sb_value *map, const char *key);
/* Adds an item to an array. false: out of memory. */
bool sb_value_push(struct sb_value *array,
                   struct sb_value item,
                   struct sb_arena *arena);
/* Same value by JSON's model: 1 equals 1.0. */
bool sb_value_eq(const struct sb_value *a, const struct sb_value *b);
/* "null", "boolean", "integer", "number", "string", "array", "object". */
const char *sb_value_kind(const struct sb_value *v);

static inline struct sb_value sb_value_text(struct sb_bytes s)
{
    return (struct sb_value){.type = SB_STR, .as.s = s};
}

static inline struct sb_value sb_value_int(int64_t i)
{
    return (struct sb_value){.type = SB_INT, .as.i = i};
}

#endif
