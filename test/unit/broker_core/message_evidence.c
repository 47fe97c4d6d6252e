/* broker.core.message_evidence: the headers that carry proofs come back as they went;
 * cut, changed, unsorted or overfull ones are refused. */
#include "test/unit/broker_core/sim.h"

static const uint8_t path[3][SB_HASH] = {{1}, {2}, {3}};

struct sample {
    struct sb_message m;
    struct sb_proved proved[2];
    struct sb_own_proof own[2];
    struct sb_bytes withdrawals[2];
    uint64_t indices[3];
};

static void checkpoint(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    s->m.payload[0] = sb_bytes_str("a note");
    s->proved[0] = (struct sb_proved){7, path, 2};
    s->proved[1] = (struct sb_proved){UINT64_MAX, path + 1, 1};
    s->own[0] = (struct sb_own_proof){.stream = sb_bytes_str("pnc/comun.alerta"),
                                      .claim_no = 3,
                                      .instance = {9},
                                      .last_seq = 300,
                                      .index = 7,
                                      .leaf = sb_bytes_str("leaf")};
    s->own[1] = (struct sb_own_proof){.stream = sb_bytes_str("pnc/comun.otra")};
    s->m.as.checkpoint.seen = 70000;
    s->m.as.checkpoint.path = path;
    s->m.as.checkpoint.n_path = 3;
    s->m.as.checkpoint.proved = s->proved;
    s->m.as.checkpoint.n_proved = 2;
    s->m.as.checkpoint.own = s->own;
    s->m.as.checkpoint.n_own = 2;
}

static void fetched(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_FETCHED, .n_payload = 4};
    s->withdrawals[0] = sb_bytes_str("first");
    s->withdrawals[1] = sb_bytes_str("second");
    s->m.as.fetched.stream = sb_bytes_str("pnc/comun.alerta");
    s->m.as.fetched.seq = 12;
    s->m.as.fetched.index = 40;
    s->m.as.fetched.path = path;
    s->m.as.fetched.n_path = 3;
    s->m.as.fetched.epoch_index = 2;
    s->m.as.fetched.epoch_leaf = sb_bytes_str("leaf");
    s->m.as.fetched.epoch_record = sb_bytes_str("record");
    s->m.as.fetched.epoch_path = path + 1;
    s->m.as.fetched.n_epoch_path = 2;
    s->m.as.fetched.note = sb_bytes_str("note");
    s->m.as.fetched.withdrawals = s->withdrawals;
    s->m.as.fetched.n_withdrawals = 2;
}

static void refused(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_FETCHED, .n_payload = 4};
    s->m.as.fetched.code = 110;
    s->m.as.fetched.stream = sb_bytes_str("pnc/comun.alerta");
    s->m.as.fetched.seq = 12;
}

static void cosign(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_COSIGN, .n_payload = 1};
    s->indices[0] = 0;
    s->indices[1] = 200;
    s->indices[2] = UINT64_MAX;
    s->m.as.cosign.seen = 5;
    s->m.as.cosign.indices = s->indices;
    s->m.as.cosign.n_indices = 3;
}

static void entry(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_ENTRY, .n_payload = 4};
    s->withdrawals[0] = sb_bytes_str("first");
    s->withdrawals[1] = sb_bytes_str("second");
    s->m.as.entry.name = sb_bytes_str("s");
    s->m.as.entry.index = 1000;
    s->m.as.entry.withdrawals = s->withdrawals;
    s->m.as.entry.n_withdrawals = 2;
}

static void fetch(struct sample *s)
{
    s->m = (struct sb_message){.cmd = SB_CMD_FETCH};
    s->m.as.fetch.stream = sb_bytes_str("pnc/comun.alerta");
    s->m.as.fetch.seq = INT64_MAX;
}

static void (*const samples[])(struct sample *) = {
    checkpoint, fetched, refused, cosign, entry, fetch};

static int read_frames(const struct sb_frames *frames, struct sb_buf *again)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message m;
    struct sb_frames out;
    int rc = sb_message_read(frames, arena, &m, NULL);
    if (rc == 0 && again) {
        sb_buf_reset(again);
        assert_int_equal(sb_message_write(&m, again, &out, NULL), 0);
    }
    sb_arena_free(arena);
    return rc;
}

static void headers_come_back_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct sample s = {0};
        struct sb_buf header = {0};
        struct sb_buf again = {0};
        struct sb_frames frames;
        samples[i](&s);
        assert_int_equal(sb_message_write(&s.m, &header, &frames, NULL), 0);
        assert_int_equal(read_frames(&frames, &again), 0);
        assert_int_equal(again.n, header.n);
        assert_memory_equal(again.p, header.p, header.n);
        for (size_t cut = 0; cut < header.n; cut++) {
            frames.f[3] = sb_bytes(header.p, cut);
            assert_int_not_equal(read_frames(&frames, NULL), 0);
        }
        frames.f[3] = sb_buf_bytes(&header);
        for (size_t at = 0; at < header.n * 8; at++) {
            header.p[at / 8] ^= (uint8_t)(1u << at % 8);
            if (read_frames(&frames, &again) == 0) {
                assert_int_equal(again.n, header.n);
                assert_memory_equal(again.p, header.p, header.n);
            }
            header.p[at / 8] ^= (uint8_t)(1u << at % 8);
        }
        sb_buf_free(&header);
        sb_buf_free(&again);
    }
}

static void what_was_sent_is_what_is_read(void **state)
{
    (void)state;
    struct sample s = {0};
    struct sb_buf header = {0};
    struct sb_frames frames;
    struct sb_message m;
    struct sb_arena *arena = sb_arena_new(0);
    checkpoint(&s);
    assert_int_equal(sb_message_write(&s.m, &header, &frames, NULL), 0);
    assert_int_equal(sb_message_read(&frames, arena, &m, NULL), 0);
    assert_true(m.as.checkpoint.seen == 70000);
    assert_memory_equal(m.as.checkpoint.path, path, sizeof path);
    assert_true(m.as.checkpoint.proved[1].index == UINT64_MAX);
    assert_memory_equal(m.as.checkpoint.proved[1].path, path[1], SB_HASH);
    assert_true(m.as.checkpoint.own[0].last_seq == 300);
    assert_true(sb_bytes_is(m.as.checkpoint.own[0].leaf, "leaf"));
    assert_true(sb_bytes_is(m.as.checkpoint.own[1].stream, "pnc/comun.otra"));
    assert_true(sb_bytes_is(m.payload[0], "a note"));
    sb_buf_reset(&header);
    fetched(&s);
    assert_int_equal(sb_message_write(&s.m, &header, &frames, NULL), 0);
    assert_int_equal(sb_message_read(&frames, arena, &m, NULL), 0);
    assert_true(sb_bytes_is(m.as.fetched.note, "note"));
    assert_true(sb_bytes_is(m.as.fetched.withdrawals[1], "second"));
    assert_memory_equal(m.as.fetched.epoch_path, path[1], 2 * SB_HASH);
    sb_buf_free(&header);
    sb_arena_free(arena);
}

/* Writes the sample as it stands now, and tells how it is read. */
static int verdict(const struct sample *s)
{
    struct sb_buf header = {0};
    struct sb_frames frames;
    assert_int_equal(sb_message_write(&s->m, &header, &frames, NULL), 0);
    int rc = read_frames(&frames, NULL);
    sb_buf_free(&header);
    return rc;
}

static void one_meaning_has_one_form(void **state)
{
    (void)state;
    struct sample s = {0};
    cosign(&s);
    s.indices[1] = 0;
    assert_int_equal(verdict(&s), SB_E_DUPLICATE);
    s.indices[0] = 1;
    assert_int_equal(verdict(&s), SB_E_UNSORTED);
    checkpoint(&s);
    s.m.as.checkpoint.seen = 0;
    assert_int_equal(verdict(&s), SB_E_RANGE);
    checkpoint(&s);
    s.proved[1].index = 7;
    assert_int_equal(verdict(&s), SB_E_DUPLICATE);
    checkpoint(&s);
    s.own[1].stream = s.own[0].stream;
    assert_int_equal(verdict(&s), SB_E_DUPLICATE);
    checkpoint(&s);
    s.own[1].index = 1;
    assert_int_equal(verdict(&s), SB_E_RANGE);
    checkpoint(&s);
    s.own[0].leaf = sb_bytes(NULL, 0);
    assert_int_equal(verdict(&s), SB_E_RANGE);
    fetched(&s);
    s.m.as.fetched.code = 110;
    assert_int_equal(verdict(&s), SB_E_RANGE);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    static uint8_t nodes[SB_PATH_NODES + 1][SB_HASH];
    uint64_t indices[SB_PROVE_MAX + 1];
    struct sb_bytes withdrawals[SB_WITHDRAWALS_MAX + 1];
    struct sample s = {0};
    for (size_t i = 0; i <= SB_PROVE_MAX; i++)
        indices[i] = i;
    for (size_t i = 0; i <= SB_WITHDRAWALS_MAX; i++)
        withdrawals[i] = sb_bytes_str("w");
    cosign(&s);
    s.m.as.cosign.indices = indices;
    s.m.as.cosign.n_indices = SB_PROVE_MAX;
    assert_int_equal(verdict(&s), 0);
    s.m.as.cosign.n_indices++;
    assert_int_equal(verdict(&s), SB_E_RANGE);
    entry(&s);
    s.m.as.entry.withdrawals = withdrawals;
    s.m.as.entry.n_withdrawals = SB_WITHDRAWALS_MAX;
    assert_int_equal(verdict(&s), 0);
    s.m.as.entry.n_withdrawals++;
    assert_int_equal(verdict(&s), SB_E_RANGE);
    checkpoint(&s);
    s.m.as.checkpoint.path = (const uint8_t(*)[SB_HASH])nodes;
    s.m.as.checkpoint.n_path = SB_PATH_NODES;
    assert_int_equal(verdict(&s), 0);
    s.m.as.checkpoint.n_path++;
    assert_int_equal(verdict(&s), SB_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_come_back_byte_for_byte),
        cmocka_unit_test(what_was_sent_is_what_is_read),
        cmocka_unit_test(one_meaning_has_one_form),
        cmocka_unit_test(lists_are_bounded),
    };
    return cmocka_run_group_tests_name(
        "broker.core.message_evidence", tests, NULL, NULL);
}
