/* Purpose: the chain of directories from an anchor on.
 * Invariant: a directory is in the chain only if every rule held when it came; what is
 * in the chain is never changed. */
#include "keys/dir.h"
#include "keys/note.h"

#include <stdio.h>
#include <stdlib.h>

int sb_trust_new(struct sb_trust **out,
                 const struct sb_anchor *anchor,
                 struct sb_err *err)
{
    if (anchor->threshold == 0 || anchor->threshold > anchor->n_roots ||
        anchor->n_roots > SB_ROOTS_MAX)
        return sb_fail(err, SB_E_THRESHOLD, "the anchor's threshold cannot be met");
    struct sb_trust *t = calloc(1, sizeof *t);
    if (!t)
        return sb_fail(err, SB_E_MEMORY, "out of memory for the trust list");
    t->anchor = *anchor;
    sb_exchange_id(&t->x, sb_bytes_str(anchor->exchange), anchor->nonce);
    *out = t;
    return 0;
}

void sb_trust_free(struct sb_trust *t)
{
    if (!t)
        return;
    for (struct sb_dir *d = t->newest; d;) {
        struct sb_dir *older = d->older;
        sb_dir_free(d);
        d = older;
    }
    free(t);
}

const struct sb_exchange *sb_trust_exchange(const struct sb_trust *t)
{
    return &t->x;
}

const struct sb_dir *sb_trust_newest(const struct sb_trust *t)
{
    return t->newest;
}

const struct sb_dir *sb_trust_version(const struct sb_trust *t, uint64_t version)
{
    const struct sb_dir *d = t->newest;
    while (d && d->body.version != version)
        d = d->older;
    return d;
}

const struct sb_dir *sb_trust_by_hash(const struct sb_trust *t,
                                      const uint8_t hash[SB_HASH])
{
    const struct sb_dir *d = t->newest;
    while (d && memcmp(d->hash, hash, SB_HASH) != 0)
        d = d->older;
    return d;
}

struct root_set { /* of an anchor or a directory */
    size_t n;
    uint64_t threshold;
    const uint8_t *pks[SB_ROOTS_MAX];
};

static struct root_set roots_of_anchor(const struct sb_anchor *a)
{
    struct root_set s = {.threshold = a->threshold};
    for (; s.n < a->n_roots; s.n++)
        s.pks[s.n] = a->roots[s.n].pk;
    return s;
}

static struct root_set roots_of_dir(const struct sb_dir *d)
{
    struct root_set s = {.threshold = d->body.threshold};
    for (; s.n < d->body.n_roots; s.n++)
        s.pks[s.n] = d->body.roots[s.n].pk;
    return s;
}

static bool named_before(const struct root_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (memcmp(set->pks[j], set->pks[i], SB_PK) == 0)
            return true;
    return false;
}

/* Enough distinct keys of `set` signed the directory. */
static int check_threshold(const struct sb_trust *t,
                           const struct sb_dir *d,
                           const struct root_set *set,
                           const char *which,
                           struct sb_err *err)
{
    uint64_t signers = 0;
    for (size_t i = 0; i < set->n; i++) {
        uint8_t id[SB_KEY_ID];
        sb_key_id(id, sb_bytes_str(SB_USE_ROOT), set->pks[i]);
        if (named_before(set, i))
            continue;
        int rc = sb_verify_record(&t->x, &d->envelope, id, set->pks[i], NULL);
        if (rc == SB_E_MEMORY)
            return sb_fail(err, rc, "out of memory for verifying a directory");
        signers += rc == 0;
    }
    if (signers >= set->threshold)
        return 0;
    return sb_fail(err,
                   SB_E_THRESHOLD,
                   "directory %llu: %llu of the %s roots signed it, %llu must",
                   (unsigned long long)d->body.version,
                   (unsigned long long)signers,
                   which,
                   (unsigned long long)set->threshold);
}

static int
check_exchange(const struct sb_trust *t, const struct sb_dir *d, struct sb_err *err)
{
    if (!sb_bytes_is(d->body.exchange, t->anchor.exchange) ||
        memcmp(d->body.nonce, t->anchor.nonce, SB_NONCE) != 0)
        return sb_fail(err,
                       SB_E_EXCHANGE,
                       "the directory is of an exchange %.*s, not the anchor's %s",
                       SB_FMT(d->body.exchange),
                       t->anchor.exchange);
    return 0;
}

static int
check_chain(const struct sb_dir *d, const struct sb_dir *prev, struct sb_err *err)
{
    static const uint8_t zeros[SB_HASH] = {0};
    if (prev && d->body.version != prev->body.version + 1)
        return sb_fail(err,
                       SB_E_DIR_VERSION,
                       "directory %llu cannot follow %llu",
                       (unsigned long long)d->body.version,
                       (unsigned long long)prev->body.version);
    if ((prev && memcmp(d->body.prev_hash, prev->hash, SB_HASH) != 0) ||
        (d->body.version == 1 && memcmp(d->body.prev_hash, zeros, SB_HASH) != 0))
        return sb_fail(err,
                       SB_E_DIR_CHAIN,
                       "directory %llu names another one as the version before",
                       (unsigned long long)d->body.version);
    if (prev && d->body.issued < prev->body.issued)
        return sb_fail(err,
                       SB_E_DIR_CHAIN,
                       "directory %llu is dated before the one that it follows",
                       (unsigned long long)d->body.version);
    return 0;
}

/* A generation opens only with the last final checkpoint of the one before. */
static int
check_generation(const struct sb_dir *d, const struct sb_dir *prev, struct sb_err *err)
{
    const struct sb_directory *b = &d->body;
    struct sb_checkpoint note = {0};
    char origin[SB_ORIGIN];
    if ((b->generation == 1) != (b->last_final_note.n == 0))
        return sb_fail(
            err,
            SB_E_JOURNAL_GENERATION,
            "every journal generation but the first names a last checkpoint");
    if (!prev || (b->generation == prev->body.generation &&
                  sb_bytes_eq(b->last_final_note, prev->body.last_final_note)))
        return 0;
    if (b->generation != prev->body.generation + 1)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "journal generation %llu cannot follow %llu",
                       (unsigned long long)b->generation,
                       (unsigned long long)prev->body.generation);
    int rc = sb_checkpoint_open(b->last_final_note, prev->body.log_pk, &note, err);
    if (rc != 0)
        return rc;
    sb_checkpoint_origin(origin, b->exchange, prev->body.generation);
    if (strcmp(origin, note.origin) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "the last checkpoint is of another journal than %s",
                       origin);
    return 0;
}

static int check_roots(const struct sb_trust *t,
                       const struct sb_dir *d,
                       const struct sb_dir *prev,
                       struct sb_err *err)
{
    struct root_set old = prev ? roots_of_dir(prev) : roots_of_anchor(&t->anchor);
    struct root_set new = roots_of_dir(d);
    int rc = check_threshold(t, d, &old, prev ? "present" : "anchor's", err);
    return rc == 0 ? check_threshold(t, d, &new, "new", err) : rc;
}

static int
check_all(const struct sb_trust *t, const struct sb_dir *d, struct sb_err *err)
{
    const struct sb_dir *prev = t->newest;
    int rc = check_exchange(t, d, err);
    if (rc == 0)
        rc = check_chain(d, prev, err);
    if (rc == 0)
        rc = check_roots(t, d, prev, err);
    if (rc == 0)
        rc = check_generation(d, prev, err);
    if (rc == 0)
        rc = sb_dir_check_members(t, d, prev, err);
    if (rc == 0)
        rc = sb_dir_check_keys(t, d, err);
    return rc == 0 ? sb_dir_check_grants(t, d, prev, err) : rc;
}

/* Decodes and checks. *out stays NULL when the trust holds this body already. */
static int examine(const struct sb_trust *t,
                   struct sb_bytes record,
                   struct sb_dir **out,
                   struct sb_err *err)
{
    struct sb_dir *d = NULL;
    int rc = sb_dir_decode(&d, record, err);
    if (rc != 0)
        return rc;
    const struct sb_dir *held = sb_trust_version(t, d->body.version);
    if (held && memcmp(held->hash, d->hash, SB_HASH) != 0)
        rc = sb_fail(err,
                     SB_E_DIR_CHAIN,
                     "there is another directory %llu already",
                     (unsigned long long)d->body.version);
    else if (!held)
        rc = check_all(t, d, err);
    if (rc == 0 && !held)
        *out = d;
    else
        sb_dir_free(d);
    return rc;
}

int sb_trust_add(struct sb_trust *t, struct sb_bytes record, struct sb_err *err)
{
    struct sb_dir *d = NULL;
    int rc = examine(t, record, &d, err);
    if (rc != 0 || !d)
        return rc;
    d->older = t->newest;
    t->newest = d;
    return 0;
}

int sb_trust_add_file(struct sb_trust *t, const char *path, struct sb_err *err)
{
    struct sb_buf record = {0};
    int rc = sb_file_read(path, SB_RECORD_MAX, &record, err);
    if (rc == 0)
        rc = sb_trust_add(t, sb_buf_bytes(&record), err);
    if (rc != 0)
        sb_err_wrap(err, rc, "%s", path);
    sb_buf_free(&record);
    return rc;
}

int sb_trust_check(const struct sb_trust *t, struct sb_bytes record, struct sb_err *err)
{
    struct sb_dir *d = NULL;
    int rc = examine(t, record, &d, err);
    if (rc == 0)
        sb_dir_free(d);
    return rc;
}
