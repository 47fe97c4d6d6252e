/* fault.memory.schemas: files, values, records, catalogues without memory. */
#include <stdio.h>
#include <unistd.h>

#include "schemas/base/text.h"
#include "schemas/catalog/json.h"
#include "test/fault/memory/exhaust.h"
#include "test/unit/schemas_catalog/folder.h"
#include "test/unit/schemas_record/samples.h"

struct place {
    char path[64];
    struct sb_arena *arena; /* not exhausted: what the inputs live in */
    struct sb_buf input;
    struct sb_buf out;
    const struct kind *kind;
    struct sb_catalog *catalog;
    struct sb_value payload;
};

static int run_file(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_buf file = {0};
    int rc = sb_file_write(p->path, sb_bytes_str("the new text"), 0600, err);
    if (rc == 0)
        rc = sb_file_read(p->path, SB_MIB, &file, err);
    sb_buf_free(&file);
    return rc;
}

static void begin_file(void *ctx)
{
    struct place *p = ctx;
    assert_int_equal(sb_file_write(p->path, sb_bytes_str("the old"), 0600, NULL), 0);
}

static void judge_file(void *ctx, int rc)
{
    struct place *p = ctx;
    struct sb_buf file = {0};
    assert_int_equal(sb_file_read(p->path, SB_MIB, &file, NULL), 0);
    bool old = sb_bytes_is(sb_buf_bytes(&file), "the old");
    assert_true(old || sb_bytes_is(sb_buf_bytes(&file), "the new text"));
    assert_true(rc != 0 || !old);
    sb_buf_free(&file);
}

static void files(void **state)
{
    struct exhaust_scenario s = {
        .name = "file", .begin = begin_file, .run = run_file, .judge = judge_file};
    exhaust_each(&s, *state);
}

static int run_text(void *ctx, struct sb_err *err)
{
    struct sb_bytes name = sb_bytes_str(" San  Jos\xc3\xa9 Poaquil ");
    struct sb_buf a = {0};
    struct sb_buf b = {0};
    (void)ctx;
    int rc = sb_text_fold_header(name, &a, err);
    if (rc == 0)
        rc = sb_text_fold_name(name, &b, err);
    if (rc == 0 && !sb_bytes_is(sb_buf_bytes(&b), "san jose poaquil"))
        rc = sb_fail(err, SB_E_INTERNAL, "folded to another name");
    sb_buf_free(&a);
    sb_buf_free(&b);
    return rc;
}

static void texts(void **state)
{
    struct exhaust_scenario s = {.name = "text", .run = run_text};
    exhaust_each(&s, *state);
}

static int run_record(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = p->kind->again(sb_buf_bytes(&p->input), arena, &p->out, err);
    if (rc == 0)
        rc = sb_buf_check(&p->out, err);
    sb_arena_free(arena);
    return rc;
}

static void judge_record(void *ctx, int rc)
{
    struct place *p = ctx;
    if (rc == 0)
        assert_true(sb_bytes_eq(sb_buf_bytes(&p->input), sb_buf_bytes(&p->out)));
    sb_buf_free(&p->out);
}

static void records(void **state)
{
    struct place *p = *state;
    for (size_t i = 0; i < KINDS; i++) {
        struct exhaust_scenario s = {
            .name = kinds[i].name, .run = run_record, .judge = judge_record};
        sb_buf_free(&p->input);
        p->kind = &kinds[i];
        p->kind->make(&p->input);
        exhaust_each(&s, p);
    }
}

static const char json[] =
    "{\"id_local\":\"1\",\"lugar\":\"01\",\"operacion\":\"alta\",\"personas\":[{"
    "\"calidad\":{\"sexo\":\"reservado\"},\"pie\":true},{\"dano\":2,\"pie\":false,"
    "\"sexo\":\"M\"}],\"zona\":3}";

static int run_value(void *ctx, struct sb_err *err)
{
    struct sb_value v;
    struct sb_value again;
    struct sb_buf text = {0};
    struct sb_buf packed = {0};
    struct sb_arena *arena = sb_arena_new(0);
    (void)ctx;
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = sb_json_to_value(sb_bytes_str(json), arena, &v, err);
    if (rc == 0)
        rc = sb_value_pack(&v, &packed, err);
    if (rc == 0)
        rc = sb_value_unpack(sb_buf_bytes(&packed), arena, &again, err);
    if (rc == 0)
        rc = sb_value_to_json(&again, 0, &text, err);
    if (rc == 0 && !sb_bytes_is(sb_buf_bytes(&text), json))
        rc = sb_fail(err, SB_E_INTERNAL, "another text");
    sb_buf_free(&text);
    sb_buf_free(&packed);
    sb_arena_free(arena);
    return rc;
}

static void values(void **state)
{
    struct exhaust_scenario s = {.name = "value", .run = run_value};
    exhaust_each(&s, *state);
}

static int load(struct sb_catalog **out, struct sb_err *err)
{
    struct sb_catalog_given given[5];
    for (size_t i = 0; i < 5; i++)
        given[i] = (struct sb_catalog_given){sb_bytes_str(file_names[i]),
                                             sb_bytes_str(file_texts[i])};
    return sb_catalog_load_given(out, "given", given, 5, err);
}

static int run_catalog(void *ctx, struct sb_err *err)
{
    struct sb_catalog *cat = NULL;
    (void)ctx;
    int rc = load(&cat, err);
    assert_true((rc == 0) == (cat != NULL));
    sb_catalog_free(cat);
    return rc;
}

static void catalogues(void **state)
{
    struct exhaust_scenario s = {.name = "catalogue", .run = run_catalog};
    exhaust_each(&s, *state);
}

static int run_payload(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    const struct sb_event_type *type = sb_catalog_type_at(p->catalog, 0);
    struct sb_value sections[SB_CLASS_COUNT];
    const struct sb_value *held[SB_CLASS_COUNT] = {NULL};
    struct sb_value whole;
    struct sb_violation violation;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = sb_event_type_validate(type, &p->payload, SB_CLASS_ALL, &violation, err);
    if (rc == 0)
        rc = sb_event_type_split(type, &p->payload, sections, arena, err);
    for (size_t c = 0; rc == 0 && c < SB_CLASS_COUNT; c++)
        held[c] = sections[c].type == SB_NIL ? NULL : &sections[c];
    if (rc == 0)
        rc = sb_event_type_merge(type, held, &whole, arena, err);
    if (rc == 0 && !sb_value_eq(&whole, &p->payload))
        rc = sb_fail(err, SB_E_INTERNAL, "merged to something else");
    sb_arena_free(arena);
    return rc;
}

static void payloads(void **state)
{
    struct place *p = *state;
    struct exhaust_scenario s = {.name = "payload", .run = run_payload};
    assert_int_equal(load(&p->catalog, NULL), 0);
    assert_int_equal(sb_json_to_value(sb_bytes_str(json), p->arena, &p->payload, NULL),
                     0);
    exhaust_each(&s, p);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    snprintf(p->path, sizeof p->path, "/tmp/sacbe-memory-XXXXXX");
    int fd = mkstemp(p->path);
    assert_true(fd >= 0);
    close(fd);
    p->arena = sb_arena_new(0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    sb_buf_free(&p->input);
    sb_arena_free(p->arena);
    sb_catalog_free(p->catalog);
    free(p);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files, setup, teardown),
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(records, setup, teardown),
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(catalogues, setup, teardown),
        cmocka_unit_test_setup_teardown(payloads, setup, teardown),
    };
    return cmocka_run_group_tests_name("fault.memory.schemas", tests, NULL, NULL);
}
