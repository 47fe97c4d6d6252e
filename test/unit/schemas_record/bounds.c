/* schemas.record.bounds: what each reader refuses beyond its form. */
#include "test/unit/schemas_record/samples.h"

static int read_directory(struct bench *b, const struct sb_directory *d)
{
    sb_buf_reset(&b->in);
    sb_directory_write(d, &b->in);
    return bench_again(b, &kinds[DIRECTORY], sb_buf_bytes(&b->in));
}

static void directories_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_directory d = sample_directory();
    assert_int_equal(read_directory(b, &d), 0);
    d.threshold = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d.threshold = 3; /* of two roots */
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.version = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.expires = d.issued;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.members[0].code = S("zzz");
    assert_int_equal(read_directory(b, &d), SB_E_UNSORTED);
    d.members[0].code = S("pnc");
    assert_int_equal(read_directory(b, &d), SB_E_DUPLICATE);
    d.members[0].code = S("PNC");
    assert_int_equal(read_directory(b, &d), SB_E_CODE_FORM);
    d = sample_directory();
    d.grants[1] = d.grants[0];
    assert_int_equal(read_directory(b, &d), SB_E_DUPLICATE);
    d = sample_directory();
    d.roots[1].key_id[0] = 0;
    assert_int_equal(read_directory(b, &d), SB_E_UNSORTED);
    d = sample_directory();
    d.members[0].n_cards = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
}

static int
read_epoch(struct bench *b, const struct sb_epoch_core *core, size_t n_classes)
{
    sb_buf_reset(&b->in);
    write_epoch(&b->in, core, n_classes);
    return bench_again(b, &kinds[EPOCH], sb_buf_bytes(&b->in));
}

static void epochs_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_epoch_core core = sample_core();
    assert_int_equal(read_epoch(b, &core, 2), 0);
    assert_int_equal(read_epoch(b, &core, 1), SB_E_EPOCH_FORM);
    core.readers[0].classes.n = 0;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_EPOCH_FORM);
    core = sample_core();
    core.suite = 2;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
    core = sample_core();
    core.not_after = core.not_before;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
    core = sample_core();
    core.stream = S("pnc");
    assert_int_equal(read_epoch(b, &core, 2), SB_E_CODE_FORM);
    core = sample_core();
    core.readers[1].reader = S("igm");
    assert_int_equal(read_epoch(b, &core, 2), SB_E_DUPLICATE);
    core = sample_core();
    core.n_readers = 0;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
}

static void batches_and_events_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_batch batch = sample_batch();
    static const uint8_t hashes[2][SB_HASH] = {{1}, {2}};
    const struct {
        uint64_t first;
        uint64_t count;
        int code;
    } rows[] = {{1, 1, 0},
                {0, 1, SB_E_RANGE},
                {1, 0, SB_E_RANGE},
                {1, 257, SB_E_RANGE},
                {INT64_MAX, 1, 0},
                {INT64_MAX, 2, SB_E_RANGE},
                {1ull << 63, 1, SB_E_RANGE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        batch.first_seq = rows[i].first;
        batch.count = rows[i].count;
        sb_buf_reset(&b->in);
        sb_batch_write(&batch, &b->in);
        assert_int_equal(bench_again(b, &kinds[BATCH], sb_buf_bytes(&b->in)),
                         rows[i].code);
    }
    struct sb_event e = sample_event();
    struct sb_buf header = {0};
    sb_event_write(&e, &header);
    sb_buf_reset(&b->in);
    sb_item_write(sb_buf_bytes(&header), hashes, 1, &b->in); /* a hash too few */
    assert_int_equal(bench_again(b, &kinds[ITEM], sb_buf_bytes(&b->in)), SB_E_ARITY);
    e.classes[1].name = S("a");
    sb_buf_reset(&header);
    sb_event_write(&e, &header);
    sb_buf_reset(&b->in);
    sb_item_write(sb_buf_bytes(&header), hashes, 2, &b->in);
    assert_int_equal(bench_again(b, &kinds[ITEM], sb_buf_bytes(&b->in)), SB_E_UNSORTED);
    sb_buf_free(&header);
}

static void a_grant_says_something(void **state)
{
    struct bench *b = *state;
    struct sb_grant g = {.id = S("g"),
                         .publisher = S("pnc"),
                         .type = S("a.b"),
                         .reader = S("igm"),
                         .classes = sample_classes(),
                         .basis = S("law"),
                         .not_before = 1,
                         .not_after = 2};
    struct sb_grant bad[4] = {g, g, g, g};
    bad[0].classes.n = 0;
    bad[1].basis = S("");
    bad[2].not_after = 1;
    bad[3].publisher = S("p/c");
    for (size_t i = 0; i < 4; i++) {
        sb_buf_reset(&b->in);
        sb_grant_write(&bad[i], &b->in);
        assert_int_equal(bench_again(b, &kinds[GRANT], sb_buf_bytes(&b->in)),
                         i == 3 ? SB_E_CODE_FORM : SB_E_RANGE);
    }
}

static void signatures_are_a_sorted_set(void **state)
{
    struct bench *b = *state;
    struct sb_signature sigs[SB_SIGS_MAX + 1] = {0};
    sigs[0].key_id[0] = 2;
    sigs[1].key_id[0] = 1;
    sb_record_write(&b->in, S("body"), sigs, 2);
    assert_int_equal(bench_again(b, &kinds[ENVELOPE], sb_buf_bytes(&b->in)),
                     SB_E_UNSORTED);
    sigs[1].key_id[0] = 2;
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, 2);
    assert_int_equal(bench_again(b, &kinds[ENVELOPE], sb_buf_bytes(&b->in)),
                     SB_E_DUPLICATE);
    for (size_t i = 0; i <= SB_SIGS_MAX; i++)
        sigs[i].key_id[0] = (uint8_t)i;
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, SB_SIGS_MAX + 1);
    assert_int_equal(bench_again(b, &kinds[ENVELOPE], sb_buf_bytes(&b->in)),
                     SB_E_RANGE);
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, SB_SIGS_MAX);
    assert_int_equal(bench_again(b, &kinds[ENVELOPE], sb_buf_bytes(&b->in)), 0);
}

static void streams_in_statements_are_streams(void **state)
{
    struct bench *b = *state;
    struct sb_head bad = {.stream = S("pnc"), .seq = 1};
    const struct sb_heads heads = {&bad, 1};
    struct sb_reject r = {.reader = S("igm"), .stream = S("pnc"), .seq = 1, .code = 1};
    sb_heads_write(S("pnc"), &heads, 1, &b->in);
    assert_int_equal(bench_again(b, &kinds[HEADS], sb_buf_bytes(&b->in)),
                     SB_E_CODE_FORM);
    sb_buf_reset(&b->in);
    sb_reject_write(&r, &b->in);
    assert_int_equal(bench_again(b, &kinds[REJECT], sb_buf_bytes(&b->in)),
                     SB_E_CODE_FORM);
}

static int read_withdraw(struct bench *b, const struct sb_withdraw *w)
{
    sb_buf_reset(&b->in);
    sb_withdraw_write(w, &b->in);
    return bench_again(b, &kinds[WITHDRAW], sb_buf_bytes(&b->in));
}

static void withdrawals_have_their_bounds(void **state)
{
    struct bench *b = *state;
    static char reason[SB_REASON_MAX + 2];
    const struct {
        uint64_t first;
        uint64_t last;
        uint64_t annulled_by;
        int code;
    } rows[] = {{1, 1, 2, 0},
                {1, 1, 0, 0},
                {0, 1, 2, SB_E_RANGE},
                {2, 1, 3, SB_E_RANGE},
                {1, 2, 2, SB_E_RANGE},
                {1, 2, 1, SB_E_RANGE},
                {1, INT64_MAX, 0, 0},
                {1, 1ull << 63, 0, SB_E_RANGE},
                {1, 2, 1ull << 63, SB_E_RANGE}};
    struct sb_withdraw w = sample_withdraw();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w.first_seq = rows[i].first;
        w.last_seq = rows[i].last;
        w.annulled_by = rows[i].annulled_by;
        assert_int_equal(read_withdraw(b, &w), rows[i].code);
    }
    w = sample_withdraw();
    memset(reason, 'x', sizeof reason - 1);
    w.reason = sb_bytes(reason, SB_REASON_MAX);
    assert_int_equal(read_withdraw(b, &w), 0);
    w.reason = sb_bytes(reason, SB_REASON_MAX + 1);
    assert_int_equal(read_withdraw(b, &w), SB_E_RANGE);
    w.reason = S("");
    assert_int_equal(read_withdraw(b, &w), SB_E_RANGE);
    w.reason = S("\xc3");
    assert_int_equal(read_withdraw(b, &w), SB_E_UTF8);
    w = sample_withdraw();
    w.stream = S("pnc");
    assert_int_equal(read_withdraw(b, &w), SB_E_CODE_FORM);
}

static void a_prune_takes_something(void **state)
{
    struct bench *b = *state;
    struct sb_prune p = {.before = 0, .below = 1, .time = UINT64_MAX};
    sb_prune_write(&p, &b->in);
    assert_int_equal(bench_again(b, &kinds[PRUNE], sb_buf_bytes(&b->in)), 0);
    p.below = 0;
    sb_buf_reset(&b->in);
    sb_prune_write(&p, &b->in);
    assert_int_equal(bench_again(b, &kinds[PRUNE], sb_buf_bytes(&b->in)), SB_E_RANGE);
}

static int read_act(struct bench *b, struct sb_act act)
{
    sb_buf_reset(&b->in);
    sb_act_write(&act, &b->in);
    return bench_again(b, &kinds[ACT], sb_buf_bytes(&b->in));
}

static void a_disclosure_names_event_classes_and_order(void **state)
{
    struct bench *b = *state;
    struct sb_act act = sample_act();
    act.last_seq++;
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act = sample_act();
    act.first_seq = act.last_seq = 0;
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act = sample_act();
    act.classes.n = 0;
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act = sample_act();
    act.text = S("");
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act = sample_act();
    act.act = S("other");
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act = sample_act();
    act.who = S("PNC");
    assert_int_equal(read_act(b, act), SB_E_CODE_FORM);
    act = sample_act();
    act.classes.items[0] = S("z");
    assert_int_equal(read_act(b, act), SB_E_UNSORTED);
    act.classes.items[0] = S("interna"); /* the samples share it */
    assert_int_equal(read_act(b, act), 0);
}

static void a_deletion_names_seqs_alone(void **state)
{
    struct bench *b = *state;
    struct sb_act act = sample_act();
    act.act = S(SB_ACT_DELETE);
    act.classes.n = 0;
    act.text = S("");
    act.last_seq = act.first_seq + 10;
    assert_int_equal(read_act(b, act), 0);
    act.last_seq = act.first_seq - 1;
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act.last_seq = act.first_seq;
    act.text = S("x");
    assert_int_equal(read_act(b, act), SB_E_RANGE);
    act.text = S("");
    act.classes.n = 1;
    assert_int_equal(read_act(b, act), SB_E_RANGE);
}

#define RECORD_TEST(name)                                                              \
    cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD_TEST(directories_have_their_bounds),
        RECORD_TEST(epochs_have_their_bounds),
        RECORD_TEST(batches_and_events_have_their_bounds),
        RECORD_TEST(a_grant_says_something),
        RECORD_TEST(signatures_are_a_sorted_set),
        RECORD_TEST(streams_in_statements_are_streams),
        RECORD_TEST(withdrawals_have_their_bounds),
        RECORD_TEST(a_prune_takes_something),
        RECORD_TEST(a_disclosure_names_event_classes_and_order),
        RECORD_TEST(a_deletion_names_seqs_alone),
    };
    return cmocka_run_group_tests_name("schemas.record.bounds", tests, NULL, NULL);
}
