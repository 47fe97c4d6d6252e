/* schemas.catalog.json: strict reading, exact numbers, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schemas/catalog/json.h"

static int read_text(const char *text, struct sb_arena *arena, struct sb_value *v)
{
    struct sb_err err = {0};
    return sb_json_to_value(sb_bytes_str(text), arena, v, &err);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "[true,false]",
        "{\"a\":{},\"b\":[]}",
        "-9223372036854775808",
        "9223372036854775807",
        "[0.1,1e+300,-2.5]",
        "\"a\\\"b\\\\c\\nd\\u0001e\\u007f\"",
        "\"\xc3\xb1\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sb_arena *arena = sb_arena_new(0);
        struct sb_buf out = {0};
        struct sb_err err = {0};
        struct sb_value v;
        assert_int_equal(read_text(texts[i], arena, &v), 0);
        assert_int_equal(sb_value_to_json(&v, 0, &out, &err), 0);
        assert_true(sb_bytes_is(sb_buf_bytes(&out), texts[i]));
        sb_buf_free(&out);
        sb_arena_free(arena);
    }
}

static void numbers_keep_their_value(void **state)
{
    (void)state;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    assert_int_equal(read_text("1.0", arena, &v), 0);
    assert_true(v.type == SB_INT && v.as.i == 1);
    assert_int_equal(read_text("-0.0", arena, &v), 0);
    assert_true(v.type == SB_INT && v.as.i == 0);
    assert_int_equal(read_text("9223372036854775808", arena, &v), 0);
    assert_true(v.type == SB_DOUBLE && v.as.d == 9223372036854775808.0);
    assert_int_equal(
        read_text("[-98249283749234923498293171823948729348710298301928331,"
                  "\"98249283749234923498293171823948729348710298301928331\"]",
                  arena,
                  &v),
        0);
    assert_true(v.as.a.items[0].type == SB_DOUBLE);
    assert_int_equal(v.as.a.items[1].as.s.n, 53);
    assert_int_equal(read_text("1e400", arena, &v), SB_E_SCHEMA_JSON);
    sb_arena_free(arena);
}

static void members_are_sorted_and_unique(void **state)
{
    (void)state;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    assert_int_equal(read_text("{\"b\":1,\"a\":2,\"\":3}", arena, &v), 0);
    assert_int_equal(v.as.m.pairs[0].key.n, 0);
    assert_true(sb_bytes_is(v.as.m.pairs[1].key, "a"));
    assert_int_equal(read_text("{\"a\":1,\"a\":1}", arena, &v), SB_E_SCHEMA_JSON);
    sb_arena_free(arena);
}

static void broken_text_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[1,]",
        "1 2",
        "nul",
        "\"\xc3\"",
        "\"\\ud800\"",
        "'a'",
        "[01]",
        "{\"a\\u0000\":1}",
        "\"\x01\"",
    };
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(read_text(texts[i], arena, &v), SB_E_SCHEMA_JSON);
    assert_int_equal(read_text("\"a\\u0000b\"", arena, &v), 0);
    assert_int_equal(v.as.s.n, 3);
    sb_arena_free(arena);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * SB_JSON_DEPTH + 8];
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    for (size_t n = SB_JSON_DEPTH; n <= SB_JSON_DEPTH + 1; n++) {
        memset(text, '[', n);
        memset(text + n, ']', n);
        text[2 * n] = '\0';
        assert_int_equal(read_text(text, arena, &v),
                         n > SB_JSON_DEPTH ? SB_E_DEPTH : 0);
    }
    sb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(numbers_keep_their_value),
        cmocka_unit_test(members_are_sorted_and_unique),
        cmocka_unit_test(broken_text_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests_name("schemas.catalog.json", tests, NULL, NULL);
}
