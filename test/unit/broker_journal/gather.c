/* The VFS below the journal's writer: large writes, read back as they were, dropped
 * when the disk refuses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "broker/journal/db.h"
#include "broker/journal/gather.h"

#define AT 4096 /* where a test's writes begin */

/* A file that is a WAL by its flags, and the same file without the VFS. */
struct pair {
    char folder[32];
    char db[64]; /* empty; SQLite gives a WAL the mode of its database */
    char wal[72];
    sqlite3_vfs *vfs;
    sqlite3_file *gathered;
    sqlite3_file *plain;
};

static sqlite3_file *open_by(sqlite3_vfs *vfs, const char *name, int flags)
{
    sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
    int out = 0;
    assert_non_null(f);
    assert_int_equal(vfs->xOpen(vfs, name, f, flags, &out), SQLITE_OK);
    return f;
}

static int setup(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    struct sb_err err;
    const int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    assert_non_null(p);
    strcpy(p->folder, "/tmp/sacbe-gather-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->db, sizeof p->db, "%s/a.db", p->folder);
    (void)snprintf(p->wal, sizeof p->wal, "%s-wal", p->db);
    int fd = creat(p->db, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(sb_gather_register(&err), 0);
    assert_int_equal(sb_gather_register(&err), 0); /* as often as one likes */
    p->vfs = sqlite3_vfs_find(SB_GATHER_VFS);
    assert_non_null(p->vfs);
    p->gathered = open_by(p->vfs, p->wal, how | SQLITE_OPEN_WAL);
    p->plain = open_by(sqlite3_vfs_find("unix"), p->wal, how | SQLITE_OPEN_WAL);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    if (p->gathered->pMethods)
        p->gathered->pMethods->xClose(p->gathered);
    p->plain->pMethods->xClose(p->plain);
    free(p->gathered);
    free(p->plain);
    unlink(p->wal);
    unlink(p->db);
    rmdir(p->folder);
    free(p);
    return 0;
}

static sqlite3_int64 size_of(sqlite3_file *f)
{
    sqlite3_int64 n = -1;
    assert_int_equal(f->pMethods->xFileSize(f, &n), SQLITE_OK);
    return n;
}

static void put(struct pair *p, char what, int n, sqlite3_int64 at)
{
    char *bytes = malloc((size_t)n);
    assert_non_null(bytes);
    memset(bytes, what, (size_t)n);
    assert_int_equal(p->gathered->pMethods->xWrite(p->gathered, bytes, n, at),
                     SQLITE_OK);
    free(bytes);
}

static void expect_at(sqlite3_file *f, char what, sqlite3_int64 at)
{
    char got = 0;
    assert_int_equal(f->pMethods->xRead(f, &got, 1, at), SQLITE_OK);
    assert_int_equal(got, what);
}

static void what_follows_is_one_write(void **state)
{
    struct pair *p = *state;
    for (int i = 0; i < 8; i++) {
        put(p, 'h', 24, AT + i * 1024);
        put(p, 'p', 1000, AT + i * 1024 + 24);
        assert_int_equal(size_of(p->plain), 0); /* nothing was written yet */
    }
    assert_int_equal(p->gathered->pMethods->xSync(p->gathered, SQLITE_SYNC_NORMAL),
                     SQLITE_OK);
    assert_int_equal(size_of(p->plain), AT + 8 * 1024);
    expect_at(p->plain, 'h', AT + 7 * 1024);
    expect_at(p->plain, 'p', AT + 8 * 1024 - 1);
}

static void what_was_written_can_be_read(void **state)
{
    struct pair *p = *state;
    put(p, 'a', 100, AT);
    expect_at(p->gathered, 'a', AT + 99);
    put(p, 'b', 100, AT + 50); /* over what is there: not behind it */
    put(p, 'c', 10, AT + 150);
    put(p, 'd', 10, 0);
    expect_at(p->gathered, 'd', 0);
    expect_at(p->gathered, 'a', AT + 49);
    expect_at(p->gathered, 'b', AT + 50);
    expect_at(p->gathered, 'c', AT + 159);
    assert_int_equal(size_of(p->gathered), AT + 160);
}

static void much_goes_at_once(void **state)
{
    struct pair *p = *state;
    put(p, 'a', 125000, AT);
    assert_int_equal(size_of(p->plain), AT + 125000);
    for (int i = 0; i < 40; i++)
        put(p, (char)('a' + i % 26), 8192, i * 8192);
    put(p, 'z', 1, 40 * 8192);
    for (int i = 0; i < 40; i++)
        expect_at(p->gathered, (char)('a' + i % 26), i * 8192 + 8191);
}

static void a_close_and_a_cut_keep_the_order(void **state)
{
    struct pair *p = *state;
    put(p, 'a', 100, 0);
    assert_int_equal(p->gathered->pMethods->xTruncate(p->gathered, 10), SQLITE_OK);
    assert_int_equal(size_of(p->plain), 10);
    put(p, 'b', 5, 10);
    assert_int_equal(p->gathered->pMethods->xClose(p->gathered), SQLITE_OK);
    p->gathered->pMethods = NULL;
    assert_int_equal(size_of(p->plain), 15);
    expect_at(p->plain, 'b', 14);
}

/* A file that SQLite does not call a WAL is written as it comes. */
static void other_files_are_left_alone(void **state)
{
    struct pair *p = *state;
    const int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB;
    sqlite3_file *f = open_by(p->vfs, p->db, how);
    sqlite3_file *other = open_by(sqlite3_vfs_find("unix"), p->db, how);
    assert_int_equal(f->pMethods->xWrite(f, "abc", 3, 0), SQLITE_OK);
    assert_int_equal(size_of(other), 3);
    f->pMethods->xClose(f);
    other->pMethods->xClose(other);
    free(f);
    free(other);
}

/* A transaction that is larger than the cache is read back while it grows. */
static void a_spilled_transaction_is_whole(void **state)
{
    struct pair *p = *state;
    char name[64];
    sqlite3 *db = NULL;
    struct sb_err err;
    int64_t n = 0;
    (void)snprintf(name, sizeof name, "%s/b.db", p->folder);
    assert_int_equal(sb_db_open_writer(&db, name, &err), 0);
    assert_int_equal(
        sb_db_exec(db,
                   "PRAGMA cache_size = 4; CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                   "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                   " SELECT i + 1 FROM n WHERE i < 2000)"
                   " INSERT INTO t SELECT i, randomblob(700) FROM n;"
                   "UPDATE t SET b = zeroblob(900) WHERE a % 7 = 0; COMMIT;"
                   "DELETE FROM t WHERE a % 5 = 0; PRAGMA wal_checkpoint(TRUNCATE)",
                   &err),
        0);
    assert_int_equal(
        sb_db_number(db, "SELECT count(*) FROM t WHERE b = zeroblob(900)", &n, &err),
        0);
    assert_int_equal(n, 228); /* of 285, those that 5 divides are gone */
    assert_int_equal(
        sb_db_number(
            db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check", &n, &err),
        0);
    assert_int_equal(n, 1);
    sqlite3_close(db);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_follows_is_one_write, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_written_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(much_goes_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_close_and_a_cut_keep_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(other_files_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_spilled_transaction_is_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
