/* How documents become rules; for this room's files only.
 *
 * Sources are value trees: a subschema is known by the address of its source value. */
#ifndef SCHEMAS_CATALOG_COMPILE_H
#define SCHEMAS_CATALOG_COMPILE_H

#include "schemas/catalog/rule.h"

#define SB_META_URI "https://json-schema.org/draft/2020-12/schema"

struct resource { /* what a URI, or a URI and an anchor, names */
    struct sb_bytes uri;
    struct sb_bytes anchor; /* p == NULL: the resource itself */
    const struct sb_value *source;
};

struct document {
    const char *name;
    const struct sb_value *source;
    struct document *next;
};

struct regex_owner {
    struct sb_regex *regex;
    struct regex_owner *next;
};

struct sb_schema_set {
    struct sb_arena *arena;
    struct sb_schema_options options;
    struct document *documents;
    struct sb_schema **schemas; /* after scanning: sorted by source */
    size_t n_schemas;
    size_t room_schemas;
    struct resource *resources;
    size_t n_resources;
    size_t room_resources;
    struct regex_owner *regexes;
    bool wants_meta;
    bool compiled;
};

/* How a keyword's value holds schemas. */
enum shape { SHAPE_PLAIN, SHAPE_SCHEMA, SHAPE_LIST, SHAPE_MAP };

struct build { /* one compilation */
    struct sb_schema_set *set;
    struct sb_schema *at;
    struct sb_err *err;
};

typedef int compile_fn(struct build *b, const struct sb_value *v, struct rule *rule);

struct keyword {
    const char *name;
    enum shape shape;
    enum rule_kind kind;
    unsigned applies;    /* 0: every kind of value */
    compile_fn *compile; /* NULL: structure, annotation, or compiled with another */
};

/* keywords.c: rules first, in the order of evaluation; a NULL name ends the table. */
extern const struct keyword sb_schema_keywords[];
const struct keyword *sb_schema_keyword(struct sb_bytes name);

/* scan.c: registers every subschema, $id and $anchor of a document. */
SB_CHECK int sb_schema_scan(struct sb_schema_set *set,
                            const struct document *doc,
                            struct sb_bytes uri,
                            struct sb_err *err);
/* resolve.c */
SB_CHECK int
sb_schema_resolve(struct build *b, struct sb_bytes ref, const struct sb_schema **out);
/* The schema made from `source`, NULL: none. After sorting. */
struct sb_schema *sb_schema_at(const struct sb_schema_set *set,
                               const struct sb_value *source);
SB_CHECK int sb_schema_find_loops(struct sb_schema_set *set, struct sb_err *err);

/* "file.json#/x: "keyword": why"; returns `code`. */
int sb_schema_refuse(struct build *b, int code, const char *keyword, const char *why);

/* meta.c: our meta-schema, as JSON text. */
extern const char sb_schema_meta[];

#endif
