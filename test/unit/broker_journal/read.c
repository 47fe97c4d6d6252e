/* The reader: entries in order, streams restored, lookups, cursors, pages. */
#include "test/unit/broker_journal/book.h"

struct shelf { /* a filled journal with a reader beside its writer */
    struct book *b;
    struct sb_journal_reader *r;
    struct sb_arena *arena;
};

static int setup(void **state)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->b = book_new();
    book_open(s->b);
    book_fill(s->b);
    assert_int_equal(sb_journal_reader_open(&s->r, s->b->path, NULL), 0);
    s->arena = sb_arena_new(0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    sb_journal_reader_close(s->r);
    sb_arena_free(s->arena);
    book_free(s->b);
    free(s);
    return 0;
}

static const enum sb_kind filled[] = {
    SB_KIND_DIRECTORY,
    SB_KIND_CLAIM,
    SB_KIND_EPOCH,
    SB_KIND_BATCH,
    SB_KIND_REGRANT,
    SB_KIND_REGRANT,
    SB_KIND_BATCH,
    SB_KIND_HEADS,
    SB_KIND_EPOCH,
    SB_KIND_BATCH,
    SB_KIND_BATCH,
};
#define FILLED (sizeof filled / sizeof filled[0])

struct seen {
    size_t n;
    size_t cts;
    uint64_t last;
    size_t stop_at;
};

static int see(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct seen *seen = ctx;
    struct sb_entry leaf;
    uint8_t hash[SB_HASH];
    assert_int_equal(e->kind, filled[e->index]);
    assert_int_equal(sb_entry_read(e->leaf, &leaf, err), 0);
    sb_sha256(hash, e->record);
    assert_memory_equal(leaf.record_hash, hash, SB_HASH);
    assert_int_equal(e->items.n > 0, e->kind == SB_KIND_BATCH);
    seen->n++;
    seen->cts += e->n_cts;
    seen->last = e->index;
    return seen->n == seen->stop_at;
}

static void gives_entries_in_order(void **state)
{
    struct shelf *s = *state;
    struct seen seen = {0};
    assert_int_equal(sb_journal_each(s->r, 0, 0, true, see, &seen, NULL), 0);
    assert_int_equal(seen.n, FILLED);
    assert_int_equal(seen.cts, 8);
    seen = (struct seen){.stop_at = 2};
    assert_int_equal(sb_journal_each(s->r, 6, 0, false, see, &seen, NULL), 0);
    assert_int_equal(seen.last, 7);
    assert_int_equal(seen.cts, 0);
    seen = (struct seen){0};
    assert_int_equal(sb_journal_each(s->r, 0, SB_KIND_BATCH, true, see, &seen, NULL),
                     0);
    assert_int_equal(seen.n, 4);
    seen = (struct seen){0};
    assert_int_equal(
        sb_journal_each(s->r, 0, SB_KIND_DIRECTORY, true, see, &seen, NULL), 0);
    assert_int_equal(seen.n, 1);
    assert_int_equal(
        sb_journal_each(s->r, 1, SB_KIND_DIRECTORY, true, see, &seen, NULL), 0);
    assert_int_equal(seen.n, 1);
}

static int fail_it(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    (void)ctx;
    (void)e;
    return sb_fail(err, SB_E_INTERRUPTED, "enough");
}

static void hands_back_the_callers_error(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(sb_journal_each(s->r, 0, 0, false, fail_it, NULL, NULL),
                     SB_E_INTERRUPTED);
}

static int one_stream(void *ctx, const struct sb_stream_state *s, struct sb_err *err)
{
    const struct shelf *shelf = ctx;
    const struct book *b = shelf->b;
    struct sb_record record;
    uint8_t hash[SB_HASH];
    assert_true(sb_bytes_is(s->stream, STREAM));
    assert_int_equal(s->claim_no, 1);
    assert_int_equal(s->claim_index, 1);
    assert_int_equal(s->instance[0], 9);
    assert_int_equal(s->last_seq, 10);
    assert_int_equal(s->last_index, 10);
    assert_memory_equal(s->last_hash, b->prev, SB_HASH);
    assert_int_equal(s->epoch_no, 2);
    assert_int_equal(s->epoch_index, 8);
    assert_memory_equal(s->epoch_hash, b->epoch_hash, SB_HASH);
    assert_int_equal(sb_record_read(s->epoch, &record, err), 0);
    assert_int_equal(sb_record_hash(hash, record.body, err), 0);
    assert_memory_equal(hash, b->epoch_hash, SB_HASH);
    return 0;
}

static void restores_streams(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(sb_journal_streams(s->r, one_stream, s, NULL), 0);
    book_close(s->b);
    book_open(s->b);
    assert_int_equal(sb_journal_streams(s->r, one_stream, s, NULL), 0);
}

static struct sb_input
look(struct shelf *s, const char *stream, enum sb_kind kind, uint64_t first)
{
    struct sb_effect e = {.kind = SB_EFFECT_LOOKUP};
    struct sb_input in = {.now_ms = 77};
    e.as.lookup.id = 5;
    e.as.lookup.stream = sb_bytes_str(stream);
    e.as.lookup.kind = kind;
    e.as.lookup.first = first;
    assert_int_equal(sb_journal_lookup(s->r, &e, &in, NULL), 0);
    assert_int_equal(in.kind, SB_IN_FOUND);
    assert_int_equal(in.as.found.id, 5);
    assert_int_equal(in.now_ms, 77);
    return in;
}

static void finds_records_by_number(void **state)
{
    struct shelf *s = *state;
    struct sb_input in = look(s, STREAM, SB_KIND_CLAIM, 1);
    assert_true(in.as.found.found);
    assert_int_equal(in.as.found.index, 1);
    in = look(s, STREAM, SB_KIND_EPOCH, 2);
    assert_true(in.as.found.found);
    assert_memory_equal(in.as.found.hash, s->b->epoch_hash, SB_HASH);
    in = look(s, STREAM, SB_KIND_BATCH, 3);
    assert_int_equal(in.as.found.index, 3);
    in = look(s, STREAM, SB_KIND_BATCH, 7);
    assert_int_equal(in.as.found.index, 10);
    assert_memory_equal(in.as.found.hash, s->b->prev, SB_HASH);
    in = look(s, "", SB_KIND_DIRECTORY, 1);
    assert_true(in.as.found.found);
    assert_int_equal(in.as.found.index, 0);
    assert_false(look(s, STREAM, SB_KIND_BATCH, 11).as.found.found);
    assert_false(look(s, STREAM, SB_KIND_CLAIM, 2).as.found.found);
    assert_false(look(s, "igm/comun.alerta", SB_KIND_BATCH, 1).as.found.found);
}

static struct sb_input open_at(struct shelf *s, const char *stream, uint64_t seq)
{
    struct sb_effect e = {.kind = SB_EFFECT_OPEN};
    struct sb_input in = {0};
    e.as.open.id = 6;
    e.as.open.stream = sb_bytes_str(stream);
    e.as.open.seq = seq;
    assert_int_equal(sb_journal_cursor(s->r, &e, s->arena, &in, NULL), 0);
    assert_int_equal(in.kind, SB_IN_OPENED);
    assert_int_equal(in.as.opened.id, 6);
    return in;
}

static void opens_a_cursor_inside_a_batch(void **state)
{
    struct shelf *s = *state;
    struct sb_input in = open_at(s, STREAM, 2);
    struct sb_record record;
    struct sb_epoch epoch;
    assert_true(in.as.opened.found);
    assert_int_equal(in.as.opened.index, 3);
    assert_int_equal(in.as.opened.last_seq, 3);
    assert_int_equal(in.as.opened.claim_index, 1);
    assert_int_equal(in.as.opened.epoch_index, 2);
    assert_int_equal(sb_record_read(in.as.opened.epoch, &record, NULL), 0);
    assert_int_equal(sb_epoch_read(record.body, s->arena, &epoch, NULL), 0);
    assert_int_equal(epoch.core.epoch_no, 1);
    in = open_at(s, STREAM, 10);
    assert_int_equal(in.as.opened.index, 10);
    assert_int_equal(in.as.opened.epoch_index, 8);
    assert_memory_equal(in.as.opened.hash, s->b->prev, SB_HASH);
    assert_false(open_at(s, STREAM, 11).as.opened.found);
    assert_false(open_at(s, "igm/x", 1).as.opened.found);
}

static struct sb_effect reading(const char *reader, uint64_t from, uint64_t below)
{
    struct sb_effect e = {.kind = SB_EFFECT_READ};
    e.as.read.id = 7;
    e.as.read.stream = sb_bytes_str(STREAM);
    e.as.read.reader = sb_bytes_str(reader);
    e.as.read.from = from;
    e.as.read.below = below;
    e.as.read.max_entries = 100;
    e.as.read.max_bytes = SB_MIB;
    return e;
}

static void
read_it(struct shelf *s, const struct sb_effect *e, const uint64_t *want, size_t n)
{
    struct sb_input in = {0};
    assert_int_equal(sb_journal_read(s->r, e, s->arena, &in, NULL), 0);
    assert_int_equal(in.kind, SB_IN_READ);
    assert_int_equal(in.as.read.id, 7);
    assert_int_equal(in.as.read.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(in.as.read.entries[i].index, want[i]);
        assert_int_equal(in.as.read.entries[i].kind, filled[want[i]]);
    }
    assert_int_equal(in.as.read.through, want[n]);
}

/* The last number of each list is `through`. */
static void reads_a_stream_for_one_reader(void **state)
{
    struct shelf *s = *state;
    struct sb_effect e = reading("igm", 0, 11);
    read_it(s, &e, (const uint64_t[]){1, 2, 3, 4, 6, 8, 9, 10, 10}, 8);
    e = reading("stcns", 3, 10);
    read_it(s, &e, (const uint64_t[]){3, 5, 6, 8, 9, 9}, 5);
    e = reading("pnc", 4, 6);
    read_it(s, &e, (const uint64_t[]){5}, 0);
    e = reading("pnc", 11, 11);
    read_it(s, &e, (const uint64_t[]){10}, 0);
    e = reading("pnc", 0, 11);
    e.as.read.stream = sb_bytes_str("igm/comun.alerta");
    read_it(s, &e, (const uint64_t[]){10}, 0);
}

static void stops_at_the_credit(void **state)
{
    struct shelf *s = *state;
    struct sb_effect e = reading("pnc", 0, 11);
    e.as.read.max_entries = 3;
    read_it(s, &e, (const uint64_t[]){1, 2, 3, 5}, 3); /* 4 and 5 are not for pnc */
    e.as.read.max_bytes = 1;
    read_it(s, &e, (const uint64_t[]){1, 1}, 1); /* at least one */
    e.as.read.max_entries = 0;
    read_it(s, &e, (const uint64_t[]){1, 1}, 1);
}

static void counts_only_wanted_ciphertexts(void **state)
{
    struct shelf *s = *state;
    struct sb_bytes one[] = {sb_bytes_str("publica")};
    struct sb_effect e = reading("pnc", 6, 11);
    struct sb_input in = {0};
    e.as.read.classes = (struct sb_codes){.items = one, .n = 1};
    assert_int_equal(sb_journal_read(s->r, &e, s->arena, &in, NULL), 0);
    assert_int_equal(in.as.read.n, 4);
    const struct sb_stored_entry *batch = &in.as.read.entries[0];
    assert_int_equal(batch->n_cts, 1);
    assert_true(sb_bytes_is(batch->ct_class[0], "publica"));
    assert_int_equal(in.as.read.entries[1].n_cts, 0); /* an epoch */
    const struct sb_stored_entry *epoch = &in.as.read.entries[1];
    size_t size = batch->leaf.n + batch->record.n + batch->items.n + 1 +
                  batch->ct_raw[0].n + epoch->leaf.n + epoch->record.n;
    e.as.read.max_bytes = size;
    read_it(s, &e, (const uint64_t[]){6, 8, 8}, 2);
    e.as.read.max_bytes = size - 1;
    read_it(s, &e, (const uint64_t[]){6, 7}, 1);
}

static void reads_while_the_writer_writes(void **state)
{
    struct shelf *s = *state;
    book_put_one(s->b, book_batch(s->b, 2, 8));
    assert_true(look(s, STREAM, SB_KIND_BATCH, 12).as.found.found);
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    assert_int_equal(sb_journal_checkpoint(s->b->j, 0, true, &note, &c, NULL), 1);
    assert_int_equal(open_at(s, STREAM, 12).as.opened.index, 11);
    sb_buf_free(&note);
}

static void says_when_there_is_no_journal(void **state)
{
    struct shelf *s = *state;
    struct sb_journal_reader *r = NULL;
    struct sb_err err;
    assert_int_not_equal(sb_journal_reader_open(&r, s->b->folder, &err), 0);
    assert_int_equal(sb_journal_reader_open(&r, "/nonexistent/j", &err), SB_E_IO);
    assert_null(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(gives_entries_in_order),
        TEST(hands_back_the_callers_error),
        TEST(restores_streams),
        TEST(finds_records_by_number),
        TEST(opens_a_cursor_inside_a_batch),
        TEST(reads_a_stream_for_one_reader),
        TEST(stops_at_the_credit),
        TEST(counts_only_wanted_ciphertexts),
        TEST(reads_while_the_writer_writes),
        TEST(says_when_there_is_no_journal),
    };
    return cmocka_run_group_tests_name("broker.journal.read", tests, NULL, NULL);
}
