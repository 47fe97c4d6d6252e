/* Purpose: the grants of a directory bear their publishers' signatures.
 * Invariant: a grant that counts names two members, a key of its reader, and was signed
 * by its publisher, whatever the roots signed.
 * Not for: which grants count at a moment; readers.c. */
#include "keys/dir.h"

#include <stdlib.h>

/* Whether the version before carried this very grant: then its key may have ended
 * since, because consent once given lasts as long as the grant says. */
static bool carried(const struct sb_dir *prev, struct sb_bytes grant)
{
    size_t from = 0;
    size_t to = prev ? prev->body.n_grants : 0;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = sb_bytes_cmp(prev->body.grants[mid], grant);
        if (c == 0)
            return true;
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return false;
}

static bool key_could_sign(const struct sb_card_key *k,
                           const struct sb_dir *d,
                           const struct sb_dir *prev,
                           struct sb_bytes grant)
{
    if (sb_key_valid(k, d->body.issued))
        return true;
    /* Without the version before nobody can tell whether the grant is new. */
    bool old = prev ? carried(prev, grant) : d->body.version > 1;
    return old && k->not_before <= d->body.issued;
}

static int check_signature(const struct sb_trust *t,
                           const struct sb_dir *d,
                           const struct sb_dir *prev,
                           size_t i,
                           struct sb_err *err)
{
    const struct sb_grant *g = &d->grants[i];
    size_t publisher = sb_dir_find(d, g->publisher);
    struct sb_record record;
    int rc = sb_record_read(d->body.grants[i], &record, err);
    if (rc != 0)
        return rc;
    for (size_t s = 0; s < record.n; s++) {
        const uint8_t *id = record.sigs[s].key_id;
        const struct sb_card_key *k = sb_dir_card_key(d, publisher, SB_USE_SIGN, id);
        if (!k || sb_dir_is_revoked(d, publisher, id) ||
            !key_could_sign(k, d, prev, d->body.grants[i]))
            continue;
        rc = sb_verify_record(&t->x, &record, id, k->pk, NULL);
        if (rc == SB_E_MEMORY)
            return sb_fail(err, rc, "out of memory for verifying a grant");
        if (rc == 0)
            return 0;
    }
    return sb_fail(err,
                   SB_E_GRANT_SIGNATURE,
                   "grant %.*s: no valid sign key of its publisher %.*s signed it",
                   SB_FMT(g->id),
                   SB_FMT(g->publisher));
}

static int
check_grant(const struct sb_dir *d, const struct sb_grant *g, struct sb_err *err)
{
    size_t reader = sb_dir_find(d, g->reader);
    if (sb_bytes_eq(g->publisher, g->reader))
        return sb_fail(err,
                       SB_E_GRANT_FORM,
                       "grant %.*s: %.*s needs no grant for its own stream",
                       SB_FMT(g->id),
                       SB_FMT(g->publisher));
    if (sb_dir_find(d, g->publisher) == d->body.n_members ||
        reader == d->body.n_members)
        return sb_fail(err,
                       SB_E_MEMBER,
                       "grant %.*s: %.*s is no member",
                       SB_FMT(g->id),
                       SB_FMT(reader == d->body.n_members ? g->reader : g->publisher));
    if (!sb_dir_card_key(d, reader, SB_USE_SIGN, g->reader_sign_key_id))
        return sb_fail(err,
                       SB_E_GRANT_FORM,
                       "grant %.*s: it names a sign key that is not on a card of %.*s",
                       SB_FMT(g->id),
                       SB_FMT(g->reader));
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct sb_bytes *x = a;
    const struct sb_bytes *y = b;
    return sb_bytes_cmp(*x, *y);
}

static int check_ids(const struct sb_dir *d, struct sb_err *err)
{
    size_t n = d->body.n_grants;
    struct sb_bytes *ids = calloc(n ? n : 1, sizeof *ids);
    if (!ids)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a directory");
    for (size_t i = 0; i < n; i++)
        ids[i] = d->grants[i].id;
    qsort(ids, n, sizeof *ids, by_id);
    int rc = 0;
    for (size_t i = 1; i < n && rc == 0; i++)
        if (sb_bytes_eq(ids[i - 1], ids[i]))
            rc = sb_fail(
                err, SB_E_GRANT_FORM, "two grants are called %.*s", SB_FMT(ids[i]));
    free(ids);
    return rc;
}

int sb_dir_check_grants(const struct sb_trust *t,
                        const struct sb_dir *d,
                        const struct sb_dir *prev,
                        struct sb_err *err)
{
    int rc = check_ids(d, err);
    for (size_t i = 0; i < d->body.n_grants && rc == 0; i++) {
        rc = check_grant(d, &d->grants[i], err);
        if (rc == 0)
            rc = check_signature(t, d, prev, i, err);
    }
    return rc;
}
