/* fuzz.pack: canonical msgpack. What the scan takes as a record, the reader walks to
 * its end; what is taken as a value is packed again to the same bytes. */
#include "schemas/pack/pack.h"
#include "schemas/pack/value.h"
#include "test/fuzz/fuzz.h"

/* Copies one object token by token. A record's arrays nest at most SB_DEPTH_MAX deep.
 */
static void copy(struct sb_unpack *u, struct sb_buf *out)
{
    size_t left[SB_DEPTH_MAX + 2] = {1};
    size_t depth = 0;
    while (u->failed == 0) {
        while (depth > 0 && left[depth] == 0)
            depth--;
        if (left[depth] == 0)
            return;
        left[depth]--;
        uint8_t lead = u->in.p[u->at];
        if (lead >= 0xc4 && lead <= 0xc6) {
            sb_pack_bin(out, sb_unpack_bin(u, SIZE_MAX));
        } else if ((lead >= 0xa0 && lead < 0xc0) || (lead >= 0xd9 && lead <= 0xdb)) {
            sb_pack_str(out, sb_unpack_str(u, SIZE_MAX));
        } else if ((lead >= 0x90 && lead < 0xa0) || lead == 0xdc || lead == 0xdd) {
            size_t n = sb_unpack_array(u, 0, SIZE_MAX);
            sb_pack_array(out, n);
            fuzz_must(depth < SB_DEPTH_MAX + 1, "depth is bounded");
            left[++depth] = n;
        } else {
            sb_pack_uint(out, sb_unpack_uint(u, UINT64_MAX));
        }
    }
}

static void as_record(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_buf out = {0};
    int rc = sb_pack_scan(in, SB_PACK_RECORD, &err);
    fuzz_judged(rc, &err);
    if (rc)
        return;
    struct sb_unpack u = sb_unpack(in);
    copy(&u, &out);
    fuzz_must(sb_unpack_end(&u, "input", &err) == 0, "what the scan takes, is read");
    fuzz_same(in, &out);
    fuzz_must(sb_pack_scan(in, SB_PACK_VALUE, &err) != 0 || in.n > 0,
              "nothing is no value");
    sb_buf_free(&out);
}

/* The reader is bounded without the scan, too. */
static void unscanned(struct sb_bytes in)
{
    struct sb_unpack u = sb_unpack(in);
    for (int i = 0; i < 64 && u.failed == 0; i++) {
        struct sb_bytes raw = sb_unpack_raw(&u);
        fuzz_must(u.failed != 0 || (raw.n > 0 && u.at <= in.n), "it stays inside");
    }
    struct sb_unpack codes = sb_unpack(in);
    size_t n = sb_unpack_array(&codes, 0, 8);
    for (size_t i = 0; i < n; i++)
        fuzz_must(sb_unpack_code(&codes).n <= SB_CODE_MAX, "a code is short");
}

static void as_value(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_value v;
    struct sb_buf out = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_value_unpack(in, arena, &v, &err);
    fuzz_judged(rc, &err);
    fuzz_must((rc == 0) == (sb_pack_scan(in, SB_PACK_VALUE, NULL) == 0),
              "scan and reader agree");
    if (rc == 0) {
        fuzz_must(sb_value_pack(&v, &out, &err) == 0, "a value is packed");
        fuzz_same(in, &out);
        fuzz_must(sb_value_eq(&v, &v), "a value equals itself");
    }
    sb_buf_free(&out);
    sb_arena_free(arena);
}

static void one(struct sb_bytes in)
{
    as_record(in);
    as_value(in);
    unscanned(in);
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_buf b = {0};
    sb_pack_array(&b, 5);
    sb_pack_cstr(&b, "sacbe/claim/1");
    sb_pack_uint(&b, 300);
    sb_pack_bin(&b, sb_bytes_str("0123456789abcdef"));
    sb_pack_array(&b, 2);
    sb_pack_uint(&b, UINT64_MAX);
    sb_pack_uint(&b, 70000);
    sb_pack_cstr(&b, "pnc/comun.alerta/2");
    fuzz_seed(to, "record", sb_buf_bytes(&b));
    sb_buf_reset(&b);
    sb_pack_map(&b, 4);
    sb_pack_cstr(&b, "calidad");
    sb_pack_map(&b, 1);
    sb_pack_cstr(&b, "zona");
    sb_pack_cstr(&b, "no_registrado");
    sb_pack_cstr(&b, "lat");
    sb_pack_double(&b, 14.634);
    sb_pack_cstr(&b, "num");
    sb_pack_int(&b, -40000);
    sb_pack_cstr(&b, "personas");
    sb_pack_array(&b, 2);
    sb_pack_nil(&b);
    sb_pack_bool(&b, true);
    fuzz_seed(to, "value", sb_buf_bytes(&b));
    sb_buf_reset(&b);
    for (size_t i = 0; i < SB_DEPTH_MAX; i++)
        sb_pack_array(&b, 1);
    sb_pack_uint(&b, 1);
    fuzz_seed(to, "deep", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {
    .name = "pack", .one = one, .seeds = seeds, .longest = 4096, .mutations = 20000};
