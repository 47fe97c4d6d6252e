/* The compiled form of schemas; for this room's files only.
 *
 * A schema is a short array of rules, evaluated in the order of the table of keywords;
 * the first that fails is the violation. Sources are value trees: a subschema is known
 * by the address of its source value. */
#ifndef SCHEMAS_CATALOG_SCHEMA_IMPL_H
#define SCHEMAS_CATALOG_SCHEMA_IMPL_H

#include "schemas/catalog/format.h"
#include "schemas/catalog/number.h"
#include "schemas/catalog/regex.h"
#include "schemas/catalog/schema.h"

#define SB_SCHEMA_EFFORT 20000000u /* schemas applied in one validation */
#define SB_SCHEMA_NESTING 512u     /* of subschemas in one validation */
#define SB_META_URI "https://json-schema.org/draft/2020-12/schema"

enum rule_kind {
    RULE_FALSE,
    RULE_TYPE,
    RULE_ENUM,
    RULE_MULTIPLE,
    RULE_MINIMUM,
    RULE_MAXIMUM,
    RULE_ABOVE,
    RULE_BELOW,
    RULE_MIN_LENGTH,
    RULE_MAX_LENGTH,
    RULE_PATTERN,
    RULE_FORMAT,
    RULE_CODES,
    RULE_MIN_ITEMS,
    RULE_MAX_ITEMS,
    RULE_UNIQUE,
    RULE_MIN_PROPERTIES,
    RULE_MAX_PROPERTIES,
    RULE_REQUIRED,
    RULE_DEPENDENT_REQUIRED,
    RULE_PROPERTY_NAMES,
    RULE_OBJECT,
    RULE_PREFIX_ITEMS,
    RULE_ITEMS,
    RULE_CONTAINS,
    RULE_DEPENDENT_SCHEMAS,
    RULE_REF,
    RULE_ALL,
    RULE_ANY,
    RULE_ONE,
    RULE_NOT,
    RULE_IF,
};

struct names { /* sorted, unique */
    struct sb_bytes *all;
    size_t n;
};

struct member { /* a property's name and what it asks for */
    struct sb_bytes name;
    const struct sb_schema *schema;
    struct names names;
};

struct pattern_member {
    const struct sb_regex *regex;
    const struct sb_schema *schema;
};

struct object_rule {        /* properties, patternProperties, additionalProperties */
    struct member *members; /* sorted */
    size_t n;
    struct pattern_member *patterns;
    size_t n_patterns;
    const struct sb_schema *additional; /* NULL: anything */
};

struct rule {
    enum rule_kind kind;
    unsigned applies; /* bits of the kinds of value that it judges */
    const char *keyword;
    union {
        unsigned types;
        struct {
            const struct sb_value *all;
            size_t n;
        } values;
        struct sb_decimal step;
        struct sb_value bound;
        uint64_t count;
        const struct sb_regex *regex;
        sb_format_check *format;
        const struct sb_code_list *codes;
        struct names names;
        const struct sb_schema *schema;
        struct object_rule *object;
        struct {
            struct member *all;
            size_t n;
        } members;
        struct {
            const struct sb_schema **all;
            size_t n;
        } list;
        struct {
            const struct sb_schema *schema;
            uint64_t from;
        } items;
        struct {
            const struct sb_schema *schema;
            uint64_t min;
            uint64_t max;
        } contains;
        struct {
            const struct sb_schema *test;
            const struct sb_schema *yes;
            const struct sb_schema *no;
        } branch;
    } as;
};

struct sb_schema {
    const struct sb_value *source;
    const char *where;    /* "file.json#/pointer" */
    struct sb_bytes base; /* absolute URI without fragment, or empty */
    struct rule *rules;
    size_t n_rules;
    unsigned mark; /* of the search for loops */
};

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

#define TYPE_BIT(t) (1u << (unsigned)(t))
#define ON_NUMBER (TYPE_BIT(SB_INT) | TYPE_BIT(SB_DOUBLE))
#define ON_TEXT TYPE_BIT(SB_STR)
#define ON_ARRAY TYPE_BIT(SB_ARRAY)
#define ON_MAP TYPE_BIT(SB_MAP)

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

/* Evaluation. */
struct place { /* where in the value; the chain is walked only for a report */
    const struct place *up;
    struct sb_bytes key; /* p == NULL: `index` counts */
    size_t index;
    const struct sb_field *field; /* NULL: everything below is held */
};

struct run {
    struct sb_violation *violation;
    unsigned held;
    unsigned quiet; /* > 0: a failure here is not yet the result */
    unsigned nesting;
    unsigned effort;
    int fault; /* SB_E_LIMIT, SB_E_DEPTH, SB_E_MEMORY */
};

bool sb_schema_apply(struct run *r,
                     const struct sb_schema *s,
                     const struct sb_value *v,
                     const struct place *at);
/* Each judges one rule; a false answer with `fault` unset was reported unless quiet. */
bool sb_schema_judge_scalar(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v);
bool sb_schema_judge_array(struct run *r,
                           const struct rule *u,
                           const struct sb_value *v,
                           const struct place *at,
                           bool *reported);
bool sb_schema_judge_object(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v,
                            const struct place *at,
                            bool *reported,
                            struct sb_bytes *name);
bool sb_schema_regex(struct run *r, const struct sb_regex *regex, struct sb_bytes s);

#endif
