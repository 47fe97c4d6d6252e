/* Purpose: `sacbe quarantine`: what the running adapter could not send or apply.
 * Invariant: what a row holds is shown only with --reveal, which the adapter logs.
 * Not for: mending rows; that is done in the local database, the mapping or the sink.
 */
#include "adapters/cli/local.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "broker/cli/cmd_admin.h"
#include "schemas/catalog/json.h"

typedef int (*item_fn)(struct sb_cli *cli,
                       const struct sb_value *item,
                       struct sb_err *err);

static bool wanted(const struct sb_cli *cli, const struct sb_value *item)
{
    const char *source = sb_cli_text(cli, "source");
    int64_t code = sb_cli_int(cli, "code", 0);
    return (!source || sb_bytes_is(sb_cmd_text(item, "source"), source)) &&
           (!code || sb_cmd_int(item, "code") == code);
}

/* One page after *after, which moves to its last; *n: how many came. */
static int
page(struct sb_cli *cli, int64_t *after, item_fn each, size_t *n, struct sb_err *err)
{
    char from[24];
    struct sb_bytes args[2];
    struct sb_value list;
    const char *direction = sb_cli_text(cli, "direction");
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    (void)snprintf(from, sizeof from, "%lld", (long long)*after);
    args[0] = sb_bytes_str(from);
    args[1] = sb_bytes_str(direction ? direction : "");
    int rc = sb_cmd_ask_daemon(
        cli, "quarantine-list", args, direction ? 2 : 1, arena, &list, err);
    *n = rc == 0 && list.type == SB_ARRAY ? list.as.a.n : 0;
    for (size_t i = 0; rc == 0 && i < *n; i++) {
        const struct sb_value *item = &list.as.a.items[i];
        *after = sb_cmd_int(item, "id");
        if (wanted(cli, item))
            rc = each(cli, item, err);
    }
    sb_arena_free(arena);
    return rc;
}

static int all(struct sb_cli *cli, item_fn each, struct sb_err *err)
{
    int64_t after = 0;
    size_t n = 1;
    int rc = 0;
    while (rc == 0 && n > 0)
        rc = page(cli, &after, each, &n, err);
    return rc;
}

/* Its own reason; without one, its code's name. */
static struct sb_bytes reason(const struct sb_value *item)
{
    struct sb_bytes own = sb_cmd_text(item, "reason");
    return own.n ? own : sb_bytes_str(sb_code_name(-(int)sb_cmd_int(item, "code")));
}

static int
list_item(struct sb_cli *cli, const struct sb_value *item, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    char code[16];
    (void)err;
    (void)snprintf(code, sizeof code, "SB-%lld", (long long)sb_cmd_int(item, "code"));
    sb_out_cell_int(out, sb_cmd_int(item, "id"));
    sb_out_cell_bytes(out, sb_cmd_text(item, "direction"));
    sb_out_cell_bytes(out, sb_cmd_text(item, "source"));
    sb_out_cell_bytes(out, sb_cmd_text(item, "table"));
    sb_out_cell_bytes(out, sb_cmd_text(item, "key"));
    sb_out_cell_text(out, code);
    sb_out_cell_bytes(out, sb_cmd_text(item, "pointer"));
    sb_out_cell_bytes(out, reason(item));
    sb_out_cell_time(out, (uint64_t)sb_cmd_int(item, "last_ms"));
    return 0;
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"id", "NUMBER", true},
                                                   {"direction", "WAY", false},
                                                   {"source", "SOURCE", false},
                                                   {"table", "TABLE", false},
                                                   {"key", "KEY", false},
                                                   {"code", "CODE", false},
                                                   {"pointer", "AT", false},
                                                   {"reason", "REASON", false},
                                                   {"last", "LAST", false}};
    int rc = sb_cmd_tell_daemon(cli, "status", NULL, 0, err); /* before any output */
    if (rc != 0)
        return rc;
    sb_out_table(sb_cli_out(cli), "quarantine", columns, 9);
    rc = all(cli, list_item, err);
    sb_out_end(sb_cli_out(cli));
    return rc == 0 ? SB_EXIT_YES : rc;
}

/* A note is one line, and shows what would break it. */
static void put_lines(struct sb_out *out, struct sb_bytes text)
{
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        struct sb_bytes line = {text.p, end ? (size_t)(end - text.p) : text.n};
        sb_out_note(out, "%.*s", SB_FMT(line));
        text.p += line.n + (end != NULL);
        text.n -= line.n + (end != NULL);
    }
}

static int
put_payload(struct sb_cli *cli, const struct sb_value *item, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    const struct sb_value *payload = sb_value_get(item, "payload");
    struct sb_buf text = {0};
    bool json = sb_out_format(out) == SB_OUT_JSON;
    if (!payload)
        return 0;
    int rc = sb_value_to_json(payload, json ? 0 : 2, &text, err);
    if (rc == 0 && json)
        sb_out_json(out, "payload", sb_buf_bytes(&text));
    else if (rc == 0)
        put_lines(out, sb_buf_bytes(&text));
    sb_buf_free(&text);
    return rc;
}

static int show(struct sb_cli *cli, const struct sb_value *item, struct sb_err *err)
{
    static const struct {
        const char *key;
        const char *label;
    } texts[] = {{"direction", "Way"},
                 {"source", "Source"},
                 {"table", "Table"},
                 {"key", "Key"},
                 {"id_local", "Local number"},
                 {"pointer", "At"}};
    struct sb_out *out = sb_cli_out(cli);
    char code[16];
    (void)snprintf(code, sizeof code, "SB-%lld", (long long)sb_cmd_int(item, "code"));
    sb_out_int(out, "id", sb_tr(cli, "Number"), sb_cmd_int(item, "id"));
    sb_out_text(out, "code", sb_tr(cli, "Code"), code);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sb_out_bytes(out,
                     texts[i].key,
                     sb_tr(cli, texts[i].label),
                     sb_cmd_text(item, texts[i].key));
    sb_out_bytes(out, "reason", sb_tr(cli, "Reason"), reason(item));
    sb_out_time(
        out, "first", sb_tr(cli, "First"), (uint64_t)sb_cmd_int(item, "first_ms"));
    sb_out_time(out, "last", sb_tr(cli, "Last"), (uint64_t)sb_cmd_int(item, "last_ms"));
    sb_out_int(out, "times", sb_tr(cli, "Times"), sb_cmd_int(item, "times"));
    if (sb_cmd_true(item, "payload_kept") && !sb_cli_flag(cli, "reveal"))
        sb_out_note(out,
                    "%s",
                    sb_tr(cli,
                          "What it holds may be personal: --reveal shows it, and the "
                          "adapter logs that."));
    return put_payload(cli, item, err);
}

static int run_show(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value item;
    struct sb_bytes args[2] = {sb_bytes_str(sb_cli_arg(cli, 0)),
                               sb_bytes_str("reveal")};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli,
                               "quarantine-show",
                               args,
                               sb_cli_flag(cli, "reveal") ? 2 : 1,
                               arena,
                               &item,
                               err);
    if (rc == 0)
        rc = show(cli, &item, err);
    sb_arena_free(arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int
export_item(struct sb_cli *cli, const struct sb_value *item, struct sb_err *err)
{
    struct sb_buf line = {0};
    int rc = sb_value_to_json(item, 0, &line, err);
    if (rc == 0)
        sb_out_line(sb_cli_out(cli), sb_buf_bytes(&line));
    sb_buf_free(&line);
    return rc;
}

static int export_revealed(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value list;
    struct sb_bytes arg = sb_bytes_str("reveal");
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "quarantine-export", &arg, 1, arena, &list, err);
    size_t n = rc == 0 && list.type == SB_ARRAY ? list.as.a.n : 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (wanted(cli, &list.as.a.items[i]))
            rc = export_item(cli, &list.as.a.items[i], err);
    sb_arena_free(arena);
    return rc;
}

static int run_export(struct sb_cli *cli, struct sb_err *err)
{
    int rc = sb_cli_flag(cli, "reveal") ? export_revealed(cli, err)
                                        : all(cli, export_item, err);
    return rc == 0 ? SB_EXIT_YES : rc;
}

/* Each argument to the adapter's verb. */
static int each_argument(struct sb_cli *cli,
                         const char *verb,
                         const char *done,
                         struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sb_cli_arg_count(cli); i++) {
        struct sb_bytes arg = sb_bytes_str(sb_cli_arg(cli, i));
        if (!sb_cli_dry_run(cli))
            rc = sb_cmd_tell_daemon(cli, verb, &arg, 1, err);
        if (rc != 0)
            return sb_err_wrap(err, rc, "%s", sb_cli_arg(cli, i));
        sb_out_note(out,
                    "%s: %s",
                    sb_cli_arg(cli, i),
                    sb_cli_dry_run(cli) ? sb_tr(cli, "dry run: nothing done") : done);
    }
    return SB_EXIT_YES;
}

static int run_retry(struct sb_cli *cli, struct sb_err *err)
{
    return each_argument(cli, "quarantine-retry", sb_tr(cli, "tried again"), err);
}

static int run_discard(struct sb_cli *cli, struct sb_err *err)
{
    return each_argument(cli, "quarantine-discard", sb_tr(cli, "discarded"), err);
}

static const char *const directions[] = {"in", "out", NULL};

#define SB_OPTION_DIRECTION                                                            \
    {                                                                                  \
        .name = "direction", .kind = SB_CLI_TEXT, .value = "WAY",                      \
        .one_of = directions, .summary = "only what comes in, or what goes out"        \
    }
#define SB_OPTION_SOURCE                                                               \
    {                                                                                  \
        .name = "source", .kind = SB_CLI_TEXT, .value = "NAME",                        \
        .summary = "only this source, or this stream"                                  \
    }
#define SB_OPTION_CODE                                                                 \
    {                                                                                  \
        .name = "code", .kind = SB_CLI_INT, .value = "N",                              \
        .summary = "only this code: 307 for SB-307", .min = 1, .max = 999              \
    }
#define SB_OPTION_REVEAL                                                               \
    {                                                                                  \
        .name = "reveal", .kind = SB_CLI_FLAG,                                         \
        .summary = "also what it holds, personal data too; the adapter logs it"        \
    }

static const struct sb_cli_option list_options[] = {
    SB_OPTION_DIRECTION, SB_OPTION_SOURCE, SB_OPTION_CODE, {.name = NULL}};
static const struct sb_cli_option show_options[] = {SB_OPTION_REVEAL, {.name = NULL}};
static const struct sb_cli_option export_options[] = {SB_OPTION_DIRECTION,
                                                      SB_OPTION_SOURCE,
                                                      SB_OPTION_CODE,
                                                      SB_OPTION_REVEAL,
                                                      {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "list",
     .summary = "List what is in quarantine, with the reason of each",
     .options = list_options,
     .example = "sacbe quarantine list --direction out -c adapter.yaml",
     .run = run_list},
    {.verb = "show",
     .summary = "Show one of them",
     .args = "NUMBER",
     .args_min = 1,
     .args_max = 1,
     .options = show_options,
     .example = "sacbe quarantine show 17 -c adapter.yaml",
     .run = run_show},
    {.verb = "retry",
     .summary = "Look at rows again, or apply events again, after mending",
     .args = "NUMBER...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .example = "sacbe quarantine retry 17 18 -c adapter.yaml",
     .flags = SB_CLI_SHARED,
     .run = run_retry},
    {.verb = "export",
     .summary = "Print them all, one JSON document a line",
     .options = export_options,
     .example = "sacbe quarantine export -c adapter.yaml",
     .run = run_export},
    {.verb = "discard",
     .summary = "Take them off the list for good",
     .args = "NUMBER...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .example = "sacbe quarantine discard 17 -c adapter.yaml",
     .flags = SB_CLI_SHARED,
     .run = run_discard},
    {.run = NULL}};

const struct sb_cli_family sb_cli_quarantine = {
    "quarantine", "What could not be sent or applied", commands, sb_quarantine_spanish};
