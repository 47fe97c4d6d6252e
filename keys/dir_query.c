/* Purpose: questions to one checked directory about members and keys.
 * Invariant: only active members and keys that are not revoked ever count. */
#include "keys/dir.h"

const struct sb_directory *sb_dir_body(const struct sb_dir *d)
{
    return &d->body;
}

struct sb_bytes sb_dir_record(const struct sb_dir *d)
{
    return d->record;
}

const uint8_t *sb_dir_hash(const struct sb_dir *d)
{
    return d->hash;
}

const struct sb_grant *sb_dir_grant(const struct sb_dir *d, size_t i)
{
    return &d->grants[i];
}

size_t sb_dir_find(const struct sb_dir *d, struct sb_bytes member)
{
    size_t from = 0;
    size_t to = d->body.n_members;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = sb_bytes_cmp(d->body.members[mid].code, member);
        if (c == 0)
            return mid;
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return d->body.n_members;
}

bool sb_dir_is_active(const struct sb_dir *d, size_t member)
{
    return member < d->body.n_members &&
           sb_bytes_is(d->body.members[member].status, "active");
}

bool sb_dir_is_revoked(const struct sb_dir *d,
                       size_t member,
                       const uint8_t key_id[SB_KEY_ID])
{
    const struct sb_dir_member *m = &d->body.members[member];
    for (size_t i = 0; i < m->n_keys; i++)
        if (memcmp(m->keys[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

const struct sb_card_key *sb_dir_card_key(const struct sb_dir *d,
                                          size_t member,
                                          const char *use,
                                          const uint8_t key_id[SB_KEY_ID])
{
    const struct sb_dir_cards *c = &d->cards[member];
    for (size_t i = c->n; i > 0; i--) {
        uint8_t id[SB_KEY_ID];
        const struct sb_card_key *k = sb_card_key(&c->cards[i - 1], use);
        if (!k)
            continue;
        sb_key_id(id, k->use, k->pk);
        if (memcmp(id, key_id, SB_KEY_ID) == 0)
            return k;
    }
    return NULL;
}

/* Member and key of a CURVE key; NULL when no card names it. */
static const struct sb_card_key *
find_curve(const struct sb_dir *d, const uint8_t pk[SB_PK], size_t *member)
{
    for (size_t m = 0; m < d->body.n_members; m++)
        for (size_t i = d->cards[m].n; i > 0; i--) {
            const struct sb_card_key *k =
                sb_card_key(&d->cards[m].cards[i - 1], SB_USE_CURVE);
            if (k && memcmp(k->pk, pk, SB_PK) == 0) {
                *member = m;
                return k;
            }
        }
    return NULL;
}

int sb_dir_curve_refusal(const struct sb_dir *d,
                         const uint8_t pk[SB_PK],
                         uint64_t now_ms)
{
    size_t member = 0;
    uint8_t id[SB_KEY_ID];
    const struct sb_card_key *k = find_curve(d, pk, &member);
    if (!k)
        return SB_E_CURVE_UNKNOWN;
    sb_key_id(id, k->use, k->pk);
    if (!sb_dir_is_active(d, member) || sb_dir_is_revoked(d, member, id))
        return SB_E_SUSPENDED;
    return sb_key_valid(k, now_ms) ? 0 : SB_E_KEY_EXPIRED;
}

struct sb_bytes
sb_dir_by_curve(const struct sb_dir *d, const uint8_t pk[SB_PK], uint64_t now_ms)
{
    size_t member = 0;
    if (sb_dir_curve_refusal(d, pk, now_ms) != 0 || !find_curve(d, pk, &member))
        return sb_bytes(NULL, 0);
    return d->body.members[member].code;
}

static int
key_fails(struct sb_err *err, int code, struct sb_bytes member, const char *use)
{
    return code == SB_E_KEY_EXPIRED
               ? sb_fail(err,
                         code,
                         "the %s key of %.*s is not valid at this time",
                         use,
                         SB_FMT(member))
               : sb_fail(err, code, "%.*s has no such %s key", SB_FMT(member), use);
}

/* The newest usable key of a use; expired: whether there was one out of its time. */
static const struct sb_card_key *newest_valid(const struct sb_dir *d,
                                              size_t member,
                                              const char *use,
                                              uint64_t now_ms,
                                              bool *expired)
{
    const struct sb_dir_cards *c = &d->cards[member];
    for (size_t i = c->n; i > 0; i--) {
        uint8_t id[SB_KEY_ID];
        const struct sb_card_key *k = sb_card_key(&c->cards[i - 1], use);
        if (!k)
            continue;
        sb_key_id(id, k->use, k->pk);
        if (sb_dir_is_revoked(d, member, id) ||
            sb_dir_card_key(d, member, use, id) != k)
            continue;
        if (sb_key_valid(k, now_ms))
            return k;
        *expired = true;
    }
    return NULL;
}

int sb_dir_key(const struct sb_dir *d,
               struct sb_bytes member,
               const char *use,
               const uint8_t *key_id,
               uint64_t now_ms,
               struct sb_card_key *out,
               struct sb_err *err)
{
    size_t m = sb_dir_find(d, member);
    bool expired = false;
    const struct sb_card_key *k = NULL;
    if (!sb_dir_is_active(d, m))
        return sb_fail(
            err, SB_E_MEMBER, "%.*s is not an active member", SB_FMT(member));
    if (!key_id) {
        k = newest_valid(d, m, use, now_ms, &expired);
    } else if (!sb_dir_is_revoked(d, m, key_id)) {
        k = sb_dir_card_key(d, m, use, key_id);
        expired = k && !sb_key_valid(k, now_ms);
    }
    if (!k || (key_id && expired))
        return key_fails(err, expired ? SB_E_KEY_EXPIRED : SB_E_NO_KEY, member, use);
    *out = *k;
    return 0;
}

int sb_dir_own_key(const struct sb_dir *d,
                   const struct sb_vault *v,
                   const char *use,
                   uint64_t now_ms,
                   struct sb_vault_key *out,
                   struct sb_err *err)
{
    struct sb_bytes member = sb_vault_code(v);
    struct sb_vault_key best = {0};
    int worst = SB_E_NO_KEY;
    for (size_t i = 0; i < sb_vault_count(v); i++) {
        struct sb_card_key listed;
        struct sb_vault_key k = sb_vault_key_at(v, i);
        if (!sb_bytes_is(k.use, use))
            continue;
        int rc = sb_dir_key(d, member, use, k.key_id, now_ms, &listed, err);
        if (rc == SB_E_MEMBER)
            return rc;
        if (rc == SB_E_KEY_EXPIRED)
            worst = rc;
        if (rc == 0 && (best.use.n == 0 || k.created >= best.created))
            best = k;
    }
    if (best.use.n == 0)
        return key_fails(err, worst, member, use);
    *out = best;
    return 0;
}

int sb_dir_verify(const struct sb_trust *t,
                  const struct sb_dir *d,
                  struct sb_bytes member,
                  const struct sb_record *record,
                  uint64_t now_ms,
                  struct sb_err *err)
{
    int worst = SB_E_SIGNATURE;
    for (size_t i = 0; i < record->n; i++) {
        struct sb_card_key k;
        const uint8_t *id = record->sigs[i].key_id;
        int rc = sb_dir_key(d, member, SB_USE_SIGN, id, now_ms, &k, err);
        if (rc == SB_E_MEMBER)
            return rc;
        if (rc == SB_E_KEY_EXPIRED)
            worst = rc;
        if (rc != 0)
            continue;
        rc = sb_verify_record(&t->x, record, id, k.pk, err);
        if (rc == 0 || rc == SB_E_MEMORY)
            return rc;
    }
    return sb_fail(err,
                   worst,
                   "no %s sign key of %.*s signed this",
                   worst == SB_E_SIGNATURE ? "known" : "still valid",
                   SB_FMT(member));
}

int sb_dir_verify_log(const struct sb_trust *t,
                      const struct sb_dir *d,
                      const struct sb_record *record,
                      struct sb_err *err)
{
    uint8_t id[SB_KEY_ID];
    sb_key_id(id, sb_bytes_str(SB_USE_LOG), d->body.log_pk);
    int rc = sb_verify_record(&t->x, record, id, d->body.log_pk, err);
    return rc == 0 ? 0 : sb_err_wrap(err, rc, "the broker's log key");
}
