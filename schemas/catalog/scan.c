/* Purpose: find every subschema of a document, and what $id and $anchor name.
 * Invariant: only schema positions are entered, so that data inside enum, const,
 * default and examples, or a property's name, is never taken for a keyword. */
#include "schemas/catalog/compile.h"

#include <stdio.h>

#include "schemas/base/text.h"
#include "schemas/catalog/uri.h"

struct scan {
    struct sb_schema_set *set;
    struct sb_buf where; /* "file.json#/pointer" of the schema at hand */
    struct sb_err *err;
};

static int
fail(const struct scan *s, int code, struct sb_bytes keyword, const char *why)
{
    return sb_fail(s->err,
                   code,
                   "%.*s: \"%.*s\": %s",
                   SB_FMT(sb_buf_bytes(&s->where)),
                   SB_FMT(keyword),
                   why);
}

static int out_of_memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory while reading a schema");
}

/* Room for one more of `size` bytes in an array that lives in the arena. */
static void *
grown(struct sb_arena *arena, void *old, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return old;
    size_t want = *room ? *room * 2 : 64;
    void *p = sb_arena_alloc(arena, want, size);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, old, n * size);
    *room = want;
    return p;
}

static int add_schema(struct scan *s, const struct sb_value *v, struct sb_bytes base)
{
    struct sb_schema_set *set = s->set;
    struct sb_schema **all = grown(
        set->arena, set->schemas, set->n_schemas, &set->room_schemas, sizeof *all);
    struct sb_schema *schema = sb_arena_alloc(set->arena, 1, sizeof *schema);
    struct sb_bytes where = sb_arena_dup(set->arena, sb_buf_bytes(&s->where));
    if (!all || !schema || !where.p || s->where.failed)
        return out_of_memory(s->err);
    set->schemas = all;
    *schema =
        (struct sb_schema){.source = v, .where = (const char *)where.p, .base = base};
    all[set->n_schemas++] = schema;
    return 0;
}

static int add_resource(struct scan *s,
                        struct sb_bytes uri,
                        struct sb_bytes anchor,
                        const struct sb_value *v)
{
    struct sb_schema_set *set = s->set;
    for (size_t i = 0; i < set->n_resources; i++) {
        const struct resource *r = &set->resources[i];
        bool same = sb_bytes_eq(r->uri, uri) && !r->anchor.p == !anchor.p &&
                    sb_bytes_eq(r->anchor, anchor);
        if (same && r->source == v)
            return 0;
        if (same)
            return fail(s,
                        SB_E_SCHEMA_REF,
                        sb_bytes_str(anchor.p ? "$anchor" : "$id"),
                        "this name is already taken by another schema");
    }
    struct resource *all = grown(set->arena,
                                 set->resources,
                                 set->n_resources,
                                 &set->room_resources,
                                 sizeof *all);
    if (!all)
        return out_of_memory(s->err);
    set->resources = all;
    all[set->n_resources++] = (struct resource){uri, anchor, v};
    return 0;
}

/* The absolute form of `ref`, in the arena; p == NULL: no memory. */
static struct sb_bytes
absolute(struct sb_schema_set *set, struct sb_bytes base, struct sb_bytes ref)
{
    struct sb_buf out = {0};
    sb_uri_resolve(base, ref, &out);
    struct sb_bytes uri = sb_bytes(NULL, 0);
    if (!out.failed)
        uri = sb_arena_dup(set->arena, sb_uri_split(sb_buf_bytes(&out), NULL));
    sb_buf_free(&out);
    return uri;
}

static int take_id(struct scan *s, const struct sb_value *v, struct sb_bytes *base)
{
    const struct sb_value *id = sb_value_get(v, "$id");
    struct sb_bytes fragment;
    if (!id)
        return 0;
    struct sb_bytes name = sb_bytes_str("$id");
    if (id->type != SB_STR || !sb_uri_valid(id->as.s, true, false))
        return fail(s, SB_E_SCHEMA_VALUE, name, "must be a URI reference");
    sb_uri_split(id->as.s, &fragment);
    if (fragment.p && fragment.n)
        return fail(s, SB_E_SCHEMA_VALUE, name, "must not have a fragment");
    *base = absolute(s->set, *base, id->as.s);
    if (!base->p)
        return out_of_memory(s->err);
    return add_resource(s, *base, sb_bytes(NULL, 0), v);
}

static bool anchor_valid(struct sb_bytes a)
{
    for (size_t i = 0; i < a.n; i++) {
        uint8_t c = a.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool later = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!letter && (i == 0 || !later))
            return false;
    }
    return a.n > 0;
}

static int take_names(struct scan *s, const struct sb_value *v, struct sb_bytes *base)
{
    const struct sb_value *dialect = sb_value_get(v, "$schema");
    const struct sb_value *anchor = sb_value_get(v, "$anchor");
    const struct sb_value *ref = sb_value_get(v, "$ref");
    if (dialect &&
        (dialect->type != SB_STR || !sb_bytes_is(dialect->as.s, SB_META_URI)))
        return fail(s,
                    SB_E_SCHEMA_VALUE,
                    sb_bytes_str("$schema"),
                    "must be \"" SB_META_URI "\"");
    int rc = take_id(s, v, base);
    if (rc == 0 && anchor) {
        if (anchor->type != SB_STR || !anchor_valid(anchor->as.s))
            return fail(s,
                        SB_E_SCHEMA_VALUE,
                        sb_bytes_str("$anchor"),
                        "must be a name: a letter or _, then letters, digits, - _ .");
        rc = add_resource(s, *base, anchor->as.s, v);
    }
    if (rc == 0 && ref && ref->type == SB_STR) {
        struct sb_bytes to = absolute(s->set, *base, ref->as.s);
        if (!to.p)
            return out_of_memory(s->err);
        s->set->wants_meta = s->set->wants_meta || sb_bytes_is(to, SB_META_URI);
    }
    return rc;
}

static void put_step(struct sb_buf *out, struct sb_bytes step)
{
    sb_buf_byte(out, '/');
    for (size_t i = 0; i < step.n; i++) {
        if (step.p[i] == '~' || step.p[i] == '/')
            sb_buf_str(out, step.p[i] == '~' ? "~0" : "~1");
        else
            sb_buf_byte(out, step.p[i]);
    }
}

static int scan_schema(struct scan *s, const struct sb_value *v, struct sb_bytes base);

static int scan_map(struct scan *s, const struct sb_value *v, struct sb_bytes base)
{
    size_t n = s->where.n;
    for (size_t i = 0; i < v->as.m.n; i++) {
        put_step(&s->where, v->as.m.pairs[i].key);
        int rc = scan_schema(s, &v->as.m.pairs[i].value, base);
        if (rc != 0)
            return rc;
        s->where.n = n;
    }
    return 0;
}

static int scan_list(struct scan *s, const struct sb_value *v, struct sb_bytes base)
{
    size_t n = s->where.n;
    for (size_t i = 0; i < v->as.a.n; i++) {
        sb_buf_printf(&s->where, "/%zu", i);
        int rc = scan_schema(s, &v->as.a.items[i], base);
        if (rc != 0)
            return rc;
        s->where.n = n;
    }
    return 0;
}

static int unknown(const struct scan *s, struct sb_bytes key)
{
    char name[64] = "";
    char why[128];
    const char *near = NULL;
    size_t best = 3;
    if (key.n < sizeof name && key.n)
        memcpy(name, key.p, key.n);
    for (const struct keyword *k = sb_schema_keywords; k->name; k++) {
        size_t d = sb_text_distance(name, k->name, 2);
        if (*name && d < best) {
            best = d;
            near = k->name;
        }
    }
    if (!near)
        return fail(s, SB_E_SCHEMA_KEYWORD, key, "this keyword is not supported");
    snprintf(why, sizeof why, "unknown keyword (did you mean \"%s\"?)", near);
    return fail(s, SB_E_SCHEMA_KEYWORD, key, why);
}

static int scan_keyword(struct scan *s, const struct sb_pair *p, struct sb_bytes base)
{
    const struct keyword *k = sb_schema_keyword(p->key);
    if (!k)
        return unknown(s, p->key);
    if (k->shape == SHAPE_MAP && p->value.type != SB_MAP)
        return fail(s, SB_E_SCHEMA_VALUE, p->key, "must be an object of schemas");
    if (k->shape == SHAPE_LIST && (p->value.type != SB_ARRAY || p->value.as.a.n == 0))
        return fail(
            s, SB_E_SCHEMA_VALUE, p->key, "must be an array of at least one schema");
    size_t n = s->where.n;
    int rc = 0;
    put_step(&s->where, p->key);
    if (k->shape == SHAPE_SCHEMA)
        rc = scan_schema(s, &p->value, base);
    else if (k->shape == SHAPE_LIST)
        rc = scan_list(s, &p->value, base);
    else if (k->shape == SHAPE_MAP)
        rc = scan_map(s, &p->value, base);
    s->where.n = n;
    return rc;
}

/* Recursion is bounded by SB_JSON_DEPTH, which the reader of JSON keeps. */
static int scan_schema(struct scan *s, const struct sb_value *v, struct sb_bytes base)
{
    int rc = 0;
    if (v->type != SB_BOOL && v->type != SB_MAP)
        return sb_fail(s->err,
                       SB_E_SCHEMA_VALUE,
                       "%.*s: a schema is an object or a boolean, not %s",
                       SB_FMT(sb_buf_bytes(&s->where)),
                       sb_value_kind(v));
    if (v->type == SB_MAP)
        rc = take_names(s, v, &base);
    if (rc == 0)
        rc = add_schema(s, v, base);
    for (size_t i = 0; rc == 0 && v->type == SB_MAP && i < v->as.m.n; i++)
        rc = scan_keyword(s, &v->as.m.pairs[i], base);
    return rc;
}

int sb_schema_scan(struct sb_schema_set *set,
                   const struct document *doc,
                   struct sb_bytes uri,
                   struct sb_err *err)
{
    struct scan s = {.set = set, .err = err};
    int rc = 0;
    sb_buf_printf(&s.where, "%s#", doc->name);
    if (uri.n || doc->source->type != SB_MAP || !sb_value_get(doc->source, "$id"))
        rc = add_resource(&s, uri, sb_bytes(NULL, 0), doc->source);
    if (rc == 0)
        rc = scan_schema(&s, doc->source, uri);
    sb_buf_free(&s.where);
    return rc;
}
