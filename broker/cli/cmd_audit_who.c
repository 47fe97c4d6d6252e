/* Purpose: `sacbe audit attribute`: whose key signed an event, who enrolled it, and
 * what it might sign then.
 * Invariant: it is told together with the verdict on the proof it rests on. */
#include "broker/cli/cmd_audit.h"

#include "schemas/base/text.h"

static void put_time(const struct sb_audit_job *job,
                     const char *key,
                     const char *label,
                     uint64_t ms)
{
    struct sb_out *out = sb_cli_out(job->cli);
    if (ms)
        sb_out_time(out, key, label, ms);
    else
        sb_out_text(out, key, NULL, NULL);
}

static void tell_event(const struct sb_audit_job *job, const struct sb_attribution *a)
{
    struct sb_out *out = sb_cli_out(job->cli);
    sb_out_bytes(out, "stream", sb_tr(job->cli, "Stream"), a->stream);
    sb_out_int(out, "seq", sb_tr(job->cli, "Event"), (int64_t)a->seq);
    sb_out_int(out, "index", sb_tr(job->cli, "Journal index"), (int64_t)a->index);
    put_time(job, "stored", sb_tr(job->cli, "Stored"), a->stored_ms);
    put_time(job, "sent", sb_tr(job->cli, "Sent, as its signer says"), a->sent_ms);
    sb_out_bytes(out, "institution", sb_tr(job->cli, "Signed by"), a->institution);
    sb_out_bytes(out, "name", sb_tr(job->cli, "Name"), a->institution_name);
}

static void tell_key(const struct sb_audit_job *job, const struct sb_attribution *a)
{
    struct sb_out *out = sb_cli_out(job->cli);
    char id[2 * SB_KEY_ID + 1];
    char pk[2 * SB_PK + 1];
    sb_hex(id, a->key_id, SB_KEY_ID);
    sb_hex(pk, a->pk, SB_PK);
    sb_out_text(out, "key_id", sb_tr(job->cli, "Key"), id);
    sb_out_text(out, "public_key", sb_tr(job->cli, "Public key"), pk);
    sb_out_int(out, "card", sb_tr(job->cli, "On its card number"), (int64_t)a->card_no);
    put_time(job, "valid_from", sb_tr(job->cli, "Key valid from"), a->key_not_before);
    put_time(job, "valid_until", sb_tr(job->cli, "Key valid until"), a->key_not_after);
    sb_out_int(out,
               "directory",
               sb_tr(job->cli, "Directory then in force"),
               (int64_t)a->directory_version);
    sb_out_bool(out, "valid", sb_tr(job->cli, "Valid at that index"), a->valid);
}

static int tell_enrolment(struct sb_audit_job *job,
                          const struct sb_attribution *a,
                          struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(job->cli);
    struct sb_buf holders = {0};
    for (size_t i = 0; i < a->n_root_holders; i++)
        sb_buf_printf(&holders, "%s%.*s", i ? ", " : "", SB_FMT(a->root_holders[i]));
    int rc = sb_buf_check(&holders, err);
    if (rc == 0) {
        sb_out_int(out,
                   "enrolled_version",
                   sb_tr(job->cli, "Enrolled by directory"),
                   (int64_t)a->enrolled_version);
        put_time(job, "enrolled", sb_tr(job->cli, "Issued"), a->enrolled_ms);
        sb_out_bytes(out,
                     "enrolled_by",
                     sb_tr(job->cli, "Signed by the roots of"),
                     sb_buf_bytes(&holders));
    }
    sb_buf_free(&holders);
    return rc;
}

/* A version and its time, or that there is none. */
static void tell_end(const struct sb_audit_job *job,
                     const char *const keys[2],
                     const char *const labels[2],
                     uint64_t version,
                     uint64_t ms)
{
    struct sb_out *out = sb_cli_out(job->cli);
    if (version == 0) {
        sb_out_text(out, keys[0], sb_tr(job->cli, labels[0]), NULL);
        sb_out_text(out, keys[1], NULL, NULL);
        return;
    }
    sb_out_int(out, keys[0], sb_tr(job->cli, labels[0]), (int64_t)version);
    put_time(job, keys[1], sb_tr(job->cli, labels[1]), ms);
}

static void tell_later(const struct sb_audit_job *job, const struct sb_attribution *a)
{
    static const char *const revoked[] = {"revoked_version", "revoked"};
    static const char *const revoked_words[] = {"Revoked by directory", "Revoked"};
    static const char *const suspended[] = {"suspended_version", "suspended"};
    static const char *const suspended_words[] = {"Suspended by directory",
                                                  "Suspended"};
    struct sb_out *out = sb_cli_out(job->cli);
    tell_end(job, revoked, revoked_words, a->revoked_version, a->revoked_ms);
    tell_end(job, suspended, suspended_words, a->suspended_version, a->suspended_ms);
    sb_out_bool(out,
                "own_witness",
                sb_tr(job->cli, "Its own witness cosigned this tree"),
                a->own_witness);
    put_time(job,
             "own_witness_time",
             sb_tr(job->cli, "Cosigned"),
             a->own_witness ? a->own_witness_s * 1000 : 0);
}

/* Whether nothing that was found speaks against this key having signed this event with
 * a right to; the rest of a proof says where the event stands and what became of it. */
static bool signer_stands(const struct sb_audit_job *job)
{
    for (const struct sb_audit_said *s = job->first; s; s = s->next) {
        enum sb_audit_part p = s->finding.part;
        enum sb_audit_verdict v = s->finding.verdict;
        bool right = p == SB_AUDIT_ROOTS || p == SB_AUDIT_RIGHTS;
        bool joint =
            p == SB_AUDIT_FORM || p == SB_AUDIT_DIRECTORIES || p == SB_AUDIT_STREAMS;
        if ((right && v != SB_AUDIT_PASSED) || (joint && v == SB_AUDIT_FAILED))
            return false;
    }
    return true;
}

/* What is open, each once; a withdrawal in its own words. */
static void put_open(const struct sb_audit_job *job, struct sb_buf *out)
{
    bool told[SB_AUDIT_PARTS] = {false};
    const char *before = "";
    for (const struct sb_audit_said *s = job->first; s; s = s->next) {
        const struct sb_audit_finding *f = &s->finding;
        const char *what = f->code == SB_E_WITHDRAWN
                               ? "the event was withdrawn: its text is gone, the "
                                 "signature holds"
                               : sb_audit_part_title(f->part);
        if (f->verdict != SB_AUDIT_INDETERMINATE || told[f->part])
            continue;
        told[f->part] = true;
        sb_buf_printf(out, "%s%s", before, sb_tr(job->cli, what));
        before = "; ";
    }
}

static void
tell_result(const struct sb_audit_job *job, enum sb_audit_verdict verdict, bool valid)
{
    struct sb_out *out = sb_cli_out(job->cli);
    enum sb_finding finding = sb_audit_finding(verdict);
    struct sb_buf open = {0};
    put_open(job, &open);
    if (!valid || !signer_stands(job))
        sb_out_result(out,
                      finding,
                      "%s",
                      sb_tr(job->cli,
                            "It is not shown that a valid key of this institution "
                            "signed this event."));
    else if (verdict == SB_AUDIT_PASSED)
        sb_out_result(out,
                      finding,
                      "%s",
                      sb_tr(job->cli,
                            "This key, valid at that index, signed this event. Not "
                            "proven: who held the key."));
    else if (verdict == SB_AUDIT_FAILED)
        sb_out_result(out,
                      finding,
                      "%s",
                      sb_tr(job->cli,
                            "This key was valid at that index and its signature "
                            "holds, but the proof fails elsewhere: see what failed."));
    else
        sb_out_result(out,
                      finding,
                      sb_tr(job->cli,
                            "This key, valid at that index, signed this event. Not "
                            "decided: %.*s. Not proven: who held the key."),
                      SB_FMT(sb_buf_bytes(&open)));
    sb_buf_free(&open);
}

static int attribute(struct sb_audit_job *job, struct sb_err *err)
{
    struct sb_attribution a = {.seq = 0};
    enum sb_audit_verdict verdict = SB_AUDIT_INDETERMINATE;
    if (job->kind != SB_AUDIT_PROOF)
        return sb_fail(err,
                       SB_E_INPUT,
                       "%s is no proof file: an institution makes one with sacbe event "
                       "prove STREAM@SEQ -o FILE",
                       job->path);
    int rc = sb_audit_attribute(
        sb_buf_bytes(&job->proof), &job->config, job->arena, &a, &verdict, err);
    sb_progress_end(&job->progress);
    if (rc == 0) {
        tell_event(job, &a);
        tell_key(job, &a);
        rc = tell_enrolment(job, &a, err);
    }
    if (rc != 0)
        return rc;
    tell_later(job, &a);
    sb_audit_tell_findings(job);
    tell_result(job, verdict, a.valid);
    if (verdict == SB_AUDIT_PASSED && !a.valid)
        return SB_EXIT_NO;
    return (int)sb_audit_exit(verdict);
}

int sb_audit_run_attribute(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_audit_job job = {.cli = cli};
    int rc = sb_audit_begin(&job, cli, err);
    if (rc == 0)
        rc = attribute(&job, err);
    sb_audit_end(&job);
    return rc;
}
