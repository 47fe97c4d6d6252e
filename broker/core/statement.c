/* Purpose: records of members that are judged alone: heads, receipts, rejects,
 * re-grants, acts, withdrawals.
 * Invariant: nobody speaks for another, and nobody takes back another's events. */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

#include "schemas/base/text.h"
#include "schemas/record/evidence.h"

#define WITHDRAW_EVENTS 1000000u /* of one withdrawal */

struct statement {
    struct session *from;
    enum sb_kind kind;
    struct signed_in in;
    struct sb_bytes signer; /* the institution that the statement names */
    struct sb_bytes stream; /* what it is about; empty for heads and receipts */
    struct sb_bytes reader; /* re-grants */
    uint64_t first;         /* events that it is about */
    uint64_t number;        /* the last of them */
    uint64_t time;          /* heads and withdrawals */
    uint64_t tree_size;     /* the tree that a receipt names */
    uint8_t root[SB_HASH];
};

static enum sb_kind kind_of(enum sb_command cmd)
{
    switch ((unsigned)cmd) {
    case SB_CMD_HEADS:
        return SB_KIND_HEADS;
    case SB_CMD_RECEIPT:
        return SB_KIND_RECEIPT;
    case SB_CMD_REJECT:
        return SB_KIND_REJECT;
    case SB_CMD_ACT:
        return SB_KIND_ACT;
    case SB_CMD_WITHDRAW:
        return SB_KIND_PRUNE;
    default:
        return SB_KIND_REGRANT;
    }
}

static int read_heads(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_heads heads;
    int rc = sb_heads_read(
        t->in.record.body, s->out->arena, &t->signer, &heads, &t->time, err);
    for (size_t i = 0; rc == 0 && i < heads.n; i++)
        rc = accept_own(t->from, heads.items[i].stream, err);
    if (rc == 0 && heads.n > SB_OWN_STREAMS_MAX)
        rc = sb_fail(err, SB_E_LIMIT, "heads of %zu streams", heads.n);
    return rc;
}

static int read_receipt(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_receipt receipt;
    int rc = sb_receipt_read(t->in.record.body, s->out->arena, &receipt, err);
    if (rc != 0)
        return rc;
    t->signer = receipt.reader;
    t->tree_size = receipt.tree_size;
    memcpy(t->root, receipt.root, SB_HASH);
    return 0;
}

static int read_reject(struct statement *t, struct sb_err *err)
{
    struct sb_reject reject;
    int rc = sb_reject_read(t->in.record.body, &reject, err);
    if (rc != 0)
        return rc;
    t->signer = reject.reader;
    t->stream = reject.stream;
    t->first = t->number = reject.seq;
    return 0;
}

/* Only what the reader's grants show now; its publisher may give itself its own. */
static int judge_regrant(struct step *s,
                         const struct statement *t,
                         const struct sb_regrant *regrant,
                         struct sb_err *err)
{
    struct sb_bytes type;
    struct sb_codes granted;
    const struct sb_dir *dir = sb_trust_newest(s->core->trust);
    struct sb_bytes publisher = sb_bytes_str(t->from->institution);
    if (sb_bytes_eq(regrant->reader, publisher))
        return 0;
    (void)sb_text_stream_parts(regrant->stream, NULL, &type, NULL);
    int rc = sb_dir_classes(dir,
                            publisher,
                            type,
                            regrant->reader,
                            s->in->now_ms,
                            s->out->arena,
                            &granted,
                            err);
    for (size_t i = 0; rc == 0 && i < regrant->n_epochs; i++)
        for (size_t c = 0; rc == 0 && c < regrant->epochs[i].classes.n; c++)
            if (!sb_codes_has(&granted, regrant->epochs[i].classes.items[c]))
                rc = sb_fail(err,
                             SB_E_NO_GRANT,
                             "%.*s: a re-grant of class %.*s to %.*s, which has no "
                             "grant for it",
                             SB_FMT(regrant->stream),
                             SB_FMT(regrant->epochs[i].classes.items[c]),
                             SB_FMT(regrant->reader));
    return rc;
}

static int read_regrant(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_regrant regrant;
    int rc = sb_regrant_read(t->in.record.body, s->out->arena, &regrant, err);
    if (rc != 0)
        return rc;
    t->stream = regrant.stream;
    t->reader = regrant.reader;
    rc = accept_own(t->from, regrant.stream, err);
    return rc == 0 ? judge_regrant(s, t, &regrant, err) : rc;
}

static int read_act(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_act act;
    int rc = sb_act_read(t->in.record.body, s->out->arena, &act, err);
    if (rc != 0)
        return rc;
    t->signer = act.who;
    t->stream = act.stream;
    t->first = act.first_seq;
    t->number = act.last_seq;
    return 0;
}

/* Only what is stored, and only as much as the journal can go through at once. */
static int read_withdraw(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_withdraw w;
    int rc = sb_withdraw_read(t->in.record.body, &w, err);
    if (rc != 0)
        return rc;
    t->stream = w.stream;
    t->first = w.first_seq;
    t->number = w.last_seq;
    t->time = w.time;
    rc = accept_own(t->from, w.stream, err);
    const struct stream *st = rc == 0 ? stream_find(s->core, w.stream) : NULL;
    uint64_t last = st ? st->last_seq : 0;
    if (rc == 0 && w.last_seq - w.first_seq >= WITHDRAW_EVENTS)
        rc = sb_fail(err,
                     SB_E_LIMIT,
                     "%.*s: a withdrawal of more than %u events",
                     SB_FMT(w.stream),
                     WITHDRAW_EVENTS);
    if (rc == 0 && st && (w.last_seq > last || w.annulled_by > last))
        rc = sb_fail(
            err,
            SB_E_RANGE,
            "%.*s: a withdrawal up to event %llu, annulled by %llu; the last is "
            "%llu",
            SB_FMT(w.stream),
            (unsigned long long)w.last_seq,
            (unsigned long long)w.annulled_by,
            (unsigned long long)last);
    if (rc == 0 && w.annulled_by != 0 && w.annulled_by <= w.last_seq)
        rc = sb_fail(err,
                     SB_E_RANGE,
                     "%.*s: event %llu cannot annul event %llu",
                     SB_FMT(w.stream),
                     (unsigned long long)w.annulled_by,
                     (unsigned long long)w.last_seq);
    return rc;
}

static int read_statement(struct step *s, struct statement *t, struct sb_err *err)
{
    int rc = 0;
    t->signer = sb_bytes_str(t->from->institution);
    if (t->kind == SB_KIND_HEADS) {
        rc = read_heads(s, t, err);
    } else if (t->kind == SB_KIND_RECEIPT) {
        rc = read_receipt(s, t, err);
    } else if (t->kind == SB_KIND_REJECT) {
        rc = read_reject(t, err);
    } else if (t->kind == SB_KIND_ACT) {
        rc = read_act(s, t, err);
    } else if (t->kind == SB_KIND_PRUNE) {
        rc = read_withdraw(s, t, err);
    } else {
        rc = read_regrant(s, t, err);
    }
    if (rc == 0 && !sb_bytes_is(t->signer, t->from->institution))
        rc = sb_fail(err,
                     SB_E_NOT_YOURS,
                     "a %s in the name of %.*s",
                     sb_kind_text(t->kind),
                     SB_FMT(t->signer));
    if (rc == 0 && t->stream.n && !stream_find(s->core, t->stream))
        rc = sb_fail(
            err, SB_E_NOT_FOUND, "a %s about an unknown stream", sb_kind_text(t->kind));
    if (rc == 0)
        rc = refill_judge(
            &t->in, t->kind == SB_KIND_PRUNE && refill_is_old(s->core, t->time), err);
    return rc;
}

/* The place of this institution's newest statement of the kind; NULL: out of memory. */
static struct said *said_of(struct step *s, const struct statement *t)
{
    struct said *at = s->core->said;
    while (at &&
           (at->kind != t->kind || strcmp(at->institution, t->from->institution) != 0))
        at = at->next;
    if (at)
        return at;
    at = calloc(1, sizeof *at);
    if (!at) {
        s->out->failed = true;
        return NULL;
    }
    memcpy(at->institution, t->from->institution, sizeof at->institution);
    at->kind = t->kind;
    at->index = UINT64_MAX;
    at->next = s->core->said;
    s->core->said = at;
    return at;
}

/* Said again: answered with its index, when that is durable. */
static int answer_again(struct step *s,
                        const struct statement *t,
                        uint64_t index,
                        struct sb_err *err)
{
    struct stream *st = t->stream.n ? stream_find(s->core, t->stream) : NULL;
    struct wait w = {.kind = WAIT_STORED,
                     .index = index,
                     .peer = t->from->peer,
                     .record = t->kind,
                     .stream = st,
                     .number = t->number,
                     .again = t->from->share};
    memcpy(w.session, t->from->id, SB_SESSION);
    memcpy(w.hash, t->in.hash, SB_HASH);
    if (index < s->core->durable) {
        answer_stored(s, t->from, t->kind, st, t->in.hash, t->number, index);
        return 0;
    }
    int rc = question_judge(t->from, err);
    if (rc != 0)
        return rc;
    w.again->questions++;
    append_wait(s, &w);
    return 0;
}

static int
store_statement(struct step *s, const struct statement *t, struct sb_err *err)
{
    struct said *said = said_of(s, t);
    if (!said)
        return 0;
    if (said->index != UINT64_MAX && memcmp(said->hash, t->in.hash, SB_HASH) == 0)
        return answer_again(s, t, said->index, err);
    int rc = share_record(s, t->from, t->in.record.raw, err);
    if (rc != 0)
        return rc;
    struct stream *st = t->stream.n ? stream_find(s->core, t->stream) : NULL;
    struct sb_append entry = {.kind = t->kind,
                              .record = t->in.record.raw,
                              .first = t->first,
                              .last = t->number,
                              .reader = t->reader};
    if (st)
        entry.stream = sb_bytes_str(st->name);
    memcpy(entry.hash, t->in.hash, SB_HASH);
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    if (st && (t->kind == SB_KIND_REGRANT || t->kind == SB_KIND_PRUNE))
        st->tail = s->core->size - 1; /* these stand in the stream */
    said->index = s->core->size - 1;
    memcpy(said->hash, t->in.hash, SB_HASH);
    if (t->kind == SB_KIND_HEADS)
        notice_keep_heads(s, t->from, t->in.record.raw, t->time);
    accept_wait(s, t->from, t->kind, st, t->in.hash, t->number);
    return 0;
}

void accept_statement(struct step *s, struct session *from, const struct sb_message *m)
{
    struct statement t = {.from = from, .kind = kind_of(m->cmd)};
    struct sb_err why;
    int rc = accept_record(s, from, m->payload[0], &t.in, &why);
    if (rc == 0)
        rc = read_statement(s, &t, &why);
    if (rc == 0 && t.kind == SB_KIND_RECEIPT)
        rc = tree_judge(s, t.tree_size, t.root, &why);
    bool waits = rc == 1;
    if (waits)
        rc = tree_wait(s, from, m, t.tree_size, &why);
    else if (rc == 0)
        rc = store_statement(s, &t, &why);
    if (rc != 0)
        session_refuse(s, from, t.kind, t.stream, t.in.hash, 0, &why);
}
