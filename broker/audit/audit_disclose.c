/* Purpose: the section that a proof discloses: that it is what was signed, and that who
 * disclosed it has said so.
 * Not here: whether the act stands in the journal; the file does not prove it. */
#include "broker/audit/audit_proof.h"

#include "schemas/pack/value.h"

static size_t class_of(const struct audit_proof *p)
{
    const struct sb_event *event = &p->item.event;
    size_t c = 0;
    while (c < event->n_classes &&
           !sb_bytes_eq(event->classes[c].name, p->file.class_name))
        c++;
    return c;
}

static int open_section(struct sb_audit *a,
                        const struct audit_proof *p,
                        size_t c,
                        struct sb_buf *plain,
                        struct sb_err *err)
{
    struct sb_value value;
    int rc = p->file.event_key.n == SB_EVENT_KEY
                 ? sb_event_open_key(
                       p->file.event_key.p, &p->item, c, p->file.ciphertext, plain, err)
                 : sb_fail(err, SB_E_DISCLOSE, "the event's key has another length");
    return rc == 0 ? sb_value_unpack(sb_buf_bytes(plain), a->arena, &value, err) : rc;
}

static int section(struct sb_audit *a, const struct audit_proof *p, struct sb_err *err)
{
    struct sb_err why = {0};
    struct sb_buf plain = {0};
    size_t c = class_of(p);
    if (p->file.ciphertext.n == 0) {
        audit_say(a,
                  SB_AUDIT_CONTENT,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_ABSENT,
                  "the ciphertext is not in the file: what was said cannot be shown");
        return 0;
    }
    int rc = c < p->item.event.n_classes
                 ? open_section(a, p, c, &plain, &why)
                 : sb_fail(&why, SB_E_DISCLOSE, "the event has no such class");
    rc = audit_judge(a, SB_AUDIT_CONTENT, rc, &why, err);
    if (rc == 0) {
        a->facts.opened = 1;
        if (a->config->plain)
            a->config->plain(a->config->ctx, p->file.class_name, sb_buf_bytes(&plain));
    }
    sb_buf_free(&plain);
    return rc;
}

/* Whoever discloses a class must have been able to read it. */
static bool could_read(const struct audit_proof *p, struct sb_bytes who)
{
    const struct sb_epoch_core *core = &p->stream.epoch.core;
    for (size_t i = 0; i < core->n_readers; i++)
        if (sb_bytes_eq(core->readers[i].reader, who))
            return sb_codes_has(&core->readers[i].classes, p->file.class_name);
    return false;
}

static int
act_matches(const struct audit_proof *p, const struct sb_act *act, struct sb_err *err)
{
    const struct sb_proof_file *f = &p->file;
    if (!sb_bytes_is(act->act, SB_ACT_DISCLOSE) ||
        !sb_bytes_eq(act->stream, f->stream) || act->first_seq != f->seq ||
        act->last_seq != f->seq || !sb_codes_has(&act->classes, f->class_name) ||
        !sb_bytes_eq(act->text, f->order))
        return sb_fail(err,
                       SB_E_DISCLOSE,
                       "the signed act is not about this event, class and order");
    return 0;
}

int audit_disclosed(struct sb_audit *a, const struct audit_proof *p, struct sb_err *err)
{
    struct sb_record record;
    struct sb_act act;
    struct sb_err why = {0};
    a->facts.asked[SB_AUDIT_CONTENT] = true;
    a->facts.asked[SB_AUDIT_STATEMENTS] = true;
    int rc = section(a, p, err);
    if (rc < 0)
        return rc;
    rc = sb_record_read(p->file.act, &record, &why);
    if (rc == 0)
        rc = sb_act_read(record.body, a->arena, &act, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    rc = act_matches(p, &act, &why);
    if (rc == 0)
        rc = sb_dir_verify(
            a->trust, sb_trust_newest(a->trust), act.who, &record, act.time, &why);
    if (rc == 0 && !could_read(p, act.who))
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_NO_GRANT,
                  "the epoch gave %.*s no key of this class: whether a re-grant did, a "
                  "bundle tells",
                  SB_FMT(act.who));
    return audit_judge(a, SB_AUDIT_STATEMENTS, rc, &why, err);
}
