/* Purpose: the exchange's families are whole, and what their files share works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/cli/cmd_file.h"
#include "broker/cli/families.h"
#include "broker/cli/pages.h"

static const struct sb_cli_family *const families[] = {&sb_cli_init,
                                                       &sb_cli_join,
                                                       &sb_cli_status,
                                                       &sb_cli_lag,
                                                       &sb_cli_metrics,
                                                       &sb_cli_tail,
                                                       &sb_cli_identity,
                                                       &sb_cli_card,
                                                       &sb_cli_directory,
                                                       &sb_cli_member,
                                                       &sb_cli_grant,
                                                       &sb_cli_catalog,
                                                       &sb_cli_journal,
                                                       &sb_cli_audit,
                                                       &sb_cli_event,
                                                       NULL};

static void families_are_whole(void **state)
{
    struct sb_err err = {0};
    (void)state;
    if (sb_cli_check_families(families, &err) != 0)
        fail_msg("%s", err.text);
}

static void when(const char *text, uint64_t expected)
{
    struct sb_err err = {0};
    uint64_t at = 0;
    assert_int_equal(sb_cmd_when(text, 1000, &at, &err), 0);
    assert_int_equal(at, expected);
}

static void moments_are_read(void **state)
{
    static const char *const bad[] = {"",
                                      "d",
                                      "-1d",
                                      "+1d",
                                      "3w",
                                      "30 d",
                                      "2027-02-30",
                                      "2027-1-1",
                                      "1e3d",
                                      "999999999d",
                                      "2027-01-01T00:00:00",
                                      "1969-12-31"};
    struct sb_err err = {0};
    uint64_t at;
    (void)state;
    when("30d", 1000 + 30 * SB_DAY_MS);
    when("12h", 1000 + 12 * 3600 * 1000ull);
    when("0s", 1000);
    when("1970-01-02", SB_DAY_MS);
    when("1970-01-01T00:00:00-06:00", 6 * 3600 * 1000ull);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sb_cmd_when(bad[i], 1000, &at, &err), SB_E_USAGE);
}

static void base64_comes_back(void **state)
{
    uint8_t bytes[100];
    (void)state;
    for (size_t n = 1; n <= sizeof bytes; n++) {
        struct sb_err err = {0};
        struct sb_buf text = {0};
        struct sb_buf back = {0};
        memset(bytes, (int)n, n);
        sb_cmd_base64(sb_bytes(bytes, n), &text);
        sb_buf_str(&text, " \n");
        sb_buf_byte(&text, 0);
        assert_int_equal(text.failed, 0);
        assert_int_equal(
            sb_cmd_unbase64((const char *)text.p, sizeof bytes, &back, &err), 0);
        assert_true(sb_bytes_eq(sb_buf_bytes(&back), sb_bytes(bytes, n)));
        assert_int_equal(sb_cmd_unbase64((const char *)text.p, n - 1, &back, &err),
                         SB_E_INPUT);
        sb_buf_free(&text);
        sb_buf_free(&back);
    }
}

static void base64_refuses(void **state)
{
    static const char *const bad[] = {"",
                                      "A",
                                      "====",
                                      "QUJD=",
                                      ("QU\x01"
                                       "JD"),
                                      "QUJDx"};
    struct sb_err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sb_buf back = {0};
        assert_int_equal(sb_cmd_unbase64(bad[i], 64, &back, &err), SB_E_INPUT);
        assert_int_equal(back.n, 0);
        sb_buf_free(&back);
    }
    struct sb_buf back = {0};
    assert_int_equal(sb_cmd_unbase64("@no/such/file", 64, &back, &err), SB_E_NOT_FOUND);
    sb_buf_free(&back);
}

static void files_stand_beside(void **state)
{
    struct sb_err err = {0};
    char path[SB_PATH_TEXT];
    (void)state;
    assert_int_equal(sb_cmd_beside("/a/b.sbd", "anchor.json", path, &err), 0);
    assert_string_equal(path, "/a/anchor.json");
    assert_int_equal(sb_cmd_beside("b.sbd", "anchor.json", path, &err), 0);
    assert_string_equal(path, "anchor.json");
    assert_int_equal(sb_cmd_beside(NULL, "anchor.json", path, &err), 0);
    assert_string_equal(path, "anchor.json");
}

static void fingerprints_are_groups(void **state)
{
    uint8_t hash[SB_HASH];
    char text[72];
    (void)state;
    memset(hash, 0xa5, sizeof hash);
    sb_cmd_fingerprint(hash, text);
    assert_int_equal(strlen(text), 71);
    assert_memory_equal(text, "a5a5a5a5 a5a5a5a5 ", 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_whole),
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(base64_comes_back),
        cmocka_unit_test(base64_refuses),
        cmocka_unit_test(files_stand_beside),
        cmocka_unit_test(fingerprints_are_groups),
    };
    return cmocka_run_group_tests_name("broker.cli.commands", tests, NULL, NULL);
}
