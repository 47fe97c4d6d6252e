/* broker.core.message: messages come back as they went; other frames are refused. */
#include "test/unit/broker_core/sim.h"

static int read_frames(const struct sb_frames *frames)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message m;
    struct sb_err err;
    int rc = sb_message_read(frames, arena, &m, &err);
    sb_arena_free(arena);
    return rc;
}

static void a_message_comes_back(void **state)
{
    (void)state;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_own_stream own = {.stream = sb_bytes_str(SIM_STREAM), .last_seq = 300};
    struct sb_message m = {.cmd = SB_CMD_WELCOME};
    struct sb_buf header = {0};
    struct sb_frames frames;
    struct sb_message back;
    m.as.welcome.generation = 2;
    m.as.welcome.streams = &own;
    m.as.welcome.n_streams = 1;
    m.session[3] = 7;
    assert_int_equal(sb_message_write(&m, &header, &frames, NULL), 0);
    assert_int_equal(frames.n, 4);
    assert_int_equal(sb_message_read(&frames, arena, &back, NULL), 0);
    assert_int_equal(back.as.welcome.generation, 2);
    assert_int_equal(back.as.welcome.streams[0].last_seq, 300);
    assert_memory_equal(back.session, m.session, SB_SESSION);
    frames.n = 3;
    assert_int_equal(read_frames(&frames), SB_E_FRAMES);
    frames.n = 5;
    frames.f[4] = sb_bytes_str("x");
    assert_int_equal(read_frames(&frames), SB_E_FRAMES);
    frames.n = 4;
    for (size_t i = 0; i < header.n; i++) {
        frames.f[3] = sb_bytes(header.p, i);
        assert_int_not_equal(read_frames(&frames), 0);
    }
    frames.f[3] = sb_buf_bytes(&header);
    frames.f[2] = sb_bytes_str("short");
    assert_int_equal(read_frames(&frames), SB_E_MALFORMED);
    frames.f[1] = sb_bytes_str("WELCOM");
    assert_int_equal(read_frames(&frames), SB_E_MALFORMED);
    frames.f[2] = sb_bytes(m.session, SB_SESSION);
    assert_int_equal(read_frames(&frames), SB_E_VERSION_SKEW);
    frames.f[1] = sb_bytes_str("welcom");
    assert_int_equal(read_frames(&frames), SB_E_MALFORMED);
    frames.f[0] = sb_bytes_str("SB2");
    assert_int_equal(read_frames(&frames), SB_E_FRAMES);
    sb_buf_free(&header);
    sb_arena_free(arena);
}

static void random_frames_never_crash(void **state)
{
    (void)state;
    uint8_t noise[200];
    for (int i = 0; i < 20000; i++) {
        randombytes_buf(noise, sizeof noise);
        enum sb_command cmd = (enum sb_command)(1 + noise[0] % SB_CMD_FETCHED);
        struct sb_frames frames = {.n = 4 + sb_message_payloads(cmd)};
        frames.f[0] = sb_bytes_str(SB_PROTOCOL);
        frames.f[1] = sb_bytes_str(sb_command_text(cmd));
        frames.f[2] = sb_bytes(noise, SB_SESSION);
        noise[20] = (uint8_t)(0x90 | (noise[20] & 7));
        frames.f[3] = sb_bytes(noise + 20, noise[1] % 64);
        for (size_t f = 4; f < frames.n; f++)
            frames.f[f] = sb_bytes(noise + 90, noise[2] % 100);
        int rc = read_frames(&frames);
        assert_true(rc <= 0);
    }
}

static void every_command_has_a_name(void **state)
{
    (void)state;
    for (int i = SB_CMD_HELLO; i <= SB_CMD_FETCHED; i++)
        assert_non_null(sb_command_text((enum sb_command)i));
    assert_null(sb_command_text((enum sb_command)(SB_CMD_FETCHED + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back),
        cmocka_unit_test(random_frames_never_crash),
        cmocka_unit_test(every_command_has_a_name),
    };
    return cmocka_run_group_tests_name("broker.core.message", tests, NULL, NULL);
}
