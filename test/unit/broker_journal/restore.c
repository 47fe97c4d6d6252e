/* broker.journal.restore: a restore that is killed at any of its steps leaves the old
 * journal with its WAL, the backup, or nothing under that name; the next one ends with
 * the backup there and the old journal aside. */
#include "test/unit/broker_journal/book.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/journal/backup.h"
#include "broker/journal/restore.h"

/* Calls that change names, until the process is killed there; 0: it is not. */
static int steps_left;

static void step(void)
{
    if (steps_left > 0 && --steps_left == 0)
        _exit(9);
}

/* In place of the C library's, in this program. */
int link(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *name)
{
    step();
    return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

int rename(const char *old, const char *new)
{
    step();
    return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

struct place {
    struct book *b;
    char copy[160];
    char base[160]; /* the journal and its WAL as they were */
    char name[160]; /* where they are put */
    uint64_t old;
    uint64_t kept; /* entries of the backup */
};

static char *with(const char *name, const char *suffix)
{
    static char path[4][200];
    static size_t turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], "%s%s", name, suffix);
    return out;
}

static bool is_there(const char *name, const char *suffix)
{
    return access(with(name, suffix), F_OK) == 0;
}

static uint64_t entries(const char *path)
{
    struct sb_journal_facts facts = {0};
    struct sb_err err = {0};
    if (sb_journal_verify(path, NULL, NULL, NULL, &facts, &err) != 0)
        fail_msg("%s: %s", path, err.text);
    return facts.entries;
}

static void clear(const struct place *p)
{
    static const char *const all[] = {"",
                                      "-wal",
                                      "-shm",
                                      ".1",
                                      ".1-wal",
                                      ".1-shm",
                                      ".2",
                                      ".2-wal",
                                      ".2-shm",
                                      "-note"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)unlink(with(p->name, all[i]));
}

static void set_up(struct place *p)
{
    struct sb_err err = {0};
    struct sb_journal_facts facts;
    p->b = book_new();
    snprintf(p->copy, sizeof p->copy, "%s/copy", p->b->folder);
    snprintf(p->base, sizeof p->base, "%s/base", p->b->folder);
    snprintf(p->name, sizeof p->name, "%s/name", p->b->folder);
    book_open(p->b);
    book_fill(p->b);
    p->kept = p->b->index;
    const struct sb_backup_config config = {.from = p->b->path, .to = p->copy};
    if (sb_journal_backup(&config, &facts, &err) != 0)
        fail_msg("%s", err.text);
    book_put_one(p->b, book_heads(p->b));
    p->old = p->b->index;
    book_copy(p->b->path, p->base);
    book_copy(with(p->b->path, "-wal"), with(p->base, "-wal"));
    book_close(p->b);
}

/* Killed at its n-th step; false: there are fewer. */
static bool killed(const struct place *p, int n)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        steps_left = n;
        _exit(sb_restore_place(p->copy, p->name, ".1", NULL) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status) == 9;
}

static void killed_anywhere_it_is_done_by_the_next(void **state)
{
    struct place p;
    struct sb_err err = {0};
    bool more = true;
    (void)state;
    set_up(&p);
    for (int n = 1; more; n++) {
        clear(&p);
        book_copy(p.base, p.name);
        book_copy(with(p.base, "-wal"), with(p.name, "-wal"));
        more = killed(&p, n);
        bool journal = is_there(p.name, "");
        bool wal = is_there(p.name, "-wal");
        assert_true(journal || is_there(p.name, ".1"));
        if (journal) { /* looked at elsewhere: reading would move the WAL */
            book_copy(p.name, with(p.base, "-look"));
            if (wal)
                book_copy(with(p.name, "-wal"), with(p.base, "-look-wal"));
            assert_int_equal(entries(with(p.base, "-look")), wal ? p.old : p.kept);
            (void)unlink(with(p.base, "-look-wal"));
            (void)unlink(with(p.base, "-look-shm"));
        }
        if (sb_restore_place(p.copy, p.name, ".2", &err) != 0)
            fail_msg("step %d: %s", n, err.text);
        assert_int_equal(entries(p.name), p.kept);
        assert_true(is_there(p.name, ".1") || is_there(p.name, ".2"));
        assert_int_equal(entries(with(p.name, is_there(p.name, ".1") ? ".1" : ".2")),
                         p.old);
        assert_true(n < 40);
    }
    DIR *d = opendir(p.b->folder);
    const struct dirent *e = NULL;
    assert_non_null(d);
    while ((e = readdir(d)) != NULL) /* copies go before the book removes its folder */
        (void)unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    book_free(p.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere_it_is_done_by_the_next)};
    return cmocka_run_group_tests_name("broker.journal.restore", tests, NULL, NULL);
}
