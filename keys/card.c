/* Purpose: making cards, checking a chain of them, the challenge of enrolment.
 * Invariant: a card that passes sb_card_check was made by whoever holds its sign key,
 * and, after the first, the sign key of the card before.
 * Not for: whose key is whose in the exchange; trust.c compares all members. */
#include "keys/card.h"

static const char *const card_uses[] = {
    SB_USE_CURVE, SB_USE_SEAL, SB_USE_SIGN, SB_USE_WITNESS}; /* text order */

#define USES (sizeof card_uses / sizeof card_uses[0])

const struct sb_card_key *sb_card_key(const struct sb_card *card, const char *use)
{
    for (size_t i = 0; i < card->n_keys; i++)
        if (sb_bytes_is(card->keys[i].use, use))
            return &card->keys[i];
    return NULL;
}

/* Fills keys from the vault's newest; `sign_id`: of its sign key. */
static int take_keys(const struct sb_vault *v,
                     struct sb_card *card,
                     uint64_t now_ms,
                     uint64_t valid_ms,
                     uint8_t sign_id[SB_KEY_ID],
                     struct sb_err *err)
{
    if (valid_ms == 0 || valid_ms > UINT64_MAX - now_ms)
        return sb_fail(err, SB_E_RANGE, "a card's keys must be valid for some time");
    for (size_t i = 0; i < USES; i++) {
        struct sb_vault_key k;
        bool held = sb_vault_newest(v, card_uses[i], &k);
        if (!held && strcmp(card_uses[i], SB_USE_WITNESS) == 0)
            continue;
        if (!held)
            return sb_fail(
                err, SB_E_NO_KEY, "the vault has no %s key for the card", card_uses[i]);
        struct sb_card_key *to = &card->keys[card->n_keys++];
        *to = (struct sb_card_key){
            .use = k.use, .not_before = now_ms, .not_after = now_ms + valid_ms};
        memcpy(to->pk, k.pk, SB_PK);
        if (strcmp(card_uses[i], SB_USE_SIGN) == 0)
            memcpy(sign_id, k.key_id, SB_KEY_ID);
    }
    return 0;
}

static int write_signed(const struct sb_exchange *x,
                        const struct sb_vault *v,
                        const struct sb_card *card,
                        const uint8_t sign_id[SB_KEY_ID],
                        struct sb_buf *out,
                        struct sb_err *err)
{
    struct sb_buf body = {0};
    sb_card_write(card, &body);
    int rc = sb_buf_check(&body, err);
    if (rc == 0)
        rc = sb_sign_record(x, v, sign_id, sb_buf_bytes(&body), out, err);
    sb_buf_free(&body);
    return rc;
}

int sb_card_first(const struct sb_exchange *x,
                  const struct sb_vault *v,
                  struct sb_bytes name,
                  uint64_t now_ms,
                  uint64_t valid_ms,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    struct sb_card_key keys[USES];
    uint8_t sign_id[SB_KEY_ID];
    struct sb_card card = {
        .code = sb_vault_code(v), .name = name, .card_no = 1, .keys = keys};
    if (name.n == 0 || name.n > SB_NAME_MAX)
        return sb_fail(err,
                       SB_E_RANGE,
                       "the institution's name must have 1 to %u bytes",
                       SB_NAME_MAX);
    int rc = take_keys(v, &card, now_ms, valid_ms, sign_id, err);
    return rc == 0 ? write_signed(x, v, &card, sign_id, out, err) : rc;
}

/* The next card's body signed by the new sign key, and by the old where it changed. */
static int write_next(const struct sb_exchange *x,
                      const struct sb_vault *v,
                      const struct sb_card *card,
                      uint8_t ids[2][SB_KEY_ID],
                      struct sb_buf *out,
                      struct sb_err *err)
{
    struct sb_buf once = {0};
    int rc = write_signed(x, v, card, ids[1], &once, err);
    if (rc == 0)
        rc = sb_sign_add(x, v, ids[0], sb_buf_bytes(&once), out, err);
    sb_buf_free(&once);
    return rc;
}

/* Takes from the card before what the next one repeats or names; `old_id`: of the sign
 * key that signed it. */
static int prepare_next(const struct sb_vault *v,
                        const struct sb_record *previous,
                        struct sb_arena *arena,
                        struct sb_card *card,
                        uint8_t old_id[SB_KEY_ID],
                        struct sb_err *err)
{
    struct sb_card old;
    int rc = sb_card_read(previous->body, arena, &old, err);
    if (rc != 0)
        return rc;
    const struct sb_card_key *sign = sb_card_key(&old, SB_USE_SIGN);
    if (!sign || !sb_bytes_eq(old.code, sb_vault_code(v)))
        return sb_fail(err, SB_E_CARD_CHAIN, "the card before is not this vault's");
    sb_key_id(old_id, sign->use, sign->pk);
    card->code = old.code;
    card->name = old.name;
    card->card_no = old.card_no + 1;
    return sb_record_hash(card->prev_hash, previous->body, err);
}

int sb_card_next(const struct sb_exchange *x,
                 const struct sb_vault *v,
                 struct sb_bytes previous,
                 uint64_t now_ms,
                 uint64_t valid_ms,
                 struct sb_buf *out,
                 struct sb_err *err)
{
    struct sb_record record;
    struct sb_card_key keys[USES];
    struct sb_card card = {.keys = keys};
    uint8_t ids[2][SB_KEY_ID]; /* of the old and the new sign key */
    int rc = sb_record_read(previous, &record, err);
    if (rc != 0)
        return rc;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a card");
    rc = prepare_next(v, &record, arena, &card, ids[0], err);
    if (rc == 0)
        rc = take_keys(v, &card, now_ms, valid_ms, ids[1], err);
    if (rc == 0)
        rc = write_next(x, v, &card, ids, out, err);
    sb_arena_free(arena);
    return rc;
}

static bool is_card_use(struct sb_bytes use)
{
    for (size_t i = 0; i < USES; i++)
        if (sb_bytes_is(use, card_uses[i]))
            return true;
    return false;
}

static int check_keys(const struct sb_card *card, struct sb_err *err)
{
    for (size_t i = 0; i < card->n_keys; i++) {
        const struct sb_card_key *k = &card->keys[i];
        if (!is_card_use(k->use))
            return sb_fail(
                err, SB_E_BAD_KEY, "a card has no key for \"%.*s\"", SB_FMT(k->use));
        if (k->not_before >= k->not_after || !sb_pk_is_good(k->use, k->pk))
            return sb_fail(
                err, SB_E_BAD_KEY, "its %.*s key is not usable", SB_FMT(k->use));
        for (size_t j = 0; j < i; j++)
            if (memcmp(card->keys[j].pk, k->pk, SB_PK) == 0)
                return sb_fail(err,
                               SB_E_KEY_REUSED,
                               "one key for both %.*s and %.*s",
                               SB_FMT(card->keys[j].use),
                               SB_FMT(k->use));
    }
    if (!sb_card_key(card, SB_USE_SIGN) || !sb_card_key(card, SB_USE_SEAL) ||
        !sb_card_key(card, SB_USE_CURVE))
        return sb_fail(err, SB_E_NO_KEY, "it needs a sign, a seal and a curve key");
    return 0;
}

static int check_link(const struct sb_card *card,
                      const struct sb_record *prev_record,
                      const struct sb_card *prev,
                      struct sb_err *err)
{
    uint8_t hash[SB_HASH] = {0};
    uint64_t no = prev ? prev->card_no + 1 : 1;
    int rc = prev_record ? sb_record_hash(hash, prev_record->body, err) : 0;
    if (rc != 0)
        return rc;
    if (card->card_no != no || memcmp(card->prev_hash, hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_CARD_CHAIN, "it does not follow the card before it");
    if (prev && !sb_bytes_eq(prev->code, card->code))
        return sb_fail(err, SB_E_CARD_CHAIN, "the card before is another's");
    return 0;
}

static int check_signed(const struct sb_exchange *x,
                        const struct sb_record *record,
                        const struct sb_card *signer,
                        struct sb_err *err)
{
    uint8_t id[SB_KEY_ID];
    const struct sb_card_key *sign = sb_card_key(signer, SB_USE_SIGN);
    if (!sign)
        return sb_fail(err, SB_E_NO_KEY, "a card without a sign key");
    sb_key_id(id, sign->use, sign->pk);
    return sb_verify_record(x, record, id, sign->pk, err);
}

int sb_card_check(const struct sb_exchange *x,
                  const struct sb_record *record,
                  const struct sb_card *card,
                  const struct sb_record *prev_record,
                  const struct sb_card *prev,
                  struct sb_err *err)
{
    int rc = check_link(card, prev_record, prev, err);
    if (rc == 0)
        rc = check_keys(card, err);
    if (rc == 0)
        rc = check_signed(x, record, card, err);
    if (rc == 0 && prev)
        rc = check_signed(x, record, prev, err);
    if (rc != 0)
        sb_err_wrap(err,
                    rc,
                    "card %llu of %.*s",
                    (unsigned long long)card->card_no,
                    SB_FMT(card->code));
    return rc;
}

int sb_challenge_make(const struct sb_card *card,
                      struct sb_buf *challenge,
                      uint8_t expected[SB_HASH],
                      struct sb_err *err)
{
    uint8_t secret[SB_CHALLENGE];
    uint8_t ct[SB_CHALLENGE + crypto_box_SEALBYTES];
    const struct sb_card_key *seal = sb_card_key(card, SB_USE_SEAL);
    if (!seal)
        return sb_fail(err, SB_E_NO_KEY, "the card has no seal key");
    randombytes_buf(secret, sizeof secret);
    int rc = 0;
    if (crypto_box_seal(ct, secret, sizeof secret, seal->pk) != 0)
        rc = sb_fail(err, SB_E_BAD_KEY, "nothing can be sealed to the card's seal key");
    sb_hash(expected, "sacbe/chal/1", sb_bytes(secret, sizeof secret));
    sodium_memzero(secret, sizeof secret);
    if (rc != 0)
        return rc;
    sb_buf_put(challenge, ct, sizeof ct);
    return sb_buf_check(challenge, err);
}

int sb_challenge_answer(const struct sb_vault *v,
                        struct sb_bytes challenge,
                        uint8_t answer[SB_CHALLENGE],
                        struct sb_err *err)
{
    /* Only this length is ever opened: a wrapped key is longer, so that nobody can have
     * one opened by calling it a challenge. */
    if (challenge.n != SB_CHALLENGE + crypto_box_SEALBYTES)
        return sb_fail(err, SB_E_CHALLENGE, "this is not a challenge");
    for (size_t i = sb_vault_count(v); i > 0; i--) {
        struct sb_vault_key k = sb_vault_key_at(v, i - 1);
        if (sb_bytes_is(k.use, SB_USE_SEAL) &&
            sb_vault_unseal(v, k.key_id, challenge, answer, NULL) == 0)
            return 0;
    }
    return sb_fail(
        err, SB_E_CHALLENGE, "the challenge is not for a seal key of this vault");
}

bool sb_challenge_right(const uint8_t expected[SB_HASH],
                        const uint8_t answer[SB_CHALLENGE])
{
    uint8_t got[SB_HASH];
    sb_hash(got, "sacbe/chal/1", sb_bytes(answer, SB_CHALLENGE));
    return sodium_memcmp(got, expected, SB_HASH) == 0;
}
