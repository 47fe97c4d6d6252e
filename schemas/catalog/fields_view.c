/* Purpose: gather what all schemas of one place say about it.
 * Invariant: every schema that judges a place is looked at, so that no x-clase is
 * overlooked; two that differ are refused. */
#include "schemas/catalog/fields_view.h"

#include <stdlib.h>

int sb_fields_no_memory(struct fields *f)
{
    return sb_fail(f->err, SB_E_MEMORY, "out of memory while reading the fields");
}

int sb_view_add(
    struct fields *f, struct view *w, const struct sb_schema *s, bool direct, bool sure)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->all[i].s != s)
            continue;
        w->all[i].direct = w->all[i].direct || direct;
        w->all[i].sure = w->all[i].sure || sure;
        return 0;
    }
    if (w->n == SB_VIEW_MAX)
        return sb_fail(
            f->err, SB_E_LIMIT, "%s: too many schemas judge one field", s->where);
    w->all[w->n].s = s;
    w->all[w->n].direct = direct;
    w->all[w->n++].sure = sure;
    return 0;
}

/* "if" asks for nothing but the operation. */
static bool only_operation(const struct sb_schema *test)
{
    if (test->n_rules != 1 || test->rules[0].kind != RULE_OBJECT)
        return false;
    const struct object_rule *o = test->rules[0].as.object;
    return o->n == 1 && o->n_patterns == 0 && !o->additional &&
           sb_bytes_is(o->members[0].name, "operacion");
}

static int view_rule(struct fields *f, struct view *w, const struct rule *u, bool sure)
{
    const struct sb_schema *yes = u->as.branch.yes;
    int rc = 0;
    switch ((int)u->kind) {
    case RULE_REF:
        return sb_view_add(f, w, u->as.schema, false, sure);
    case RULE_ALL:
    case RULE_ANY:
    case RULE_ONE:
        for (size_t i = 0; rc == 0 && i < u->as.list.n; i++)
            rc = sb_view_add(
                f, w, u->as.list.all[i], false, sure && u->kind == RULE_ALL);
        return rc;
    case RULE_NOT:
        return sb_view_add(f, w, u->as.schema, false, false);
    case RULE_DEPENDENT_SCHEMAS:
        for (size_t i = 0; rc == 0 && i < u->as.members.n; i++)
            rc = sb_view_add(f, w, u->as.members.all[i].schema, false, false);
        return rc;
    case RULE_IF:
        rc = sb_view_add(f, w, u->as.branch.test, false, false);
        if (rc == 0 && yes)
            rc = sb_view_add(
                f, w, yes, false, sure && only_operation(u->as.branch.test));
        if (rc == 0 && u->as.branch.no)
            rc = sb_view_add(f, w, u->as.branch.no, false, false);
        return rc;
    default:
        return 0;
    }
}

int sb_view_expand(struct fields *f, struct view *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        for (size_t j = 0; j < s->n_rules; j++) {
            int rc = view_rule(f, w, &s->rules[j], w->all[i].sure);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

struct sb_bytes sb_view_text(const struct view *w, const char *keyword)
{
    for (int direct = 1; direct >= 0; direct--) {
        for (size_t i = 0; i < w->n; i++) {
            if (w->all[i].direct != direct || !w->all[i].sure)
                continue;
            const struct sb_value *v = sb_schema_note(w->all[i].s, keyword);
            if (v && v->type == SB_STR)
                return v->as.s;
        }
    }
    return sb_bytes(NULL, 0);
}

int sb_view_class(struct fields *f,
                  const struct view *w,
                  bool direct,
                  enum sb_class *out)
{
    int found = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        const struct sb_value *v = sb_schema_note(s, "x-clase");
        enum sb_class c;
        if (!v || w->all[i].direct != direct)
            continue;
        if (v->type != SB_STR || !sb_class_parse(v->as.s, &c))
            return sb_fail(f->err,
                           SB_E_SCHEMA_VALUE,
                           "%s: \"x-clase\": must be publica, interna, confidencial or "
                           "reservada",
                           s->where);
        if (found && c != *out)
            return sb_fail(f->err,
                           SB_E_SCHEMA_VALUE,
                           "%s: \"x-clase\": another schema gives this field another "
                           "class",
                           s->where);
        *out = c;
        found = 1;
    }
    return found;
}

static unsigned rule_types(const struct rule *u)
{
    unsigned bits = 0;
    if (u->kind == RULE_TYPE)
        return u->as.types;
    if (u->kind != RULE_ENUM)
        return ~0u;
    for (size_t i = 0; i < u->as.values.n; i++)
        bits |= TYPE_BIT(u->as.values.all[i].type);
    return bits;
}

void sb_view_types(const struct view *w, struct sb_field *out)
{
    unsigned bits = ~0u;
    for (size_t i = 0; i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        for (size_t j = 0; w->all[i].sure && j < s->n_rules; j++)
            bits &= rule_types(&s->rules[j]);
    }
    out->types = bits == ~0u ? 0 : bits;
    out->type = "any";
    for (unsigned t = SB_NIL; t <= SB_MAP; t++) {
        struct sb_value v = {.type = (enum sb_value_type)t};
        if (out->types == TYPE_BIT(t))
            out->type = sb_value_kind(&v);
    }
    if (out->types == ON_NUMBER)
        out->type = "number";
}

static bool has_name(const struct names *names, struct sb_bytes name)
{
    for (size_t i = 0; i < names->n; i++)
        if (sb_bytes_eq(names->all[i], name))
            return true;
    return false;
}

static bool requires(const struct sb_schema *s, struct sb_bytes name)
{
    for (size_t i = 0; i < s->n_rules; i++)
        if (s->rules[i].kind == RULE_REQUIRED && has_name(&s->rules[i].as.names, name))
            return true;
    return false;
}

/* anyOf: the first branch requires the field, another one `calidad`. */
static bool field_or_reason(const struct rule *u, struct sb_bytes name)
{
    return u->kind == RULE_ANY && u->as.list.n == 2 &&
           requires(u->as.list.all[0], name) &&
           requires(u->as.list.all[1], sb_bytes_str("calidad"));
}

enum sb_need sb_view_need(const struct view *w, struct sb_bytes name)
{
    enum sb_need need = SB_NEED_NONE;
    for (size_t i = 0; i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        if (!w->all[i].sure)
            continue;
        if (requires(s, name))
            return SB_NEED_ALWAYS;
        for (size_t j = 0; j < s->n_rules; j++)
            if (field_or_reason(&s->rules[j], name))
                need = SB_NEED_REASON;
    }
    return need;
}

static int compare_names(const void *a, const void *b)
{
    return sb_bytes_cmp(*(const struct sb_bytes *)a, *(const struct sb_bytes *)b);
}

/* How many members the schemas name; NULL: they are counted only. */
static size_t list_names(const struct view *w, struct sb_bytes *all)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        for (size_t j = 0; j < s->n_rules; j++) {
            if (s->rules[j].kind != RULE_OBJECT)
                continue;
            const struct object_rule *o = s->rules[j].as.object;
            for (size_t k = 0; all && k < o->n; k++)
                all[n + k] = o->members[k].name;
            n += o->n;
        }
    }
    return n;
}

int sb_view_names(struct fields *f, const struct view *w, struct names *out)
{
    size_t n = list_names(w, NULL);
    out->all = sb_arena_alloc(f->arena, n + 1, sizeof *out->all);
    if (!out->all)
        return sb_fields_no_memory(f);
    list_names(w, out->all);
    if (n)
        qsort(out->all, n, sizeof *out->all, compare_names);
    for (size_t i = 0; i < n; i++)
        if (out->n == 0 || !sb_bytes_eq(out->all[out->n - 1], out->all[i]))
            out->all[out->n++] = out->all[i];
    return 0;
}
