/* Who signed a record that a command looks at. */
#ifndef BROKER_CLI_CMD_SIGNED_H
#define BROKER_CLI_CMD_SIGNED_H

#include "broker/cli/cmd_file.h"

/* Whether a key's signature on a record of this exchange holds. Want of memory is an
 * error, not an answer. */
SB_CHECK int sb_cmd_signed_by(const struct sb_cmd_dir *d,
                              const struct sb_record *record,
                              const uint8_t key_id[SB_KEY_ID],
                              const uint8_t pk[SB_PK],
                              bool *out,
                              struct sb_err *err);
/* How many of the directory's own roots signed `record`, which is its body. */
SB_CHECK int sb_cmd_dir_count(const struct sb_cmd_dir *d,
                              const struct sb_record *record,
                              size_t *out,
                              struct sb_err *err);

#endif
