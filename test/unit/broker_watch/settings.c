/* broker.watch.settings: the witness's configuration, and the example that is shipped.
 */
#include "broker/watch/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/host/daemon.h"

static void the_example_is_right(void **state)
{
    (void)state;
    char path[4096];
    struct sb_config *c = NULL;
    struct sb_err err = {0};
    const char *source = getenv("SACBE_SOURCE");
    snprintf(path, sizeof path, "%s/broker/watch/witness.yaml", source ? source : ".");
    if (sb_config_load(&c, path, sb_watch_keys, &err))
        fail_msg("%s", err.text);
    assert_string_equal(sb_config_text(c, "institution"), "stcns");
    assert_string_equal(sb_config_text(c, "state"), "/var/lib/sacbe/witness");
    assert_null(sb_config_text(c, "broker"));
    assert_int_equal(sb_daemon_log_level(c), SB_LOG_INFO);
    sb_config_free(c);
}

static int parse(const char *text, struct sb_err *err)
{
    struct sb_config *c = NULL;
    int rc = sb_config_parse(&c, "w.yaml", sb_bytes_str(text), sb_watch_keys, err);
    sb_config_free(c);
    return rc;
}

#define NEEDED "institution: igm\nrun_dir: r\nvault: v\nanchor: a\nstate: s\n"

static void mistakes_are_named(void **state)
{
    (void)state;
    struct sb_err err = {0};
    assert_int_equal(parse(NEEDED, NULL), 0);
    assert_int_equal(parse("run_dir: r\n", &err), SB_E_CONFIG_MISSING);
    assert_int_equal(parse(NEEDED "brokr: tcp://a:1\n", &err), SB_E_CONFIG_UNKNOWN_KEY);
    assert_non_null(strstr(err.text, "w.yaml:6"));
    assert_non_null(strstr(err.text, "\"broker\""));
    assert_int_equal(parse(NEEDED "broker: somewhere\n", &err), SB_E_CONFIG_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_right),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
