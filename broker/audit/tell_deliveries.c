/* Purpose: who got what of a bundle: sent, delivered, applied, rejected, pending.
 * Invariant: only signed records count: epochs say who was sent to, receipts and
 * rejects who got it. */
#include "broker/audit/tell.h"
#include "broker/audit/audit_bundle.h"
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_stream.h"

#include <stdlib.h>

static int withdrawn_of(const struct sb_audit *a,
                        struct sb_bytes stream,
                        struct audit_ranges *out,
                        struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->n_withdrawals; i++)
        if (sb_bytes_eq(a->withdrawals[i].stream, stream))
            rc = audit_ranges_add(
                out, a->withdrawals[i].first, a->withdrawals[i].last, err);
    return rc;
}

static struct sb_delivery delivery_of(const struct audit_stream *s,
                                      const struct audit_reader *r,
                                      const struct audit_ranges *withdrawn)
{
    struct sb_delivery d = {.stream = s->name,
                            .reader = r->code,
                            .receipt_ms = r->receipt_ms,
                            .bases = r->bases,
                            .n_bases = r->n_bases};
    uint64_t early = audit_ranges_common(&r->rejected, &r->sealed, r->receipt_seq);
    d.rejected = audit_ranges_common(&r->rejected, &r->sealed, UINT64_MAX);
    d.sent = audit_ranges_count(&r->sealed, 0, UINT64_MAX);
    d.delivered =
        audit_ranges_count(&r->sealed, 0, r->receipt_seq) + d.rejected - early;
    d.applied = d.delivered - d.rejected;
    d.pending = d.sent - d.delivered;
    d.withdrawn = audit_ranges_common(&r->sealed, withdrawn, UINT64_MAX);
    d.deleted = audit_ranges_common(&r->deleted, &r->sealed, UINT64_MAX);
    if (r->sealed.n > 0) {
        d.first_seq = r->sealed.items[0].first;
        d.last_seq = r->sealed.items[r->sealed.n - 1].last;
    }
    return d;
}

static int by_code(const void *a, const void *b)
{
    const struct audit_reader *x = a;
    const struct audit_reader *y = b;
    return sb_bytes_cmp(x->code, y->code);
}

/* Readers of one stream; the publisher, which can read it too, is none. */
static int tell_stream(const struct sb_audit *a,
                       struct audit_stream *s,
                       sb_delivery_fn fn,
                       void *ctx,
                       struct sb_err *err)
{
    struct audit_ranges withdrawn = {0};
    int rc = withdrawn_of(a, s->name, &withdrawn, err);
    if (s->n_readers > 0)
        qsort(s->readers, s->n_readers, sizeof *s->readers, by_code);
    for (size_t i = 0; rc == 0 && i < s->n_readers; i++) {
        struct sb_delivery d = delivery_of(s, &s->readers[i], &withdrawn);
        if (!sb_bytes_eq(d.reader, s->institution))
            rc = fn(ctx, &d, err);
    }
    audit_ranges_free(&withdrawn);
    return rc;
}

int sb_audit_deliveries(const char *dir,
                        const struct sb_audit_config *config,
                        sb_delivery_fn fn,
                        void *ctx,
                        struct sb_audit_facts *facts,
                        struct sb_err *err)
{
    struct sb_audit a;
    struct sb_err why = {0};
    int rc = audit_new(&a, dir, config, &why);
    if (rc == 0)
        rc = audit_run_bundle(&a, &why);
    for (size_t i = 0; rc == 0 && i < a.n_streams; i++)
        rc = tell_stream(&a, a.streams[i], fn, ctx, &why);
    if (rc == 0)
        *facts = a.facts;
    else if (err)
        *err = why;
    audit_free(&a);
    return rc;
}
