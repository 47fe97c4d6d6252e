/* Purpose: `sacbe status`: a daemon's state, what needs attention first.
 * Invariant: each attention line names the command that mends it, where one
 * does. Not for: who is behind; `lag` tells that. */
#include "broker/cli/cmd_status.h"

#include <stdio.h>

#include "broker/cli/families.h"

#define EXPIRY_ALARM_MS (30u * SB_DAY_MS)

enum daemon { BROKER, WITNESS, ADAPTER };

struct sb_out *sb_status_attend(struct sb_status *s, enum sb_exit exit)
{
    s->attention++;
    if (s->exit == SB_EXIT_YES || exit == SB_EXIT_NO)
        s->exit = exit;
    return sb_cli_out(s->cli);
}

static enum daemon daemon_of(const struct sb_status *s)
{
    struct sb_bytes program = sb_cmd_text(s->map, "program");
    return sb_bytes_is(program, "sacbe-broker")    ? BROKER
           : sb_bytes_is(program, "sacbe-witness") ? WITNESS
                                                   : ADAPTER;
}

static void attend_directory(struct sb_status *s)
{
    int64_t version = sb_cmd_int(s->map, "directory");
    int64_t expires = sb_cmd_int(s->map, "directory_expires_ms");
    if (!expires)
        return;
    if (expires <= s->now)
        sb_out_attention(sb_status_attend(s, SB_EXIT_NO),
                         "sacbe directory sign",
                         sb_tr(s->cli, "directory v%lld expired"),
                         (long long)version);
    else if (expires - s->now < (int64_t)EXPIRY_ALARM_MS)
        sb_out_attention(sb_status_attend(s, SB_EXIT_INDETERMINATE),
                         "sacbe directory sign",
                         sb_tr(s->cli, "directory v%lld expires in %lld days"),
                         (long long)version,
                         (long long)((expires - s->now) / (int64_t)SB_DAY_MS));
}

/* What the daemon itself calls attention: [{text, command}]. */
static void attend_own(struct sb_status *s)
{
    size_t n;
    const struct sb_value *items = sb_cmd_items(s->map, "attention", &n);
    for (size_t i = 0; i < n; i++) {
        char command[256];
        struct sb_bytes c = sb_cmd_text(&items[i], "command");
        struct sb_bytes text = sb_cmd_text(&items[i], "text");
        (void)snprintf(command, sizeof command, "%.*s", SB_FMT(c));
        bool mild = sb_bytes_is(c, "sacbe quarantine list") ||
                    sb_bytes_is(c, "sacbe explain SB-523") ||
                    sb_bytes_is(c, "sacbe explain SB-524");
        sb_out_attention(sb_status_attend(s, mild ? SB_EXIT_INDETERMINATE : SB_EXIT_NO),
                         c.n ? command : NULL,
                         "%.*s",
                         SB_FMT(text));
    }
}

static void attend(struct sb_status *s)
{
    if (sb_cmd_true(s->map, "stopping"))
        sb_out_attention(sb_status_attend(s, SB_EXIT_NO),
                         NULL,
                         "%s",
                         sb_tr(s->cli, "the daemon is stopping"));
    attend_own(s);
    attend_directory(s);
    sb_status_attend_growth(s);
    sb_status_attend_limits(s);
    if (daemon_of(s) == BROKER)
        sb_status_attend_broker(s);
}

static struct sb_bytes name_of(const struct sb_status *s)
{
    return sb_cmd_text(s->map, daemon_of(s) == BROKER ? "exchange" : "institution");
}

static int show(struct sb_status *s)
{
    struct sb_out *out = sb_cli_out(s->cli);
    bool stopping = sb_cmd_true(s->map, "stopping");
    attend(s);
    sb_out_bytes(out, "name", sb_tr(s->cli, "Name"), name_of(s));
    sb_out_text(
        out, "state", sb_tr(s->cli, "State"), stopping ? "STOPPING" : "RUNNING");
    sb_out_bytes(
        out, "program", sb_tr(s->cli, "Program"), sb_cmd_text(s->map, "program"));
    sb_out_time(out, "now", sb_tr(s->cli, "Time"), (uint64_t)s->now);
    sb_status_growth(s);
    if (daemon_of(s) == BROKER)
        sb_status_broker(s);
    else if (daemon_of(s) == WITNESS)
        sb_status_witness(s);
    else
        sb_status_adapter(s->cli, s->map);
    return SB_EXIT_YES;
}

/* One line for a monitor: exit 0 well, 1 broken, 3 needs a look. */
static int check(struct sb_status *s)
{
    struct sb_out *out = sb_cli_out(s->cli);
    attend(s);
    sb_out_result(out,
                  s->exit == SB_EXIT_YES  ? SB_PASSED
                  : s->exit == SB_EXIT_NO ? SB_FAILED
                                          : SB_INDETERMINATE,
                  sb_tr(s->cli, "%.*s: %zu matters need attention"),
                  SB_FMT(name_of(s)),
                  s->attention);
    return (int)s->exit;
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value map;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "status", NULL, 0, arena, &map, err);
    if (rc == 0) {
        struct sb_status s = {
            .cli = cli, .map = &map, .now = sb_cmd_int(&map, "now_ms")};
        rc = sb_cli_flag(cli, "check") ? check(&s) : show(&s);
    }
    sb_arena_free(arena);
    return rc;
}

static const struct sb_cli_option options[] = {
    {.name = "check",
     .kind = SB_CLI_FLAG,
     .summary = "one line for monitoring; exit 0 well, 1 broken, 3 needs a look"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Show a daemon's state, what needs attention first",
     .options = options,
     .example = "sacbe status -c /etc/sacbe/broker.yaml",
     .run = run},
    {.run = NULL}};

const struct sb_cli_family sb_cli_status = {
    "status", "State of a daemon", commands, sb_status_spanish};
