/* Purpose: what commands that ask a daemon send, and how they tell its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/cli/families.h"
#include "daemon.h"
#include "keys/hash.h"
#include "said.h"

static const struct sb_cli_family *const families[] = {
    &sb_cli_status, &sb_cli_event, &sb_cli_journal, &sb_cli_stream, NULL};

static struct said s;

static void
ask(const struct daemon_answer *answers, const char *line, char *heard, size_t n)
{
    char whole[512];
    struct daemon *d = daemon_start(answers);
    snprintf(whole, sizeof whole, "%s -c %s", line, daemon_config(d));
    said_run(&s, families, whole, NULL);
    if (heard)
        snprintf(heard, n, "%s", daemon_heard(d));
    daemon_stop(d);
}

static int setup(void **state)
{
    struct sb_err err = {0};
    (void)state;
    return sb_keys_init(&err);
}

/* A broker at 10 minutes with three witnesses, `size` of igm's cosignature. */
#define BROKER(final, final_ms, size, time)                                            \
    "{\"program\":\"sacbe-broker\",\"exchange\":\"sns\",\"now_ms\":600000,"            \
    "\"started_ms\":1,\"checkpoint\":100,\"quorum\":2,\"members\":3,\"final\":" #final \
    ",\"final_ms\":" #final_ms ",\"pruned_below\":7,\"witnesses\":["                   \
    "{\"institution\":\"dgac\",\"size\":100,\"time_ms\":599000},"                      \
    "{\"institution\":\"igm\",\"size\":" #size ",\"time_ms\":" #time "},"              \
    "{\"institution\":\"pnc\",\"size\":99,\"time_ms\":595000}]}"

static void a_broker_tells_of_its_witnesses(void **state)
{
    const struct daemon_answer well[] = {
        {"status", BROKER(100, 599000, 100, 500000), 0}, {NULL, NULL, 0}};
    (void)state;
    ask(well, "status", NULL, 0);
    assert_int_equal(s.status, 0);
    assert_null(strstr(s.out, "ATTENTION"));
    said_has(s.out, "3/3, 1 s ago");
    said_has(s.out, "Pruned below");
    ask(well, "status --check", NULL, 0);
    assert_int_equal(s.status, 0);
}

static void a_silent_witness_is_named_before_the_facts(void **state)
{
    const struct daemon_answer silent[] = {
        {"status", BROKER(100, 599000, 90, 400000), 0}, {NULL, NULL, 0}};
    (void)state;
    ask(silent, "status", NULL, 0);
    said_has(s.out, "witness igm has been silent for 3 min");
    said_has(s.out, "2/3");
    assert_true(strstr(s.out, "ATTENTION") < strstr(s.out, "Name"));
    ask(silent, "status --check", NULL, 0);
    assert_int_equal(s.status, 3);
}

static void a_lost_quorum_is_broken(void **state)
{
    const struct daemon_answer lost[] = {{"status", BROKER(90, 300000, 90, 300000), 0},
                                         {NULL, NULL, 0}};
    (void)state;
    ask(lost, "status --check", NULL, 0);
    assert_int_equal(s.status, 1);
    said_has(s.out, "no final checkpoint for 5 min");
    ask(lost, "status --json", NULL, 0);
    said_has(s.out, "\"silent\": true");
    said_has(s.out, "SB-614");
}

static void an_adapter_tells_its_own_attention_first(void **state)
{
    static const struct daemon_answer adapter[] = {
        {"status",
         "{\"program\":\"sacbe-adapter\",\"institution\":\"pnc\",\"now_ms\":1,"
         "\"attention\":[{\"text\":\"a batch is not proved\",\"command\":\"sacbe "
         "explain SB-620\"}]}",
         0},
        {NULL, NULL, 0}};
    (void)state;
    ask(adapter, "status", NULL, 0);
    assert_int_equal(strncmp(s.out, " ATTENTION a batch is not proved", 32), 0);
    ask(adapter, "status --check", NULL, 0);
    assert_int_equal(s.status, 1);
}

static void a_witness_tells_what_it_saw(void **state)
{
    static const struct daemon_answer witness[] = {
        {"status",
         "{\"program\":\"sacbe-witness\",\"institution\":\"igm\",\"now_ms\":9000,"
         "\"checkpoint\":4118220,\"cosigned_ms\":8000,\"contradicted\":true,"
         "\"attention\":[{\"text\":\"two trees\",\"command\":\"sacbe explain "
         "SB-611\"}]}",
         0},
        {NULL, NULL, 0}};
    (void)state;
    ask(witness, "status", NULL, 0);
    said_has(s.out, "4,118,220");
    said_has(s.out, "Contradiction found");
    ask(witness, "status --check --lang es", NULL, 0);
    assert_int_equal(s.status, 1);
    said_has(s.out, "igm");
}

static void events_are_found(void **state)
{
    static const struct daemon_answer found[] = {
        {"event-find",
         "[{\"stream\":\"pnc/comun.alerta\",\"seq\":7,\"operacion\":\"alta\","
         "\"time\":1700000000000,\"batch_index\":12,\"withdrawn\":false},"
         "{\"stream\":\"pnc/comun.alerta\",\"seq\":9,\"operacion\":\"anulacion\","
         "\"time\":1700000001000,\"batch_index\":0,\"withdrawn\":true}]",
         0},
        {NULL, NULL, 0}};
    static const struct daemon_answer none[] = {{"event-find", "[]", 0},
                                                {NULL, NULL, 0}};
    static const struct daemon_answer whole[] = {
        {"event-find",
         "[{\"stream\":\"pnc/comun.alerta\",\"seq\":7,\"operacion\":\"alta\","
         "\"time\":1700000000000,\"batch_index\":12,\"withdrawn\":false}]",
         0},
        {NULL, NULL, 0}};
    char heard[128];
    (void)state;
    ask(found, "event find --id-local 2026-118 --json", heard, sizeof heard);
    assert_int_equal(s.status, 0);
    assert_string_equal(heard, "2026-118|");
    said_has(s.out, "\"operacion\": \"anulacion\"");
    said_has(s.out, "\"index\": 12");
    said_has(s.out, "\"index\": null");
    ask(none, "event find --id-local x --stream pnc/comun.alerta", heard, sizeof heard);
    assert_int_equal(s.status, 1);
    assert_string_equal(heard, "x|pnc/comun.alerta");
    said_has(s.out, "Withdrawn and pruned events");
    ask(whole, "event find --id-local x", heard, sizeof heard);
    assert_int_equal(s.status, 0);
    assert_null(strstr(s.out, "Withdrawn and pruned events"));
}

static void withdrawals_are_asked_for(void **state)
{
    static const struct daemon_answer done[] = {
        {"event-withdraw", "{\"withdrawn_index\":30,\"annulled_by\":12}", 0},
        {NULL, NULL, 0}};
    char heard[128];
    (void)state;
    ask(done,
        "event withdraw pnc/comun.alerta@3..5 --reason mistake",
        heard,
        sizeof heard);
    assert_int_equal(s.status, 0);
    assert_string_equal(heard, "pnc/comun.alerta|3|5|mistake||");
    said_has(s.out, "Annulled by event");
    ask(done,
        "event withdraw pnc/comun.alerta@3 --reason mistake --keep-row --dry-run",
        heard,
        sizeof heard);
    assert_string_equal(heard, "pnc/comun.alerta|3|3|mistake|keep|dry");
    said_has(s.out, "Dry run");
}

static void names_of_events_are_checked(void **state)
{
    static const char *const bad[] = {"pnc/comun.alerta",
                                      "pnc/comun.alerta@",
                                      "pnc/comun.alerta@0",
                                      "pnc/comun.alerta@x",
                                      "pnc/comun.alerta@1..",
                                      "pnc/comun.alerta@1..x",
                                      "pnc@1",
                                      "@1"};
    char line[128];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(line, sizeof line, "event withdraw %s --reason x -c no.yaml", bad[i]);
        said_run(&s, families, line, NULL);
        assert_int_equal(s.status, 2);
        said_has(s.err, "names no event");
    }
    said_run(&s,
             families,
             "event withdraw pnc/comun.alerta@10..9 --reason x -c no.yaml",
             NULL);
    assert_int_equal(s.status, 2);
    said_has(s.err, "10..9 is backwards");
    said_run(
        &s, families, "event prove pnc/comun.alerta@1..2 -o x.sbp -c no.yaml", NULL);
    assert_int_equal(s.status, 2);
    said_run(&s,
             families,
             "event prove pnc/comun.alerta@1 --disclose interna -o x.sbp -c no.yaml",
             NULL);
    assert_int_equal(s.status, 2);
    said_has(s.err, "go together");
}

static void a_proof_that_is_none_is_not_written(void **state)
{
    static const struct daemon_answer junk[] = {
        {"event-prove", "{\"file\":\"QUJD\"}", 0}, {NULL, NULL, 0}};
    char heard[128];
    (void)state;
    ask(junk,
        "event prove pnc/comun.alerta@1 -o /tmp/sacbe-no-such-proof.sbp",
        heard,
        sizeof heard);
    assert_int_not_equal(s.status, 0);
    assert_string_equal(heard, "pnc/comun.alerta|1||");
    assert_int_not_equal(access("/tmp/sacbe-no-such-proof.sbp", F_OK), 0);
}

static void a_prune_asks_before_it_deletes(void **state)
{
    static const struct daemon_answer nothing[] = {
        {"prune", "{\"below\":0,\"entries\":0}", 0}, {NULL, NULL, 0}};
    static const struct daemon_answer some[] = {
        {"prune", "{\"below\":10,\"entries\":4}", 0}, {NULL, NULL, 0}};
    static const struct daemon_answer never[] = {{"prune", NULL, SB_E_RETENTION},
                                                 {NULL, NULL, 0}};
    const char *line = "journal prune --older-than 2020-01-01 --no-archive";
    char heard[128];
    (void)state;
    ask(nothing, line, heard, sizeof heard);
    assert_int_equal(s.status, 0);
    assert_string_equal(heard, "1577836800000|dry");
    ask(some, line, heard, sizeof heard);
    assert_int_equal(s.status, 0);
    assert_string_equal(heard, "1577836800000");
    ask(some,
        "journal prune --older-than 2020-01-01 --no-archive --dry-run",
        heard,
        sizeof heard);
    assert_string_equal(heard, "1577836800000|dry");
    ask(never, line, heard, sizeof heard);
    assert_int_equal(s.status, 1);
    said_has(s.err, "SB-619");
    ask(some, "journal prune --older-than 2020-01-01", NULL, 0);
    assert_int_equal(s.status, 2);
    /* the archive cannot be made: nothing is asked but the dry question */
    ask(some,
        "journal prune --older-than 2020-01-01 --archive /tmp/sacbe-no-archive",
        heard,
        sizeof heard);
    assert_int_not_equal(s.status, 0);
    assert_string_equal(heard, "1577836800000|dry");
}

static void streams_are_listed_and_resumed(void **state)
{
    const struct daemon_answer answers[] = {
        {"status",
         "{\"streams\":[{\"stream\":\"pnc/comun.alerta\",\"sealed\":9,\"stored\":8,"
         "\"proved\":7,\"final\":6,\"stopped\":520}]}",
         0},
        {"stream-resume", "{}", 0},
        {NULL, NULL, 0}};
    const struct daemon_answer none[] = {{"stream-resume", NULL, SB_E_NOT_FOUND},
                                         {NULL, NULL, 0}};
    char heard[64];
    (void)state;
    ask(answers, "stream list", NULL, 0);
    assert_int_equal(s.status, 0);
    said_has(s.out, "SB-520");
    ask(answers, "stream resume pnc/comun.alerta", heard, sizeof heard);
    assert_int_equal(s.status, 0);
    assert_string_equal(heard, "pnc/comun.alerta");
    ask(none, "stream resume pnc/comun.alerta", NULL, 0);
    assert_int_equal(s.status, 2);
    ask(none, "stream resume pnc/comun.alerta --dry-run", NULL, 0);
    assert_int_equal(s.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_tells_of_its_witnesses),
        cmocka_unit_test(a_silent_witness_is_named_before_the_facts),
        cmocka_unit_test(a_lost_quorum_is_broken),
        cmocka_unit_test(an_adapter_tells_its_own_attention_first),
        cmocka_unit_test(a_witness_tells_what_it_saw),
        cmocka_unit_test(events_are_found),
        cmocka_unit_test(withdrawals_are_asked_for),
        cmocka_unit_test(names_of_events_are_checked),
        cmocka_unit_test(a_proof_that_is_none_is_not_written),
        cmocka_unit_test(a_prune_asks_before_it_deletes),
        cmocka_unit_test(streams_are_listed_and_resumed),
    };
    return cmocka_run_group_tests_name("broker.cli.daemons", tests, setup, NULL);
}
