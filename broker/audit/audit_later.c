/* Purpose: answers to questions about batches that are not at hand.
 * Invariant: every question kept is answered and said once. */
#include "broker/audit/audit_later.h"
#include "broker/audit/audit_pass.h"
#include "broker/audit/audit_rights.h"

#include <stdlib.h>

int audit_ask_room(struct sb_audit *a, size_t n, struct sb_err *err)
{
    if (!a->questions) {
        a->questions = calloc(AUDIT_QUESTIONS, sizeof *a->questions);
        a->lates = calloc(AUDIT_QUESTIONS, sizeof *a->lates);
        if (!a->questions || !a->lates)
            return audit_no_memory(err);
    }
    return a->n_questions + n > AUDIT_QUESTIONS ? audit_answer(a, err) : 0;
}

int audit_ask(struct sb_audit *a, const struct audit_question *q, struct sb_err *err)
{
    if (a->n_questions == AUDIT_QUESTIONS)
        return sb_fail(err, SB_E_INTERNAL, "no room was made for a question");
    a->questions[a->n_questions++] = *q;
    return 0;
}

int audit_ask_late(struct sb_audit *a,
                   uint64_t stored_ms,
                   uint64_t newest_ms,
                   size_t *place,
                   struct sb_err *err)
{
    if (a->n_lates == AUDIT_QUESTIONS)
        return sb_fail(err, SB_E_INTERNAL, "no room was made for a receipt");
    a->lates[a->n_lates][0] = stored_ms;
    a->lates[a->n_lates][1] = newest_ms;
    *place = a->n_lates++;
    return 0;
}

void audit_late(struct sb_audit *a, uint64_t stored_ms, uint64_t newest_ms)
{
    uint64_t late =
        a->config->receipt_late_ms ? a->config->receipt_late_ms : AUDIT_DAY_MS;
    if (newest_ms == 0 || stored_ms < newest_ms || stored_ms - newest_ms <= late)
        return;
    a->facts.late_receipts++;
    audit_say(a,
              SB_AUDIT_STATEMENTS,
              SB_AUDIT_PASSED,
              SB_E_RECEIPT,
              "a receipt came %llu minutes after the newest batch that it names",
              (unsigned long long)((stored_ms - newest_ms) / 60000u));
}

static int by_place(const void *a, const void *b)
{
    const struct audit_question *x = a;
    const struct audit_question *y = b;
    int c = sb_bytes_cmp(x->stream, y->stream);
    return c != 0 ? c : x->last < y->last ? -1 : x->last > y->last;
}

/* The first question whose last event is not before this one. */
static size_t locate(const struct sb_audit *a, struct sb_bytes stream, uint64_t first)
{
    size_t low = 0;
    size_t high = a->n_questions;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct audit_question *q = &a->questions[mid];
        int c = sb_bytes_cmp(q->stream, stream);
        if (c < 0 || (c == 0 && q->last < first))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void answer_one(struct sb_audit *a,
                       struct audit_question *q,
                       const struct sb_batch *b,
                       const struct audit_entry *e)
{
    uint64_t index = e->raw->index;
    bool same = memcmp(q->hash, e->hash, SB_HASH) == 0;
    if (q->ask == AUDIT_ASK_OVERLAP) {
        if (index >= q->index)
            return;
        q->found = q->found || same;
        q->other = q->other || (!same && b->claim_no == q->claim_no);
        return;
    }
    if (!same || (q->ask == AUDIT_ASK_RECEIPT && index >= q->index))
        return;
    q->found = true;
    if (q->ask == AUDIT_ASK_RECEIPT && q->late != AUDIT_NO_LATE &&
        e->leaf.stored_ms > a->lates[q->late][1])
        a->lates[q->late][1] = e->leaf.stored_ms;
}

static int
visit(struct sb_audit *a, const struct sb_bundle_entry *raw, struct sb_err *err)
{
    struct audit_entry e = {.raw = raw};
    struct sb_batch b;
    (void)err;
    if (!raw->inside || sb_entry_read(raw->leaf, &e.leaf, NULL) != 0 ||
        e.leaf.kind != SB_KIND_BATCH ||
        sb_record_read(raw->record, &e.record, NULL) != 0 ||
        sb_batch_read(e.record.body, &b, NULL) != 0 || b.count == 0 ||
        b.first_seq > INT64_MAX || sb_record_hash(e.hash, e.record.body, NULL) != 0)
        return 0;
    uint64_t last = b.first_seq + b.count - 1;
    for (size_t i = locate(a, b.stream, b.first_seq); i < a->n_questions; i++) {
        struct audit_question *q = &a->questions[i];
        if (!sb_bytes_eq(q->stream, b.stream) || q->last > last + SB_BATCH_EVENTS)
            break; /* no question is wider than a batch */
        if (q->first <= last)
            answer_one(a, q, &b, &e);
    }
    return 0;
}

static void say_overlap(struct sb_audit *a, const struct audit_question *q)
{
    int code = q->other ? SB_E_EQUIVOCATION : q->found ? SB_E_DUPLICATE : SB_E_CONFLICT;
    const char *what =
        q->other   ? "two different batches were signed for the same events under one "
                     "claim"
        : q->found ? "this batch stands in the journal twice"
                   : "the batch does not stand at the stream's end";
    a->facts.double_signatures += q->other;
    audit_say(a,
              SB_AUDIT_STREAMS,
              SB_AUDIT_FAILED,
              code,
              "%.*s@%llu: %s",
              SB_FMT(q->stream),
              (unsigned long long)q->first,
              what);
}

static void say(struct sb_audit *a, const struct audit_question *q)
{
    a->at = q->index;
    a->at_entry = true;
    if (q->ask == AUDIT_ASK_OVERLAP) {
        say_overlap(a, q);
    } else if (!q->found) {
        bool cannot = a->holes || a->facts.outside > 0 || audit_is_later(a);
        bool receipt = q->ask == AUDIT_ASK_RECEIPT;
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  cannot ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED,
                  receipt ? SB_E_RECEIPT : SB_E_WITHHELD,
                  "%.*s@%llu: the %s a batch that this %s",
                  SB_FMT(q->stream),
                  (unsigned long long)q->last,
                  receipt ? "receipt is for" : "publisher's heads name",
                  cannot ? "bundle does not hold" : "journal does not have");
    }
    a->at_entry = false;
}

int audit_answer(struct sb_audit *a, struct sb_err *err)
{
    uint64_t at = a->at; /* an entry may be looked at meanwhile */
    bool at_entry = a->at_entry;
    struct sb_arena *arena = a->arena;
    struct audit_pass p = {.fn = visit};
    if (a->n_questions == 0)
        return 0;
    qsort(a->questions, a->n_questions, sizeof *a->questions, by_place);
    a->arena = sb_arena_new(0);
    int rc = a->arena ? sb_bundle_open(&p.bundle, a->dir, err) : audit_no_memory(err);
    if (rc == 0)
        rc = audit_pass(a, &p, err);
    for (size_t i = 0; rc == 0 && i < a->n_questions; i++)
        say(a, &a->questions[i]);
    for (size_t i = 0; rc == 0 && i < a->n_lates; i++)
        audit_late(a, a->lates[i][0], a->lates[i][1]);
    a->n_questions = a->n_lates = 0;
    sb_bundle_close(p.bundle);
    sb_arena_free(a->arena);
    a->arena = arena;
    a->at = at;
    a->at_entry = at_entry;
    return rc;
}
