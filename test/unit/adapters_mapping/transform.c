/* One cell -> one value: what converts, and what is a fault. */
#include "adapters/engine/transform.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/catalog/json.h"

struct as_case {
    enum sb_as as;
    const char *in;   /* JSON: what the cell holds */
    const char *want; /* JSON, or the code's name */
};

static const struct as_case as_cases[] = {
    {SB_AS_IS, "\"x\"", "\"x\""},
    {SB_AS_INT, "\"12\"", "12"},
    {SB_AS_INT, "\"-3\"", "-3"},
    {SB_AS_INT, "\"007\"", "7"},
    {SB_AS_INT, "15", "15"},
    {SB_AS_INT, "\"9223372036854775807\"", "9223372036854775807"},
    {SB_AS_INT, "\"9223372036854775808\"", "conversion"},
    {SB_AS_INT, "\"12x\"", "conversion"},
    {SB_AS_INT, "\"12.0\"", "conversion"},
    {SB_AS_INT, "\" 12\"", "conversion"},
    {SB_AS_INT, "\"12 \"", "conversion"},
    {SB_AS_INT, "\"+12\"", "conversion"},
    {SB_AS_INT, "\"0x10\"", "conversion"},
    {SB_AS_INT, "\"-\"", "conversion"},
    {SB_AS_INT, "\"\"", "conversion"},
    {SB_AS_INT, "12.5", "conversion"},
    {SB_AS_NUMBER, "\"12.5\"", "12.5"},
    {SB_AS_NUMBER, "\"-0.25\"", "-0.25"},
    {SB_AS_NUMBER, "\"007.5\"", "7.5"},
    {SB_AS_NUMBER, "\"1e3\"", "1000"},
    {SB_AS_NUMBER, "\"12.0\"", "12"},
    {SB_AS_NUMBER, "\"00\"", "0"},
    {SB_AS_NUMBER, "4.25", "4.25"},
    {SB_AS_NUMBER, "\"12,5\"", "conversion"},
    {SB_AS_NUMBER, "\"1e999\"", "conversion"},
    {SB_AS_NUMBER, "\"nan\"", "conversion"},
    {SB_AS_NUMBER, "\"inf\"", "conversion"},
    {SB_AS_NUMBER, "\"1.\"", "conversion"},
    {SB_AS_NUMBER, "\".5\"", "conversion"},
    {SB_AS_NUMBER, "\"5 \"", "conversion"},
    {SB_AS_NUMBER, "\"5 6\"", "conversion"},
    {SB_AS_NUMBER, "\"\"", "conversion"},
    {SB_AS_TEXT, "12", "\"12\""},
    {SB_AS_TEXT, "12.5", "\"12.5\""},
    {SB_AS_TEXT, "\"a b\"", "\"a b\""},
    {SB_AS_DATE, "\"2017-02-28\"", "\"2017-02-28\""},
    {SB_AS_DATE, "\"2017-02-29\"", "date"},
    {SB_AS_DATE, "\"2009-06-31\"", "date"},
    {SB_AS_DATE, "\"2017-2-28\"", "conversion"},
    {SB_AS_DATE, "\"28/02/2017\"", "conversion"},
    {SB_AS_DATE, "\"2017-02-28 10:00\"", "conversion"},
    {SB_AS_DATE, "20170228", "conversion"},
    {SB_AS_DATETIME, "\"2017-02-28 10:20\"", "\"2017-02-28T10:20:00-06:00\""},
    {SB_AS_DATETIME, "\"2017-02-28T10:20:30\"", "\"2017-02-28T10:20:30-06:00\""},
    {SB_AS_DATETIME, "\"2017-02-28 10:20:30.5\"", "\"2017-02-28T10:20:30.500-06:00\""},
    {SB_AS_DATETIME, "\"2017-02-28T02:20:30Z\"", "\"2017-02-27T20:20:30-06:00\""},
    {SB_AS_DATETIME, "\"2017-02-28T02:20:30-06:00\"", "\"2017-02-28T02:20:30-06:00\""},
    {SB_AS_DATETIME, "\"2017-02-30 10:20\"", "date"},
    {SB_AS_DATETIME, "\"2017-02-28 24:20\"", "conversion"},
    {SB_AS_DATETIME, "\"2017-02-28 10:2\"", "conversion"},
    {SB_AS_DATETIME, "\"2017-02-28 10:20 \"", "conversion"},
    {SB_AS_DATETIME, "\"2017-02-28\"", "conversion"},
    {SB_AS_BOOL, "1", "true"},
    {SB_AS_BOOL, "\"false\"", "false"},
    {SB_AS_BOOL, "\"0\"", "false"},
    {SB_AS_BOOL, "2", "conversion"},
    {SB_AS_BOOL, "\"S\"", "conversion"},
};

/* The result as JSON or the fault's name, in the arena. */
static const char *shown(struct sb_arena *arena, int rc, const struct sb_value *v)
{
    if (rc)
        return sb_code_name(rc);
    struct sb_buf text = {0};
    assert_int_equal(sb_value_to_json(v, 0, &text, NULL), 0);
    const char *out = (const char *)sb_arena_dup(arena, sb_buf_bytes(&text)).p;
    sb_buf_free(&text);
    return out;
}

static void converts(void **state)
{
    (void)state;
    struct sb_arena *arena = sb_arena_new(0);
    for (size_t i = 0; i < sizeof as_cases / sizeof *as_cases; i++) {
        const struct as_case *c = &as_cases[i];
        struct sb_value in;
        struct sb_value out = {0};
        assert_int_equal(sb_json_to_value(sb_bytes_str(c->in), arena, &in, NULL), 0);
        int rc = sb_transform_as(c->as, &in, arena, &out);
        const char *got = shown(arena, rc, &out);
        if (strcmp(got, c->want) != 0)
            print_error("case %zu: %s as %d\n", i, c->in, (int)c->as);
        assert_string_equal(got, c->want);
    }
    sb_arena_free(arena);
}

static void pads(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t width;
        const char *want;
    } cases[] = {
        {"101", 4, "\"0101\""},
        {"\"7\"", 2, "\"07\""},
        {"\"2201\"", 4, "\"2201\""},
        {"\"12345\"", 4, "\"12345\""},
        {"\"12x\"", 4, "conversion"},
        {"\"-1\"", 4, "conversion"},
        {"\"\"", 4, "conversion"},
        {"1.5", 4, "conversion"},
    };
    struct sb_arena *arena = sb_arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb_value in;
        struct sb_value out = {0};
        assert_int_equal(sb_json_to_value(sb_bytes_str(cases[i].in), arena, &in, NULL),
                         0);
        int rc = sb_transform_pad(cases[i].width, &in, arena, &out);
        assert_string_equal(shown(arena, rc, &out), cases[i].want);
    }
    sb_arena_free(arena);
}

static void joins_parts(void **state)
{
    (void)state;
    static const struct {
        int64_t parts[SB_PARTS];
        size_t n;
        const char *want;
    } cases[] = {
        {{2017, 3, 9, 16, 5}, 5, "\"2017-03-09T16:05:00-06:00\""},
        {{2017, 3, 9, 16}, 4, "\"2017-03-09T16:00:00-06:00\""},
        {{2017, 3, 9}, 3, "\"2017-03-09T00:00:00-06:00\""},
        {{2017, 3}, 2, "\"2017-03-01T00:00:00-06:00\""},
        {{2017}, 1, "\"2017-01-01T00:00:00-06:00\""},
        {{2016, 2, 29}, 3, "\"2016-02-29T00:00:00-06:00\""},
        {{2017, 2, 29}, 3, "date"},
        {{2017, 13}, 2, "date"},
        {{2017, 0}, 2, "date"},
        {{2017, 1, 1, 24}, 4, "date"},
        {{2017, 1, 1, 23, 60}, 5, "date"},
        {{0, 1, 1}, 3, "date"},
        {{10000}, 1, "date"},
    };
    struct sb_arena *arena = sb_arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb_value parts[SB_PARTS];
        struct sb_value out = {0};
        for (size_t k = 0; k < SB_PARTS; k++)
            parts[k] = sb_value_int(cases[i].parts[k]);
        int rc = sb_transform_parts(parts, cases[i].n, arena, &out);
        assert_string_equal(shown(arena, rc, &out), cases[i].want);
    }
    struct sb_value odd = sb_value_text(sb_bytes_str("12x"));
    struct sb_value out = {0};
    assert_int_equal(sb_transform_parts(&odd, 1, arena, &out), SB_E_CONVERSION);
    sb_arena_free(arena);
}

static void takes_cells(void **state)
{
    (void)state;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    struct sb_cell c = {.type = SB_CELL_REAL, .d = 2017.0};
    assert_int_equal(sb_transform_cell(&c, arena, &v), 0);
    assert_int_equal(v.type, SB_INT);
    c.d = 0.1;
    assert_int_equal(sb_transform_cell(&c, arena, &v), 0);
    assert_int_equal(v.type, SB_DOUBLE);
    c.d = (double)NAN;
    assert_int_equal(sb_transform_cell(&c, arena, &v), SB_E_CONVERSION);
    c = (struct sb_cell){.type = SB_CELL_TEXT, .s = sb_bytes_str("\xc3\xb1")};
    assert_int_equal(sb_transform_cell(&c, arena, &v), 0);
    c.s = sb_bytes_str("\xf1");
    assert_int_equal(sb_transform_cell(&c, arena, &v), SB_E_UTF8);
    c = (struct sb_cell){.type = SB_CELL_NULL};
    assert_int_equal(sb_transform_cell(&c, arena, &v), 0);
    assert_int_equal(v.type, SB_NIL);
    sb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts),
        cmocka_unit_test(pads),
        cmocka_unit_test(joins_parts),
        cmocka_unit_test(takes_cells),
    };
    return cmocka_run_group_tests_name("adapters.mapping.transform", tests, NULL, NULL);
}
