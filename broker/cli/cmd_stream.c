/* Purpose: `sacbe stream`: how far an adapter's own streams have come, and letting a
 * stopped one go on.
 * Not for: streams that are read; `sacbe status` and `sacbe lag` tell of those. */
#include <stdio.h>

#include "broker/cli/cmd_admin.h"
#include "broker/cli/families.h"

/* "" when the stream runs, else the code that stopped it. */
static void state_of(const struct sb_value *row, char out[16])
{
    int64_t code = sb_cmd_int(row, "stopped");
    snprintf(out, 16, code ? "SB-%d" : "-", (int)code);
}

static void put_streams(const struct sb_cli *cli, const struct sb_value *status)
{
    static const struct sb_out_column columns[] = {{"stream", "STREAM", false},
                                                   {"sealed", "SEALED", true},
                                                   {"stored", "STORED", true},
                                                   {"proved", "PROVED", true},
                                                   {"final", "FINAL", true},
                                                   {"stopped", "STOPPED", false}};
    struct sb_out *out = sb_cli_out(cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(status, "streams", &n);
    sb_out_table(out, "streams", columns, 6);
    for (size_t i = 0; i < n; i++) {
        char stopped[16];
        state_of(&rows[i], stopped);
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "stream"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "sealed"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "stored"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "proved"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "final"));
        sb_out_cell_text(out, stopped);
    }
    sb_out_end(out);
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_value status;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "status", NULL, 0, arena, &status, err);
    if (rc == 0)
        put_streams(cli, &status);
    sb_arena_free(arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_resume(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_bytes stream = sb_bytes_str(sb_cli_arg(cli, 0));
    int rc = sb_cli_dry_run(cli)
                 ? 0
                 : sb_cmd_tell_daemon(cli, "stream-resume", &stream, 1, err);
    if (rc != 0)
        return rc;
    sb_out_bytes(sb_cli_out(cli), "stream", sb_tr(cli, "Stream"), stream);
    sb_out_note(
        sb_cli_out(cli),
        "%s",
        sb_tr(cli, "It goes on from what the broker says at the next session."));
    return SB_EXIT_YES;
}

static const struct sb_cli_command commands[] = {
    {.verb = "list",
     .summary = "List the streams that an adapter publishes, and what stopped one",
     .example = "sacbe stream list -c adapter.yaml",
     .run = run_list},
    {.verb = "resume",
     .summary = "Let a stopped stream go on, once its cause is understood",
     .args = "STREAM",
     .args_min = 1,
     .args_max = 1,
     .example = "sacbe stream resume pnc/interior.hecho_transito -c adapter.yaml",
     .flags = SB_CLI_SHARED,
     .run = run_resume},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Streams that an adapter publishes", "Flujos que publica un adaptador"},
    {"List the streams that an adapter publishes, and what stopped one",
     "Lista los flujos que publica un adaptador y lo que detuvo a alguno"},
    {"Let a stopped stream go on, once its cause is understood",
     "Deja seguir a un flujo detenido, una vez entendida la causa"},
    {"It goes on from what the broker says at the next session.",
     "Sigue desde lo que diga el nodo en la próxima sesión."},
    {"Stream", "Flujo"},
    {"STREAM", "FLUJO"},
    {"SEALED", "SELLADOS"},
    {"STORED", "GUARDADOS"},
    {"PROVED", "PROBADOS"},
    {"FINAL", "DEFINITIVOS"},
    {"STOPPED", "DETENIDO"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_stream = {
    "stream", "Streams that an adapter publishes", commands, spanish};
