/* Purpose: grants put into a draft and taken out of it.
 * Invariant: a grant enters only with its publisher's own signature.
 * Not for: what a grant allows; keys/trust.h answers that. */
#include "broker/cli/cmd_grant.h"

#include <stdlib.h>

#include "broker/cli/cmd_signed.h"

static int read_view(struct sb_bytes raw,
                     struct sb_arena *arena,
                     struct sb_grant_view *out,
                     struct sb_err *err)
{
    int rc = sb_record_read(raw, &out->record, err);
    return rc == 0 ? sb_grant_read(out->record.body, arena, &out->grant, err) : rc;
}

int sb_grant_views(const struct sb_cmd_dir *d,
                   struct sb_grant_view **out,
                   struct sb_err *err)
{
    size_t n = d->body.n_grants;
    struct sb_grant_view *views = sb_arena_alloc(d->arena, n + 1, sizeof *views);
    if (!views)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        int rc = read_view(d->body.grants[i], d->arena, &views[i], err);
        if (rc != 0)
            return rc;
    }
    *out = views;
    return 0;
}

static int active(const struct sb_cmd_dir *d,
                  struct sb_bytes code,
                  const struct sb_dir_member **out,
                  struct sb_err *err)
{
    const struct sb_dir_member *m = sb_cmd_member(&d->body, code);
    if (!m)
        return sb_fail(err,
                       SB_E_MEMBER,
                       "%.*s is no member of directory %llu",
                       SB_FMT(code),
                       (unsigned long long)d->body.version);
    if (!sb_bytes_is(m->status, "active"))
        return sb_fail(
            err, SB_E_MEMBER, "%.*s is %.*s", SB_FMT(code), SB_FMT(m->status));
    *out = m;
    return 0;
}

/* Whether a sign key on one of the cards of `m` is `key_id`, or signed
 * `record`. */
static int find_sign_key(const struct sb_cmd_dir *d,
                         const struct sb_dir_member *m,
                         const uint8_t *key_id,
                         const struct sb_record *record,
                         bool *found,
                         struct sb_err *err)
{
    *found = false;
    for (size_t i = 0; i < m->n_cards && !*found; i++) {
        struct sb_record raw;
        struct sb_card card;
        uint8_t id[SB_KEY_ID];
        int rc = sb_record_read(m->cards[i], &raw, err);
        if (rc == 0)
            rc = sb_card_read(raw.body, d->arena, &card, err);
        if (rc != 0)
            return rc;
        const struct sb_card_key *key = sb_card_key(&card, SB_USE_SIGN);
        if (!key)
            continue;
        sb_key_id(id, key->use, key->pk);
        if (key_id)
            *found = memcmp(id, key_id, SB_KEY_ID) == 0;
        else if (record)
            rc = sb_cmd_signed_by(d, record, id, key->pk, found, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int
check(const struct sb_cmd_dir *d, const struct sb_grant_view *v, struct sb_err *err)
{
    const struct sb_dir_member *publisher;
    const struct sb_dir_member *reader;
    bool found;
    int rc = active(d, v->grant.publisher, &publisher, err);
    if (rc == 0)
        rc = active(d, v->grant.reader, &reader, err);
    if (rc == 0)
        rc = find_sign_key(d, publisher, NULL, &v->record, &found, err);
    if (rc != 0)
        return rc;
    if (!found)
        return sb_fail(err,
                       SB_E_GRANT_SIGNATURE,
                       "grant %.*s is not signed by %.*s: only the publisher itself "
                       "can give access (sacbe grant offer)",
                       SB_FMT(v->grant.id),
                       SB_FMT(v->grant.publisher));
    rc = find_sign_key(d, reader, v->grant.reader_sign_key_id, NULL, &found, err);
    if (rc == 0 && !found)
        rc = sb_fail(err,
                     SB_E_GRANT_FORM,
                     "grant %.*s names a key that is on no card of %.*s",
                     SB_FMT(v->grant.id),
                     SB_FMT(v->grant.reader));
    return rc;
}

static int id_is_free(const struct sb_cmd_dir *d,
                      const struct sb_grant_view *v,
                      struct sb_err *err)
{
    struct sb_grant_view *views;
    int rc = sb_grant_views(d, &views, err);
    for (size_t i = 0; rc == 0 && i < d->body.n_grants; i++)
        if (sb_bytes_eq(views[i].grant.id, v->grant.id))
            rc = sb_fail(err,
                         SB_E_EXISTS,
                         "grant %.*s is in the directory already",
                         SB_FMT(v->grant.id));
    return rc;
}

int sb_grant_add(struct sb_cmd_dir *d,
                 const struct sb_record *record,
                 struct sb_err *err)
{
    struct sb_grant_view view = {0};
    size_t n = d->body.n_grants;
    size_t at = 0;
    int rc = read_view(record->raw, d->arena, &view, err);
    if (rc == 0)
        rc = check(d, &view, err);
    if (rc == 0)
        rc = id_is_free(d, &view, err);
    if (rc != 0)
        return rc;
    if (n == SB_GRANTS_MAX)
        return sb_fail(
            err, SB_E_LIMIT, "a directory has at most %u grants", SB_GRANTS_MAX);
    struct sb_bytes *list = sb_arena_alloc(d->arena, n + 1, sizeof *list);
    if (!list)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    while (at < n && sb_bytes_cmp(d->body.grants[at], record->raw) < 0)
        at++;
    for (size_t i = 0; i < n; i++)
        list[i < at ? i : i + 1] = d->body.grants[i];
    list[at] = record->raw;
    d->body.grants = list;
    d->body.n_grants = n + 1;
    return 0;
}

int sb_grant_remove(struct sb_cmd_dir *d, const char *id, struct sb_err *err)
{
    struct sb_grant_view *views;
    size_t n = d->body.n_grants;
    int rc = sb_grant_views(d, &views, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (sb_bytes_is(views[i].grant.id, id)) {
            memmove(&d->body.grants[i],
                    &d->body.grants[i + 1],
                    (n - i - 1) * sizeof *d->body.grants);
            d->body.n_grants = n - 1;
            return 0;
        }
    return sb_fail(err, SB_E_NOT_FOUND, "the directory has no grant %s", id);
}

static int by_text(const void *a, const void *b)
{
    return sb_bytes_cmp(*(const struct sb_bytes *)a, *(const struct sb_bytes *)b);
}

int sb_grant_classes(const char *text,
                     struct sb_arena *arena,
                     struct sb_codes *out,
                     struct sb_err *err)
{
    struct sb_codes c = {sb_arena_alloc(arena, SB_CLASSES, sizeof *c.items), 0};
    if (!c.items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (const char *p = text; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        size_t n = strcspn(p, ",");
        if (n == 0 || c.n == SB_CLASSES)
            return sb_fail(
                err, SB_E_USAGE, "\"%s\" is no list of classes: publica,interna", text);
        c.items[c.n++] = sb_bytes(p, n);
    }
    qsort(c.items, c.n, sizeof *c.items, by_text);
    for (size_t i = 1; i < c.n; i++)
        if (sb_bytes_eq(c.items[i - 1], c.items[i]))
            return sb_fail(err, SB_E_USAGE, "\"%s\" names a class twice", text);
    *out = c;
    return 0;
}

const char *sb_grant_classes_text(const struct sb_codes *classes,
                                  struct sb_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; text && i < classes->n; i++)
        text = sb_arena_str(
            arena, "%s%s%.*s", text, i ? "," : "", SB_FMT(classes->items[i]));
    return text ? text : "";
}
