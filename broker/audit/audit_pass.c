/* Purpose: entries in order, although some files may be cut or gone.
 * Invariant: a file of 256 entries that cannot be read costs those entries only; every
 * pass sees the leaves that the first one saw, or it is said. */
#include "broker/audit/audit_pass.h"

#include "keys/tree.h"

#define PROGRESS_ENTRIES 256u
#define HOLES_MAX 100u /* after which the rest is one hole: a size may be a lie */

struct run {
    struct sb_audit *a;
    struct audit_pass *p;
    uint64_t next;
    uint64_t end;       /* stop before this index */
    struct sb_err said; /* the finding said last */
    unsigned holes;
    bool again; /* a pass before has seen all leaves */
    struct sb_tree tree;
};

/* The size is what a note says, up to 2^64 - 1. */
static void progress(const struct run *r, uint64_t index)
{
    const struct sb_audit *a = r->a;
    const struct audit_pass *p = r->p;
    uint64_t size = a->facts.size;
    if (a->config->progress && p->steps > 0 && index % PROGRESS_ENTRIES == 0 &&
        size <= UINT64_MAX / p->steps)
        a->config->progress(
            a->config->ctx, p->steps_before * size + index, p->steps * size);
}

static int one(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct run *r = ctx;
    struct sb_audit *a = r->a;
    a->at = e->index;
    a->at_entry = true;
    sb_arena_reset(a->arena);
    if (r->again) {
        uint8_t hash[SB_HASH];
        sb_tree_leaf(hash, e->leaf);
        sb_tree_append(&r->tree, hash);
    }
    int rc = r->p->fn(a, e, err);
    a->at_entry = false;
    r->next = e->index + 1;
    progress(r, e->index);
    return rc < 0 ? rc : r->next >= r->end;
}

/* Entries of one stretch, with or without texts. */
static int stretch(struct run *r, uint64_t end, bool texts, struct sb_err *err)
{
    r->end = end;
    return sb_bundle_each(r->p->bundle, r->next, texts, one, r, err);
}

static uint64_t end_of_file(const struct sb_audit *a, uint64_t index)
{
    uint64_t end = (index / SB_TILE_WIDTH + 1) * SB_TILE_WIDTH;
    return end < a->facts.size ? end : a->facts.size;
}

/* A file's fault, which a second look at the same file finds again. */
static void say(struct run *r, const struct sb_err *why)
{
    if (r->p->loud && strcmp(r->said.text, why->text) != 0)
        audit_say(r->a, SB_AUDIT_FORM, SB_AUDIT_FAILED, why->code, "%s", why->text);
    r->said = *why;
}

/* What is left of the file's stretch, as far as it can be read. */
static int past(struct run *r, struct sb_err *err)
{
    struct sb_audit *a = r->a;
    uint64_t end = end_of_file(a, r->next);
    int rc = SB_E_BUNDLE;
    if (r->p->texts) {
        r->p->no_texts = true;
        rc = stretch(r, end, false, err);
        r->p->no_texts = false;
    }
    if (rc == SB_E_BUNDLE && r->next < end) {
        say(r, err);
        if (++r->holes >= HOLES_MAX)
            end = a->facts.size;
        if (r->p->hole)
            r->p->hole(a, r->next, end);
        r->next = end;
        r->again = false;
    }
    return rc == SB_E_BUNDLE ? 0 : rc;
}

/* Whoever gives the folder may change it meanwhile: what is judged is what was hashed.
 */
static void unchanged(struct run *r)
{
    uint8_t first[SB_HASH];
    uint8_t now[SB_HASH];
    sb_tree_root(&r->a->tree, first);
    sb_tree_root(&r->tree, now);
    if (r->again && memcmp(first, now, SB_HASH) != 0)
        audit_say(r->a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "the bundle changed while it was read: copy it to a place of your "
                  "own, and judge the copy");
}

int audit_pass(struct sb_audit *a, struct audit_pass *p, struct sb_err *err)
{
    struct run r = {.a = a, .p = p};
    r.again = !a->holes && a->tree.size == a->facts.size;
    int rc = 0;
    while (rc == 0 && r.next < a->facts.size) {
        struct sb_err why = {0};
        uint64_t from = r.next;
        rc = stretch(&r, UINT64_MAX, p->texts, &why);
        if (rc == SB_E_BUNDLE) {
            say(&r, &why);
            /* after the last entry of a file: it was too long, the next one may be good
             */
            bool end = r.next > from && r.next % SB_TILE_WIDTH == 0;
            rc = end || r.next == a->facts.size ? 0 : past(&r, &why);
        }
        if (rc != 0 && err)
            *err = why;
    }
    if (rc == 0)
        unchanged(&r);
    return rc;
}
