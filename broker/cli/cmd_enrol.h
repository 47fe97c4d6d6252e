/* Enrolment of a card: its checks, the challenge that is kept meanwhile, its
 * entry.
 *
 * The challenge's expected answer is kept as enrol-CODE.json (0600) beside the
 * directory file, until it is answered. */
#ifndef BROKER_CLI_CMD_ENROL_H
#define BROKER_CLI_CMD_ENROL_H

#include "broker/cli/cmd_file.h"

struct sb_enrol_card { /* lives as long as the directory's arena and the card's
                          file */
    const struct sb_record *record;
    struct sb_card card;
    uint8_t hash[SB_HASH];
};

/* A first card, signed by itself, of a code and with keys that `d` does not
 * know: SB_E_CARD_CHAIN, SB_E_EXISTS, SB_E_KEY_REUSED. */
SB_CHECK int sb_enrol_read(struct sb_cmd_dir *d,
                           const struct sb_record *record,
                           struct sb_enrol_card *out,
                           struct sb_err *err);
SB_CHECK int sb_enrol_keep(const char *directory,
                           const struct sb_enrol_card *card,
                           const uint8_t expected[SB_HASH],
                           struct sb_err *err);
/* SB_E_CHALLENGE when the answer is wrong or the card is another one than was
 * challenged; SB_E_NOT_FOUND when none was. */
SB_CHECK int sb_enrol_answered(const char *directory,
                               const struct sb_enrol_card *card,
                               struct sb_bytes answer,
                               struct sb_err *err);
SB_CHECK int sb_enrol_forget(const char *directory,
                             const struct sb_enrol_card *card,
                             struct sb_err *err);
/* Puts the member into `d->body`, in its order. */
SB_CHECK int sb_enrol_add(struct sb_cmd_dir *d,
                          const struct sb_enrol_card *card,
                          struct sb_err *err);

#endif
