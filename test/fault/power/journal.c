/* fault.power.journal: the power goes at any write, sync, truncation or deletion of the
 * journal, in append, checkpoint, withdrawal, pruning, the moving of the WAL and a
 * clean stop. What was answered is there, published checkpoints hold, and the journal
 * verifies. And each operation fails once: the journal stops, or with a full disk goes
 * on, and nothing of it is lost either. */
#include <sqlite3.h>
#include <stdio.h>

#include "test/fault/power/crash.h"
#include "test/unit/broker_journal/book.h"

#define NOTES 32

struct said { /* what the journal answered before it died */
    uint64_t size;
    uint64_t group; /* of the append that was under way: 0 none */
    uint64_t sizes[NOTES];
    uint8_t roots[NOTES][SB_HASH];
    size_t notes;
    bool stopped;
};

struct stage {
    struct book *b;
    struct said said;
};

static void begin(void *ctx)
{
    struct stage *s = ctx;
    book_open(s->b);
    s->said = (struct said){.size = sb_journal_size(s->b->j)};
}

/* A failure ends the work as it ends the process; a full disk is tried again. */
static bool good(struct stage *s, int rc, const struct sb_err *err)
{
    if (rc < 0 && !vfs_failed())
        fail_msg("%s", err->text);
    s->said.stopped = s->said.stopped || rc < 0;
    return rc >= 0;
}

static void append(struct stage *s, const struct sb_append *group, size_t n)
{
    struct sb_err err = {0};
    if (s->said.stopped)
        return;
    s->said.group = n;
    int rc = sb_journal_append(s->b->j, group, n, &err);
    if (rc == SB_E_DISK_FULL)
        rc = sb_journal_append(s->b->j, group, n, &err);
    if (!good(s, rc, &err))
        return;
    s->said.group = 0;
    s->said.size += n;
    assert_int_equal(sb_journal_size(s->b->j), s->said.size);
}

static void checkpoint(struct stage *s)
{
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_err err = {0};
    if (s->said.stopped)
        return;
    int rc = sb_journal_checkpoint(s->b->j, 0, true, &note, &c, &err);
    if (rc == SB_E_DISK_FULL)
        rc = sb_journal_checkpoint(s->b->j, 0, true, &note, &c, &err);
    if (good(s, rc, &err) && rc == 1) {
        s->said.sizes[s->said.notes] = c.size;
        memcpy(s->said.roots[s->said.notes++], c.root, SB_HASH);
    }
    sb_buf_free(&note);
}

static void prune(struct stage *s)
{
    struct sb_err err = {0};
    int rc = s->said.stopped ? 0 : 1;
    for (int tries = 0; rc == 1 || (rc == SB_E_DISK_FULL && tries < 2); tries++)
        rc = sb_journal_prune_step(s->b->j, 4, &err);
    (void)good(s, rc, &err);
}

static void work(void *ctx)
{
    struct stage *s = ctx;
    struct sb_err err = {0};
    for (int round = 0; round < 2; round++) {
        struct sb_append group[3];
        for (size_t i = 0; i < 3; i++)
            group[i] = book_batch(s->b, 2, 300);
        append(s, group, 3);
        checkpoint(s);
    }
    struct sb_append one = book_withdraw(s->b, 2, 5);
    append(s, &one, 1);
    s->b->ms += 100000;
    one = book_prune(s->b, NOW + 50, 6);
    append(s, &one, 1);
    prune(s);
    checkpoint(s);
    if (!s->said.stopped)
        (void)good(s, sb_journal_shrink(s->b->j, &err), &err);
    one = book_heads(s->b);
    append(s, &one, 1);
    book_close(s->b);
}

static void recover(void *ctx)
{
    struct stage *s = ctx;
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    if (s->said.stopped && s->b->j)
        book_close(s->b);
    s->b->j = NULL; /* what died is not closed */
    const struct sb_journal_config config = book_config(s->b);
    if (sb_journal_open(&s->b->j, &config, &err) != 0)
        fail_msg("open: %s", err.text);
    uint64_t size = sb_journal_size(s->b->j);
    if (size != s->said.size && size != s->said.size + s->said.group)
        fail_msg("%llu entries, %llu were answered",
                 (unsigned long long)size,
                 (unsigned long long)s->said.size);
    while (sb_journal_prune_step(s->b->j, 4, &err) == 1)
        ;
    book_close(s->b);
    for (size_t i = 0; i <= s->said.notes; i++) {
        struct sb_journal_expect expect = {.any = i < s->said.notes};
        expect.size = expect.any ? s->said.sizes[i] : 0;
        if (expect.any)
            memcpy(expect.root, s->said.roots[i], SB_HASH);
        if (sb_journal_verify(s->b->path, &expect, NULL, NULL, &facts, &err) != 0)
            fail_msg("verify: %s", err.text);
    }
    assert_true(facts.entries >= size); /* a last checkpoint adds no entry */
}

static void run(void (*how)(const struct crash_scene *, int), int code)
{
    struct stage s = {.b = book_new()};
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    s.b->retention = 1000;
    book_open(s.b);
    book_fill(s.b);
    assert_int_equal(sb_journal_checkpoint(s.b->j, 0, true, &note, &c, NULL), 1);
    book_close(s.b);
    const struct crash_scene scene = {.name = "journal",
                                      .folder = s.b->folder,
                                      .ctx = &s,
                                      .begin = begin,
                                      .work = work,
                                      .recover = recover};
    how(&scene, code);
    sb_buf_free(&note);
    book_free(s.b);
}

static void all(const struct crash_scene *scene, int code)
{
    (void)code;
    crash_all(scene);
}

static void nothing_answered_is_lost_to_the_power(void **state)
{
    (void)state;
    run(all, 0);
}

static void every_failure_stops_it_cleanly(void **state)
{
    (void)state;
    run(crash_failures, SQLITE_IOERR_WRITE);
    run(crash_failures, SQLITE_IOERR_FSYNC);
}

static void a_full_disk_is_tried_again(void **state)
{
    (void)state;
    run(crash_failures, SQLITE_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_answered_is_lost_to_the_power),
        cmocka_unit_test(every_failure_stops_it_cleanly),
        cmocka_unit_test(a_full_disk_is_tried_again),
    };
    vfs_install();
    return cmocka_run_group_tests_name("fault.power.journal", tests, NULL, NULL);
}
