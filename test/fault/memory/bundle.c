/* fault.memory.bundle: an export without memory, and reading what was exported. The
 * next export goes on and ends with the bundle that it should have been. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/broker_bundle/shelf.h"

struct place {
    struct book *b;
    char good[SHELF_PATH];
    char dir[SHELF_PATH];
};

static void begin(void *ctx)
{
    struct place *p = ctx;
    shelf_new(p->dir);
}

static int run_export(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_export_config config = {.dir = p->dir, .from = 0, .to = UINT64_MAX};
    struct sb_export_facts facts = {0};
    struct sb_journal_reader *r = NULL;
    int rc = sb_journal_reader_open(&r, p->b->path, err);
    if (rc == 0)
        rc = sb_bundle_export(r, &config, &facts, err);
    sb_journal_reader_close(r);
    return rc;
}

static void judge_export(void *ctx, int rc)
{
    struct place *p = ctx;
    if (rc != 0)
        (void)shelf_export(p->b, p->dir);
    shelf_same(p->good, p->dir);
    shelf_remove(p->dir);
}

static int count(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    uint64_t *n = ctx;
    (void)err;
    *n += e->index == *n;
    return 0;
}

static int run_read(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_bundle *b = NULL;
    uint8_t hash[SB_HASH];
    uint64_t n = 0;
    int rc = sb_bundle_open(&b, p->good, err);
    if (rc == 0)
        rc = sb_bundle_each(b, 0, true, count, &n, err);
    if (rc == 0)
        rc = sb_bundle_hash(b, hash, err);
    if (rc == 0 && n != sb_bundle_info(b)->size)
        rc = sb_fail(err, SB_E_INTERNAL, "%d entries", (int)n);
    sb_bundle_close(b);
    return rc;
}

static void a_bundle(void **state)
{
    struct place p = {.b = book_new()};
    struct exhaust_scenario out = {.name = "export",
                                   .begin = begin,
                                   .run = run_export,
                                   .judge = judge_export,
                                   .most = 20};
    struct exhaust_scenario in = {.name = "bundle", .run = run_read};
    (void)state;
    book_open(p.b);
    shelf_grow(p.b, 12);
    book_close(p.b);
    shelf_new(p.good);
    (void)shelf_export(p.b, p.good);
    exhaust_each(&in, &p);
    exhaust_each(&out, &p);
    shelf_remove(p.good);
    book_free(p.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_bundle)};
    return cmocka_run_group_tests_name("fault.memory.bundle", tests, NULL, NULL);
}
