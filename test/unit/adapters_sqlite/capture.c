/* adapters.sqlite.capture: triggers, the change log read by state, kills in between. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/sqlite/db.h"
#include "adapters/sqlite/sqlite.h"
#include "keys/hash.h"
#include "schemas/catalog/catalog.h"

static const char mapping[] =
    "mapping: 1\n"
    "type: comun.alerta\n"
    "source: {driver: sqlite, file: local.db, table: aviso, key: [serie, num]}\n"
    "event:\n"
    "  sql: |\n"
    "    SELECT id AS id_local, 'interior' AS ambito, nivel,\n"
    "           '2026-11-16T06:00:00-06:00' AS ocurrido_en,\n"
    "           'minuto' AS ocurrido_precision,\n"
    "           '2026-11-16T06:00:00-06:00' AS valida_desde,\n"
    "           '2026-11-17T06:00:00-06:00' AS valida_hasta\n"
    "      FROM aviso WHERE serie = :serie AND num = :num\n"
    "arrays:\n"
    "- to: area\n"
    "  table: zona\n"
    "  key: [s, n]\n"
    "  sql: SELECT codigo AS valor FROM zona WHERE s = :serie AND n = :num\n"
    "       ORDER BY codigo\n";

struct bed {
    char dir[40];
    struct sb_catalog *catalog;
    struct sb_mapping *mapping;
    struct sb_db *db; /* the institution's own connection */
    struct sb_source *source;
    struct sb_source_batch batch;
    char told[600]; /* "alta A1, anulacion A2" of the last batch */
    uint8_t token[64];
    size_t token_n;
    struct sb_err err;
};

static const char *path_of(const struct bed *b, const char *name)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", b->dir, name);
    return path;
}

static void sql(struct bed *b, const char *text)
{
    if (b->db->ops->run(b->db, sb_bytes_str(text), NULL, 0, NULL, NULL, &b->err) != 0)
        fail_msg("%s: %s", text, b->err.text);
}

static void open_source(struct bed *b, bool in_outbox)
{
    struct sb_source_options options = {
        .mapping = b->mapping, .state_dir = b->dir, .name = "alerta"};
    if (sb_sqlite_driver.source->open(&b->source, &options, &b->err) != 0)
        fail_msg("%s", b->err.text);
    struct sb_bytes token = sb_bytes(b->token, in_outbox ? b->token_n : 0);
    assert_int_equal(b->source->ops->recover(b->source, token, &b->err), 0);
}

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    assert_int_equal(sb_keys_init(NULL), 0);
    snprintf(b->dir, sizeof b->dir, "/tmp/sacbe-capture-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    assert_int_equal(sb_catalog_load(&b->catalog, SB_TEST_SNS, &b->err), 0);
    assert_int_equal(
        sb_file_write(path_of(b, "m.yaml"), sb_bytes_str(mapping), 0600, NULL), 0);
    if (sb_mapping_load(&b->mapping, path_of(b, "m.yaml"), b->catalog, &b->err) != 0)
        fail_msg("%s", b->err.text);
    assert_int_equal(sb_sqlite_db_open(&b->db, path_of(b, "local.db"), true, &b->err),
                     0);
    sql(b, "PRAGMA journal_mode = WAL");
    sql(b,
        "CREATE TABLE aviso(serie TEXT, num INTEGER, id TEXT, nivel TEXT,"
        " PRIMARY KEY(serie, num))");
    sql(b, "CREATE TABLE zona(s TEXT, n INTEGER, codigo TEXT)");
    sql(b, "INSERT INTO zona VALUES ('x', 1, '01'), ('x', 2, '05')");
    sql(b, "INSERT INTO aviso VALUES ('x', 1, 'A1', 'verde')");
    if (sb_sqlite_driver.capture_install(b->mapping, NULL, &b->err) != 0)
        fail_msg("%s", b->err.text);
    open_source(b, false);
    *state = b;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct bed *b = *state;
    b->source->ops->close(b->source);
    b->db->ops->close(b->db);
    sb_mapping_free(b->mapping);
    sb_catalog_free(b->catalog);
    (void)nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(b);
    return 0;
}

/* The next chunk, as words; "" when there is none. */
static const char *next(struct bed *b)
{
    int rc = 1;
    b->told[0] = '\0';
    b->batch.n = 0;
    while (rc == 1 && b->batch.n == 0)
        rc = b->source->ops->next(b->source, 100, &b->batch, &b->err);
    if (rc < 0)
        fail_msg("%s", b->err.text);
    for (size_t i = 0; i < b->batch.n; i++) {
        const struct sb_source_change *c = &b->batch.changes[i];
        size_t at = strlen(b->told);
        snprintf(b->told + at,
                 sizeof b->told - at,
                 "%s%s %.*s",
                 i ? ", " : "",
                 c->code ? sb_code_name(c->code) : c->operacion,
                 SB_FMT(c->code ? c->row.key : c->id_local));
    }
    if (rc == 1) {
        b->token_n = b->batch.token.n;
        memcpy(b->token, b->batch.token.p, b->token_n);
    }
    return b->told;
}

static const char *settled(struct bed *b)
{
    const char *told = next(b);
    if (b->batch.n)
        assert_int_equal(b->source->ops->done(b->source, &b->err), 0);
    return told;
}

static void every_change_is_told_once_as_what_it_is(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1"); /* it was there before */
    assert_string_equal(settled(b), "");
    sql(b, "INSERT INTO aviso VALUES ('x', 2, 'A2', 'roja')");
    assert_string_equal(settled(b), "alta A2");
    sql(b, "UPDATE aviso SET nivel = 'amarilla' WHERE num = 1");
    assert_string_equal(settled(b), "correccion A1");
    sql(b, "UPDATE aviso SET nivel = 'amarilla' WHERE num = 1"); /* no change */
    assert_string_equal(settled(b), "");
    sql(b, "INSERT INTO zona VALUES ('x', 1, '0501')"); /* an element of its array */
    assert_string_equal(settled(b), "correccion A1");
    sql(b, "DELETE FROM zona WHERE n = 1 AND codigo = '0501'");
    assert_string_equal(settled(b), "correccion A1");
    sql(b, "DELETE FROM aviso WHERE num = 2");
    assert_string_equal(settled(b), "anulacion A2");
    sql(b, "INSERT INTO aviso VALUES ('x', 2, 'A2', 'roja')");
    assert_string_equal(settled(b), "alta A2");
}

static void many_changes_of_one_row_are_its_last_state(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "INSERT INTO aviso VALUES ('x', 2, 'A2', 'roja')");
    sql(b, "UPDATE aviso SET nivel = 'verde' WHERE num = 2");
    sql(b, "UPDATE aviso SET nivel = 'amarilla' WHERE num = 1");
    assert_string_equal(settled(b), "alta A2, correccion A1");
    sql(b, "INSERT INTO aviso VALUES ('x', 3, 'A3', 'roja')");
    sql(b, "DELETE FROM aviso WHERE num = 3"); /* never told: nothing to withdraw */
    assert_string_equal(settled(b), "");
}

static void a_changed_key_or_id_is_withdrawn_and_told_anew(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "UPDATE aviso SET id = 'B1' WHERE num = 1");
    assert_string_equal(settled(b), "anulacion A1, alta B1");
    sql(b, "INSERT INTO zona VALUES ('y', 9, '01')");
    sql(b, "UPDATE aviso SET serie = 'y', num = 9 WHERE num = 1");
    assert_string_equal(settled(b), "anulacion B1, alta B1");
    sql(b, "INSERT INTO aviso VALUES ('x', 2, 'B1', 'roja')");
    assert_string_equal(settled(b), "duplicate_id x-2");
}

static void killed_before_the_outbox_it_tells_again(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "UPDATE aviso SET nivel = 'roja'");
    sql(b, "INSERT INTO aviso VALUES ('x', 2, 'A2', 'roja')");
    uint8_t old[64];
    size_t old_n = b->token_n;
    memcpy(old, b->token, old_n);
    assert_string_equal(next(b), "correccion A1, alta A2");
    b->source->ops->close(b->source);
    memcpy(b->token, old, old_n); /* the outbox holds the chunk before */
    open_source(b, true);
    assert_string_equal(settled(b), "correccion A1, alta A2");
}

static void killed_after_the_outbox_it_does_not(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "UPDATE aviso SET nivel = 'roja'");
    assert_string_equal(next(b), "correccion A1");
    b->source->ops->close(b->source);
    open_source(b, true);
    assert_string_equal(next(b), "");
    sql(b, "UPDATE aviso SET nivel = 'verde'");
    assert_string_equal(settled(b), "correccion A1");
}

static void what_the_catalogue_refuses_was_not_told(void **state)
{
    struct bed *b = *state;
    assert_string_equal(next(b), "alta A1");
    assert_int_equal(
        b->source->ops->refused(b->source, 0, SB_E_INVALID, "/nivel", &b->err), 0);
    assert_int_equal(b->source->ops->done(b->source, &b->err), 0);
    sql(b, "UPDATE aviso SET nivel = 'roja'");
    assert_string_equal(settled(b), "alta A1"); /* not a correccion */
    assert_int_equal(
        b->source->ops->again(
            b->source, sb_bytes_str("aviso"), sb_bytes_str("x-1"), &b->err),
        0);
    assert_string_equal(settled(b), ""); /* looked at, and as it was */
}

static void a_missing_trigger_stops_the_source(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    assert_int_equal(sb_sqlite_driver.capture_check(b->mapping, NULL, &b->err), 0);
    sql(b, "DROP TRIGGER \"sacbe:comun.alerta:aviso:zona:d\"");
    assert_int_equal(sb_sqlite_driver.capture_check(b->mapping, NULL, &b->err),
                     SB_E_CAPTURE_MISSING);
    assert_int_equal(b->source->ops->next(b->source, 10, &b->batch, &b->err),
                     SB_E_CAPTURE_MISSING);
    assert_non_null(strstr(b->err.text, "sacbe capture install"));
    sql(b,
        "CREATE TRIGGER \"sacbe:comun.alerta:aviso:zona:d\" AFTER DELETE ON zona"
        " BEGIN SELECT 1; END");
    assert_int_equal(b->source->ops->next(b->source, 10, &b->batch, &b->err),
                     SB_E_CAPTURE_CHANGED);
    sql(b, "UPDATE aviso SET nivel = 'roja'");
    assert_int_equal(sb_sqlite_driver.capture_install(b->mapping, NULL, &b->err), 0);
    assert_string_equal(settled(b), "correccion A1"); /* the rest is as it was told */
}

static void removed_it_leaves_nothing_behind(void **state)
{
    struct bed *b = *state;
    struct sb_buf plan = {0};
    assert_int_equal(sb_sqlite_driver.capture_plan(b->mapping, NULL, &plan, &b->err),
                     0);
    assert_non_null(memmem(plan.p, plan.n, "CREATE TRIGGER", 14));
    sb_buf_free(&plan);
    assert_int_equal(sb_sqlite_driver.capture_remove(b->mapping, NULL, &b->err), 0);
    sql(b, "UPDATE aviso SET nivel = 'roja'");
    assert_int_equal(b->db->ops->run(b->db,
                                     sb_bytes_str("SELECT * FROM sacbe_change"),
                                     NULL,
                                     0,
                                     NULL,
                                     NULL,
                                     NULL),
                     SB_E_MAPPING);
    assert_int_equal(sb_sqlite_driver.capture_check(b->mapping, NULL, &b->err),
                     SB_E_CAPTURE_MISSING);
}

static void odd_keys_never_fail_the_institution(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "INSERT INTO aviso VALUES (NULL, 5, 'N5', 'roja')");
    sql(b, "INSERT INTO aviso VALUES (x'ff00', 6, 'N6', 'roja')");
    sql(b, "INSERT INTO aviso VALUES (2.5, 7, 'N7', 'roja')");
    sql(b, "INSERT INTO zona VALUES ('nobody', 1, '01')");
    /* NULL and the bytes match no row by `serie = :serie`, or are told why not */
    assert_non_null(strstr(settled(b), "utf8"));
    assert_string_equal(settled(b), "");
}

static void an_infinite_key_is_refused_by_name(void **state)
{
    struct bed *b = *state;
    assert_string_equal(settled(b), "alta A1");
    sql(b, "INSERT INTO aviso VALUES ('x', 9e999, 'N8', 'roja')");
    assert_non_null(strstr(settled(b), "range"));
    assert_string_equal(settled(b), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            every_change_is_told_once_as_what_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(
            many_changes_of_one_row_are_its_last_state, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_changed_key_or_id_is_withdrawn_and_told_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            killed_before_the_outbox_it_tells_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            killed_after_the_outbox_it_does_not, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_the_catalogue_refuses_was_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_missing_trigger_stops_the_source, setup, teardown),
        cmocka_unit_test_setup_teardown(
            removed_it_leaves_nothing_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(
            odd_keys_never_fail_the_institution, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_infinite_key_is_refused_by_name, setup, teardown),
    };
    return cmocka_run_group_tests_name("adapters.sqlite.capture", tests, NULL, NULL);
}
