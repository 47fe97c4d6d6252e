/* broker.io.use: `<journal>-use` is a convenience: whatever stands there, a start ends,
 * and counts from the journal's own rows what the file does not tell rightly. */
#include "broker/io/use.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/core/core.h"
#include "test/unit/broker_journal/book.h"
#include "test/unit/keys/fixture.h"

static struct sb_use_of some[] = {{{(const uint8_t *)"igm", 3}, 7},
                                  {{(const uint8_t *)"pnc", 3}, 1000000}};
static const struct sb_use_counts good = {
    .generation = 1, .entries = 5, .items = some, .n = 2};

static struct sb_buf written(const struct sb_use_counts *counts)
{
    struct sb_buf b = {0};
    sb_use_write(counts, &b);
    assert_int_equal(sb_buf_check(&b, NULL), 0);
    return b;
}

static int reads(struct sb_bytes in)
{
    struct sb_use_counts out;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = sb_use_read(in, arena, &out, NULL);
    if (rc == 0) { /* canonical: nothing else has these counts */
        struct sb_buf again = written(&out);
        assert_true(sb_bytes_eq(sb_buf_bytes(&again), in));
        sb_buf_free(&again);
    }
    sb_arena_free(arena);
    return rc;
}

static void what_is_written_is_read_and_nothing_shorter(void **state)
{
    (void)state;
    struct sb_buf b = written(&good);
    for (size_t n = 0; n < b.n; n++)
        assert_int_not_equal(reads(sb_bytes(b.p, n)), 0);
    assert_int_equal(reads(sb_buf_bytes(&b)), 0);
    sb_buf_put(&b, "\x00", 1);
    assert_int_not_equal(reads(sb_buf_bytes(&b)), 0);
    sb_buf_free(&b);
}

static void institutions_are_codes_in_order(void **state)
{
    (void)state;
    struct sb_use_of wrong[][2] = {
        {some[1], some[0]},
        {some[0], some[0]},
        {some[0], {sb_bytes_str("no code"), 1}},
        {some[0], {sb_bytes_str(""), 1}},
        {some[0], {sb_bytes_str("pnc"), UINT64_MAX}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sb_use_counts c = good;
        c.items = wrong[i];
        struct sb_buf b = written(&c);
        assert_int_not_equal(reads(sb_buf_bytes(&b)), 0);
        sb_buf_free(&b);
    }
}

static void lengths_that_lie_take_no_memory(void **state)
{
    (void)state;
    static const char many[] = "\x95\xabsacbe/use/1\x01\x05\x00\xdd\xff\xff\xff\xff";
    static const char long_code[] =
        "\x95\xabsacbe/use/1\x01\x05\x00\x91\x92\xdb\xff\xff\xff\xffp";
    assert_int_not_equal(reads(sb_bytes(many, sizeof many - 1)), 0);
    assert_int_not_equal(reads(sb_bytes(long_code, sizeof long_code - 1)), 0);
}

static void changed_bytes_are_refused_or_mean_themselves(void **state)
{
    (void)state;
    struct sb_buf b = written(&good);
    uint32_t x = 2463534242u;
    for (int i = 0; i < 20000; i++) {
        uint8_t copy[128];
        assert_true(b.n <= sizeof copy);
        memcpy(copy, b.p, b.n);
        for (int k = 0; k < 1 + i % 3; k++) {
            x = x * 1664525u + 1013904223u;
            copy[(x >> 8) % b.n] = (uint8_t)(x >> 24);
        }
        (void)reads(sb_bytes(copy, b.n));
    }
    sb_buf_free(&b);
}

/* --- a start beside such a file */

struct start {
    struct book *book;
    struct world *world;
    char file[128];
};

static struct sb_core *new_core(const struct start *s)
{
    struct sb_core_config config = {.generation = 1, .size = s->book->index};
    struct sb_trust *trust = NULL;
    struct sb_core *core = NULL;
    assert_int_equal(sb_trust_new(&trust, &s->world->anchor, NULL), 0);
    struct sb_bytes record = sb_dir_record(sb_trust_newest(s->world->trust));
    assert_int_equal(sb_trust_add(trust, record, NULL), 0);
    assert_int_equal(sb_core_new(&core, &config, trust, NULL), 0);
    return core;
}

/* Bytes of an institution after a start. */
static uint64_t start(const struct start *s, const char *who)
{
    struct sb_core *core = new_core(s);
    struct sb_journal_reader *reader = NULL;
    struct sb_core_status st;
    struct sb_arena *arena = sb_arena_new(0);
    uint64_t bytes = 0;
    assert_int_equal(sb_journal_reader_open(&reader, s->book->path, NULL), 0);
    assert_int_equal(sb_use_restore(core, s->book->path, reader, 1, NULL), 0);
    assert_int_equal(sb_core_report_shares(core, arena, &st, NULL), 0);
    for (size_t i = 0; i < st.n_shares; i++)
        if (sb_bytes_is(st.shares[i].institution, who))
            bytes = st.shares[i].journal_bytes;
    sb_journal_reader_close(reader);
    sb_arena_free(arena);
    sb_core_free(core);
    return bytes;
}

static struct start begin(void)
{
    struct start s = {.book = book_new(), .world = world_new()};
    world_publish(s.world);
    book_open(s.book);
    book_fill(s.book);
    (void)snprintf(s.file, sizeof s.file, "%s-use", s.book->path);
    return s;
}

static void end(struct start *s)
{
    (void)unlink(s->file);
    (void)rmdir(s->file);
    world_free(s->world);
    book_free(s->book);
}

static void put(const struct start *s, struct sb_bytes bytes)
{
    FILE *f = fopen(s->file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

static void put_counts(const struct start *s, struct sb_use_counts counts)
{
    struct sb_buf b = written(&counts);
    put(s, sb_buf_bytes(&b));
    sb_buf_free(&b);
}

static void a_file_of_another_journal_is_passed_over(void **state)
{
    (void)state;
    struct start s = begin();
    uint64_t counted = start(&s, "pnc"); /* there is none */
    struct sb_use_counts other = good;
    assert_true(counted > 0);
    put_counts(&s, good);
    assert_true(start(&s, "pnc") > some[1].bytes); /* and the rows behind it */
    other.generation = 2;
    put_counts(&s, other);
    assert_int_equal(start(&s, "pnc"), counted);
    other = good;
    other.entries = s.book->index + 1; /* the journal is shorter: an older copy */
    put_counts(&s, other);
    assert_int_equal(start(&s, "pnc"), counted);
    other = good;
    other.pruned_below = 3;
    put_counts(&s, other);
    assert_int_equal(start(&s, "pnc"), counted);
    assert_int_equal(start(&s, "igm"), 0);
    end(&s);
}

static void whatever_stands_there_a_start_counts(void **state)
{
    (void)state;
    struct start s = begin();
    uint64_t counted = start(&s, "pnc");
    static char much[2u << 20];
    struct sb_buf b = written(&good);
    put(&s, sb_bytes(b.p, 0));
    assert_int_equal(start(&s, "pnc"), counted);
    put(&s, sb_bytes(b.p, b.n - 1));
    assert_int_equal(start(&s, "pnc"), counted);
    put(&s, sb_bytes(much, sizeof much));
    assert_int_equal(start(&s, "pnc"), counted);
    assert_int_equal(unlink(s.file), 0);
    assert_int_equal(mkdir(s.file, 0700), 0);
    assert_int_equal(start(&s, "pnc"), counted);
    assert_int_equal(rmdir(s.file), 0);
    assert_int_equal(symlink("/dev/zero", s.file), 0);
    assert_int_equal(start(&s, "pnc"), counted);
    sb_buf_free(&b);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_and_nothing_shorter),
        cmocka_unit_test(institutions_are_codes_in_order),
        cmocka_unit_test(lengths_that_lie_take_no_memory),
        cmocka_unit_test(changed_bytes_are_refused_or_mean_themselves),
        cmocka_unit_test(a_file_of_another_journal_is_passed_over),
        cmocka_unit_test(whatever_stands_there_a_start_counts),
    };
    return cmocka_run_group_tests_name("broker.io.use", tests, NULL, NULL);
}
