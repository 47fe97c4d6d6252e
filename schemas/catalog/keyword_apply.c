/* Purpose: compile the keywords that hold schemas or names.
 * Invariant: subschemas are those that scan.c registered, found by their source. */
#include "schemas/catalog/keyword.h"

#include <stdlib.h>

static int no_memory(struct build *b)
{
    return sb_fail(b->err, SB_E_MEMORY, "out of memory while reading a schema");
}

static int compare_names(const void *a, const void *b)
{
    return sb_bytes_cmp(*(const struct sb_bytes *)a, *(const struct sb_bytes *)b);
}

static int compile_names(struct build *b,
                         const char *keyword,
                         const struct sb_value *v,
                         struct names *out)
{
    bool fine = v->type == SB_ARRAY;
    size_t n = fine ? v->as.a.n : 0;
    struct sb_bytes *all = sb_arena_alloc(b->set->arena, n + 1, sizeof *all);
    if (!all)
        return no_memory(b);
    for (size_t i = 0; fine && i < n; i++) {
        fine = v->as.a.items[i].type == SB_STR;
        all[i] = fine ? v->as.a.items[i].as.s : sb_bytes(NULL, 0);
    }
    if (n > 1)
        qsort(all, n, sizeof *all, compare_names);
    for (size_t i = 1; fine && i < n; i++)
        fine = !sb_bytes_eq(all[i - 1], all[i]);
    if (!fine)
        return sb_schema_refuse(b,
                                SB_E_SCHEMA_VALUE,
                                keyword,
                                "must be an array of strings without repeats");
    *out = (struct names){all, n};
    return 0;
}

int sb_keyword_required(struct build *b, const struct sb_value *v, struct rule *u)
{
    int rc = compile_names(b, "required", v, &u->as.names);
    return rc == 0 && u->as.names.n == 0 ? 1 : rc;
}

int sb_keyword_dependent_required(struct build *b,
                                  const struct sb_value *v,
                                  struct rule *u)
{
    if (v->type != SB_MAP)
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, "dependentRequired", "must be an object");
    size_t n = v->as.m.n;
    struct member *all = sb_arena_alloc(b->set->arena, n + 1, sizeof *all);
    if (!all)
        return no_memory(b);
    for (size_t i = 0; i < n; i++) {
        all[i].name = v->as.m.pairs[i].key;
        int rc = compile_names(
            b, "dependentRequired", &v->as.m.pairs[i].value, &all[i].names);
        if (rc != 0)
            return rc;
    }
    u->as.members.all = all;
    u->as.members.n = n;
    return 0;
}

/* A map of names to schemas; the source is sorted by name. */
static struct member *members(struct build *b, const struct sb_value *v)
{
    size_t n = v ? v->as.m.n : 0;
    struct member *all = sb_arena_alloc(b->set->arena, n + 1, sizeof *all);
    for (size_t i = 0; all && i < n; i++) {
        all[i].name = v->as.m.pairs[i].key;
        all[i].schema = sb_schema_at(b->set, &v->as.m.pairs[i].value);
    }
    return all;
}

int sb_keyword_dependent_schemas(struct build *b,
                                 const struct sb_value *v,
                                 struct rule *u)
{
    u->as.members.all = members(b, v);
    u->as.members.n = v->as.m.n;
    return u->as.members.all ? 0 : no_memory(b);
}

static int
compile_patterns(struct build *b, const struct sb_value *v, struct object_rule *o)
{
    size_t n = v ? v->as.m.n : 0;
    o->patterns = sb_arena_alloc(b->set->arena, n + 1, sizeof *o->patterns);
    if (!o->patterns)
        return no_memory(b);
    for (; o->n_patterns < n; o->n_patterns++) {
        const struct sb_pair *p = &v->as.m.pairs[o->n_patterns];
        struct pattern_member *m = &o->patterns[o->n_patterns];
        m->schema = sb_schema_at(b->set, &p->value);
        int rc = sb_keyword_regex(b, "patternProperties", p->key, &m->regex);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* The three keywords make one rule, at the first of them that is there. */
int sb_keyword_object(struct build *b, const struct sb_value *v, struct rule *u)
{
    const struct sb_value *source = b->at->source;
    const struct sb_value *plain = sb_value_get(source, "properties");
    const struct sb_value *patterns = sb_value_get(source, "patternProperties");
    const struct sb_value *rest = sb_value_get(source, "additionalProperties");
    const struct sb_value *first = plain ? plain : patterns ? patterns : rest;
    if (v != first)
        return 1;
    struct object_rule *o = sb_arena_alloc(b->set->arena, 1, sizeof *o);
    if (!o)
        return no_memory(b);
    o->members = members(b, plain);
    o->n = plain ? plain->as.m.n : 0;
    o->additional = rest ? sb_schema_at(b->set, rest) : NULL;
    u->as.object = o;
    return o->members ? compile_patterns(b, patterns, o) : no_memory(b);
}

int sb_keyword_schema(struct build *b, const struct sb_value *v, struct rule *u)
{
    u->as.schema = sb_schema_at(b->set, v);
    return 0;
}

int sb_keyword_list(struct build *b, const struct sb_value *v, struct rule *u)
{
    size_t n = v->as.a.n;
    const struct sb_schema **all =
        sb_arena_alloc(b->set->arena, n, sizeof(const struct sb_schema *));
    if (!all)
        return no_memory(b);
    for (size_t i = 0; i < n; i++)
        all[i] = sb_schema_at(b->set, &v->as.a.items[i]);
    u->as.list.all = all;
    u->as.list.n = n;
    return 0;
}

int sb_keyword_items(struct build *b, const struct sb_value *v, struct rule *u)
{
    const struct sb_value *prefix = sb_value_get(b->at->source, "prefixItems");
    u->as.items.schema = sb_schema_at(b->set, v);
    u->as.items.from = prefix ? prefix->as.a.n : 0;
    return 0;
}

int sb_keyword_contains(struct build *b, const struct sb_value *v, struct rule *u)
{
    const struct sb_value *min = sb_value_get(b->at->source, "minContains");
    const struct sb_value *max = sb_value_get(b->at->source, "maxContains");
    int rc = 0;
    u->as.contains.schema = sb_schema_at(b->set, v);
    u->as.contains.min = 1;
    u->as.contains.max = UINT64_MAX;
    if (min)
        rc = sb_keyword_count(b, "minContains", min, &u->as.contains.min);
    if (rc == 0 && max)
        rc = sb_keyword_count(b, "maxContains", max, &u->as.contains.max);
    return rc;
}

int sb_keyword_unused_count(struct build *b, const struct sb_value *v, struct rule *u)
{
    uint64_t count = 0;
    int rc = sb_keyword_count(b, u->keyword, v, &count);
    return rc == 0 ? 1 : rc;
}

int sb_keyword_ref(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (v->type != SB_STR)
        return sb_schema_refuse(b, SB_E_SCHEMA_VALUE, "$ref", "must be a string");
    return sb_schema_resolve(b, v->as.s, &u->as.schema);
}

int sb_keyword_if(struct build *b, const struct sb_value *v, struct rule *u)
{
    const struct sb_value *yes = sb_value_get(b->at->source, "then");
    const struct sb_value *no = sb_value_get(b->at->source, "else");
    if (!yes && !no)
        return 1;
    u->as.branch.test = sb_schema_at(b->set, v);
    u->as.branch.yes = yes ? sb_schema_at(b->set, yes) : NULL;
    u->as.branch.no = no ? sb_schema_at(b->set, no) : NULL;
    return 0;
}
