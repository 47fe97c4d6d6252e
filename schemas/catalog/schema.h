/* JSON Schema 2020-12: documents compiled once, then asked without looking at JSON.
 *
 * Keywords: type enum const, the bounds of numbers, texts, arrays and objects,
 * multipleOf pattern format, properties patternProperties additionalProperties
 * propertyNames required dependentRequired dependentSchemas, prefixItems items contains
 * minContains maxContains uniqueItems, allOf anyOf oneOf not if/then/else, $ref $id
 * $anchor $defs $schema (2020-12 only). Annotations are accepted and ignored, so are
 * x-clase x-codigos x-unidad x-prioridad without a catalogue. Every other keyword
 * refuses the schema.
 *
 * Lengths count code points, 1.0 equals 1, numbers are compared exactly, patterns are
 * ECMA-262. A schema that can reach itself without descending into the value is
 * refused. The 2020-12 meta-schema is there for $ref (one document of our own that
 * accepts the same schemas). Not here: remote fetching, $dynamicRef, unevaluated*. */
#ifndef SCHEMAS_CATALOG_SCHEMA_H
#define SCHEMAS_CATALOG_SCHEMA_H

#include "schemas/pack/value.h"

struct sb_schema_set; /* documents that may refer to each other */
struct sb_schema;     /* one schema or subschema; lives as long as its set */
struct sb_code_list;  /* a code list: schemas/catalog/codes.h */
struct sb_field;      /* classes of a type's fields: schemas/catalog/fields.h */

#define SB_POINTER_MAX 512u

struct sb_violation {             /* the first one, in the order of evaluation */
    char pointer[SB_POINTER_MAX]; /* RFC 6901, into the value; cut when longer */
    const char *rule;             /* the keyword; static */
    const char *where;            /* its place: "file.json#/properties/x/minimum"'s
                                     schema, without the keyword; lives with the set */
    const char *kind;             /* kind of the value there; static */
    struct sb_bytes name;         /* the property that is missing or one too many by
                                     required; empty otherwise; lives with the set */
};

struct sb_schema_options {
    bool assert_format; /* an unknown format then refuses the schema */
    /* NULL: x-codigos is an annotation. Else the list of that name, NULL: none. */
    const struct sb_code_list *(*codes)(void *context, struct sb_bytes name);
    void *codes_context;
};

SB_CHECK int sb_schema_set_new(struct sb_schema_set **out,
                               const struct sb_schema_options *options,
                               struct sb_err *err);
void sb_schema_set_free(struct sb_schema_set *set); /* takes NULL */

/* Reads one document; `name` (copied) is how messages call it, `uri` (copied, may be
 * empty) its address when it has no $id. SB_E_SCHEMA_JSON, _KEYWORD, _VALUE, _REF. */
SB_CHECK int sb_schema_set_add(struct sb_schema_set *set,
                               const char *name,
                               struct sb_bytes uri,
                               struct sb_bytes json,
                               struct sb_err *err);
/* Compiles every document; nothing can be added afterwards. */
SB_CHECK int sb_schema_set_compile(struct sb_schema_set *set, struct sb_err *err);
/* The root of the document of that name, NULL: none. After compile. */
const struct sb_schema *sb_schema_set_root(const struct sb_schema_set *set,
                                           const char *name);

/* The value of a keyword of the schema itself, as it was written (for annotations such
 * as title or x-unidad); NULL: it has none. */
const struct sb_value *sb_schema_note(const struct sb_schema *schema,
                                      const char *keyword);

/* 0: valid. SB_E_INVALID: `violation` (may be NULL) says where, err in words, neither
 * holds the value. SB_E_LIMIT, SB_E_DEPTH, SB_E_MEMORY: could not be decided. Safe from
 * several threads at once. */
SB_CHECK int sb_schema_validate(const struct sb_schema *schema,
                                const struct sb_value *value,
                                struct sb_violation *violation,
                                struct sb_err *err);

/* As above for a reader who holds only the classes in `held`: properties that
 * `required` and dependentRequired name and that are of another class, by `field` (the
 * root's, from the catalogue), may be missing. */
SB_CHECK int sb_schema_validate_held(const struct sb_schema *schema,
                                     const struct sb_value *value,
                                     const struct sb_field *field,
                                     unsigned held,
                                     struct sb_violation *violation,
                                     struct sb_err *err);

#endif
