/* Purpose: `sacbe audit report`: judges, and writes the page.
 * Invariant: the page appears whole or not at all. */
#include "broker/cli/cmd_audit_html.h"

#include "keys/hash.h"

#define PROGRAM_MAX (512u * SB_MIB)
#define REPORT_MAX (256u * SB_MIB)

static int hash_file(const char *path, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct sb_buf bytes = {0};
    int rc = sb_file_read(path, PROGRAM_MAX, &bytes, err);
    if (rc == 0)
        sb_sha256(out, sb_buf_bytes(&bytes));
    sb_buf_free(&bytes);
    return rc;
}

static int
hash_x(const struct sb_audit_job *job, struct sb_audit_hashes *out, struct sb_err *err)
{
    struct sb_bundle *bundle = NULL;
    if (job->kind == SB_AUDIT_PROOF)
        sb_sha256(out->x, sb_buf_bytes(&job->proof));
    int rc = job->kind == SB_AUDIT_BUNDLE ? sb_bundle_open(&bundle, job->path, err) : 0;
    if (rc == 0 && bundle)
        rc = sb_bundle_hash(bundle, out->x, err);
    sb_bundle_close(bundle);
    out->has_x = rc == 0;
    return rc;
}

static int
write_report(const struct sb_audit_job *job, const char *to, struct sb_err *err)
{
    struct sb_audit_hashes hashes = {.has_x = false};
    struct sb_buf page = {.limit = REPORT_MAX};
    int rc = hash_file("/proc/self/exe", hashes.program, err);
    if (rc == 0)
        rc = hash_x(job, &hashes, err);
    if (rc == 0) {
        sb_audit_html(job, &hashes, &page);
        rc = sb_buf_check(&page, err);
    }
    if (rc == 0)
        rc = sb_file_write(to, sb_buf_bytes(&page), 0644, err);
    sb_buf_free(&page);
    return rc;
}

int sb_audit_run_report(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_audit_job job = {.cli = cli, .wants_vault = true};
    const char *to = sb_cli_text(cli, "out");
    int rc = sb_audit_begin(&job, cli, err);
    if (rc == 0)
        rc = job.kind == SB_AUDIT_BUNDLE ? sb_audit_collect(&job, NULL, NULL, err)
                                         : sb_audit_run(&job, err);
    if (rc == 0)
        rc = write_report(&job, to, err);
    if (rc == 0) {
        sb_out_text(sb_cli_out(cli), "report", sb_tr(cli, "Report"), to);
        sb_audit_tell_findings(&job);
        rc = sb_audit_tell_result(&job);
    }
    sb_audit_end(&job);
    return rc;
}
