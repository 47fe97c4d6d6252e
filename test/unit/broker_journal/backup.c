/* Backups: whole while the journal grows, prunes and withdraws; refused when damaged;
 * put back only when they have all that was signed. */
#include "test/unit/broker_journal/book.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/journal/backup.h"
#include "broker/journal/restore.h"

static int setup(void **state)
{
    struct book *b = book_new();
    b->retention = 1000;
    book_open(b);
    book_fill(b);
    *state = b;
    return 0;
}

/* The copies go before the book removes its folder. */
static int teardown(void **state)
{
    struct book *b = *state;
    DIR *d = opendir(b->folder);
    struct dirent *e;
    assert_non_null(d);
    book_close(b);
    while ((e = readdir(d)) != NULL)
        (void)unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    book_free(b);
    return 0;
}

static char *beside(const struct book *b, const char *name)
{
    static char path[4][160];
    static size_t turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", b->folder, name);
    return out;
}

static void checkpoint(struct book *b, struct sb_buf *note)
{
    struct sb_checkpoint c;
    struct sb_err err = {0};
    if (sb_journal_checkpoint(b->j, 0, true, note, &c, &err) < 0)
        fail_msg("%s", err.text);
}

static struct sb_journal_facts backup(struct book *b, const char *to)
{
    const struct sb_backup_config config = {.from = b->path, .to = to};
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    if (sb_journal_backup(&config, &facts, &err) != 0)
        fail_msg("%s", err.text);
    return facts;
}

static void is_a_journal_with_its_note(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_buf beside_it = {0};
    uint8_t root[SB_HASH];
    struct sb_err err = {0};
    struct stat st;
    checkpoint(b, &note);
    struct sb_journal_facts facts = backup(b, beside(b, "copy"));
    sb_journal_root(b->j, root);
    assert_int_equal(facts.entries, sb_journal_size(b->j));
    assert_memory_equal(facts.root, root, SB_HASH);
    assert_int_equal(facts.checkpoint_size, facts.entries);
    assert_int_equal(sb_file_read(beside(b, "copy-note"), 4096, &beside_it, &err), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&note), sb_buf_bytes(&beside_it)));
    assert_int_equal(stat(beside(b, "copy"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    sb_buf_free(&note);
    sb_buf_free(&beside_it);
}

static void is_not_written_over(void **state)
{
    struct book *b = *state;
    struct sb_backup_config config = {.from = b->path, .to = beside(b, "copy")};
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    backup(b, config.to);
    assert_int_equal(sb_journal_backup(&config, &facts, &err), SB_E_EXISTS);
    book_put_one(b, book_heads(b));
    config.replace = true;
    assert_int_equal(sb_journal_backup(&config, &facts, &err), 0);
    assert_int_equal(facts.entries, sb_journal_size(b->j));
}

struct life { /* what goes on while a backup is taken */
    struct book *b;
    int turns;
    struct sb_bytes gone; /* a ciphertext that was copied before it was withdrawn */
};

static void goes_on(void *ctx, uint64_t done, uint64_t total)
{
    struct life *l = ctx;
    struct sb_err err = {0};
    (void)done;
    (void)total;
    if (l->turns++ > 3)
        return;
    book_put_one(l->b, book_batch(l->b, 2, 300));
    if (l->turns == 2)
        book_put_one(l->b, book_withdraw(l->b, 1, 12));
    if (l->turns == 3) {
        l->b->ms += 100000;
        book_put_one(l->b, book_prune(l->b, NOW + 50, 20));
        while (sb_journal_prune_step(l->b->j, 8, &err) == 1)
            ;
    }
    for (int i = 0; i < 40; i++)
        book_put_one(l->b, book_heads(l->b));
}

static void is_whole_while_the_journal_lives(void **state)
{
    struct book *b = *state;
    struct life l = {.b = b};
    struct sb_buf note = {0};
    struct sb_append first = book_batch(b, 2, 300);
    l.gone = book_ct(&first, 0, 0);
    book_put_one(b, first);
    for (int i = 0; i < 1500; i++)
        book_put_one(b, book_heads(b));
    checkpoint(b, &note);
    const struct sb_backup_config config = {
        .from = b->path, .to = beside(b, "copy"), .progress = goes_on, .ctx = &l};
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    if (sb_journal_backup(&config, &facts, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(l.turns > 3);
    assert_true(facts.withdrawn > 0);
    assert_true(facts.entries > 1600);
    struct sb_buf file = {0};
    assert_int_equal(sb_file_read(config.to, 1u << 26, &file, &err), 0);
    assert_null(memmem(file.p, file.n, l.gone.p, l.gone.n));
    sb_buf_free(&file);
    sb_buf_free(&note);
}

static void of_a_damaged_journal_is_none(void **state)
{
    struct book *b = *state;
    const struct sb_backup_config config = {.from = b->path, .to = beside(b, "copy")};
    struct sb_journal_facts facts;
    struct sb_err err = {0};
    book_close(b);
    book_sql(b, "UPDATE entry SET record = zeroblob(length(record)) WHERE idx = 5");
    assert_int_equal(sb_journal_backup(&config, &facts, &err), SB_E_BACKUP);
    assert_non_null(strstr(err.text, "entry 5"));
    assert_int_equal(access(config.to, F_OK), -1);
    char glob[200];
    snprintf(glob, sizeof glob, "ls %s/copy* >/dev/null 2>&1", b->folder);
    assert_int_not_equal(system(glob), 0);
}

static int judge(const struct book *b, struct sb_buf *note, struct sb_err *err)
{
    const struct sb_restore_note n = {.name = "a witness", .note = sb_buf_bytes(note)};
    struct sb_restore_facts facts;
    return sb_restore_judge(
        beside(b, "copy"), &n, note->n ? 1 : 0, NULL, NULL, &facts, err);
}

static void goes_on_where_nothing_is_lacking(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_err err = {0};
    checkpoint(b, &note);
    backup(b, beside(b, "copy"));
    assert_int_equal(judge(b, &note, &err), 0);
    assert_int_equal(sb_restore_place(beside(b, "copy"), b->path, NULL, &err),
                     SB_E_JOURNAL_LOCKED);
    book_close(b);
    assert_int_equal(sb_restore_place(beside(b, "copy"), b->path, NULL, &err),
                     SB_E_EXISTS);
    assert_int_equal(sb_restore_place(beside(b, "copy"), b->path, ".before", &err), 0);
    assert_int_equal(access(beside(b, "journal.db.before"), F_OK), 0);
    book_open(b);
    book_put_one(b, book_heads(b));
    book_close(b);
    assert_int_equal(book_verify(b).entries, b->index);
    sb_buf_free(&note);
}

static void that_lacks_something_is_refused(void **state)
{
    struct book *b = *state;
    struct sb_buf note = {0};
    struct sb_err err = {0};
    backup(b, beside(b, "copy"));
    book_put_one(b, book_heads(b));
    checkpoint(b, &note);
    assert_int_equal(judge(b, &note, &err), SB_E_JOURNAL_SHORT);
    assert_non_null(strstr(err.text, "1 are missing"));
    note.p[note.n - 4] ^= 1;
    assert_int_equal(judge(b, &note, &err), SB_E_NOTE);
    sb_buf_free(&note);
}

static void a_damaged_backup_is_refused(void **state)
{
    struct book *b = *state;
    struct sb_buf none = {0};
    struct sb_err err = {0};
    backup(b, beside(b, "copy"));
    FILE *f = fopen(beside(b, "copy"), "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 3 * 8192 + 8100, SEEK_SET), 0);
    for (int i = 0; i < 64; i++)
        assert_int_not_equal(fputc(0x5a, f), EOF);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(judge(b, &none, &err), SB_E_BACKUP);
}

static void the_mark_says_how_far(void **state)
{
    struct book *b = *state;
    struct sb_backup_mark mark = {.entries = 17, .time_ms = NOW};
    struct sb_err err = {0};
    assert_int_equal(sb_backup_mark_read(b->path, &mark, &err), SB_E_NOT_FOUND);
    assert_int_equal(sb_backup_mark_write(b->path, &mark, &err), 0);
    mark = (struct sb_backup_mark){0};
    assert_int_equal(sb_backup_mark_read(b->path, &mark, &err), 0);
    assert_int_equal(mark.entries, 17);
    assert_int_equal(mark.time_ms, NOW);
    assert_int_equal(sb_file_write(beside(b, "journal.db-backup"),
                                   sb_bytes_str("sacbe-backup 1\n17\n1\nmore\n"),
                                   0600,
                                   &err),
                     0);
    assert_int_equal(sb_backup_mark_read(b->path, &mark, &err), SB_E_INPUT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(is_a_journal_with_its_note),
        TEST(is_not_written_over),
        TEST(is_whole_while_the_journal_lives),
        TEST(of_a_damaged_journal_is_none),
        TEST(goes_on_where_nothing_is_lacking),
        TEST(that_lacks_something_is_refused),
        TEST(a_damaged_backup_is_refused),
        TEST(the_mark_says_how_far),
    };
    return cmocka_run_group_tests_name("broker.journal.backup", tests, NULL, NULL);
}
