/* What one institution may send: the codes of `policy.limits`, and a token bucket.
 * Pure; time is data. FORMATS, "Directory" (policy); codes: broker/core/README.md,
 * "Limits".
 *
 * A limit of the directory is `<code>` for every institution, or `<code>.<institution>`
 * for one, which then counts instead of the general one. 0, or no such pair: no limit.
 * Pairs of other codes are of later versions and are passed over. */
#ifndef BROKER_CORE_QUOTA_H
#define BROKER_CORE_QUOTA_H

#include "schemas/record/directory.h"

enum sb_quota {
    SB_QUOTA_EVENTS,      /* "events_s": events a second; a statement is one event */
    SB_QUOTA_BYTES,       /* "bytes_s": bytes of records, items, ciphertexts a second */
    SB_QUOTA_JOURNAL,     /* "journal_bytes": bytes of its streams in the journal */
    SB_QUOTA_CONNECTIONS, /* "connections": open sessions at the same time */
    SB_QUOTAS,
};

const char *sb_quota_code(enum sb_quota quota);
/* Reads "events_s" or "events_s.pnc"; *institution is empty for the general one. False:
 * no limit that this version knows. */
bool sb_quota_parse(struct sb_bytes code,
                    enum sb_quota *quota,
                    struct sb_bytes *institution);
/* By this directory; 0: none. */
uint64_t sb_quota_limit(const struct sb_directory *dir,
                        enum sb_quota quota,
                        struct sb_bytes institution);

#define SB_BUCKET_SECONDS 10u /* of its rate fit into a bucket */
/* Into the last quarter only what is urgent may reach: types with a priority,
 * statements, claims and epochs. A back-fill cannot hold them up. */
#define SB_BUCKET_RESERVE 4u

struct sb_bucket { /* zeros: full at its first use */
    bool begun;
    uint64_t rate;    /* a second; above 0 */
    int64_t level;    /* in thousandths; below 0 after what was larger than it */
    uint64_t mono_ms; /* of that level */
};

/* Brings the bucket to `mono_ms` under this rate. A changed rate keeps the share of the
 * bucket that was full. */
void sb_bucket_fill(struct sb_bucket *b, uint64_t rate, uint64_t mono_ms);
/* 0: this much may be taken; else the ms until it may, if nothing else is taken. What
 * is larger than the bucket may be taken when it is full, and is paid for after. */
uint64_t sb_bucket_wait(const struct sb_bucket *b, uint64_t amount, bool urgent);
void sb_bucket_take(struct sb_bucket *b, uint64_t amount);

#endif
