/* Purpose: the members of a directory: cards, statuses, and what may not be undone.
 * Invariant: nobody is removed, no card chain is cut or replaced, no revocation lifted.
 * Not for: keys held by several members; dir_keys.c. */
#include "keys/dir.h"

static bool status_known(struct sb_bytes status)
{
    return sb_bytes_is(status, "active") || sb_bytes_is(status, "suspended") ||
           sb_bytes_is(status, "revoked");
}

/* Whether any card of the member names this key, for whatever use. */
static bool
on_chain(const struct sb_dir *d, size_t member, const uint8_t key_id[SB_KEY_ID])
{
    const struct sb_dir_cards *c = &d->cards[member];
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->cards[i].n_keys; k++) {
            uint8_t id[SB_KEY_ID];
            sb_key_id(id, c->cards[i].keys[k].use, c->cards[i].keys[k].pk);
            if (memcmp(id, key_id, SB_KEY_ID) == 0)
                return true;
        }
    return false;
}

static int check_statuses(const struct sb_dir *d, size_t member, struct sb_err *err)
{
    const struct sb_dir_member *m = &d->body.members[member];
    if (!status_known(m->status))
        return sb_fail(err,
                       SB_E_MEMBER,
                       "member %.*s: there is no status \"%.*s\"",
                       SB_FMT(m->code),
                       SB_FMT(m->status));
    for (size_t i = 0; i < m->n_keys; i++) {
        if (!sb_bytes_is(m->keys[i].status, "revoked"))
            return sb_fail(err,
                           SB_E_MEMBER,
                           "member %.*s: a key can only be \"revoked\"",
                           SB_FMT(m->code));
        if (!on_chain(d, member, m->keys[i].key_id))
            return sb_fail(err,
                           SB_E_NO_KEY,
                           "member %.*s: a revoked key stands on none of its cards",
                           SB_FMT(m->code));
    }
    return 0;
}

/* Checks the card chain; the first `known` cards were checked with the version before.
 */
static int check_cards(const struct sb_trust *t,
                       const struct sb_dir *d,
                       size_t member,
                       size_t known,
                       struct sb_err *err)
{
    const struct sb_dir_member *m = &d->body.members[member];
    const struct sb_card *cards = d->cards[member].cards;
    struct sb_record records[2];
    for (size_t i = known; i < m->n_cards; i++) {
        int rc = sb_record_read(m->cards[i], &records[i % 2], err);
        if (rc == 0 && i > 0)
            rc = sb_record_read(m->cards[i - 1], &records[(i - 1) % 2], err);
        if (rc == 0 && !sb_bytes_eq(cards[i].code, m->code))
            rc = sb_fail(err,
                         SB_E_CARD_CHAIN,
                         "member %.*s: a card is another's",
                         SB_FMT(m->code));
        if (rc == 0)
            rc = sb_card_check(&t->x,
                               &records[i % 2],
                               &cards[i],
                               i > 0 ? &records[(i - 1) % 2] : NULL,
                               i > 0 ? &cards[i - 1] : NULL,
                               err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static bool same_body(struct sb_bytes a, struct sb_bytes b)
{
    struct sb_record ra;
    struct sb_record rb;
    return sb_record_read(a, &ra, NULL) == 0 && sb_record_read(b, &rb, NULL) == 0 &&
           sb_bytes_eq(ra.body, rb.body);
}

static int check_kept(const struct sb_dir *d,
                      size_t member,
                      const struct sb_dir *prev,
                      size_t before,
                      size_t *known,
                      struct sb_err *err)
{
    const struct sb_dir_member *m = &d->body.members[member];
    const struct sb_dir_member *old = &prev->body.members[before];
    bool equal = true;
    for (size_t i = 0; i < old->n_cards; i++) {
        if (i >= m->n_cards || !same_body(m->cards[i], old->cards[i]))
            return sb_fail(
                err,
                SB_E_CARD_CHAIN,
                "member %.*s: card %zu of version %llu is missing or changed",
                SB_FMT(m->code),
                i + 1,
                (unsigned long long)prev->body.version);
        equal = equal && sb_bytes_eq(m->cards[i], old->cards[i]);
        *known = equal ? i + 1 : *known;
    }
    if (sb_bytes_is(old->status, "revoked") && !sb_bytes_is(m->status, "revoked"))
        return sb_fail(
            err,
            SB_E_MEMBER,
            "member %.*s was revoked and stays so; enrol it under a new code",
            SB_FMT(m->code));
    for (size_t i = 0; i < old->n_keys; i++)
        if (!sb_dir_is_revoked(d, member, old->keys[i].key_id))
            return sb_fail(err,
                           SB_E_MEMBER,
                           "member %.*s: a revoked key must stay on the list",
                           SB_FMT(m->code));
    return 0;
}

int sb_dir_check_members(const struct sb_trust *t,
                         const struct sb_dir *d,
                         const struct sb_dir *prev,
                         struct sb_err *err)
{
    for (size_t i = 0; prev && i < prev->body.n_members; i++)
        if (sb_dir_find(d, prev->body.members[i].code) == d->body.n_members)
            return sb_fail(err,
                           SB_E_MEMBER,
                           "member %.*s is missing; mark it revoked instead",
                           SB_FMT(prev->body.members[i].code));
    for (size_t i = 0; i < d->body.n_members; i++) {
        size_t known = 0;
        size_t before = prev ? sb_dir_find(prev, d->body.members[i].code) : 0;
        int rc = 0;
        if (prev && before < prev->body.n_members)
            rc = check_kept(d, i, prev, before, &known, err);
        if (rc == 0)
            rc = check_cards(t, d, i, known, err);
        if (rc == 0)
            rc = check_statuses(d, i, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
