/* A sink: checked against the grant, applied to tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/unit/adapters_mapping/bench.h"

#define P SB_CLASS_BIT(SB_CLASS_PUBLICA)
#define I SB_CLASS_BIT(SB_CLASS_INTERNA)
#define C SB_CLASS_BIT(SB_CLASS_CONFIDENCIAL)

#define HEAD                                                                           \
    "sink: 1\ntype: interior.hecho_transito\n"                                         \
    "target: {driver: sqlite, file: x.db}\n"
#define ALTA(sql) "alta: [\"" sql "\"]\n"
#define REST "correccion: [SELECT 1]\nanulacion: [SELECT 1]\n"

static const struct {
    const char *text;
    unsigned classes;
    const char *said; /* NULL: accepted */
} cases[] = {
    {HEAD ALTA("SELECT :id_local, :zona, :calidad_zona, :stream, :seq") REST, P, NULL},
    {HEAD ALTA("SELECT ':nada', \\\":nada\\\" /* :nada */ -- :nada") REST, P, NULL},
    {HEAD ALTA("SELECT :zonas") REST,
     P,
     ":4: parameter \"zonas\" is not known (did you mean \"zona\"?)"},
    {HEAD ALTA("SELECT :calidad_zone") REST, P, "did you mean \"calidad_zona\""},
    {HEAD ALTA("SELECT :personas") REST, P, "parameter \"personas\""},
    {HEAD ALTA("SELECT :edad") REST, P | I, "parameter \"edad\""},
    {HEAD ALTA("SELECT 1") REST "arrays: {personas: {each: ['SELECT :edad, :zona']}}\n",
     P,
     "\"edad\" is of class interna, which the grant does not show"},
    {HEAD ALTA("SELECT 1") REST "arrays: {personas: {each: ['SELECT :edad, :zona']}}\n",
     P | I,
     NULL},
    {HEAD ALTA("SELECT 1") REST
     "arrays: {personas: {each: ['SELECT :calidad_edad']}}\n",
     P,
     NULL},
    {HEAD ALTA("SELECT 1") REST "arrays: {person: {each: [SELECT 1]}}\n",
     P,
     "did you mean \"personas\""},
    {HEAD ALTA("SELECT 1") REST "arrays: {personas: {eash: [SELECT 1]}}\n",
     P,
     "did you mean \"each\""},
    {HEAD REST, P, "\"alta\" has no statement"},
    {HEAD "alta: []\n" REST, P, "\"alta\" has no statement"},
    {HEAD ALTA("SELECT 1") "correccion: [SELECT 1]\n", P, "\"anulacion\" has no"},
    {HEAD ALTA("SELECT 1") REST "on_eror: strict\n", P, "did you mean \"on_error\""},
    {HEAD ALTA("SELECT 1") REST "on_error: stop\n", P, "quarantine or strict"},
    {HEAD ALTA("INSERT INTO nada VALUES(1)") REST, P, "no such table: nada"},
    {"sink: 1\ntype: interior.hecho\ntarget: {driver: sqlite}\n", P, "event type"},
};

static void judges(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb_sink *s = NULL;
        int rc = bench_sink(b, cases[i].text, &s);
        if (rc == 0)
            rc = sb_sink_check(s, cases[i].classes, b->db, &b->err);
        const char *want = cases[i].said;
        bool fine = want ? rc != 0 && strstr(b->err.text, want) : rc == 0;
        if (!fine)
            print_error("case %zu: %d \"%s\"\n", i, rc, b->err.text);
        assert_true(fine);
        sb_sink_free(s);
    }
}

static void examples_pass(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *file;
        unsigned classes;
        bool fine;
    } examples[] = {
        {SB_TEST_EXAMPLES "/transito.sink.yaml", P | I | C, true},
        {SB_TEST_EXAMPLES "/transito.sink.yaml", P | C, false},
        {SB_TEST_EXAMPLES "/transito_publico.sink.yaml", P, true},
        {SB_TEST_EXAMPLES "/incidentes.sink.yaml", P | I, true},
        {SB_TEST_EXAMPLES "/incidentes.sink.yaml", P, false},
        {SB_TEST_EXAMPLES "/sismos.sink.yaml", P, true},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct sb_sink *s = NULL;
        assert_int_equal(sb_sink_load(&s, examples[i].file, b->catalog, &b->err), 0);
        int rc = sb_sink_check(s, examples[i].classes, NULL, &b->err);
        assert_int_equal(rc, examples[i].fine ? 0 : SB_E_SINK);
        sb_sink_free(s);
    }
}

#define TABLES                                                                         \
    "sink: 1\ntype: interior.hecho_transito\ntarget: {driver: sqlite}\n"               \
    "alta:\n"                                                                          \
    "- INSERT INTO h VALUES(:id_local, :seq, :stream, :zona, :calidad_zona, "          \
    ":calidad_personas) ON CONFLICT(id) DO UPDATE SET zona = excluded.zona\n"          \
    "correccion:\n"                                                                    \
    "- UPDATE h SET seq = :seq, zona = :zona, sin = :calidad_zona "                    \
    "WHERE id = :id_local\n"                                                           \
    "anulacion:\n"                                                                     \
    "- DELETE FROM p WHERE id = :id_local\n"                                           \
    "- DELETE FROM h WHERE id = :id_local\n"                                           \
    "arrays:\n"                                                                        \
    "  personas:\n"                                                                    \
    "    before: [DELETE FROM p WHERE id = :id_local]\n"                               \
    "    each: [\"INSERT INTO p VALUES(:id_local, :edad, :calidad_edad, "              \
    ":calidad_fall_les)\"]\n"

static void apply(struct bench *b, const struct sb_sink *s, const char *json)
{
    struct sb_value v = bench_value(b, json);
    int rc = sb_sink_apply(s, b->db, &v, P | I, sb_bytes_str("pnc/x"), 9, &b->err);
    if (rc)
        print_error("%s\n", b->err.text);
    assert_int_equal(rc, 0);
}

static void applies(void **state)
{
    struct bench *b = *state;
    struct sb_sink *s = NULL;
    bench_sql(b,
              (const char *const[]){
                  "CREATE TABLE h(id PRIMARY KEY, seq, stream, zona, sin, sin_p)",
                  "CREATE TABLE p(id, edad, sin_edad, sin_res)",
                  NULL});
    assert_int_equal(bench_sink(b, TABLES, &s), 0);
    assert_int_equal(sb_sink_check(s, P | I, b->db, &b->err), 0);
    apply(b,
          s,
          "{\"operacion\":\"alta\",\"id_local\":\"1\",\"zona\":6,\"personas\":["
          "{\"edad\":30},{\"calidad\":{\"edad\":\"ilegible\"}}]}");
    assert_string_equal(bench_ask(b, "SELECT zona FROM h"), "6");
    assert_string_equal(bench_ask(b, "SELECT seq || stream FROM h"), "9pnc/x");
    assert_string_equal(bench_ask(b, "SELECT count(*) FROM p"), "2");
    assert_string_equal(bench_ask(b, "SELECT sin_edad FROM p WHERE edad IS NULL"),
                        "ilegible");
    assert_string_equal(bench_ask(b,
                                  "SELECT count(*) FROM p WHERE sin_res = "
                                  "'reservado'"),
                        "2");
    apply(b,
          s,
          "{\"operacion\":\"correccion\",\"id_local\":\"1\","
          "\"calidad\":{\"zona\":\"no_aplica\"}}");
    assert_string_equal(bench_ask(b, "SELECT zona FROM h"), "null");
    assert_string_equal(bench_ask(b, "SELECT sin FROM h"), "no_aplica");
    assert_string_equal(bench_ask(b, "SELECT count(*) FROM p"), "0");
    apply(b, s, "{\"operacion\":\"anulacion\",\"id_local\":\"1\"}");
    assert_string_equal(bench_ask(b, "SELECT count(*) FROM h"), "0");
    struct sb_value odd = bench_value(b, "{\"operacion\":\"otra\"}");
    assert_int_equal(
        sb_sink_apply(s, b->db, &odd, P, sb_bytes_str("pnc/x"), 1, &b->err),
        SB_E_INVALID);
    sb_sink_free(s);
}

/* Arrays of plain values give :valor. */
static void applies_plain_elements(void **state)
{
    struct bench *b = *state;
    struct sb_sink *s = NULL;
    bench_sql(b, (const char *const[]){"CREATE TABLE a(id, codigo)", NULL});
    assert_int_equal(bench_sink(b,
                                "sink: 1\ntype: comun.alerta\n"
                                "target: {driver: sqlite}\n"
                                "alta: [SELECT 1]\ncorreccion: [SELECT 1]\n"
                                "anulacion: [SELECT 1]\n"
                                "arrays:\n  area:\n    each: [\"INSERT INTO a "
                                "VALUES(:id_local, :valor)\"]\n",
                                &s),
                     0);
    assert_int_equal(sb_sink_check(s, P, b->db, &b->err), 0);
    apply(
        b, s, "{\"operacion\":\"alta\",\"id_local\":\"1\",\"area\":[\"01\",\"0510\"]}");
    assert_string_equal(bench_ask(b, "SELECT group_concat(codigo) FROM a"), "01,0510");
    sb_sink_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(judges, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(examples_pass, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(applies, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(
            applies_plain_elements, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests_name("adapters.mapping.sink", tests, NULL, NULL);
}
