/* schemas.catalog.classes: splitting, merging, and what a reader of some classes sees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "folder.h"

struct fixture {
    char folder[32];
    struct sb_catalog *cat;
    const struct sb_event_type *type;
    struct sb_arena *arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct sb_err err = {0};
    if (!f)
        return -1;
    strcpy(f->folder, "/tmp/sacbe-catalog-XXXXXX");
    folder_make(f->folder);
    if (sb_catalog_load(&f->cat, f->folder, &err) != 0)
        fail_msg("%s", err.text);
    f->type = sb_catalog_type_at(f->cat, 0);
    f->arena = sb_arena_new(0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    folder_drop(f->folder);
    sb_catalog_free(f->cat);
    sb_arena_free(f->arena);
    free(f);
    return 0;
}

static struct sb_value parse(struct fixture *f, const char *text)
{
    struct sb_value v;
    struct sb_err err = {0};
    if (sb_json_to_value(sb_bytes_str(text), f->arena, &v, &err) != 0)
        fail_msg("%s", err.text);
    return v;
}

static void assert_json(const struct sb_value *v, const char *text)
{
    struct sb_buf out = {0};
    struct sb_err err = {0};
    assert_int_equal(sb_value_to_json(v, 0, &out, &err), 0);
    sb_buf_byte(&out, 0);
    assert_string_equal((const char *)out.p, text);
    sb_buf_free(&out);
}

#define WHOLE                                                                          \
    "{\"autor\":{\"edad\":30,\"nombre\":\"N\"},"                                       \
    "\"calidad\":{\"cuando\":\"reservado\",\"zona\":\"no_registrado\"},"               \
    "\"id_local\":\"1\",\"lugar\":\"01\",\"operacion\":\"alta\","                      \
    "\"personas\":[{\"dano\":1,\"pie\":true,\"sexo\":\"M\"},"                          \
    "{\"calidad\":{\"sexo\":\"no_registrado\"},\"pie\":false}],"                       \
    "\"placas\":[\"P1\",\"P2\"]}"

static void a_payload_is_pruned_to_each_class(void **state)
{
    struct fixture *f = *state;
    struct sb_value v = parse(f, WHOLE);
    struct sb_value s[SB_CLASS_COUNT];
    struct sb_err err = {0};
    assert_int_equal(sb_event_type_split(f->type, &v, s, f->arena, &err), 0);
    assert_json(&s[SB_CLASS_PUBLICA],
                "{\"calidad\":{\"cuando\":\"reservado\"},\"id_local\":\"1\",\"lugar\":"
                "\"01\",\"operacion\":\"alta\",\"personas\":[{\"pie\":true},{\"pie\":"
                "false}]}");
    assert_json(&s[SB_CLASS_INTERNA],
                "{\"autor\":{\"edad\":30},\"calidad\":{\"zona\":\"no_registrado\"},"
                "\"id_local\":\"1\",\"operacion\":\"alta\",\"personas\":[{\"sexo\":"
                "\"M\"},{\"calidad\":{\"sexo\":\"no_registrado\"}}]}");
    assert_json(&s[SB_CLASS_CONFIDENCIAL],
                "{\"autor\":{\"nombre\":\"N\"},\"id_local\":\"1\",\"operacion\":"
                "\"alta\",\"personas\":[{\"dano\":1},{}]}");
    assert_json(&s[SB_CLASS_RESERVADA],
                "{\"id_local\":\"1\",\"operacion\":\"alta\",\"placas\":[\"P1\","
                "\"P2\"]}");
}

static void every_set_of_sections_merges_and_validates(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        WHOLE,
        "{\"id_local\":\"1\",\"operacion\":\"anulacion\"}",
        "{\"calidad\":{},\"id_local\":\"1\",\"operacion\":\"anulacion\"}",
        ("{\"id_local\":\"1\",\"lugar\":\"01\",\"operacion\":\"alta\",\"personas\":[],"
         "\"zona\":4}"),
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        struct sb_value v = parse(f, texts[t]);
        struct sb_value s[SB_CLASS_COUNT];
        struct sb_err err = {0};
        assert_int_equal(sb_event_type_validate(f->type, &v, 15, NULL, &err), 0);
        assert_int_equal(sb_event_type_split(f->type, &v, s, f->arena, &err), 0);
        for (unsigned held = 1; held <= SB_CLASS_ALL; held++) {
            const struct sb_value *in[SB_CLASS_COUNT] = {NULL};
            struct sb_value out;
            for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
                in[c] = held & SB_CLASS_BIT(c) ? &s[c] : NULL;
            if (sb_event_type_merge(f->type, in, &out, f->arena, &err) != 0 ||
                sb_event_type_validate(f->type, &out, held, NULL, &err) != 0)
                fail_msg("%u: %s", held, err.text);
            if (held == SB_CLASS_ALL)
                assert_true(sb_value_eq(&out, &v));
        }
    }
}

static void what_is_held_is_still_required(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        unsigned held;
        int want;
    } rows[] = {
        /* lugar is publica: a reader of publica misses it, others cannot */
        {"{\"id_local\":\"1\",\"operacion\":\"alta\"}", 4, SB_E_INVALID},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\"}", 8, 0},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\"}", 2, SB_E_INVALID},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\",\"zona\":1}", 2, 0},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\",\"calidad\":{\"zona\":"
         "\"reservado\"}}",
         2,
         0},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\",\"lugar\":\"01\"}", 4, 0},
        {"{\"id_local\":\"1\",\"operacion\":\"alta\",\"lugar\":\"01\"}",
         15,
         SB_E_INVALID},
        /* pie is publica and required in each person; sexo asks for dano */
        {"{\"id_local\":\"1\",\"operacion\":\"anulacion\",\"personas\":[{\"sexo\":"
         "\"M\"}]}",
         2,
         0},
        {"{\"id_local\":\"1\",\"operacion\":\"anulacion\",\"personas\":[{\"sexo\":"
         "\"M\"}]}",
         3,
         SB_E_INVALID},
        {"{\"id_local\":\"1\",\"operacion\":\"anulacion\",\"personas\":[{\"sexo\":"
         "\"M\"}]}",
         6,
         SB_E_INVALID},
        {"{\"operacion\":\"alta\"}", 8, SB_E_INVALID},
        {"{\"id_local\":\"1\",\"operacion\":\"anulacion\",\"lugar\":\"09\"}",
         4,
         SB_E_INVALID},
        {"{\"id_local\":\"1\",\"operacion\":\"anulacion\",\"cuando\":\"ayer\"}",
         4,
         SB_E_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sb_err err = {0};
        struct sb_value v = parse(f, rows[i].text);
        int rc = sb_event_type_validate(f->type, &v, rows[i].held, NULL, &err);
        if (rc != rows[i].want)
            fail_msg("%s with %u: %d %s", rows[i].text, rows[i].held, rc, err.text);
    }
}

#define HEAD "{\"id_local\":\"1\",\"operacion\":\"alta\""

static void sections_that_do_not_fit_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][SB_CLASS_COUNT] = {
        /* confidencial, interna, publica, reservada */
        {NULL, HEAD "}", "{\"id_local\":\"2\",\"operacion\":\"alta\"}", NULL},
        {NULL, HEAD "}", "{\"operacion\":\"alta\"}", NULL},
        {NULL, NULL, "{\"operacion\":\"alta\"}", NULL},
        {NULL, NULL, HEAD ",\"zona\":1}", NULL},
        {NULL, HEAD ",\"lugar\":\"01\"}", HEAD "}", NULL},
        {NULL, HEAD ",\"otro\":1}", HEAD "}", NULL},
        {NULL, HEAD ",\"zona\":1}", HEAD ",\"zona\":1}", NULL},
        {NULL, HEAD ",\"personas\":[]}", HEAD ",\"personas\":[{}]}", NULL},
        {NULL, HEAD "}", HEAD ",\"personas\":[]}", NULL},
        {NULL, NULL, HEAD ",\"personas\":[{\"sexo\":\"M\"}]}", NULL},
        {NULL, HEAD ",\"personas\":{}}", HEAD ",\"personas\":[]}", NULL},
        {NULL, HEAD ",\"calidad\":{\"lugar\":\"reservado\"}}", HEAD "}", NULL},
        {NULL, HEAD ",\"personas\":[1]}", HEAD ",\"personas\":[{}]}", NULL},
        {HEAD ",\"placas\":[]}", NULL, NULL, HEAD "}"},
        {NULL, NULL, "[]", NULL},
        {NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sb_value s[SB_CLASS_COUNT];
        const struct sb_value *in[SB_CLASS_COUNT] = {NULL};
        struct sb_value out;
        struct sb_err err = {0};
        for (unsigned c = 0; c < SB_CLASS_COUNT; c++) {
            if (!rows[i][c])
                continue;
            s[c] = parse(f, rows[i][c]);
            in[c] = &s[c];
        }
        int rc = sb_event_type_merge(f->type, in, &out, f->arena, &err);
        if (rc != SB_E_SECTION_MISMATCH)
            fail_msg("row %zu: %d %s", i, rc, err.text);
    }
}

static void class_names_stand_in_order(void **state)
{
    (void)state;
    enum sb_class c;
    assert_true(sb_class_parse(sb_bytes_str("reservada"), &c));
    assert_int_equal(c, SB_CLASS_RESERVADA);
    assert_false(sb_class_parse(sb_bytes_str("secreta"), &c));
    for (unsigned i = 1; i < SB_CLASS_COUNT; i++)
        assert_true(strcmp(sb_class_name((enum sb_class)(i - 1)),
                           sb_class_name((enum sb_class)i)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_payload_is_pruned_to_each_class, setup, teardown),
        cmocka_unit_test_setup_teardown(
            every_set_of_sections_merges_and_validates, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_is_held_is_still_required, setup, teardown),
        cmocka_unit_test_setup_teardown(
            sections_that_do_not_fit_are_refused, setup, teardown),
        cmocka_unit_test(class_names_stand_in_order),
    };
    return cmocka_run_group_tests_name("schemas.catalog.classes", tests, NULL, NULL);
}
