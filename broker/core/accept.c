/* Purpose: what the rules of records share: signature and owner, the question whether
 * an old record is the same, the answer that waits for the disk. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

#include "schemas/base/text.h"

/* The journal can answer once all is durable that was accepted before. */
static void put_question(struct step *s, struct lookup *l)
{
    l->asked = true;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_LOOKUP);
    e->as.lookup.id = l->id;
    e->as.lookup.stream = sb_bytes_str(l->stream->name);
    e->as.lookup.kind = l->kind;
    e->as.lookup.first = l->first;
}

int accept_ask(struct step *s,
               const struct session *from,
               const struct lookup *question,
               uint64_t first,
               struct sb_err *err)
{
    int rc = question_judge(from, err);
    struct lookup *l = rc ? NULL : malloc(sizeof *l);
    if (!l)
        return rc ? rc : sb_fail(err, SB_E_MEMORY, "out of memory");
    *l = *question;
    l->id = question_new(s, from);
    l->first = first;
    l->after = s->core->size;
    l->peer = from->peer;
    memcpy(l->session, from->id, SB_SESSION);
    l->next = s->core->lookups;
    s->core->lookups = l;
    if (s->core->durable >= l->after)
        put_question(s, l);
    return 0;
}

void accept_committed(struct step *s)
{
    for (struct lookup *l = s->core->lookups; l; l = l->next)
        if (!l->asked && s->core->durable >= l->after)
            put_question(s, l);
}

void accept_found(struct step *s)
{
    struct lookup **at = &s->core->lookups;
    while (*at && (*at)->id != s->in->as.found.id)
        at = &(*at)->next;
    struct lookup *l = *at;
    if (!l)
        return;
    *at = l->next;
    struct session *to = session_by_peer(s->core, l->peer);
    bool same =
        s->in->as.found.found && memcmp(s->in->as.found.hash, l->hash, SB_HASH) == 0;
    if (to && memcmp(to->id, l->session, SB_SESSION) == 0) {
        struct sb_err why;
        if (same) {
            answer_stored(
                s, to, l->kind, l->stream, l->hash, l->number, s->in->as.found.index);
        } else {
            sb_fail(&why,
                    l->otherwise,
                    "%s: the journal has another %s %llu",
                    l->stream->name,
                    sb_kind_text(l->kind),
                    (unsigned long long)l->number);
            session_refuse(s,
                           to,
                           l->kind,
                           sb_bytes_str(l->stream->name),
                           l->hash,
                           l->stream->last_seq + 1,
                           &why);
        }
        if (!same && s->in->as.found.found && l->same_claim) {
            sb_fail(&why,
                    SB_E_EQUIVOCATION,
                    "%s: two different batches under one claim at entry %llu",
                    l->stream->name,
                    (unsigned long long)s->in->as.found.index);
            effect_log(s, to->institution, &why);
        }
    }
    free(l);
}

int accept_record(struct step *s,
                  const struct session *from,
                  struct sb_bytes raw,
                  struct signed_in *out,
                  struct sb_err *err)
{
    struct sb_bytes member = sb_bytes_str(from->institution);
    *out = (struct signed_in){0};
    int rc = sb_record_read(raw, &out->record, err);
    if (rc == 0)
        rc = sb_record_hash(out->hash, out->record.body, err);
    if (rc == 0)
        rc = sb_dir_verify(s->core->trust,
                           sb_trust_newest(s->core->trust),
                           member,
                           &out->record,
                           s->in->now_ms,
                           err);
    if (rc != SB_E_KEY_EXPIRED || s->core->opened_ms == 0)
        return rc;
    out->aged = true;
    return refill_verify(s->core, member, &out->record, err);
}

int accept_own(const struct session *from, struct sb_bytes stream, struct sb_err *err)
{
    struct sb_bytes institution;
    if (!sb_text_stream_parts(stream, &institution, NULL, NULL))
        return sb_fail(err, SB_E_CODE_FORM, "no stream's name");
    if (!sb_bytes_is(institution, from->institution))
        return sb_fail(err,
                       SB_E_NOT_YOURS,
                       "%.*s is no stream of %s",
                       SB_FMT(stream),
                       from->institution);
    return 0;
}

void accept_wait(struct step *s,
                 const struct session *from,
                 enum sb_kind kind,
                 struct stream *st,
                 const uint8_t *hash,
                 uint64_t number)
{
    struct wait w = {.kind = WAIT_STORED,
                     .index = s->core->size - 1,
                     .peer = from->peer,
                     .record = kind,
                     .stream = st,
                     .number = number};
    memcpy(w.session, from->id, SB_SESSION);
    memcpy(w.hash, hash, SB_HASH);
    append_wait(s, &w);
    bool withdrawal = kind == SB_KIND_PRUNE;
    share_stored(s,
                 from,
                 kind == SB_KIND_CLAIM || kind == SB_KIND_EPOCH ||
                     kind == SB_KIND_BATCH || kind == SB_KIND_REGRANT || withdrawal);
}
