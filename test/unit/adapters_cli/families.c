/* Purpose: the families of mapping, capture and quarantine are whole; files are told
 * apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/cli/local.h"
#include "broker/cli/pages.h"

static void families_are_whole(void **state)
{
    static const struct sb_cli_family *const families[] = {
        &sb_cli_mapping, &sb_cli_capture, &sb_cli_quarantine, NULL};
    struct sb_err err = {0};
    (void)state;
    if (sb_cli_check_families(families, &err) != 0)
        fail_msg("%s", err.text);
}

static int kind_of(const char *text, bool *sink)
{
    char path[] = "/tmp/sacbe-local-XXXXXX";
    struct sb_err err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    int rc = sb_local_is_sink(path, sink, &err);
    assert_int_equal(unlink(path), 0);
    return rc;
}

static void files_are_told_apart(void **state)
{
    bool sink = false;
    (void)state;
    assert_int_equal(kind_of("sink: 1\ntype: a.b\n", &sink), 0);
    assert_true(sink);
    assert_int_equal(kind_of("mapping: 1\ntype: a.b\n", &sink), 0);
    assert_false(sink);
    assert_int_equal(kind_of("maping: 1\n", &sink), SB_E_CONFIG_MISSING);
    assert_int_equal(kind_of("a: [\n", &sink), SB_E_CONFIG_SYNTAX);
    assert_int_equal(sb_local_is_sink("/no/such/file", &sink, NULL), SB_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_whole),
        cmocka_unit_test(files_are_told_apart),
    };
    return cmocka_run_group_tests_name("adapters.cli.families", tests, NULL, NULL);
}
