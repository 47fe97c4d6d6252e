/* schemas.catalog.fuzz: changed and random input is refused or taken, never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "folder.h"
#include "schemas/catalog/regex.h"

static uint64_t seed = 20261123;

static unsigned draw(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

/* Some bytes of the text changed, doubled or dropped; caller frees. */
static struct sb_buf changed(const char *text)
{
    struct sb_buf out = {0};
    size_t n = strlen(text);
    size_t from = 0;
    for (unsigned cuts = 1 + draw(4); cuts > 0; cuts--) {
        size_t to = from + draw((unsigned)(n - from + 1));
        sb_buf_put(&out, text + from, to - from);
        unsigned kind = draw(3);
        if (kind == 0)
            sb_buf_byte(&out, (uint8_t)draw(256));
        else if (kind == 1)
            sb_buf_put(&out, text, draw((unsigned)n));
        from = to + draw(3);
        if (from > n)
            from = n;
    }
    sb_buf_put(&out, text + from, n - from);
    return out;
}

static void schemas_never_crash(void **state)
{
    (void)state;
    for (int i = 0; i < 4000; i++) {
        struct sb_buf text = changed(i % 2 ? TYPE : COMMON);
        struct sb_schema_options options = {.assert_format = true};
        struct sb_schema_set *set = NULL;
        struct sb_value v = sb_value_int(i);
        assert_int_equal(sb_schema_set_new(&set, &options, NULL), 0);
        int rc = sb_schema_set_add(
            set, "s", sb_bytes_str("https://x.example/s"), sb_buf_bytes(&text), NULL);
        if (rc == 0 && sb_schema_set_compile(set, NULL) == 0)
            rc = sb_schema_validate(sb_schema_set_root(set, "s"), &v, NULL, NULL);
        assert_true(rc <= 0);
        sb_schema_set_free(set);
        sb_buf_free(&text);
    }
}

static void patterns_never_crash(void **state)
{
    (void)state;
    static const char letters[] =
        "ab\\(|)[]{}*+?.^$-,0123:<>=!pPuxdDsSwWkcvLZ/\xc3\xb1";
    for (int i = 0; i < 20000; i++) {
        char text[24];
        struct sb_regex *r = NULL;
        size_t n = draw(sizeof text);
        for (size_t j = 0; j < n; j++)
            text[j] = letters[draw(sizeof letters - 1)];
        if (sb_regex_new(&r, sb_bytes(text, n), NULL) == 0)
            assert_true(sb_regex_match(r, sb_bytes_str("ab\\ba1\xc3\xb1/")) <= 1);
        sb_regex_free(r);
    }
}

static void code_lists_never_crash(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct sb_buf text = changed(i % 2 ? CODES : WALK);
        struct sb_arena *arena = sb_arena_new(0);
        struct sb_code_list *codes = NULL;
        struct sb_crosswalk *walk = NULL;
        int rc = sb_code_list_read(&codes, "c", sb_buf_bytes(&text), arena, NULL);
        assert_true(rc <= 0);
        rc = sb_crosswalk_read(&walk, "w", sb_buf_bytes(&text), arena, NULL);
        assert_true(rc <= 0);
        sb_arena_free(arena);
        sb_buf_free(&text);
    }
}

/* test/fuzz/corpus/codes/lone-returns: rows that end at a carriage return alone. */
static void rows_end_at_either_break(void **state)
{
    (void)state;
    struct sb_buf text = {0};
    struct sb_err err = {0};
    struct sb_code_list *codes = NULL;
    struct sb_arena *arena = sb_arena_new(0);
    sb_buf_str(&text, "codigo,nombre,desde,hasta,fuente,edicion\r");
    for (int i = 0; i < 2000; i++)
        sb_buf_printf(&text, "%d,n,,,f,e\r", i);
    assert_int_equal(sb_code_list_read(&codes, "c", sb_buf_bytes(&text), arena, &err),
                     0);
    assert_int_equal(sb_code_list_count(codes), 2000);
    sb_arena_free(arena);
    sb_buf_free(&text);
}

/* Whatever the sections hold, merging takes or refuses; what it takes, it can split. */
static void sections_never_crash(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{\"id_local\":\"1\",\"operacion\":\"alta\"}",
        "{\"id_local\":\"1\",\"operacion\":\"alta\",\"personas\":[{},{}]}",
        "{\"id_local\":\"1\",\"operacion\":\"alta\",\"personas\":[{\"sexo\":\"M\"},1]}",
        "{\"id_local\":\"1\",\"operacion\":\"alta\",\"autor\":{\"edad\":1}}",
        "{\"id_local\":\"1\",\"operacion\":\"alta\",\"autor\":[[]],\"placas\":[null]}",
        "{\"calidad\":[],\"id_local\":{},\"operacion\":[]}",
        ("{\"calidad\":{\"zona\":{}},\"id_local\":1,\"operacion\":2,\"personas\":[[{}]]"
         "}"),
    };
    char folder[] = "/tmp/sacbe-catalog-XXXXXX";
    struct sb_catalog *cat = NULL;
    folder_make(folder);
    assert_int_equal(sb_catalog_load(&cat, folder, NULL), 0);
    const struct sb_event_type *t = sb_catalog_type_at(cat, 0);
    for (int i = 0; i < 20000; i++) {
        struct sb_arena *arena = sb_arena_new(0);
        struct sb_value s[SB_CLASS_COUNT];
        const struct sb_value *in[SB_CLASS_COUNT] = {NULL};
        struct sb_value v;
        for (unsigned c = 0; c < SB_CLASS_COUNT; c++) {
            const char *text = pieces[draw(sizeof pieces / sizeof *pieces)];
            if (sb_json_to_value(sb_bytes_str(text), arena, &s[c], NULL) == 0 &&
                draw(3))
                in[c] = &s[c];
        }
        int rc = sb_event_type_merge(t, in, &v, arena, NULL);
        assert_true(rc <= 0);
        if (rc == 0) {
            rc = sb_event_type_validate(t, &v, draw(16), NULL, NULL);
            assert_true(rc <= 0);
            assert_int_equal(sb_event_type_split(t, &v, s, arena, NULL), 0);
        }
        sb_arena_free(arena);
    }
    sb_catalog_free(cat);
    folder_drop(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_never_crash),
        cmocka_unit_test(patterns_never_crash),
        cmocka_unit_test(code_lists_never_crash),
        cmocka_unit_test(sections_never_crash),
        cmocka_unit_test(rows_end_at_either_break),
    };
    return cmocka_run_group_tests_name("schemas.catalog.fuzz", tests, NULL, NULL);
}
