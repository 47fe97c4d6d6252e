/* The disk fails, the disk is full, the process is killed: nothing answered is lost,
 * and nothing is written after a failure, but what a full disk refused may be tried
 * again. */
#include "test/unit/broker_journal/book.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A default VFS whose files fail on demand: SQLite's own, two methods replaced. Each
 * kind of file has its own methods. */
struct methods {
    sqlite3_io_methods
        ours; /* first: a file's pMethods is also this struct's address */
    const sqlite3_io_methods *real;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct methods methods[4];
    int sync_result;
    int write_result;
} faulty;

static const sqlite3_io_methods *real_of(const sqlite3_file *f)
{
    return ((const struct methods *)(const void *)f->pMethods)->real;
}

static int faulty_sync(sqlite3_file *f, int flags)
{
    return faulty.sync_result != SQLITE_OK ? faulty.sync_result
                                           : real_of(f)->xSync(f, flags);
}

static int faulty_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return faulty.write_result != SQLITE_OK ? faulty.write_result
                                            : real_of(f)->xWrite(f, p, n, at);
}

static void replace_methods(sqlite3_file *f)
{
    size_t i = 0;
    while (faulty.methods[i].real && faulty.methods[i].real != f->pMethods)
        assert_true(++i < sizeof faulty.methods / sizeof faulty.methods[0]);
    faulty.methods[i].real = f->pMethods;
    faulty.methods[i].ours = *f->pMethods;
    faulty.methods[i].ours.xSync = faulty_sync;
    faulty.methods[i].ours.xWrite = faulty_write;
    f->pMethods = &faulty.methods[i].ours;
}

static int
faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)vfs;
    int rc = faulty.real->xOpen(faulty.real, name, f, flags, out);
    if (rc == SQLITE_OK && f->pMethods)
        replace_methods(f);
    return rc;
}

static int setup_faulty(void **state)
{
    memset(&faulty, 0, sizeof faulty);
    faulty.real = sqlite3_vfs_find("unix");
    faulty.vfs = *faulty.real;
    faulty.vfs.zName = "faulty";
    faulty.vfs.xOpen = faulty_open;
    assert_int_equal(sqlite3_vfs_register(&faulty.vfs, 1), SQLITE_OK);
    return book_setup(state);
}

static int teardown_faulty(void **state)
{
    faulty.sync_result = faulty.write_result = SQLITE_OK;
    int rc = book_teardown(state);
    sqlite3_vfs_unregister(&faulty.vfs);
    return rc;
}

static void expect_stopped(struct book *b, int code)
{
    struct sb_append next = book_heads(b);
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_err err = {0};
    faulty.sync_result = faulty.write_result = SQLITE_OK; /* the disk is well again */
    assert_int_equal(sb_journal_append(b->j, &next, 1, &err), code);
    assert_non_null(strstr(err.text, "restart the broker"));
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, &note, &c, &err), code);
    assert_int_equal(sb_journal_last_note(b->j, &note, &err), code);
    assert_int_equal(sb_journal_size(b->j), 3);
    book_close(b);
    book_open(b);
    assert_true(sb_journal_size(b->j) >= 3);
}

static void stops_at_a_failed_sync(void **state)
{
    struct book *b = *state;
    struct sb_append a = book_heads(b);
    struct sb_err err;
    faulty.sync_result = SQLITE_IOERR_FSYNC;
    assert_int_equal(sb_journal_append(b->j, &a, 1, &err), SB_E_IO);
    expect_stopped(b, SB_E_IO);
}

static void goes_on_when_a_full_disk_has_room_again(void **state)
{
    struct book *b = *state;
    struct sb_append a = book_heads(b);
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_err err;
    faulty.write_result = SQLITE_FULL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sb_journal_append(b->j, &a, 1, &err), SB_E_DISK_FULL);
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, &note, &c, &err),
                     SB_E_DISK_FULL);
    assert_int_equal(note.n, 0);
    assert_int_equal(sb_journal_shrink(b->j, &err), 0); /* as far as the disk allows */
    assert_int_equal(sb_journal_size(b->j), 3);
    faulty.write_result = SQLITE_OK;
    assert_int_equal(sb_journal_append(b->j, &a, 1, &err), 0);
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, &note, &c, &err), 1);
    assert_int_equal(c.size, 4);
    sb_buf_free(&note);
    book_close(b);
    assert_int_equal(book_verify(b).entries, 4);
}

static void stops_when_a_checkpoint_cannot_be_kept(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct sb_err err;
    faulty.sync_result = SQLITE_IOERR_FSYNC;
    assert_int_equal(sb_journal_checkpoint(b->j, 0, true, &note, &c, &err), SB_E_IO);
    assert_int_equal(note.n, 0); /* nobody is given what was not kept */
    expect_stopped(b, SB_E_IO);
}

/* The child appends and says the size after each answer, until it is killed. */
static void append_for_ever(struct book *b, int pipe_end)
{
    book_open(b);
    for (;;) {
        struct sb_append group[3];
        struct sb_err err = {0};
        for (size_t i = 0; i < 3; i++)
            group[i] = book_batch(b, 2, 400);
        if (sb_journal_append(b->j, group, 3, &err) != 0)
            _exit(1);
        uint64_t size = sb_journal_size(b->j);
        if (write(pipe_end, &size, sizeof size) != sizeof size)
            _exit(2);
    }
}

/* Waits for `answers` answers, kills, and gives the last size that was answered. */
static uint64_t kill_after(struct book *b, int answers)
{
    int ends[2];
    uint64_t size = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        append_for_ever(b, ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < answers; i++)
        assert_int_equal(read(ends[0], &size, sizeof size), sizeof size);
    kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (read(ends[0], &size, sizeof size) == sizeof size)
        ; /* answers that were under way */
    close(ends[0]);
    return size;
}

static int take_last(void *ctx, const struct sb_stream_state *s, struct sb_err *err)
{
    struct book *b = ctx;
    (void)err;
    b->seq = s->last_seq;
    memcpy(b->prev, s->last_hash, SB_HASH);
    return 0;
}

/* The parent's book learns where the journal stands, as a broker does at start. */
static void catch_up(struct book *b)
{
    struct sb_journal_reader *r = NULL;
    book_open(b);
    b->index = sb_journal_size(b->j);
    b->ms = sb_journal_stored_ms(b->j);
    assert_int_equal(sb_journal_reader_open(&r, b->path, NULL), 0);
    assert_int_equal(sb_journal_streams(r, take_last, b, NULL), 0);
    sb_journal_reader_close(r);
    book_close(b);
}

static void loses_nothing_answered_to_a_kill(void **state)
{
    struct book *b = *state;
    book_close(b);
    for (int round = 0; round < 5; round++) {
        struct sb_journal_facts facts;
        struct sb_err err = {0};
        uint64_t answered = kill_after(b, 1 + 3 * round);
        catch_up(b);
        assert_true(b->index >= answered);
        assert_int_equal((b->index - 3) % 3, 0); /* groups whole or not at all */
        if (sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err) != 0)
            fail_msg("round %d: %s", round, err.text);
        assert_int_equal(facts.entries, b->index);
    }
}

int main(void)
{
#define FAULTY(f) cmocka_unit_test_setup_teardown(f, setup_faulty, teardown_faulty)
    const struct CMUnitTest tests[] = {
        FAULTY(stops_at_a_failed_sync),
        FAULTY(goes_on_when_a_full_disk_has_room_again),
        FAULTY(stops_when_a_checkpoint_cannot_be_kept),
        cmocka_unit_test_setup_teardown(
            loses_nothing_answered_to_a_kill, book_setup, book_teardown),
    };
    return cmocka_run_group_tests_name("broker.journal.fault", tests, NULL, NULL);
}
