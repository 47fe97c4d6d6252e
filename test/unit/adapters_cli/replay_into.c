/* Purpose: a replay into a database: what it puts there, what it refuses, where it goes
 * on. */
#include "test/unit/adapters_cli/replays.h"

#include <stdio.h>

#include "adapters/cli/journal.h"
#include "adapters/cli/replay_store.h"
#include "adapters/engine/cursor.h"
#include "adapters/sqlite/sqlite.h"
#include "broker/cli/pages.h"

static void the_family_is_whole(void **state)
{
    struct sb_journal_family journal;
    const struct sb_cli_family *const families[] = {sb_journal_family(&journal), NULL};
    struct sb_err err = {0};
    (void)state;
    if (sb_cli_check_families(families, &err) != 0)
        fail_msg("%s", err.text);
}

static void places_survive_their_text(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "1 2 3 4",
                                      "1 2 3 4 ",
                                      "1 2 3 4 zz",
                                      "1 2 3  4 00",
                                      "-1 2 3 4 00",
                                      "99999999999999999999 2 3 4 00"};
    struct sb_place p = {.index = 11, .seq = 1u << 20, .taken = 7, .refused = 0};
    struct sb_place q = {.index = 5};
    char text[SB_REPLAY_PLACE];
    (void)state;
    memset(p.hash, 0xa5, sizeof p.hash);
    sb_place_text(&p, text);
    assert_true(sb_place_parse(sb_bytes_str(text), &q));
    assert_memory_equal(&p, &q, sizeof p);
    for (size_t n = 0; n < strlen(text); n++)
        assert_false(sb_place_parse(sb_bytes(text, n), &q));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sb_place_parse(sb_bytes_str(bad[i]), &q));
}

static void options_that_do_not_fit_are_refused(void **state)
{
    struct replays *r = *state;
    static const char *const lines[] = {"--sink ~/sink.yaml",
                                        "--into ~/copy.db",
                                        "--into ~/copy.db --onto ~/a.yaml",
                                        "--onto ~/a.yaml --sink ~/sink.yaml",
                                        "--dry-run"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        replays_go(r, lines[i]);
        replays_said(r, 2, "SB-801");
    }
}

static void events_are_put_there_once(void **state)
{
    struct replays *r = *state;
    replays_into(r, "--dry-run");
    replays_said(r, 0, "\"taken\": 10");
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 0);
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM sqlite_master"),
                     2);
    replays_into(r, "--to 7");
    replays_said(r, 0, "\"taken\": 4");
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 6");
    said_has(r->said.out, "\"before\": 4");
    said_has(r->said.out, "\"taken_in_all\": 10");
    replays_is_silent(r);
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 0");
    assert_int_equal(
        replays_ask(r,
                    "copy.db",
                    "SELECT count(*) FROM aviso WHERE texto = 'Lluvia' AND id ="
                    " 'id-' || seq"),
        10);
    scene_batch(r->w, 2);
    replays_bundle(r);
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 2");
}

static void other_sources_are_refused(void **state)
{
    struct replays *r = *state;
    replays_into(r, "--to 11");
    replays_said(r, 0, "\"taken\": 6");
    replays_into(r, "--type comun.alerta");
    replays_said(r, 1, "was filled by another replay");
    replays_into(r, "--to 7");
    replays_said(r, 1, "was filled from more than this");
    replays_sql(r,
                "copy.db",
                "UPDATE sacbe_replay SET place = substr(place, 1, length(place) - 4)"
                " || '0000'");
    replays_into(r, "");
    replays_said(r, 1, "or from another journal");
    replays_sql(r, "copy.db", "UPDATE sacbe_replay SET place = 'x'");
    replays_into(r, "");
    replays_said(r, 1, "SB-131");
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 6);
    replays_go(r, "--into ~/none.db --sink ~/sink.yaml");
    replays_said(r, 2, "no such database");
    replays_go(r, "--into ~/copy.db --sink ~/sink.yaml --sink ~/sink.yaml");
    replays_said(r, 2, "SB-211");
}

static void an_adapters_database_is_refused(void **state)
{
    struct replays *r = *state;
    struct sb_db *db = NULL;
    assert_int_equal(
        sb_sqlite_driver.db_open(&db, replays_at(r, "copy.db"), false, NULL), 0);
    assert_int_equal(sb_cursor_install(db, NULL), 0);
    db->ops->close(db);
    replays_into(r, "");
    replays_said(r, 1, "an adapter writes into this database");
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 0);
}

static void two_replays_at_once_do_not_mix(void **state)
{
    struct replays *r = *state;
    struct sb_db *db = NULL;
    const struct sb_place none = {0};
    const struct sb_place other = {.index = 3, .seq = 2};
    replays_into(r, "--to 7");
    assert_int_equal(
        sb_sqlite_driver.db_open(&db, replays_at(r, "copy.db"), false, NULL), 0);
    assert_int_equal(sb_replay_store_same(db, &none, NULL), SB_E_BUSY);
    assert_int_equal(sb_replay_store_same(db, &other, NULL), SB_E_BUSY);
    assert_int_equal(sb_replay_store_place(db, "s", &other, NULL), 0);
    assert_int_equal(sb_replay_store_same(db, &other, NULL), 0);
    db->ops->close(db);
}

static void what_is_refused_is_told_and_kept(void **state)
{
    struct replays *r = *state;
    replays_sql(r,
                "copy.db",
                "CREATE TRIGGER no BEFORE INSERT ON aviso WHEN new.seq IN (3, 8)"
                " BEGIN SELECT RAISE(ABORT, 'Lluvia'); END");
    r->w->nivel = "azul"; /* in no list of its catalogue */
    scene_batch(r->w, 2);
    replays_bundle(r);
    replays_into(r, "--to 7");
    replays_said(r, 1, "\"refused\": 1");
    replays_sql(r,
                "copy.db",
                "INSERT INTO sacbe_replay_refused VALUES ('" STREAM
                "', 1, 311, '', 'id-9')");
    replays_into(r, "");
    replays_said(r, 1, "\"refused\": 4");
    said_has(r->said.out, "\"refused_in_all\": 5");
    said_has(r->said.out, "\"code\": \"SB-305\"");
    said_has(r->said.out, "\"pointer\": \"/nivel\"");
    said_has(r->said.out, "\"first\": \"" STREAM "@11\"");
    said_has(r->said.out, "\"code\": \"SB-311\"");
    assert_null(strstr(r->said.out, "Lluvia"));
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 7);
    assert_int_equal(
        replays_ask(r, "copy.db", "SELECT sum(seq) FROM sacbe_replay_refused"),
        1 + 3 + 8 + 9 + 11 + 12);
}

static void a_commit_that_is_refused_finds_its_event(void **state)
{
    struct replays *r = *state;
    r->w->nivel = "verde";
    scene_batch(r->w, 1);
    r->w->nivel = "roja";
    scene_batch(r->w, 2);
    replays_bundle(r);
    replays_sql(r,
                "copy.db",
                "CREATE TABLE nivel(n TEXT PRIMARY KEY); INSERT INTO nivel VALUES"
                " ('roja'); DROP TABLE aviso; CREATE TABLE aviso(id TEXT PRIMARY KEY,"
                " nivel TEXT REFERENCES nivel DEFERRABLE INITIALLY DEFERRED,"
                " texto TEXT, seq INTEGER)");
    replays_into(r, "");
    replays_said(r, 1, "\"taken\": 12");
    said_has(r->said.out, "\"refused\": 1");
    said_has(r->said.out, "\"first\": \"" STREAM "@11\"");
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 0");
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 12);
    assert_int_equal(replays_ask(r, "copy.db", "SELECT max(seq) FROM aviso"), 13);
}

static void a_strict_sink_stops(void **state)
{
    struct replays *r = *state;
    struct sb_buf text = {0};
    assert_int_equal(sb_file_read(replays_at(r, "sink.yaml"), 4096, &text, NULL), 0);
    sb_buf_str(&text, "on_error: strict\n");
    sb_buf_byte(&text, 0);
    replays_write(r, "sink.yaml", (const char *)text.p);
    sb_buf_free(&text);
    replays_sql(r,
                "copy.db",
                "CREATE TRIGGER no BEFORE INSERT ON aviso WHEN new.seq = 8"
                " BEGIN SELECT RAISE(ABORT, 'Lluvia'); END");
    replays_into(r, "");
    replays_said(r, 1, "SB-707");
    said_has(r->said.out, STREAM "@8 is refused (SB-311)");
    assert_null(strstr(r->said.out, "Lluvia"));
    assert_int_equal(replays_ask(r, "copy.db", "SELECT count(*) FROM aviso"), 0);
    replays_sql(r, "copy.db", "DROP TRIGGER no");
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 10");
}

static void what_is_gone_is_passed_over(void **state)
{
    struct replays *r = *state;
    scene_drop_texts(r->w, BATCH_AT, 2);
    replays_bundle(r);
    replays_into(r, "");
    replays_said(r, 0, "\"taken\": 9");
    said_has(r->said.out, "\"closed\": 1");
}

#define WITH(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, replays_setup, replays_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_family_is_whole),
        cmocka_unit_test(places_survive_their_text),
        WITH(options_that_do_not_fit_are_refused),
        WITH(events_are_put_there_once),
        WITH(other_sources_are_refused),
        WITH(an_adapters_database_is_refused),
        WITH(two_replays_at_once_do_not_mix),
        WITH(what_is_refused_is_told_and_kept),
        WITH(a_commit_that_is_refused_finds_its_event),
        WITH(a_strict_sink_stops),
        WITH(what_is_gone_is_passed_over),
    };
    return cmocka_run_group_tests_name("adapters.cli.replay_into", tests, NULL, NULL);
}
