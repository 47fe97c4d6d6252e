/* fault.memory.host: a daemon's configuration without memory: no file is called wrong
 * for that. */
#include "broker/host/config.h"

#include "test/fault/memory/exhaust.h"

static const struct sb_config_key part_keys[] = {
    {.name = "table", .type = SB_CONFIG_TEXT, .required = true},
    {.name = "file", .type = SB_CONFIG_PATH, .preset = "x.db"},
    {.name = NULL}};
static const struct sb_config_key keys[] = {
    {.name = "institution", .type = SB_CONFIG_CODE, .required = true},
    {.name = "every", .type = SB_CONFIG_DURATION, .preset = "5s"},
    {.name = "classes", .type = SB_CONFIG_CODES},
    {.name = "listen", .type = SB_CONFIG_ADDRESS},
    {.name = "part", .type = SB_CONFIG_SECTION, .keys = part_keys},
    {.name = "parts", .type = SB_CONFIG_SECTIONS, .keys = part_keys},
    {.name = "free", .type = SB_CONFIG_NODE},
    {.name = NULL}};

static const char text[] = "institution: pnc\n"
                           "classes: [interna, publica]\n"
                           "listen: tcp://127.0.0.1:7700\n"
                           "part: {table: one}\n"
                           "parts:\n"
                           "- {table: \"two\", file: a/b.db}\n"
                           "- table: >-\n"
                           "    three\n"
                           "free: {a: [1, 2, {b: c}]}\n";

static int run(void *ctx, struct sb_err *err)
{
    struct sb_config *c = NULL;
    (void)ctx;
    int rc = sb_config_parse(&c, "/etc/x.yaml", sb_bytes_str(text), keys, err);
    assert_true((rc == 0) == (c != NULL));
    if (rc == 0 && (sb_config_count(c, "parts") != 2 ||
                    strcmp(sb_config_text(c, "part.table"), "one") != 0))
        rc = sb_fail(err, SB_E_INTERNAL, "another configuration");
    sb_config_free(c);
    return rc;
}

static void a_configuration(void **state)
{
    struct exhaust_scenario s = {.name = "configuration", .run = run};
    exhaust_each(&s, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_configuration)};
    return cmocka_run_group_tests_name("fault.memory.host", tests, NULL, NULL);
}
