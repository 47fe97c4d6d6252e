/* broker.host.yaml: the tree, its lines, and all that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "broker/host/yaml.h"
#include "schemas/base/limits.h"

static struct sb_yaml *parse(const char *text)
{
    struct sb_yaml *y = NULL;
    struct sb_err err = {0};
    if (sb_yaml_parse(&y, "m.yaml", sb_bytes_str(text), &err) != 0)
        fail_msg("%s", err.text);
    return y;
}

static void mappings_are_read_with_lines(void **state)
{
    (void)state;
    struct sb_yaml *y = parse("mapping: 1\n"
                              "source: {driver: sqlite, key: [anio, corre]}\n"
                              "event:\n"
                              "  sql: |\n"
                              "    SELECT 1\n"
                              "      FROM x\n"
                              "  fields:\n"
                              "  - {to: zona, from: \"99\"}   # a comment\n"
                              "  - to: hora\n");
    const struct sb_yaml_node *root = sb_yaml_root(y);
    assert_int_equal(sb_yaml_kind(root), SB_YAML_MAP);
    assert_int_equal(sb_yaml_count(root), 3);
    assert_string_equal(sb_yaml_key(sb_yaml_first(root)), "mapping");
    const struct sb_yaml_node *event = sb_yaml_get(root, "event");
    assert_int_equal(sb_yaml_line(event), 3);
    const struct sb_yaml_node *sql = sb_yaml_get(event, "sql");
    assert_string_equal(sb_yaml_text(sql), "SELECT 1\n  FROM x\n");
    assert_false(sb_yaml_is_plain(sql));
    const struct sb_yaml_node *fields = sb_yaml_get(event, "fields");
    assert_int_equal(sb_yaml_kind(fields), SB_YAML_LIST);
    const struct sb_yaml_node *zona = sb_yaml_first(fields);
    assert_int_equal(sb_yaml_line(zona), 8);
    assert_null(sb_yaml_key(zona));
    assert_false(sb_yaml_is_plain(sb_yaml_get(zona, "from")));
    assert_true(sb_yaml_is_plain(sb_yaml_get(zona, "to")));
    assert_int_equal(sb_yaml_line(sb_yaml_next(zona)), 9);
    assert_null(sb_yaml_next(sb_yaml_next(zona)));
    assert_null(sb_yaml_get(fields, "to"));
    assert_null(sb_yaml_get(NULL, "to"));
    sb_yaml_free(y);
}

struct bad {
    const char *text;
    int code;
    const char *says;
};

static void refused(const struct bad *bad)
{
    struct sb_yaml *y = NULL;
    struct sb_err err = {0};
    int rc = sb_yaml_parse(&y, "m.yaml", sb_bytes_str(bad->text), &err);
    if (rc != bad->code || !strstr(err.text, bad->says))
        fail_msg("%s: %d \"%s\"", bad->text, rc, err.text);
    assert_null(y);
}

static void what_could_surprise_is_refused(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {"", SB_E_CONFIG_SYNTAX, "m.yaml: the file is empty"},
        {"a: 1\nb: &x [1]\n", SB_E_CONFIG_SYNTAX, "m.yaml:2: anchors"},
        {"a: *x\n", SB_E_CONFIG_SYNTAX, "m.yaml:1:"},
        {"a: !!str 1\n", SB_E_CONFIG_SYNTAX, "m.yaml:1: anchors"},
        {"a: 1\n<<: {b: 2}\n", SB_E_CONFIG_SYNTAX, "m.yaml:2: merge"},
        {"a: 1\n---\nb: 2\n", SB_E_CONFIG_SYNTAX, "m.yaml:2: a second document"},
        {"%YAML 1.1\n---\na: 1\n", SB_E_CONFIG_SYNTAX, "directives"},
        {"a: 1\nb: 2\na: 3\n",
         SB_E_CONFIG_DUPLICATE,
         "m.yaml:3: key \"a\" stands twice (first in line 1)"},
        {"? [a, b]\n: 1\n", SB_E_CONFIG_SYNTAX, "a key must be a plain text"},
        {"a: \"x\\0y\"\n", SB_E_CONFIG_SYNTAX, "NUL"},
        {"a: [1\nb: 2\n", SB_E_CONFIG_SYNTAX, "m.yaml:2:"},
        {"a:\n\t- 1\n", SB_E_CONFIG_SYNTAX, "m.yaml:2:"},
        {"a: \xff\n", SB_E_CONFIG_SYNTAX, "m.yaml: byte"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", SB_E_DEPTH, "m.yaml:1: nested"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(&bad[i]);
    /* what a reader of an empty file gives */
    struct sb_yaml *y = NULL;
    assert_int_equal(sb_yaml_parse(&y, "m", (struct sb_bytes){NULL, 0}, NULL),
                     SB_E_CONFIG_SYNTAX);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_yaml *y = NULL;
    struct sb_buf b = {0};
    for (unsigned i = 0; i <= SB_YAML_ENTRIES_MAX; i++)
        sb_buf_printf(&b, "k%u: 1\n", i);
    assert_int_equal(sb_yaml_parse(&y, "m", sb_buf_bytes(&b), &err), SB_E_LIMIT);
    sb_buf_reset(&b);
    for (unsigned i = 0; i <= SB_YAML_NODES_MAX; i++)
        sb_buf_str(&b, "-\n");
    assert_int_equal(sb_yaml_parse(&y, "m", sb_buf_bytes(&b), &err), SB_E_LIMIT);
    while (b.n <= SB_CONFIG_FILE_MAX)
        sb_buf_str(&b, "# a comment that is long enough to pass the limit soon\n");
    assert_int_equal(sb_yaml_parse(&y, "m", sb_buf_bytes(&b), &err), SB_E_LIMIT);
    sb_buf_free(&b);
    assert_int_equal(sb_yaml_load(&y, "/nonexistent/m.yaml", &err), SB_E_NOT_FOUND);
    assert_null(y);
}

static void keys_are_checked_with_a_suggestion(void **state)
{
    (void)state;
    static const char *const keys[] = {"table", "key", "driver", NULL};
    struct sb_err err = {0};
    struct sb_yaml *y = parse("driver: x\n\ntabel: 1\n");
    const struct sb_yaml_node *root = sb_yaml_root(y);
    assert_int_equal(sb_yaml_check_keys(root, "source", keys, &err),
                     SB_E_CONFIG_UNKNOWN_KEY);
    assert_string_equal(err.text,
                        "m.yaml:3: unknown key \"tabel\" in \"source\" (did you mean "
                        "\"table\"?)");
    sb_yaml_free(y);
    y = parse("driver: x\nzzzzzzzz: 1\n");
    assert_int_equal(sb_yaml_check_keys(sb_yaml_root(y), NULL, keys, &err),
                     SB_E_CONFIG_UNKNOWN_KEY);
    assert_string_equal(err.text, "m.yaml:2: unknown key \"zzzzzzzz\"");
    sb_yaml_free(y);
    y = parse("driver: x\nkey: 1\n");
    assert_int_equal(sb_yaml_check_keys(sb_yaml_root(y), NULL, keys, &err), 0);
    sb_yaml_free(y);
    assert_string_equal(sb_yaml_nearest("keys", keys), "key");
    assert_null(sb_yaml_nearest("x", keys));
}

static void values_are_typed_only_when_asked(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_yaml *y = parse("n: 99\nq: '99'\nz: 007\nno: no\nt: true\nnull: ~\n"
                              "big: 9223372036854775808\nmin: -9223372036854775808\n");
    const struct sb_yaml_node *root = sb_yaml_root(y);
    int64_t v = 0;
    bool yes = false;
    assert_int_equal(sb_yaml_int(sb_yaml_get(root, "n"), 0, 99, &v, &err), 0);
    assert_int_equal(v, 99);
    assert_int_equal(sb_yaml_int(sb_yaml_get(root, "n"), 0, 98, &v, &err),
                     SB_E_CONFIG_RANGE);
    assert_string_equal(err.text, "m.yaml:1: \"n\" must be from 0 to 98, not 99");
    assert_int_equal(sb_yaml_int(sb_yaml_get(root, "q"), 0, 99, &v, &err),
                     SB_E_CONFIG_TYPE);
    assert_int_equal(sb_yaml_int(sb_yaml_get(root, "z"), 0, 99, &v, &err),
                     SB_E_CONFIG_TYPE);
    assert_int_equal(
        sb_yaml_int(sb_yaml_get(root, "big"), INT64_MIN, INT64_MAX, &v, &err),
        SB_E_CONFIG_RANGE);
    assert_int_equal(
        sb_yaml_int(sb_yaml_get(root, "min"), INT64_MIN, INT64_MAX, &v, &err), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(sb_yaml_bool(sb_yaml_get(root, "t"), &yes, &err), 0);
    assert_true(yes);
    assert_int_equal(sb_yaml_bool(sb_yaml_get(root, "no"), &yes, &err),
                     SB_E_CONFIG_TYPE);
    assert_true(sb_yaml_is_null(sb_yaml_get(root, "null")));
    assert_false(sb_yaml_is_null(sb_yaml_get(root, "no")));
    const struct sb_yaml_node *got = NULL;
    assert_int_equal(sb_yaml_need(root, "nn", SB_YAML_MAP, &got, &err),
                     SB_E_CONFIG_UNKNOWN_KEY);
    assert_non_null(strstr(err.text, "did you mean \"nn\"?"));
    assert_int_equal(sb_yaml_need(root, "absent", SB_YAML_MAP, &got, &err),
                     SB_E_CONFIG_MISSING);
    assert_int_equal(sb_yaml_need(root, "n", SB_YAML_MAP, &got, &err),
                     SB_E_CONFIG_TYPE);
    assert_string_equal(err.text, "m.yaml:1: \"n\" must be a map (key: value)");
    assert_null(got);
    assert_int_equal(sb_yaml_need(root, "n", SB_YAML_SCALAR, &got, &err), 0);
    sb_yaml_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_are_read_with_lines),
        cmocka_unit_test(what_could_surprise_is_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(keys_are_checked_with_a_suggestion),
        cmocka_unit_test(values_are_typed_only_when_asked),
    };
    return cmocka_run_group_tests_name("broker.host.yaml", tests, NULL, NULL);
}
