/* broker.io.generation: an empty journal begins with the directory, and a later
 * generation with all that came before it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/journal/reader.h"
#include "test/unit/broker_client/bus.h"

static struct bus *bus;
static char second[128];

static char *file(uint64_t version)
{
    char *path = sb_arena_str(
        bus->arena, "%s/directory-%llu.sbd", bus->folder, (unsigned long long)version);
    assert_non_null(path);
    return path;
}

/* The world's next directory, as a file beside the first. */
static void publish_file(void)
{
    struct world *w = bus->sim->world;
    world_publish(w);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_int_equal(
        sb_file_write(file(sb_dir_body(d)->version), sb_dir_record(d), 0600, NULL), 0);
}

/* Directories 1 and 2 of the first generation, 3 opens the second. */
static int set_up(void **state)
{
    (void)state;
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 1};
    struct sb_buf note = {0};
    bus = bus_new();
    struct world *w = bus->sim->world;
    publish_file();
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &note, NULL), 0);
    w->dir.generation = 2;
    w->dir.last_final_note = sb_arena_dup(bus->arena, sb_buf_bytes(&note));
    sb_buf_free(&note);
    publish_file();
    snprintf(second, sizeof second, "%s/journal-2.db", bus->folder);
    bus->config.journal = second;
    bus->config.directory = file(3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(bus);
    return 0;
}

static int check_entry(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    uint64_t *next = ctx;
    struct sb_entry leaf;
    assert_int_equal(sb_entry_read(e->leaf, &leaf, err), 0);
    assert_int_equal(e->index, *next);
    assert_int_equal(e->kind, SB_KIND_DIRECTORY);
    assert_int_equal(leaf.directory_version, ++*next);
    return 0;
}

static void a_later_generation_begins_with_all_directories(void **state)
{
    (void)state;
    struct sb_journal_reader *r = NULL;
    uint64_t n = 0;
    for (int turn = 0; turn < 2; turn++) {
        bus_start(bus);
        struct sb_value status = bus_ask(bus, "status", NULL);
        assert_int_equal(bus_int(&status, "generation"), 2);
        assert_int_equal(bus_int(&status, "entries"), 3);
        struct sb_client *pnc = bus_member(bus, PNC);
        sb_client_close(pnc);
        bus_stop(bus);
    }
    assert_int_equal(sb_journal_reader_open(&r, second, NULL), 0);
    assert_int_equal(sb_journal_each(r, 0, 0, false, check_entry, &n, NULL), 0);
    assert_int_equal(n, 3);
    sb_journal_reader_close(r);
}

static void a_missing_directory_is_named(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_broker *b = NULL;
    for (uint64_t version = 1; version <= 2; version++) {
        char *away = sb_arena_str(bus->arena, "%s/away", bus->folder);
        assert_int_equal(rename(file(version), away), 0);
        assert_int_equal(sb_broker_open(&b, &bus->config, &err), SB_E_NOT_FOUND);
        assert_non_null(strstr(err.text, file(version)));
        assert_int_equal(access(second, F_OK), -1); /* nothing was begun */
        assert_int_equal(rename(away, file(version)), 0);
    }
}

/* New roots took over with directory 2: the anchor of today accepts that and later. */
static void what_the_anchor_does_not_accept_is_left_out(void **state)
{
    (void)state;
    char *other = sb_arena_str(bus->arena, "%s/directory-1.sbd", bus->folder);
    assert_int_equal(sb_file_write(other, sb_bytes_str("\x92\xc4"), 0600, NULL), 0);
    bus_start(bus);
    struct sb_value status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "entries"), 2);
    bus_stop(bus);
}

static void a_first_generation_begins_with_its_own_directory(void **state)
{
    (void)state;
    bus->config.directory = file(2);
    assert_int_equal(unlink(file(1)), 0);
    bus_start(bus);
    struct sb_value status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "entries"), 1);
    bus_stop(bus);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_later_generation_begins_with_all_directories),
        CASE(a_missing_directory_is_named),
        CASE(what_the_anchor_does_not_accept_is_left_out),
        CASE(a_first_generation_begins_with_its_own_directory),
    };
    return cmocka_run_group_tests_name("broker.io.generation", tests, NULL, NULL);
}
