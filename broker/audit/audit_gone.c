/* Purpose: prunes and withdrawals: what may be gone, and by whose word.
 * Invariant: only a record that is rightly signed, and that policy permits, explains an
 * absence. */
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_rights.h"

#include "schemas/base/text.h"

#include <stdlib.h>

/* Every entry below was stored before the date that the prune names. */
static int
stored_before(struct sb_audit *a, const struct sb_prune *p, struct sb_err *err)
{
    struct sb_bundle_entry last;
    struct sb_entry leaf;
    int rc = sb_bundle_entry(a->bundle, p->below - 1, a->arena, &last, err);
    if (rc == 0)
        rc = sb_entry_read(last.leaf, &leaf, err);
    if (rc == 0 && leaf.stored_ms >= p->before)
        rc = sb_fail(err,
                     SB_E_RETENTION,
                     "the prune covers entry %llu, which was stored later than it says",
                     (unsigned long long)p->below - 1);
    return rc;
}

int audit_prune(struct sb_audit *a,
                const struct audit_entry *e,
                uint64_t *below,
                struct sb_err *err)
{
    struct sb_prune p;
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    int rc = sb_prune_read(e->record.body, &p, err);
    if (rc == 0 && !d)
        rc = sb_fail(err, SB_E_DIR_VERSION, "its directory is not held");
    if (rc == 0)
        rc = sb_dir_verify_log(a->trust, d, &e->record, err);
    if (rc != 0)
        return rc;
    uint64_t retention = sb_dir_body(d)->retention;
    if (retention == 0 || p.before > e->leaf.stored_ms ||
        e->leaf.stored_ms - p.before < retention)
        return sb_fail(err,
                       SB_E_RETENTION,
                       "the prune takes what policy keeps (directory %llu)",
                       (unsigned long long)e->leaf.directory_version);
    if (p.below == 0 || p.below > e->raw->index)
        return sb_fail(err, SB_E_RETENTION, "the prune covers entries after itself");
    rc = stored_before(a, &p, err);
    if (rc == 0)
        *below = p.below;
    return rc;
}

int audit_withdraw(struct sb_audit *a,
                   const struct audit_entry *e,
                   struct sb_withdraw *out,
                   struct sb_err *err)
{
    struct sb_bytes institution;
    int rc = sb_withdraw_read(e->record.body, out, err);
    if (rc != 0)
        return rc;
    if (!sb_text_stream_parts(out->stream, &institution, NULL, NULL))
        return sb_fail(err, SB_E_CODE_FORM, "a withdrawal of no stream");
    return audit_signed_code(a, institution, e, audit_is_old(a, out->time), err);
}

static int by_place(const void *x, const void *y)
{
    const struct audit_withdrawal *a = x;
    const struct audit_withdrawal *b = y;
    int c = sb_bytes_cmp(a->stream, b->stream);
    if (c != 0)
        return c;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int keep(struct sb_audit *a,
                const struct audit_entry *e,
                const struct sb_withdraw *w,
                struct sb_err *err)
{
    if (a->n_withdrawals == a->cap_withdrawals) {
        size_t cap = a->cap_withdrawals ? 2 * a->cap_withdrawals : 16;
        struct audit_withdrawal *more = realloc(a->withdrawals, cap * sizeof *more);
        if (!more)
            return audit_no_memory(err);
        a->withdrawals = more;
        a->cap_withdrawals = cap;
    }
    struct audit_withdrawal *to = &a->withdrawals[a->n_withdrawals++];
    *to = (struct audit_withdrawal){.stream = sb_arena_dup(a->names, w->stream),
                                    .first = w->first_seq,
                                    .last = w->last_seq,
                                    .index = e->raw->index};
    return to->stream.p ? 0 : audit_no_memory(err);
}

/* They may overlap, and be as many as their publisher likes: of each stream the one
 * that reaches farthest so far is remembered. */
void audit_gathered(struct sb_audit *a)
{
    struct audit_withdrawal *w = a->withdrawals;
    if (a->n_withdrawals > 0)
        qsort(w, a->n_withdrawals, sizeof *w, by_place);
    for (size_t i = 0; i < a->n_withdrawals; i++) {
        size_t far =
            i > 0 && sb_bytes_eq(w[i].stream, w[i - 1].stream) ? w[i - 1].farthest : i;
        w[i].farthest = w[i].last > w[far].last ? i : far;
    }
}

const struct audit_withdrawal *
audit_withdrawn(const struct sb_audit *a, struct sb_bytes stream, uint64_t seq)
{
    size_t low = 0;
    size_t high = a->n_withdrawals; /* the first that begins after the event */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct audit_withdrawal *w = &a->withdrawals[mid];
        int c = sb_bytes_cmp(w->stream, stream);
        if (c < 0 || (c == 0 && w->first <= seq))
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0 || !sb_bytes_eq(a->withdrawals[low - 1].stream, stream))
        return NULL;
    const struct audit_withdrawal *far =
        &a->withdrawals[a->withdrawals[low - 1].farthest];
    return seq <= far->last ? far : NULL;
}

static bool is_withdrawal(const struct audit_entry *e)
{
    return sb_bytes_is(sb_record_tag(e->record.body), "sacbe/withdraw/1");
}

int audit_gather(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_withdraw w;
    uint64_t below = 0;
    if (e->leaf.kind == SB_KIND_DIRECTORY)
        return audit_add_directory(a, e->raw->record, err);
    if (e->leaf.kind != SB_KIND_PRUNE)
        return 0;
    int rc = 0;
    if (is_withdrawal(e)) {
        rc = audit_withdraw(a, e, &w, err);
        if (rc == 0)
            rc = keep(a, e, &w, err);
    } else {
        rc = audit_prune(a, e, &below, err);
        if (below > a->prune_below)
            a->prune_below = below;
    }
    return audit_fatal(rc) ? rc : 0; /* the second pass says what does not hold */
}
