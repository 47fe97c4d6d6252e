/* Event types of the catalogue, as grants need them. */
#ifndef BROKER_CLI_CMD_TYPES_H
#define BROKER_CLI_CMD_TYPES_H

#include "schemas/base/bytes.h"

#define SB_FOLDER_TEXT 4096

/* The folder of the catalogue: `given`, else the installed one, where this program was
 * configured to find it or, moved as a whole, beside its own bin. May use `out`. */
const char *sb_cmd_catalogue(const char *given, char out[SB_FOLDER_TEXT]);

/* The type is in the catalogue of `folder` (NULL: the installed one) and has
 * each of these classes: SB_E_UNKNOWN_TYPE, SB_E_GRANT_FORM. */
SB_CHECK int sb_cmd_check_classes(const char *folder,
                                  struct sb_bytes type,
                                  const struct sb_bytes *classes,
                                  size_t n,
                                  struct sb_err *err);

#endif
