/* Purpose: the table of keywords, and those that judge a value by itself.
 * Invariant: the table's order is the order of evaluation. */
#include "schemas/catalog/compile.h"

#include <math.h>
#include <stdlib.h>

#include "schemas/catalog/keyword.h"

static const char *const type_names[] = {
    "null", "boolean", "integer", "number", "string", "array", "object"};

static bool type_bits(const struct sb_value *v, unsigned *bits)
{
    for (unsigned i = 0; v->type == SB_STR && i < 7; i++) {
        if (!sb_bytes_is(v->as.s, type_names[i]))
            continue;
        *bits |= i == SB_DOUBLE ? ON_NUMBER : TYPE_BIT(i);
        return true;
    }
    return false;
}

static int compile_type(struct build *b, const struct sb_value *v, struct rule *u)
{
    bool fine = v->type == SB_ARRAY ? v->as.a.n > 0 : type_bits(v, &u->as.types);
    for (size_t i = 0; v->type == SB_ARRAY && fine && i < v->as.a.n; i++) {
        const struct sb_value *item = &v->as.a.items[i];
        fine = type_bits(item, &u->as.types);
        for (size_t j = 0; fine && j < i; j++)
            fine = !sb_value_eq(item, &v->as.a.items[j]);
    }
    if (fine)
        return 0;
    return sb_schema_refuse(b,
                            SB_E_SCHEMA_VALUE,
                            "type",
                            "must be null, boolean, integer, number, string, array, "
                            "object, or an array of them without repeats");
}

static int compile_enum(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (v->type != SB_ARRAY)
        return sb_schema_refuse(b, SB_E_SCHEMA_VALUE, "enum", "must be an array");
    u->as.values.all = v->as.a.items;
    u->as.values.n = v->as.a.n;
    return 0;
}

static int compile_const(struct build *b, const struct sb_value *v, struct rule *u)
{
    (void)b;
    u->as.values.all = v;
    u->as.values.n = 1;
    return 0;
}

static bool is_number(const struct sb_value *v)
{
    return v->type == SB_INT || v->type == SB_DOUBLE;
}

static int compile_bound(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (!is_number(v))
        return sb_schema_refuse(b, SB_E_SCHEMA_VALUE, u->keyword, "must be a number");
    u->as.bound = *v;
    return 0;
}

static int compile_multiple(struct build *b, const struct sb_value *v, struct rule *u)
{
    struct sb_value zero = sb_value_int(0);
    if (!is_number(v) || sb_number_cmp(v, &zero) <= 0)
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, "multipleOf", "must be a number above 0");
    u->as.step = sb_number_decimal(v);
    return 0;
}

int sb_keyword_count(struct build *b,
                     const char *keyword,
                     const struct sb_value *v,
                     uint64_t *out)
{
    if (v->type == SB_INT && v->as.i >= 0)
        *out = (uint64_t)v->as.i;
    else if (v->type == SB_DOUBLE && v->as.d > 0 && v->as.d == trunc(v->as.d))
        *out = UINT64_MAX; /* beyond int64: no value has as many */
    else
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, keyword, "must be an integer, 0 or more");
    return 0;
}

static int compile_count(struct build *b, const struct sb_value *v, struct rule *u)
{
    return sb_keyword_count(b, u->keyword, v, &u->as.count);
}

static int compile_unique(struct build *b, const struct sb_value *v, struct rule *u)
{
    (void)u;
    if (v->type != SB_BOOL)
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, "uniqueItems", "must be true or false");
    return v->as.b ? 0 : 1;
}

int sb_keyword_regex(struct build *b,
                     const char *keyword,
                     struct sb_bytes pattern,
                     const struct sb_regex **out)
{
    struct sb_err why = {0};
    struct sb_regex *regex = NULL;
    struct regex_owner *owner = sb_arena_alloc(b->set->arena, 1, sizeof *owner);
    if (!owner)
        return sb_fail(b->err, SB_E_MEMORY, "out of memory while reading a schema");
    int rc = sb_regex_new(&regex, pattern, &why);
    if (rc != 0)
        return sb_fail(b->err,
                       rc,
                       "%s: \"%s\": \"%.*s\": %s",
                       b->at->where,
                       keyword,
                       SB_FMT(pattern),
                       why.text);
    *owner = (struct regex_owner){regex, b->set->regexes};
    b->set->regexes = owner;
    *out = regex;
    return 0;
}

static int compile_pattern(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (v->type != SB_STR)
        return sb_schema_refuse(b, SB_E_SCHEMA_VALUE, "pattern", "must be a string");
    return sb_keyword_regex(b, "pattern", v->as.s, &u->as.regex);
}

static int compile_format(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (v->type != SB_STR)
        return sb_schema_refuse(b, SB_E_SCHEMA_VALUE, "format", "must be a string");
    if (!b->set->options.assert_format)
        return 1;
    u->as.format = sb_format_find(v->as.s);
    if (!u->as.format)
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, "format", "this format cannot be checked");
    return 0;
}

static int compile_codes(struct build *b, const struct sb_value *v, struct rule *u)
{
    if (v->type != SB_STR)
        return sb_schema_refuse(
            b, SB_E_SCHEMA_VALUE, "x-codigos", "must be a list's name");
    if (!b->set->options.codes)
        return 1;
    u->as.codes = b->set->options.codes(b->set->options.codes_context, v->as.s);
    if (!u->as.codes)
        return sb_schema_refuse(b,
                                SB_E_SCHEMA_VALUE,
                                "x-codigos",
                                "the catalogue has no list of this name");
    return 0;
}

#define ROW(name, shape, kind, applies, compile)                                       \
    {                                                                                  \
        name, shape, kind, applies, compile                                            \
    }
#define NOTE(name)                                                                     \
    {                                                                                  \
        name, SHAPE_PLAIN, RULE_FALSE, 0, NULL                                         \
    }
#define PART(name, shape)                                                              \
    {                                                                                  \
        name, shape, RULE_FALSE, 0, NULL                                               \
    }

const struct keyword sb_schema_keywords[] = {
    ROW("type", SHAPE_PLAIN, RULE_TYPE, 0, compile_type),
    ROW("const", SHAPE_PLAIN, RULE_ENUM, 0, compile_const),
    ROW("enum", SHAPE_PLAIN, RULE_ENUM, 0, compile_enum),
    ROW("multipleOf", SHAPE_PLAIN, RULE_MULTIPLE, ON_NUMBER, compile_multiple),
    ROW("minimum", SHAPE_PLAIN, RULE_MINIMUM, ON_NUMBER, compile_bound),
    ROW("maximum", SHAPE_PLAIN, RULE_MAXIMUM, ON_NUMBER, compile_bound),
    ROW("exclusiveMinimum", SHAPE_PLAIN, RULE_ABOVE, ON_NUMBER, compile_bound),
    ROW("exclusiveMaximum", SHAPE_PLAIN, RULE_BELOW, ON_NUMBER, compile_bound),
    ROW("minLength", SHAPE_PLAIN, RULE_MIN_LENGTH, ON_TEXT, compile_count),
    ROW("maxLength", SHAPE_PLAIN, RULE_MAX_LENGTH, ON_TEXT, compile_count),
    ROW("pattern", SHAPE_PLAIN, RULE_PATTERN, ON_TEXT, compile_pattern),
    ROW("format", SHAPE_PLAIN, RULE_FORMAT, ON_TEXT, compile_format),
    ROW("x-codigos",
        SHAPE_PLAIN,
        RULE_CODES,
        ON_TEXT | TYPE_BIT(SB_INT),
        compile_codes),
    ROW("minItems", SHAPE_PLAIN, RULE_MIN_ITEMS, ON_ARRAY, compile_count),
    ROW("maxItems", SHAPE_PLAIN, RULE_MAX_ITEMS, ON_ARRAY, compile_count),
    ROW("uniqueItems", SHAPE_PLAIN, RULE_UNIQUE, ON_ARRAY, compile_unique),
    ROW("minProperties", SHAPE_PLAIN, RULE_MIN_PROPERTIES, ON_MAP, compile_count),
    ROW("maxProperties", SHAPE_PLAIN, RULE_MAX_PROPERTIES, ON_MAP, compile_count),
    ROW("required", SHAPE_PLAIN, RULE_REQUIRED, ON_MAP, sb_keyword_required),
    ROW("dependentRequired",
        SHAPE_PLAIN,
        RULE_DEPENDENT_REQUIRED,
        ON_MAP,
        sb_keyword_dependent_required),
    ROW("propertyNames", SHAPE_SCHEMA, RULE_PROPERTY_NAMES, ON_MAP, sb_keyword_schema),
    ROW("properties", SHAPE_MAP, RULE_OBJECT, ON_MAP, sb_keyword_object),
    ROW("patternProperties", SHAPE_MAP, RULE_OBJECT, ON_MAP, sb_keyword_object),
    ROW("additionalProperties", SHAPE_SCHEMA, RULE_OBJECT, ON_MAP, sb_keyword_object),
    ROW("prefixItems", SHAPE_LIST, RULE_PREFIX_ITEMS, ON_ARRAY, sb_keyword_list),
    ROW("items", SHAPE_SCHEMA, RULE_ITEMS, ON_ARRAY, sb_keyword_items),
    ROW("contains", SHAPE_SCHEMA, RULE_CONTAINS, ON_ARRAY, sb_keyword_contains),
    ROW("dependentSchemas",
        SHAPE_MAP,
        RULE_DEPENDENT_SCHEMAS,
        ON_MAP,
        sb_keyword_dependent_schemas),
    ROW("$ref", SHAPE_PLAIN, RULE_REF, 0, sb_keyword_ref),
    ROW("allOf", SHAPE_LIST, RULE_ALL, 0, sb_keyword_list),
    ROW("anyOf", SHAPE_LIST, RULE_ANY, 0, sb_keyword_list),
    ROW("oneOf", SHAPE_LIST, RULE_ONE, 0, sb_keyword_list),
    ROW("not", SHAPE_SCHEMA, RULE_NOT, 0, sb_keyword_schema),
    ROW("if", SHAPE_SCHEMA, RULE_IF, 0, sb_keyword_if),
    ROW("minContains", SHAPE_PLAIN, RULE_FALSE, 0, sb_keyword_unused_count),
    ROW("maxContains", SHAPE_PLAIN, RULE_FALSE, 0, sb_keyword_unused_count),
    PART("then", SHAPE_SCHEMA),
    PART("else", SHAPE_SCHEMA),
    PART("$defs", SHAPE_MAP),
    NOTE("$schema"),
    NOTE("$id"),
    NOTE("$anchor"),
    NOTE("$comment"),
    NOTE("title"),
    NOTE("description"),
    NOTE("default"),
    NOTE("examples"),
    NOTE("deprecated"),
    NOTE("readOnly"),
    NOTE("writeOnly"),
    NOTE("contentEncoding"),
    NOTE("contentMediaType"),
    PART("contentSchema", SHAPE_SCHEMA),
    NOTE("x-clase"),
    NOTE("x-unidad"),
    NOTE("x-prioridad"),
    {0},
};

const struct keyword *sb_schema_keyword(struct sb_bytes name)
{
    for (const struct keyword *k = sb_schema_keywords; k->name; k++)
        if (sb_bytes_is(name, k->name))
            return k;
    return NULL;
}
