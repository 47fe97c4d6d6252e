/* Proofs of real journals against the definition; fetched batches; what a journal says
 * of its notes and times. */
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

enum { GROWN = 75 };

struct leaves {
    size_t n;
    uint8_t hashes[GROWN][SB_HASH];
    struct sb_bytes data[GROWN];
    struct sb_arena *arena;
};

static int take_leaf(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct leaves *l = ctx;
    (void)err;
    assert_int_equal(e->index, l->n);
    l->data[l->n] = sb_arena_dup(l->arena, e->leaf);
    sb_tree_leaf(l->hashes[l->n++], e->leaf);
    return 0;
}

/* RFC 6962, section 2.1: the root of leaves from..from + n - 1, word for word. */
static void naive(uint8_t out[SB_HASH], const struct leaves *l, size_t from, size_t n)
{
    uint8_t left[SB_HASH];
    uint8_t right[SB_HASH];
    size_t k = 1;
    if (n == 1) {
        memcpy(out, l->hashes[from], SB_HASH);
        return;
    }
    while (2 * k < n)
        k *= 2;
    naive(left, l, from, k);
    naive(right, l, from + k, n - k);
    sb_tree_node(out, left, right);
}

static void grow(struct shelf *s, struct leaves *l)
{
    *l = (struct leaves){.arena = s->arena};
    while (s->b->index < GROWN)
        book_put_one(s->b, book_heads(s->b));
    assert_int_equal(sb_journal_each(s->r, 0, 0, false, take_leaf, l, NULL), 0);
    assert_int_equal(l->n, GROWN);
}

static struct sb_effect
proving(uint64_t seen, uint64_t size, const uint64_t *indices, size_t n)
{
    struct sb_effect e = {.kind = SB_EFFECT_PROVE};
    e.as.prove.id = 5;
    e.as.prove.seen = seen;
    e.as.prove.size = size;
    e.as.prove.indices = indices;
    e.as.prove.n = n;
    return e;
}

static void check_proved(struct shelf *s, const struct leaves *l, size_t seen, size_t n)
{
    uint64_t all[GROWN];
    uint8_t root[SB_HASH];
    uint8_t old[SB_HASH];
    struct sb_input in = {0};
    for (size_t i = 0; i < n; i++)
        all[i] = i;
    struct sb_effect e = proving(seen, n, all, n);
    assert_int_equal(sb_journal_prove(s->r, &e, s->arena, &in, NULL), 0);
    assert_int_equal(in.kind, SB_IN_PROVED);
    assert_int_equal(in.as.proved.id, 5);
    assert_int_equal(in.as.proved.n, n);
    naive(root, l, 0, n);
    for (size_t i = 0; i < n; i++) {
        const struct sb_path *p = &in.as.proved.paths[i];
        assert_true(sb_bytes_eq(in.as.proved.leaves[i], l->data[i]));
        assert_true(sb_proof_included(
            l->hashes[i], i, n, (const uint8_t(*)[SB_HASH])p->nodes, p->n, root));
    }
    if (seen == 0) {
        assert_int_equal(in.as.proved.consistency.n, 0);
        return;
    }
    naive(old, l, 0, seen);
    assert_memory_equal(in.as.proved.seen_root, old, SB_HASH);
    const struct sb_path *c = &in.as.proved.consistency;
    assert_true(sb_proof_consistent(
        seen, old, n, root, (const uint8_t(*)[SB_HASH])c->nodes, c->n));
}

static void proves_every_entry_in_every_tree(void **state)
{
    struct shelf *s = *state;
    struct leaves l;
    grow(s, &l);
    for (size_t n = 1; n <= GROWN; n += n < 18 ? 1 : 7) {
        for (size_t seen = 0; seen <= n; seen++)
            check_proved(s, &l, seen, n);
        sb_arena_reset(s->arena);
        l.n = 0;
        assert_int_equal(sb_journal_each(s->r, 0, 0, false, take_leaf, &l, NULL), 0);
    }
}

static void gives_stored_nodes(void **state)
{
    struct shelf *s = *state;
    struct leaves l;
    uint8_t got[SB_HASH];
    uint8_t want[SB_HASH];
    struct sb_err err;
    grow(s, &l);
    for (unsigned level = 0; level < 7; level++) {
        for (size_t pos = 0; (pos + 1) << level <= GROWN; pos++) {
            assert_int_equal(sb_journal_node(s->r, level, pos, got, NULL), 0);
            naive(want, &l, pos << level, (size_t)1 << level);
            assert_memory_equal(got, want, SB_HASH);
        }
        assert_int_equal(sb_journal_node(s->r, level, GROWN >> level, got, &err),
                         SB_E_DB_CORRUPT);
    }
}

static void refuses_what_is_not_in_the_tree(void **state)
{
    struct shelf *s = *state;
    const uint64_t outside[] = {11};
    struct sb_input in = {.now_ms = 3};
    struct sb_err err = {0};
    struct sb_effect e = proving(0, 12, NULL, 0);
    assert_int_equal(sb_journal_prove(s->r, &e, s->arena, &in, &err), SB_E_RANGE);
    e = proving(12, 11, NULL, 0);
    assert_int_equal(sb_journal_prove(s->r, &e, s->arena, &in, &err), SB_E_RANGE);
    e = proving(0, 11, outside, 1);
    assert_int_equal(sb_journal_prove(s->r, &e, s->arena, &in, &err), SB_E_RANGE);
    assert_int_equal(in.kind, 0);
    e = proving(11, 11, NULL, 0); /* refusals left no snapshot open */
    assert_int_equal(sb_journal_prove(s->r, &e, s->arena, &in, &err), 0);
    assert_int_equal(in.now_ms, 3);
}

static struct sb_input
fetch(struct shelf *s, const char *stream, uint64_t seq, uint64_t size)
{
    static struct sb_bytes one[1];
    struct sb_effect e = {.kind = SB_EFFECT_FETCH};
    struct sb_input in = {0};
    one[0] = sb_bytes_str("publica");
    e.as.fetch.id = 6;
    e.as.fetch.stream = sb_bytes_str(stream);
    e.as.fetch.seq = seq;
    e.as.fetch.size = size;
    e.as.fetch.classes = (struct sb_codes){.items = one, .n = 1};
    assert_int_equal(sb_journal_fetch(s->r, &e, s->arena, &in, NULL), 0);
    assert_int_equal(in.kind, SB_IN_FETCHED);
    assert_int_equal(in.as.fetched.id, 6);
    return in;
}

static void check_path(const struct sb_stored_entry *e,
                       const struct sb_path *path,
                       uint64_t size,
                       const uint8_t root[SB_HASH])
{
    uint8_t leaf[SB_HASH];
    sb_tree_leaf(leaf, e->leaf);
    assert_true(sb_proof_included(
        leaf, e->index, size, (const uint8_t(*)[SB_HASH])path->nodes, path->n, root));
}

static void fetches_the_batch_of_an_event(void **state)
{
    static const struct {
        uint64_t seq;
        uint64_t batch;
        uint64_t epoch;
    } events[] = {{1, 3, 2},
                  {2, 3, 2},
                  {3, 3, 2},
                  {4, 6, 2},
                  {5, 9, 8},
                  {6, 9, 8},
                  {7, 10, 8},
                  {10, 10, 8}};
    struct shelf *s = *state;
    struct leaves l;
    uint8_t root[SB_HASH];
    grow(s, &l);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        for (uint64_t size = events[i].batch + 1; size <= GROWN; size += 9) {
            struct sb_input in = fetch(s, STREAM, events[i].seq, size);
            naive(root, &l, 0, size);
            assert_true(in.as.fetched.found);
            assert_int_equal(in.as.fetched.batch.index, events[i].batch);
            assert_int_equal(in.as.fetched.batch.kind, SB_KIND_BATCH);
            assert_int_equal(in.as.fetched.batch.n_cts, 1);
            assert_true(sb_bytes_is(in.as.fetched.batch.ct_class[0], "publica"));
            assert_true(in.as.fetched.batch.items.n > 0);
            assert_int_equal(in.as.fetched.batch.n_withdrawals, 0);
            assert_int_equal(in.as.fetched.epoch.index, events[i].epoch);
            assert_int_equal(in.as.fetched.epoch.kind, SB_KIND_EPOCH);
            check_path(&in.as.fetched.batch, &in.as.fetched.path, size, root);
            check_path(&in.as.fetched.epoch, &in.as.fetched.epoch_path, size, root);
        }
    }
}

static void finds_no_other_event(void **state)
{
    struct shelf *s = *state;
    assert_false(fetch(s, STREAM, 11, 11).as.fetched.found);
    assert_false(fetch(s, STREAM, 0, 11).as.fetched.found);
    assert_false(fetch(s, "igm/comun.alerta", 1, 11).as.fetched.found);
    assert_false(fetch(s, STREAM, 4, 6).as.fetched.found); /* stands at 6 */
    assert_true(fetch(s, STREAM, 4, 7).as.fetched.found);
}

static void finds_entries_by_time(void **state)
{
    struct shelf *s = *state;
    struct sb_journal_reader *r = s->r;
    uint64_t at = 99;
    uint64_t size = 0;
    s->b->ms = NOW + 100;
    book_put_one(s->b, book_heads(s->b));
    s->b->ms = NOW + 100;
    book_put_one(s->b, book_heads(s->b));
    assert_int_equal(sb_journal_reader_size(r, &size, NULL), 0);
    assert_int_equal(size, 13);
    const uint64_t want[][2] = {{0, 0},
                                {NOW, 0},
                                {NOW + 1, 1},
                                {NOW + 10, 10},
                                {NOW + 11, 11},
                                {NOW + 100, 11},
                                {NOW + 101, 13},
                                {UINT64_MAX, 13}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(sb_journal_index_at(r, want[i][0], &at, NULL), 0);
        assert_int_equal(at, want[i][1]);
    }
}

struct notes {
    size_t n;
    uint64_t sizes[4];
    size_t stop_at;
};

static int take_note(void *ctx, uint64_t size, struct sb_bytes note, struct sb_err *err)
{
    struct notes *notes = ctx;
    (void)err;
    assert_true(note.n > 0);
    assert_true(notes->n < 4);
    notes->sizes[notes->n++] = size;
    return notes->n == notes->stop_at;
}

static void tells_notes_from_the_newest(void **state)
{
    struct shelf *s = *state;
    struct sb_buf note = {0};
    struct sb_checkpoint c;
    struct notes notes = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sb_journal_checkpoint(s->b->j, 0, true, &note, &c, NULL), 1);
        book_put_one(s->b, book_heads(s->b));
    }
    assert_int_equal(sb_journal_notes(s->r, take_note, &notes, NULL), 0);
    assert_int_equal(notes.n, 3);
    assert_int_equal(notes.sizes[0], 13);
    assert_int_equal(notes.sizes[2], 11);
    notes = (struct notes){.stop_at = 2};
    assert_int_equal(sb_journal_notes(s->r, take_note, &notes, NULL), 0);
    assert_int_equal(notes.n, 2);
    sb_buf_free(&note);
}

/* An empty journal has none of all this. */
static void answers_for_an_empty_journal(void **state)
{
    struct book *b = book_new();
    struct sb_journal_reader *r = NULL;
    struct sb_buf record = {0};
    struct notes notes = {0};
    uint64_t n = 9;
    (void)state;
    book_open(b);
    assert_int_equal(sb_journal_reader_open(&r, b->path, NULL), 0);
    assert_int_equal(sb_journal_reader_size(r, &n, NULL), 0);
    assert_int_equal(n, 0);
    n = 9;
    assert_int_equal(sb_journal_index_at(r, NOW, &n, NULL), 0);
    assert_int_equal(n, 0);
    assert_int_equal(sb_journal_notes(r, take_note, &notes, NULL), 0);
    assert_int_equal(sb_journal_last_prune(r, &record, NULL), 0);
    assert_int_equal(notes.n + record.n, 0);
    sb_journal_reader_close(r);
    book_free(b);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(proves_every_entry_in_every_tree),
        TEST(gives_stored_nodes),
        TEST(refuses_what_is_not_in_the_tree),
        TEST(fetches_the_batch_of_an_event),
        TEST(finds_no_other_event),
        TEST(finds_entries_by_time),
        TEST(tells_notes_from_the_newest),
        cmocka_unit_test(answers_for_an_empty_journal),
    };
    return cmocka_run_group_tests_name("broker.journal.prove", tests, NULL, NULL);
}
