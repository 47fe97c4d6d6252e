/* Purpose: `sacbe audit deliveries`: who got what, by the readers' own signed receipts,
 * and on which legal basis.
 * Invariant: the bundle is judged in the same pass; the table is told with its verdict.
 */
#include "broker/cli/cmd_audit.h"

struct filter {
    struct sb_audit_job *job;
    const char *stream;
    const char *reader;
};

static bool copy(struct sb_arena *arena, struct sb_bytes *b)
{
    *b = sb_arena_dup(arena, *b);
    return b->p != NULL;
}

static int keep(void *ctx, const struct sb_delivery *d, struct sb_err *err)
{
    const struct filter *f = ctx;
    struct sb_audit_job *job = f->job;
    if ((f->stream && !sb_bytes_is(d->stream, f->stream)) ||
        (f->reader && !sb_bytes_is(d->reader, f->reader)))
        return 0;
    struct sb_audit_delivered *row = sb_arena_alloc(job->arena, 1, sizeof *row);
    struct sb_bytes *bases = sb_arena_alloc(job->arena, d->n_bases + 1, sizeof *bases);
    if (!row || !bases)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    row->delivery = *d;
    row->delivery.bases = bases;
    bool good = copy(job->arena, &row->delivery.stream) &&
                copy(job->arena, &row->delivery.reader);
    for (size_t i = 0; good && i < d->n_bases; i++) {
        bases[i] = d->bases[i];
        good = copy(job->arena, &bases[i]);
    }
    if (!good)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    *(job->last_delivered ? &job->last_delivered->next : &job->delivered) = row;
    job->last_delivered = row;
    return 0;
}

int sb_audit_collect(struct sb_audit_job *job,
                     const char *stream,
                     const char *reader,
                     struct sb_err *err)
{
    struct filter f = {.job = job, .stream = stream, .reader = reader};
    if (job->kind != SB_AUDIT_BUNDLE)
        return sb_fail(err,
                       SB_E_INPUT,
                       "%s is no bundle: sacbe journal export DIR makes one",
                       job->path);
    int rc = sb_audit_deliveries(job->path, &job->config, keep, &f, &job->facts, err);
    sb_progress_end(&job->progress);
    if (rc == 0 && job->failed)
        rc = sb_fail(err, SB_E_MEMORY, "too many findings for the memory");
    return rc;
}

static void tell_table(const struct sb_audit_job *job)
{
    static const struct sb_out_column columns[] = {{"stream", "STREAM", false},
                                                   {"reader", "READER", false},
                                                   {"sent", "SENT", true},
                                                   {"delivered", "DELIVERED", true},
                                                   {"applied", "APPLIED", true},
                                                   {"rejected", "REJECTED", true},
                                                   {"pending", "NOT YET", true},
                                                   {"first_seq", "FROM", true},
                                                   {"last_seq", "TO", true},
                                                   {"withdrawn", "WITHDRAWN", true},
                                                   {"deleted", "DELETED", true},
                                                   {"receipt", "LAST RECEIPT", false}};
    struct sb_out *out = sb_cli_out(job->cli);
    sb_out_table(out, "deliveries", columns, sizeof columns / sizeof columns[0]);
    for (const struct sb_audit_delivered *r = job->delivered; r; r = r->next) {
        const struct sb_delivery *d = &r->delivery;
        sb_out_cell_bytes(out, d->stream);
        sb_out_cell_bytes(out, d->reader);
        sb_out_cell_int(out, (int64_t)d->sent);
        sb_out_cell_int(out, (int64_t)d->delivered);
        sb_out_cell_int(out, (int64_t)d->applied);
        sb_out_cell_int(out, (int64_t)d->rejected);
        sb_out_cell_int(out, (int64_t)d->pending);
        sb_out_cell_int(out, (int64_t)d->first_seq);
        sb_out_cell_int(out, (int64_t)d->last_seq);
        sb_out_cell_int(out, (int64_t)d->withdrawn);
        sb_out_cell_int(out, (int64_t)d->deleted);
        if (d->receipt_ms)
            sb_out_cell_time(out, d->receipt_ms);
        else
            sb_out_cell_text(out, NULL);
    }
    sb_out_end(out);
}

/* A legal text is long: it stands below the table, once per stream and reader. */
static void tell_bases(const struct sb_audit_job *job)
{
    static const struct sb_out_column columns[] = {{"stream", "STREAM", false},
                                                   {"reader", "READER", false},
                                                   {"basis", "LEGAL BASIS", false}};
    struct sb_out *out = sb_cli_out(job->cli);
    sb_out_table(out, "bases", columns, 3);
    for (const struct sb_audit_delivered *r = job->delivered; r; r = r->next)
        for (size_t i = 0; i < r->delivery.n_bases; i++) {
            sb_out_cell_bytes(out, r->delivery.stream);
            sb_out_cell_bytes(out, r->delivery.reader);
            sb_out_cell_bytes(out, r->delivery.bases[i]);
        }
    sb_out_end(out);
}

int sb_audit_run_deliveries(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_audit_job job = {.cli = cli};
    int rc = sb_audit_begin(&job, cli, err);
    if (rc == 0)
        rc = sb_audit_collect(
            &job, sb_cli_text(cli, "stream"), sb_cli_text(cli, "reader"), err);
    if (rc == 0) {
        tell_table(&job);
        tell_bases(&job);
        sb_audit_tell_findings(&job);
        rc = sb_audit_tell_result(&job);
    }
    sb_audit_end(&job);
    return rc;
}
