/* broker.witness.round: when a client asks, what it sends, and what it makes of the
 * answers. */
#include <string.h>

#include "test/unit/broker_witness/logbook.h"

struct talk {
    struct logbook *book;
    struct sb_witness *w;
    struct sb_round *r;
    uint64_t mono;
    struct sb_message said; /* the last COSIGN */
    struct sb_round_answer answer;
    struct sb_buf heard; /* our newest line; the broker's notes of that size bear it */
    uint64_t heard_of;
    struct sb_buf note;
};

static int set_up(void **state)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->book = logbook_new(2);
    t->w = logbook_witness(t->book);
    t->mono = 5000;
    assert_int_equal(sb_round_new(&t->r, t->w, SB_ROUND_AGAIN_MS, NULL), 0);
    sb_round_begin(t->r);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct talk *t = *state;
    sb_buf_free(&t->heard);
    sb_buf_free(&t->note);
    sb_round_free(t->r);
    sb_witness_close(t->w);
    logbook_free(t->book);
    free(t);
    return 0;
}

static bool is_line(struct sb_bytes said)
{
    return said.n > 3 && memcmp(said.p, "\xe2\x80\x94", 3) == 0;
}

/* COSIGN goes; true when it bore a new cosignature. */
static bool ask(struct talk *t)
{
    assert_true(sb_round_due(t->r, t->mono));
    assert_int_equal(sb_round_ask(t->r, t->book->world->trust, NULL, 0, &t->said, NULL),
                     0);
    assert_int_equal(t->said.cmd, SB_CMD_COSIGN);
    assert_int_equal(t->said.n_payload, 1);
    if (is_line(t->said.payload[0])) {
        sb_buf_reset(&t->heard);
        sb_buf_put(&t->heard, t->said.payload[0].p, t->said.payload[0].n);
        t->heard_of = t->said.as.cosign.seen;
    }
    return sb_round_asked(t->r, t->mono);
}

static struct sb_message checkpoint(struct talk *t, uint64_t size, uint64_t from)
{
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    m.payload[0] = logbook_note(t->book, size);
    if (t->heard.n && size == t->heard_of) {
        sb_buf_reset(&t->note);
        sb_buf_put(&t->note, m.payload[0].p, m.payload[0].n);
        sb_buf_put(&t->note, t->heard.p, t->heard.n);
        m.payload[0] = sb_buf_bytes(&t->note);
    }
    m.as.checkpoint.seen = from;
    if (from > 0 && from <= size) {
        struct sb_path *p = logbook_growth(t->book, from, size);
        m.as.checkpoint.path = (const uint8_t(*)[SB_HASH])p->nodes;
        m.as.checkpoint.n_path = p->n;
    }
    return m;
}

static int take(struct talk *t, uint64_t size, uint64_t from)
{
    struct sb_message m = checkpoint(t, size, from);
    return sb_round_take(t->r, t->book->world->trust, &m, NOW, &t->answer, NULL);
}

static void due_in(struct talk *t, uint64_t ms)
{
    if (ms)
        assert_false(sb_round_due(t->r, t->mono + ms - 1));
    assert_true(sb_round_due(t->r, t->mono + ms));
    assert_true(sb_round_due_ms(t->r) <= t->mono + ms);
    t->mono += ms;
}

static void a_new_candidate_is_cosigned_at_once(void **state)
{
    struct talk *t = *state;
    assert_false(ask(t)); /* at once, with nothing */
    assert_int_equal(t->said.as.cosign.seen, 0);
    assert_int_equal(t->said.payload[0].n, 0);
    assert_int_equal(take(t, 5, 0), 0);
    assert_true(t->answer.proved);
    assert_int_equal(t->answer.checkpoint.size, 5);
    assert_false(t->answer.final.final);
    due_in(t, 0);
    assert_true(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 5);
    assert_memory_equal(t->said.payload[0].p, "\xe2\x80\x94 sns/witness/pnc ", 20);
    assert_int_equal(take(t, 5, 5), 0);
    assert_true(t->answer.proved);
    due_in(t, SB_ROUND_MS);
    assert_false(ask(t));
    assert_int_equal(t->said.payload[0].n, 0);
}

static void nothing_counts_before_we_ask(void **state)
{
    struct talk *t = *state;
    assert_int_equal(take(t, 9, 0), 0);
    assert_false(t->answer.proved);
    assert_int_equal(sb_witness_seen(t->w, t->book->world->trust).size, 0);
    assert_false(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 0);
}

static void settle(struct talk *t, uint64_t size)
{
    (void)ask(t);
    assert_int_equal(take(t, size, 0), 0);
    assert_true(ask(t));
    assert_int_equal(take(t, size, size), 0);
    assert_int_equal(sb_round_unproved_ms(t->r), 0);
}

static void a_larger_tree_is_asked_for_soon(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    assert_int_equal(take(t, 7, 0), 0); /* unasked */
    assert_false(t->answer.proved);
    due_in(t, SB_ROUND_SOON_MS);
    (void)ask(t);
    assert_int_equal(take(t, 6, 0), 0); /* and again before the answer */
    assert_int_equal(take(t, 7, 5), 0);
    assert_true(t->answer.proved);
    assert_true(ask(t));
}

static void who_waits_for_a_proof_hurries(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    sb_round_hurry(t->r);
    due_in(t, SB_ROUND_SOON_MS);
    (void)ask(t);
    assert_int_equal(take(t, 5, 5), 0);
    due_in(t, SB_ROUND_MS);
}

static void unasked_cosignatures_tell_freshness(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    struct sb_bytes note = logbook_note(t->book, 4); /* older, but final now */
    note = logbook_cosigned(t->book, note, IGM, NOW / 1000 - 30);
    m.payload[0] = logbook_cosigned(t->book, note, STCNS, NOW / 1000 - 10);
    assert_int_equal(
        sb_round_take(t->r, t->book->world->trust, &m, NOW, &t->answer, NULL), 0);
    assert_false(t->answer.proved);
    assert_true(t->answer.final.final);
    assert_int_equal(t->answer.final.fresh_ms, (NOW / 1000 - 30) * 1000);
    due_in(t, SB_ROUND_MS); /* no reason to hurry */
}

static void what_is_not_proved_is_shown(void **state)
{
    struct talk *t = *state;
    settle(t, 11);
    due_in(t, SB_ROUND_MS);
    uint64_t since = t->mono;
    assert_false(ask(t));
    assert_int_equal(t->said.payload[0].n, 0);
    assert_int_equal(take(t, 9, 0), 0); /* the broker knows no tree of ours */
    assert_int_equal(sb_round_unproved_ms(t->r), since);
    due_in(t, SB_ROUND_SOON_MS);
    assert_false(ask(t));
    assert_true(sb_bytes_eq(t->said.payload[0], sb_witness_note(t->w)));
    assert_int_equal(take(t, 9, 0), 0);
    due_in(t, SB_ROUND_MS); /* once is enough to be soon */
    assert_false(ask(t));
    assert_true(sb_bytes_eq(t->said.payload[0], sb_witness_note(t->w)));
    assert_int_equal(take(t, 12, 11), 0);
    assert_int_equal(sb_round_unproved_ms(t->r), 0);
    assert_true(ask(t));
}

static void a_contradiction_is_shown(void **state)
{
    struct talk *t = *state;
    settle(t, 11);
    struct sb_bytes seen = sb_witness_note(t->w);
    t->book->history = 1;
    due_in(t, SB_ROUND_MS);
    (void)ask(t);
    assert_int_equal(take(t, 12, 11), SB_E_SPLIT_VIEW);
    due_in(t, SB_ROUND_SOON_MS);
    assert_false(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 11);
    assert_true(sb_bytes_eq(t->said.payload[0], seen));
}

static void a_new_session_hears_our_cosignature_again(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    sb_round_begin(t->r);
    assert_true(ask(t)); /* the broker may have lost it */
    assert_int_equal(take(t, 5, 5), 0);
    sb_round_begin(t->r);
    assert_int_equal(sb_round_due_ms(t->r), 0);
    assert_true(ask(t));
    assert_int_equal(take(t, 8, 5), 0);
    due_in(t, SB_ROUND_SOON_MS); /* two lines do not go within a second */
    assert_true(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 8);
}

/* The broker was killed before it wrote our line, and began with an older candidate. */
static void a_cosignature_that_was_lost_goes_again(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    sb_buf_reset(&t->heard);
    due_in(t, SB_ROUND_MS);
    assert_false(ask(t));
    assert_int_equal(t->said.payload[0].n, 0);
    assert_int_equal(take(t, 5, 5), 0); /* without our line */
    due_in(t, SB_ROUND_MS);             /* which is no reason to hurry */
    (void)ask(t);
    assert_true(is_line(t->said.payload[0]));
    assert_int_equal(take(t, 5, 5), 0);
    due_in(t, SB_ROUND_MS);
    (void)ask(t);
    assert_int_equal(t->said.payload[0].n, 0);
}

static void a_cosignature_of_an_older_generation_stays_at_home(void **state)
{
    struct talk *t = *state;
    settle(t, 5);
    logbook_generation(t->book, 5);
    sb_round_begin(t->r);
    assert_false(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 0);
    assert_int_equal(t->said.payload[0].n, 0);
    assert_int_equal(take(t, 3, 0), 0);
    assert_true(ask(t));
    assert_int_equal(t->said.as.cosign.seen, 3);
}

static void a_broker_does_not_set_our_pace(void **state)
{
    struct talk *t = *state;
    settle(t, 1);
    due_in(t, SB_ROUND_MS);
    (void)ask(t);
    for (uint64_t size = 2; size < 20; size++) { /* a new candidate in each answer */
        assert_int_equal(take(t, size, size - 1), 0);
        if (size > 2)
            due_in(t, SB_ROUND_SOON_MS);
        assert_true(ask(t));
    }
}

static void entries_are_proved_or_not(void **state)
{
    struct talk *t = *state;
    uint8_t leaf[SB_HASH];
    struct sb_proved proved[2];
    (void)ask(t);
    struct sb_message m = checkpoint(t, 13, 0);
    for (size_t i = 0; i < 2; i++) {
        uint64_t index = 3 + 6 * i;
        struct sb_path *p = logbook_path(t->book, index, 13);
        proved[i] =
            (struct sb_proved){index, (const uint8_t(*)[SB_HASH])p->nodes, p->n};
    }
    m.as.checkpoint.proved = proved;
    m.as.checkpoint.n_proved = 2;
    assert_int_equal(
        sb_round_take(t->r, t->book->world->trust, &m, NOW, &t->answer, NULL), 0);
    for (uint64_t i = 0; i < 13; i++) {
        logbook_leaf(t->book, i, leaf);
        int rc = sb_round_entry(&t->answer, &m, i, leaf, NULL);
        assert_int_equal(rc, i == 3 || i == 9 ? 1 : 0);
    }
    logbook_leaf(t->book, 4, leaf);
    assert_int_equal(sb_round_entry(&t->answer, &m, 3, leaf, NULL), SB_E_INCLUSION);
    logbook_leaf(t->book, 3, leaf);
    proved[0].n_path--;
    assert_int_equal(sb_round_entry(&t->answer, &m, 3, leaf, NULL), SB_E_INCLUSION);
}

/* A tree of one leaf that is a real entry. */
static void own_batches_are_proved_by_their_leaf(void **state)
{
    struct talk *t = *state;
    struct sb_entry entry = {
        .kind = SB_KIND_BATCH, .stored_ms = NOW, .directory_version = 1};
    struct sb_entry found;
    struct sb_buf bytes = {0};
    struct sb_proved proved = {.index = 0};
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    memset(entry.record_hash, 5, SB_HASH);
    for (int i = 0; i < 2; i++) {
        entry.kind = i ? SB_KIND_CLAIM : SB_KIND_BATCH;
        sb_buf_reset(&bytes);
        sb_entry_write(&entry, &bytes);
        struct sb_round_answer a = {.checkpoint.size = 1, .proved = true};
        sb_tree_leaf(a.checkpoint.root, sb_buf_bytes(&bytes));
        struct sb_own_proof own = {.stream = sb_bytes_str("pnc/comun.alerta"),
                                   .last_seq = 4,
                                   .leaf = sb_buf_bytes(&bytes)};
        m.as.checkpoint.n_proved = 0;
        assert_int_equal(sb_round_own(&a, &m, &own, &found, NULL), SB_E_INCLUSION);
        m.as.checkpoint.proved = &proved;
        m.as.checkpoint.n_proved = 1;
        int rc = sb_round_own(&a, &m, &own, &found, NULL);
        assert_int_equal(rc, i ? SB_E_INCLUSION : 0);
        if (!i)
            assert_memory_equal(found.record_hash, entry.record_hash, SB_HASH);
        own.leaf.n--;
        assert_int_equal(sb_round_own(&a, &m, &own, &found, NULL), SB_E_INCLUSION);
    }
    (void)t;
    sb_buf_free(&bytes);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_candidate_is_cosigned_at_once),
        CASE(nothing_counts_before_we_ask),
        CASE(a_larger_tree_is_asked_for_soon),
        CASE(who_waits_for_a_proof_hurries),
        CASE(unasked_cosignatures_tell_freshness),
        CASE(what_is_not_proved_is_shown),
        CASE(a_contradiction_is_shown),
        CASE(a_new_session_hears_our_cosignature_again),
        CASE(a_cosignature_that_was_lost_goes_again),
        CASE(a_cosignature_of_an_older_generation_stays_at_home),
        CASE(a_broker_does_not_set_our_pace),
        CASE(entries_are_proved_or_not),
        CASE(own_batches_are_proved_by_their_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
