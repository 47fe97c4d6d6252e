/* One byte of a journal changed, by SQL and in the raw file: the check must never call
 * a journal good whose rows are no longer the same. SB_TEST_ALL in the environment
 * tries every byte; otherwise a regular sample is tried. */
#include "test/unit/broker_journal/book.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
    struct book *b = book_new();
    book_open(b);
    book_fill(b);
    book_close(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    book_free(*state);
    return 0;
}

static size_t stride(size_t sample)
{
    return getenv("SB_TEST_ALL") ? 1 : sample;
}

static int verify(const struct book *b, struct sb_err *err)
{
    struct sb_journal_facts facts;
    return sb_journal_verify(b->path, NULL, NULL, NULL, &facts, err);
}

static const struct {
    const char *table;
    const char *column;
} blobs[] = {
    {"entry", "hash"},
    {"entry", "record"},
    {"entry", "items"},
    {"entry", "reader"},
    {"leaf", "data"},
    {"leaf", "hash"},
    {"ct", "class"},
    {"ct", "raw"},
    {"tree", "hash"},
    {"checkpoint", "root"},
    {"checkpoint", "note"},
    {"stream", "claim_hash"},
    {"stream", "last_hash"},
    {"stream", "epoch_hash"},
    {"stream", "instance"},
};

static int flip_byte(sqlite3 *db, size_t at, sqlite3_int64 row, int offset, int bit)
{
    sqlite3_blob *blob = NULL;
    uint8_t byte;
    int rc =
        sqlite3_blob_open(db, "main", blobs[at].table, blobs[at].column, row, 1, &blob);
    if (rc != SQLITE_OK || offset >= sqlite3_blob_bytes(blob)) {
        sqlite3_blob_close(blob);
        return 0;
    }
    assert_int_equal(sqlite3_blob_read(blob, &byte, 1, offset), SQLITE_OK);
    byte ^= (uint8_t)(1 << bit);
    assert_int_equal(sqlite3_blob_write(blob, &byte, 1, offset), SQLITE_OK);
    assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
    return 1;
}

/* The entry that a text names ("entry 3: ..."), or -1. */
static long named_entry(const char *text)
{
    return strncmp(text, "entry ", 6) == 0 ? strtol(text + 6, NULL, 10) : -1;
}

static size_t flip_rows(struct book *b, sqlite3 *db, size_t at)
{
    size_t tried = 0;
    for (sqlite3_int64 row = 0; row < 48; row++) {
        for (int offset = 0; flip_byte(db, at, row, offset, offset % 8);
             offset += (int)stride(7)) {
            struct sb_err err = {0};
            if (verify(b, &err) == 0)
                fail_msg("%s.%s of row %lld: byte %d was changed unseen",
                         blobs[at].table,
                         blobs[at].column,
                         (long long)row,
                         offset);
            assert_true(named_entry(err.text) >= 0);
            bool by_entry = strcmp(blobs[at].table, "entry") == 0 ||
                            strcmp(blobs[at].table, "leaf") == 0;
            if (by_entry)
                assert_int_equal(named_entry(err.text), row);
            if (strcmp(blobs[at].table, "ct") == 0)
                assert_int_equal(named_entry(err.text), row / 4);
            assert_int_equal(flip_byte(db, at, row, offset, offset % 8), 1);
            tried++;
        }
    }
    return tried;
}

static void finds_each_byte_changed_by_sql(void **state)
{
    struct book *b = *state;
    sqlite3 *db = NULL;
    struct sb_err err = {0};
    size_t tried = 0;
    assert_int_equal(sqlite3_open(b->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t at = 0; at < sizeof blobs / sizeof blobs[0]; at++) {
        size_t n = flip_rows(b, db, at);
        assert_true(n > 0);
        tried += n;
    }
    sqlite3_close(db);
    if (verify(b, &err) != 0)
        fail_msg("%s", err.text);
    printf("           %zu bytes changed by SQL, all found\n", tried);
}

/* All rows of all tables as one hash; false when SQLite cannot read them. */
static bool digest(const char *path, uint8_t out[SB_HASH])
{
    static const char *const tables[] = {
        "SELECT * FROM entry ORDER BY idx",
        "SELECT * FROM leaf ORDER BY idx",
        "SELECT * FROM ct ORDER BY id",
        "SELECT * FROM tree ORDER BY id",
        "SELECT * FROM checkpoint ORDER BY size",
        "SELECT * FROM stream ORDER BY id",
    };
    sqlite3 *db = NULL;
    struct sb_hasher h;
    char uri[160];
    snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
    bool good =
        sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) ==
        SQLITE_OK;
    sb_hasher_init(&h, "test");
    for (size_t t = 0; good && t < sizeof tables / sizeof tables[0]; t++) {
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(db, tables[t], -1, &st, NULL);
        while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
            rc = SQLITE_OK;
            for (int c = 0; c < sqlite3_column_count(st); c++) {
                const void *p = sqlite3_column_blob(st, c);
                uint8_t head[2] = {(uint8_t)sqlite3_column_type(st, c),
                                   (uint8_t)sqlite3_column_bytes(st, c)};
                sb_hasher_put(&h, sb_bytes(head, sizeof head));
                sb_hasher_put(&h,
                              sb_bytes(p, p ? (size_t)sqlite3_column_bytes(st, c) : 0));
            }
        }
        good = rc == SQLITE_DONE;
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
    sb_hasher_end(&h, out);
    return good;
}

static void write_byte(int fd, size_t at, uint8_t byte)
{
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

struct tally {
    size_t tried;
    size_t found;
    size_t by_page;
    size_t by_entry;
};

static void flip_raw(struct book *b,
                     int fd,
                     size_t at,
                     const struct sb_buf *file,
                     const uint8_t want[SB_HASH],
                     struct tally *t)
{
    struct sb_err err = {0};
    uint8_t got[SB_HASH];
    write_byte(fd, at, file->p[at] ^ (uint8_t)(1 << at % 8));
    int rc = verify(b, &err);
    t->tried++;
    t->found += rc != 0;
    t->by_page += rc != 0 && strstr(err.text, "page ") != NULL;
    t->by_entry += rc != 0 && named_entry(err.text) >= 0;
    if (rc == 0 && (!digest(b->path, got) || memcmp(got, want, SB_HASH) != 0))
        fail_msg("raw byte %zu was changed unseen", at);
    write_byte(fd, at, file->p[at]);
}

static void never_calls_a_damaged_file_good(void **state)
{
    struct book *b = *state;
    struct sb_buf file = {0};
    struct tally t = {0};
    uint8_t want[SB_HASH];
    assert_true(digest(b->path, want));
    assert_int_equal(sb_file_read(b->path, 4 * SB_MIB, &file, NULL), 0);
    int fd = open(b->path, O_RDWR);
    assert_true(fd >= 0);
    for (size_t at = 0; at < file.n; at += stride(37))
        flip_raw(b, fd, at, &file, want, &t);
    close(fd);
    struct sb_err err = {0};
    if (verify(b, &err) != 0)
        fail_msg("%s", err.text);
    printf("           %zu of %zu raw bytes changed: %zu found (%zu name an entry, %zu "
           "a page); the rest changed no row\n",
           t.tried,
           file.n,
           t.found,
           t.by_entry,
           t.by_page);
    assert_true(t.found > 0);
    sb_buf_free(&file);
}

/* Every byte of these values stands somewhere in the file: changed there, it is found.
 */
static size_t flip_value(const struct book *b,
                         int fd,
                         const struct sb_buf *file,
                         struct sb_bytes value)
{
    size_t tried = 0;
    const uint8_t *at = memmem(file->p, file->n, value.p, value.n);
    assert_non_null(at); /* small values are never split over pages */
    for (size_t i = value.n % stride(11); i < value.n; i += stride(11)) {
        struct sb_err err = {0};
        size_t place = (size_t)(at - file->p) + i;
        write_byte(fd, place, file->p[place] ^ (uint8_t)(1 << i % 8));
        if (verify(b, &err) == 0)
            fail_msg("raw byte %zu was changed unseen", place);
        assert_true(named_entry(err.text) >= 0);
        write_byte(fd, place, file->p[place]);
        tried++;
    }
    return tried;
}

/* Every byte of these values stands somewhere in the file: changed there, it is found.
 */
static void finds_each_raw_byte_of_records(void **state)
{
    static const char *const values[] = {
        "SELECT record FROM entry",
        "SELECT items FROM entry WHERE length(items) > 0",
        "SELECT data FROM leaf",
        "SELECT raw FROM ct",
        "SELECT hash FROM tree",
    };
    struct book *b = *state;
    struct sb_buf file = {0};
    size_t tried = 0;
    sqlite3 *db = NULL;
    char uri[160];
    assert_int_equal(sb_file_read(b->path, 4 * SB_MIB, &file, NULL), 0);
    snprintf(uri, sizeof uri, "file:%s?immutable=1", b->path);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    assert_int_equal(sqlite3_open_v2(uri, &db, flags, NULL), SQLITE_OK);
    int fd = open(b->path, O_RDWR);
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
        sqlite3_stmt *st = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, values[v], -1, &st, NULL), SQLITE_OK);
        while (sqlite3_step(st) == SQLITE_ROW)
            tried += flip_value(b,
                                fd,
                                &file,
                                sb_bytes(sqlite3_column_blob(st, 0),
                                         (size_t)sqlite3_column_bytes(st, 0)));
        sqlite3_finalize(st);
    }
    close(fd);
    sqlite3_close(db);
    sb_buf_free(&file);
    printf("           %zu raw bytes of records changed, all found\n", tried);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(finds_each_byte_changed_by_sql),
        TEST(never_calls_a_damaged_file_good),
        TEST(finds_each_raw_byte_of_records),
    };
    return cmocka_run_group_tests_name("broker.journal.flips", tests, NULL, NULL);
}
