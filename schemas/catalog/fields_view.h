/* All schemas that judge one place of a value; for the files fields*.c only.
 *
 * Found by following $ref, allOf, anyOf, oneOf, not, if and dependentSchemas from the
 * schemas that the place's name leads to. */
#ifndef SCHEMAS_CATALOG_FIELDS_VIEW_H
#define SCHEMAS_CATALOG_FIELDS_VIEW_H

#include "schemas/catalog/fields.h"
#include "schemas/catalog/rule.h"

#define SB_VIEW_MAX 4096u

struct view {
    struct {
        const struct sb_schema *s;
        bool direct; /* the place's own schema, not one that it refers to */
        bool sure;   /* holds for every alta and correccion */
    } all[SB_VIEW_MAX];
    size_t n;
};

struct fields { /* one build */
    struct sb_arena *arena;
    struct sb_err *err;
    unsigned depth;
};

int sb_fields_no_memory(struct fields *f);
SB_CHECK int sb_view_add(struct fields *f,
                         struct view *w,
                         const struct sb_schema *s,
                         bool direct,
                         bool sure);
/* Adds what the schemas of the view apply to the same place. */
SB_CHECK int sb_view_expand(struct fields *f, struct view *w);
/* 1 when the schemas (direct or not) state a class, 0 when none does, else a code. */
SB_CHECK int
sb_view_class(struct fields *f, const struct view *w, bool direct, enum sb_class *out);
/* Every property that a schema of the view names, sorted, once. */
SB_CHECK int sb_view_names(struct fields *f, const struct view *w, struct names *out);
enum sb_need sb_view_need(const struct view *w, struct sb_bytes name);
void sb_view_types(const struct view *w, struct sb_field *out);
/* The first annotation of that name that holds for every alta and correccion, the
 * direct schemas' before the others'. */
struct sb_bytes sb_view_text(const struct view *w, const char *keyword);

#endif
