/* Purpose: a set of schema documents: add, compile, find.
 * Invariant: after compile every rule points at compiled schemas of this set. */
#include "schemas/catalog/compile.h"

#include <stdlib.h>

#include "schemas/base/limits.h"
#include "schemas/catalog/json.h"

int sb_schema_refuse(struct build *b, int code, const char *keyword, const char *why)
{
    return sb_fail(b->err, code, "%s: \"%s\": %s", b->at->where, keyword, why);
}

int sb_schema_set_new(struct sb_schema_set **out,
                      const struct sb_schema_options *options,
                      struct sb_err *err)
{
    struct sb_schema_set *set = calloc(1, sizeof *set);
    if (set)
        set->arena = sb_arena_new(0);
    if (!set || !set->arena) {
        free(set);
        return sb_fail(err, SB_E_MEMORY, "out of memory for a set of schemas");
    }
    if (options)
        set->options = *options;
    *out = set;
    return 0;
}

void sb_schema_set_free(struct sb_schema_set *set)
{
    if (!set)
        return;
    for (struct regex_owner *o = set->regexes; o; o = o->next)
        sb_regex_free(o->regex);
    sb_arena_free(set->arena);
    free(set);
}

int sb_schema_set_add(struct sb_schema_set *set,
                      const char *name,
                      struct sb_bytes uri,
                      struct sb_bytes json,
                      struct sb_err *err)
{
    struct sb_err why = {0};
    if (set->compiled)
        return sb_fail(err, SB_E_STATE, "%s: the set is compiled already", name);
    struct document *doc = sb_arena_alloc(set->arena, 1, sizeof *doc);
    struct sb_value *source = sb_arena_alloc(set->arena, 1, sizeof *source);
    char *own = sb_arena_str(set->arena, "%s", name);
    struct sb_bytes address = sb_arena_dup(set->arena, uri);
    if (!doc || !source || !own || !address.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory while reading %s", name);
    if (json.n > SB_SCHEMA_FILE_MAX)
        return sb_fail(err, SB_E_LIMIT, "%s: larger than a schema may be", name);
    int rc = sb_json_to_value(json, set->arena, source, &why);
    if (rc != 0)
        return sb_fail(err, rc, "%s: %s", name, why.text);
    *doc = (struct document){own, source, set->documents};
    rc = sb_schema_scan(set, doc, address, err);
    if (rc == 0)
        set->documents = doc;
    return rc;
}

static int compare_schemas(const void *a, const void *b)
{
    const struct sb_schema *x = *(struct sb_schema *const *)a;
    const struct sb_schema *y = *(struct sb_schema *const *)b;
    uintptr_t p = (uintptr_t)x->source;
    uintptr_t q = (uintptr_t)y->source;
    return p < q ? -1 : p > q;
}

static int compile_false(struct build *b)
{
    struct rule *u = sb_arena_alloc(b->set->arena, 1, sizeof *u);
    if (!u)
        return sb_fail(b->err, SB_E_MEMORY, "out of memory while reading a schema");
    *u = (struct rule){.kind = RULE_FALSE, .applies = ~0u, .keyword = "false"};
    b->at->rules = u;
    b->at->n_rules = 1;
    return 0;
}

static int compile_schema(struct build *b)
{
    const struct sb_value *source = b->at->source;
    size_t n = 0;
    if (source->type == SB_BOOL)
        return source->as.b ? 0 : compile_false(b);
    struct rule *rules =
        sb_arena_alloc(b->set->arena, source->as.m.n + 1, sizeof *rules);
    if (!rules)
        return sb_fail(b->err, SB_E_MEMORY, "out of memory while reading a schema");
    for (const struct keyword *k = sb_schema_keywords; k->name; k++) {
        const struct sb_value *v = sb_value_get(source, k->name);
        if (!v || !k->compile)
            continue;
        struct rule *u = &rules[n];
        *u = (struct rule){.kind = k->kind, .applies = k->applies, .keyword = k->name};
        int rc = k->compile(b, v, u);
        if (rc < 0)
            return rc;
        if (rc == 0) /* else it asks for nothing */
            n++;
    }
    b->at->rules = rules;
    b->at->n_rules = n;
    return 0;
}

int sb_schema_set_compile(struct sb_schema_set *set, struct sb_err *err)
{
    int rc = 0;
    if (set->compiled)
        return 0;
    if (set->wants_meta)
        rc = sb_schema_set_add(set,
                               "draft2020-12",
                               sb_bytes_str(SB_META_URI),
                               sb_bytes_str(sb_schema_meta),
                               err);
    if (rc != 0)
        return rc;
    if (set->n_schemas)
        qsort(set->schemas, set->n_schemas, sizeof *set->schemas, compare_schemas);
    struct build b = {set, NULL, err};
    for (size_t i = 0; rc == 0 && i < set->n_schemas; i++) {
        b.at = set->schemas[i];
        rc = compile_schema(&b);
    }
    if (rc == 0)
        rc = sb_schema_find_loops(set, err);
    set->compiled = rc == 0;
    return rc;
}

const struct sb_schema *sb_schema_set_root(const struct sb_schema_set *set,
                                           const char *name)
{
    if (!set->compiled)
        return NULL;
    for (const struct document *d = set->documents; d; d = d->next)
        if (strcmp(d->name, name) == 0)
            return sb_schema_at(set, d->source);
    return NULL;
}

const struct sb_value *sb_schema_note(const struct sb_schema *schema,
                                      const char *keyword)
{
    return sb_value_get(schema->source, keyword);
}
