/* Purpose: the rules of arrays.
 * Invariant: uniqueItems costs n log n comparisons. */
#include "schemas/catalog/evaluate.h"

#include <stdlib.h>

#include "schemas/catalog/fields.h"

static bool item(struct run *r,
                 const struct sb_schema *s,
                 const struct sb_value *v,
                 const struct place *at,
                 size_t i)
{
    struct place here = {
        .up = at, .index = i, .field = at->field ? at->field->items : NULL};
    return sb_schema_apply(r, s, &v->as.a.items[i], &here);
}

static int rank(const struct sb_value *v)
{
    return v->type == SB_DOUBLE ? SB_INT : (int)v->type;
}

static int compare(const struct sb_value *a, const struct sb_value *b);

static int compare_arrays(const struct sb_value *a, const struct sb_value *b)
{
    if (a->as.a.n != b->as.a.n)
        return a->as.a.n < b->as.a.n ? -1 : 1;
    for (size_t i = 0; i < a->as.a.n; i++) {
        int c = compare(&a->as.a.items[i], &b->as.a.items[i]);
        if (c != 0)
            return c;
    }
    return 0;
}

static int compare_maps(const struct sb_value *a, const struct sb_value *b)
{
    if (a->as.m.n != b->as.m.n)
        return a->as.m.n < b->as.m.n ? -1 : 1;
    for (size_t i = 0; i < a->as.m.n; i++) {
        const struct sb_pair *x = &a->as.m.pairs[i];
        const struct sb_pair *y = &b->as.m.pairs[i];
        int c = sb_bytes_cmp(x->key, y->key);
        if (c == 0)
            c = compare(&x->value, &y->value);
        if (c != 0)
            return c;
    }
    return 0;
}

/* A total order whose equality is sb_value_eq's. */
static int compare(const struct sb_value *a, const struct sb_value *b)
{
    if (rank(a) != rank(b))
        return rank(a) < rank(b) ? -1 : 1;
    switch (a->type) {
    case SB_BOOL:
        return (int)a->as.b - (int)b->as.b;
    case SB_INT:
    case SB_DOUBLE:
        return sb_number_cmp(a, b);
    case SB_STR:
        return sb_bytes_cmp(a->as.s, b->as.s);
    case SB_ARRAY:
        return compare_arrays(a, b);
    case SB_MAP:
        return compare_maps(a, b);
    case SB_NIL:
        break;
    }
    return 0;
}

static int compare_items(const void *a, const void *b)
{
    return compare(*(const struct sb_value *const *)a,
                   *(const struct sb_value *const *)b);
}

static bool unique(struct run *r, const struct sb_value *v)
{
    size_t n = v->as.a.n;
    if (n < 2)
        return true;
    const struct sb_value **all = malloc(n * sizeof(const struct sb_value *));
    if (!all) {
        r->fault = SB_E_MEMORY;
        return false;
    }
    for (size_t i = 0; i < n; i++)
        all[i] = &v->as.a.items[i];
    qsort(all, n, sizeof(const struct sb_value *), compare_items);
    bool fine = true;
    for (size_t i = 1; fine && i < n; i++)
        fine = compare(all[i - 1], all[i]) != 0;
    free(all);
    return fine;
}

static bool contains(struct run *r,
                     const struct rule *u,
                     const struct sb_value *v,
                     const struct place *at)
{
    uint64_t n = 0;
    r->quiet++;
    for (size_t i = 0; i < v->as.a.n && n <= u->as.contains.max && !r->fault; i++)
        n += item(r, u->as.contains.schema, v, at, i);
    r->quiet--;
    return n >= u->as.contains.min && n <= u->as.contains.max;
}

static bool all_items(struct run *r,
                      const struct rule *u,
                      const struct sb_value *v,
                      const struct place *at)
{
    bool prefix = u->kind == RULE_PREFIX_ITEMS;
    size_t n = v->as.a.n;
    size_t i = prefix ? 0 : (size_t)u->as.items.from;
    if (prefix && u->as.list.n < n)
        n = u->as.list.n;
    for (; i < n; i++) {
        const struct sb_schema *s = prefix ? u->as.list.all[i] : u->as.items.schema;
        if (!item(r, s, v, at, i))
            return false;
    }
    return true;
}

bool sb_schema_judge_array(struct run *r,
                           const struct rule *u,
                           const struct sb_value *v,
                           const struct place *at,
                           bool *reported)
{
    switch ((int)u->kind) {
    case RULE_MIN_ITEMS:
        return v->as.a.n >= u->as.count;
    case RULE_MAX_ITEMS:
        return v->as.a.n <= u->as.count;
    case RULE_UNIQUE:
        return unique(r, v);
    case RULE_CONTAINS:
        return contains(r, u, v, at);
    default: /* RULE_PREFIX_ITEMS, RULE_ITEMS */
        *reported = true;
        return all_items(r, u, v, at);
    }
}
