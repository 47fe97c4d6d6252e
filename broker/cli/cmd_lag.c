/* Purpose: `sacbe lag`: which reader is how far behind, for how long, and why.
 * Not for: mending it; the cause names the code or the command. */
#include "broker/cli/cmd_admin.h"

#include "broker/cli/cmd_file.h"
#include "broker/cli/families.h"
#include "broker/host/clock.h"

static const char *cause(const struct sb_cli *cli, const struct sb_value *row)
{
    if (!sb_cmd_true(row, "connected"))
        return sb_tr(cli, "not connected");
    if (sb_cmd_int(row, "applied_ms") == 0)
        return sb_tr(cli, "connected, applied nothing yet");
    return sb_tr(cli, "connected, working");
}

/* An adapter tells of its own readings: how far each is, and what holds it. */
static int run_adapter(const struct sb_cli *cli, const struct sb_value *list)
{
    static const struct sb_out_column columns[] = {{"stream", "STREAM", false},
                                                   {"seq", "EVENT", true},
                                                   {"applied", "APPLIED", true},
                                                   {"quarantined", "QUARANTINED", true},
                                                   {"cause", "CAUSE", false}};
    struct sb_out *out = sb_cli_out(cli);
    size_t troubled = 0;
    sb_out_table(out, "lag", columns, 5);
    for (size_t i = 0; i < list->as.a.n; i++) {
        const struct sb_value *row = &list->as.a.items[i];
        struct sb_bytes trouble = sb_cmd_text(row, "trouble");
        troubled += trouble.n > 0;
        sb_out_cell_bytes(out, sb_cmd_text(row, "stream"));
        sb_out_cell_int(out, sb_cmd_int(row, "seq"));
        sb_out_cell_int(out, sb_cmd_int(row, "applied"));
        sb_out_cell_int(out, sb_cmd_int(row, "quarantined"));
        if (trouble.n)
            sb_out_cell_bytes(out, trouble);
        else
            sb_out_cell_text(out, sb_tr(cli, "working"));
    }
    sb_out_end(out);
    return troubled ? SB_EXIT_NO : SB_EXIT_YES;
}

static void one(const struct sb_cli *cli, const struct sb_value *row, uint64_t now)
{
    struct sb_out *out = sb_cli_out(cli);
    char age[32] = "-";
    int64_t applied = sb_cmd_int(row, "applied_ms");
    int64_t behind = sb_cmd_int(row, "last_seq") - sb_cmd_int(row, "applied_seq");
    if (applied > 0 && now > (uint64_t)applied)
        sb_cmd_age(now - (uint64_t)applied, age, sizeof age);
    sb_out_cell_bytes(out, sb_cmd_text(row, "reader"));
    sb_out_cell_bytes(out, sb_cmd_text(row, "stream"));
    sb_out_cell_int(out, sb_cmd_int(row, "last_seq"));
    sb_out_cell_int(out, behind);
    sb_out_cell_text(out, age);
    sb_out_cell_text(out, behind ? cause(cli, row) : sb_tr(cli, "current"));
}

static int run_broker(const struct sb_cli *cli, const struct sb_value *list)
{
    static const struct sb_out_column columns[] = {{"reader", "READER", false},
                                                   {"stream", "STREAM", false},
                                                   {"events", "EVENTS", true},
                                                   {"behind", "BEHIND", true},
                                                   {"age", "AGE", true},
                                                   {"cause", "CAUSE", false}};
    struct sb_out *out = sb_cli_out(cli);
    size_t n = list->as.a.n;
    size_t behind = 0;
    sb_out_table(out, "lag", columns, 6);
    for (size_t i = 0; i < n; i++) {
        const struct sb_value *row = &list->as.a.items[i];
        bool late = sb_cmd_int(row, "last_seq") > sb_cmd_int(row, "applied_seq");
        behind += late;
        if (late || sb_cli_flag(cli, "all"))
            one(cli, row, sb_clock_now_ms());
    }
    sb_out_end(out);
    sb_out_note(
        out, sb_tr(cli, "%zu of %zu readers of a stream are current."), n - behind, n);
    return behind ? SB_EXIT_NO : SB_EXIT_YES;
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value list;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "lag", NULL, 0, arena, &list, err);
    if (rc == 0 && list.type != SB_ARRAY)
        rc = sb_fail(err, SB_E_REMOTE, "the daemon answered no list");
    if (rc == 0) {
        bool adapter = list.as.a.n && !sb_value_get(&list.as.a.items[0], "reader");
        rc = adapter ? run_adapter(cli, &list) : run_broker(cli, &list);
    }
    sb_arena_free(arena);
    return rc;
}

static const struct sb_cli_option options[] = {
    {.name = "all", .kind = SB_CLI_FLAG, .summary = "those that are current, too"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Show which readers are behind, since when and why (exit 1: some are)",
     .options = options,
     .example = "sacbe lag --all",
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Readers that are behind", "Lectores atrasados"},
    {"Show which readers are behind, since when and why (exit 1: some are)",
     "Muestra qué lectores van atrasados, desde cuándo y por qué (sale con 1 "
     "si hay)"},
    {"those that are current, too", "también los que están al día"},
    {"not connected", "no está conectado"},
    {"connected, applied nothing yet", "conectado, aún no aplica nada"},
    {"connected, working", "conectado, trabajando"},
    {"current", "al día"},
    {"%zu of %zu readers of a stream are current.",
     "%zu de %zu lectores de un flujo están al día."},
    {"working", "trabajando"},
    {"EVENT", "EVENTO"},
    {"APPLIED", "APLICADOS"},
    {"QUARANTINED", "CUARENTENA"},
    {"READER", "LECTOR"},
    {"STREAM", "FLUJO"},
    {"EVENTS", "EVENTOS"},
    {"BEHIND", "ATRASO"},
    {"AGE", "EDAD"},
    {"CAUSE", "CAUSA"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_lag = {
    "lag", "Readers that are behind", commands, spanish};
