/* Purpose: put the sections that a reader holds together again.
 * Invariant: a value is taken only from the section of its own class; sections that
 * disagree about what they share are refused, never mended. */
#include "schemas/catalog/catalog.h"

#include "schemas/base/limits.h"

struct spot { /* the same place in every section; NULL: absent there, or not held */
    const struct sb_value *in[SB_CLASS_COUNT];
};

struct merge {
    unsigned held; /* bits of the sections there are */
    struct sb_arena *arena;
    struct sb_err *err;
    unsigned depth;
};

static int mismatch(const struct merge *m, const struct sb_field *f, const char *why)
{
    return sb_fail(m->err,
                   SB_E_SECTION_MISMATCH,
                   "at \"%s\": the sections do not fit each other: %s",
                   f->path,
                   why);
}

static int no_memory(const struct merge *m)
{
    return sb_fail(m->err, SB_E_MEMORY, "out of memory while merging sections");
}

static unsigned present(const struct spot *s)
{
    unsigned bits = 0;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        bits |= s->in[c] ? SB_CLASS_BIT(c) : 0;
    return bits;
}

static const struct sb_value *first(const struct spot *s)
{
    unsigned c = 0;
    while (c + 1 < SB_CLASS_COUNT && !s->in[c])
        c++;
    return s->in[c];
}

static int merge(struct merge *m,
                 const struct spot *s,
                 const struct sb_field *f,
                 struct sb_value *out);

/* Equal in every section that is held. */
static int merge_equal(const struct merge *m,
                       const struct spot *s,
                       const struct sb_field *f,
                       struct sb_value *out)
{
    const struct sb_value *one = first(s);
    if (present(s) != m->held)
        return mismatch(m, f, "one of them lacks it");
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (s->in[c] && !sb_value_eq(s->in[c], one))
            return mismatch(m, f, "they differ");
    *out = *one;
    return 0;
}

/* Only in the section of class `cls`. */
static int merge_own(const struct merge *m,
                     const struct spot *s,
                     const struct sb_field *f,
                     enum sb_class cls,
                     struct sb_value *out)
{
    if (present(s) != SB_CLASS_BIT(cls))
        return mismatch(m, f, "a field stands in the section of another class");
    *out = *s->in[cls];
    return 0;
}

/* The least key that no section has passed; false: all are done. */
static bool
next_key(const struct spot *s, const size_t at[SB_CLASS_COUNT], struct sb_bytes *key)
{
    bool found = false;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++) {
        const struct sb_value *v = s->in[c];
        if (!v || at[c] == v->as.m.n)
            continue;
        struct sb_bytes k = v->as.m.pairs[at[c]].key;
        if (!found || sb_bytes_cmp(k, *key) < 0)
            *key = k;
        found = true;
    }
    return found;
}

static struct spot
take_key(const struct spot *s, size_t at[SB_CLASS_COUNT], struct sb_bytes key)
{
    struct spot below = {{NULL}};
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++) {
        const struct sb_value *v = s->in[c];
        if (!v || at[c] == v->as.m.n || !sb_bytes_eq(v->as.m.pairs[at[c]].key, key))
            continue;
        below.in[c] = &v->as.m.pairs[at[c]++].value;
    }
    return below;
}

static int merge_member(struct merge *m,
                        const struct spot *s,
                        const struct sb_field *f,
                        struct sb_bytes key,
                        struct sb_value *out)
{
    const struct sb_field *c = sb_field_child(f, key);
    const struct sb_value *one = first(s);
    if (!c)
        return merge_own(m, s, f, f->cls, out);
    if (f->reasons)
        return merge_own(m, s, c, c->cls, out);
    if (c->everywhere)
        return merge_equal(m, s, c, out);
    if (one->type != SB_MAP && one->type != SB_ARRAY)
        return merge_own(m, s, c, c->cls, out);
    if (one->type == SB_ARRAY && !c->items)
        return merge_own(m, s, c, c->cls, out);
    if (!c->reasons && present(s) != (c->classes & m->held))
        return mismatch(m, c, "one of them lacks it");
    return merge(m, s, c, out);
}

static int merge_maps(struct merge *m,
                      const struct spot *s,
                      const struct sb_field *f,
                      struct sb_value *out)
{
    size_t at[SB_CLASS_COUNT] = {0};
    size_t room = 0;
    size_t n = 0;
    struct sb_bytes key;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        room += s->in[c] ? s->in[c]->as.m.n : 0;
    struct sb_pair *pairs = sb_arena_alloc(m->arena, room + 1, sizeof *pairs);
    if (!pairs)
        return no_memory(m);
    while (next_key(s, at, &key)) {
        struct spot below = take_key(s, at, key);
        pairs[n].key = key;
        int rc = merge_member(m, &below, f, key, &pairs[n++].value);
        if (rc != 0)
            return rc;
    }
    *out = (struct sb_value){.type = SB_MAP, .as.m = {pairs, n}};
    return 0;
}

static int merge_item(struct merge *m,
                      const struct spot *s,
                      const struct sb_field *array,
                      struct sb_value *out)
{
    const struct sb_value *one = first(s);
    if (one->type == SB_MAP || one->type == SB_ARRAY)
        return merge(m, s, array->items, out);
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (s->in[c] && c != (unsigned)array->cls && s->in[c]->type != SB_NIL)
            return mismatch(m, array, "an element stands in another class's section");
    const struct sb_value *own = s->in[array->cls];
    if (own && (own->type == SB_MAP || own->type == SB_ARRAY))
        return mismatch(m, array, "elements of different kinds");
    *out = own ? *own : (struct sb_value){.type = SB_NIL};
    return 0;
}

static int merge_arrays(struct merge *m,
                        const struct spot *s,
                        const struct sb_field *f,
                        struct sb_value *out)
{
    size_t n = first(s)->as.a.n;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (s->in[c] && s->in[c]->as.a.n != n)
            return mismatch(m, f, "arrays of different length");
    size_t room = 1; /* sb_value_push counts on powers of two */
    while (room < n)
        room *= 2;
    struct sb_value *items = sb_arena_alloc(m->arena, room, sizeof *items);
    int rc = items ? 0 : no_memory(m);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct spot below = {{NULL}};
        for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
            below.in[c] = s->in[c] ? &s->in[c]->as.a.items[i] : NULL;
        rc = merge_item(m, &below, f, &items[i]);
    }
    if (rc == 0)
        *out = (struct sb_value){.type = SB_ARRAY, .as.a = {items, n}};
    return rc;
}

/* Containers: all of the same kind. */
static int merge(struct merge *m,
                 const struct spot *s,
                 const struct sb_field *f,
                 struct sb_value *out)
{
    enum sb_value_type kind = first(s)->type;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (s->in[c] && s->in[c]->type != kind)
            return mismatch(m, f, "values of different kinds");
    if (m->depth == SB_DEPTH_MAX)
        return sb_fail(m->err, SB_E_DEPTH, "the payload nests too deep");
    if (kind == SB_ARRAY && !f->items)
        return merge_own(m, s, f, f->cls, out);
    m->depth++;
    int rc = kind == SB_MAP ? merge_maps(m, s, f, out) : merge_arrays(m, s, f, out);
    m->depth--;
    return rc;
}

int sb_event_type_merge(const struct sb_event_type *type,
                        const struct sb_value *const sections[SB_CLASS_COUNT],
                        struct sb_value *out,
                        struct sb_arena *arena,
                        struct sb_err *err)
{
    struct merge m = {.arena = arena, .err = err};
    struct spot root = {{NULL}};
    struct sb_value v;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        root.in[c] = sections[c];
    m.held = present(&root);
    if (m.held == 0)
        return sb_fail(err, SB_E_SECTION_MISMATCH, "%s: no section", type->name);
    if (m.held & ~type->classes)
        return mismatch(&m, &type->root, "a section of a class that the type lacks");
    if (first(&root)->type != SB_MAP)
        return mismatch(&m, &type->root, "a section is not an object");
    int rc = merge(&m, &root, &type->root, &v);
    if (rc == 0 && (!sb_value_get(&v, "operacion") || !sb_value_get(&v, "id_local")))
        rc = mismatch(&m, &type->root, "operacion or id_local is missing");
    if (rc == 0)
        *out = v;
    return rc;
}
