/* broker.host.service: what the manager hears, and what a reload takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/host/daemon.h"
#include "broker/host/service.h"

static const struct sb_config_key item[] = {
    {.name = "mapping", .type = SB_CONFIG_TEXT, .required = true}, {.name = NULL}};
static const struct sb_config_key keys[] = {
    SB_DAEMON_KEYS,
    {.name = "listen", .type = SB_CONFIG_ADDRESS},
    {.name = "session", .type = SB_CONFIG_DURATION, .preset = "20s"},
    {.name = "publishes", .type = SB_CONFIG_SECTIONS, .keys = item},
    {.name = "names", .type = SB_CONFIG_CODES},
    {.name = NULL}};

static const char base[] = "run_dir: run\nvault: v\nanchor: a.json\n";

struct world {
    char folder[64];
    char file[96];
    char socket[96];
    int fd;
    char lines[4096]; /* of the log */
    struct sb_log *log;
    struct sb_config *config;
    struct sb_service_config sc;
    struct sb_service *service;
    int takes;
    int refuses; /* a code: `take` refuses with it */
};

static struct world w;

static void keep_line(void *ctx, struct sb_bytes line)
{
    struct world *at = ctx;
    size_t n = strlen(at->lines);
    snprintf(at->lines + n, sizeof at->lines - n, "%.*s\n", SB_FMT(line));
}

static void write_file(const char *more)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "%s%s", base, more);
    assert_int_equal(sb_file_write(w.file, sb_bytes(text, (size_t)n), 0600, NULL), 0);
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    struct sb_err err = {.code = 0};
    memset(&w, 0, sizeof w);
    strcpy(w.folder, "/tmp/sb-service-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    snprintf(w.file, sizeof w.file, "%s/x.yaml", w.folder);
    snprintf(w.socket, sizeof w.socket, "%s/notify", w.folder);
    snprintf(where.sun_path, sizeof where.sun_path, "%s", w.socket);
    w.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(w.fd, (const struct sockaddr *)&where, sizeof where), 0);
    setenv("NOTIFY_SOCKET", w.socket, 1);
    setenv("WATCHDOG_USEC", "3000000", 1);
    unsetenv("WATCHDOG_PID");
    write_file("listen: tcp://127.0.0.1:1\npublishes:\n- mapping: a\n");
    assert_int_equal(sb_config_load(&w.config, w.file, keys, &err), 0);
    w.log = sb_log_new(SB_LOG_INFO, keep_line, &w);
    w.sc = (struct sb_service_config){
        .module = "x", .file = w.file, .keys = keys, .config = w.config, .log = w.log};
    assert_int_equal(sb_service_open(&w.service, &w.sc, &err), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sb_service_close(w.service);
    sb_service_close(NULL);
    sb_config_free(w.config);
    sb_log_free(w.log);
    close(w.fd);
    unlink(w.socket);
    unlink(w.file);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return rmdir(w.folder);
}

/* The next state that the manager was told; "" when there is none. */
static const char *heard(void)
{
    static char got[512];
    ssize_t n = recv(w.fd, got, sizeof got - 1, MSG_DONTWAIT);
    got[n > 0 ? n : 0] = '\0';
    return got;
}

static int take(void *ctx, const struct sb_config *fresh, struct sb_err *err)
{
    struct world *at = ctx;
    if (at->refuses)
        return sb_config_fail(fresh, "session", at->refuses, err, "not that");
    at->takes++;
    return 0;
}

static void reload(void)
{
    static const char *const can[] = {"session", NULL};
    struct sb_reload r = {.keys = can, .take = take, .ctx = &w};
    w.lines[0] = '\0';
    while (*heard()) /* of before */
        ;
    sb_service_reload(w.service, &r);
    assert_int_equal(strncmp(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
}

static void readiness_reaches_manager_and_descriptor(void **state)
{
    (void)state;
    int ends[2];
    char got[64] = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(sb_service_ready(w.service, ends[1], "tcp://h:1", NULL), 0);
    assert_int_equal(read(ends[0], got, sizeof got), 16);
    assert_string_equal(got, "ready tcp://h:1\n");
    assert_int_equal(read(ends[0], got, sizeof got), 0); /* it was closed */
    assert_string_equal(heard(), "READY=1");
    close(ends[0]);
    struct sb_err err = {.code = 0};
    assert_int_equal(sb_service_ready(NULL, 1000, NULL, &err), SB_E_IO);
    assert_int_equal(sb_service_ready(NULL, -1, NULL, &err), 0);
}

static void the_watchdog_is_fed_while_things_move(void **state)
{
    (void)state;
    struct sb_pulse p = {0};
    (void)sb_service_turn(w.service, true, 10000);
    assert_string_equal(heard(), "WATCHDOG=1");
    (void)sb_service_turn(w.service, true, 10900);
    assert_string_equal(heard(), ""); /* a third of 3 s has not passed */
    (void)sb_service_turn(w.service, true, 11000);
    assert_string_equal(heard(), "WATCHDOG=1");
    assert_true(sb_service_moves(w.service, &p, true, 5, 11000));
    assert_true(sb_service_moves(w.service, &p, true, 5, 12499));
    assert_false(sb_service_moves(w.service, &p, true, 5, 12500));
    assert_true(sb_service_moves(w.service, &p, true, 6, 12501)); /* it finished one */
    assert_true(sb_service_moves(w.service, &p, true, 6, 13000));
    assert_true(sb_service_moves(w.service, &p, false, 6, 90000)); /* nothing to do */
    assert_true(sb_service_moves(w.service, &p, true, 6, 90001));
    (void)sb_service_turn(w.service, false, 20000);
    assert_string_equal(heard(), "");
    assert_non_null(strstr(w.lines, "error x event=stuck"));
    (void)sb_service_turn(w.service, true, 20001);
    assert_string_equal(heard(), "WATCHDOG=1");
}

static void another_process_is_not_watched(void **state)
{
    (void)state;
    struct sb_service *s = NULL;
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(sb_service_open(&s, &w.sc, NULL), 0);
    (void)sb_service_turn(s, true, 10000);
    assert_string_equal(heard(), "");
    sb_service_close(s);
}

static void status_is_told_once_and_on_one_line(void **state)
{
    (void)state;
    assert_true(sb_service_turn(w.service, true, 10000));
    assert_string_equal(heard(), "WATCHDOG=1");
    assert_false(sb_service_turn(w.service, true, 10001));
    sb_service_status(w.service, "a\nREADY=1");
    assert_string_equal(heard(), "STATUS=a READY=1");
    sb_service_status(w.service, "a\nREADY=1");
    assert_string_equal(heard(), "");
    sb_service_stopping(w.service);
    sb_service_stopping(w.service);
    assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping");
    assert_string_equal(heard(), "");
}

static void a_reload_takes_what_it_can_and_names_the_rest(void **state)
{
    (void)state;
    write_file("listen: tcp://127.0.0.1:2\nsession: 30s\nlog_level: debug\n"
               "publishes:\n- mapping: b\n");
    reload();
    assert_string_equal(heard(), "READY=1");
    assert_int_equal(w.takes, 1);
    assert_non_null(strstr(w.lines, "warning x event=needs_restart key=listen\n"));
    assert_non_null(strstr(w.lines, "warning x event=needs_restart key=publishes\n"));
    assert_non_null(strstr(w.lines, "info x event=reloaded key=session\n"));
    assert_non_null(strstr(w.lines, "info x event=reloaded key=log_level\n"));
    assert_null(strstr(w.lines, "key=vault"));
    sb_log(w.log, SB_LOG_DEBUG, "x", SB_LOG_TEXT("event", "fine"));
    assert_non_null(strstr(w.lines, "debug x event=fine"));
    reload(); /* what needs a restart still does; what was taken is no news */
    assert_non_null(strstr(w.lines, "key=listen"));
    assert_null(strstr(w.lines, "event=reloaded"));
    write_file("listen: tcp://127.0.0.1:1\nsession: 30s\nlog_level: error\n"
               "publishes:\n- mapping: a\n");
    reload();
    assert_null(strstr(w.lines, "needs_restart"));
}

static void an_invalid_configuration_changes_nothing(void **state)
{
    (void)state;
    write_file("sesion: 30s\nlog_level: error\n");
    reload();
    assert_non_null(strstr(heard(), "STATUS=the changed configuration is refused"));
    assert_string_equal(heard(), "READY=1");
    assert_int_equal(w.takes, 0);
    assert_non_null(strstr(w.lines, "event=reload_refused code=SB-121"));
    assert_non_null(strstr(w.lines, "x.yaml:4: unknown key"));
    sb_log(w.log, SB_LOG_INFO, "x", SB_LOG_TEXT("event", "still"));
    assert_non_null(strstr(w.lines, "info x event=still"));
    w.refuses = SB_E_CONFIG_RANGE;
    write_file("session: 30s\nlog_level: error\n");
    reload();
    assert_non_null(strstr(w.lines, "x.yaml:4: not that"));
    sb_log(w.log, SB_LOG_INFO, "x", SB_LOG_TEXT("event", "yet"));
    assert_non_null(strstr(w.lines, "info x event=yet"));
    unlink(w.file);
    reload();
    assert_non_null(strstr(w.lines, "event=reload_refused"));
}

static void lists_are_compared_item_by_item(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "names: [a, b]\n", "names: [a, c]\n", "names: [a]\n", "listen: tcp://h:1\n"};
    struct sb_config *c[4];
    for (size_t i = 0; i < 4; i++) {
        char text[256];
        int n = snprintf(text, sizeof text, "%s%s", base, texts[i]);
        assert_int_equal(
            sb_config_parse(&c[i], "x.yaml", sb_bytes(text, (size_t)n), keys, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(sb_config_same(c[i], c[j], "names"), i == j);
    assert_true(sb_config_same(c[0], c[1], "session")); /* both by default */
    assert_false(sb_config_same(c[0], c[3], "listen"));
    for (size_t i = 0; i < 4; i++)
        sb_config_free(c[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            readiness_reaches_manager_and_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_watchdog_is_fed_while_things_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_process_is_not_watched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            status_is_told_once_and_on_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_reload_takes_what_it_can_and_names_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_invalid_configuration_changes_nothing, set_up, tear_down),
        cmocka_unit_test(lists_are_compared_item_by_item),
    };
    return cmocka_run_group_tests_name("broker.host.service", tests, NULL, NULL);
}
