/* Purpose: `sacbe audit`: verify, and the table of its verbs.
 * Invariant: exit 0, 1, 3 say passed, failed, indeterminate; a checkpoint is kept for
 * the next time only when nothing failed.
 * Not for: judging; broker/audit does, offline and without a clock. */
#include "broker/cli/cmd_audit.h"

#include "broker/cli/families.h"

/* The note that was judged. */
static int
read_note(const struct sb_audit_job *job, struct sb_buf *out, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    if (job->kind == SB_AUDIT_PROOF) {
        struct sb_proof_file proof;
        int rc = sb_proof_file_read(sb_buf_bytes(&job->proof), job->arena, &proof, err);
        if (rc == 0)
            sb_buf_put(out, proof.note.p, proof.note.n);
        return rc == 0 ? sb_buf_check(out, err) : rc;
    }
    int n = snprintf(path, sizeof path, "%s/checkpoint", job->path);
    if (n < 0 || (size_t)n >= sizeof path)
        return sb_fail(err, SB_E_LIMIT, "the path is too long");
    return sb_file_read(path, SB_NOTE_MAX, out, err);
}

static int save(const struct sb_audit_job *job, const char *path, struct sb_err *err)
{
    const struct sb_audit_facts *f = &job->facts;
    struct sb_out *out = sb_cli_out(job->cli);
    struct sb_buf note = {0};
    bool trusted = job->kind == SB_AUDIT_TILES || job->config.roots;
    bool sound = sb_audit_result(f) != SB_AUDIT_FAILED &&
                 f->parts[SB_AUDIT_TREE] != SB_AUDIT_FAILED &&
                 f->parts[SB_AUDIT_CHECKPOINT] != SB_AUDIT_FAILED;
    if (!trusted || !sound) {
        sb_out_note(out,
                    "%s",
                    sb_tr(job->cli,
                          "The checkpoint was not kept: only one that holds, under "
                          "your roots, is worth comparing with."));
        return 0;
    }
    int rc = read_note(job, &note, err);
    if (rc == 0)
        rc = sb_file_write(path, sb_buf_bytes(&note), 0644, err);
    if (rc == 0) {
        sb_out_text(out, "saved", NULL, path);
        sb_out_note(out, sb_tr(job->cli, "Keep %s: give it with --since."), path);
    }
    sb_buf_free(&note);
    return rc;
}

static int run_verify(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_audit_job job = {.wants_vault = true,
                               .tiles_vkey = sb_cli_text(cli, "vkey")};
    const char *keep = sb_cli_text(cli, "save");
    if (sb_cli_flag(cli, "tiles-only") != (job.tiles_vkey != NULL))
        return sb_fail(err,
                       SB_E_USAGE,
                       "%s",
                       sb_tr(cli, "--tiles-only and --vkey KEY go together"));
    int rc = sb_audit_begin(&job, cli, err);
    if (rc == 0)
        rc = sb_audit_run(&job, err);
    if (rc == 0)
        sb_audit_tell(&job);
    if (rc == 0 && keep)
        rc = save(&job, keep, err);
    if (rc == 0)
        rc = sb_audit_tell_result(&job);
    sb_audit_end(&job);
    return rc;
}

#define OPTION_ROOTS(must)                                                             \
    {                                                                                  \
        .name = "roots", .kind = SB_CLI_FILE, .value = "FILE", .required = (must),     \
        .summary = "the roots as published, or an anchor.json of your own"             \
    }
#define OPTION_SINCE                                                                   \
    {                                                                                  \
        .name = "since", .kind = SB_CLI_FILE, .value = "NOTE",                         \
        .summary = "your own earlier checkpoint, which this must continue"             \
    }
#define OPTION_VAULT                                                                   \
    {                                                                                  \
        .name = "vault", .kind = SB_CLI_FILE, .value = "FILE",                         \
        .summary = "opens what this institution may read, and validates it"            \
    }

static const struct sb_cli_option verify_options[] = {
    OPTION_ROOTS(false),
    OPTION_SINCE,
    OPTION_VAULT,
    {.name = "save",
     .kind = SB_CLI_FILE,
     .value = "NOTE",
     .summary = "keeps the checkpoint for the next --since, unless something failed"},
    {.name = "tiles-only",
     .kind = SB_CLI_FLAG,
     .summary = "only the hash tree: a log whose entries may be of any kind"},
    {.name = "vkey",
     .kind = SB_CLI_TEXT,
     .value = "KEY",
     .summary = "the log's public key, as name+id+base64"},
    {.name = NULL}};
static const struct sb_cli_option attribute_options[] = {
    OPTION_ROOTS(true), OPTION_SINCE, {.name = NULL}};
static const struct sb_cli_option deliveries_options[] = {
    OPTION_ROOTS(true),
    OPTION_SINCE,
    {.name = "stream",
     .kind = SB_CLI_TEXT,
     .value = "STREAM",
     .summary = "only this stream: institution/type"},
    {.name = "reader",
     .kind = SB_CLI_TEXT,
     .value = "CODE",
     .summary = "only this reader"},
    {.name = NULL}};
static const struct sb_cli_option report_options[] = {
    OPTION_ROOTS(true),
    OPTION_SINCE,
    OPTION_VAULT,
    SB_OPTION_OUT("the report to write, as HTML"),
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "verify",
     .summary = "Verify a bundle, a proof file or a folder of tiles, offline",
     .args = "X",
     .args_min = 1,
     .args_max = 1,
     .options = verify_options,
     .example = "sacbe audit verify bundle --roots gazette.txt --save seen.note",
     .flags = SB_CLI_PASSPHRASE,
     .run = run_verify},
    {.verb = "attribute",
     .summary = "Tell whose key signed the event of a proof file, and its right then",
     .args = "FILE",
     .args_min = 1,
     .args_max = 1,
     .options = attribute_options,
     .example = "sacbe audit attribute event.sbp --roots gazette.txt",
     .run = sb_audit_run_attribute},
    {.verb = "deliveries",
     .summary = "List per stream and reader what was sent, received and rejected",
     .args = "DIR",
     .args_min = 1,
     .args_max = 1,
     .options = deliveries_options,
     .example = "sacbe audit deliveries bundle --roots gazette.txt --reader igm",
     .run = sb_audit_run_deliveries},
    {.verb = "report",
     .summary = "Write a printable report of an audit",
     .args = "X",
     .args_min = 1,
     .args_max = 1,
     .options = report_options,
     .example = "sacbe audit report bundle --roots gazette.txt -o audit.html",
     .flags = SB_CLI_PASSPHRASE,
     .run = sb_audit_run_report},
    {.verb = "check-inclusion",
     .summary = "Judge one RFC 6962 inclusion proof in JSON; - is standard input",
     .args = "FILE|-",
     .args_min = 1,
     .args_max = 1,
     .example = "sacbe audit check-inclusion proof.json",
     .run = sb_audit_run_inclusion},
    {.verb = "check-consistency",
     .summary = "Judge one RFC 6962 consistency proof in JSON; - is standard input",
     .args = "FILE|-",
     .args_min = 1,
     .args_max = 1,
     .example = "sacbe audit check-consistency proof.json",
     .run = sb_audit_run_consistency},
    {.run = NULL}};

const struct sb_cli_family sb_cli_audit = {
    "audit", "Offline proof of what the journal holds", commands, sb_audit_spanish};
