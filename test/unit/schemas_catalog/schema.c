/* schemas.catalog.schema: each keyword's corners, references, refusals, reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "schemas/catalog/json.h"
#include "schemas/catalog/schema.h"

struct row {
    const char *schema;
    const char *value;
    int want; /* 0 or a code */
};

/* Loads, compiles and validates; the violation of an invalid value in *w. */
static int judge(const struct row *r, struct sb_violation *w, struct sb_err *err)
{
    struct sb_schema_set *set = NULL;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    int rc = sb_json_to_value(sb_bytes_str(r->value), arena, &v, err);
    assert_int_equal(rc, 0);
    assert_int_equal(sb_schema_set_new(&set, NULL, err), 0);
    rc = sb_schema_set_add(set, "s", sb_bytes(NULL, 0), sb_bytes_str(r->schema), err);
    if (rc == 0)
        rc = sb_schema_set_compile(set, err);
    if (rc == 0)
        rc = sb_schema_validate(sb_schema_set_root(set, "s"), &v, w, err);
    if (w)
        w->where = NULL; /* dies with the set */
    if (w)
        w->name = sb_bytes(NULL, 0);
    sb_schema_set_free(set);
    sb_arena_free(arena);
    return rc;
}

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sb_err err = {0};
        int rc = judge(&rows[i], NULL, &err);
        if (rc != rows[i].want)
            print_error(
                "%s\n  %s\n  -> %d %s\n", rows[i].schema, rows[i].value, rc, err.text);
        assert_int_equal(rc, rows[i].want);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))
#define NO SB_E_INVALID

static void types_and_equality(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"true", "1", 0},
        {"false", "1", NO},
        {"{}", "null", 0},
        {"{\"type\":\"integer\"}", "1.0", 0},
        {"{\"type\":\"integer\"}", "1.5", NO},
        {"{\"type\":\"integer\"}", "1e30", 0},
        {"{\"type\":\"number\"}", "7", 0},
        {"{\"type\":[\"null\",\"string\"]}", "null", 0},
        {"{\"type\":[\"null\",\"string\"]}", "0", NO},
        {"{\"const\":1}", "1.0", 0},
        {"{\"const\":1}", "true", NO},
        {"{\"const\":[false]}", "[0]", NO},
        {"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2.0,\"a\":1}", 0},
        {"{\"const\":9007199254740993}", "9007199254740992", NO},
        {"{\"enum\":[{\"$ref\":\"#/x\"},null]}", "{\"$ref\":\"#/x\"}", 0},
        {"{\"enum\":[]}", "1", NO},
        {"{\"uniqueItems\":true}", "[1,1.0]", NO},
        {"{\"uniqueItems\":true}", "[1,true,\"1\",[1],{\"a\":1},{\"a\":true}]", 0},
        {"{\"uniqueItems\":true}", "[{\"a\":[1,2]},3,{\"a\":[1,2.0]}]", NO},
        {"{\"uniqueItems\":false}", "[1,1]", 0},
    };
    CHECK(rows);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"minimum\":9223372036854775807}", "9223372036854775806", NO},
        {"{\"maximum\":9223372036854775807}", "9223372036854775808", NO},
        {"{\"exclusiveMaximum\":9007199254740993}", "9007199254740992", 0},
        {"{\"exclusiveMinimum\":9007199254740992.0}", "9007199254740993", 0},
        {"{\"exclusiveMaximum\":0.5}", "0", 0},
        {"{\"exclusiveMinimum\":-0.5}", "0", 0},
        {"{\"exclusiveMinimum\":3}", "3.0", NO},
        {"{\"maximum\":1e300}", "9223372036854775807", 0},
        {"{\"multipleOf\":0.01}", "19.99", 0},
        {"{\"multipleOf\":0.0001}", "0.00751", NO},
        {"{\"multipleOf\":1e-8}", "12391239123", 0},
        {"{\"multipleOf\":0.5}", "1e308", 0},
        {"{\"multipleOf\":0.123456789}", "1e308", NO},
        {"{\"multipleOf\":3}", "9223372036854775806", 0},
        {"{\"multipleOf\":1e20}", "5", NO},
        {"{\"multipleOf\":2.5}", "-7.5", 0},
        {"{\"multipleOf\":2}", "0", 0},
        {"{\"multipleOf\":0}", "0", SB_E_SCHEMA_VALUE},
        {"{\"minimum\":\"1\"}", "0", SB_E_SCHEMA_VALUE},
    };
    CHECK(rows);
}

static void lengths_and_patterns(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"maxLength\":2}", "\"\\ud83d\\udca9\\ud83d\\udca9\"", 0},
        {"{\"minLength\":2}", "\"\\ud83d\\udca9\"", NO},
        {"{\"maxLength\":2.0}", "\"abc\"", NO},
        {"{\"maxLength\":-1}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"a+\"}", "\"xxaayy\"", 0},
        {"{\"pattern\":\"^abc$\"}", "\"abc\\n\"", NO},
        {"{\"pattern\":\"^\\\\d$\"}", "\"\xdf\x80\"", NO},
        {"{\"pattern\":\"^\\\\w$\"}", "\"\xc3\xa9\"", NO},
        {"{\"pattern\":\"^\\\\W$\"}", "\"\xc3\xa9\"", 0},
        {"{\"pattern\":\"^[\\\\s]\\\\s$\"}", "\"\\u00a0\\ufeff\"", 0},
        {"{\"pattern\":\"^[^\\\\S]$\"}", "\"\\u2003\"", 0},
        {"{\"pattern\":\"^\\\\S$\"}", "\"\\u2003\"", NO},
        {"{\"pattern\":\"^.$\"}", "\"\\u2028\"", NO},
        {"{\"pattern\":\"^\\\\p{Letter}+$\"}", "\"\xc3\xa9t\xc3\xa9\"", 0},
        {"{\"pattern\":\"^\\\\p{Script=Greek}$\"}", "\"\xcf\x80\"", 0},
        {"{\"pattern\":\"^\\\\u{1F432}*$\"}", "\"\\ud83d\\udc32\\ud83d\\udc32\"", 0},
        {"{\"pattern\":\"^\\\\cI\\\\x41\\\\u0042\\\\0$\"}", "\"\\tAB\\u0000\"", 0},
        {"{\"pattern\":\"^(?<n>a)\\\\k<n>\\\\1$\"}", "\"aaa\"", 0},
        {"{\"pattern\":\"^[[:a]$\"}", "\":\"", 0},
        {"{\"pattern\":\"^\\\\v$\"}", "\"\\u000b\"", 0},
        {"{\"pattern\":\"^\\\\v$\"}", "\"\\n\"", NO},
        {"{\"pattern\":\"^[^]$\"}", "\"\\n\"", 0},
        {"{\"pattern\":\"\\\\Z\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"\\\\a\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"a++\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"(?i)a\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"(*UTF)\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"[a\"}", "\"\"", SB_E_SCHEMA_VALUE},
        {"{\"pattern\":\"^(([a-z])+.)+[A-Z]([a-z])+$\"}",
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
         SB_E_LIMIT},
    };
    CHECK(rows);
}

static void objects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"properties\":{\"a\":false},\"additionalProperties\":false}", "{}", 0},
        {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
         "{\"a\":1,\"b\":1}",
         NO},
        {"{\"patternProperties\":{\"^v\":{\"type\":\"string\"}},"
         "\"additionalProperties\":false}",
         "{\"v1\":\"x\"}",
         0},
        {"{\"properties\":{\"a\":true},\"patternProperties\":{\"a\":{\"type\":\"null\"}"
         "}}",
         "{\"a\":1}",
         NO},
        {"{\"additionalProperties\":{\"type\":\"null\"},\"allOf\":[{\"properties\":"
         "{\"a\":true}}]}",
         "{\"a\":1}",
         NO},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", NO},
        {"{\"propertyNames\":false}", "{}", 0},
        {"{\"required\":[\"__proto__\",\"a\"]}", "{\"a\":null}", NO},
        {"{\"required\":[\"a\"]}", "[]", 0},
        {"{\"required\":[\"a\",\"a\"]}", "{}", SB_E_SCHEMA_VALUE},
        {"{\"minProperties\":1}", "{}", NO},
        {"{\"maxProperties\":0}", "{\"a\":1}", NO},
        {"{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{\"a\":1,\"b\":1}", NO},
        {"{\"dependentRequired\":{\"a\":[]}}", "{\"a\":1}", 0},
        {"{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}",
         "{\"a\":1,\"b\":1}",
         NO},
        {"{\"properties\":{\"$ref\":{\"type\":\"string\"},\"required\":true}}",
         "{\"$ref\":1}",
         NO},
    };
    CHECK(rows);
}

static void arrays(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"prefixItems\":[{\"type\":\"integer\"}],\"items\":false}", "[1]", 0},
        {"{\"prefixItems\":[{\"type\":\"integer\"}],\"items\":false}", "[1,2]", NO},
        {"{\"prefixItems\":[true,{\"type\":\"null\"}]}", "[1]", 0},
        {"{\"items\":{\"type\":\"integer\"}}", "{\"0\":\"x\"}", 0},
        {"{\"contains\":{\"const\":5}}", "[3,5.0]", 0},
        {"{\"contains\":{\"const\":5}}", "[]", NO},
        {"{\"contains\":{\"const\":5},\"minContains\":0}", "[]", 0},
        {"{\"contains\":{\"const\":5},\"minContains\":2}", "[5]", NO},
        {"{\"contains\":{\"const\":5},\"maxContains\":1}", "[5,5]", NO},
        {"{\"contains\":{\"const\":5},\"minContains\":2,\"maxContains\":1}",
         "[5,5]",
         NO},
        {"{\"minContains\":3,\"maxContains\":0}", "[1]", 0},
        {"{\"items\":[true]}", "[]", SB_E_SCHEMA_VALUE},
        {"{\"minItems\":2,\"maxItems\":3.0}", "[1]", NO},
        {"{\"maxItems\":2}", "\"abc\"", 0},
    };
    CHECK(rows);
}

static void logic(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"allOf\":[true,{\"minimum\":2}]}", "1", NO},
        {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1.5", NO},
        {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "2.5", 0},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "3", NO},
        {"{\"oneOf\":[true,false]}", "3", 0},
        {"{\"not\":{}}", "3", NO},
        {"{\"not\":{\"not\":{\"type\":\"integer\"}}}", "3", 0},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},\"else\":false}",
         "3",
         NO},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},\"else\":false}",
         "-2",
         NO},
        {"{\"then\":false,\"else\":false}", "1", 0},
        {"{\"if\":false}", "1", 0},
        {"{\"anyOf\":[]}", "1", SB_E_SCHEMA_VALUE},
    };
    CHECK(rows);
}

static void references(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"additionalProperties\":false}",
         "{\"a\":{\"b\":1}}",
         NO},
        {"{\"$defs\":{\"a~b/c%d\\\"\":{\"type\":\"null\"}},"
         "\"$ref\":\"#/$defs/a~0b~1c%25d%22\"}",
         "1",
         NO},
        {"{\"$ref\":\"#/$defs/"
         "a\",\"maxItems\":1,\"$defs\":{\"a\":{\"type\":\"array\"}}}",
         "[1,2]",
         NO},
        {"{\"$ref\":\"#x\",\"$defs\":{\"a\":{\"$anchor\":\"x\",\"type\":\"null\"}}}",
         "1",
         NO},
        {"{\"$id\":\"http://a.example/d/s\",\"$ref\":\"../e/t\",\"$defs\":{\"t\":"
         "{\"$id\":\"/e/t\",\"type\":\"null\"}}}",
         "1",
         NO},
        {"{\"$id\":\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed\",\"$ref\":"
         "\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed#/$defs/a\","
         "\"$defs\":{\"a\":{\"type\":\"null\"}}}",
         "1",
         NO},
        {"{\"$ref\":\"#/$defs//$defs/\",\"$defs\":{\"\":{\"$defs\":{\"\":{\"type\":"
         "\"null\"}}}}}",
         "1",
         NO},
        {"{\"$id\":\"file:///folder/file.json\",\"$ref\":\"#/$defs/"
         "a\",\"$defs\":{\"a\":"
         "{\"type\":\"null\"}}}",
         "1",
         NO},
        {"{\"$ref\":\"http://x.example/if\",\"if\":{\"$id\":\"http://x.example/if\","
         "\"type\":\"null\"}}",
         "1",
         NO},
        {"{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
         "{\"minLength\":-1}",
         NO},
        {"{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
         "{\"$defs\":{\"a\":{\"type\":[\"null\"]}}}",
         0},
        {"{\"$ref\":\"#/$defs/none\"}", "1", SB_E_SCHEMA_REF},
        {"{\"$ref\":\"http://other.example/s\"}", "1", SB_E_SCHEMA_REF},
        {"{\"$ref\":\"#/const\",\"const\":{}}", "1", SB_E_SCHEMA_REF},
        {"{\"$ref\":\"#\"}", "1", SB_E_SCHEMA_REF},
        {"{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"not\":{\"$ref\":"
         "\"#\"}}}}",
         "1",
         SB_E_SCHEMA_REF},
        {"{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}", "1", SB_E_SCHEMA_REF},
        {"{\"$id\":\"http://a.example/#x\"}", "1", SB_E_SCHEMA_VALUE},
        {"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
         "1",
         SB_E_SCHEMA_REF},
        {"{\"$anchor\":\"1x\"}", "1", SB_E_SCHEMA_VALUE},
    };
    CHECK(rows);
}

static void refusals(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"minimun\":1}", "1", SB_E_SCHEMA_KEYWORD},
        {"{\"unevaluatedProperties\":false}", "1", SB_E_SCHEMA_KEYWORD},
        {"{\"$dynamicRef\":\"#a\"}", "1", SB_E_SCHEMA_KEYWORD},
        {"{\"properties\":{\"a\":{\"additionalItems\":true}}}",
         "1",
         SB_E_SCHEMA_KEYWORD},
        {"{\"default\":{\"minimun\":1},\"examples\":[{\"$id\":4}],\"const\":1}",
         "1",
         0},
        {"{\"title\":\"t\",\"x-clase\":\"publica\",\"x-codigos\":\"c\",\"x-unidad\":"
         "\"u\",\"x-prioridad\":1}",
         "1",
         0},
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
         "1",
         SB_E_SCHEMA_VALUE},
        {"{\"type\":\"int\"}", "1", SB_E_SCHEMA_VALUE},
        {"{\"type\":[\"null\",\"null\"]}", "1", SB_E_SCHEMA_VALUE},
        {"{\"properties\":[]}", "1", SB_E_SCHEMA_VALUE},
        {"{\"not\":1}", "1", SB_E_SCHEMA_VALUE},
        {"{\"a\":1,\"a\":2}", "1", SB_E_SCHEMA_JSON},
        {"{", "1", SB_E_SCHEMA_JSON},
    };
    CHECK(rows);
}

static void a_misspelt_keyword_is_named_with_a_suggestion(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct row r = {"{\"properties\":{\"a\":{\"minimun\":1}}}", "1", 0};
    assert_int_equal(judge(&r, NULL, &err), SB_E_SCHEMA_KEYWORD);
    assert_string_equal(err.text,
                        "s#/properties/a: \"minimun\": unknown keyword (did you mean "
                        "\"minimum\"?)");
}

static void the_first_violation_is_reported_without_the_value(void **state)
{
    (void)state;
    struct sb_violation w = {0};
    struct sb_err err = {0};
    struct row r = {"{\"properties\":{\"a/b~\":{\"items\":{\"maxLength\":3}},"
                    "\"z\":{\"type\":\"null\"}},\"required\":[\"q\"]}",
                    "{\"a/b~\":[\"abc\",\"secreto\"],\"q\":1,\"z\":2}",
                    0};
    assert_int_equal(judge(&r, &w, &err), SB_E_INVALID);
    assert_string_equal(w.pointer, "/a~1b~0/1");
    assert_string_equal(w.rule, "maxLength");
    assert_string_equal(w.kind, "string");
    assert_string_equal(err.text,
                        "at \"/a~1b~0/1\": maxLength (string; s#/properties/a~1b~0/"
                        "items)");
    struct row missing = {
        "{\"anyOf\":[{\"required\":[\"f\"]},{\"required\":[\"c\"]}]}", "{}", 0};
    assert_int_equal(judge(&missing, &w, &err), SB_E_INVALID);
    assert_string_equal(err.text, "at \"\": anyOf \"f\" (object; s#)");
}

static void effort_is_bounded(void **state)
{
    (void)state;
    struct sb_buf schema = {0};
    struct sb_err err = {0};
    sb_buf_str(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 40; i++)
        sb_buf_printf(&schema,
                      "\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},{\"$ref\":"
                      "\"#/$defs/%d\"}]},",
                      i,
                      i + 1,
                      i + 1);
    sb_buf_str(&schema, "\"40\":{\"type\":\"integer\"}}}");
    sb_buf_byte(&schema, 0);
    struct row r = {(const char *)schema.p, "1", 0};
    assert_int_equal(judge(&r, NULL, &err), SB_E_LIMIT);
    sb_buf_free(&schema);
}

static void documents_refer_to_each_other(void **state)
{
    (void)state;
    struct sb_schema_set *set = NULL;
    struct sb_err err = {0};
    struct sb_value v = sb_value_int(3);
    assert_int_equal(sb_schema_set_new(&set, NULL, &err), 0);
    assert_int_equal(sb_schema_set_add(set,
                                       "a",
                                       sb_bytes_str("http://x.example/a"),
                                       sb_bytes_str("{\"$ref\":\"b#/$defs/n\"}"),
                                       &err),
                     0);
    assert_int_equal(
        sb_schema_set_add(set,
                          "b",
                          sb_bytes_str("http://x.example/b"),
                          sb_bytes_str("{\"$defs\":{\"n\":{\"maximum\":2}}}"),
                          &err),
        0);
    assert_int_equal(sb_schema_set_compile(set, &err), 0);
    assert_int_equal(sb_schema_validate(sb_schema_set_root(set, "a"), &v, NULL, &err),
                     SB_E_INVALID);
    assert_int_equal(sb_schema_validate(sb_schema_set_root(set, "b"), &v, NULL, &err),
                     0);
    assert_null(sb_schema_set_root(set, "c"));
    sb_schema_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_equality),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(lengths_and_patterns),
        cmocka_unit_test(objects),
        cmocka_unit_test(arrays),
        cmocka_unit_test(logic),
        cmocka_unit_test(references),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_misspelt_keyword_is_named_with_a_suggestion),
        cmocka_unit_test(the_first_violation_is_reported_without_the_value),
        cmocka_unit_test(effort_is_bounded),
        cmocka_unit_test(documents_refer_to_each_other),
    };
    return cmocka_run_group_tests_name("schemas.catalog.schema", tests, NULL, NULL);
}
