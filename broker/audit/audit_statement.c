/* Purpose: rejects, re-grants, acts, prunes and withdrawals against what they are
 * about.
 */
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_statement.h"
#include "broker/audit/audit_stream.h"

#include "schemas/base/text.h"

void audit_statement_fault(struct sb_audit *a, int code, const char *what)
{
    audit_say(a, SB_AUDIT_STATEMENTS, audit_unexplained(a), code, "%s", what);
}

/* Events up to `last` stand in the journal before the entry; else it is said. */
static struct audit_stream *
about(struct sb_audit *a, struct sb_bytes stream, uint64_t last, const char *what)
{
    struct audit_stream *s = audit_find(a, stream);
    if (s && last <= s->last_seq)
        return s;
    bool cannot = (s && audit_is_blind(a, s)) || a->lost > 0;
    audit_say(a,
              SB_AUDIT_STATEMENTS,
              cannot ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED,
              SB_E_NOT_FOUND,
              "%s is about %.*s@%llu, which does not stand before it%s",
              what,
              SB_FMT(stream),
              (unsigned long long)last,
              cannot ? " in this bundle" : "");
    return cannot ? s : NULL;
}

static int reject(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_reject r;
    struct sb_err why = {0};
    int rc = sb_reject_read(e->record.body, &r, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    rc = audit_signed(a, r.reader, e, false, err);
    if (rc != 0)
        return rc;
    struct audit_stream *s = about(a, r.stream, r.seq, "a reject");
    struct audit_reader *reader = s ? audit_reader(s, r.reader) : NULL;
    if (s && !reader)
        audit_statement_fault(
            a, SB_E_NO_GRANT, "a reject by an institution that the stream is not for");
    return reader ? audit_ranges_add(&reader->rejected, r.seq, r.seq, err) : 0;
}

/* History goes to those whom a grant of that day lets read its classes; which events
 * the keys inside open, nobody but the reader sees. */
static int regrant_rights(struct sb_audit *a,
                          const struct audit_stream *s,
                          const struct sb_regrant *r,
                          const struct sb_entry *leaf,
                          struct sb_err *err)
{
    struct sb_codes granted;
    if (!audit_directory(a, leaf) || sb_bytes_eq(r->reader, s->institution))
        return 0;
    int rc = audit_granted(a, s, r->reader, leaf, &granted, err);
    bool all = rc == 0;
    for (size_t i = 0; all && i < r->n_epochs; i++)
        for (size_t c = 0; all && c < r->epochs[i].classes.n; c++)
            all = sb_codes_has(&granted, r->epochs[i].classes.items[c]);
    if (rc != 0)
        return rc;
    audit_say(
        a,
        SB_AUDIT_RIGHTS,
        all ? SB_AUDIT_PASSED : SB_AUDIT_FAILED,
        SB_E_NO_GRANT,
        all ? "%.*s: %.*s was given keys of %zu earlier epochs; what they open is "
              "not counted as sent to it"
            : "%.*s: %.*s was given keys of %zu earlier epochs, of classes that "
              "no grant of that day gives it",
        SB_FMT(s->name),
        SB_FMT(r->reader),
        r->n_epochs);
    return 0;
}

static int regrant(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_regrant r;
    struct sb_bytes institution;
    struct sb_err why = {0};
    int rc = sb_regrant_read(e->record.body, a->arena, &r, &why);
    if (rc == 0 && !sb_text_stream_parts(r.stream, &institution, NULL, NULL))
        rc = sb_fail(&why, SB_E_CODE_FORM, "a re-grant of no stream");
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    struct audit_stream *s = audit_find(a, r.stream);
    if (!s)
        audit_statement_fault(
            a, SB_E_NO_CLAIM, "a re-grant of a stream without a claim");
    rc = audit_signed(a, institution, e, false, err);
    if (rc != 0 || !s)
        return rc;
    if (!audit_add_reader(a, s, r.reader))
        return audit_no_memory(err);
    return regrant_rights(a, s, &r, &e->leaf, err);
}

static int deleted(struct sb_audit *a, const struct sb_act *act, struct sb_err *err)
{
    for (size_t i = 0; i < a->n_withdrawals; i++) {
        const struct audit_withdrawal *w = &a->withdrawals[i];
        if (!sb_bytes_eq(w->stream, act->stream) || w->first != act->first_seq ||
            w->last != act->last_seq || w->index >= a->at)
            continue;
        struct audit_stream *s = audit_find(a, act->stream);
        struct audit_reader *r = s ? audit_reader(s, act->who) : NULL;
        return r ? audit_ranges_add(&r->deleted, w->first, w->last, err) : 0;
    }
    audit_statement_fault(
        a, SB_E_WITHDRAWN, "an act of deletion of what no withdrawal before it names");
    return 0;
}

static int act(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_act t;
    struct sb_err why = {0};
    int rc = sb_act_read(e->record.body, a->arena, &t, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    rc = audit_signed(a, t.who, e, false, err);
    if (rc != 0)
        return rc;
    if (sb_bytes_is(t.act, SB_ACT_DELETE))
        return deleted(a, &t, err);
    struct audit_stream *s = about(a, t.stream, t.last_seq, "an act");
    if (s && !audit_reader(s, t.who))
        audit_statement_fault(
            a, SB_E_NO_GRANT, "an act by an institution that the stream is not for");
    return 0;
}

/* The withdrawal or prune that the first pass has weighed: says what does not hold. */
static int prune(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_withdraw w = {0};
    struct sb_err why = {0};
    uint64_t below = 0;
    int rc = 0;
    bool withdrawal = sb_bytes_is(sb_record_tag(e->record.body), "sacbe/withdraw/1");
    if (withdrawal)
        rc = audit_withdraw(a, e, &w, &why);
    else
        rc = audit_prune(a, e, &below, &why);
    if (rc == SB_E_DIR_VERSION)
        return 1; /* said when the directory was looked for */
    rc = audit_judge(
        a, rc == SB_E_RETENTION ? SB_AUDIT_STATEMENTS : SB_AUDIT_RIGHTS, rc, &why, err);
    if (rc != 0 || !withdrawal)
        return rc;
    uint64_t last = w.annulled_by > w.last_seq ? w.annulled_by : w.last_seq;
    (void)about(a, w.stream, last, "a withdrawal");
    return 0;
}

int audit_statement(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    switch ((int)e->leaf.kind) {
    case SB_KIND_RECEIPT:
        return audit_receipt(a, e, err);
    case SB_KIND_HEADS:
        return audit_heads(a, e, err);
    case SB_KIND_REJECT:
        return reject(a, e, err);
    case SB_KIND_REGRANT:
        return regrant(a, e, err);
    case SB_KIND_ACT:
        return act(a, e, err);
    case SB_KIND_PRUNE:
        return prune(a, e, err);
    default: /* notices: nothing writes them yet */
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_TAG,
                  "a %s: there is no rule by which to judge it",
                  sb_kind_text(e->leaf.kind));
        return 0;
    }
}
