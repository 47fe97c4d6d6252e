/* Purpose: who reads a stream, since when, on which legal basis. */
#include "broker/audit/audit_stream.h"

#include <stdlib.h>

struct audit_reader *audit_reader(const struct audit_stream *s, struct sb_bytes code)
{
    for (size_t i = 0; i < s->n_readers; i++)
        if (sb_bytes_eq(s->readers[i].code, code))
            return &s->readers[i];
    return NULL;
}

struct audit_reader *
audit_add_reader(struct sb_audit *a, struct audit_stream *s, struct sb_bytes code)
{
    struct audit_reader *r = audit_reader(s, code);
    if (r)
        return r;
    struct audit_reader *more = realloc(s->readers, (s->n_readers + 1) * sizeof *more);
    if (!more)
        return NULL;
    s->readers = more;
    r = &more[s->n_readers];
    *r = (struct audit_reader){.code = sb_arena_dup(a->names, code)};
    s->n_readers += r->code.p != NULL;
    return r->code.p ? r : NULL;
}

static int add_basis(struct sb_audit *a,
                     struct audit_reader *r,
                     struct sb_bytes basis,
                     struct sb_err *err)
{
    for (size_t i = 0; i < r->n_bases; i++)
        if (sb_bytes_eq(r->bases[i], basis))
            return 0;
    struct sb_bytes *more = realloc(r->bases, (r->n_bases + 1) * sizeof *more);
    if (!more)
        return audit_no_memory(err);
    r->bases = more;
    more[r->n_bases] = sb_arena_dup(a->names, basis);
    if (!more[r->n_bases].p)
        return audit_no_memory(err);
    r->n_bases++;
    return 0;
}

static int take_bases(struct sb_audit *a,
                      const struct audit_stream *s,
                      struct audit_reader *r,
                      const struct sb_dir *d,
                      uint64_t now_ms,
                      struct sb_err *err)
{
    for (size_t i = 0; i < sb_dir_body(d)->n_grants; i++) {
        const struct sb_grant *g = sb_dir_grant(d, i);
        if (!sb_bytes_eq(g->publisher, s->institution) ||
            !sb_bytes_eq(g->type, s->type) || !sb_bytes_eq(g->reader, r->code) ||
            now_ms < g->not_before || now_ms >= g->not_after)
            continue;
        int rc = add_basis(a, r, g->basis, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int audit_take_readers(struct sb_audit *a,
                       struct audit_stream *s,
                       const struct audit_entry *e,
                       struct sb_err *err)
{
    const struct sb_epoch_core *core = &s->epoch.core;
    const struct sb_dir *d =
        a->trust ? sb_trust_version(a->trust, e->leaf.directory_version) : NULL;
    for (size_t i = 0; i < s->n_readers; i++)
        s->readers[i].now = false;
    for (size_t i = 0; i < core->n_readers; i++) {
        struct audit_reader *r = audit_add_reader(a, s, core->readers[i].reader);
        if (!r)
            return audit_no_memory(err);
        r->now = true;
        int rc = d ? take_bases(a, s, r, d, e->leaf.stored_ms, err) : 0;
        if (rc != 0)
            return rc;
    }
    return 0;
}

int audit_sealed(struct sb_audit *a,
                 struct audit_stream *s,
                 const struct sb_batch *b,
                 uint64_t stored_ms,
                 struct sb_err *err)
{
    (void)a;
    for (size_t i = 0; i < s->n_readers; i++) {
        struct audit_reader *r = &s->readers[i];
        if (!r->now)
            continue;
        if (r->first_ms == 0)
            r->first_ms = stored_ms;
        if (r->waiting_ms == 0)
            r->waiting_ms = stored_ms;
        int rc = audit_ranges_add(
            &r->sealed, b->first_seq, b->first_seq + b->count - 1, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
