/* Purpose: memory that is given piece by piece and taken back at once.
 * Invariant: the sum of all blocks' sizes never passes the limit. */
#include "schemas/base/bytes.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK 4096u

struct block {
    struct block *next; /* the one that was filled before */
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

struct sb_arena {
    struct block *head;
    size_t total;
    size_t limit;
};

struct sb_arena *sb_arena_new(size_t limit)
{
    struct sb_arena *a = calloc(1, sizeof *a);
    if (a)
        a->limit = limit;
    return a;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void sb_arena_free(struct sb_arena *a)
{
    if (!a)
        return;
    free_blocks(a->head);
    free(a);
}

void sb_arena_reset(struct sb_arena *a)
{
    if (!a->head)
        return;
    struct block *keep = a->head;
    free_blocks(keep->next);
    keep->next = NULL;
    keep->used = 0;
    a->total = keep->size;
}

static struct block *grow(struct sb_arena *a, size_t need)
{
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;
    if (size > 1u << 20)
        size = 1u << 20;
    if (size < need)
        size = need;
    if (a->limit && (need > a->limit - a->total))
        return NULL;
    if (a->limit && size > a->limit - a->total)
        size = a->limit - a->total;
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    *b = (struct block){.next = a->head, .size = size};
    a->head = b;
    a->total += size;
    return b;
}

uint8_t *sb_arena_room(struct sb_arena *a, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    size_t align = alignof(max_align_t);
    size_t need = (n + align - 1) / align * align;
    if (need == 0)
        need = align;
    struct block *b = a->head;
    if (!b || b->size - b->used < need)
        b = grow(a, need);
    if (!b)
        return NULL;
    uint8_t *p = b->data + b->used;
    b->used += need;
    return p;
}

void *sb_arena_alloc(struct sb_arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / 4 / size)
        return NULL;
    void *p = sb_arena_room(a, n * size);
    if (p && n * size > 0)
        memset(p, 0, n * size);
    return p;
}

bool sb_arena_has(const struct sb_arena *a, struct sb_bytes b)
{
    uintptr_t at = (uintptr_t)b.p;
    for (const struct block *k = a->head; k; k = k->next) {
        uintptr_t from = (uintptr_t)k->data;
        if (at >= from && at - from <= k->used && b.n <= k->used - (at - from))
            return true;
    }
    return false;
}

struct sb_bytes sb_arena_dup(struct sb_arena *a, struct sb_bytes b)
{
    uint8_t *p = b.n < SIZE_MAX ? sb_arena_room(a, b.n + 1) : NULL;
    if (!p)
        return sb_bytes(NULL, 0);
    if (b.n)
        memcpy(p, b.p, b.n);
    p[b.n] = 0;
    return sb_bytes(p, b.n);
}

char *sb_arena_str(struct sb_arena *a, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *s = n < 0 ? NULL : sb_arena_alloc(a, (size_t)n + 1, 1);
    if (s)
        vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return s;
}
