/* broker.host.config: a file against tables, and each fault with line and remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/host/config.h"

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const struct sb_config_key broker_keys[] = {
    {.name = "address", .type = SB_CONFIG_ADDRESS, .required = true},
    {.name = "heartbeat",
     .type = SB_CONFIG_DURATION,
     .preset = "5s",
     .min = 1000,
     .max = 60000},
    {.name = NULL}};
static const struct sb_config_key publishes_keys[] = {
    {.name = "table", .type = SB_CONFIG_TEXT, .required = true},
    {.name = "mapping", .type = SB_CONFIG_PATH, .required = true},
    {.name = "every", .type = SB_CONFIG_DURATION, .preset = "250ms"},
    {.name = NULL}};
static const struct sb_config_key metrics_keys[] = {
    {.name = "port", .type = SB_CONFIG_INT, .required = true, .min = 1, .max = 65535},
    {.name = "path", .type = SB_CONFIG_TEXT, .preset = "/metrics"},
    {.name = NULL}};
static const struct sb_config_key keys[] = {
    {.name = "institution", .type = SB_CONFIG_CODE, .required = true},
    {.name = "state", .type = SB_CONFIG_PATH, .preset = "state"},
    {.name = "log", .type = SB_CONFIG_TEXT, .preset = "info", .one_of = levels},
    {.name = "cache", .type = SB_CONFIG_SIZE, .preset = "8MiB", .max = 1 << 30},
    {.name = "witness", .type = SB_CONFIG_BOOL, .preset = "true"},
    {.name = "classes", .type = SB_CONFIG_CODES, .min = 1, .max = 4},
    {.name = "files", .type = SB_CONFIG_PATHS},
    {.name = "broker",
     .type = SB_CONFIG_SECTION,
     .required = true,
     .keys = broker_keys},
    {.name = "metrics", .type = SB_CONFIG_SECTION, .keys = metrics_keys},
    {.name = "publishes", .type = SB_CONFIG_SECTIONS, .keys = publishes_keys},
    {.name = "extra", .type = SB_CONFIG_NODE},
    {.name = NULL}};

static const char whole[] = "institution: pnc\n"
                            "cache: 64KiB\n"
                            "classes: [publica, interna]\n"
                            "files: [a.csv, /abs/b.csv]\n"
                            "broker:\n"
                            "  address: tcp://127.0.0.1:7700\n"
                            "publishes:\n"
                            "- table: tr_hecho\n"
                            "  mapping: maps/hecho.yaml\n"
                            "- table: tr_otro\n"
                            "  mapping: /etc/otro.yaml\n"
                            "  every: 2s\n"
                            "extra: {free: [1, 2]}\n";

static void a_whole_file_is_asked_by_path(void **state)
{
    (void)state;
    char folder[] = "/tmp/sb-config-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/adapter.yaml", folder);
    struct sb_err err = {0};
    struct sb_config *c = NULL;
    assert_int_equal(sb_file_write(path, sb_bytes_str(whole), 0600, &err), 0);
    if (sb_config_load(&c, path, keys, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(sb_config_text(c, "institution"), "pnc");
    assert_string_equal(sb_config_text(c, "broker.address"), "tcp://127.0.0.1:7700");
    assert_int_equal(sb_config_int(c, "broker.heartbeat"), 5000);
    assert_int_equal(sb_config_int(c, "cache"), 65536);
    assert_true(sb_config_bool(c, "witness"));
    assert_string_equal(sb_config_text(c, "log"), "info");
    assert_false(sb_config_has(c, "log"));
    assert_true(sb_config_has(c, "broker.address"));
    assert_int_equal(sb_config_count(c, "classes"), 2);
    assert_string_equal(sb_config_text_at(c, "classes", 1), "interna");
    char beside[96];
    snprintf(beside, sizeof beside, "%s/state", folder);
    assert_string_equal(sb_config_text(c, "state"), beside);
    snprintf(beside, sizeof beside, "%s/a.csv", folder);
    assert_string_equal(sb_config_text_at(c, "files", 0), beside);
    assert_string_equal(sb_config_text_at(c, "files", 1), "/abs/b.csv");
    assert_false(sb_config_has(c, "metrics"));
    assert_false(sb_config_has(c, "metrics.port"));
    assert_int_equal(sb_config_int(c, "metrics.port"), 0);
    assert_string_equal(sb_config_text(sb_config_section(c, "metrics"), "path"),
                        "/metrics");
    assert_int_equal(sb_config_count(c, "publishes"), 2);
    const struct sb_config *second = sb_config_section_at(c, "publishes", 1);
    assert_string_equal(sb_config_text(second, "mapping"), "/etc/otro.yaml");
    assert_int_equal(sb_config_int(second, "every"), 2000);
    assert_int_equal(sb_yaml_count(sb_yaml_get(sb_config_node(c, "extra"), "free")), 2);
    assert_int_equal(
        sb_config_fail(second, "table", SB_E_CONFIG_TYPE, &err, "no table %d", 7),
        SB_E_CONFIG_TYPE);
    assert_non_null(strstr(err.text, "/adapter.yaml:10: no table 7"));
    assert_int_equal(
        sb_config_fail(
            sb_config_section(c, "metrics"), "port", SB_E_STATE, &err, "absent"),
        SB_E_STATE);
    assert_non_null(strstr(err.text, "/adapter.yaml:1: absent"));
    sb_config_free(c);
    unlink(path);
    rmdir(folder);
}

struct fault {
    const char *text;
    int code;
    const char *says;
};

#define TOP "institution: pnc\nbroker: {address: 'tcp://h:1'}\n"

static void each_fault_has_its_code_line_and_remedy(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {TOP "publishes:\n- mapping: a\n  tabel: x\n",
         SB_E_CONFIG_UNKNOWN_KEY,
         "adapter.yaml:5: unknown key \"tabel\" in \"publishes\" (did you mean "
         "\"table\"?)"},
        {TOP "instituton: x\n",
         SB_E_CONFIG_UNKNOWN_KEY,
         "adapter.yaml:3: unknown key \"instituton\" (did you mean \"institution\"?)"},
        {TOP "institution: x\n", SB_E_CONFIG_DUPLICATE, "adapter.yaml:3: key"},
        {"institution: pnc\n",
         SB_E_CONFIG_MISSING,
         "adapter.yaml:1: \"broker\" is missing"},
        {"institution: pnc\n\nbroker: {heartbeat: 5s}\n",
         SB_E_CONFIG_MISSING,
         "adapter.yaml:3: \"address\" is missing in \"broker\""},
        {TOP "publishes:\n- table: a\n- mapping: a\n  table: b\n",
         SB_E_CONFIG_MISSING,
         "adapter.yaml:4: \"mapping\" is missing"},
        {"broker: {address: 'tcp://h:1'}\ninstitution: P NC\n",
         SB_E_CONFIG_TYPE,
         "adapter.yaml:2: \"institution\" must be a code"},
        {TOP "cache: 8MB\n", SB_E_CONFIG_TYPE, ":3: \"cache\" must be a size"},
        {TOP "cache: 2GiB\n", SB_E_CONFIG_RANGE, ":3: \"cache\" must be from 0 to"},
        {TOP "cache: 99999999999TiB\n", SB_E_CONFIG_TYPE, "\"cache\""},
        {TOP "cache: '1'\n", SB_E_CONFIG_TYPE, "\"cache\""},
        {TOP "metrics: {port: 70000}\n", SB_E_CONFIG_RANGE, "from 1 to 65535"},
        {TOP "metrics: {port: '80'}\n", SB_E_CONFIG_TYPE, "without quotes"},
        {TOP "metrics: {}\n", SB_E_CONFIG_MISSING, "\"port\" is missing"},
        {TOP "metrics: 80\n", SB_E_CONFIG_TYPE, "\"metrics\" must be a map"},
        {TOP "metrics:\n", SB_E_CONFIG_TYPE, "\"metrics\" has no value"},
        {TOP "witness: yes\n", SB_E_CONFIG_TYPE, "must be true or false"},
        {TOP "log: loud\n",
         SB_E_CONFIG_RANGE,
         "must be one of error, warning, info, debug, not \"loud\""},
        {TOP "classes: []\n", SB_E_CONFIG_RANGE, "from 1 to 4 items, not 0"},
        {TOP "classes: publica\n", SB_E_CONFIG_TYPE, "must be a list"},
        {TOP "classes: [[a]]\n", SB_E_CONFIG_TYPE, "must be a single value"},
        {TOP "classes: [A]\n", SB_E_CONFIG_TYPE, "must be a code"},
        {TOP "state: ''\n", SB_E_CONFIG_TYPE, "not empty"},
        {TOP "publishes: [1]\n", SB_E_CONFIG_TYPE, "must be a map"},
        {"- a\n", SB_E_CONFIG_TYPE, "adapter.yaml:1: \"configuration\" must be a map"},
        {"institution: pnc\nbroker: {address: 'udp://h:1'}\n",
         SB_E_CONFIG_TYPE,
         "tcp://host:port"},
        {"institution: pnc\nbroker: {address: 'tcp://h:0'}\n", SB_E_CONFIG_TYPE, ""},
        {"institution: pnc\nbroker: {address: 'tcp://:5'}\n", SB_E_CONFIG_TYPE, ""},
        {"institution: pnc\nbroker: {address: 'tcp://h:1', heartbeat: 5}\n",
         SB_E_CONFIG_TYPE,
         "a time with its unit"},
        {"institution: pnc\nbroker: {address: 'tcp://h:1', heartbeat: 2m}\n",
         SB_E_CONFIG_RANGE,
         "from 1000 to 60000 ms, not 2m"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct sb_config *c = NULL;
        struct sb_err err = {0};
        int rc = sb_config_parse(
            &c, "/etc/adapter.yaml", sb_bytes_str(faults[i].text), keys, &err);
        if (rc != faults[i].code || !strstr(err.text, faults[i].says))
            fail_msg("%s: %d \"%s\"", faults[i].text, rc, err.text);
        assert_null(c);
    }
}

static void addresses_of_both_kinds_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "tcp://*:7700", "tcp://[::1]:7700", "tcp://127.0.0.1:*", "ipc:///run/x.sock"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[128];
        snprintf(
            text, sizeof text, "institution: a\nbroker: {address: '%s'}\n", good[i]);
        struct sb_config *c = NULL;
        struct sb_err err = {0};
        if (sb_config_parse(&c, "x.yaml", sb_bytes_str(text), keys, &err) != 0)
            fail_msg("%s", err.text);
        assert_string_equal(sb_config_text(c, "broker.address"), good[i]);
        sb_config_free(c);
    }
}

static void a_wrong_preset_is_the_programs_fault(void **state)
{
    (void)state;
    static const struct sb_config_key wrong[] = {
        {.name = "t", .type = SB_CONFIG_DURATION, .preset = "5"}, {.name = NULL}};
    struct sb_config *c = NULL;
    struct sb_err err = {0};
    assert_int_equal(sb_config_parse(&c, "x.yaml", sb_bytes_str("{}"), wrong, &err),
                     SB_E_INTERNAL);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_asked_by_path),
        cmocka_unit_test(each_fault_has_its_code_line_and_remedy),
        cmocka_unit_test(addresses_of_both_kinds_are_taken),
        cmocka_unit_test(a_wrong_preset_is_the_programs_fault),
    };
    return cmocka_run_group_tests_name("broker.host.config", tests, NULL, NULL);
}
