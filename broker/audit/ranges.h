/* Sets of numbers as intervals: what a reader was sent, rejected, deleted. Private to
 * this room. Memory grows with intervals that are apart, not with numbers. */
#ifndef BROKER_AUDIT_RANGES_H
#define BROKER_AUDIT_RANGES_H

#include "schemas/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct audit_range { /* both ends belong to it */
    uint64_t first;
    uint64_t last;
};
struct audit_ranges { /* all zero: empty; sorted, apart from each other */
    struct audit_range *items;
    size_t n;
    size_t cap;
};

void audit_ranges_free(struct audit_ranges *r);
SB_CHECK int audit_ranges_add(struct audit_ranges *r,
                              uint64_t first,
                              uint64_t last,
                              struct sb_err *err);
/* How many numbers of the set lie in [first, last]. */
uint64_t
audit_ranges_count(const struct audit_ranges *r, uint64_t first, uint64_t last);
/* How many numbers both sets hold, up to `last`. */
uint64_t audit_ranges_common(const struct audit_ranges *a,
                             const struct audit_ranges *b,
                             uint64_t last);

#endif
