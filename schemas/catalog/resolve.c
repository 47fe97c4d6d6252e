/* Purpose: what a $ref means, and schemas that reach themselves without descending.
 * Invariant: a reference leads to a known schema position or is refused. */
#include "schemas/catalog/compile.h"

#include <stdlib.h>

#include "schemas/catalog/uri.h"

static int compare_source(const void *key, const void *item)
{
    const struct sb_schema *s = *(struct sb_schema *const *)item;
    uintptr_t a = (uintptr_t)key;
    uintptr_t b = (uintptr_t)s->source;
    return a < b ? -1 : a > b;
}

struct sb_schema *sb_schema_at(const struct sb_schema_set *set,
                               const struct sb_value *source)
{
    struct sb_schema **found = bsearch(source,
                                       set->schemas,
                                       set->n_schemas,
                                       sizeof(struct sb_schema *),
                                       compare_source);
    return found ? *found : NULL;
}

static const struct sb_value *find_resource(const struct sb_schema_set *set,
                                            struct sb_bytes uri,
                                            struct sb_bytes anchor)
{
    for (size_t i = 0; i < set->n_resources; i++) {
        const struct resource *r = &set->resources[i];
        if (sb_bytes_eq(r->uri, uri) && !r->anchor.p == !anchor.p &&
            sb_bytes_eq(r->anchor, anchor))
            return r->source;
    }
    return NULL;
}

/* An array index by RFC 6901, or SIZE_MAX. */
static size_t index_of(struct sb_bytes step)
{
    size_t value = 0;
    if (step.n == 0 || step.n > 9 || (step.n > 1 && step.p[0] == '0'))
        return SIZE_MAX;
    for (size_t i = 0; i < step.n; i++) {
        if (step.p[i] < '0' || step.p[i] > '9')
            return SIZE_MAX;
        value = value * 10 + (size_t)(step.p[i] - '0');
    }
    return value;
}

static const struct sb_value *member(const struct sb_value *v, struct sb_bytes name)
{
    for (size_t i = 0; i < v->as.m.n; i++)
        if (sb_bytes_eq(v->as.m.pairs[i].key, name))
            return &v->as.m.pairs[i].value;
    return NULL;
}

/* Undoes ~1 and ~0 in place; false when a ~ stands alone. */
static bool unescape(uint8_t *p, size_t *n)
{
    size_t to = 0;
    for (size_t i = 0; i < *n; i++) {
        uint8_t c = p[i];
        if (c == '~') {
            if (i + 1 == *n || (p[i + 1] != '0' && p[i + 1] != '1'))
                return false;
            c = p[++i] == '0' ? '~' : '/';
        }
        p[to++] = c;
    }
    *n = to;
    return true;
}

/* Follows a JSON pointer ("/a/0"); its bytes are changed. NULL: leads nowhere. */
static const struct sb_value *follow(const struct sb_value *v, uint8_t *p, size_t n)
{
    size_t at = 0;
    while (v && at < n) {
        size_t end = ++at;
        while (end < n && p[end] != '/')
            end++;
        size_t length = end - at;
        if (!unescape(p + at, &length))
            return NULL;
        struct sb_bytes step = sb_bytes(p + at, length);
        if (v->type == SB_MAP) {
            v = member(v, step);
        } else {
            size_t i = index_of(step);
            v = v->type == SB_ARRAY && i < v->as.a.n ? &v->as.a.items[i] : NULL;
        }
        at = end;
    }
    return v;
}

static const struct sb_value *
find(const struct sb_schema_set *set, struct sb_bytes uri, struct sb_buf *fragment)
{
    struct sb_bytes none = sb_bytes(NULL, 0);
    if (fragment->n == 0)
        return find_resource(set, uri, none);
    if (fragment->p[0] != '/')
        return find_resource(set, uri, sb_buf_bytes(fragment));
    const struct sb_value *v = find_resource(set, uri, none);
    return v ? follow(v, fragment->p, fragment->n) : NULL;
}

int sb_schema_resolve(struct build *b,
                      struct sb_bytes ref,
                      const struct sb_schema **out)
{
    struct sb_buf full = {0};
    struct sb_buf decoded = {0};
    struct sb_bytes fragment;
    const struct sb_schema *s = NULL;
    sb_uri_resolve(b->at->base, ref, &full);
    struct sb_bytes uri = sb_uri_split(sb_buf_bytes(&full), &fragment);
    bool fine = sb_uri_decode(fragment, &decoded);
    int failed = full.failed ? full.failed : decoded.failed;
    if (fine && !failed) {
        const struct sb_value *v = find(b->set, uri, &decoded);
        s = v ? sb_schema_at(b->set, v) : NULL;
    }
    sb_buf_free(&full);
    sb_buf_free(&decoded);
    if (failed)
        return sb_fail(b->err, SB_E_MEMORY, "out of memory while reading a schema");
    if (!s)
        return sb_fail(b->err,
                       SB_E_SCHEMA_REF,
                       "%s: \"$ref\": no schema at \"%.*s\"",
                       b->at->where,
                       SB_FMT(ref));
    *out = s;
    return 0;
}

/* yes and no may be missing: then `test` stands in for them. */
static const struct sb_schema *branch_of(const struct rule *u, size_t i)
{
    const struct sb_schema *all[] = {
        u->as.branch.test, u->as.branch.yes, u->as.branch.no};
    return i >= 3 ? NULL : all[i] ? all[i] : all[0];
}

/* The i-th schema that `u` applies to the same value, NULL: no more. */
static const struct sb_schema *in_place(const struct rule *u, size_t i)
{
    switch ((int)u->kind) {
    case RULE_REF:
    case RULE_NOT:
        return i == 0 ? u->as.schema : NULL;
    case RULE_ALL:
    case RULE_ANY:
    case RULE_ONE:
        return i < u->as.list.n ? u->as.list.all[i] : NULL;
    case RULE_DEPENDENT_SCHEMAS:
        return i < u->as.members.n ? u->as.members.all[i].schema : NULL;
    case RULE_IF:
        return branch_of(u, i);
    default:
        return NULL;
    }
}

struct step { /* of the walk, which must not recurse on the length of a chain */
    struct sb_schema *s;
    size_t rule;
    size_t item;
};

enum { WHITE, GREY, BLACK };

static int walk(struct sb_schema_set *set, struct step *stack, struct sb_err *err)
{
    size_t n = 1;
    while (n > 0) {
        struct step *top = &stack[n - 1];
        if (top->rule == top->s->n_rules) {
            top->s->mark = BLACK;
            n--;
            continue;
        }
        const struct sb_schema *to = in_place(&top->s->rules[top->rule], top->item++);
        if (!to) {
            top->rule++;
            top->item = 0;
            continue;
        }
        struct sb_schema *next = sb_schema_at(set, to->source);
        if (!next) /* every schema is listed */
            return sb_fail(err, SB_E_INTERNAL, "%s: not listed", to->where);
        if (next->mark == GREY)
            return sb_fail(err,
                           SB_E_SCHEMA_REF,
                           "%s: this schema refers to itself for the same value, "
                           "without end",
                           next->where);
        if (next->mark == WHITE) {
            next->mark = GREY;
            stack[n++] = (struct step){next, 0, 0};
        }
    }
    return 0;
}

int sb_schema_find_loops(struct sb_schema_set *set, struct sb_err *err)
{
    struct step *stack = calloc(set->n_schemas + 1, sizeof *stack);
    int rc = 0;
    if (!stack)
        return sb_fail(err, SB_E_MEMORY, "out of memory while reading a schema");
    for (size_t i = 0; rc == 0 && i < set->n_schemas; i++) {
        if (set->schemas[i]->mark != WHITE)
            continue;
        set->schemas[i]->mark = GREY;
        stack[0] = (struct step){set->schemas[i], 0, 0};
        rc = walk(set, stack, err);
    }
    free(stack);
    return rc;
}
