/* Purpose: `journal prune` with a running broker: the archive first, then the record.
 */
#include <stdio.h>
#include <unistd.h>

#include "broker/audit/audit.h"
#include "broker/cli/families.h"
#include "broker/host/clock.h"
#include "said.h"
#include "test/unit/broker_client/bus.h"

#define KEEP (10 * (uint64_t)DAY)
/* after the batches of the fixture's moment, 2023-11-14T22:13:20Z */
#define LINE "journal prune --older-than 2023-11-16 "

static const struct sb_cli_family *const families[] = {
    &sb_cli_journal, &sb_cli_audit, NULL};

static struct bus *bus;
static struct said s;
static char config[128];
static char archive[128];

/* A checkpoint covers all entries; the client's messages pass the time. */
static void wait_for_checkpoint(struct sb_client *c)
{
    uint64_t until = bus_deadline_ms();
    struct sb_message m;
    struct sb_value status = bus_ask(bus, "status", NULL);
    while (bus_int(&status, "checkpoint") < bus_int(&status, "entries")) {
        assert_true(sb_clock_mono_ms() < until);
        assert_true(sb_client_next(c, 20, &m, NULL) >= 0);
        status = bus_ask(bus, "status", NULL);
    }
}

static int set_up(void **state)
{
    struct sim_publisher publisher = {0};
    (void)state;
    bus = bus_new();
    bus_start(bus);
    snprintf(archive, sizeof archive, "%s/archive", bus->folder);
    snprintf(config, sizeof config, "%s/broker.yaml", bus->folder);
    FILE *f = fopen(config, "w");
    assert_non_null(f);
    fprintf(f,
            "run_dir: %s\njournal: %s\nanchor: %s\n",
            bus->folder,
            bus->journal,
            bus->anchor);
    (void)fclose(f);
    bus->sim->world->dir.retention = KEEP;
    bus_publish_directory(bus);
    struct sb_client *pnc = bus_member(bus, PNC);
    bus_publish(bus, pnc, &publisher, 3);
    wait_for_checkpoint(pnc);
    sb_client_close(pnc);
    sb_secrets_free(publisher.secrets);
    bus_set_clock(NOW + 12 * (uint64_t)DAY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_stop(bus);
    bus_free(bus);
    return 0;
}

static void ask(const char *options)
{
    char line[512];
    snprintf(line, sizeof line, LINE "%s -c %s", options, config);
    said_run(&s, families, line, NULL);
}

static int64_t entries(void)
{
    struct sb_value status = bus_ask(bus, "status", NULL);
    return bus_int(&status, "entries");
}

static void the_archive_is_whole_before_anything_goes(void **state)
{
    char options[256];
    char line[512];
    (void)state;
    int64_t before = entries();
    snprintf(options, sizeof options, "--archive %s", archive);
    ask(options);
    if (s.status != 0)
        fail_msg("%s", s.err);
    said_has(s.out, "The record is journaled");
    assert_int_equal(entries(), before + 1);
    snprintf(line, sizeof line, "audit verify %s --roots %s", archive, bus->anchor);
    said_run(&s, families, line, NULL);
    assert_null(strstr(s.out, "pruned"));
    assert_null(strstr(s.out, "FAILED"));
}

static void a_damaged_archive_stops_it(void **state)
{
    char options[256];
    char path[512];
    (void)state;
    int64_t before = entries();
    snprintf(path, sizeof path, "journal export %s -c %s", archive, config);
    said_run(&s, families, path, NULL);
    assert_int_equal(s.status, 0);
    snprintf(path, sizeof path, "%s/stranger", archive);
    FILE *f = fopen(path, "w"); /* is not of the bundle, so it is not whole */
    assert_non_null(f);
    (void)fclose(f);
    snprintf(options, sizeof options, "--archive %s", archive);
    ask(options);
    assert_int_not_equal(s.status, 0);
    assert_int_equal(entries(), before);
}

static void a_dry_run_writes_nothing(void **state)
{
    char options[256];
    (void)state;
    int64_t before = entries();
    snprintf(options, sizeof options, "--archive %s --dry-run", archive);
    ask(options);
    assert_int_equal(s.status, 0);
    assert_int_not_equal(access(archive, F_OK), 0);
    assert_int_equal(entries(), before);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(the_archive_is_whole_before_anything_goes),
        EACH(a_damaged_archive_stops_it),
        EACH(a_dry_run_writes_nothing),
    };
    return cmocka_run_group_tests_name("broker.cli.prune", tests, NULL, NULL);
}
