/* schemas.catalog.load: what a folder gives, and which folders are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "folder.h"

static struct sb_catalog *load(const char *folder)
{
    struct sb_catalog *cat = NULL;
    struct sb_err err = {0};
    if (sb_catalog_load(&cat, folder, &err) != 0)
        fail_msg("%s", err.text);
    return cat;
}

static void a_folder_gives_types_and_manifest(void **state)
{
    (void)state;
    char folder[] = "/tmp/sacbe-catalog-XXXXXX";
    folder_make(folder);
    struct sb_catalog *cat = load(folder);
    const struct sb_event_type *t = sb_catalog_type(cat, sb_bytes_str("a.hecho"));
    const struct sb_event_type *same = NULL;
    struct sb_err err = {0};
    struct sb_bytes content;
    assert_string_equal(sb_catalog_edition(cat), "e1");
    assert_int_equal(sb_catalog_file_count(cat), 5);
    assert_string_equal(sb_catalog_file(cat, 0, &content), "catalog.json");
    assert_true(sb_bytes_is(content, INDEX));
    assert_string_equal(sb_catalog_file(cat, 4, &content), "lugares.csv");
    assert_non_null(t);
    assert_int_equal(t->priority, 3);
    assert_int_equal(t->classes, SB_CLASS_ALL);
    assert_true(sb_bytes_is(t->title, "Hecho"));
    assert_int_equal(sb_catalog_find(cat, sb_bytes_str("a.hecho"), 1, &same, &err), 0);
    assert_ptr_equal(same, t);
    assert_int_equal(sb_catalog_find(cat, sb_bytes_str("a.hecho"), 2, &same, &err),
                     SB_E_UNKNOWN_TYPE);
    assert_int_equal(sb_catalog_find(cat, sb_bytes_str("b"), 1, &same, &err),
                     SB_E_UNKNOWN_TYPE);
    sb_catalog_free(cat);
    folder_drop(folder);
}

static void fields_know_class_type_and_need(void **state)
{
    (void)state;
    char folder[] = "/tmp/sacbe-catalog-XXXXXX";
    folder_make(folder);
    struct sb_catalog *cat = load(folder);
    const struct sb_event_type *t = sb_catalog_type_at(cat, 0);
    static const struct {
        const char *path;
        const char *type;
        enum sb_class cls;
        unsigned classes;
        enum sb_need need;
    } rows[] = {
        {"id_local", "string", SB_CLASS_PUBLICA, 15, SB_NEED_ALWAYS},
        {"lugar", "string", SB_CLASS_PUBLICA, 4, SB_NEED_REASON},
        {"cuando", "string", SB_CLASS_PUBLICA, 4, SB_NEED_NONE},
        {"zona", "integer", SB_CLASS_INTERNA, 2, SB_NEED_REASON},
        {"placas", "array", SB_CLASS_RESERVADA, 8, SB_NEED_NONE},
        {"placas[]", "string", SB_CLASS_RESERVADA, 8, SB_NEED_NONE},
        {"autor", "object", SB_CLASS_CONFIDENCIAL, 3, SB_NEED_NONE},
        {"autor.edad", "integer", SB_CLASS_INTERNA, 2, SB_NEED_NONE},
        {"personas", "array", SB_CLASS_PUBLICA, 7, SB_NEED_NONE},
        {"personas[].dano", "integer", SB_CLASS_CONFIDENCIAL, 1, SB_NEED_NONE},
        {"personas[].sexo", "string", SB_CLASS_INTERNA, 2, SB_NEED_REASON},
        {"personas[].pie", "boolean", SB_CLASS_PUBLICA, 4, SB_NEED_ALWAYS},
        {"calidad.zona", "string", SB_CLASS_INTERNA, 2, SB_NEED_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sb_field *f = sb_event_type_field(t, sb_bytes_str(rows[i].path));
        assert_non_null(f);
        assert_string_equal(f->path, rows[i].path);
        assert_string_equal(f->type, rows[i].type);
        assert_int_equal(f->cls, rows[i].cls);
        assert_int_equal(f->classes, rows[i].classes);
        assert_int_equal(f->need, rows[i].need);
    }
    assert_null(sb_event_type_field(t, sb_bytes_str("personas.sexo")));
    assert_true(sb_bytes_is(sb_event_type_field(t, sb_bytes_str("zona"))->unit, "u"));
    assert_true(
        sb_bytes_is(sb_event_type_field(t, sb_bytes_str("lugar"))->codes, "lugares"));
    assert_int_equal(t->n_fields, 17);
    sb_catalog_free(cat);
    folder_drop(folder);
}

static void lists_and_crosswalks_answer(void **state)
{
    (void)state;
    char folder[] = "/tmp/sacbe-catalog-XXXXXX";
    folder_make(folder);
    struct sb_catalog *cat = load(folder);
    struct sb_err err = {0};
    const struct sb_code_list *c = sb_catalog_codes(cat, sb_bytes_str("lugares"));
    struct sb_value seven = sb_value_int(7);
    struct sb_value one = sb_value_int(1);
    assert_int_equal(sb_code_list_count(c), 3);
    assert_true(sb_bytes_is(sb_code_list_row(c, 0)->code, "01"));
    assert_true(sb_bytes_is(sb_code_list_find(c, sb_bytes_str("02"))->name,
                            "El Progreso, \"La\""));
    assert_null(sb_code_list_find(c, sb_bytes_str("03")));
    assert_true(sb_code_list_has(c, &seven));
    assert_false(sb_code_list_has(c, &one));
    const struct sb_crosswalk *x = sb_catalog_crosswalk(cat, sb_bytes_str("dos"));
    struct sb_bytes out;
    struct sb_bytes in[2] = {sb_bytes_str(" QUICHE "), sb_bytes_str("nebaj")};
    assert_int_equal(sb_crosswalk_inputs(x), 2);
    assert_int_equal(sb_crosswalk_find(x, in, 2, &out, &err), 0);
    assert_true(sb_bytes_is(out, "1413"));
    in[0] = sb_bytes_str("guatemala");
    in[1] = sb_bytes_str("santa catarina");
    assert_int_equal(sb_crosswalk_find(x, in, 2, &out, &err), 0);
    in[0] = sb_bytes_str("PET\xc3\x89N");
    in[1] = sb_bytes_str("Flores");
    assert_int_equal(sb_crosswalk_find(x, in, 2, &out, &err), SB_E_AMBIGUOUS);
    in[1] = sb_bytes_str("secreto");
    assert_int_equal(sb_crosswalk_find(x, in, 2, &out, &err), SB_E_NO_MATCH);
    assert_null(strstr(err.text, "secreto"));
    assert_int_equal(sb_crosswalk_find(x, in, 1, &out, &err), SB_E_ARGUMENT);
    assert_null(sb_catalog_codes(cat, sb_bytes_str("dos")));
    assert_true(sb_reason_valid(sb_bytes_str("ilegible")));
    assert_false(sb_reason_valid(sb_bytes_str("otro")));
    sb_catalog_free(cat);
    folder_drop(folder);
}

static void bad_folders_are_refused_by_place(void **state)
{
    (void)state;
    static const struct {
        size_t file;
        const char *from;
        const char *to;
        int code;
        const char *text; /* part of the message */
    } rows[] = {
        {0, "\"edition\":\"e1\",", "", SB_E_SCHEMA_VALUE, "edition"},
        {0, "\"types\"", "\"tipes\"", SB_E_SCHEMA_KEYWORD, "tipes"},
        {0, "\"version\":1", "\"version\":0", SB_E_SCHEMA_VALUE, "/types/0"},
        {0, "dos.csv", "../dos.csv", SB_E_SCHEMA_VALUE, "/crosswalks/0"},
        {0, "dos.csv", "lugares.csv", SB_E_DUPLICATE, "lugares.csv"},
        {0, "dos.csv", "tres.csv", SB_E_NOT_FOUND, "tres.csv"},
        {0, "{", "{{", SB_E_SCHEMA_JSON, "catalog.json: line 1"},
        {1,
         "\"enum\"",
         "\"enun\"",
         SB_E_SCHEMA_KEYWORD,
         "comunes.json#/$defs/operacion"},
        {2, "\"x-clase\":\"publica\",", "", SB_E_SCHEMA_VALUE, "x-clase"},
        {2,
         "\"x-clase\":\"interna\"",
         "\"x-clase\":\"otra\"",
         SB_E_SCHEMA_VALUE,
         "zona"},
        {2, "\"date\"", "\"fecha\"", SB_E_SCHEMA_VALUE, "cuando"},
        {2, "\"lugares\"", "\"nada\"", SB_E_SCHEMA_VALUE, "x-codigos"},
        {2,
         "\"x-prioridad\":3",
         "\"x-prioridad\":\"a\"",
         SB_E_SCHEMA_VALUE,
         "prioridad"},
        {2, "\"id_local\":{\"type\":\"string\"},", "", SB_E_SCHEMA_VALUE, "id_local"},
        {2,
         "\"items\":{\"type\":\"string\"}",
         "\"items\":{\"type\":\"string\",\"x-clase\":\"interna\"}",
         SB_E_SCHEMA_VALUE,
         "placas[]"},
        {2,
         "\"allOf\":[{\"$ref\":\"comunes\"}]",
         "\"allOf\":[{\"properties\":{\"zona\":{\"x-clase\":\"publica\"}}}]",
         SB_E_SCHEMA_VALUE,
         "another class"},
        {3, "codigo", "code", SB_E_CODE_LIST, "lugares.csv:1"},
        {3, "7,Siete", "01,Uno", SB_E_CODE_LIST, "\"01\""},
        {3, "2020-01-01", "2020", SB_E_CODE_LIST, "lugares.csv:2"},
        {3, "01,Guatemala,", "01,", SB_E_CODE_LIST, "lugares.csv:3"},
        {3, "Siete", "\"Siete", SB_E_CODE_LIST, "lugares.csv:4"},
        {3, "Siete", "\xff", SB_E_UTF8, "lugares.csv"},
        {4, "de_muni", "muni", 0, NULL},
        {4, "de_depto,de_muni", "x,y", SB_E_CODE_LIST, "dos.csv:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char folder[] = "/tmp/sacbe-catalog-XXXXXX";
        struct sb_catalog *cat = NULL;
        struct sb_err err = {0};
        folder_make(folder);
        char *text = replaced(file_texts[rows[i].file], rows[i].from, rows[i].to);
        folder_write(folder, file_names[rows[i].file], text);
        int rc = sb_catalog_load(&cat, folder, &err);
        if (rc != rows[i].code || (rc != 0 && !strstr(err.text, rows[i].text)))
            fail_msg("%s: %d %s", rows[i].to, rc, err.text);
        sb_catalog_free(cat);
        free(text);
        folder_drop(folder);
    }
}

static void the_published_catalogue_loads(void **state)
{
    (void)state;
    struct sb_catalog *cat = load(SB_TEST_SNS);
    static const char *const types[] = {"comun.alerta",
                                        "interior.hecho_transito",
                                        "interior.persona_desaparecida",
                                        "riesgos.incidente",
                                        "riesgos.sismo"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(sb_catalog_type(cat, sb_bytes_str(types[i])));
    assert_int_equal(sb_catalog_type(cat, sb_bytes_str(types[0]))->priority, 9);
    sb_catalog_free(cat);
}

static void files_in_memory_load_as_their_folder(void **state)
{
    struct sb_catalog_given files[256];
    struct sb_catalog *again = NULL;
    struct sb_err err = {0};
    (void)state;
    struct sb_catalog *cat = load(SB_TEST_SNS);
    size_t n = sb_catalog_file_count(cat);
    assert_in_range(n, 1, 256);
    for (size_t i = 0; i < n; i++)
        files[i].path = sb_bytes_str(sb_catalog_file(cat, i, &files[i].content));
    assert_int_equal(sb_catalog_load_given(&again, "journal", files, n, &err), 0);
    assert_int_equal(sb_catalog_file_count(again), n);
    assert_int_equal(sb_catalog_type_count(again), sb_catalog_type_count(cat));
    assert_string_equal(sb_catalog_edition(again), sb_catalog_edition(cat));
    sb_catalog_free(again);
    again = NULL;
    assert_int_equal(sb_catalog_load_given(&again, "journal", files + 1, n - 1, &err),
                     SB_E_NOT_FOUND);
    assert_null(again);
    sb_catalog_free(cat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_gives_types_and_manifest),
        cmocka_unit_test(fields_know_class_type_and_need),
        cmocka_unit_test(lists_and_crosswalks_answer),
        cmocka_unit_test(bad_folders_are_refused_by_place),
        cmocka_unit_test(the_published_catalogue_loads),
        cmocka_unit_test(files_in_memory_load_as_their_folder),
    };
    return cmocka_run_group_tests_name("schemas.catalog.load", tests, NULL, NULL);
}
