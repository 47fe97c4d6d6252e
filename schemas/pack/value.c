/* Purpose: build, change and compare value trees.
 * Invariant: a map's pairs are sorted and unique after every call here. */
#include "schemas/pack/value.h"

#include <math.h>

/* Where `key` stands, or where it would be inserted. */
static size_t locate(const struct sb_value *map, struct sb_bytes key, bool *found)
{
    size_t low = 0;
    size_t high = map->as.m.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = sb_bytes_cmp(map->as.m.pairs[mid].key, key);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

struct sb_value *sb_value_get(const struct sb_value *v, const char *key)
{
    if (v->type != SB_MAP)
        return NULL;
    bool found = false;
    size_t i = locate(v, sb_bytes_str(key), &found);
    return found ? &v->as.m.pairs[i].value : NULL;
}

bool sb_value_set(struct sb_value *map,
                  struct sb_bytes key,
                  struct sb_value value,
                  struct sb_arena *arena)
{
    bool found = false;
    size_t i = locate(map, key, &found);
    if (found) {
        map->as.m.pairs[i].value = value;
        return true;
    }
    size_t n = map->as.m.n;
    struct sb_pair *pairs = sb_arena_alloc(arena, n + 1, sizeof *pairs);
    struct sb_bytes own = sb_arena_dup(arena, key);
    if (!pairs || !own.p)
        return false;
    if (i)
        memcpy(pairs, map->as.m.pairs, i * sizeof *pairs);
    pairs[i] = (struct sb_pair){own, value};
    if (n > i)
        memcpy(pairs + i + 1, map->as.m.pairs + i, (n - i) * sizeof *pairs);
    map->as.m.pairs = pairs;
    map->as.m.n = n + 1;
    return true;
}

void sb_value_remove(struct sb_value *map, const char *key)
{
    if (map->type != SB_MAP)
        return;
    bool found = false;
    size_t i = locate(map, sb_bytes_str(key), &found);
    if (!found)
        return;
    struct sb_pair *at = map->as.m.pairs + i;
    memmove(at, at + 1, (map->as.m.n - i - 1) * sizeof *at);
    map->as.m.n--;
}

bool sb_value_push(struct sb_value *array, struct sb_value item, struct sb_arena *arena)
{
    size_t n = array->as.a.n;
    bool full = (n & (n - 1)) == 0; /* room doubles at the powers of two */
    if (full) {
        struct sb_value *items = sb_arena_alloc(arena, n ? 2 * n : 1, sizeof *items);
        if (!items)
            return false;
        if (n)
            memcpy(items, array->as.a.items, n * sizeof *items);
        array->as.a.items = items;
    }
    array->as.a.items[n] = item;
    array->as.a.n = n + 1;
    return true;
}

static bool number_eq(const struct sb_value *a, const struct sb_value *b)
{
    if (a->type == b->type)
        return a->type == SB_INT ? a->as.i == b->as.i : a->as.d == b->as.d;
    double d = a->type == SB_DOUBLE ? a->as.d : b->as.d;
    int64_t i = a->type == SB_INT ? a->as.i : b->as.i;
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == trunc(d) &&
           (int64_t)d == i;
}

static bool map_eq(const struct sb_value *a, const struct sb_value *b)
{
    if (a->as.m.n != b->as.m.n)
        return false;
    for (size_t i = 0; i < a->as.m.n; i++) {
        const struct sb_pair *x = &a->as.m.pairs[i];
        const struct sb_pair *y = &b->as.m.pairs[i];
        if (!sb_bytes_eq(x->key, y->key) || !sb_value_eq(&x->value, &y->value))
            return false;
    }
    return true;
}

static bool array_eq(const struct sb_value *a, const struct sb_value *b)
{
    if (a->as.a.n != b->as.a.n)
        return false;
    for (size_t i = 0; i < a->as.a.n; i++)
        if (!sb_value_eq(&a->as.a.items[i], &b->as.a.items[i]))
            return false;
    return true;
}

bool sb_value_eq(const struct sb_value *a, const struct sb_value *b)
{
    bool numbers = (a->type == SB_INT || a->type == SB_DOUBLE) &&
                   (b->type == SB_INT || b->type == SB_DOUBLE);
    if (numbers)
        return number_eq(a, b);
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case SB_NIL:
        return true;
    case SB_BOOL:
        return a->as.b == b->as.b;
    case SB_STR:
        return sb_bytes_eq(a->as.s, b->as.s);
    case SB_ARRAY:
        return array_eq(a, b);
    case SB_MAP:
        return map_eq(a, b);
    case SB_INT:
    case SB_DOUBLE:
        break;
    }
    return false;
}

const char *sb_value_kind(const struct sb_value *v)
{
    static const char *const kinds[] = {
        "null", "boolean", "integer", "number", "string", "array", "object"};
    return kinds[v->type];
}
