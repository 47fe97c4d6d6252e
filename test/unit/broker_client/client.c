/* Purpose: a broker and its clients over real sockets: who comes in, what survives. */
#include <string.h>

#include "broker/client/link.h"
#include "broker/host/clock.h"
#include "test/unit/broker_client/bus.h"

static struct bus *bus;

static int set_up(void **state)
{
    (void)state;
    bus = bus_new();
    bus_start(bus);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(bus);
    return 0;
}

static void subscribe(struct sb_client *c)
{
    struct sb_bytes types[] = {sb_bytes_str("comun.alerta")};
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    m.as.subscribe.name = sb_bytes_str("main");
    m.as.subscribe.types = (struct sb_codes){types, 1};
    assert_int_equal(sb_client_send(c, &m, NULL), 0);
    struct sb_message credit = {.cmd = SB_CMD_CREDIT};
    credit.as.credit.name = sb_bytes_str("main");
    credit.as.credit.entries = 100;
    credit.as.credit.bytes = SB_CREDIT_BYTES_MAX;
    assert_int_equal(sb_client_send(c, &credit, NULL), 0);
}

static void expect_batch(struct sb_client *c)
{
    struct sb_message m;
    struct sb_entry leaf;
    do {
        bus_expect(c, SB_CMD_ENTRY, &m);
        assert_int_equal(sb_entry_read(m.payload[0], &leaf, NULL), 0);
    } while (leaf.kind != SB_KIND_BATCH);
    assert_true(m.payload[2].n > 0);
}

static void events_reach_their_reader(void **state)
{
    (void)state;
    struct sim_publisher p = {0};
    struct sb_client *pnc = bus_member(bus, PNC);
    struct sb_client *igm = bus_member(bus, IGM);
    bus_publish(bus, pnc, &p, 3);
    subscribe(igm);
    expect_batch(igm);
    bus_publish(bus, pnc, &p, 2); /* live */
    expect_batch(igm);
    sb_client_close(igm);
    sb_client_close(pnc);
    bus_stop(bus);
    sb_secrets_free(p.secrets);
}

static void an_unknown_key_is_refused(void **state)
{
    (void)state;
    struct sb_vault *v = NULL;
    assert_int_equal(sb_vault_new(&v, sb_bytes_str("pnc"), NULL), 0);
    assert_int_equal(sb_vault_add(v, SB_USE_SIGN, NOW, NULL, NULL), 0);
    assert_int_equal(sb_vault_add(v, SB_USE_CURVE, NOW, NULL, NULL), 0);
    struct sb_client *c = bus_client(bus, v, "pnc");
    assert_int_equal(bus_refused(c), SB_E_CURVE_UNKNOWN);
    sb_client_close(c);
    bus_stop(bus);
    assert_true(bus->logged[503] >= 1);
    sb_vault_free(v);
}

static void another_institution_is_refused(void **state)
{
    (void)state;
    struct sb_client *c = bus_client(bus, bus->sim->world->members[PNC].vault, "igm");
    assert_int_equal(bus_refused(c), SB_E_IDENTITY);
    sb_client_close(c);
    bus_stop(bus);
    assert_true(bus->logged[504] >= 1);
}

static void a_session_too_many_waits_as_long_as_it_is_told(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("connections.pnc"), 1}};
    bus->sim->world->dir.limits = limits;
    bus->sim->world->dir.n_limits = 1;
    bus_publish_directory(bus);
    struct sb_client *first = bus_member(bus, PNC);
    uint64_t before = sb_clock_mono_ms();
    struct sb_client *c = bus_client(bus, bus->sim->world->members[PNC].vault, "pnc");
    assert_int_equal(bus_refused(c), SB_E_QUOTA);
    assert_true(sb_client_again_ms(c) >= before + 30000);
    sb_client_close(c);
    sb_client_close(first);
    bus_stop(bus);
    assert_int_equal(bus->logged[523], 1);
}

static void wait_up(struct sb_link *l)
{
    while (sb_link_event(l) != SB_LINK_UP)
        assert_int_equal(sb_link_wait(l, bus_wait_ms(), NULL), 0);
}

static void malformed_frames_cost_their_sender_only(void **state)
{
    (void)state;
    static const char *const texts[] = {"SB1", "PUBLISH", "0123456789abcdef", "\x91"};
    struct sim_publisher p = {0};
    struct sb_client *pnc = bus_member(bus, PNC);
    struct sb_link *l = NULL;
    assert_int_equal(sb_link_open(&l,
                                  bus->address,
                                  bus->sim->world->anchor.curve_pk,
                                  bus->sim->world->members[IGM].vault,
                                  NULL),
                     0);
    wait_up(l);
    struct sb_frames f = {.n = 4};
    for (size_t i = 0; i < 4; i++)
        f.f[i] = sb_bytes_str(texts[i]);
    assert_int_equal(sb_link_send(l, &f, NULL), 0);
    f.n = SB_FRAMES; /* the most there may be, and none of them anything */
    for (size_t i = 0; i < SB_FRAMES; i++)
        f.f[i] = sb_bytes(NULL, 0);
    assert_int_equal(sb_link_send(l, &f, NULL), 0);
    struct sb_arena *arena = sb_arena_new(0);
    for (int i = 0; i < 2; i++) {
        struct sb_message m;
        int rc;
        while ((rc = sb_link_take(l, &f, NULL)) == 0)
            assert_int_equal(sb_link_wait(l, bus_wait_ms(), NULL), 0);
        assert_int_equal(rc, 1);
        assert_int_equal(sb_message_read(&f, arena, &m, NULL), 0);
        assert_int_equal(m.cmd, SB_CMD_REFUSED);
        assert_int_equal(m.as.refused.code, sb_code_number(SB_E_MALFORMED));
    }
    bus_publish(bus, pnc, &p, 1);
    sb_arena_free(arena);
    sb_link_close(l);
    sb_client_close(pnc);
    bus_stop(bus);
    assert_int_equal(bus->logged[501], 2);
    sb_secrets_free(p.secrets);
}

static void a_restart_loses_nothing(void **state)
{
    (void)state;
    struct sim_publisher p = {0};
    struct sb_message m;
    struct sb_client *pnc = bus_member(bus, PNC);
    bus_publish(bus, pnc, &p, 5);
    bus_stop(bus);
    bus_until_lost(pnc);
    bus_start(bus); /* the same address: the client comes by itself */
    bus_expect(pnc, SB_CMD_WELCOME, &m);
    assert_int_equal(m.as.welcome.n_streams, 1);
    assert_int_equal(m.as.welcome.streams[0].last_seq, 5);
    assert_memory_equal(m.as.welcome.streams[0].last_hash, p.prev, SB_HASH);
    assert_int_equal(m.as.welcome.tree_size, 4);
    bus_publish(bus, pnc, &p, 1);
    sb_client_close(pnc);
    bus_stop(bus);
    sb_secrets_free(p.secrets);
}

static void a_revoked_member_is_cut_off(void **state)
{
    (void)state;
    struct sb_client *igm = bus_member(bus, IGM);
    struct sb_client *pnc = bus_member(bus, PNC);
    struct sb_message m;
    bus->sim->world->members[IGM].status = "revoked";
    bus_publish_directory(bus);
    bus_expect(pnc, SB_CMD_DIRECTORY, &m);
    int code = bus_refused(igm);
    assert_true(code == SB_E_CURVE_UNKNOWN || code == SB_E_SUSPENDED);
    sb_client_close(igm);
    sb_client_close(pnc);
    bus_stop(bus);
}

static void a_resumed_member_comes_in_by_itself(void **state)
{
    (void)state;
    struct sb_message m;
    struct member *igm = &bus->sim->world->members[IGM];
    igm->status = "suspended";
    bus_publish_directory(bus);
    struct sb_client *c = bus_client(bus, igm->vault, igm->code);
    assert_int_equal(bus_refused(c), SB_E_CURVE_UNKNOWN);
    igm->status = "active";
    bus_publish_directory(bus);
    bus_expect(c, SB_CMD_WELCOME, &m);
    assert_int_equal(m.as.welcome.directory_version, 3);
    sb_client_close(c);
    bus_stop(bus);
    assert_true(bus->logged[512] >= 1);
}

static void a_peer_that_does_not_read_costs_itself(void **state)
{
    (void)state;
    struct sim_publisher p = {0};
    struct sb_message ping = {.cmd = SB_CMD_PING};
    struct sb_client *pnc = bus_member(bus, PNC);
    struct sb_client *igm = bus_member(bus, IGM);
    uint64_t began = bus_deadline_ms();
    uint64_t taken = began; /* a connection that was shut takes none until it is read */
    for (int sent = 0; sent < 80000 && bus_deadline_ms() - taken < 4000;) {
        int rc = sb_client_send(igm, &ping, NULL); /* more than both queues hold */
        assert_true(rc == 0 || rc == SB_E_BUSY);
        sent += rc == 0;
        taken = rc == 0 ? bus_deadline_ms() : taken;
    }
    bus_publish(bus, pnc, &p, 1);
    bool slow = bus_deadline_ms() - began > 10000; /* the system gave it up */
    sb_client_close(igm);
    igm = bus_member(bus, IGM);
    sb_client_close(igm);
    sb_client_close(pnc);
    bus_stop(bus);
    assert_true(slow || bus->logged[sb_code_number(SB_E_LIMIT)] >= 1);
    sb_secrets_free(p.secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_reach_their_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_institution_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_session_too_many_waits_as_long_as_it_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            malformed_frames_cost_their_sender_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restart_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_revoked_member_is_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_resumed_member_comes_in_by_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_peer_that_does_not_read_costs_itself, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("broker.client", tests, NULL, NULL);
}
