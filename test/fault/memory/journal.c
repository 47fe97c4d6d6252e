/* fault.memory.journal: opening, appending, signing without memory. The journal holds
 * what it held, or all of the group, and is found good. */
#include <stdio.h>

#include "test/fault/memory/exhaust.h"
#include "test/unit/broker_journal/book.h"

#define GROUP 3u

struct place {
    struct book *b;
    char base[128]; /* the journal as it was */
    uint64_t before;
    struct sb_append group[GROUP];
};

static void begin(void *ctx)
{
    struct place *p = ctx;
    static const char *const parts[] = {"-wal", "-shm", "-note"};
    char name[160];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", p->b->path, parts[i]);
        (void)remove(name);
    }
    book_copy(p->base, p->b->path);
}

static int run(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_journal_config config = book_config(p->b);
    struct sb_journal *j = NULL;
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    int rc = sb_journal_open(&j, &config, err);
    if (rc == 0)
        rc = sb_journal_append(j, p->group, GROUP, err);
    if (rc == 0) {
        rc = sb_journal_checkpoint(j, p->b->ms, true, &note, &c, err);
        rc = rc > 0 ? 0 : rc;
    }
    sb_buf_free(&note);
    sb_journal_close(j);
    return rc;
}

static void judge(void *ctx, int rc)
{
    struct place *p = ctx;
    struct sb_journal_facts facts = book_verify(p->b);
    bool all = facts.entries == p->before + GROUP;
    assert_true(all || facts.entries == p->before);
    assert_true(rc != 0 || all);
}

static void a_journal(void **state)
{
    struct place p = {.b = book_new()};
    struct exhaust_scenario s = {
        .name = "journal", .begin = begin, .run = run, .judge = judge, .most = 25};
    (void)state;
    book_open(p.b);
    book_fill(p.b);
    p.before = p.b->index;
    book_close(p.b);
    snprintf(p.base, sizeof p.base, "%s-copy", p.b->path);
    book_copy(p.b->path, p.base);
    p.group[0] = book_batch(p.b, 2, 40);
    p.group[1] = book_heads(p.b);
    p.group[2] = book_withdraw(p.b, 1, 1);
    exhaust_each(&s, &p);
    book_free(p.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_journal)};
    return cmocka_run_group_tests_name("fault.memory.journal", tests, NULL, NULL);
}
