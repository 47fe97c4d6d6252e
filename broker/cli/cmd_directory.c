/* Purpose: `sacbe directory`: show, diff, sign, verify, publish, and its table.
 * Invariant: a signature is added only to what this exchange's roots may sign.
 * Not for: changing members or grants; those families write drafts. */
#include "broker/cli/cmd_directory.h"

#include <limits.h>

#include "broker/cli/cmd_admin.h"
#include "broker/cli/cmd_signed.h"
#include "broker/cli/families.h"

static int run_show(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    if (sb_cli_flag(cli, "roots") && sb_cli_flag(cli, "vkeys"))
        return sb_fail(
            err, SB_E_USAGE, "%s", sb_tr(cli, "--roots or --vkeys, one of them"));
    if (sb_cli_flag(cli, "vkeys"))
        return sb_directory_print_vkeys(cli, err);
    if (sb_cli_flag(cli, "roots"))
        return sb_directory_print_roots(cli, err);
    int rc = sb_cmd_dir_open(cli, sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    sb_directory_tell(cli, &d);
    rc = sb_directory_tell_roots(cli, &d, err);
    if (rc == 0)
        rc = sb_directory_tell_members(cli, &d, err);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_diff(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir older;
    struct sb_cmd_dir newer;
    size_t n = 0;
    int rc = sb_cmd_dir_open(cli, sb_cli_arg(cli, 0), &older, err);
    if (rc != 0)
        return rc;
    rc = sb_cmd_dir_open(cli, sb_cli_arg(cli, 1), &newer, err);
    if (rc == 0) {
        rc = sb_directory_tell_changes(cli, &older, &newer, &n, err);
        sb_cmd_dir_close(&newer);
    }
    sb_cmd_dir_close(&older);
    if (rc != 0)
        return rc;
    if (n == 0)
        sb_out_note(sb_cli_out(cli), "%s", sb_tr(cli, "The directories are the same."));
    return n == 0 ? SB_EXIT_YES : SB_EXIT_NO;
}

static bool is_root(const struct sb_directory *d, const uint8_t key_id[SB_KEY_ID])
{
    for (size_t i = 0; i < d->n_roots; i++)
        if (memcmp(d->roots[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

/* Adds one signature; `raw` holds the record before and after. */
static int sign_one(const struct sb_cli *cli,
                    const struct sb_cmd_dir *d,
                    const char *path,
                    struct sb_buf *raw,
                    struct sb_err *err)
{
    struct sb_vault *vault = NULL;
    struct sb_vault_key key;
    struct sb_buf next = {.limit = SB_RECORD_MAX};
    int rc = sb_cmd_vault(cli, path, &vault, err);
    if (rc != 0)
        return rc;
    if (!sb_vault_newest(vault, SB_USE_ROOT, &key) || !is_root(&d->body, key.key_id))
        rc = sb_fail(err, SB_E_NO_KEY, "%s holds no root key of this exchange", path);
    else
        rc =
            sb_sign_add(&d->exchange, vault, key.key_id, sb_buf_bytes(raw), &next, err);
    sb_vault_free(vault);
    if (rc == 0) {
        sb_buf_free(raw);
        *raw = next;
    } else {
        sb_buf_free(&next);
    }
    return rc;
}

/* What is about to be signed, before a passphrase is asked for. */
static int
tell_previous(const struct sb_cli *cli, const struct sb_cmd_dir *d, struct sb_err *err)
{
    struct sb_cmd_dir before;
    size_t n;
    const char *path = sb_cli_text(cli, "previous");
    if (!path)
        return 0;
    int rc = sb_cmd_dir_signed(cli, path, &before, err);
    if (rc != 0)
        return rc;
    if (d->body.version != before.body.version + 1 ||
        memcmp(d->body.prev_hash, before.hash, SB_HASH) != 0)
        rc = sb_fail(err,
                     SB_E_DIR_CHAIN,
                     "version %llu does not follow %s (version %llu)",
                     (unsigned long long)d->body.version,
                     path,
                     (unsigned long long)before.body.version);
    else
        rc = sb_directory_tell_changes(cli, &before, d, &n, err);
    sb_cmd_dir_close(&before);
    return rc;
}

/* A directory with all its signatures must be one that a trust takes. */
static int check_signed(const struct sb_cmd_dir *d,
                        struct sb_bytes raw,
                        size_t *good,
                        struct sb_err *err)
{
    struct sb_record record;
    struct sb_trust *trust = NULL;
    int rc = sb_record_read(raw, &record, err);
    if (rc == 0)
        rc = sb_cmd_dir_count(d, &record, good, err);
    if (rc != 0 || *good < d->body.threshold)
        return rc;
    rc = sb_trust_new(&trust, &d->anchor, err);
    if (rc == 0)
        rc = sb_trust_add(trust, raw, err);
    sb_trust_free(trust);
    return rc;
}

static int sign(struct sb_cli *cli, const struct sb_cmd_dir *d, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_buf raw = {.limit = SB_RECORD_MAX};
    size_t n_roots;
    size_t good = 0;
    const char *const *roots = sb_cli_values(cli, "root", &n_roots);
    const char *to = sb_cli_text(cli, "out");
    int rc = tell_previous(cli, d, err);
    sb_buf_put(&raw, d->file.record.raw.p, d->file.record.raw.n);
    for (size_t i = 0; rc == 0 && i < n_roots; i++)
        rc = sign_one(cli, d, roots[i], &raw, err);
    if (rc == 0)
        rc = check_signed(d, sb_buf_bytes(&raw), &good, err);
    if (rc == 0 && !sb_cli_dry_run(cli))
        rc = sb_cmd_write(to ? to : sb_cli_arg(cli, 0), sb_buf_bytes(&raw), true, err);
    sb_buf_free(&raw);
    if (rc != 0)
        return rc;
    bool whole = good >= d->body.threshold;
    sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)d->body.version);
    sb_out_int(out, "signatures", sb_tr(cli, "Signatures"), (int64_t)good);
    sb_out_int(out, "threshold", sb_tr(cli, "Threshold"), (int64_t)d->body.threshold);
    sb_out_bool(out, "signed", NULL, whole);
    sb_out_note(out,
                "%s",
                whole ? sb_tr(cli, "Signed: ready to publish.")
                      : sb_tr(cli, "Signatures are still missing."));
    if (sb_cli_dry_run(cli))
        sb_out_note(out, "%s", sb_tr(cli, "Dry run: nothing was written."));
    return SB_EXIT_YES;
}

static int run_sign(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_open(cli, sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    rc = sign(cli, &d, err);
    sb_cmd_dir_close(&d);
    return rc;
}

static int verify_one(const struct sb_cli *cli,
                      struct sb_trust *trust,
                      const char *path,
                      struct sb_err *err)
{
    struct sb_cmd_record file;
    int rc = sb_cmd_record_read(path, "sacbe/dir/1", &file, err);
    if (rc != 0)
        return rc;
    rc = sb_trust_add(trust, file.record.raw, err);
    if (rc == 0) {
        const struct sb_directory *d = sb_dir_body(sb_trust_newest(trust));
        sb_out_finding(sb_cli_out(cli),
                       SB_PASSED,
                       0,
                       sb_tr(cli,
                             "version %llu: signed by %zu roots, %zu members, "
                             "%zu grants"),
                       (unsigned long long)d->version,
                       file.record.n,
                       d->n_members,
                       d->n_grants);
    }
    sb_cmd_record_free(&file);
    return rc;
}

static int run_verify(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_anchor anchor;
    struct sb_trust *trust = NULL;
    struct sb_err why = {0};
    const char *path = NULL;
    int rc = sb_cmd_anchor(cli, sb_cli_arg(cli, 0), &anchor, err);
    if (rc == 0)
        rc = sb_trust_new(&trust, &anchor, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < sb_cli_arg_count(cli); i++) {
        path = sb_cli_arg(cli, i);
        rc = verify_one(cli, trust, path, &why);
    }
    sb_trust_free(trust);
    if (rc != 0) {
        sb_out_finding(sb_cli_out(cli), SB_FAILED, rc, "%s: %s", path, why.text);
        sb_out_result(sb_cli_out(cli), SB_FAILED, "%s", path);
        return SB_EXIT_NO;
    }
    sb_out_result(sb_cli_out(cli),
                  SB_PASSED,
                  "%s",
                  sb_tr(cli, "Not proven: that no newer directory exists."));
    return SB_EXIT_YES;
}

static int run_publish(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    struct sb_out *out = sb_cli_out(cli);
    int rc = sb_cmd_dir_signed(cli, sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    if (!sb_cli_dry_run(cli))
        rc = sb_cmd_tell_daemon(cli, "publish-directory", &d.file.record.raw, 1, err);
    if (rc == 0) {
        sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)d.body.version);
        sb_out_note(out,
                    "%s",
                    sb_cli_dry_run(cli) ? sb_tr(cli, "Dry run: nothing was sent.")
                                        : sb_tr(cli, "The broker has journaled it."));
    }
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option show_options[] = {
    SB_OPTION_ANCHOR,
    {.name = "roots",
     .kind = SB_CLI_FLAG,
     .summary = "only the roots, as the text to publish; FILE may be an anchor.json"},
    {.name = "vkeys",
     .kind = SB_CLI_FLAG,
     .summary = "only the public keys of log and witnesses, for public tools"},
    {.name = NULL}};
static const struct sb_cli_option anchor_options[] = {SB_OPTION_ANCHOR, {.name = NULL}};
static const struct sb_cli_option sign_options[] = {
    SB_OPTION_ANCHOR,
    {.name = "root",
     .kind = SB_CLI_FILE,
     .required = true,
     .repeated = true,
     .value = "FILE",
     .summary = "a root vault (one per --root)"},
    {.name = "previous",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .summary = "the directory before: shows what changes, and checks the chain"},
    {.name = "out",
     .kind = SB_CLI_FILE,
     .letter = 'o',
     .value = "FILE",
     .summary = "the signed directory (else the draft itself is replaced)"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "show",
     .summary = "Show what a directory says",
     .args = "FILE",
     .args_min = 1,
     .args_max = 1,
     .options = show_options,
     .example = "sacbe directory show directory-2.sbd --roots",
     .run = run_show},
    {.verb = "policy",
     .summary = "Change the policy, in a draft",
     .options = sb_directory_policy_options,
     .example = "sacbe directory policy --directory directory-4.sbd --quorum auto -o "
                "draft.sbd",
     .flags = SB_CLI_SHARED,
     .run = sb_directory_run_policy},
    {.verb = "generation",
     .summary = "Open a new journal after a lost one, in a draft",
     .options = sb_directory_generation_options,
     .example = "sacbe directory generation --directory directory-4.sbd --note "
                "last.note -o draft.sbd",
     .flags = SB_CLI_SHARED,
     .run = sb_directory_run_generation},
    {.verb = "diff",
     .summary = "Compare two directories; exit 1 when they differ",
     .args = "OLDER NEWER",
     .args_min = 2,
     .args_max = 2,
     .options = anchor_options,
     .example = "sacbe directory diff directory-1.sbd draft.sbd",
     .run = run_diff},
    {.verb = "sign",
     .summary = "Sign a draft with root vaults",
     .args = "DRAFT",
     .args_min = 1,
     .args_max = 1,
     .options = sign_options,
     .example = "sacbe directory sign draft.sbd --root root-1.vault -o "
                "directory-2.sbd",
     .flags = SB_CLI_SHARED | SB_CLI_PASSPHRASE,
     .run = run_sign},
    {.verb = "verify",
     .summary = "Check directories in the order of their versions",
     .args = "FILE...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .options = anchor_options,
     .example = "sacbe directory verify directory-1.sbd directory-2.sbd",
     .run = run_verify},
    {.verb = "publish",
     .summary = "Give a signed directory to the broker",
     .args = "FILE",
     .args_min = 1,
     .args_max = 1,
     .options = anchor_options,
     .example = "sacbe directory publish directory-2.sbd -c broker.yaml",
     .flags = SB_CLI_SHARED,
     .run = run_publish},
    {.run = NULL}};

const struct sb_cli_family sb_cli_directory = {
    "directory",
    "The directory: members, keys and grants, signed by the roots",
    commands,
    sb_directory_spanish};
