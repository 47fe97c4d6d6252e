/* fuzz.admin: the admin socket's requests and replies. What is read is written again as
 * the same bytes; a reply's value is a value or refused. */
#include "broker/io/admin_wire.h"

#include "schemas/pack/pack.h"

#include "test/fuzz/fuzz.h"

static void as_request(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_admin_request r = {0};
    struct sb_buf again = {0};
    char verb[SB_CODE_MAX + 1] = "";
    int rc = sb_admin_request_read(in, &r, &err);
    fuzz_judged(rc, &err);
    if (rc == 0 && !(r.verb.n && memchr(r.verb.p, 0, r.verb.n))) {
        memcpy(verb, r.verb.n ? (const char *)r.verb.p : "", r.verb.n);
        sb_admin_request_write(&again, verb, r.args, r.n_args);
        fuzz_same(in, &again);
    }
    sb_buf_free(&again);
}

static void as_reply(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_admin_reply r = {0};
    struct sb_value v;
    struct sb_buf again = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_admin_reply_read(in, &r, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        sb_admin_reply_write(&again, &r);
        fuzz_same(in, &again);
        if (r.value.n)
            fuzz_judged(sb_value_unpack(r.value, arena, &v, &err), &err);
    }
    sb_buf_free(&again);
    sb_arena_free(arena);
}

static void one(struct sb_bytes in)
{
    as_request(in);
    as_reply(in);
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_bytes args[] = {sb_bytes_str("pnc/comun.alerta"), sb_bytes_str("12")};
    struct sb_buf b = {0};
    struct sb_buf value = {0};
    sb_admin_request_write(&b, "event-prove", args, 2);
    fuzz_seed(to, "request", sb_buf_bytes(&b));
    sb_pack_map(&value, 2);
    sb_pack_cstr(&value, "size");
    sb_pack_uint(&value, 70000);
    sb_pack_cstr(&value, "streams");
    sb_pack_array(&value, 0);
    struct sb_admin_reply reply = {.value = sb_buf_bytes(&value)};
    sb_buf_reset(&b);
    sb_admin_reply_write(&b, &reply);
    fuzz_seed(to, "reply", sb_buf_bytes(&b));
    reply = (struct sb_admin_reply){.code = 301, .text = sb_bytes_str("not now")};
    sb_buf_reset(&b);
    sb_admin_reply_write(&b, &reply);
    fuzz_seed(to, "refusal", sb_buf_bytes(&b));
    sb_buf_free(&b);
    sb_buf_free(&value);
}

const struct fuzz_target fuzz_target = {
    .name = "admin", .one = one, .seeds = seeds, .longest = 4096, .mutations = 20000};
