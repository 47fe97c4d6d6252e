/* Purpose: entries as headers, without their content.
 * Invariant: at most SB_TAIL_MAX rows, all durable.
 * Not: verification; a record that cannot be read shows without its stream. */
#include "broker/io/tail.h"

#include "schemas/record/epoch.h"
#include "schemas/record/evidence.h"

struct position { /* what a record says of its stream */
    struct sb_bytes stream;
    uint64_t first;
    uint64_t last;
};

static int read_batch(struct sb_bytes body, struct position *p)
{
    struct sb_batch b;
    int rc = sb_batch_read(body, &b, NULL);
    if (!rc)
        *p = (struct position){b.stream, b.first_seq, b.first_seq + b.count - 1};
    return rc;
}

static int read_claim(struct sb_bytes body, struct position *p)
{
    struct sb_claim c;
    int rc = sb_claim_read(body, &c, NULL);
    if (!rc)
        *p = (struct position){c.stream, c.claim_no, c.claim_no};
    return rc;
}

static int read_epoch(struct sb_bytes body, struct sb_arena *arena, struct position *p)
{
    struct sb_epoch e;
    int rc = sb_epoch_read(body, arena, &e, NULL);
    if (!rc)
        *p = (struct position){e.core.stream, e.core.epoch_no, e.core.epoch_no};
    return rc;
}

static int
read_regrant(struct sb_bytes body, struct sb_arena *arena, struct position *p)
{
    struct sb_regrant r;
    int rc = sb_regrant_read(body, arena, &r, NULL);
    if (!rc)
        *p = (struct position){r.stream, 0, 0};
    return rc;
}

/* Of the broker's prune records, which are of no stream, or of an institution's. */
static int read_withdraw(struct sb_bytes body, struct position *p)
{
    struct sb_withdraw w;
    if (!sb_bytes_is(sb_record_tag(body), "sacbe/withdraw/1"))
        return 0;
    int rc = sb_withdraw_read(body, &w, NULL);
    if (!rc)
        *p = (struct position){w.stream, w.first_seq, w.last_seq};
    return rc;
}

static int read_act(struct sb_bytes body, struct sb_arena *arena, struct position *p)
{
    struct sb_act a;
    int rc = sb_act_read(body, arena, &a, NULL);
    if (!rc)
        *p = (struct position){a.stream, a.first_seq, a.last_seq};
    return rc;
}

static void
locate(const struct sb_stored_entry *e, struct sb_arena *arena, struct position *p)
{
    struct sb_record record;
    *p = (struct position){{NULL, 0}, 0, 0};
    if (sb_record_read(e->record, &record, NULL))
        return;
    int rc = 0;
    if (e->kind == SB_KIND_BATCH)
        rc = read_batch(record.body, p);
    else if (e->kind == SB_KIND_CLAIM)
        rc = read_claim(record.body, p);
    else if (e->kind == SB_KIND_EPOCH)
        rc = read_epoch(record.body, arena, p);
    else if (e->kind == SB_KIND_REGRANT)
        rc = read_regrant(record.body, arena, p);
    else if (e->kind == SB_KIND_PRUNE)
        rc = read_withdraw(record.body, p);
    else if (e->kind == SB_KIND_ACT)
        rc = read_act(record.body, arena, p);
    if (rc)
        *p = (struct position){{NULL, 0}, 0, 0};
}

static int add_row(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct sb_job *job = ctx;
    if (job->as.tail.n == job->as.tail.max || e->index >= job->as.tail.below)
        return 1;
    struct sb_entry entry;
    int rc = sb_entry_read(e->leaf, &entry, err);
    if (rc)
        return rc;
    struct position p;
    locate(e, job->arena, &p);
    struct sb_tail_row *row = &job->as.tail.rows[job->as.tail.n];
    *row = (struct sb_tail_row){.index = e->index,
                                .kind = e->kind,
                                .stored_ms = entry.stored_ms,
                                .stream = sb_arena_dup(job->arena, p.stream),
                                .first = p.first,
                                .last = p.last,
                                .bytes = e->record.n + e->items.n};
    if (!row->stream.p)
        return sb_fail(err, SB_E_MEMORY, "tail");
    for (size_t i = 0; i < e->n_cts; i++)
        row->bytes += e->ct_raw[i].n;
    job->as.tail.n++;
    return job->as.tail.n == job->as.tail.max;
}

int sb_tail_fill(struct sb_journal_reader *reader, struct sb_job *job)
{
    size_t max = job->as.tail.max;
    job->as.tail.rows = sb_arena_alloc(job->arena, max + 1, sizeof *job->as.tail.rows);
    if (!job->as.tail.rows)
        return sb_fail(&job->as.tail.err, SB_E_MEMORY, "tail");
    if (max == 0 || job->as.tail.from >= job->as.tail.below)
        return 0;
    int rc = sb_journal_each(
        reader, job->as.tail.from, 0, false, add_row, job, &job->as.tail.err);
    return rc < 0 ? rc : 0;
}
