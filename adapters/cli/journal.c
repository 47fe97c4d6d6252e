/* Purpose: the family `journal` as this program has it: that of broker/cli, whose
 * `replay` here also fills a database and goes onto another exchange.
 * Invariant: one command for whoever replays; without --into and --onto it is
 * broker/cli's own. */
#include "adapters/cli/journal.h"

#include <assert.h>
#include <string.h>

#include "adapters/cli/replaying.h"
#include "broker/cli/families.h"

static int run_replay(struct sb_cli *cli, struct sb_err *err)
{
    size_t sinks = 0;
    bool into = sb_cli_text(cli, "into") != NULL;
    bool onto = sb_cli_text(cli, "onto") != NULL;
    (void)sb_cli_values(cli, "sink", &sinks);
    if (into && onto)
        return sb_fail(err, SB_E_USAGE, "--into and --onto exclude each other");
    if (sinks && !into)
        return sb_fail(err, SB_E_USAGE, "--sink goes with --into DB");
    if (into)
        return sb_replay_into(cli, err);
    if (onto)
        return sb_replay_onto(cli, err);
    if (sb_cli_dry_run(cli))
        return sb_fail(err, SB_E_USAGE, "--dry-run goes with --into or --onto");
    return sb_journal_run_replay(cli, err);
}

static const struct sb_cli_option options[] = {
    SB_REPLAY_OPTIONS,
    {.name = "into",
     .kind = SB_CLI_FILE,
     .value = "DB",
     .summary = "a database with the tables of the sinks; goes on where it was"},
    {.name = "sink",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .repeated = true,
     .summary = "a sink file, one per type; with --into"},
    {.name = "onto",
     .kind = SB_CLI_FILE,
     .value = "CONFIG",
     .summary =
         "the stopped adapter of another exchange (adapter.yaml) that publishes them"},
    {.name = NULL}};

static const struct sb_cli_command replay = {
    .verb = "replay",
    .summary = "Print the events as CloudEvents, or put them into a database or onto "
               "another exchange",
    .args = "[FILE|DIR]",
    .args_max = 1,
    .options = options,
    .example = "sacbe journal replay bundle --vault igm.vault --into copy.db --sink "
               "transito.sink.yaml",
    .flags = SB_CLI_PASSPHRASE | SB_CLI_SHARED,
    .run = run_replay};

static void add_rows(struct sb_journal_family *out, const struct sb_tr_row *rows)
{
    for (; rows->en; rows++) {
        assert(out->n_rows + 1 < SB_JOURNAL_ROWS);
        out->rows[out->n_rows++] = *rows;
    }
}

const struct sb_cli_family *sb_journal_family(struct sb_journal_family *out)
{
    const struct sb_cli_family *base = &sb_cli_journal;
    size_t n = 0;
    *out = (struct sb_journal_family){.family = *base};
    for (; base->commands[n].run; n++) {
        assert(n + 1 < SB_JOURNAL_VERBS);
        out->commands[n] =
            strcmp(base->commands[n].verb, replay.verb) ? base->commands[n] : replay;
    }
    add_rows(out, base->spanish);
    add_rows(out, sb_replay_spanish);
    out->family.commands = out->commands;
    out->family.spanish = out->rows;
    return &out->family;
}
