/* Records older than their key's end, in a journal that took them over. */
#include "keys/trust.h"

static bool revoked(const struct sb_dir_member *m, const uint8_t key_id[SB_KEY_ID])
{
    for (size_t i = 0; i < m->n_keys; i++)
        if (memcmp(m->keys[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

/* 0 when a sign key of this card, not revoked, signed the record; SB_E_MEMORY when that
 * cannot be told. */
static int signed_by(const struct sb_trust *t,
                     const struct sb_dir_member *m,
                     struct sb_bytes card_record,
                     const struct sb_record *record,
                     struct sb_arena *arena)
{
    struct sb_record envelope;
    struct sb_card card;
    uint8_t id[SB_KEY_ID];
    int rc = sb_record_read(card_record, &envelope, NULL);
    if (rc == 0)
        rc = sb_card_read(envelope.body, arena, &card, NULL);
    if (rc != 0)
        return rc;
    const struct sb_card_key *k = sb_card_key(&card, SB_USE_SIGN);
    if (!k)
        return SB_E_NO_KEY;
    sb_key_id(id, k->use, k->pk);
    return revoked(m, id)
               ? SB_E_NO_KEY
               : sb_verify_record(sb_trust_exchange(t), record, id, k->pk, NULL);
}

int sb_dir_verify_aged(const struct sb_trust *t,
                       const struct sb_dir *d,
                       struct sb_bytes member,
                       const struct sb_record *record,
                       struct sb_err *err)
{
    const struct sb_directory *body = sb_dir_body(d);
    struct sb_arena *arena = sb_arena_new(0);
    int rc = SB_E_NO_KEY;
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory for cards");
    for (size_t i = 0; i < body->n_members; i++) {
        const struct sb_dir_member *m = &body->members[i];
        if (!sb_bytes_eq(m->code, member))
            continue;
        for (size_t c = m->n_cards; c > 0 && rc != 0 && rc != SB_E_MEMORY; c--)
            rc = signed_by(t, m, m->cards[c - 1], record, arena);
    }
    sb_arena_free(arena);
    if (rc == SB_E_MEMORY)
        return sb_fail(err, rc, "out of memory for verifying a record");
    return rc == 0 ? 0
                   : sb_fail(err,
                             SB_E_KEY_EXPIRED,
                             "no sign key on the cards of %.*s signed this",
                             SB_FMT(member));
}

uint64_t sb_dir_opened(const struct sb_trust *t, const struct sb_dir *d)
{
    uint64_t generation = sb_dir_body(d)->generation;
    uint64_t opened = sb_dir_body(d)->issued;
    for (; d && sb_dir_body(d)->generation == generation;
         d = sb_trust_version(t, sb_dir_body(d)->version - 1))
        opened = sb_dir_body(d)->issued;
    return opened;
}
