/* Purpose: folders, growing journals and exports for the tests of bundles. */
#include "test/unit/broker_bundle/shelf.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/bundle/bundle_walk.h"

#define GROUP 48

void shelf_path(char out[SHELF_PATH], const char *dir, const char *name)
{
    int n = snprintf(out, SHELF_PATH, "%s/%s", dir, name);
    assert_true(n > 0 && n < SHELF_PATH);
}

void shelf_new(char out[SHELF_PATH])
{
    snprintf(out, SHELF_PATH, "/tmp/sacbe-bundle-XXXXXX");
    assert_non_null(mkdtemp(out));
    assert_int_equal(rmdir(out), 0);
}

void shelf_remove(const char *dir)
{
    char *own = strdup(dir);
    char *paths[] = {own, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(fts);
    for (const FTSENT *e; (e = fts_read(fts)) != NULL;) {
        if (e->fts_info == FTS_DP)
            assert_int_equal(rmdir(e->fts_path), 0);
        else if (e->fts_info != FTS_D && e->fts_info != FTS_NS)
            assert_int_equal(unlink(e->fts_path), 0);
    }
    fts_close(fts);
    free(own);
}

struct each {
    shelf_fn fn;
    void *ctx;
};

static int visit(void *ctx, const char *path, bool regular, struct sb_err *err)
{
    struct each *e = ctx;
    (void)err;
    assert_true(regular);
    e->fn(e->ctx, path);
    return 0;
}

void shelf_each(const char *dir, shelf_fn fn, void *ctx)
{
    struct each e = {fn, ctx};
    assert_int_equal(sb_bundle_walk(dir, visit, &e, NULL), 0);
}

struct sb_buf shelf_read(const char *dir, const char *name)
{
    char path[SHELF_PATH];
    struct sb_buf b = {0};
    shelf_path(path, dir, name);
    assert_int_equal(sb_file_read(path, 64u * SB_MIB, &b, NULL), 0);
    return b;
}

bool shelf_has(const char *dir, const char *name)
{
    char path[SHELF_PATH];
    shelf_path(path, dir, name);
    return access(path, F_OK) == 0;
}

void shelf_write(const char *dir, const char *name, struct sb_bytes content)
{
    char path[SHELF_PATH];
    shelf_path(path, dir, name);
    for (char *at = path + strlen(dir); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
}

struct two {
    const char *a;
    const char *b;
    size_t n;
};

static void copy_one(void *ctx, const char *path)
{
    struct two *t = ctx;
    struct sb_buf content = shelf_read(t->a, path);
    shelf_write(t->b, path, sb_buf_bytes(&content));
    sb_buf_free(&content);
}

void shelf_copy(const char *from, const char *to)
{
    struct two t = {from, to, 0};
    shelf_each(from, copy_one, &t);
}

static void compare_one(void *ctx, const char *path)
{
    struct two *t = ctx;
    if (!shelf_has(t->b, path))
        fail_msg("%s is in %s, not in %s", path, t->a, t->b);
    struct sb_buf a = shelf_read(t->a, path);
    struct sb_buf b = shelf_read(t->b, path);
    if (!sb_bytes_eq(sb_buf_bytes(&a), sb_buf_bytes(&b)))
        fail_msg("%s differs", path);
    sb_buf_free(&a);
    sb_buf_free(&b);
    t->n++;
}

static void count_one(void *ctx, const char *path)
{
    size_t *n = ctx;
    (void)path;
    ++*n;
}

size_t shelf_count(const char *dir)
{
    size_t n = 0;
    shelf_each(dir, count_one, &n);
    return n;
}

void shelf_same(const char *a, const char *b)
{
    struct two t = {a, b, 0};
    struct two back = {b, a, 0};
    shelf_each(a, compare_one, &t);
    shelf_each(b, compare_one, &back);
    assert_int_equal(t.n, back.n);
}

static struct sb_append next_entry(struct book *b)
{
    switch (b->index) {
    case 0:
        return book_directory(b);
    case 1:
        return book_claim(b);
    case 2:
        return book_epoch(b);
    default:
        break;
    }
    if (b->index % 97 == 0)
        return book_epoch(b);
    if (b->index % 101 == 0)
        return book_directory(b);
    if (b->index % 3 == 0)
        return book_batch(b, 1 + (size_t)(b->index % 2), 8 + (size_t)(b->index % 90));
    return b->index % 3 == 1 ? book_heads(b) : book_regrant(b, "igm");
}

static void sign(struct book *b)
{
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    int rc = sb_journal_checkpoint(b->j, b->ms, true, &note, &c, NULL);
    assert_true(rc >= 0);
    sb_buf_free(&note);
}

void shelf_grow(struct book *b, uint64_t size)
{
    struct sb_append group[GROUP];
    while (b->index < size) {
        size_t n = 0;
        while (n < GROUP && b->index < size)
            group[n++] = next_entry(b);
        book_put(b, group, n);
    }
    sign(b);
}

int shelf_try(const struct book *b,
              const char *dir,
              uint64_t from,
              uint64_t to,
              struct sb_export_facts *facts,
              struct sb_err *err)
{
    struct sb_export_config config = {.dir = dir, .from = from, .to = to};
    struct sb_journal_reader *r = NULL;
    assert_int_equal(sb_journal_reader_open(&r, b->path, NULL), 0);
    int rc = sb_bundle_export(r, &config, facts, err);
    sb_journal_reader_close(r);
    return rc;
}

struct sb_export_facts shelf_export(const struct book *b, const char *dir)
{
    struct sb_export_facts facts = {0};
    struct sb_err err = {0};
    if (shelf_try(b, dir, 0, UINT64_MAX, &facts, &err) != 0)
        fail_msg("%s", err.text);
    return facts;
}
