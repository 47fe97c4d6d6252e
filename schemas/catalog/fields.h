/* The fields of an event type: where they stand, their class, what they hold.
 *
 * A tree that follows the type's properties; the element of an array is its `items`.
 * The class of a property that the schema does not name is that of the object it stands
 * in. `calidad` is special: its members are the other fields of the same object and
 * have their classes. */
#ifndef SCHEMAS_CATALOG_FIELDS_H
#define SCHEMAS_CATALOG_FIELDS_H

#include "schemas/catalog/class.h"
#include "schemas/catalog/schema.h"

enum sb_need {
    SB_NEED_NONE = 0,
    SB_NEED_REASON, /* an alta or correccion has it, or its reason in calidad */
    SB_NEED_ALWAYS, /* every event has it */
};

struct sb_field {          /* plain data; lives as long as its catalogue */
    struct sb_bytes name;  /* empty for the root and for elements */
    const char *path;      /* "personas[].edad", "" for the root */
    enum sb_class cls;     /* its own class, and the default below it */
    unsigned classes;      /* bits: its own and all below; whose sections it is in */
    unsigned types;        /* bits of enum sb_value_type; 0: any */
    const char *type;      /* "integer" and so on, "any" */
    enum sb_need need;     /* within its object */
    bool reasons;          /* this is a `calidad` */
    bool everywhere;       /* operacion, id_local: equal in every section */
    struct sb_bytes codes; /* x-codigos, or empty */
    struct sb_bytes unit;  /* x-unidad, or empty */
    struct sb_bytes title;
    struct sb_field *children; /* sorted by name */
    size_t n;
    struct sb_field *items; /* NULL: no array, or one of any elements */
};

/* Fills the tree from a type's compiled schema. Errors: SB_E_SCHEMA_VALUE (no class, or
 * classes that contradict each other), SB_E_DEPTH, SB_E_MEMORY. */
SB_CHECK int sb_fields_build(struct sb_field *root,
                             const struct sb_schema *schema,
                             struct sb_arena *arena,
                             struct sb_err *err);

/* The named member, NULL when it is not known or `f` is NULL. */
const struct sb_field *sb_field_child(const struct sb_field *f, struct sb_bytes name);
/* In whose sections a member of that name stands. */
unsigned sb_field_classes(const struct sb_field *f, struct sb_bytes name);

#endif
