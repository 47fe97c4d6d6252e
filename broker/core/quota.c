/* Purpose: the limits that a directory names, and the bucket that holds to a rate.
 * Invariant: over any time t no more is taken than the bucket holds, rate * t, and one
 * message; numbers are clamped so that nothing overflows.
 * Not: who asks, and what becomes of a refusal (share.c). */
#include "broker/core/quota.h"

#include <string.h>

#define RATE_MAX 1000000000000ull   /* a second: far above any machine */
#define AMOUNT_MAX 1000000000000ull /* of one message: likewise */
#define LEVEL_MAX 1000000000000000000ll
#define MILLI 1000u

static const char *const codes[SB_QUOTAS] = {
    "events_s", "bytes_s", "journal_bytes", "connections"};

const char *sb_quota_code(enum sb_quota quota)
{
    return codes[quota];
}

bool sb_quota_parse(struct sb_bytes code,
                    enum sb_quota *quota,
                    struct sb_bytes *institution)
{
    for (size_t i = 0; i < SB_QUOTAS; i++) {
        size_t n = strlen(codes[i]);
        if (code.n < n || memcmp(code.p, codes[i], n) != 0)
            continue;
        if (code.n != n && (code.p[n] != '.' || code.n == n + 1))
            continue;
        *quota = (enum sb_quota)i;
        *institution =
            code.n == n ? sb_bytes(NULL, 0) : sb_bytes(code.p + n + 1, code.n - n - 1);
        return true;
    }
    return false;
}

uint64_t sb_quota_limit(const struct sb_directory *dir,
                        enum sb_quota quota,
                        struct sb_bytes institution)
{
    uint64_t general = 0;
    for (size_t i = 0; i < dir->n_limits; i++) {
        enum sb_quota of;
        struct sb_bytes who;
        if (!sb_quota_parse(dir->limits[i].code, &of, &who) || of != quota)
            continue;
        if (who.n && sb_bytes_eq(who, institution))
            return dir->limits[i].value;
        if (!who.n)
            general = dir->limits[i].value;
    }
    return general;
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int64_t full(const struct sb_bucket *b)
{
    return (int64_t)(b->rate * SB_BUCKET_SECONDS * MILLI);
}

void sb_bucket_fill(struct sb_bucket *b, uint64_t rate, uint64_t mono_ms)
{
    rate = least_of(rate, RATE_MAX);
    if (!b->begun) {
        *b = (struct sb_bucket){.begun = true, .rate = rate, .mono_ms = mono_ms};
        b->level = full(b);
    } else if (b->rate != rate) {
        int64_t shares = b->level / (int64_t)b->rate; /* of ten thousand */
        b->rate = rate;
        b->level = shares * (int64_t)rate;
    }
    uint64_t passed = mono_ms > b->mono_ms ? mono_ms - b->mono_ms : 0;
    uint64_t room = (uint64_t)(full(b) - b->level);
    b->mono_ms = mono_ms;
    b->level += (int64_t)(passed > room / b->rate ? room : passed * b->rate);
}

uint64_t sb_bucket_wait(const struct sb_bucket *b, uint64_t amount, bool urgent)
{
    uint64_t most = (uint64_t)full(b);
    uint64_t reserve = urgent ? 0 : most / SB_BUCKET_RESERVE;
    uint64_t milli = least_of(amount, AMOUNT_MAX) * MILLI;
    int64_t want = (int64_t)(least_of(milli, most - reserve) + reserve);
    if (b->level >= want)
        return 0;
    return ((uint64_t)(want - b->level) + b->rate - 1) / b->rate;
}

void sb_bucket_take(struct sb_bucket *b, uint64_t amount)
{
    b->level -= (int64_t)(least_of(amount, AMOUNT_MAX) * MILLI);
    if (b->level < -LEVEL_MAX)
        b->level = -LEVEL_MAX;
}
