/* The catalogue as the exchange publishes it: a folder's files into one record.
 */
#ifndef BROKER_CLI_CMD_MANIFEST_H
#define BROKER_CLI_CMD_MANIFEST_H

#include "keys/hash.h"
#include "schemas/record/entry.h"

/* Loads the catalogue whole, so that a broken one is never published; slices
 * live in `arena`. Errors as sb_catalog_load. */
SB_CHECK int sb_cmd_manifest_read(const char *folder,
                                  struct sb_arena *arena,
                                  struct sb_manifest *out,
                                  struct sb_err *err);
/* What a directory names. */
SB_CHECK int sb_cmd_manifest_hash(const struct sb_manifest *m,
                                  uint8_t out[SB_HASH],
                                  struct sb_err *err);
/* Appends the unsigned record with all files. */
SB_CHECK int sb_cmd_manifest_record(const struct sb_manifest *m,
                                    struct sb_buf *out,
                                    struct sb_err *err);

#endif
