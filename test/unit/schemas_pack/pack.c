/* schemas.pack: canonical forms are accepted, every other form is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schemas/base/limits.h"
#include "schemas/pack/pack.h"
#include "schemas/pack/value.h"

#define BYTES(...)                                                                     \
    sb_bytes((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

static int scan(struct sb_bytes in, enum sb_pack_model model)
{
    struct sb_err err = {0};
    return sb_pack_scan(in, model, &err);
}

static void record_refuses_forms_that_are_not_canonical(void **state)
{
    (void)state;
    assert_int_equal(scan(BYTES(0x05), SB_PACK_RECORD), 0);
    assert_int_equal(scan(BYTES(0xcc, 0x05), SB_PACK_RECORD), SB_E_NOT_CANONICAL);
    assert_int_equal(scan(BYTES(0xcd, 0x00, 0xff), SB_PACK_RECORD), SB_E_NOT_CANONICAL);
    assert_int_equal(scan(BYTES(0xd9, 0x01, 'a'), SB_PACK_RECORD), SB_E_NOT_CANONICAL);
    assert_int_equal(scan(BYTES(0xc0), SB_PACK_RECORD), SB_E_TYPE);
    assert_int_equal(scan(BYTES(0x80), SB_PACK_RECORD), SB_E_TYPE);
    assert_int_equal(scan(BYTES(0xff), SB_PACK_RECORD), SB_E_TYPE);
    assert_int_equal(scan(BYTES(0xd4, 0, 0), SB_PACK_RECORD), SB_E_TYPE);
    assert_int_equal(scan(BYTES(0x05, 0x05), SB_PACK_RECORD), SB_E_TRAILING);
    assert_int_equal(scan(BYTES(0xdd, 0xff, 0xff, 0xff, 0xff), SB_PACK_RECORD),
                     SB_E_TRUNCATED);
    assert_int_equal(scan(BYTES(0xa2, 0xc3, 0x28), SB_PACK_RECORD), SB_E_UTF8);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    uint8_t deep[SB_DEPTH_MAX + 2];
    memset(deep, 0x91, sizeof deep);
    deep[SB_DEPTH_MAX] = 0x01;
    assert_int_equal(scan(sb_bytes(deep, SB_DEPTH_MAX + 1), SB_PACK_RECORD), 0);
    deep[SB_DEPTH_MAX] = 0x91;
    deep[SB_DEPTH_MAX + 1] = 0x01;
    assert_int_equal(scan(sb_bytes(deep, sizeof deep), SB_PACK_RECORD), SB_E_DEPTH);
}

static void value_maps_are_sorted_and_unique(void **state)
{
    (void)state;
    assert_int_equal(scan(BYTES(0x82, 0xa1, 'a', 1, 0xa1, 'b', 2), SB_PACK_VALUE), 0);
    assert_int_equal(scan(BYTES(0x82, 0xa1, 'b', 1, 0xa1, 'a', 2), SB_PACK_VALUE),
                     SB_E_UNSORTED);
    assert_int_equal(scan(BYTES(0x82, 0xa1, 'a', 1, 0xa1, 'a', 2), SB_PACK_VALUE),
                     SB_E_DUPLICATE);
    assert_int_equal(scan(BYTES(0x81, 1, 1), SB_PACK_VALUE), SB_E_TYPE);
    /* 1.0 has a shorter form */
    assert_int_equal(scan(BYTES(0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0), SB_PACK_VALUE),
                     SB_E_NOT_CANONICAL);
}

static void values_come_back_as_they_went(void **state)
{
    (void)state;
    struct sb_err err;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value map = {.type = SB_MAP};
    struct sb_value list = {.type = SB_ARRAY};
    for (int64_t i = -70000; i < 70000; i += 997)
        assert_true(sb_value_push(&list, sb_value_int(i), arena));
    assert_true(sb_value_set(&map, sb_bytes_str("z"), list, arena));
    assert_true(sb_value_set(&map, sb_bytes_str("a"), sb_value_int(INT64_MIN), arena));
    struct sb_value half = {.type = SB_DOUBLE, .as.d = 0.5};
    assert_true(sb_value_set(&map, sb_bytes_str("m"), half, arena));
    struct sb_buf out = {0};
    assert_int_equal(sb_value_pack(&map, &out, &err), 0);
    struct sb_value back;
    assert_int_equal(sb_value_unpack(sb_buf_bytes(&out), arena, &back, &err), 0);
    assert_true(sb_value_eq(&map, &back));
    assert_true(sb_value_get(&back, "a")->as.i == INT64_MIN);
    sb_value_remove(&back, "m");
    assert_null(sb_value_get(&back, "m"));
    assert_false(sb_value_eq(&map, &back));
    for (size_t n = 0; n < out.n; n++)
        assert_int_not_equal(sb_value_unpack(sb_bytes(out.p, n), arena, &back, &err),
                             0);
    sb_buf_free(&out);
    sb_arena_free(arena);
}

static void the_reader_keeps_its_first_failure(void **state)
{
    (void)state;
    struct sb_err err;
    struct sb_buf b = {0};
    sb_pack_array(&b, 3);
    sb_pack_cstr(&b, "sacbe/x/1");
    sb_pack_uint(&b, 300);
    sb_pack_bin(&b, sb_bytes_str("abc"));
    struct sb_unpack u = sb_unpack(sb_buf_bytes(&b));
    sb_unpack_tag(&u, "sacbe/x/1", 3);
    assert_int_equal(sb_unpack_uint(&u, UINT64_MAX), 300);
    assert_true(sb_bytes_is(sb_unpack_bin(&u, 3), "abc"));
    assert_int_equal(sb_unpack_end(&u, "x", &err), 0);
    u = sb_unpack(sb_buf_bytes(&b));
    sb_unpack_tag(&u, "sacbe/y/1", 3);
    assert_int_equal(sb_unpack_uint(&u, UINT64_MAX), 0);
    assert_int_equal(sb_unpack_end(&u, "y", &err), SB_E_TAG);
    u = sb_unpack(sb_buf_bytes(&b));
    assert_int_equal(sb_unpack_raw(&u).n, b.n);
    assert_int_equal(sb_unpack_end(&u, "raw", &err), 0);
    sb_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_refuses_forms_that_are_not_canonical),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(value_maps_are_sorted_and_unique),
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(the_reader_keeps_its_first_failure),
    };
    return cmocka_run_group_tests_name("schemas.pack", tests, NULL, NULL);
}
