/* Purpose: no key serves two holders, two roles or two uses, now or before.
 * Invariant: what any held version said of roots and broker counts; members' former
 * keys stand on their card chains, which are never cut. */
#include "keys/dir.h"

#include <stdlib.h>

struct holding {
    const uint8_t *pk;
    struct sb_bytes use;
    struct sb_bytes holder; /* a member's code; empty: the exchange itself */
};

struct holdings {
    struct holding *items;
    size_t n;
    size_t cap;
    bool failed;
};

static void
add(struct holdings *h, const uint8_t *pk, struct sb_bytes use, struct sb_bytes holder)
{
    if (h->n == h->cap && !h->failed) {
        size_t cap = h->cap ? 2 * h->cap : 256;
        struct holding *items = realloc(h->items, cap * sizeof *items);
        if (!items) {
            h->failed = true;
            return;
        }
        h->items = items;
        h->cap = cap;
    }
    if (!h->failed)
        h->items[h->n++] = (struct holding){pk, use, holder};
}

static void add_exchange(struct holdings *h, const struct sb_directory *b)
{
    const struct sb_bytes itself = sb_bytes(NULL, 0);
    for (size_t i = 0; i < b->n_roots; i++)
        add(h, b->roots[i].pk, sb_bytes_str(SB_USE_ROOT), itself);
    add(h, b->curve_pk, sb_bytes_str(SB_USE_CURVE), itself);
    add(h, b->log_pk, sb_bytes_str(SB_USE_LOG), itself);
}

/* Roots that are published alone leave the broker's keys empty (keys/roots.h). */
static bool is_given(const uint8_t pk[SB_PK])
{
    static const uint8_t none[SB_PK];
    return memcmp(pk, none, SB_PK) != 0;
}

static void add_anchor(struct holdings *h, const struct sb_anchor *a)
{
    const struct sb_bytes itself = sb_bytes(NULL, 0);
    for (size_t i = 0; i < a->n_roots; i++)
        add(h, a->roots[i].pk, sb_bytes_str(SB_USE_ROOT), itself);
    if (is_given(a->curve_pk))
        add(h, a->curve_pk, sb_bytes_str(SB_USE_CURVE), itself);
    if (is_given(a->log_pk))
        add(h, a->log_pk, sb_bytes_str(SB_USE_LOG), itself);
}

static void add_members(struct holdings *h, const struct sb_dir *d)
{
    for (size_t i = 0; i < d->body.n_members; i++)
        for (size_t c = 0; c < d->cards[i].n; c++) {
            const struct sb_card *card = &d->cards[i].cards[c];
            for (size_t k = 0; k < card->n_keys; k++)
                add(h, card->keys[k].pk, card->keys[k].use, card->code);
        }
}

static int by_pk(const void *a, const void *b)
{
    const struct holding *x = a;
    const struct holding *y = b;
    return memcmp(x->pk, y->pk, SB_PK);
}

static struct sb_bytes holder_text(const struct holding *h)
{
    return h->holder.n ? h->holder : sb_bytes_str("the exchange itself");
}

static int check_distinct(struct holdings *h, struct sb_err *err)
{
    qsort(h->items, h->n, sizeof *h->items, by_pk);
    for (size_t i = 1; i < h->n; i++) {
        const struct holding *a = &h->items[i - 1];
        const struct holding *b = &h->items[i];
        if (memcmp(a->pk, b->pk, SB_PK) == 0 &&
            (!sb_bytes_eq(a->use, b->use) || !sb_bytes_eq(a->holder, b->holder)))
            return sb_fail(err,
                           SB_E_KEY_REUSED,
                           "one key is the %.*s key of %.*s and the %.*s key of %.*s",
                           SB_FMT(a->use),
                           SB_FMT(holder_text(a)),
                           SB_FMT(b->use),
                           SB_FMT(holder_text(b)));
    }
    return 0;
}

static int check_points(const struct sb_directory *b, struct sb_err *err)
{
    for (size_t i = 0; i < b->n_roots; i++) {
        uint8_t id[SB_KEY_ID];
        sb_key_id(id, sb_bytes_str(SB_USE_ROOT), b->roots[i].pk);
        if (!sb_pk_is_good(sb_bytes_str(SB_USE_ROOT), b->roots[i].pk) ||
            memcmp(id, b->roots[i].key_id, SB_KEY_ID) != 0)
            return sb_fail(err,
                           SB_E_BAD_KEY,
                           "the root key of %.*s is not usable",
                           SB_FMT(b->roots[i].holder));
    }
    if (!sb_pk_is_good(sb_bytes_str(SB_USE_CURVE), b->curve_pk))
        return sb_fail(err, SB_E_BAD_KEY, "the broker's CURVE key is not usable");
    if (!sb_pk_is_good(sb_bytes_str(SB_USE_LOG), b->log_pk))
        return sb_fail(err, SB_E_BAD_KEY, "the broker's log key is not usable");
    return 0;
}

int sb_dir_check_keys(const struct sb_trust *t,
                      const struct sb_dir *d,
                      struct sb_err *err)
{
    int rc = check_points(&d->body, err);
    if (rc != 0)
        return rc;
    struct holdings h = {0};
    add_anchor(&h, &t->anchor);
    for (const struct sb_dir *v = t->newest; v; v = v->older)
        add_exchange(&h, &v->body);
    add_exchange(&h, &d->body);
    add_members(&h, d);
    rc = h.failed ? sb_fail(err, SB_E_MEMORY, "out of memory for a directory")
                  : check_distinct(&h, err);
    free(h.items);
    return rc;
}
