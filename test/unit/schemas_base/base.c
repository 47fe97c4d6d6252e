/* schemas.base: text, times, buffers, arenas, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "schemas/base/text.h"

static void streams_have_two_or_three_parts(void **state)
{
    (void)state;
    struct sb_bytes who;
    struct sb_bytes type;
    struct sb_bytes part;
    assert_true(sb_text_stream_parts(
        sb_bytes_str("pnc/interior.hecho_transito/12"), &who, &type, &part));
    assert_true(sb_bytes_is(who, "pnc"));
    assert_true(sb_bytes_is(type, "interior.hecho_transito"));
    assert_true(sb_bytes_is(part, "12"));
    const char *bad[] = {"",
                         "pnc",
                         "pnc/",
                         "/a.b",
                         "pnc/a.b/",
                         "pnc/a.b/01",
                         "pnc/a.b/x",
                         "Pnc/a.b",
                         "pnc/a b",
                         "pnc/a.b/1/2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sb_text_stream_parts(sb_bytes_str(bad[i]), NULL, NULL, NULL));
}

static void numbers_are_digits_alone(void **state)
{
    static const char *const none[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "1234567890123456789"};
    uint64_t n = 7;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(sb_text_number(sb_bytes_str(none[i]), &n));
    assert_int_equal(n, 7);
    assert_true(sb_text_number(sb_bytes_str("999999999999999999"), &n));
    assert_int_equal(n, 999999999999999999u);
    assert_true(sb_text_number(sb_bytes_str("007"), &n));
    assert_int_equal(n, 7);
}

static void names_fold_without_marks(void **state)
{
    (void)state;
    struct sb_err err;
    struct sb_buf a = {0};
    struct sb_buf b = {0};
    assert_int_equal(
        sb_text_fold_name(sb_bytes_str("  SANTA  Lucía\tCOTZ. "), &a, &err), 0);
    assert_true(sb_bytes_is(sb_buf_bytes(&a), "santa lucia cotz."));
    sb_buf_reset(&a);
    assert_int_equal(sb_text_fold_header(sb_bytes_str("n\xc3\xba"
                                                      "m_Corre"),
                                         &a,
                                         &err),
                     0);
    assert_int_equal(sb_text_fold_header(sb_bytes_str("nu\xcc\x81m_corre"), &b, &err),
                     0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&a), sb_buf_bytes(&b)));
    assert_int_equal(sb_text_fold_name(sb_bytes_str("\xff"), &a, &err), SB_E_UTF8);
    sb_buf_free(&a);
    sb_buf_free(&b);
}

static void times_follow_rfc_3339(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(sb_text_time_parse(sb_bytes_str("1970-01-01T00:00:01.5Z"), &ms));
    assert_true(ms == 1500);
    assert_true(sb_text_time_parse(sb_bytes_str("2026-11-23T06:00:00-06:00"), &ms));
    char text[32];
    sb_text_time(text, (uint64_t)ms);
    assert_string_equal(text, "2026-11-23T12:00:00.000Z");
    sb_text_time(text, UINT64_MAX);
    assert_string_equal(text, "(no time)");
    sb_text_time(text, 3000000000000000000u); /* eight digits: the longest that fits */
    assert_string_equal(text, "95068185-07-09T05:20:00.000Z");
    const char *bad[] = {"",
                         "2009-06-31T00:00:00Z",
                         "2026-02-29T00:00:00Z",
                         "2026-1-01T00:00:00Z",
                         "2026-01-01T24:00:00Z",
                         "2026-01-01T00:00:00",
                         "2026-01-01T00:00:00-0600",
                         "2026-01-01T00:00:00Zx",
                         "2026-01-01T00:00:00.Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sb_text_time_parse(sb_bytes_str(bad[i]), &ms));
}

static void a_buffer_remembers_its_limit(void **state)
{
    (void)state;
    struct sb_err err;
    struct sb_buf b = {.limit = 4};
    sb_buf_str(&b, "abcd");
    assert_int_equal(sb_buf_check(&b, &err), 0);
    sb_buf_byte(&b, 'e');
    sb_buf_byte(&b, 'f');
    assert_int_equal(b.n, 4);
    assert_int_equal(sb_buf_check(&b, &err), SB_E_LIMIT);
    sb_buf_free(&b);
}

static void an_arena_stops_at_its_limit(void **state)
{
    (void)state;
    struct sb_arena *a = sb_arena_new(10000);
    assert_non_null(sb_arena_alloc(a, 100, 80));
    assert_null(sb_arena_alloc(a, 100, 80));
    assert_null(sb_arena_alloc(a, SIZE_MAX / 2, 16));
    sb_arena_free(a);
}

static void a_file_is_replaced_whole(void **state)
{
    (void)state;
    struct sb_err err = {0};
    char path[] = "/tmp/sacbe-base-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(sb_file_write(path, sb_bytes_str("uno"), 0600, &err), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct sb_buf b = {0};
    assert_int_equal(sb_file_read(path, 3, &b, &err), 0);
    assert_true(sb_bytes_is(sb_buf_bytes(&b), "uno"));
    sb_buf_free(&b);
    assert_int_equal(sb_file_read(path, 2, &b, &err), SB_E_LIMIT);
    unlink(path);
    assert_int_equal(sb_file_read(path, 2, &b, &err), SB_E_NOT_FOUND);
    assert_int_equal(sb_file_read("/dev/zero", 9, &b, &err), SB_E_LIMIT);
}

static void a_file_is_created_once(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_buf b = {0};
    char folder[] = "/tmp/sacbe-base-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    assert_int_equal(sb_file_create(path, sb_bytes_str("uno"), 0600, &err), 0);
    assert_int_equal(sb_file_create(path, sb_bytes_str("dos"), 0600, &err),
                     SB_E_EXISTS);
    assert_int_equal(sb_file_read(path, 9, &b, &err), 0);
    assert_true(sb_bytes_is(sb_buf_bytes(&b), "uno"));
    sb_buf_free(&b);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left in it */
}

static void a_wrapped_failure_keeps_its_code(void **state)
{
    (void)state;
    struct sb_err err;
    int rc = sb_fail(&err, SB_E_NOT_FOUND, "no such %s", "key");
    assert_int_equal(sb_err_wrap(&err, rc, "file %d", 7), SB_E_NOT_FOUND);
    assert_int_equal(err.code, SB_E_NOT_FOUND);
    assert_string_equal(err.text, "file 7: no such key");
    assert_int_equal(sb_err_wrap(NULL, SB_E_UTF8, "file"), SB_E_UTF8);
}

/* test/fuzz/corpus/anchor/not-utf8: a library's message quotes what it was given. */
static void a_text_is_a_line_of_utf8(void **state)
{
    (void)state;
    struct sb_err err;
    char longer[SB_ERR_TEXT + 8] = "";
    assert_int_equal(sb_fail(&err,
                             SB_E_UTF8,
                             "%s",
                             "a\xd6\xa2\xcf\xcf"
                             "b\n\xf0\x9f\x98"),
                     SB_E_UTF8);
    assert_string_equal(err.text, "a\xd6\xa2??b ???");
    assert_int_equal(sb_err_wrap(&err, SB_E_UTF8, "\xff"), SB_E_UTF8);
    assert_string_equal(err.text, "?: a\xd6\xa2??b ???");
    memset(longer, 'x', SB_ERR_TEXT - 3);
    memcpy(longer + SB_ERR_TEXT - 3, "\xe2\x82\xac\xe2\x82\xac", 7);
    assert_int_equal(sb_fail(&err, SB_E_UTF8, "%s", longer), SB_E_UTF8);
    assert_int_equal(strlen(err.text), SB_ERR_TEXT - 3); /* half a character went */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_have_two_or_three_parts),
        cmocka_unit_test(numbers_are_digits_alone),
        cmocka_unit_test(names_fold_without_marks),
        cmocka_unit_test(times_follow_rfc_3339),
        cmocka_unit_test(a_buffer_remembers_its_limit),
        cmocka_unit_test(an_arena_stops_at_its_limit),
        cmocka_unit_test(a_file_is_replaced_whole),
        cmocka_unit_test(a_file_is_created_once),
        cmocka_unit_test(a_wrapped_failure_keeps_its_code),
        cmocka_unit_test(a_text_is_a_line_of_utf8),
    };
    return cmocka_run_group_tests_name("schemas.base", tests, NULL, NULL);
}
