/* fuzz.message: the bus protocol's frames, every command. An input is the command's
 * number, a session, the header, and payload frames after two bytes of length each.
 * What is read is written again as the same frames, but for what a HELLO of a later
 * release says after all that this one knows. */
#include "broker/core/message.h"

#include "test/fuzz/fuzz.h"
#include "test/fuzz/message_seeds.h"

/* The next frame: an object for the header, else by its length. */
static struct sb_bytes header_of(struct sb_bytes *in)
{
    struct sb_unpack u = sb_unpack(*in);
    struct sb_bytes raw = sb_unpack_raw(&u);
    if (u.failed)
        raw = *in;
    *in = sb_bytes(in->p + raw.n, in->n - raw.n);
    return raw;
}

static struct sb_bytes payload_of(struct sb_bytes *in)
{
    size_t n = (size_t)fuzz_byte(in) << 8;
    n |= fuzz_byte(in);
    n = n < in->n ? n : in->n;
    struct sb_bytes b = sb_bytes(in->p, n);
    *in = sb_bytes(in->p + n, in->n - n);
    return b;
}

static struct sb_frames frames_of(struct sb_bytes in)
{
    uint8_t cmd = (uint8_t)(fuzz_byte(&in) % (MESSAGE_SEEDS + 2));
    const char *text = sb_command_text((enum sb_command)cmd);
    struct sb_frames f = {.n = 4 + sb_message_payloads((enum sb_command)cmd)};
    size_t session = in.n < SB_SESSION ? in.n : SB_SESSION;
    f.f[0] = sb_bytes_str(SB_PROTOCOL);
    f.f[1] = sb_bytes_str(text ? text : "NONE");
    f.f[2] = sb_bytes(in.p, session);
    in = sb_bytes(in.p + session, in.n - session);
    f.f[3] = header_of(&in);
    for (size_t i = 4; i < f.n; i++)
        f.f[i] = payload_of(&in);
    return f;
}

/* The same objects, first to last, after the array's one byte. */
static bool begins(struct sb_bytes hello, struct sb_bytes again)
{
    return again.n > 0 && again.n < hello.n && hello.p[0] > again.p[0] &&
           memcmp(hello.p + 1, again.p + 1, again.n - 1) == 0;
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_message m = {0};
    struct sb_frames again;
    struct sb_buf header = {0};
    struct sb_frames frames = frames_of(in);
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_message_read(&frames, arena, &m, &err);
    fuzz_judged(rc, &err);
    fuzz_must(rc == 0 || m.cmd == 0, "nothing is told of what is refused");
    if (rc == 0) {
        fuzz_must(sb_message_write(&m, &header, &again, &err) == 0, "it is written");
        fuzz_must(again.n == frames.n, "as many frames");
        for (size_t i = 0; i < again.n; i++)
            fuzz_must(sb_bytes_eq(again.f[i], frames.f[i]) ||
                          (m.cmd == SB_CMD_HELLO && i == 3 &&
                           begins(frames.f[i], again.f[i])),
                      "the same frames");
    }
    sb_buf_free(&header);
    sb_arena_free(arena);
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_buf b = {0};
    for (size_t i = 1; i <= MESSAGE_SEEDS; i++) {
        struct message_seed s;
        struct sb_frames f;
        struct sb_buf header = {0};
        message_seed((enum sb_command)i, &s);
        fuzz_must(sb_message_write(&s.m, &header, &f, NULL) == 0, "a seed is written");
        sb_buf_reset(&b);
        sb_buf_byte(&b, (uint8_t)i);
        sb_buf_put(&b, f.f[2].p, f.f[2].n);
        sb_buf_put(&b, f.f[3].p, f.f[3].n);
        for (size_t k = 4; k < f.n; k++) {
            sb_buf_byte(&b, (uint8_t)(f.f[k].n >> 8));
            sb_buf_byte(&b, (uint8_t)f.f[k].n);
            sb_buf_put(&b, f.f[k].p, f.f[k].n);
        }
        fuzz_seed(to, sb_command_text((enum sb_command)i), sb_buf_bytes(&b));
        sb_buf_free(&header);
    }
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {
    .name = "message", .one = one, .seeds = seeds, .longest = 8192, .mutations = 20000};
