/* Purpose: prune a payload to the section of one class.
 * Invariant: every value stands in exactly one section, but for operacion, id_local and
 * the shells of arrays and objects that hold fields of several classes. */
#include "schemas/catalog/catalog.h"

#include "schemas/base/limits.h"

struct split {
    enum sb_class target;
    struct sb_arena *arena;
    struct sb_err *err;
    unsigned depth;
};

static int no_memory(const struct split *s)
{
    return sb_fail(s->err, SB_E_MEMORY, "out of memory while splitting a payload");
}

static bool container(const struct sb_value *v)
{
    return v->type == SB_MAP || v->type == SB_ARRAY;
}

static int prune(struct split *s,
                 const struct sb_value *v,
                 const struct sb_field *f,
                 struct sb_value *out);

/* The entries of a calidad that are of the target's class. */
static int prune_reasons(struct split *s,
                         const struct sb_value *v,
                         const struct sb_field *f,
                         struct sb_value *out)
{
    struct sb_pair *pairs = sb_arena_alloc(s->arena, v->as.m.n + 1, sizeof *pairs);
    size_t n = 0;
    if (!pairs)
        return no_memory(s);
    for (size_t i = 0; i < v->as.m.n; i++)
        if (sb_field_classes(f, v->as.m.pairs[i].key) & SB_CLASS_BIT(s->target))
            pairs[n++] = v->as.m.pairs[i];
    *out = (struct sb_value){.type = SB_MAP, .as.m = {pairs, n}};
    return 0;
}

/* 1: the member stands in this section as *out; 0: it does not. */
static int prune_member(struct split *s,
                        const struct sb_pair *p,
                        const struct sb_field *f,
                        struct sb_value *out)
{
    const struct sb_field *c = sb_field_child(f, p->key);
    enum sb_class own = c ? c->cls : f->cls;
    if (c && c->reasons && p->value.type == SB_MAP) {
        int rc = prune_reasons(s, &p->value, c, out);
        bool empty = p->value.as.m.n == 0 && own == s->target;
        return rc ? rc : out->as.m.n > 0 || empty;
    }
    if (c && c->everywhere) {
        *out = p->value;
        return 1;
    }
    if (!c || !container(&p->value)) {
        *out = p->value;
        return own == s->target;
    }
    if (!(c->classes & SB_CLASS_BIT(s->target)))
        return 0;
    int rc = prune(s, &p->value, c, out);
    return rc ? rc : 1;
}

static int prune_map(struct split *s,
                     const struct sb_value *v,
                     const struct sb_field *f,
                     struct sb_value *out)
{
    struct sb_pair *pairs = sb_arena_alloc(s->arena, v->as.m.n + 1, sizeof *pairs);
    size_t n = 0;
    if (!pairs)
        return no_memory(s);
    for (size_t i = 0; i < v->as.m.n; i++) {
        pairs[n].key = v->as.m.pairs[i].key;
        int rc = prune_member(s, &v->as.m.pairs[i], f, &pairs[n].value);
        if (rc < 0)
            return rc;
        n += rc == 1;
    }
    *out = (struct sb_value){.type = SB_MAP, .as.m = {pairs, n}};
    return 0;
}

static int prune_array(struct split *s,
                       const struct sb_value *v,
                       const struct sb_field *f,
                       struct sb_value *out)
{
    size_t n = v->as.a.n;
    struct sb_value *items = sb_arena_alloc(s->arena, n + 1, sizeof *items);
    int rc = 0;
    if (!items)
        return no_memory(s);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct sb_value *item = &v->as.a.items[i];
        if (container(item))
            rc = prune(s, item, f->items, &items[i]);
        else if (f->cls == s->target)
            items[i] = *item;
        else
            items[i] = (struct sb_value){.type = SB_NIL};
    }
    if (rc == 0)
        *out = (struct sb_value){.type = SB_ARRAY, .as.a = {items, n}};
    return rc;
}

static int prune(struct split *s,
                 const struct sb_value *v,
                 const struct sb_field *f,
                 struct sb_value *out)
{
    if (f->classes == SB_CLASS_BIT(s->target) || (v->type == SB_ARRAY && !f->items)) {
        *out = *v; /* all of it is of this class */
        return 0;
    }
    if (s->depth == SB_DEPTH_MAX)
        return sb_fail(s->err, SB_E_DEPTH, "the payload nests too deep");
    s->depth++;
    int rc = v->type == SB_MAP ? prune_map(s, v, f, out) : prune_array(s, v, f, out);
    s->depth--;
    return rc;
}

int sb_event_type_split(const struct sb_event_type *type,
                        const struct sb_value *value,
                        struct sb_value sections[SB_CLASS_COUNT],
                        struct sb_arena *arena,
                        struct sb_err *err)
{
    struct sb_value out[SB_CLASS_COUNT] = {0};
    int rc = 0;
    if (value->type != SB_MAP)
        return sb_fail(err, SB_E_INVALID, "%s: a payload is an object", type->name);
    for (unsigned c = 0; rc == 0 && c < SB_CLASS_COUNT; c++) {
        struct split s = {(enum sb_class)c, arena, err, 0};
        if (type->classes & SB_CLASS_BIT(c))
            rc = prune(&s, value, &type->root, &out[c]);
    }
    if (rc == 0)
        memcpy(sections, out, sizeof out);
    return rc;
}
