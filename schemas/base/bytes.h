/* Bytes: borrowed slices, a growing buffer, an arena.
 *
 * A slice borrows; whoever keeps one says until when. A buffer remembers its first
 * failure (out of memory, over its limit): write all, then ask once. An arena gives
 * memory that lives until the arena is freed or reset; nothing in it is freed alone. */
#ifndef SCHEMAS_BASE_BYTES_H
#define SCHEMAS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "schemas/base/err.h"

#define SB_HASH 32 /* bytes of every hash we use: BLAKE2b-256 and SHA-256 */

struct sb_bytes { /* borrowed; p may be NULL only if n is 0 */
    const uint8_t *p;
    size_t n;
};

static inline struct sb_bytes sb_bytes(const void *p, size_t n)
{
    return (struct sb_bytes){(const uint8_t *)p, n};
}

static inline struct sb_bytes sb_bytes_str(const char *s)
{
    return sb_bytes(s, strlen(s));
}

/* Equal length and content. Not constant in time: never for secrets. */
bool sb_bytes_eq(struct sb_bytes a, struct sb_bytes b);
bool sb_bytes_is(struct sb_bytes a, const char *text);
/* memcmp order, the shorter first among equal prefixes: <0, 0, >0. */
int sb_bytes_cmp(struct sb_bytes a, struct sb_bytes b);

/* "%.*s" arguments for a slice that holds text. */
#define SB_FMT(b) (int)(b).n, (const char *)(b).p

struct sb_buf { /* owned; all zero is an empty buffer without a limit */
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t limit; /* 0: none; else n never passes it */
    int failed;   /* 0, SB_E_MEMORY or SB_E_LIMIT; later writes do nothing */
};

void sb_buf_put(struct sb_buf *b, const void *p, size_t n);
void sb_buf_byte(struct sb_buf *b, uint8_t byte);
void sb_buf_str(struct sb_buf *b, const char *s);
void sb_buf_printf(struct sb_buf *b, const char *fmt, ...) SB_PRINTF(2, 3);
/* Forgets the content, keeps the memory and clears `failed`. */
void sb_buf_reset(struct sb_buf *b);
void sb_buf_free(struct sb_buf *b);
SB_CHECK int sb_buf_check(const struct sb_buf *b, struct sb_err *err);
static inline struct sb_bytes sb_buf_bytes(const struct sb_buf *b)
{
    return sb_bytes(b->p, b->n);
}

struct sb_arena;
/* `limit`: most bytes it may ever hold (0: none). NULL when memory is exhausted. */
struct sb_arena *sb_arena_new(size_t limit);
void sb_arena_free(struct sb_arena *a); /* takes NULL */
/* Forgets all that was given; keeps the first block. */
void sb_arena_reset(struct sb_arena *a);
/* Zeroed, aligned for any type; NULL when memory or the limit is exhausted. n * size is
 * checked for overflow. */
void *sb_arena_alloc(struct sb_arena *a, size_t n, size_t size);
/* n bytes that are not zeroed, to be written in whole; NULL as above. */
uint8_t *sb_arena_room(struct sb_arena *a, size_t n);
/* A copy of the slice, with a NUL byte after it; p == NULL on failure. */
struct sb_bytes sb_arena_dup(struct sb_arena *a, struct sb_bytes b);
/* Whether the slice lies in memory that the arena has given. */
bool sb_arena_has(const struct sb_arena *a, struct sb_bytes b);
char *sb_arena_str(struct sb_arena *a, const char *fmt, ...) SB_PRINTF(2, 3);

/* Whole file into a fresh buffer (caller frees); larger than `max` is SB_E_LIMIT. */
SB_CHECK int
sb_file_read(const char *path, size_t max, struct sb_buf *out, struct sb_err *err);
/* Written beside `path` with `mode`, fsynced, renamed over it, folder fsynced: after a
 * crash there is the old file or the new one. */
SB_CHECK int sb_file_write(const char *path,
                           struct sb_bytes content,
                           unsigned mode,
                           struct sb_err *err);

/* The same, refusing in one step where `path` is there already: SB_E_EXISTS. What fails
 * leaves nothing there. */
SB_CHECK int sb_file_create(const char *path,
                            struct sb_bytes content,
                            unsigned mode,
                            struct sb_err *err);
/* A new name outlasts a loss of power once its folder is on disk: makes it so. */
SB_CHECK int sb_file_keep_name(const char *path, struct sb_err *err);

/* Lower-case hex; `out` holds 2n + 1 bytes. */
void sb_hex(char *out, const uint8_t *p, size_t n);
/* Exactly n bytes from 2n hex digits (either case); false otherwise. */
bool sb_unhex(uint8_t *out, size_t n, struct sb_bytes hex);

static inline void sb_put_u64be(uint8_t out[8], uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        out[i] = (uint8_t)v;
}

#endif
