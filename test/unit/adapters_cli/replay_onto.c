/* Purpose: whom a replay onto another exchange is refused. Where it arrives is tried by
 * test/flow/replay. */
#include "test/unit/adapters_cli/replays.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/engine/state.h"
#include "broker/io/admin.h"

/* An adapter of igm's vault on an exchange of this name and nonce. */
static void adapter(struct replays *r, const char *name, uint8_t nonce)
{
    struct sb_anchor anchor = r->w->w->anchor;
    (void)snprintf(anchor.exchange, sizeof anchor.exchange, "%s", name);
    anchor.nonce[0] = (uint8_t)(anchor.nonce[0] + nonce);
    assert_int_equal(mkdir(replays_at(r, "a"), 0700), 0);
    assert_int_equal(sb_anchor_write(replays_at(r, "a/anchor.json"), &anchor, NULL), 0);
    replays_write(r,
                  "a/adapter.yaml",
                  "institution: igm\nrun_dir: run\nstate: state\n"
                  "vault: ../igm.vault\nanchor: anchor.json\n"
                  "catalogue_folder: ../cat\n");
}

static void never_onto_itself(void **state)
{
    struct replays *r = *state;
    adapter(r, "sns", 1);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 1, "SB-414");
}

static void never_onto_the_same_under_another_name(void **state)
{
    struct replays *r = *state;
    adapter(r, "prueba", 0);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 1, "SB-414");
}

static void the_adapter_must_have_run_and_must_stand_still(void **state)
{
    struct replays *r = *state;
    static const struct sb_admin_verb none[] = {{.name = NULL}};
    struct sb_admin *admin = NULL;
    struct sb_sql *sql = NULL;
    adapter(r, "prueba", 1);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 1, "has never run");
    assert_int_not_equal(access(replays_at(r, "a/state"), F_OK), 0);
    assert_int_equal(mkdir(replays_at(r, "a/state"), 0700), 0);
    assert_int_equal(sb_state_open(&sql, replays_at(r, "a/state/adapter.db"), NULL), 0);
    sb_sql_close(sql);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 1, "holds no directory yet");
    assert_int_equal(sb_admin_open(&admin, replays_at(r, "a/run"), none, NULL, NULL),
                     0);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 75, "its adapter runs");
    sb_admin_close(admin);
    replays_go(r, "--onto ~/a/adapter.yaml");
    replays_said(r, 1, "holds no directory yet");
}

static void the_configuration_must_be_readable(void **state)
{
    struct replays *r = *state;
    replays_go(r, "--onto ~/none.yaml");
    replays_said(r, 2, "none.yaml");
}

#define WITH(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, replays_setup, replays_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(never_onto_itself),
        WITH(never_onto_the_same_under_another_name),
        WITH(the_adapter_must_have_run_and_must_stand_still),
        WITH(the_configuration_must_be_readable),
    };
    return cmocka_run_group_tests_name("adapters.cli.replay_onto", tests, NULL, NULL);
}
