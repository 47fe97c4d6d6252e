/* Purpose: who reads a stream at one moment, as the grants say.
 * Invariant: broker, publisher and auditor, given the same directory and moment, get
 * the same list; a publisher's own list (sb_dir_readers_own) can only be shorter. Not
 * for: deciding when to ask again; `until` says. */
#include "keys/dir.h"

#include <stdlib.h>

struct query {
    const struct sb_dir *d;
    struct sb_bytes publisher;
    struct sb_bytes type;
    const struct sb_codes *own_classes;
    uint64_t now;
    const struct sb_trust *trust; /* with vault: only own signatures count */
    const struct sb_vault *vault;
    struct sb_arena *arena;
};

/* A moment after now at which something begins or ends. */
static void note_change(struct sb_readers *out, uint64_t now, uint64_t at)
{
    if (at > now && at < out->until)
        out->until = at;
}

static void note_seal_keys(const struct query *q, struct sb_readers *out, size_t member)
{
    const struct sb_dir_cards *c = &q->d->cards[member];
    for (size_t i = 0; i < c->n; i++) {
        const struct sb_card_key *k = sb_card_key(&c->cards[i], SB_USE_SEAL);
        if (!k)
            continue;
        note_change(out, q->now, k->not_before);
        note_change(out, q->now, k->not_after);
    }
}

static bool add_class(struct sb_codes *to, struct sb_bytes class_name)
{
    size_t at = 0;
    while (at < to->n && sb_bytes_cmp(to->items[at], class_name) < 0)
        at++;
    if (at < to->n && sb_bytes_eq(to->items[at], class_name))
        return true;
    if (to->n == SB_CLASSES)
        return false;
    memmove(&to->items[at + 1], &to->items[at], (to->n - at) * sizeof *to->items);
    to->items[at] = class_name;
    to->n++;
    return true;
}

/* 1 when a sign key of our own vault signed the grant, 0, or SB_E_MEMORY: without
 * memory no reader is left out. */
static int signed_by_us(const struct query *q, size_t grant)
{
    struct sb_record record;
    if (sb_record_read(q->d->body.grants[grant], &record, NULL) != 0)
        return 0;
    for (size_t i = 0; i < sb_vault_count(q->vault); i++) {
        struct sb_vault_key k = sb_vault_key_at(q->vault, i);
        int rc = sb_bytes_is(k.use, SB_USE_SIGN)
                     ? sb_verify_record(&q->trust->x, &record, k.key_id, k.pk, NULL)
                     : SB_E_SIGNATURE;
        if (rc == 0 || rc == SB_E_MEMORY)
            return rc == 0 ? 1 : rc;
    }
    return 0;
}

/* 1 when the grant is of this stream's publisher and type, and could ever count; 0; or
 * SB_E_MEMORY. */
static int concerns(const struct query *q, size_t grant)
{
    const struct sb_grant *g = &q->d->grants[grant];
    if (!sb_bytes_eq(g->publisher, q->publisher) || !sb_bytes_eq(g->type, q->type))
        return 0;
    size_t reader = sb_dir_find(q->d, g->reader);
    if (!sb_dir_is_active(q->d, reader) ||
        sb_dir_is_revoked(q->d, reader, g->reader_sign_key_id))
        return 0;
    return q->vault ? signed_by_us(q, grant) : 1;
}

static bool in_force(const struct sb_grant *g, uint64_t now)
{
    return g->not_before <= now && now < g->not_after;
}

/* The reader's row, made when it is new; NULL when it has no valid seal key or the list
 * is full (then *rc says so). */
static struct sb_reader *find_reader(const struct query *q,
                                     struct sb_readers *out,
                                     struct sb_bytes code,
                                     int *rc)
{
    for (size_t i = 0; i < out->n; i++)
        if (sb_bytes_eq(out->items[i].code, code))
            return &out->items[i];
    struct sb_reader r = {.code = code};
    if (sb_dir_key(q->d, code, SB_USE_SEAL, NULL, q->now, &r.seal, NULL) != 0)
        return NULL;
    sb_key_id(r.seal_key_id, r.seal.use, r.seal.pk);
    r.classes.items = sb_arena_alloc(q->arena, SB_CLASSES, sizeof *r.classes.items);
    if (!r.classes.items || out->n == SB_READERS_MAX) {
        *rc = r.classes.items ? SB_E_LIMIT : SB_E_MEMORY;
        return NULL;
    }
    out->items[out->n] = r;
    return &out->items[out->n++];
}

/* Whether the grant gives a class that the type has. */
static bool gives_any(const struct query *q, const struct sb_grant *g)
{
    for (size_t i = 0; i < g->classes.n; i++)
        if (sb_codes_has(q->own_classes, g->classes.items[i]))
            return true;
    return false;
}

static int add_grant(const struct query *q, struct sb_readers *out, size_t grant)
{
    const struct sb_grant *g = &q->d->grants[grant];
    int rc = 0;
    note_change(out, q->now, g->not_before);
    note_change(out, q->now, g->not_after);
    note_seal_keys(q, out, sb_dir_find(q->d, g->reader));
    if (!in_force(g, q->now) || !gives_any(q, g))
        return 0;
    struct sb_reader *r = find_reader(q, out, g->reader, &rc);
    for (size_t i = 0; r && i < g->classes.n; i++)
        if (sb_codes_has(q->own_classes, g->classes.items[i]) &&
            !add_class(&r->classes, g->classes.items[i]))
            return SB_E_LIMIT;
    return rc;
}

static int
add_publisher(const struct query *q, struct sb_readers *out, struct sb_err *err)
{
    struct sb_card_key seal;
    int rc = sb_dir_key(q->d, q->publisher, SB_USE_SEAL, NULL, q->now, &seal, err);
    if (rc != 0)
        return rc;
    struct sb_reader *own = find_reader(q, out, q->publisher, &rc);
    if (!own)
        return sb_fail(err, rc, "out of memory for the readers");
    if (q->vault && !sb_vault_has(q->vault, own->seal_key_id))
        return sb_fail(err,
                       SB_E_NO_KEY,
                       "the directory gives %.*s a seal key that its vault lacks",
                       SB_FMT(q->publisher));
    note_seal_keys(q, out, sb_dir_find(q->d, q->publisher));
    for (size_t i = 0; i < q->own_classes->n; i++)
        if (!add_class(&own->classes, q->own_classes->items[i]))
            return sb_fail(
                err, SB_E_LIMIT, "a type has %u classes at most", SB_CLASSES);
    return 0;
}

static int by_code(const void *a, const void *b)
{
    const struct sb_reader *x = a;
    const struct sb_reader *y = b;
    return sb_bytes_cmp(x->code, y->code);
}

static int ask(const struct query *q, struct sb_readers *out, struct sb_err *err)
{
    struct sb_readers found = {.until = UINT64_MAX};
    found.items = sb_arena_alloc(q->arena, SB_READERS_MAX, sizeof *found.items);
    if (!found.items)
        return sb_fail(err, SB_E_MEMORY, "out of memory for the readers");
    int rc = add_publisher(q, &found, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < q->d->body.n_grants && rc == 0; i++)
        if ((rc = concerns(q, i)) == 1)
            rc = add_grant(q, &found, i);
    if (rc == SB_E_MEMORY)
        return sb_fail(err, rc, "out of memory for the readers");
    if (rc != 0)
        return sb_fail(err,
                       rc,
                       "%.*s/%.*s: more readers or classes than one epoch holds",
                       SB_FMT(q->publisher),
                       SB_FMT(q->type));
    qsort(found.items, found.n, sizeof *found.items, by_code);
    *out = found;
    return 0;
}

int sb_dir_readers(const struct sb_dir *d,
                   struct sb_bytes publisher,
                   struct sb_bytes type,
                   const struct sb_codes *own_classes,
                   uint64_t now_ms,
                   struct sb_arena *arena,
                   struct sb_readers *out,
                   struct sb_err *err)
{
    const struct query q = {.d = d,
                            .publisher = publisher,
                            .type = type,
                            .own_classes = own_classes,
                            .now = now_ms,
                            .arena = arena};
    return ask(&q, out, err);
}

int sb_dir_readers_own(const struct sb_trust *t,
                       const struct sb_dir *d,
                       const struct sb_vault *v,
                       struct sb_bytes type,
                       const struct sb_codes *own_classes,
                       uint64_t now_ms,
                       struct sb_arena *arena,
                       struct sb_readers *out,
                       struct sb_err *err)
{
    const struct query q = {.d = d,
                            .publisher = sb_vault_code(v),
                            .type = type,
                            .own_classes = own_classes,
                            .now = now_ms,
                            .trust = t,
                            .vault = v,
                            .arena = arena};
    return ask(&q, out, err);
}

int sb_dir_classes(const struct sb_dir *d,
                   struct sb_bytes publisher,
                   struct sb_bytes type,
                   struct sb_bytes reader,
                   uint64_t now_ms,
                   struct sb_arena *arena,
                   struct sb_codes *out,
                   struct sb_err *err)
{
    const struct query q = {
        .d = d, .publisher = publisher, .type = type, .now = now_ms, .arena = arena};
    struct sb_codes found = {
        .items = sb_arena_alloc(arena, SB_CLASSES, sizeof *found.items)};
    if (!found.items)
        return sb_fail(err, SB_E_MEMORY, "out of memory for classes");
    for (size_t i = 0; i < d->body.n_grants; i++) {
        const struct sb_grant *g = &d->grants[i];
        if (!sb_bytes_eq(g->reader, reader) || concerns(&q, i) != 1 ||
            !in_force(g, now_ms)) /* without a vault nothing is verified */
            continue;
        for (size_t c = 0; c < g->classes.n; c++)
            if (!add_class(&found, g->classes.items[c]))
                return sb_fail(
                    err, SB_E_LIMIT, "grants name more than %u classes", SB_CLASSES);
    }
    *out = found;
    return 0;
}

/* What is wrong between a granted reader and the epoch's of the same code; NULL:
 * nothing. */
static const char *difference(const struct sb_reader *want,
                              const struct sb_epoch_reader *got)
{
    if (memcmp(want->seal_key_id, got->seal_key_id, SB_KEY_ID) != 0)
        return "has another seal key than the epoch wraps to";
    if (!sb_codes_eq(&want->classes, &got->classes))
        return "has other classes in the epoch than its grants give";
    return NULL;
}

int sb_readers_match(const struct sb_readers *readers,
                     const struct sb_epoch_core *core,
                     struct sb_err *err)
{
    const char *wrong = NULL;
    struct sb_bytes who = {0};
    for (size_t i = 0; !wrong && (i < readers->n || i < core->n_readers); i++) {
        bool more_granted = i < readers->n;
        bool more_named = i < core->n_readers;
        int c = !more_granted ? 1
                : !more_named
                    ? -1
                    : sb_bytes_cmp(readers->items[i].code, core->readers[i].reader);
        who = c > 0 ? core->readers[i].reader : readers->items[i].code;
        wrong = c < 0   ? "may read, but the epoch leaves it out"
                : c > 0 ? "is a reader in the epoch, but no grant says so"
                        : difference(&readers->items[i], &core->readers[i]);
    }
    if (!wrong)
        return 0;
    return sb_fail(err,
                   SB_E_EPOCH_READERS,
                   "%.*s: %.*s %s",
                   SB_FMT(core->stream),
                   SB_FMT(who),
                   wrong);
}
