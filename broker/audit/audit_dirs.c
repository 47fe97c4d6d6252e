/* Purpose: the chain of directories, and the place of each entry under it.
 * Invariant: pinned roots are the only ones that prove who; without them, or when they
 * do not hold, the rest is judged by the bundle's own and the verdict says so. */
#include "broker/audit/audit_dirs.h"

#include <stdio.h>

int audit_decode(const struct sb_bundle_entry *raw,
                 struct audit_entry *out,
                 struct sb_err *err)
{
    uint8_t whole[SB_HASH];
    out->raw = raw;
    int rc = sb_entry_read(raw->leaf, &out->leaf, err);
    if (rc != 0 || !raw->inside)
        return rc;
    sb_sha256(whole, raw->record);
    if (memcmp(whole, out->leaf.record_hash, SB_HASH) != 0)
        return sb_fail(
            err, SB_E_JOIN, "the record is not the one whose hash its leaf holds");
    rc = sb_record_read(raw->record, &out->record, err);
    if (rc == 0)
        rc = sb_record_hash(out->hash, out->record.body, err);
    if (rc != 0)
        return rc;
    enum sb_kind kind = sb_kind_from_tag(sb_record_tag(out->record.body));
    if (kind != out->leaf.kind)
        return sb_fail(err,
                       SB_E_TAG,
                       "its leaf says %s, its record does not",
                       sb_kind_text(out->leaf.kind));
    return 0;
}

/* The roots that a directory itself names. */
static int own_roots(struct sb_audit *a, struct sb_bytes record, struct sb_err *err)
{
    struct sb_record envelope;
    struct sb_directory d;
    int rc = sb_record_read(record, &envelope, err);
    if (rc == 0)
        rc = sb_directory_read(envelope.body, a->arena, &d, err);
    if (rc != 0)
        return rc;
    struct sb_anchor *own = &a->own;
    *own = (struct sb_anchor){.threshold = d.threshold};
    snprintf(own->exchange, sizeof own->exchange, "%.*s", SB_FMT(d.exchange));
    memcpy(own->nonce, d.nonce, SB_NONCE);
    memcpy(own->curve_pk, d.curve_pk, SB_PK);
    memcpy(own->log_pk, d.log_pk, SB_PK);
    for (; own->n_roots < d.n_roots && own->n_roots < SB_ROOTS_MAX; own->n_roots++) {
        struct sb_anchor_root *to = &own->roots[own->n_roots];
        memcpy(to->pk, d.roots[own->n_roots].pk, SB_PK);
        snprintf(to->holder,
                 sizeof to->holder,
                 "%.*s",
                 SB_FMT(d.roots[own->n_roots].holder));
    }
    return 0;
}

/* 0 and a->trust holds it; else nothing is held. */
static int begin(struct sb_audit *a,
                 const struct sb_anchor *roots,
                 struct sb_bytes record,
                 struct sb_err *err)
{
    struct sb_trust *t = NULL;
    int rc = sb_trust_new(&t, roots, err);
    if (rc == 0)
        rc = sb_trust_add(t, record, err);
    if (rc != 0) {
        sb_trust_free(t);
        return rc;
    }
    a->trust = t;
    return 0;
}

static int
first_directory(struct sb_audit *a, struct sb_bytes record, struct sb_err *err)
{
    struct sb_err why = {0};
    if (a->config->roots) {
        int rc = begin(a, a->config->roots, record, &why);
        if (rc == 0 || audit_stops(rc, &why, err))
            return rc;
        audit_say(
            a,
            SB_AUDIT_ROOTS,
            SB_AUDIT_FAILED,
            rc,
            "the first directory does not hold under your roots (%s); the rest is "
            "judged by roots of its own, which prove nothing about who made it",
            why.text);
    } else {
        audit_say(a,
                  SB_AUDIT_ROOTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_ROOTS,
                  "no roots were given: all is judged by roots of its own, which prove "
                  "nothing about who made it");
    }
    int rc = own_roots(a, record, err);
    return rc == 0 ? begin(a, &a->own, record, err) : rc;
}

int audit_add_directory(struct sb_audit *a, struct sb_bytes record, struct sb_err *err)
{
    struct sb_err why = {0};
    a->facts.asked[SB_AUDIT_ROOTS] = true;
    a->facts.asked[SB_AUDIT_DIRECTORIES] = true;
    int rc = 0;
    uint64_t before = a->trust ? sb_dir_body(sb_trust_newest(a->trust))->version : 0;
    if (!a->trust)
        rc = first_directory(a, record, &why);
    else
        rc = sb_trust_add(a->trust, record, &why);
    if (rc == 0 && sb_dir_body(sb_trust_newest(a->trust))->version == before)
        rc = sb_fail(&why,
                     SB_E_DUPLICATE,
                     "directory %llu or one before it stands "
                     "here again",
                     (unsigned long long)before);
    rc = audit_judge(a, SB_AUDIT_DIRECTORIES, rc, &why, err);
    if (rc != 0)
        return rc;
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(a->trust));
    a->facts.directories++;
    if (a->opened_ms == 0 && d->generation > 1 && a->info &&
        d->generation == a->info->generation)
        a->opened_ms = d->issued;
    return 0;
}

void audit_about(struct sb_audit *a)
{
    const struct sb_dir *newest = a->trust ? sb_trust_newest(a->trust) : NULL;
    if (!newest) {
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_FAILED,
                  SB_E_DIR_CHAIN,
                  "there is no directory that holds: nobody's rights can be judged");
        return;
    }
    bool named = false;
    for (const struct sb_dir *d = newest; d && !named;
         d = sb_trust_version(a->trust, sb_dir_body(d)->version - 1))
        named = sb_dir_body(d)->generation == a->info->generation;
    if (!named || !sb_bytes_eq(a->info->exchange, sb_dir_body(newest)->exchange))
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "bundle.json names another exchange or generation than its "
                  "directories");
}

static void expired(struct sb_audit *a, const struct sb_directory *d, uint64_t now_ms)
{
    if (now_ms < d->expires || a->expired_dir == d->version)
        return;
    a->expired_dir = d->version;
    audit_say(a,
              SB_AUDIT_DIRECTORIES,
              SB_AUDIT_INDETERMINATE,
              SB_E_DIR_EXPIRED,
              "directory %llu had expired and no later one was there: what follows "
              "until the next one was stored under an agreement that had ended",
              (unsigned long long)d->version);
}

/* Not a fault: a journal may begin later, and pinned roots may be later than the first.
 */
static void first_version(struct sb_audit *a, uint64_t version)
{
    if (version > 1)
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_PASSED,
                  SB_E_DIR_CHAIN,
                  "the journal begins with directory %llu: what stood under those "
                  "before it is not in it",
                  (unsigned long long)version);
}

/* A directory entry is dated by its own version; others by the newest before them. */
int audit_place(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    if (e->leaf.stored_ms < a->stored_ms)
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_FAILED,
                  SB_E_JOURNAL_ORDER,
                  "it is dated before the entry before it");
    else
        a->stored_ms = e->leaf.stored_ms;
    if (a->at == 0)
        a->facts.first_ms = e->leaf.stored_ms;
    if (e->leaf.kind == SB_KIND_DIRECTORY) {
        struct sb_directory d;
        if (e->raw->inside && sb_directory_read(e->record.body, a->arena, &d, err) == 0)
            a->in_force = d.version;
        else
            a->in_force = e->leaf.directory_version;
        if (a->at == 0)
            first_version(a, a->in_force);
    }
    if (a->unplaced && e->leaf.directory_version > a->in_force)
        a->in_force = e->leaf.directory_version;
    a->unplaced = false;
    if (e->leaf.directory_version != a->in_force) {
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_FAILED,
                  SB_E_DIR_VERSION,
                  "it is dated by directory %llu, the newest before it is %llu",
                  (unsigned long long)e->leaf.directory_version,
                  (unsigned long long)a->in_force);
        return 0;
    }
    const struct sb_dir *dir =
        a->trust ? sb_trust_version(a->trust, a->in_force) : NULL;
    if (dir && e->leaf.kind != SB_KIND_DIRECTORY)
        expired(a, sb_dir_body(dir), e->leaf.stored_ms);
    return 0;
}
