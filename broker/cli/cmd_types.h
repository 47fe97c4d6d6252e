/* Event types of the catalogue, as grants need them. */
#ifndef BROKER_CLI_CMD_TYPES_H
#define BROKER_CLI_CMD_TYPES_H

#include "schemas/base/bytes.h"

/* The type is in the catalogue of `folder` (NULL: the installed one) and has
 * each of these classes: SB_E_UNKNOWN_TYPE, SB_E_GRANT_FORM. */
SB_CHECK int sb_cmd_check_classes(const char *folder,
                                  struct sb_bytes type,
                                  const struct sb_bytes *classes,
                                  size_t n,
                                  struct sb_err *err);

#endif
