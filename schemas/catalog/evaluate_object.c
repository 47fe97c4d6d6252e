/* Purpose: the rules of objects.
 * Invariant: names of the schema and of the value are both sorted, so that one walk
 * serves both. */
#include "schemas/catalog/evaluate.h"

#include "schemas/catalog/class.h"
#include "schemas/catalog/fields.h"

static struct place below(const struct place *at, const struct sb_pair *p)
{
    return (struct place){
        .up = at, .key = p->key, .field = sb_field_child(at->field, p->key)};
}

/* Whether the reader would see this property if it were there. */
static bool held(const struct run *r, const struct place *at, struct sb_bytes name)
{
    if (!at->field)
        return true;
    return (sb_field_classes(at->field, name) & r->held) != 0;
}

/* The index of `name` from `from` on; *found tells whether it is there. */
static size_t
seek(const struct sb_value *v, size_t from, struct sb_bytes name, bool *found)
{
    while (from < v->as.m.n) {
        int c = sb_bytes_cmp(v->as.m.pairs[from].key, name);
        *found = c == 0;
        if (c >= 0)
            return from;
        from++;
    }
    *found = false;
    return from;
}

static bool required(const struct run *r,
                     const struct names *names,
                     const struct sb_value *v,
                     const struct place *at,
                     struct sb_bytes *name)
{
    size_t pos = 0;
    for (size_t i = 0; i < names->n; i++) {
        bool found = false;
        pos = seek(v, pos, names->all[i], &found);
        if (found || !held(r, at, names->all[i]))
            continue;
        *name = names->all[i];
        return false;
    }
    return true;
}

static bool dependent_required(const struct run *r,
                               const struct rule *u,
                               const struct sb_value *v,
                               const struct place *at,
                               struct sb_bytes *name)
{
    size_t pos = 0;
    for (size_t i = 0; i < u->as.members.n; i++) {
        const struct member *m = &u->as.members.all[i];
        bool found = false;
        pos = seek(v, pos, m->name, &found);
        if (found && !required(r, &m->names, v, at, name))
            return false;
    }
    return true;
}

static bool dependent_schemas(struct run *r,
                              const struct rule *u,
                              const struct sb_value *v,
                              const struct place *at)
{
    size_t pos = 0;
    for (size_t i = 0; i < u->as.members.n; i++) {
        const struct member *m = &u->as.members.all[i];
        bool found = false;
        pos = seek(v, pos, m->name, &found);
        if (found && !sb_schema_apply(r, m->schema, v, at))
            return false;
    }
    return true;
}

static bool property_names(struct run *r,
                           const struct rule *u,
                           const struct sb_value *v,
                           const struct place *at)
{
    for (size_t i = 0; i < v->as.m.n; i++) {
        struct sb_value name = sb_value_text(v->as.m.pairs[i].key);
        struct place here = below(at, &v->as.m.pairs[i]);
        if (!sb_schema_apply(r, u->as.schema, &name, &here))
            return false;
    }
    return true;
}

/* One property against the patterns and, if nothing else named it, the rest. */
static bool by_pattern(struct run *r,
                       const struct object_rule *o,
                       const struct sb_pair *p,
                       const struct place *here,
                       bool named)
{
    for (size_t i = 0; i < o->n_patterns; i++) {
        if (!sb_schema_regex(r, o->patterns[i].regex, p->key)) {
            if (r->fault)
                return false;
            continue;
        }
        named = true;
        if (!sb_schema_apply(r, o->patterns[i].schema, &p->value, here))
            return false;
    }
    return named || !o->additional ||
           sb_schema_apply(r, o->additional, &p->value, here);
}

static bool object(struct run *r,
                   const struct object_rule *o,
                   const struct sb_value *v,
                   const struct place *at)
{
    size_t m = 0;
    for (size_t i = 0; i < v->as.m.n; i++) {
        const struct sb_pair *p = &v->as.m.pairs[i];
        int c = 1;
        while (m < o->n && (c = sb_bytes_cmp(o->members[m].name, p->key)) < 0)
            m++;
        bool named = m < o->n && c == 0;
        if (!named && o->n_patterns == 0 && !o->additional)
            continue;
        struct place here = below(at, p);
        if (named && !sb_schema_apply(r, o->members[m].schema, &p->value, &here))
            return false;
        if (!by_pattern(r, o, p, &here, named))
            return false;
    }
    return true;
}

bool sb_schema_judge_object(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v,
                            const struct place *at,
                            bool *reported,
                            struct sb_bytes *name)
{
    switch ((int)u->kind) {
    case RULE_MIN_PROPERTIES: /* a reader of some classes cannot count */
        return v->as.m.n >= u->as.count || at->field;
    case RULE_MAX_PROPERTIES:
        return v->as.m.n <= u->as.count;
    case RULE_REQUIRED:
        return required(r, &u->as.names, v, at, name);
    case RULE_DEPENDENT_REQUIRED:
        return dependent_required(r, u, v, at, name);
    default:
        break;
    }
    *reported = true;
    if (u->kind == RULE_PROPERTY_NAMES)
        return property_names(r, u, v, at);
    if (u->kind == RULE_DEPENDENT_SCHEMAS)
        return dependent_schemas(r, u, v, at);
    return object(r, u->as.object, v, at);
}
