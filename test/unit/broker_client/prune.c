/* broker.io.prune: `prune` of a running broker: the policy, the record, what goes. */
#include <stdio.h>
#include <string.h>

#include "broker/host/clock.h"
#include "broker/journal/reader.h"
#include "broker/journal/verify.h"
#include "test/unit/broker_client/bus.h"

#define KEEP (10 * (uint64_t)DAY)

static struct bus *bus;
static struct sb_client *pnc;
static struct sim_publisher publisher;

static int set_up(void **state)
{
    (void)state;
    bus = bus_new();
    bus_start(bus);
    publisher = (struct sim_publisher){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sb_client_close(pnc);
    pnc = NULL;
    bus_free(bus);
    sb_secrets_free(publisher.secrets);
    return 0;
}

static int prune(uint64_t before, bool dry, struct sb_value *v, struct sb_err *err)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)before);
    return bus_call(bus, "prune", text, dry ? "dry" : NULL, v, err);
}

/* Batches at entries 4 and 5 (directories 0 and 1), then eleven days. */
static void publish_and_wait(void)
{
    bus->sim->world->dir.retention = KEEP;
    bus_publish_directory(bus);
    pnc = bus_member(bus, PNC);
    bus_publish(bus, pnc, &publisher, 3);
    bus_publish(bus, pnc, &publisher, 2);
    bus_set_clock(NOW + 11 * (uint64_t)DAY);
}

static void the_policy_decides(void **state)
{
    (void)state;
    struct sb_value v;
    struct sb_err err = {0};
    assert_int_equal(prune(NOW - DAY, true, &v, &err), SB_E_RETENTION);
    assert_non_null(strstr(err.text, "keeps everything"));
    publish_and_wait();
    uint64_t latest = NOW + 11 * (uint64_t)DAY - KEEP;
    assert_int_equal(prune(latest + 1, true, &v, &err), SB_E_RETENTION);
    assert_non_null(strstr(err.text, "10 days"));
    assert_int_equal(prune(latest + 1, false, &v, &err), SB_E_RETENTION);
    assert_int_equal(bus_call(bus, "prune", "soon", NULL, &v, &err), SB_E_ARGUMENT);
    assert_int_equal(bus_call(bus, "prune", "5", "wet", &v, &err), SB_E_ARGUMENT);
    bus_stop(bus);
}

static struct sb_journal_facts verify(void)
{
    struct sb_journal_facts f = {0};
    struct sb_err err = {0};
    if (sb_journal_verify(bus->journal, NULL, NULL, NULL, &f, &err))
        fail_msg("%s", err.text);
    return f;
}

static int count_cts(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    (void)err;
    *(size_t *)ctx += e->n_cts;
    return 0;
}

/* While the broker runs: how many ciphertexts of batches are still there. */
static size_t ciphertexts(void)
{
    struct sb_journal_reader *r = NULL;
    size_t n = 0;
    assert_int_equal(sb_journal_reader_open(&r, bus->journal, NULL), 0);
    assert_int_equal(sb_journal_each(r, 0, SB_KIND_BATCH, true, count_cts, &n, NULL),
                     0);
    sb_journal_reader_close(r);
    return n;
}

static void wait_until_gone(void)
{
    uint64_t until = bus_deadline_ms();
    struct sb_client *other = bus_member(bus, IGM); /* its messages pass the time */
    struct sb_message m;
    while (ciphertexts() > 0) {
        assert_true(sb_clock_mono_ms() < until);
        assert_true(sb_client_next(other, 20, &m, NULL) >= 0);
    }
    sb_client_close(other);
}

static void a_durable_record_takes_the_ciphertexts(void **state)
{
    (void)state;
    struct sb_value v;
    publish_and_wait();
    assert_true(ciphertexts() > 0);
    assert_int_equal(prune(NOW + 1, true, &v, NULL), 0);
    assert_int_equal(bus_int(&v, "below"), 6);
    assert_int_equal(bus_int(&v, "entries"), 6);
    assert_int_equal(bus_int(&v, "pruned_below"), 0);
    assert_int_equal(prune(NOW + 1, false, &v, NULL), 0);
    assert_int_equal(bus_int(&v, "entries"), 6);
    wait_until_gone();
    struct sb_value status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "pruned_below"), 6);
    assert_int_equal(bus_int(&status, "entries"), 7);
    assert_int_equal(prune(NOW + 1, false, &v, NULL), 0); /* again: nothing to do */
    assert_int_equal(bus_int(&v, "entries"), 0);
    status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "entries"), 7);
    bus_stop(bus);
    assert_true(verify().pruned > 0);
    bus_start(bus);
    status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "pruned_below"), 6);
    bus_stop(bus);
}

static void a_stop_between_record_and_removal_is_made_good(void **state)
{
    (void)state;
    struct sb_value v;
    publish_and_wait();
    assert_int_equal(prune(NOW + 1, false, &v, NULL), 0);
    bus_stop(bus);
    (void)verify(); /* whatever was removed by then is explained */
    bus_start(bus);
    wait_until_gone();
    bus_stop(bus);
    assert_true(verify().pruned > 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_policy_decides),
        CASE(a_durable_record_takes_the_ciphertexts),
        CASE(a_stop_between_record_and_removal_is_made_good),
    };
    return cmocka_run_group_tests_name("broker.io.prune", tests, NULL, NULL);
}
