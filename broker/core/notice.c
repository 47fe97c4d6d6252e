/* Purpose: what readers are told beside their streams: heads of the publishers that
 * they read, and the newest prune record.
 * Invariant: nobody is told of what is not durable; one record is kept per institution,
 * and one prune record. */
#include "broker/core/core_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/record/evidence.h"

#define HEADS_MS 1000u /* between two tellings of one institution's heads */

void notice_free(struct sb_core *core)
{
    while (core->heads) {
        struct heads_kept *next = core->heads->next;
        sb_buf_free(&core->heads->record);
        free(core->heads);
        core->heads = next;
    }
    sb_buf_free(&core->prune.record);
}

static bool replace(struct sb_buf *buf, struct sb_bytes bytes)
{
    sb_buf_reset(buf);
    sb_buf_put(buf, bytes.p, bytes.n);
    return !buf->failed;
}

void notice_keep_heads(struct step *s,
                       const struct session *from,
                       struct sb_bytes record,
                       uint64_t time)
{
    struct heads_kept *at = s->core->heads;
    while (at && strcmp(at->institution, from->institution) != 0)
        at = at->next;
    if (at && time < at->time)
        return;
    if (!at) {
        at = calloc(1, sizeof *at);
        if (!at) {
            s->out->failed = true;
            return;
        }
        memcpy(at->institution, from->institution, sizeof at->institution);
        at->next = s->core->heads;
        s->core->heads = at;
    }
    at->time = time;
    at->index = s->core->size - 1;
    if (!replace(&at->record, record))
        s->out->failed = true;
}

/* Whether any stream of the publisher is granted to the reader now. */
static bool reads(struct step *s, const char *publisher, const char *reader)
{
    const struct sb_dir *d = sb_trust_newest(s->core->trust);
    for (size_t i = 0; i < sb_dir_body(d)->n_grants; i++) {
        const struct sb_grant *g = sb_dir_grant(d, i);
        struct sb_codes classes;
        struct sb_err err;
        if (!sb_bytes_is(g->publisher, publisher) || !sb_bytes_is(g->reader, reader) ||
            s->in->now_ms < g->not_before || s->in->now_ms >= g->not_after)
            continue;
        int rc = sb_dir_classes(d,
                                g->publisher,
                                g->type,
                                g->reader,
                                s->in->now_ms,
                                s->out->arena,
                                &classes,
                                &err);
        if (rc == SB_E_MEMORY)
            s->out->failed = true;
        if (rc == 0 && classes.n > 0)
            return true;
    }
    return false;
}

static void tell(struct step *s, const struct session *to, struct sb_bytes record)
{
    struct sb_message m = {.cmd = SB_CMD_NOTICE, .n_payload = 1};
    m.payload[0] = record;
    effect_reply(s, to, &m);
}

/* Each record goes to many: one institution does not fill the others' queues. */
static void tell_heads(struct step *s, struct heads_kept *kept)
{
    kept->untold = kept->told && s->in->mono_ms - kept->told_mono < HEADS_MS;
    if (kept->untold)
        return;
    kept->told = true;
    kept->told_mono = s->in->mono_ms;
    struct sb_bytes record = effect_keep(s->out, sb_buf_bytes(&kept->record));
    for (struct session *at = s->core->sessions; at; at = at->next)
        if (at->state == SESSION_OPEN && reads(s, kept->institution, at->institution))
            tell(s, at, record);
}

void notice_heads(struct step *s, uint64_t index)
{
    struct heads_kept *kept = s->core->heads;
    while (kept && kept->index != index)
        kept = kept->next;
    if (kept) /* else a newer one follows */
        tell_heads(s, kept);
}

void notice_tick(struct step *s)
{
    for (struct heads_kept *at = s->core->heads; at; at = at->next)
        if (at->untold && at->index < s->core->durable)
            tell_heads(s, at);
}

void notice_keep_prune(struct step *s, struct sb_bytes record, uint64_t below)
{
    struct prune_kept *kept = &s->core->prune;
    kept->index = s->core->size - 1;
    kept->below = below;
    kept->durable = false;
    if (!replace(&kept->record, record))
        s->out->failed = true;
}

void notice_prune(struct step *s)
{
    struct prune_kept *kept = &s->core->prune;
    if (kept->durable || kept->below == 0 || kept->index >= s->core->durable)
        return;
    kept->durable = true;
    struct sb_bytes record = effect_keep(s->out, sb_buf_bytes(&kept->record));
    for (struct session *at = s->core->sessions; at; at = at->next)
        if (at->state == SESSION_OPEN)
            tell(s, at, record);
}

void notice_welcome(struct step *s, const struct session *to)
{
    const struct prune_kept *prune = &s->core->prune;
    if (prune->durable)
        tell(s, to, effect_keep(s->out, sb_buf_bytes(&prune->record)));
    for (const struct heads_kept *at = s->core->heads; at; at = at->next)
        if (at->index < s->core->durable && reads(s, at->institution, to->institution))
            tell(s, to, effect_keep(s->out, sb_buf_bytes(&at->record)));
}

int sb_core_restore_prune(struct sb_core *core,
                          struct sb_bytes record,
                          struct sb_err *err)
{
    struct sb_record envelope;
    struct sb_prune prune;
    int rc = sb_record_read(record, &envelope, err);
    if (rc == 0)
        rc = sb_prune_read(envelope.body, &prune, err);
    if (rc != 0)
        return rc;
    core->prune.below = prune.below;
    core->prune.durable = true;
    if (!replace(&core->prune.record, record))
        return sb_fail(err, SB_E_MEMORY, "out of memory for a prune record");
    return 0;
}
