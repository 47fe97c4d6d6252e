/* broker.host.daemon: the command line and the keys that daemons share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "broker/host/daemon.h"
#include "broker/host/installed.h"

/* The command line, words parted by blanks. */
static int read_line(const char *line, struct sb_daemon_options *o, struct sb_err *err)
{
    char text[200];
    char *argv[16] = {text};
    int argc = 1;
    size_t n = strlen(line);
    assert_true(n < sizeof text);
    memcpy(text, line, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (text[i] != ' ')
            continue;
        text[i] = '\0';
        assert_true(argc < 15);
        argv[argc++] = text + i + 1;
    }
    optind = 0; /* begins anew */
    opterr = 0;
    return sb_daemon_options(argc, argv, "sacbe-x", "usage: sacbe-x\n", o, err);
}

static void options_are_read(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_daemon_options o = {0};
    assert_int_equal(read_line("x -c a.yaml", &o, &err), 0);
    assert_true(o.file && !o.check);
    assert_int_equal(o.ready_fd, -1);
    assert_int_equal(read_line("x --check --config b.yaml --ready-fd 7", &o, &err), 0);
    assert_true(o.check);
    assert_int_equal(o.ready_fd, 7);
    assert_int_equal(read_line("x --version", &o, &err), 1);
    assert_int_equal(read_line("x --help", &o, &err), 1);
}

static void wrong_usage_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"x",
                                      "x -c",
                                      "x -c a.yaml more",
                                      "x -c a.yaml --ready-fd 3x",
                                      "x -c a.yaml --ready-fd -1",
                                      "x -c a.yaml --ready-fd 1024",
                                      "x -c a.yaml --nothing"};
    struct sb_daemon_options o = {.ready_fd = 5};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sb_err err = {0};
        assert_int_equal(read_line(bad[i], &o, &err), SB_E_USAGE);
        assert_int_equal(sb_daemon_fail("sacbe-x", &err), 2);
    }
    assert_int_equal(o.ready_fd, 5);
    struct sb_err other = {.code = SB_E_IO};
    assert_int_equal(sb_daemon_fail("sacbe-x", &other), 1);
    other.code = SB_E_CONFIG_RANGE;
    assert_int_equal(sb_daemon_fail("sacbe-x", &other), 2);
}

static void shared_keys_have_their_defaults(void **state)
{
    (void)state;
    static const struct sb_config_key keys[] = {SB_DAEMON_KEYS, {.name = NULL}};
    static const char text[] = "run_dir: run\nvault: v\nanchor: a.json\n";
    struct sb_config *c = NULL;
    struct sb_err err = {0};
    assert_int_equal(sb_config_parse(&c, "x.yaml", sb_bytes_str(text), keys, &err), 0);
    assert_int_equal(sb_daemon_log_level(c), SB_LOG_INFO);
    assert_null(sb_config_text(c, "catalogue_folder"));
    sb_config_free(c);
    static const char loud[] =
        "run_dir: run\nvault: v\nanchor: a.json\nlog_level: debug\n";
    assert_int_equal(sb_config_parse(&c, "x.yaml", sb_bytes_str(loud), keys, &err), 0);
    assert_int_equal(sb_daemon_log_level(c), SB_LOG_DEBUG);
    sb_config_free(c);
}

static void a_given_catalogue_is_taken(void **state)
{
    (void)state;
    char found[SB_FOLDER_TEXT];
    assert_string_equal(sb_installed_catalogue("/no/where", found), "/no/where");
    assert_non_null(strstr(sb_installed_catalogue(NULL, found), "/sacbe/sns"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(wrong_usage_is_refused),
        cmocka_unit_test(shared_keys_have_their_defaults),
        cmocka_unit_test(a_given_catalogue_is_taken),
    };
    return cmocka_run_group_tests_name("broker.host.daemon", tests, NULL, NULL);
}
