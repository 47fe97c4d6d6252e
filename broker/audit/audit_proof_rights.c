/* Purpose: whose keys stand behind a proof file: its epoch, its batch, what withdraws
 * it. Invariant: what only the leaves around it would tell is indeterminate, never
 * passed over. */
#include "broker/audit/audit_proof.h"
#include "broker/audit/audit_rights.h"

/* What the two leaves say of time and directories goes up; the epoch's directory is on
 * the chain, as far as the file holds the chain. */
static void order(struct sb_audit *a, const struct audit_proof *p, bool old)
{
    const struct sb_entry *epoch = &p->epoch_entry.leaf;
    const struct sb_entry *batch = &p->batch_entry.leaf;
    if (epoch->stored_ms > batch->stored_ms ||
        epoch->directory_version > batch->directory_version)
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_FAILED,
                  SB_E_JOURNAL_ORDER,
                  "the batch is dated before the epoch that it is under");
    bool whole = sb_trust_version(a->trust, 1) &&
                 sb_trust_version(a->trust, epoch->directory_version);
    a->at = p->epoch_raw.index;
    if (whole || sb_trust_by_hash(a->trust, p->stream.epoch.core.directory_hash))
        audit_epoch_directory(a, &p->stream, &p->epoch_entry, old);
}

/* A broker that dates a batch by a directory older than the one in force brings a key
 * back. The leaves before it would tell; here only the date of a later one does. */
static int
later_directories(struct sb_audit *a, const struct audit_proof *p, struct sb_err *err)
{
    const struct sb_entry *leaf = &p->batch_entry.leaf;
    struct sb_err why = {0};
    const struct sb_dir *d = sb_trust_version(a->trust, leaf->directory_version + 1);
    for (; d; d = sb_trust_version(a->trust, sb_dir_body(d)->version + 1)) {
        if (sb_dir_body(d)->issued > leaf->stored_ms)
            break;
        int rc = sb_dir_verify(a->trust,
                               d,
                               p->stream.institution,
                               &p->batch_entry.record,
                               leaf->stored_ms,
                               &why);
        if (audit_stops(rc, &why, err))
            return rc;
        if (rc == 0)
            continue;
        audit_say(a,
                  SB_AUDIT_RIGHTS,
                  SB_AUDIT_INDETERMINATE,
                  rc,
                  "directory %llu, signed before the batch was stored, refuses its key "
                  "(%s): whether that directory was in force, a bundle tells",
                  (unsigned long long)sb_dir_body(d)->version,
                  why.text);
        break;
    }
    return 0;
}

int audit_proof_rights(struct sb_audit *a, struct audit_proof *p, struct sb_err *err)
{
    struct audit_stream *s = &p->stream;
    bool old_epoch = audit_is_old(a, s->epoch.core.not_before);
    bool old = old_epoch && audit_is_old(a, p->batch.sent);
    order(a, p, old_epoch);
    a->at = p->epoch_raw.index;
    int rc = audit_signed(a, s->institution, &p->epoch_entry, old_epoch, err);
    if (rc >= 0 && !old_epoch)
        rc = audit_readers(a, s, &p->epoch_entry, err);
    if (rc < 0)
        return rc;
    a->at = p->batch_raw.index;
    rc = audit_signed(a, s->institution, &p->batch_entry, old, err);
    if (rc >= 0 && !old)
        rc = audit_readers(a, s, &p->batch_entry, err);
    return rc < 0 || old ? rc : later_directories(a, p, err);
}

/* By the newest directory; a key that was revoked since may have been good then, by the
 * directory of the withdrawal's own date. */
static int withdrawal_signed(struct sb_audit *a,
                             const struct audit_proof *p,
                             const struct sb_record *record,
                             const struct sb_withdraw *w,
                             struct sb_err *why)
{
    struct sb_bytes who = p->stream.institution;
    const struct sb_dir *d = sb_trust_newest(a->trust);
    int rc = sb_dir_verify(a->trust, d, who, record, w->time, why);
    if (rc == 0 || audit_fatal(rc))
        return rc;
    while (d && sb_dir_body(d)->issued > w->time)
        d = sb_trust_version(a->trust, sb_dir_body(d)->version - 1);
    struct sb_err then = {0};
    int held =
        d ? sb_dir_verify(a->trust, d, who, record, w->time, &then) : SB_E_DIR_VERSION;
    if (audit_stops(held, &then, why))
        return held;
    if (held != 0)
        return rc;
    audit_say(a,
              SB_AUDIT_STATEMENTS,
              SB_AUDIT_INDETERMINATE,
              rc,
              "a withdrawal is signed with a key that directory %llu still had and a "
              "later one refuses: when it was signed, a bundle tells",
              (unsigned long long)sb_dir_body(d)->version);
    return 0;
}

/* One withdrawal in the file: it has no leaf, so its own time is the judge's. */
static int withdrawal(struct sb_audit *a,
                      const struct audit_proof *p,
                      struct sb_bytes raw,
                      struct sb_err *err)
{
    struct sb_record record;
    struct sb_withdraw w;
    struct sb_err why = {0};
    int rc = sb_record_read(raw, &record, &why);
    if (rc == 0)
        rc = sb_withdraw_read(record.body, &w, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    rc = sb_bytes_eq(w.stream, p->file.stream)
             ? withdrawal_signed(a, p, &record, &w, &why)
             : sb_fail(&why, SB_E_JOIN, "a withdrawal of another stream");
    rc = audit_judge(a, SB_AUDIT_STATEMENTS, rc, &why, err);
    if (rc == 0 && w.first_seq <= p->file.seq && p->file.seq <= w.last_seq)
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_WITHDRAWN,
                  "the event was sent, and its institution has withdrawn it since");
    return rc;
}

int audit_proof_statements(struct sb_audit *a,
                           const struct audit_proof *p,
                           struct sb_err *err)
{
    a->facts.asked[SB_AUDIT_STATEMENTS] = p->file.n_withdrawals > 0;
    for (size_t i = 0; i < p->file.n_withdrawals; i++) {
        int rc = withdrawal(a, p, p->file.withdrawals[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
