/* The compiled form of schemas; for this room's files only.
 *
 * A schema is a short array of rules, evaluated in the order of the table of keywords;
 * the first that fails is the violation. */
#ifndef SCHEMAS_CATALOG_RULE_H
#define SCHEMAS_CATALOG_RULE_H

#include "schemas/catalog/format.h"
#include "schemas/catalog/number.h"
#include "schemas/catalog/regex.h"
#include "schemas/catalog/rule_kind.h"
#include "schemas/catalog/schema.h"

#define TYPE_BIT(t) (1u << (unsigned)(t))
#define ON_NUMBER (TYPE_BIT(SB_INT) | TYPE_BIT(SB_DOUBLE))
#define ON_TEXT TYPE_BIT(SB_STR)
#define ON_ARRAY TYPE_BIT(SB_ARRAY)
#define ON_MAP TYPE_BIT(SB_MAP)

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

#endif
