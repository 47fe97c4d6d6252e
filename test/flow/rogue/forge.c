/* Purpose: a journal that takes a batch otherwise than its publisher signed it:
 * sb_journal_append of the real one, linked with --wrap; and readers get what stands
 * there, not what is still in memory (sb_recent_has).
 * Invariant: leaf and record of the forged entry fit each other, so that the broker
 * itself proves it; only the signature is that of the batch that was sent.
 * Not: what is told of it (the real broker tells). */
#include <stdlib.h>
#include <string.h>

#include "broker/io/recent.h"
#include "broker/journal/journal.h"
#include "test/flow/rogue/twist.h"

int __real_sb_journal_append(struct sb_journal *j,
                             const struct sb_append *group,
                             size_t n,
                             struct sb_err *err);
int __wrap_sb_journal_append(struct sb_journal *j,
                             const struct sb_append *group,
                             size_t n,
                             struct sb_err *err);

bool __wrap_sb_recent_has(const struct sb_recent *r, const struct sb_effect *read);
bool __wrap_sb_recent_has(const struct sb_recent *r, const struct sb_effect *read)
{
    (void)r;
    (void)read;
    return false;
}

struct forged { /* the bytes that one entry borrows */
    struct sb_buf body;
    struct sb_buf record;
    struct sb_buf leaf;
};

/* 1: forged; 0: it is none of the twist's. */
static int forge(const struct twist *t, struct sb_append *a, struct forged *f)
{
    struct sb_record record;
    struct sb_batch batch;
    struct sb_entry leaf;
    if (a->kind != SB_KIND_BATCH || sb_record_read(a->record, &record, NULL) != 0 ||
        sb_batch_read(record.body, &batch, NULL) != 0 || !twist_hits(t, &batch) ||
        sb_entry_read(a->leaf, &leaf, NULL) != 0)
        return 0;
    batch.sent++;
    sb_batch_write(&batch, &f->body);
    sb_record_write(&f->record, sb_buf_bytes(&f->body), record.sigs, record.n);
    sb_sha256(leaf.record_hash, sb_buf_bytes(&f->record));
    sb_entry_write(&leaf, &f->leaf);
    if (f->record.failed || f->leaf.failed)
        abort();
    a->record = sb_buf_bytes(&f->record);
    a->leaf = sb_buf_bytes(&f->leaf);
    twist_say("event %llu is forged", (unsigned long long)batch.first_seq);
    return sb_record_hash(a->hash, sb_buf_bytes(&f->body), NULL) == 0;
}

int __wrap_sb_journal_append(struct sb_journal *j,
                             const struct sb_append *group,
                             size_t n,
                             struct sb_err *err)
{
    struct twist t;
    if (!twist_of("ROGUE_FORGE", &t))
        return __real_sb_journal_append(j, group, n, err);
    struct sb_append *own = calloc(n, sizeof *own);
    struct forged *forged = calloc(n, sizeof *forged);
    if (!own || !forged)
        abort();
    for (size_t i = 0; i < n; i++) {
        own[i] = group[i];
        (void)forge(&t, &own[i], &forged[i]);
    }
    int rc = __real_sb_journal_append(j, own, n, err);
    for (size_t i = 0; i < n; i++) {
        sb_buf_free(&forged[i].body);
        sb_buf_free(&forged[i].record);
        sb_buf_free(&forged[i].leaf);
    }
    free(forged);
    free(own);
    return rc;
}
