/* Purpose: ciphertexts against the hashes that their items name, and absences.
 * Invariant: an absence is explained by a prune or a withdrawal that holds, or it is a
 * loss. */
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_stream.h"

struct missing { /* of one batch */
    uint64_t unexplained;
    uint64_t first_seq;
};

/* A withdrawn ciphertext that is still there: the file that holds it can be older than
 * the withdrawal only when it was whole before. */
static void still_there(struct sb_audit *a,
                        const struct audit_withdrawal *w,
                        const struct sb_event *event)
{
    uint64_t end = (a->at / SB_TILE_WIDTH + 1) * SB_TILE_WIDTH;
    bool since = w->index < end || end > a->facts.size;
    if (!since) {
        a->still_there++;
        return;
    }
    audit_say(a,
              SB_AUDIT_TEXTS,
              SB_AUDIT_FAILED,
              SB_E_WITHDRAWN,
              "%.*s@%llu was withdrawn by entry %llu and its ciphertext is still there",
              SB_FMT(event->stream),
              (unsigned long long)event->seq,
              (unsigned long long)w->index);
}

static void absent(struct sb_audit *a, const struct sb_event *event, struct missing *m)
{
    if (audit_withdrawn(a, event->stream, event->seq)) {
        a->facts.withdrawn++;
    } else if (a->at < a->prune_below) {
        a->facts.pruned++;
    } else {
        a->facts.absent++;
        if (m->unexplained++ == 0)
            m->first_seq = event->seq;
    }
}

struct sb_bytes audit_text(const struct sb_cts *cts, struct sb_bytes name, size_t i)
{
    for (size_t c = 0; c < cts->n; c++)
        if (sb_bytes_eq(cts->classes[c].name, name) && i < cts->classes[c].n)
            return cts->classes[c].cts[i];
    return sb_bytes(NULL, 0);
}

static void check_item(struct sb_audit *a,
                       const struct sb_item *item,
                       size_t i,
                       const struct sb_cts *cts,
                       struct missing *m)
{
    const struct sb_event *event = &item->event;
    bool there = false;
    for (size_t c = 0; c < event->n_classes; c++) {
        uint8_t hash[SB_HASH];
        struct sb_bytes text = audit_text(cts, event->classes[c].name, i);
        if (text.n == 0) {
            absent(a, event, m);
            continue;
        }
        there = true;
        sb_hash(hash, "sacbe/ct/1", text);
        if (memcmp(hash, item->ct_hash[c], SB_HASH) != 0)
            audit_say(a,
                      SB_AUDIT_TEXTS,
                      SB_AUDIT_FAILED,
                      SB_E_JOURNAL_CT,
                      "%.*s@%llu: the ciphertext of class %.*s is not the one that its "
                      "item names",
                      SB_FMT(event->stream),
                      (unsigned long long)event->seq,
                      SB_FMT(event->classes[c].name));
    }
    const struct audit_withdrawal *w =
        there ? audit_withdrawn(a, event->stream, event->seq) : NULL;
    if (w)
        still_there(a, w, event);
}

/* Classes and counts are those of the batch; a class may be missing as a whole. */
static bool shape(const struct sb_cts *cts, const struct sb_item *item, size_t n)
{
    for (size_t c = 0; c < cts->n; c++) {
        bool known = false;
        for (size_t k = 0; k < item->event.n_classes; k++)
            known =
                known || sb_bytes_eq(cts->classes[c].name, item->event.classes[k].name);
        if (!known || cts->classes[c].n != n)
            return false;
    }
    return true;
}

int audit_texts(struct sb_audit *a,
                const struct audit_stream *s,
                const struct sb_bytes *items,
                size_t n,
                struct sb_bytes payload,
                struct sb_err *err)
{
    struct sb_cts cts = {0};
    struct sb_err why = {0};
    struct missing m = {0};
    int rc = payload.n ? sb_cts_read(payload, a->arena, &cts, &why) : 0;
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_TEXTS, rc, &why, err);
    for (size_t i = 0; i < n; i++) {
        struct sb_item item;
        rc = sb_item_read(items[i], &item, &why);
        if (rc != 0)
            return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
        if (i == 0 && !shape(&cts, &item, n)) {
            audit_say(a,
                      SB_AUDIT_TEXTS,
                      SB_AUDIT_FAILED,
                      SB_E_JOURNAL_CT,
                      "%.*s: the ciphertexts are not those of the batch's classes and "
                      "events",
                      SB_FMT(s->name));
            return 1;
        }
        check_item(a, &item, i, &cts, &m);
    }
    if (m.unexplained > 0)
        audit_say(a,
                  SB_AUDIT_TEXTS,
                  SB_AUDIT_FAILED,
                  SB_E_ABSENT,
                  "%.*s: %llu ciphertexts from event %llu on are gone, and no record "
                  "says why",
                  SB_FMT(s->name),
                  (unsigned long long)m.unexplained,
                  (unsigned long long)m.first_seq);
    return 0;
}
