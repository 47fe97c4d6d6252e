/* Cards: making them, checking a chain, and the enrolment challenge. FORMATS, "Keys".
 */
#ifndef KEYS_CARD_H
#define KEYS_CARD_H

#include "keys/sign.h"
#include "schemas/record/card.h"

#define SB_CHALLENGE 32

/* Appends the record of the first card of a vault: its newest sign, seal, curve and
 * (when there is one) witness key, valid [now, now + valid_ms), signed by the sign key.
 */
SB_CHECK int sb_card_first(const struct sb_exchange *x,
                           const struct sb_vault *v,
                           struct sb_bytes name,
                           uint64_t now_ms,
                           uint64_t valid_ms,
                           struct sb_buf *out,
                           struct sb_err *err);
/* As sb_card_first, the next after `previous` (a card record): also signed by the sign
 * key of `previous`, which the vault must hold. */
SB_CHECK int sb_card_next(const struct sb_exchange *x,
                          const struct sb_vault *v,
                          struct sb_bytes previous,
                          uint64_t now_ms,
                          uint64_t valid_ms,
                          struct sb_buf *out,
                          struct sb_err *err);
/* Checks one card against the one before (NULL for the first): numbers, hash chain,
 * same code, both signatures, good keys, a sign, seal and curve key. */
SB_CHECK int sb_card_check(const struct sb_exchange *x,
                           const struct sb_record *record,
                           const struct sb_card *card,
                           const struct sb_record *prev_record,
                           const struct sb_card *prev,
                           struct sb_err *err);
const struct sb_card_key *sb_card_key(const struct sb_card *card, const char *use);

/* Enrolment: the authority seals 32 random bytes to the card's seal key (appends the
 * ciphertext) and keeps `expected`, the hash that a right answer has. */
SB_CHECK int sb_challenge_make(const struct sb_card *card,
                               struct sb_buf *challenge,
                               uint8_t expected[SB_HASH],
                               struct sb_err *err);
/* The holder opens the challenge; answer = the 32 bytes. */
SB_CHECK int sb_challenge_answer(const struct sb_vault *v,
                                 struct sb_bytes challenge,
                                 uint8_t answer[SB_CHALLENGE],
                                 struct sb_err *err);
bool sb_challenge_right(const uint8_t expected[SB_HASH],
                        const uint8_t answer[SB_CHALLENGE]);

#endif
