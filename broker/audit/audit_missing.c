/* Purpose: what was not said by the end of the journal: receipts and deletions.
 * Not a fault of anybody's signature: silence is indeterminate. */
#include "broker/audit/audit_statement.h"
#include "broker/audit/audit_catalogue.h"
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_stream.h"

/* Its own stream a publisher need not acknowledge. */
static bool is_publisher(const struct audit_stream *s, const struct audit_reader *r)
{
    return sb_bytes_eq(s->institution, r->code);
}

/* Some receipts and then none: told, and in the table of deliveries as what is not yet
 * delivered; a reader that never signed leaves delivery itself unproved. */
static void
receipt(struct sb_audit *a, const struct audit_stream *s, const struct audit_reader *r)
{
    bool never = r->receipt_ms == 0;
    audit_say(a,
              SB_AUDIT_STATEMENTS,
              never ? SB_AUDIT_INDETERMINATE : SB_AUDIT_PASSED,
              SB_E_RECEIPT,
              never
                  ? "%.*s has signed no receipt for %.*s, which it could read: "
                    "whether it was delivered is not proved"
                  : "%.*s has signed no receipt for the last events of %.*s, which it "
                    "could read: whether they were delivered is not proved",
              SB_FMT(r->code),
              SB_FMT(s->name));
}

static void receipts(struct sb_audit *a, const struct audit_stream *s)
{
    uint64_t late =
        a->config->receipt_late_ms ? a->config->receipt_late_ms : AUDIT_DAY_MS;
    for (size_t i = 0; i < s->n_readers; i++) {
        const struct audit_reader *r = &s->readers[i];
        uint64_t since = r->receipt_ms == 0 ? r->first_ms : r->waiting_ms;
        if (!is_publisher(s, r) && since > 0 && a->facts.last_ms > since &&
            a->facts.last_ms - since > late)
            receipt(a, s, r);
    }
}

static void deletions(struct sb_audit *a, const struct audit_withdrawal *w)
{
    const struct audit_stream *s = audit_find(a, w->stream);
    for (size_t i = 0; s && i < s->n_readers; i++) {
        const struct audit_reader *r = &s->readers[i];
        uint64_t had = audit_ranges_count(&r->sealed, w->first, w->last);
        if (is_publisher(s, r) || had == 0 ||
            audit_ranges_count(&r->deleted, w->first, w->last) >= had)
            continue;
        audit_say(a,
                  SB_AUDIT_STATEMENTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_WITHDRAWN,
                  "%.*s has not signed that it deleted %.*s@%llu to %llu, withdrawn by "
                  "entry %llu",
                  SB_FMT(r->code),
                  SB_FMT(w->stream),
                  (unsigned long long)w->first,
                  (unsigned long long)w->last,
                  (unsigned long long)w->index);
    }
}

static bool journaled(const struct sb_audit *a, const uint8_t manifest[SB_HASH])
{
    for (size_t i = 0; i < a->n_catalogues; i++)
        if (memcmp(a->catalogues[i].manifest, manifest, SB_HASH) == 0)
            return true;
    return false;
}

/* Catalogues by which batches were made and that the journal does not hold. */
static void catalogues(struct sb_audit *a)
{
    static const uint8_t none[SB_HASH] = {0};
    const struct sb_dir *d = a->trust ? sb_trust_newest(a->trust) : NULL;
    const uint8_t *said = none;
    for (; d && a->lost == 0;
         d = sb_trust_version(a->trust, sb_dir_body(d)->version - 1)) {
        const uint8_t *named = sb_dir_body(d)->catalogue;
        uint64_t v = sb_dir_body(d)->version;
        if (audit_ranges_count(&a->batch_dirs, v, v) == 0 ||
            memcmp(named, none, SB_HASH) == 0 || memcmp(named, said, SB_HASH) == 0 ||
            journaled(a, named))
            continue;
        said = named;
        audit_say(a,
                  SB_AUDIT_CATALOGUE,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_CATALOGUE_HASH,
                  "directory %llu names a catalogue that this journal does not hold: "
                  "what its events had to be cannot be told",
                  (unsigned long long)v);
    }
}

void audit_missing(struct sb_audit *a)
{
    catalogues(a);
    for (size_t i = 0; i < a->n_streams; i++)
        receipts(a, a->streams[i]);
    for (size_t i = 0; i < a->n_withdrawals; i++)
        deletions(a, &a->withdrawals[i]);
}
