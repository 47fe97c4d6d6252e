/* Purpose: `sacbe journal export` and `journal prune`.
 * Invariant: with --archive nothing is deleted before the whole archive was written and
 * audited; what may be deleted is the broker's decision, by the policy in force.
 * Not for: the deletion itself; the broker does that under a journaled record. */
#include "broker/cli/cmd_journal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "broker/audit/audit.h"
#include "broker/bundle/export.h"
#include "broker/cli/cmd_admin.h"
#include "broker/cli/progress.h"
#include "broker/host/clock.h"

int sb_journal_moment(const char *text, uint64_t *ms, struct sb_err *err)
{
    struct sb_err ignored = {0};
    uint64_t now = sb_clock_now_ms();
    uint64_t span;
    if (sb_cmd_span(text, &span, &ignored) != 0)
        return sb_cmd_when(text, now, ms, err);
    *ms = span < now ? now - span : 0;
    return 0;
}

/* An index in digits, else the first entry of that moment. */
static int place(struct sb_journal_reader *reader,
                 const char *text,
                 uint64_t *out,
                 struct sb_err *err)
{
    uint64_t ms;
    size_t n = strspn(text, "0123456789");
    if (n > 0 && n < 19 && text[n] == '\0') {
        *out = strtoull(text, NULL, 10);
        return 0;
    }
    int rc = sb_journal_moment(text, &ms, err);
    return rc == 0 ? sb_journal_index_at(reader, ms, out, err) : rc;
}

struct range { /* as the options say; NULL: no bound */
    const char *from;
    const char *to;
};

static int export_range(struct sb_cli *cli,
                        const char *file,
                        const char *dir,
                        const struct range *range,
                        struct sb_export_facts *facts,
                        struct sb_err *err)
{
    struct sb_journal_reader *reader = NULL;
    struct sb_progress progress = {0};
    struct sb_export_config config = {
        .dir = dir, .to = UINT64_MAX, .progress = sb_progress_of, .ctx = &progress};
    int rc = sb_journal_reader_open(&reader, file, err);
    if (rc == 0 && range->from)
        rc = place(reader, range->from, &config.from, err);
    if (rc == 0 && range->to)
        rc = place(reader, range->to, &config.to, err);
    if (rc == 0 && config.from > config.to)
        rc = sb_fail(err, SB_E_USAGE, "--from is behind --to");
    if (rc == 0) {
        sb_progress_start(&progress, sb_cli_quiet(cli), sb_tr(cli, "export"), 0);
        rc = sb_bundle_export(reader, &config, facts, err);
        sb_progress_end(&progress);
    }
    sb_journal_reader_close(reader);
    return rc;
}

static void tell_exported(const struct sb_cli *cli,
                          const char *dir,
                          const struct sb_export_facts *f)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_text(out, "bundle", sb_tr(cli, "Bundle"), dir);
    sb_out_int(out, "size", sb_tr(cli, "Entries in the tree"), (int64_t)f->size);
    sb_out_int(out, "written", sb_tr(cli, "Written now"), (int64_t)f->entries);
    sb_out_int(out, "files", sb_tr(cli, "Files"), (int64_t)f->files);
    sb_out_int(
        out, "cosignatures", sb_tr(cli, "Cosignatures"), (int64_t)f->cosignatures);
    sb_out_bool(out, "final", sb_tr(cli, "Final"), f->final);
}

int sb_journal_run_export(struct sb_cli *cli, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    const char *dir = sb_cli_arg(cli, 0);
    struct sb_export_facts facts = {0};
    const struct range range = {sb_cli_text(cli, "from"), sb_cli_text(cli, "to")};
    int rc = sb_journal_path(cli, 1, path, err);
    if (rc == 0)
        rc = export_range(cli, path, dir, &range, &facts, err);
    if (rc != 0)
        return rc;
    tell_exported(cli, dir, &facts);
    if (!facts.final)
        sb_out_note(sb_cli_out(cli),
                    "%s",
                    sb_tr(cli,
                          "Its checkpoint is not final yet: export again when the "
                          "witnesses have cosigned."));
    return SB_EXIT_YES;
}

struct archive {         /* what the audit of an archive found against it */
    struct sb_err worst; /* code 0: nothing */
};

/* What may be open and the archive still whole: what went before, witnesses that are
 * late, institutions that owe a statement, and what an older generation alone knows. */
static bool is_known(int code)
{
    static const int known[] = {SB_E_PRUNED,
                                SB_E_WITHDRAWN,
                                SB_E_QUORUM,
                                SB_E_COSIGNATURE,
                                SB_E_RECEIPT,
                                SB_E_WITHHELD,
                                SB_E_DIR_EXPIRED,
                                SB_E_FORK,
                                SB_E_JOIN,
                                SB_E_NOT_FOUND};
    size_t i = 0;
    while (i < sizeof known / sizeof known[0] && known[i] != code)
        i++;
    return i < sizeof known / sizeof known[0];
}

static void found(void *ctx, const struct sb_audit_finding *f)
{
    struct archive *a = ctx;
    if (a->worst.code != 0 || f->verdict == SB_AUDIT_PASSED ||
        (f->verdict == SB_AUDIT_INDETERMINATE && is_known(f->code)))
        return;
    (void)sb_fail(&a->worst, f->code, "index %" PRIu64 ": %s", f->index, f->text);
}

static int audit_archive(struct sb_cli *cli, const char *dir, struct sb_err *err)
{
    struct sb_anchor anchor;
    struct archive a = {.worst = {0}};
    struct sb_audit_facts facts = {0};
    int rc = sb_cmd_config_anchor(cli, &anchor, err);
    if (rc != 0)
        return rc;
    const struct sb_audit_config config = {.roots = &anchor, .say = found, .ctx = &a};
    rc = sb_audit_bundle(dir, &config, &facts, err);
    if (rc == 0 && a.worst.code != 0)
        rc = sb_fail(err,
                     a.worst.code,
                     "the archive %s does not hold, so nothing was deleted: %s",
                     dir,
                     a.worst.text);
    if (rc == 0 && sb_audit_result(&facts) == SB_AUDIT_FAILED)
        rc = sb_fail(err, SB_E_BUNDLE, "the archive %s does not hold", dir);
    return rc;
}

/* Writes and judges the archive; it must reach to what is about to go. */
static int
archive(struct sb_cli *cli, const char *dir, uint64_t below, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_export_facts facts = {0};
    const struct range whole = {NULL, NULL};
    int rc = sb_cmd_config_path(cli, "journal", path, err);
    if (rc == 0)
        rc = export_range(cli, path, dir, &whole, &facts, err);
    if (rc == 0 && facts.size < below)
        rc = sb_fail(err,
                     SB_E_BUNDLE,
                     "the archive reaches to entry %" PRIu64 ", and entries below "
                     "%" PRIu64 " are to go: wait for the next checkpoint",
                     facts.size,
                     below);
    if (rc == 0)
        rc = audit_archive(cli, dir, err);
    if (rc == 0)
        tell_exported(cli, dir, &facts);
    return rc;
}

struct plan { /* the broker's answer */
    uint64_t below;
    int64_t entries;
};

static int ask_prune(struct sb_cli *cli,
                     uint64_t before,
                     bool dry,
                     struct plan *plan,
                     struct sb_err *err)
{
    struct sb_value map;
    char digits[24];
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    (void)snprintf(digits, sizeof digits, "%" PRIu64, before);
    const struct sb_bytes args[] = {sb_bytes_str(digits), sb_bytes_str("dry")};
    int rc = sb_cmd_ask_daemon(cli, "prune", args, dry ? 2 : 1, arena, &map, err);
    if (rc == 0) {
        plan->below = (uint64_t)sb_cmd_int(&map, "below");
        plan->entries = sb_cmd_int(&map, "entries");
    }
    sb_arena_free(arena);
    return rc;
}

static int tell_plan(struct sb_cli *cli,
                     uint64_t before,
                     const struct plan *plan,
                     const char *note)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_time(out, "before", sb_tr(cli, "Stored before"), before);
    sb_out_int(out, "below", sb_tr(cli, "Entries below"), (int64_t)plan->below);
    sb_out_int(
        out, "entries", sb_tr(cli, "Entries that lose their texts"), plan->entries);
    sb_out_note(out, "%s", note);
    return SB_EXIT_YES;
}

int sb_journal_run_prune(struct sb_cli *cli, struct sb_err *err)
{
    const char *to = sb_cli_text(cli, "archive");
    uint64_t before = 0;
    struct plan plan = {.below = 0};
    if ((to != NULL) == sb_cli_flag(cli, "no-archive"))
        return sb_fail(err,
                       SB_E_USAGE,
                       "%s",
                       sb_tr(cli, "give --archive DIR, or say --no-archive"));
    int rc = sb_journal_moment(sb_cli_text(cli, "older-than"), &before, err);
    if (rc == 0)
        rc = ask_prune(cli, before, true, &plan, err);
    if (rc != 0)
        return rc;
    if (plan.entries == 0)
        return tell_plan(cli,
                         before,
                         &plan,
                         sb_tr(cli, "Nothing is as old as that: nothing is done."));
    if (sb_cli_dry_run(cli))
        return tell_plan(
            cli, before, &plan, sb_tr(cli, "Dry run: nothing was written or sent."));
    if (to)
        rc = archive(cli, to, plan.below, err);
    if (rc == 0)
        rc = ask_prune(cli, before, false, &plan, err);
    if (rc != 0)
        return rc;
    return tell_plan(
        cli,
        before,
        &plan,
        sb_tr(cli,
              "The record is journaled; the broker removes the texts while "
              "it works, also after a restart."));
}

const struct sb_cli_option sb_journal_export_options[] = {
    {.name = "from",
     .kind = SB_CLI_TEXT,
     .value = "INDEX|TIME",
     .summary = "batches from here on: an index, a date, or 30d for thirty days ago"},
    {.name = "to",
     .kind = SB_CLI_TEXT,
     .value = "INDEX|TIME",
     .summary = "batches before this; the rest stays as hashes and headers"},
    {.name = NULL}};
const struct sb_cli_option sb_journal_prune_options[] = {
    {.name = "older-than",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "TIME",
     .summary = "what was stored before: 1825d, or a date"},
    {.name = "archive",
     .kind = SB_CLI_FILE,
     .value = "DIR",
     .summary = "writes a bundle of everything first, and audits it"},
    {.name = "no-archive",
     .kind = SB_CLI_FLAG,
     .summary = "without a bundle: what goes is gone"},
    {.name = NULL}};
