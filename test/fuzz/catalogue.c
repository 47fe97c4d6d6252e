/* fuzz.catalogue: a JSON Schema, and after a byte 0xff a value in JSON. A schema that
 * is taken judges the value twice in the same way; a payload that a real type takes is
 * split into sections and merged to itself. */
#include "schemas/catalog/catalog.h"
#include "schemas/catalog/json.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas_catalog/folder.h"

#define S_URI sb_bytes_str("https://x.example/s")

static struct sb_catalog *catalog;

static void begin(void)
{
    struct sb_catalog_given files[5];
    for (size_t i = 0; i < 5; i++)
        files[i] = (struct sb_catalog_given){sb_bytes_str(file_names[i]),
                                             sb_bytes_str(file_texts[i])};
    fuzz_must(sb_catalog_load_given(&catalog, "given", files, 5, NULL) == 0,
              "the catalogue loads");
}

static void end(void)
{
    sb_catalog_free(catalog);
}

static void by_schema(struct sb_bytes text, const struct sb_value *v)
{
    struct sb_schema_options options = {.assert_format = true};
    struct sb_schema_set *set = NULL;
    struct sb_err err = {0};
    struct sb_violation violation;
    fuzz_must(sb_schema_set_new(&set, &options, NULL) == 0, "a set");
    int rc = sb_schema_set_add(set, "s.json", S_URI, text, &err);
    if (rc == 0)
        rc = sb_schema_set_compile(set, &err);
    fuzz_judged(rc, &err);
    if (rc == 0 && v) {
        const struct sb_schema *root = sb_schema_set_root(set, "s.json");
        rc = sb_schema_validate(root, v, &violation, &err);
        fuzz_judged(rc, &err);
        fuzz_must(sb_schema_validate(root, v, NULL, NULL) == rc, "twice the same");
        if (rc == SB_E_INVALID)
            fuzz_must(memchr(violation.pointer, 0, SB_POINTER_MAX) && violation.rule &&
                          violation.kind,
                      "a violation says where");
    }
    sb_schema_set_free(set);
}

static void by_type(const struct sb_value *v, struct sb_arena *arena)
{
    const struct sb_event_type *type = sb_catalog_type_at(catalog, 0);
    struct sb_err err = {0};
    struct sb_value sections[SB_CLASS_COUNT];
    const struct sb_value *held[SB_CLASS_COUNT] = {NULL};
    struct sb_value whole;
    int rc = sb_event_type_validate(type, v, SB_CLASS_ALL, NULL, &err);
    fuzz_judged(rc, &err);
    if (rc != 0)
        return;
    fuzz_must(sb_event_type_split(type, v, sections, arena, &err) == 0, "it is split");
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        held[c] = sections[c].type == SB_NIL ? NULL : &sections[c];
    fuzz_must(sb_event_type_merge(type, held, &whole, arena, &err) == 0, "and merged");
    fuzz_must(sb_value_eq(v, &whole), "to itself");
}

static void one(struct sb_bytes in)
{
    struct sb_bytes schema;
    struct sb_bytes text;
    struct sb_err err = {0};
    struct sb_value v;
    struct sb_value again;
    struct sb_buf json = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    fuzz_cut(in, &schema, &text);
    int rc = sb_json_to_value(text, arena, &v, &err);
    fuzz_judged(rc, &err);
    by_schema(schema, rc == 0 ? &v : NULL);
    if (rc == 0) {
        by_type(&v, arena);
        fuzz_must(sb_value_to_json(&v, 0, &json, &err) == 0, "a value is written");
        fuzz_must(sb_json_to_value(sb_buf_bytes(&json), arena, &again, &err) == 0 &&
                      sb_value_eq(&v, &again),
                  "and read as itself");
    }
    sb_buf_free(&json);
    sb_arena_free(arena);
}

static void seeds(struct fuzz_seeds *to)
{
    static const char *const payloads[] = {
        "{\"id_local\":\"1\",\"lugar\":\"01\",\"operacion\":\"alta\",\"personas\":[{"
        "\"calidad\":{\"sexo\":\"reservado\"},\"pie\":true},{\"dano\":2,\"pie\":false,"
        "\"sexo\":\"M\"}],\"zona\":3}",
        "{\"autor\":{\"edad\":20,\"nombre\":\"A\"},\"calidad\":{\"zona\":"
        "\"no_registrado\"},\"cuando\":\"2026-01-31\",\"id_local\":\"2\",\"lugar\":"
        "\"02\",\"operacion\":\"correccion\",\"placas\":[\"P1\",\"P2\"]}",
        "{\"id_local\":\"3\",\"operacion\":\"anulacion\"}"};
    static const char *const schemas[] = {
        TYPE,
        COMMON,
        "{\"type\":\"array\",\"prefixItems\":[{\"multipleOf\":0.1}],\"items\":{"
        "\"pattern\":\"^[a-z]{2,5}\\\\d+$\",\"maxLength\":9},\"uniqueItems\":true,"
        "\"contains\":{\"const\":1},\"minContains\":1,\"maxContains\":2,\"not\":{"
        "\"maxItems\":0},\"oneOf\":[{\"minItems\":1},{\"type\":\"null\"}]}"};
    struct sb_buf b = {0};
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "schema-%zu", i);
        sb_buf_reset(&b);
        sb_buf_str(&b, schemas[i]);
        sb_buf_byte(&b, 0xff);
        sb_buf_str(&b, i == 2 ? "[1,\"ab1\",1.5e3,null]" : payloads[i]);
        fuzz_seed(to, name, sb_buf_bytes(&b));
        snprintf(name, sizeof name, "payload-%zu", i);
        sb_buf_reset(&b);
        sb_buf_str(&b, "{\"type\":\"object\"}");
        sb_buf_byte(&b, 0xff);
        sb_buf_str(&b, payloads[i]);
        fuzz_seed(to, name, sb_buf_bytes(&b));
    }
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {.name = "catalogue",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 8192,
                                        .mutations = 3000};
