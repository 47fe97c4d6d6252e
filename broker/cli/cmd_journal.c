/* Purpose: `sacbe journal`: list, verify, and the table of its verbs.
 * Invariant: reads only; a journal in use is read beside its writer.
 * Not for: exporting and pruning, cmd_journal_keep.c; backups, cmd_backup.c and
 * cmd_restore.c; replaying, cmd_replay.c. */
#include "broker/cli/cmd_journal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/cli/cmd_admin.h"
#include "broker/cli/families.h"
#include "broker/cli/progress.h"
#include "broker/journal/reader.h"
#include "broker/journal/verify.h"
#include "schemas/base/text.h"

int sb_journal_path(struct sb_cli *cli,
                    size_t arg,
                    char out[SB_PATH_TEXT],
                    struct sb_err *err)
{
    const char *given = sb_cli_arg(cli, arg);
    if (!given)
        return sb_cmd_config_path(cli, "journal", out, err);
    if (snprintf(out, SB_PATH_TEXT, "%s", given) >= SB_PATH_TEXT)
        return sb_fail(err, SB_E_LIMIT, "the path is too long");
    return 0;
}

struct listing {
    const struct sb_cli *cli;
    struct sb_arena *arena;
    const char *stream;
    uint64_t left;
};

static void put_line(const struct listing *l,
                     const struct sb_stored_entry *e,
                     const struct sb_entry *leaf,
                     const struct sb_journal_line *line)
{
    struct sb_out *out = sb_cli_out(l->cli);
    struct sb_buf text = {0};
    char time[32];
    const char *kind = sb_kind_text(e->kind) ? sb_kind_text(e->kind) : "?";
    sb_text_time(time, leaf->stored_ms);
    if (sb_out_format(out) == SB_OUT_JSON)
        sb_buf_printf(&text,
                      "{\"index\":%" PRIu64 ",\"time\":\"%s\",\"kind\":\"%s\","
                      "\"directory\":%" PRIu64 ",\"stream\":\"%.*s\","
                      "\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"bytes\":%zu}",
                      e->index,
                      time,
                      kind,
                      leaf->directory_version,
                      SB_FMT(line->stream),
                      line->first,
                      line->last,
                      e->record.n);
    else
        sb_buf_printf(&text,
                      "%10" PRIu64 "  %s  v%-4" PRIu64 " %-10s %.*s%s",
                      e->index,
                      time,
                      leaf->directory_version,
                      kind,
                      SB_FMT(line->stream),
                      line->stream.n ? "@" : "");
    if (sb_out_format(out) != SB_OUT_JSON && line->last)
        sb_buf_printf(&text, "%" PRIu64 "..%" PRIu64, line->first, line->last);
    if (!text.failed)
        sb_out_line(out, sb_buf_bytes(&text));
    sb_buf_free(&text);
}

static int list_one(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct listing *l = ctx;
    struct sb_entry leaf;
    struct sb_journal_line line;
    sb_arena_reset(l->arena);
    int rc = sb_entry_read(e->leaf, &leaf, err);
    if (rc == 0)
        rc = sb_journal_describe(e->kind, e->record, l->arena, &line, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "entry %" PRIu64, e->index);
    if (l->stream && !sb_bytes_is(line.stream, l->stream))
        return 0;
    put_line(l, e, &leaf, &line);
    return --l->left == 0 ? 1 : 0;
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_journal_reader *reader = NULL;
    const char *kind_text = sb_cli_text(cli, "kind");
    enum sb_kind kind = 0;
    struct listing l = {.cli = cli, .stream = sb_cli_text(cli, "stream")};
    uint64_t from = (uint64_t)sb_cli_int(cli, "from", 0);
    l.left = (uint64_t)sb_cli_int(cli, "count", INT64_MAX);
    if (kind_text && !(kind = sb_kind_from_text(sb_bytes_str(kind_text))))
        return sb_fail(err, SB_E_USAGE, "there is no kind of entry \"%s\"", kind_text);
    int rc = sb_journal_path(cli, 0, path, err);
    if (rc == 0)
        rc = sb_journal_reader_open(&reader, path, err);
    l.arena = rc == 0 ? sb_arena_new(0) : NULL;
    if (rc == 0 && !l.arena)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_journal_each(reader, from, kind, false, list_one, &l, err);
    sb_arena_free(l.arena);
    sb_journal_reader_close(reader);
    return rc < 0 ? rc : SB_EXIT_YES;
}

/* "SIZE:ROOT", the root in hex. */
static int
parse_expect(const char *text, struct sb_journal_expect *out, struct sb_err *err)
{
    char *end = NULL;
    unsigned long long size =
        text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (!end || *end != ':' || size > INT64_MAX ||
        !sb_unhex(out->root, SB_HASH, sb_bytes_str(end + 1)))
        return sb_fail(err,
                       SB_E_USAGE,
                       "--expect wants SIZE:ROOT, a number of entries and 64 hex "
                       "digits");
    out->any = true;
    out->size = size;
    return 0;
}

/* Whether anything beside the entries themselves says how long the journal is. */
static bool is_vouched(const struct sb_journal_facts *f, bool expected)
{
    return expected || f->checkpoint_size > 0;
}

static void tell_counted(const struct sb_cli *cli, const struct sb_journal_facts *f)
{
    struct sb_out *out = sb_cli_out(cli);
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, f->root, SB_HASH);
    sb_out_int(out, "entries", sb_tr(cli, "Entries"), (int64_t)f->entries);
    sb_out_int(out, "events", sb_tr(cli, "Events"), (int64_t)f->events);
    sb_out_int(out, "batches", sb_tr(cli, "Batches"), (int64_t)f->batches);
    sb_out_int(out, "pruned", sb_tr(cli, "Pruned texts"), (int64_t)f->pruned);
    sb_out_int(out, "withdrawn", sb_tr(cli, "Withdrawn texts"), (int64_t)f->withdrawn);
    sb_out_int(
        out, "checkpoint", sb_tr(cli, "Checkpoint at"), (int64_t)f->checkpoint_size);
    sb_out_text(out, "root", sb_tr(cli, "Root"), hex);
}

static void
tell_verified(const struct sb_cli *cli, const struct sb_journal_facts *f, bool expected)
{
    struct sb_out *out = sb_cli_out(cli);
    tell_counted(cli, f);
    if (is_vouched(f, expected))
        sb_out_finding(out,
                       SB_PASSED,
                       0,
                       sb_tr(cli, "tree of %llu entries, signed checkpoint at %llu"),
                       (unsigned long long)f->entries,
                       (unsigned long long)f->checkpoint_size);
    else
        sb_out_finding(out,
                       SB_INDETERMINATE,
                       0,
                       "%s",
                       sb_tr(cli,
                             "no signed checkpoint is left: that nothing was cut off"
                             " at the end can only be told with --expect"));
    if (expected)
        sb_out_finding(
            out, SB_PASSED, 0, "%s", sb_tr(cli, "consistent with what was expected"));
    if (f->pruned)
        sb_out_finding(out,
                       SB_INDETERMINATE,
                       0,
                       sb_tr(cli, "%llu texts pruned; their signatures hold"),
                       (unsigned long long)f->pruned);
    if (f->withdrawn)
        sb_out_finding(out,
                       SB_INDETERMINATE,
                       0,
                       sb_tr(cli, "%llu texts withdrawn by their institutions"),
                       (unsigned long long)f->withdrawn);
    sb_out_result(out,
                  is_vouched(f, expected) ? SB_PASSED : SB_INDETERMINATE,
                  sb_tr(cli,
                        "%llu entries and %llu events checked. Not proven: truth at "
                        "source; rows never captured."),
                  (unsigned long long)f->entries,
                  (unsigned long long)f->events);
}

static bool is_finding(int code)
{
    int n = sb_code_number(code);
    return (n >= 200 && n < 300) || (n >= 400 && n < 500) ||
           (n >= 600 && n < 700 && code != SB_E_JOURNAL_LOCKED) ||
           code == SB_E_DB_CORRUPT;
}

static int run_verify(struct sb_cli *cli, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_journal_expect expect = {0};
    struct sb_journal_facts facts = {0};
    struct sb_progress progress = {0};
    struct sb_err why = {0};
    const char *wanted = sb_cli_text(cli, "expect");
    int rc = sb_journal_path(cli, 0, path, err);
    if (rc == 0 && wanted)
        rc = parse_expect(wanted, &expect, err);
    if (rc != 0)
        return rc;
    sb_progress_start(&progress, sb_cli_quiet(cli), sb_tr(cli, "verify"), 0);
    rc = sb_journal_verify(path, &expect, sb_progress_of, &progress, &facts, &why);
    sb_progress_end(&progress);
    if (rc == 0) {
        tell_verified(cli, &facts, expect.any);
        return is_vouched(&facts, expect.any) ? SB_EXIT_YES : SB_EXIT_INDETERMINATE;
    }
    if (!is_finding(rc))
        return sb_fail(err, rc, "%s", why.text);
    sb_out_finding(sb_cli_out(cli), SB_FAILED, rc, "%s", why.text);
    sb_out_result(sb_cli_out(cli), SB_FAILED, "%s", path);
    return SB_EXIT_NO;
}

static const struct sb_cli_option list_options[] = {
    {.name = "kind",
     .kind = SB_CLI_TEXT,
     .value = "KIND",
     .summary = "only entries of this kind: directory, claim, epoch, batch ..."},
    {.name = "stream",
     .kind = SB_CLI_TEXT,
     .value = "STREAM",
     .summary = "only this stream: institution/type"},
    {.name = "from",
     .kind = SB_CLI_INT,
     .value = "INDEX",
     .summary = "the first entry"},
    {.name = "count",
     .kind = SB_CLI_INT,
     .letter = 'n',
     .value = "N",
     .summary = "how many entries",
     .min = 1,
     .max = INT64_MAX},
    {.name = NULL}};
static const struct sb_cli_option verify_options[] = {
    {.name = "expect",
     .kind = SB_CLI_TEXT,
     .value = "SIZE:ROOT",
     .summary = "what the tree of the first SIZE entries must be"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "list",
     .summary = "List entries of a journal, one line each",
     .args = "[FILE]",
     .args_max = 1,
     .options = list_options,
     .example = "sacbe journal list journal.db --kind batch -n 10",
     .run = run_list},
    {.verb = "verify",
     .summary = "Check a journal: every byte, chain and signature; exit 1 on a fault",
     .args = "[FILE]",
     .args_max = 1,
     .options = verify_options,
     .example = "sacbe journal verify journal.db",
     .run = run_verify},
    {.verb = "export",
     .summary = "Write the journal as a bundle that an auditor takes away",
     .args = "DIR [FILE]",
     .args_min = 1,
     .args_max = 2,
     .options = sb_journal_export_options,
     .example = "sacbe journal export bundle journal.db --from 2026-01-01",
     .run = sb_journal_run_export},
    {.verb = "prune",
     .summary = "Remove old ciphertexts, under a record that explains their absence",
     .options = sb_journal_prune_options,
     .example = "sacbe journal prune --older-than 1825d --archive /archive -c "
                "broker.yaml",
     .flags = SB_CLI_SHARED,
     .run = sb_journal_run_prune},
    {.verb = "backup",
     .summary =
         "Copy a journal whole, also while its broker runs; the copy is verified",
     .args = "COPY [FILE]",
     .args_min = 1,
     .args_max = 2,
     .options = sb_journal_backup_options,
     .example = "sacbe journal backup /backup/journal-2026-11-25.db -c broker.yaml",
     .run = sb_journal_run_backup},
    {.verb = "restore",
     .summary =
         "Put a backup in the place of a lost journal, if it lacks nothing signed",
     .args = "COPY",
     .args_min = 1,
     .args_max = 1,
     .options = sb_journal_restore_options,
     .example = "sacbe journal restore /backup/journal.db --note seen-1 -c broker.yaml",
     .flags = SB_CLI_SHARED,
     .run = sb_journal_run_restore},
    {.verb = "replay",
     .summary = "Print the events as CloudEvents, one JSON document a line",
     .args = "[FILE|DIR]",
     .args_max = 1,
     .options = sb_journal_replay_options,
     .example = "sacbe journal replay journal.db --vault igm.vault",
     .flags = SB_CLI_PASSPHRASE,
     .run = sb_journal_run_replay},
    {.run = NULL}};

const struct sb_cli_family sb_cli_journal = {
    "journal", "The journal: what was sent, by whom", commands, sb_journal_spanish};
