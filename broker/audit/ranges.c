/* Purpose: sets of numbers as sorted intervals. */
#include "broker/audit/ranges.h"

#include <stdlib.h>
#include <string.h>

void audit_ranges_free(struct audit_ranges *r)
{
    free(r->items);
    *r = (struct audit_ranges){0};
}

/* The first interval that ends at `first` - 1 or later; new ones come at the end. */
static size_t locate(const struct audit_ranges *r, uint64_t first)
{
    size_t low = 0;
    size_t high = r->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint64_t last = r->items[mid].last;
        if (last == UINT64_MAX || last + 1 >= first)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static int grow(struct audit_ranges *r, struct sb_err *err)
{
    size_t cap = r->cap ? 2 * r->cap : 4;
    struct audit_range *more = realloc(r->items, cap * sizeof *more);
    if (!more)
        return sb_fail(err, SB_E_MEMORY, "no memory for a set of numbers");
    r->items = more;
    r->cap = cap;
    return 0;
}

int audit_ranges_add(struct audit_ranges *r,
                     uint64_t first,
                     uint64_t last,
                     struct sb_err *err)
{
    if (first > last)
        return 0;
    size_t at = locate(r, first);
    size_t end = at; /* past the last interval that touches the new one */
    while (end < r->n && (last == UINT64_MAX || r->items[end].first <= last + 1))
        end++;
    if (at == end) {
        int rc = r->n == r->cap ? grow(r, err) : 0;
        if (rc != 0)
            return rc;
        memmove(r->items + at + 1, r->items + at, (r->n - at) * sizeof r->items[0]);
        r->items[at] = (struct audit_range){first, last};
        r->n++;
        return 0;
    }
    struct audit_range *to = &r->items[at];
    if (r->items[end - 1].last > last)
        last = r->items[end - 1].last;
    if (first < to->first)
        to->first = first;
    to->last = last;
    memmove(to + 1, r->items + end, (r->n - end) * sizeof r->items[0]);
    r->n -= end - at - 1;
    return 0;
}

uint64_t audit_ranges_count(const struct audit_ranges *r, uint64_t first, uint64_t last)
{
    uint64_t n = 0;
    for (size_t i = first <= last ? locate(r, first) : r->n;
         i < r->n && r->items[i].first <= last;
         i++) {
        uint64_t from = r->items[i].first > first ? r->items[i].first : first;
        uint64_t to = r->items[i].last < last ? r->items[i].last : last;
        n += from <= to ? to - from + 1 : 0;
    }
    return n;
}

uint64_t audit_ranges_common(const struct audit_ranges *a,
                             const struct audit_ranges *b,
                             uint64_t last)
{
    uint64_t n = 0;
    for (size_t i = 0; i < a->n && a->items[i].first <= last; i++) {
        uint64_t to = a->items[i].last < last ? a->items[i].last : last;
        n += audit_ranges_count(b, a->items[i].first, to);
    }
    return n;
}
