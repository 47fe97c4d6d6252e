/* Purpose: `sacbe journal backup`.
 * Invariant: a backup has its name only after it was verified.
 * Not for: the copy itself (broker/journal/backup.h), putting it back (cmd_restore.c).
 */
#include "broker/cli/cmd_journal.h"
#include "broker/cli/progress.h"
#include "broker/host/clock.h"
#include "broker/journal/backup.h"

struct copying {
    const struct sb_cli *cli;
    struct sb_progress progress;
    bool shown;
};

static void show(void *ctx, enum sb_backup_step step)
{
    struct copying *c = ctx;
    if (c->shown)
        sb_progress_end(&c->progress);
    c->shown = true;
    c->progress = (struct sb_progress){0};
    sb_progress_start(&c->progress,
                      sb_cli_quiet(c->cli),
                      step == SB_BACKUP_COPY ? sb_tr(c->cli, "copy")
                                             : sb_tr(c->cli, "verify"),
                      0);
}

static void advance(void *ctx, uint64_t done, uint64_t total)
{
    struct copying *c = ctx;
    sb_progress_of(&c->progress, done, total);
}

/* The broker's status tells it from there. A reader of the journal that may not write
 * beside it has made a backup all the same. */
static void mark(struct sb_cli *cli, const char *journal, uint64_t entries)
{
    struct sb_err why = {0};
    const struct sb_backup_mark m = {.entries = entries, .time_ms = sb_clock_now_ms()};
    if (sb_backup_mark_write(journal, &m, &why) != 0)
        sb_out_note(sb_cli_out(cli),
                    sb_tr(cli, "The broker's status will not show it: %s"),
                    why.text);
}

static void
tell_backup(const struct sb_cli *cli, const char *to, const struct sb_journal_facts *f)
{
    struct sb_out *out = sb_cli_out(cli);
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, f->root, SB_HASH);
    sb_out_text(out, "backup", sb_tr(cli, "Backup"), to);
    sb_out_int(out, "entries", sb_tr(cli, "Entries"), (int64_t)f->entries);
    sb_out_int(out, "events", sb_tr(cli, "Events"), (int64_t)f->events);
    sb_out_int(
        out, "checkpoint", sb_tr(cli, "Checkpoint at"), (int64_t)f->checkpoint_size);
    sb_out_text(out, "root", sb_tr(cli, "Root"), hex);
}

int sb_journal_run_backup(struct sb_cli *cli, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_journal_facts facts = {0};
    struct copying c = {.cli = cli};
    int rc = sb_journal_path(cli, 1, path, err);
    if (rc != 0)
        return rc;
    const struct sb_backup_config config = {.from = path,
                                            .to = sb_cli_arg(cli, 0),
                                            .replace = sb_cli_flag(cli, "force"),
                                            .begin = show,
                                            .progress = advance,
                                            .ctx = &c};
    rc = sb_journal_backup(&config, &facts, err);
    if (c.shown)
        sb_progress_end(&c.progress);
    if (rc != 0)
        return rc;
    mark(cli, path, facts.entries);
    tell_backup(cli, config.to, &facts);
    return SB_EXIT_YES;
}

const struct sb_cli_option sb_journal_backup_options[] = {
    {.name = "force",
     .kind = SB_CLI_FLAG,
     .summary = "replaces an older backup of that name"},
    {.name = NULL}};
