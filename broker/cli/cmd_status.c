/* Purpose: `sacbe status`: a daemon's state, what needs attention first.
 * Invariant: each attention line names the command that mends it, where one
 * does. Not for: who is behind; `lag` tells that. */
#include "broker/cli/cmd_status.h"

#include <stdio.h>

#include "broker/cli/cmd_file.h"
#include "broker/cli/families.h"

#define EXPIRY_ALARM_MS (30u * SB_DAY_MS)

struct status {
    const struct sb_cli *cli;
    const struct sb_value *map;
    int64_t now;
    bool broker;
    size_t attention;
    enum sb_exit exit; /* for --check: the worst that was found */
};

/* One line of attention; `exit`: what it means for a monitor. */
static struct sb_out *attend(struct status *s, enum sb_exit exit)
{
    s->attention++;
    if (s->exit == SB_EXIT_YES || exit == SB_EXIT_NO)
        s->exit = exit;
    return sb_cli_out(s->cli);
}

static void attend_directory(struct status *s)
{
    int64_t version = sb_cmd_int(s->map, "directory");
    int64_t expires = sb_cmd_int(s->map, "directory_expires_ms");
    if (!expires)
        return;
    if (expires <= s->now)
        sb_out_attention(attend(s, SB_EXIT_NO),
                         "sacbe directory sign",
                         sb_tr(s->cli, "directory v%lld expired"),
                         (long long)version);
    else if (expires - s->now < (int64_t)EXPIRY_ALARM_MS)
        sb_out_attention(attend(s, SB_EXIT_INDETERMINATE),
                         "sacbe directory sign",
                         sb_tr(s->cli, "directory v%lld expires in %lld days"),
                         (long long)version,
                         (long long)((expires - s->now) / (int64_t)SB_DAY_MS));
}

static void attend_broker(struct status *s)
{
    int64_t malformed = sb_cmd_int(s->map, "malformed");
    if (sb_cmd_true(s->map, "stopping"))
        sb_out_attention(
            attend(s, SB_EXIT_NO), NULL, "%s", sb_tr(s->cli, "the daemon is stopping"));
    attend_directory(s);
    if (malformed)
        sb_out_attention(attend(s, SB_EXIT_INDETERMINATE),
                         "sacbe explain SB-501",
                         sb_tr(s->cli, "%lld malformed messages since the start"),
                         (long long)malformed);
}

/* What an adapter itself calls attention: [{text, command}]. */
static void attend_adapter(struct status *s)
{
    size_t n;
    const struct sb_value *items = sb_cmd_items(s->map, "attention", &n);
    attend_directory(s);
    for (size_t i = 0; i < n; i++) {
        char command[256];
        struct sb_bytes c = sb_cmd_text(&items[i], "command");
        struct sb_bytes text = sb_cmd_text(&items[i], "text");
        (void)snprintf(command, sizeof command, "%.*s", SB_FMT(c));
        bool mild = sb_bytes_is(c, "sacbe quarantine list");
        sb_out_attention(attend(s, mild ? SB_EXIT_INDETERMINATE : SB_EXIT_NO),
                         c.n ? command : NULL,
                         "%.*s",
                         SB_FMT(text));
    }
}

static void sessions(const struct status *s)
{
    static const struct sb_out_column columns[] = {{"institution", "CONNECTED", false},
                                                   {"version", "VERSION", false},
                                                   {"since", "SINCE", false},
                                                   {"directory", "DIRECTORY", true},
                                                   {"refused", "REFUSED", true}};
    struct sb_out *out = sb_cli_out(s->cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(s->map, "sessions", &n);
    sb_out_table(out, "sessions", columns, 5);
    for (size_t i = 0; i < n; i++) {
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "institution"));
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "version"));
        sb_out_cell_time(out, (uint64_t)sb_cmd_int(&rows[i], "since_ms"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "directory"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "refused"));
    }
    sb_out_end(out);
}

static void broker_body(const struct status *s)
{
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"entries", "Entries"},
                   {"durable", "On disk"},
                   {"checkpoint", "Checkpoint at"},
                   {"generation", "Generation"},
                   {"directory", "Directory"},
                   {"members", "Members"},
                   {"grants", "Grants"},
                   {"refused", "Refused"}};
    struct sb_out *out = sb_cli_out(s->cli);
    sb_out_bytes(
        out, "address", sb_tr(s->cli, "Address"), sb_cmd_text(s->map, "address"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_out_int(out,
                   numbers[i].key,
                   sb_tr(s->cli, numbers[i].label),
                   sb_cmd_int(s->map, numbers[i].key));
    if (sb_cmd_int(s->map, "members") && !sb_cmd_int(s->map, "quorum"))
        sb_out_note(
            sb_cli_out(s->cli),
            "%s",
            sb_tr(s->cli, "There is no witness: the broker's own signature is final."));
    sessions(s);
}

static struct sb_bytes name_of(const struct status *s)
{
    return sb_cmd_text(s->map, s->broker ? "exchange" : "institution");
}

static int show(struct status *s)
{
    struct sb_out *out = sb_cli_out(s->cli);
    bool stopping = sb_cmd_true(s->map, "stopping");
    sb_out_bytes(out, "name", sb_tr(s->cli, "Name"), name_of(s));
    sb_out_text(
        out, "state", sb_tr(s->cli, "State"), stopping ? "STOPPING" : "RUNNING");
    sb_out_bytes(
        out, "program", sb_tr(s->cli, "Program"), sb_cmd_text(s->map, "program"));
    sb_out_time(out, "now", sb_tr(s->cli, "Time"), (uint64_t)s->now);
    if (s->broker)
        attend_broker(s);
    else
        attend_adapter(s);
    if (s->broker)
        broker_body(s);
    else
        sb_status_adapter(s->cli, s->map);
    return SB_EXIT_YES;
}

/* One line for a monitor: exit 0 well, 1 broken, 3 needs a look. */
static int check(struct status *s)
{
    struct sb_out *out = sb_cli_out(s->cli);
    if (s->broker)
        attend_broker(s);
    else
        attend_adapter(s);
    sb_out_result(out,
                  s->exit == SB_EXIT_YES  ? SB_PASSED
                  : s->exit == SB_EXIT_NO ? SB_FAILED
                                          : SB_INDETERMINATE,
                  sb_tr(s->cli, "%.*s: %zu matters need attention"),
                  SB_FMT(name_of(s)),
                  s->attention);
    return s->exit;
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value map;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "status", NULL, 0, arena, &map, err);
    if (rc == 0) {
        struct status s = {.cli = cli, .map = &map, .now = sb_cmd_int(&map, "now_ms")};
        s.broker = sb_bytes_is(sb_cmd_text(&map, "program"), "sacbe-broker");
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
