/* Purpose: what a generation above the first takes over from the one before, byte for
 * byte, from the publishers' outboxes.
 * Invariant: nothing here widens who may read: deliveries ask the grants of now. Only
 * what says that it was made before the generation was opened is taken so, and only
 * until the stream's first epoch of this generation. */
#include "broker/core/core_impl.h"

#include "keys/card.h"

uint64_t refill_opened(const struct sb_trust *trust, uint64_t generation)
{
    uint64_t opened = 0;
    const struct sb_dir *d = sb_trust_newest(trust);
    while (generation > 1 && d && sb_dir_body(d)->generation >= generation) {
        if (sb_dir_body(d)->generation == generation)
            opened = sb_dir_body(d)->issued;
        d = sb_trust_version(trust, sb_dir_body(d)->version - 1);
    }
    return opened;
}

bool refill_is_old(const struct sb_core *core, uint64_t said_ms)
{
    return said_ms < core->opened_ms;
}

bool refill_runs(const struct sb_core *core, const struct stream *st)
{
    return core->opened_ms > 0 &&
           (!st || st->epoch_no == 0 || refill_is_old(core, st->epoch.core.not_before));
}

bool refill_begins(const struct sb_core *core, const struct stream *st)
{
    return core->opened_ms > 0 && (!st || st->last_seq == 0);
}

static bool revoked(const struct sb_dir_member *m, const uint8_t key_id[SB_KEY_ID])
{
    for (size_t i = 0; i < m->n_keys; i++)
        if (memcmp(m->keys[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

/* Whether a sign key of this card, not revoked, signed the record. */
static bool signed_by(const struct sb_core *core,
                      const struct sb_dir_member *m,
                      struct sb_bytes card_record,
                      const struct sb_record *record,
                      struct sb_arena *arena)
{
    struct sb_record envelope;
    struct sb_card card;
    uint8_t id[SB_KEY_ID];
    if (sb_record_read(card_record, &envelope, NULL) != 0 ||
        sb_card_read(envelope.body, arena, &card, NULL) != 0)
        return false;
    const struct sb_card_key *k = sb_card_key(&card, SB_USE_SIGN);
    if (!k)
        return false;
    sb_key_id(id, k->use, k->pk);
    const struct sb_exchange *x = sb_trust_exchange(core->trust);
    return !revoked(m, id) && sb_verify_record(x, record, id, k->pk, NULL) == 0;
}

int refill_verify(const struct sb_core *core,
                  struct sb_bytes member,
                  const struct sb_record *record,
                  struct sb_err *err)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(core->trust));
    struct sb_arena *arena = sb_arena_new(0);
    bool good = false;
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory for cards");
    for (size_t i = 0; i < d->n_members; i++) {
        const struct sb_dir_member *m = &d->members[i];
        if (!sb_bytes_eq(m->code, member))
            continue;
        for (size_t c = m->n_cards; c > 0 && !good; c--)
            good = signed_by(core, m, m->cards[c - 1], record, arena);
    }
    sb_arena_free(arena);
    return good ? 0
                : sb_fail(err,
                          SB_E_KEY_EXPIRED,
                          "no sign key on the cards of %.*s signed this",
                          SB_FMT(member));
}

int refill_judge(const struct signed_in *in, bool is_refill, struct sb_err *err)
{
    if (!in->aged || is_refill)
        return 0;
    return sb_fail(
        err, SB_E_KEY_EXPIRED, "the sign key is valid no more, and this is no refill");
}
