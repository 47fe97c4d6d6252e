/* adapters.sqlite.db: the ops of a local database, on real SQLite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/sqlite/db.h"

struct db_state {
    struct sb_db *db;
    struct sb_err err;
};

static int setup(void **state)
{
    struct db_state *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(sb_sqlite_db_open(&t->db, ":memory:", true, &t->err), 0);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct db_state *t = *state;
    t->db->ops->close(t->db);
    free(t);
    return 0;
}

static int run(struct db_state *t, const char *sql)
{
    return t->db->ops->run(t->db, sb_bytes_str(sql), NULL, 0, NULL, NULL, &t->err);
}

static int
run_with(struct db_state *t, const char *sql, const struct sb_param *p, size_t n)
{
    return t->db->ops->run(t->db, sb_bytes_str(sql), p, n, NULL, NULL, &t->err);
}

struct seen {
    size_t rows;
    struct sb_cell cells[4];
    char text[40];
};

static int see(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct seen *s = ctx;
    (void)err;
    s->rows++;
    for (size_t i = 0; i < row->n && i < 4; i++) {
        s->cells[i] = row->cells[i];
        if (row->cells[i].type == SB_CELL_TEXT)
            snprintf(s->text, sizeof s->text, "%.*s", SB_FMT(row->cells[i].s));
    }
    return 0;
}

static struct sb_param number(const char *name, int64_t i)
{
    return (struct sb_param){sb_bytes_str(name), {.type = SB_CELL_INT, .i = i}};
}

static void values_go_in_by_name_and_come_out_as_they_are(void **state)
{
    struct db_state *t = *state;
    struct seen s = {.rows = 0};
    struct sb_param p[] = {
        number("unused", 3),
        number("i", INT64_MIN),
        {sb_bytes_str("d"), {.type = SB_CELL_REAL, .d = 0.25}},
        {sb_bytes_str("s"), {.type = SB_CELL_TEXT, .s = sb_bytes_str("Totonicapán")}},
        {sb_bytes_str("n"), {.type = SB_CELL_NULL}}};
    assert_int_equal(
        t->db->ops->run(
            t->db, sb_bytes_str("SELECT :i, :d, :n, :s"), p, 5, see, &s, &t->err),
        0);
    assert_int_equal(s.rows, 1);
    assert_true(s.cells[0].type == SB_CELL_INT && s.cells[0].i == INT64_MIN);
    assert_true(s.cells[1].type == SB_CELL_REAL && s.cells[1].d == 0.25);
    assert_int_equal(s.cells[2].type, SB_CELL_NULL);
    assert_string_equal(s.text, "Totonicapán");
}

static void faults_of_a_statement_have_their_codes(void **state)
{
    struct db_state *t = *state;
    struct sb_param p = number("a", 1);
    assert_int_equal(run(t, "SELECT :nobody"), SB_E_MAPPING);
    assert_non_null(strstr(t->err.text, ":nobody"));
    assert_int_equal(run_with(t, "SELECT ?1", &p, 1), SB_E_MAPPING);
    assert_int_equal(run(t, "SELEC 1"), SB_E_MAPPING);
    assert_int_equal(run(t, "  -- nothing\n"), SB_E_MAPPING);
    assert_int_equal(run(t, "SELECT 1; SELECT 2"), SB_E_MAPPING);
    assert_int_equal(run(t, "SELECT 1; -- and no more"), 0);
    assert_int_equal(run(t, "CREATE TABLE t(a INTEGER NOT NULL UNIQUE)"), 0);
    assert_int_equal(run(t, "INSERT INTO t VALUES (NULL)"), SB_E_SINK_REFUSED);
    assert_int_equal(run(t, "INSERT INTO t VALUES (1)"), 0);
    assert_int_equal(run(t, "INSERT INTO t VALUES (1)"), SB_E_SINK_REFUSED);
}

static void foreign_keys_hold_and_transactions_roll_back(void **state)
{
    struct db_state *t = *state;
    struct seen s = {.rows = 0};
    assert_int_equal(run(t, "CREATE TABLE p(id INTEGER PRIMARY KEY)"), 0);
    assert_int_equal(run(t, "CREATE TABLE c(id INTEGER REFERENCES p)"), 0);
    assert_int_equal(run(t, "INSERT INTO c VALUES (7)"), SB_E_SINK_REFUSED);
    assert_int_equal(t->db->ops->begin(t->db, &t->err), 0);
    assert_int_equal(run(t, "INSERT INTO p VALUES (1)"), 0);
    t->db->ops->rollback(t->db);
    t->db->ops->rollback(t->db); /* without a transaction it does nothing */
    assert_int_equal(
        t->db->ops->run(t->db, sb_bytes_str("SELECT * FROM p"), NULL, 0, see, &s, NULL),
        0);
    assert_int_equal(s.rows, 0);
}

static int inner(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct db_state *t = ctx;
    (void)row;
    struct seen s = {.rows = 0};
    int rc = t->db->ops->run(
        t->db, sb_bytes_str("SELECT 1 UNION SELECT 2"), NULL, 0, see, &s, err);
    assert_int_equal(rc, 0);
    assert_int_equal(s.rows, 2);
    return 0;
}

static void a_statement_may_run_inside_its_own_rows(void **state)
{
    struct db_state *t = *state;
    assert_int_equal(
        t->db->ops->run(
            t->db, sb_bytes_str("SELECT 1 UNION SELECT 2"), NULL, 0, inner, t, &t->err),
        0);
}

static void many_statements_do_not_fill_the_cache(void **state)
{
    struct db_state *t = *state;
    char sql[60];
    for (int i = 0; i < 500; i++) {
        snprintf(sql, sizeof sql, "SELECT %d", i);
        assert_int_equal(run(t, sql), 0);
    }
}

static void a_statement_is_described_without_running(void **state)
{
    struct db_state *t = *state;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_bytes *params = NULL;
    struct sb_bytes *columns = NULL;
    size_t n_params = 0;
    size_t n_columns = 0;
    assert_int_equal(
        t->db->ops->describe(t->db,
                             sb_bytes_str("SELECT 1 AS uno, :a || :b AS \"calidad.x\""),
                             arena,
                             &params,
                             &n_params,
                             &columns,
                             &n_columns,
                             &t->err),
        0);
    assert_int_equal(n_params, 2);
    assert_true(sb_bytes_is(params[1], "b"));
    assert_int_equal(n_columns, 2);
    assert_true(sb_bytes_is(columns[1], "calidad.x"));
    sb_arena_free(arena);
}

static void names_are_quoted(void **state)
{
    struct db_state *t = *state;
    struct sb_buf b = {0};
    t->db->ops->quote(&b, sb_bytes_str("a\"b"));
    assert_true(sb_bytes_is(sb_buf_bytes(&b), "\"a\"\"b\""));
    sb_buf_free(&b);
}

static void what_is_no_database_is_refused(void **state)
{
    (void)state;
    struct sb_db *db = NULL;
    struct sb_err err;
    char path[] = "/tmp/sacbe-nodb-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "this is a text, and long enough to be looked at", 47),
                     47);
    close(fd);
    assert_int_equal(sb_sqlite_db_open(&db, path, false, &err), SB_E_DB_CORRUPT);
    unlink(path);
    assert_int_equal(sb_sqlite_db_open(&db, path, false, &err), SB_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            values_go_in_by_name_and_come_out_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(
            faults_of_a_statement_have_their_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(
            foreign_keys_hold_and_transactions_roll_back, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_statement_may_run_inside_its_own_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(
            many_statements_do_not_fill_the_cache, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_statement_is_described_without_running, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_quoted, setup, teardown),
        cmocka_unit_test(what_is_no_database_is_refused),
    };
    return cmocka_run_group_tests_name("adapters.sqlite.db", tests, NULL, NULL);
}
