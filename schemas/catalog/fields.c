/* Purpose: derive the tree of fields from a compiled schema.
 * Invariant: `classes` of a field is its own class and all below it. */
#include "schemas/catalog/fields.h"

#include <stdlib.h>

#include "schemas/base/limits.h"
#include "schemas/catalog/fields_view.h"

static int compare_field(const void *name, const void *field)
{
    const struct sb_field *f = field;
    return sb_bytes_cmp(*(const struct sb_bytes *)name, f->name);
}

static struct sb_field *child(const struct sb_field *f, struct sb_bytes name)
{
    if (!f || f->n == 0)
        return NULL;
    return bsearch(&name, f->children, f->n, sizeof *f->children, compare_field);
}

const struct sb_field *sb_field_child(const struct sb_field *f, struct sb_bytes name)
{
    return child(f, name);
}

unsigned sb_field_classes(const struct sb_field *f, struct sb_bytes name)
{
    const struct sb_field *c = child(f, name);
    return c ? c->classes : SB_CLASS_BIT(f->cls);
}

/* The class of a pattern's or unnamed properties cannot be told from its name. */
static int refuse_class(struct fields *f, const struct sb_schema *s)
{
    if (!s || !sb_schema_note(s, "x-clase"))
        return 0;
    return sb_fail(f->err,
                   SB_E_SCHEMA_VALUE,
                   "%s: \"x-clase\": only a property with a name or an array's items "
                   "can have a class",
                   s->where);
}

static int collect_member(struct fields *f,
                          const struct object_rule *o,
                          struct sb_bytes name,
                          bool sure,
                          struct view *to)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->n; i++)
        if (sb_bytes_eq(o->members[i].name, name))
            rc = sb_view_add(f, to, o->members[i].schema, true, sure);
    return rc;
}

/* The schemas of the member `name`, or of the elements when name.p is NULL. */
static int collect(struct fields *f,
                   const struct view *from,
                   struct sb_bytes name,
                   struct view *to)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->n; i++) {
        const struct sb_schema *s = from->all[i].s;
        bool sure = from->all[i].sure;
        for (size_t j = 0; rc == 0 && j < s->n_rules; j++) {
            const struct rule *u = &s->rules[j];
            if (name.p && u->kind == RULE_OBJECT) {
                rc = collect_member(f, u->as.object, name, sure, to);
            } else if (!name.p && u->kind == RULE_ITEMS) {
                rc = sb_view_add(f, to, u->as.items.schema, true, sure);
            } else if (!name.p && u->kind == RULE_PREFIX_ITEMS) {
                for (size_t k = 0; rc == 0 && k < u->as.list.n; k++)
                    rc = sb_view_add(f, to, u->as.list.all[k], true, false);
            }
        }
    }
    return rc;
}

static int check_unnamed(struct fields *f, const struct view *w)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        const struct sb_schema *s = w->all[i].s;
        for (size_t j = 0; rc == 0 && j < s->n_rules; j++) {
            if (s->rules[j].kind != RULE_OBJECT)
                continue;
            const struct object_rule *o = s->rules[j].as.object;
            rc = refuse_class(f, o->additional);
            for (size_t k = 0; rc == 0 && k < o->n_patterns; k++)
                rc = refuse_class(f, o->patterns[k].schema);
        }
    }
    return rc;
}

static int build(struct fields *f, struct view *w, struct sb_field *out);

static int build_below(struct fields *f,
                       const struct view *w,
                       const struct sb_field *up,
                       struct sb_field *out)
{
    struct view *mine = calloc(1, sizeof *mine);
    int rc = mine ? collect(f, w, out->name, mine) : sb_fields_no_memory(f);
    out->cls = up->cls;
    if (!out->name.p)
        out->path = sb_arena_str(f->arena, "%s[]", up->path);
    else if (*up->path)
        out->path = sb_arena_str(f->arena, "%s.%.*s", up->path, SB_FMT(out->name));
    else
        out->path = sb_arena_str(f->arena, "%.*s", SB_FMT(out->name));
    if (rc == 0 && !out->path)
        rc = sb_fields_no_memory(f);
    if (rc == 0 && f->depth == SB_DEPTH_MAX)
        rc = sb_fail(f->err, SB_E_DEPTH, "%s: the fields nest too deep", out->path);
    f->depth++;
    if (rc == 0)
        rc = build(f, mine, out);
    f->depth--;
    free(mine);
    return rc;
}

/* calidad's members are its siblings, with their classes. */
static int link_reasons(struct fields *f, struct sb_field *object)
{
    struct sb_field *reasons = child(object, sb_bytes_str("calidad"));
    if (!reasons || (reasons->types && !(reasons->types & ON_MAP)))
        return 0;
    struct sb_field *all = sb_arena_alloc(f->arena, object->n, sizeof *all);
    if (!all)
        return sb_fields_no_memory(f);
    reasons->reasons = true;
    reasons->cls = object->cls;
    reasons->classes = 0;
    reasons->n = 0;
    for (size_t i = 0; i < object->n; i++) {
        const struct sb_field *field = &object->children[i];
        if (field == reasons)
            continue;
        struct sb_field *r = &all[reasons->n++];
        *r = (struct sb_field){.name = field->name,
                               .cls = field->cls,
                               .classes = SB_CLASS_BIT(field->cls),
                               .types = ON_TEXT,
                               .type = "string"};
        r->path = sb_arena_str(f->arena, "%s.%.*s", reasons->path, SB_FMT(field->name));
        if (!r->path)
            return sb_fields_no_memory(f);
        reasons->classes |= r->classes;
    }
    if (reasons->classes == 0)
        reasons->classes = SB_CLASS_BIT(object->cls);
    reasons->children = all;
    return 0;
}

static int build_children(struct fields *f, const struct view *w, struct sb_field *out)
{
    struct names names = {0};
    int rc = sb_view_names(f, w, &names);
    if (rc != 0 || names.n == 0)
        return rc;
    out->children = sb_arena_alloc(f->arena, names.n, sizeof *out->children);
    if (!out->children)
        return sb_fields_no_memory(f);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        struct sb_field *c = &out->children[i];
        c->name = names.all[i];
        c->need = sb_view_need(w, c->name);
        rc = build_below(f, w, out, c);
        out->n++;
    }
    if (rc == 0)
        rc = link_reasons(f, out);
    for (size_t i = 0; i < out->n; i++)
        out->classes |= out->children[i].classes;
    return rc;
}

static bool has_items(const struct view *w)
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < w->all[i].s->n_rules; j++)
            if (w->all[i].s->rules[j].kind == RULE_ITEMS ||
                w->all[i].s->rules[j].kind == RULE_PREFIX_ITEMS)
                return true;
    return false;
}

static int build_items(struct fields *f, const struct view *w, struct sb_field *out)
{
    if (!has_items(w))
        return 0;
    struct sb_field *items = sb_arena_alloc(f->arena, 1, sizeof *items);
    if (!items)
        return sb_fields_no_memory(f);
    int rc = build_below(f, w, out, items);
    if (rc != 0)
        return rc;
    if (items->cls != out->cls && items->n == 0 && !items->items)
        return sb_fail(
            f->err,
            SB_E_SCHEMA_VALUE,
            "%s: \"x-clase\": elements that are no objects have the class of "
            "their array",
            items->path);
    out->items = items;
    out->classes |= items->classes;
    return 0;
}

static int build(struct fields *f, struct view *w, struct sb_field *out)
{
    int rc = sb_view_expand(f, w);
    if (rc == 0)
        rc = sb_view_class(f, w, true, &out->cls);
    if (rc == 0)
        rc = sb_view_class(f, w, false, &out->cls);
    if (rc < 0)
        return rc;
    out->classes = SB_CLASS_BIT(out->cls);
    sb_view_types(w, out);
    out->codes = sb_view_text(w, "x-codigos");
    out->unit = sb_view_text(w, "x-unidad");
    out->title = sb_view_text(w, "title");
    rc = check_unnamed(f, w);
    if (rc == 0)
        rc = build_children(f, w, out);
    return rc == 0 ? build_items(f, w, out) : rc;
}

int sb_fields_build(struct sb_field *root,
                    const struct sb_schema *schema,
                    struct sb_arena *arena,
                    struct sb_err *err)
{
    static const char *const everywhere[] = {"operacion", "id_local"};
    struct fields f = {arena, err, 0};
    struct view *w = calloc(1, sizeof *w);
    enum sb_class c;
    *root = (struct sb_field){.path = ""};
    if (!w)
        return sb_fields_no_memory(&f);
    int rc = sb_view_add(&f, w, schema, true, true);
    if (rc == 0)
        rc = sb_view_class(&f, w, true, &c);
    if (rc == 0)
        rc = sb_fail(
            err, SB_E_SCHEMA_VALUE, "%s: the type has no \"x-clase\"", schema->where);
    if (rc > 0)
        rc = build(&f, w, root);
    free(w);
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        struct sb_field *e = child(root, sb_bytes_str(everywhere[i]));
        if (!e || e->n || e->items)
            return sb_fail(err,
                           SB_E_SCHEMA_VALUE,
                           "%s: a type has the plain properties operacion and id_local",
                           schema->where);
        e->everywhere = true;
        e->classes = SB_CLASS_ALL;
    }
    return rc;
}
