/* Purpose: the broker's configuration table, and the example that is shipped. */
#include "broker/io/settings.h"

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
    struct sb_broker_config b;
    const char *source = getenv("SACBE_SOURCE");
    snprintf(path, sizeof path, "%s/broker/io/broker.yaml", source ? source : ".");
    if (sb_config_load(&c, path, sb_broker_keys, &err))
        fail_msg("%s", err.text);
    sb_settings_broker(c, &b);
    assert_string_equal(b.run_dir, "/run/sacbe");
    assert_string_equal(b.listen, "tcp://0.0.0.0:7400");
    assert_string_equal(b.catalogue, "/etc/sacbe/catalogue.sbc");
    assert_int_equal(b.checkpoint_ms, 1000);
    assert_int_equal(b.session_ms, 20000);
    assert_int_equal(sb_daemon_log_level(c), SB_LOG_INFO);
    sb_config_free(c);
}

static int parse(const char *text, struct sb_err *err)
{
    struct sb_config *c = NULL;
    int rc = sb_config_parse(&c, "b.yaml", sb_bytes_str(text), sb_broker_keys, err);
    sb_config_free(c);
    return rc;
}

#define NEEDED                                                                         \
    "run_dir: r\nlisten: tcp://127.0.0.1:1\njournal: j\nvault: v\nanchor: a\n"         \
    "directory: d\n"

static void mistakes_are_named(void **state)
{
    (void)state;
    struct sb_err err = {0};
    assert_int_equal(parse(NEEDED, NULL), 0);
    assert_int_equal(parse("run_dir: r\n", &err), SB_E_CONFIG_MISSING);
    assert_int_equal(parse(NEEDED "sesion: 20s\n", &err), SB_E_CONFIG_UNKNOWN_KEY);
    assert_non_null(strstr(err.text, "b.yaml:7"));
    assert_non_null(strstr(err.text, "\"session\""));
    assert_int_equal(parse(NEEDED "log_level: loud\n", &err), SB_E_CONFIG_RANGE);
    assert_int_equal(parse(NEEDED "session: 1s\n", &err), SB_E_CONFIG_RANGE);
    assert_int_equal(parse(NEEDED "checkpoint: soon\n", &err), SB_E_CONFIG_TYPE);
    assert_int_equal(parse(NEEDED "listen: tcp://a:1\n", &err), SB_E_CONFIG_DUPLICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_right),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests_name("broker.io.settings", tests, NULL, NULL);
}
