/* Purpose: the admin socket: verbs of the broker, refusals, and nobody there. */
#include <string.h>
#include <sys/stat.h>

#include "broker/io/admin_wire.h"
#include "test/unit/broker_client/bus.h"

static struct bus *bus;

static int set_up(void **state)
{
    (void)state;
    bus = bus_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(bus);
    return 0;
}

static int call(const char *verb, const char *arg, struct sb_err *err)
{
    struct sb_bytes bytes = arg ? sb_bytes_str(arg) : sb_bytes(NULL, 0);
    struct sb_value v;
    return sb_admin_call(
        bus->folder, verb, &bytes, arg != NULL, bus_wait_ms(), bus->arena, &v, err);
}

static void nobody_is_there(void **state)
{
    (void)state;
    assert_int_equal(call("status", NULL, NULL), SB_E_NO_DAEMON);
    bus_start(bus);
    bus_stop(bus);
    assert_int_equal(call("status", NULL, NULL), SB_E_NO_DAEMON);
}

static void the_socket_is_for_the_group(void **state)
{
    (void)state;
    char path[256];
    struct stat st;
    bus_start(bus);
    assert_int_equal(sb_admin_path(path, sizeof path, bus->folder, NULL), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    bus_stop(bus);
}

static void status_and_tail_tell_of_the_journal(void **state)
{
    (void)state;
    struct sim_publisher p = {0};
    bus_start(bus);
    struct sb_client *pnc = bus_member(bus, PNC);
    bus_publish(bus, pnc, &p, 4);
    struct sb_value status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "durable"), 4);
    assert_int_equal(bus_int(&status, "directory"), 1);
    const struct sb_value *sessions = sb_value_get(&status, "sessions");
    assert_int_equal(sessions->as.a.n, 1);
    struct sb_value rows = bus_ask(bus, "tail", "2");
    assert_int_equal(rows.as.a.n, 2);
    const struct sb_value *batch = &rows.as.a.items[1];
    assert_int_equal(bus_int(batch, "index"), 3);
    assert_int_equal(bus_int(batch, "first"), 1);
    assert_int_equal(bus_int(batch, "last"), 4);
    assert_true(sb_bytes_is(sb_value_get(batch, "kind")->as.s, "batch"));
    assert_true(sb_bytes_is(sb_value_get(batch, "stream")->as.s, SIM_STREAM));
    struct sb_value lag = bus_ask(bus, "lag", NULL);
    assert_int_equal(lag.as.a.n, 2); /* igm and stcns read the stream */
    assert_int_equal(bus_int(&lag.as.a.items[0], "last_seq"), 4);
    sb_client_close(pnc);
    bus_stop(bus);
    sb_secrets_free(p.secrets);
}

static void refusals_keep_their_code(void **state)
{
    (void)state;
    struct sb_err err = {0};
    bus_start(bus);
    assert_int_equal(call("dance", NULL, &err), SB_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "dance"));
    assert_int_equal(call("status", "x", NULL), SB_E_ARITY);
    assert_int_equal(call("tail", "-1", NULL), SB_E_ARGUMENT);
    assert_true(call("publish-directory", "garbage", NULL) < 0);
    const struct sb_dir *d = sb_trust_newest(bus->sim->world->trust);
    struct sb_bytes record = sb_dir_record(d);
    struct sb_value v;
    assert_int_equal(sb_admin_call(bus->folder,
                                   "publish-directory",
                                   &record,
                                   1,
                                   bus_wait_ms(),
                                   bus->arena,
                                   &v,
                                   NULL),
                     SB_E_EXISTS);
    bus_stop(bus);
}

static void a_second_daemon_is_refused(void **state)
{
    (void)state;
    struct sb_broker *second = NULL;
    struct sb_err err = {0};
    bus_start(bus);
    int rc = sb_broker_open(&second, &bus->config, &err);
    assert_true(rc == SB_E_JOURNAL_LOCKED || rc == SB_E_EXISTS);
    assert_null(second);
    (void)bus_ask(bus, "status", NULL); /* the first one is well */
    bus_stop(bus);
}

static void requests_are_bounded(void **state)
{
    (void)state;
    static const uint8_t hostile[][3] = {
        {0xdd, 0xff, 0xff}, {0x90, 0x00, 0x00}, {0x91, 0xc4, 0x00}, {0x81, 0xa0, 0xa0}};
    struct sb_admin_request request;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        assert_true(sb_admin_request_read(sb_bytes(hostile[i], 3), &request, NULL) < 0);
    struct sb_buf b = {0};
    struct sb_bytes arg = sb_bytes_str("value");
    sb_admin_request_write(&b, "verb", &arg, 1);
    assert_int_equal(sb_admin_request_read(sb_buf_bytes(&b), &request, NULL), 0);
    assert_true(sb_bytes_is(request.verb, "verb"));
    assert_int_equal(request.n_args, 1);
    assert_true(sb_bytes_is(request.args[0], "value"));
    for (size_t n = 0; n < b.n; n++)
        assert_true(sb_admin_request_read(sb_bytes(b.p, n), &request, NULL) < 0);
    sb_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_socket_is_for_the_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            status_and_tail_tell_of_the_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_keep_their_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_daemon_is_refused, set_up, tear_down),
        cmocka_unit_test(requests_are_bounded),
    };
    return cmocka_run_group_tests_name("broker.io.admin", tests, NULL, NULL);
}
