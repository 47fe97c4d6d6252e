/* Purpose: change one bit of a journal: of a record, a ciphertext or a tree row.
 *
 *   tamper sql|raw FILE COLUMN
 *
 * COLUMN is one of those below. Prints "INDEX what": the entry to which the changed row
 * belongs, or "-" for a tree row, which belongs to several.
 * Invariant: exactly one bit of a row's content differs afterwards; `raw` writes to the
 * file behind SQLite's back.
 * Not: random garbage; verify.sh asks that every such change is found. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/journal/layout.h"
#include "keys/hash.h"
#include "schemas/base/limits.h"

#define WINDOW 20 /* bytes that find their place in the file */

static const struct column {
    const char *name;
    const char *table;
    const char *column;
    const char *pick; /* a row that has content */
    sqlite3_int64 rows_per_entry;
} columns[] = {
    {"record",
     "entry",
     "record",
     "SELECT rowid FROM entry WHERE length(record) > 0 ORDER BY random() LIMIT 1",
     1},
    {"items",
     "entry",
     "items",
     "SELECT rowid FROM entry WHERE length(items) > 0 ORDER BY random() LIMIT 1",
     1},
    {"ciphertext",
     "ct",
     "raw",
     "SELECT rowid FROM ct WHERE length(raw) > 0 ORDER BY random() LIMIT 1",
     SB_CT_PLACES},
    {"leaf",
     "leaf",
     "data",
     "SELECT rowid FROM leaf WHERE length(data) > 0 ORDER BY random() LIMIT 1",
     1},
    {"tree",
     "tree",
     "hash",
     "SELECT rowid FROM tree WHERE length(hash) > 0 ORDER BY random() LIMIT 1",
     0},
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "tamper: %s: %s\n", what, why);
    exit(2);
}

struct place {
    sqlite3_int64 row;
    int offset;
    int n; /* of the row's content */
    uint8_t content[SB_RECORD_MAX];
};

static void pick(sqlite3 *db, const struct column *c, struct place *p)
{
    sqlite3_stmt *st = NULL;
    sqlite3_blob *blob = NULL;
    if (sqlite3_prepare_v2(db, c->pick, -1, &st, NULL) != SQLITE_OK ||
        sqlite3_step(st) != SQLITE_ROW)
        fail(c->name, sqlite3_errmsg(db));
    p->row = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (sqlite3_blob_open(db, "main", c->table, c->column, p->row, 0, &blob) !=
        SQLITE_OK)
        fail(c->name, sqlite3_errmsg(db));
    p->n = sqlite3_blob_bytes(blob);
    if (p->n < WINDOW || (size_t)p->n > sizeof p->content ||
        sqlite3_blob_read(blob, p->content, p->n, 0) != SQLITE_OK)
        fail(c->name, "cannot be read");
    sqlite3_blob_close(blob);
    p->offset = (int)randombytes_uniform((uint32_t)p->n);
}

static void
change_by_sql(sqlite3 *db, const struct column *c, const struct place *p, uint8_t bit)
{
    sqlite3_blob *blob = NULL;
    uint8_t byte = p->content[p->offset] ^ bit;
    if (sqlite3_blob_open(db, "main", c->table, c->column, p->row, 1, &blob) !=
            SQLITE_OK ||
        sqlite3_blob_write(blob, &byte, 1, p->offset) != SQLITE_OK ||
        sqlite3_blob_close(blob) != SQLITE_OK)
        fail(c->name, sqlite3_errmsg(db));
}

/* Where the bytes around the chosen one stand in the file; false when they are cut by
 * the edge of a page, or stand there twice. */
static bool find(const struct sb_buf *file, const struct place *p, size_t *at)
{
    int from = p->offset - WINDOW / 2;
    from = from < 0 ? 0 : from;
    from = from > p->n - WINDOW ? p->n - WINDOW : from;
    size_t hits = 0;
    for (size_t i = 0; i + WINDOW <= file->n; i++)
        if (memcmp(file->p + i, p->content + from, WINDOW) == 0) {
            *at = i + (size_t)(p->offset - from);
            hits++;
        }
    return hits == 1;
}

static bool change_raw(const char *path, const struct place *p, uint8_t bit)
{
    struct sb_err err = {0};
    struct sb_buf file = {0};
    size_t at = 0;
    if (sb_file_read(path, 64 * (size_t)SB_MIB, &file, &err) != 0)
        fail(path, err.text);
    bool found = find(&file, p, &at);
    FILE *f = found ? fopen(path, "r+b") : NULL;
    bool written =
        f && fseek(f, (long)at, SEEK_SET) == 0 && fputc(file.p[at] ^ bit, f) != EOF;
    if (f)
        written = fclose(f) == 0 && written;
    if (found && !written)
        fail(path, "cannot be written");
    sb_buf_free(&file);
    return found;
}

static void tamper(const char *how, const char *path, const struct column *c)
{
    static struct place p;
    sqlite3 *db = NULL;
    bool done = false;
    uint8_t bit = (uint8_t)(1u << randombytes_uniform(8));
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    for (int tries = 0; !done && tries < 1000; tries++) {
        pick(db, c, &p);
        done = strcmp(how, "sql") == 0 || change_raw(path, &p, bit);
    }
    if (!done)
        fail(c->name, "no row of it stands in the file as it is");
    if (strcmp(how, "sql") == 0)
        change_by_sql(db, c, &p, bit);
    sqlite3_close(db);
    if (c->rows_per_entry)
        printf("%lld", (long long)(p.row / c->rows_per_entry));
    else
        printf("-");
    printf(" %s of row %lld, byte %d\n", c->name, (long long)p.row, p.offset);
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    if (argc != 4 || sb_keys_init(&err) != 0)
        fail("usage", "tamper sql|raw FILE COLUMN");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (strcmp(columns[i].name, argv[3]) == 0) {
            tamper(argv[1], argv[2], &columns[i]);
            return 0;
        }
    fail(argv[3], "no such column");
}
