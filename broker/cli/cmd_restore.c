/* Purpose: `sacbe journal restore`.
 * Invariant: a journal is put back only when nothing that is known to be signed is
 * missing in it, and never over another one.
 * Not for: the judgement (broker/journal/restore.h), opening a new generation
 * (`directory generation`). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/cli/cmd_admin.h"
#include "broker/cli/cmd_journal.h"
#include "broker/cli/progress.h"
#include "broker/host/clock.h"
#include "broker/journal/restore.h"
#include "keys/note.h"
#include "schemas/record/directory.h"

#define NOTES_MAX 256

/* The notes to which a backup is held. */
struct held {
    struct sb_restore_note note[NOTES_MAX];
    struct sb_buf text[NOTES_MAX];
    char beside[2][SB_PATH_TEXT + 8]; /* names of the first two */
    size_t n;
    bool outside; /* one of them is not the backup's own */
};

static int take_note(struct held *h, const char *path, bool must, struct sb_err *err)
{
    if (h->n == NOTES_MAX)
        return sb_fail(err, SB_E_LIMIT, "at most %d notes", NOTES_MAX);
    if (!must && access(path, F_OK) != 0)
        return 0;
    int rc = sb_file_read(path, SB_NOTE_MAX, &h->text[h->n], err);
    if (rc != 0)
        return rc;
    h->note[h->n].name = path;
    h->note[h->n].note = sb_buf_bytes(&h->text[h->n]);
    h->n++;
    return 0;
}

static int gather(struct sb_cli *cli,
                  const char *backup,
                  const char *journal,
                  struct held *h,
                  struct sb_err *err)
{
    size_t count = 0;
    const char *const *given = sb_cli_values(cli, "note", &count);
    (void)snprintf(h->beside[0], sizeof h->beside[0], "%s-note", backup);
    (void)snprintf(h->beside[1], sizeof h->beside[1], "%s-note", journal);
    int rc = take_note(h, h->beside[0], false, err);
    size_t own = h->n;
    if (rc == 0)
        rc = take_note(h, h->beside[1], false, err);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = take_note(h, given[i], true, err);
    h->outside = h->n > own;
    return rc;
}

static void let_go(struct held *h)
{
    for (size_t i = 0; i < h->n; i++)
        sb_buf_free(&h->text[i]);
}

/* A directory that opened a later generation ends the older journal for good. */
static int check_generation(struct sb_cli *cli, uint64_t generation, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_cmd_record file;
    struct sb_directory d;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_config_path(cli, "directory", path, err);
    if (rc == 0)
        rc = sb_cmd_record_read(path, "sacbe/dir/1", &file, err);
    if (rc == 0) {
        rc = sb_directory_read(file.record.body, arena, &d, err);
        if (rc == 0 && d.generation != generation)
            rc = sb_fail(err,
                         SB_E_JOURNAL_GENERATION,
                         "the backup is of generation %" PRIu64 ", and %s is of "
                         "generation %" PRIu64,
                         generation,
                         path,
                         d.generation);
        sb_cmd_record_free(&file);
    }
    sb_arena_free(arena);
    return rc;
}

static bool lacks(int code)
{
    return code == SB_E_JOURNAL_SHORT || code == SB_E_JOURNAL_ROOT ||
           code == SB_E_JOURNAL_GENERATION;
}

/* What there is to do instead: README.md of broker, "After a lost journal". */
static void tell_way(const struct sb_cli *cli, const char *backup)
{
    static const char *const steps[] = {
        "It must not go on: what was signed is missing in it, or another history was "
        "signed. Keep it; it can still be read: sacbe journal replay, export, verify.",
        "Look for a newer backup. Where there is none, open the next generation:",
        " 1. put away what is left of the journal: mkdir lost; mv journal.db* lost/",
        " 2. ask the witnesses for the newest checkpoint that they saw "
        "(witness/seen-N)",
        " 3. sacbe directory generation -d DIRECTORY --note NEWEST -o draft.sbd",
        " 4. sacbe directory sign draft.sbd --root root-1.vault --previous DIRECTORY "
        "-o NEXT",
        " 5. name NEXT in broker.yaml; every directory stands beside it",
        " 6. start the broker: publishers send again what they keep, readers go on",
        "In full: broker/README.md, \"After a lost journal\"; sacbe explain SB-606"};
    struct sb_out *out = sb_cli_out(cli);
    sb_out_text(out, "backup", sb_tr(cli, "Backup"), backup);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        sb_out_note(out, "%s", sb_tr(cli, steps[i]));
}

static void tell_restored(const struct sb_cli *cli,
                          const char *journal,
                          const struct sb_restore_facts *f)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_text(out, "journal", sb_tr(cli, "Journal"), journal);
    sb_out_int(out, "entries", sb_tr(cli, "Entries"), (int64_t)f->journal.entries);
    sb_out_int(out, "signed", sb_tr(cli, "Signed up to"), (int64_t)f->signed_size);
    sb_out_int(out, "generation", sb_tr(cli, "Generation"), (int64_t)f->generation);
}

static int judge(struct sb_cli *cli,
                 const char *journal,
                 struct sb_restore_facts *facts,
                 struct sb_err *err)
{
    const char *backup = sb_cli_arg(cli, 0);
    struct sb_progress progress = {0};
    struct held *h = calloc(1, sizeof *h);
    if (!h)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = gather(cli, backup, journal, h, err);
    if (rc == 0) {
        sb_progress_start(&progress, sb_cli_quiet(cli), sb_tr(cli, "verify"), 0);
        rc = sb_restore_judge(
            backup, h->note, h->n, sb_progress_of, &progress, facts, err);
        sb_progress_end(&progress);
    }
    if (rc == 0)
        rc = check_generation(cli, facts->generation, err);
    if (rc == 0 && !h->outside && !sb_cli_flag(cli, "unwitnessed"))
        rc = sb_fail(
            err,
            SB_E_USAGE,
            "%s",
            sb_tr(cli,
                  "only the backup itself says how much was signed: give "
                  "--note FILE with what each witness saw last (witness/seen-N),"
                  " or say --unwitnessed"));
    let_go(h);
    free(h);
    return rc;
}

int sb_journal_run_restore(struct sb_cli *cli, struct sb_err *err)
{
    char journal[SB_PATH_TEXT];
    char aside[40];
    const char *backup = sb_cli_arg(cli, 0);
    struct sb_restore_facts facts = {0};
    int rc = sb_cmd_config_path(cli, "journal", journal, err);
    if (rc == 0)
        rc = judge(cli, journal, &facts, err);
    if (lacks(rc))
        tell_way(cli, backup);
    if (rc != 0)
        return rc;
    (void)snprintf(aside, sizeof aside, ".before-%" PRIu64, sb_clock_now_ms());
    if (!sb_cli_dry_run(cli))
        rc = sb_restore_place(
            backup, journal, sb_cli_flag(cli, "force") ? aside : NULL, err);
    if (rc == SB_E_EXISTS)
        return sb_err_wrap(err, rc, "%s", sb_tr(cli, "--force puts it aside"));
    if (rc != 0)
        return rc;
    tell_restored(cli, journal, &facts);
    sb_out_note(sb_cli_out(cli),
                "%s",
                sb_cli_dry_run(cli)
                    ? sb_tr(cli, "Dry run: nothing was written.")
                    : sb_tr(cli, "Start the broker: it goes on from there."));
    return SB_EXIT_YES;
}

const struct sb_cli_option sb_journal_restore_options[] = {
    {.name = "note",
     .kind = SB_CLI_FILE,
     .repeated = true,
     .value = "FILE",
     .summary = "a checkpoint that somebody saw: the backup must have all of it"},
    {.name = "unwitnessed",
     .kind = SB_CLI_FLAG,
     .summary = "nobody outside can say how much was signed"},
    {.name = "force",
     .kind = SB_CLI_FLAG,
     .summary = "puts a journal that is there aside, under another name"},
    {.name = NULL}};
