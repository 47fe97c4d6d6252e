/* The adapter's state file: its tables, directories held, small facts by name.
 *
 * One SQLite file per adapter holds everything that must survive a restart: streams
 * with their claims, epochs and batches (outbox.h), what could not be mapped or applied
 * (quarantine.h), tokens of sources, directories, the newest checkpoint. No key is in
 * it: an epoch's secrets come back by opening our own wrap with the vault. */
#ifndef ADAPTERS_ENGINE_STATE_H
#define ADAPTERS_ENGINE_STATE_H

#include "adapters/engine/sql.h"
#include "keys/trust.h"

SB_CHECK int sb_state_open(struct sb_sql **out, const char *path, struct sb_err *err);

/* Small facts. SB_E_NOT_FOUND when there is none; `out` is appended to. */
SB_CHECK int sb_state_put(struct sb_sql *s,
                          const char *name,
                          struct sb_bytes value,
                          struct sb_err *err);
SB_CHECK int sb_state_get(struct sb_sql *s,
                          const char *name,
                          struct sb_buf *out,
                          struct sb_err *err);
SB_CHECK int sb_state_put_number(struct sb_sql *s,
                                 const char *name,
                                 uint64_t value,
                                 struct sb_err *err);
SB_CHECK int sb_state_number(struct sb_sql *s,
                             const char *name,
                             uint64_t otherwise,
                             uint64_t *out,
                             struct sb_err *err);

/* Directories held: kept in order, given to a fresh trust at start. */
SB_CHECK int sb_state_keep_directory(struct sb_sql *s,
                                     uint64_t version,
                                     struct sb_bytes record,
                                     struct sb_err *err);
SB_CHECK int
sb_state_load_trust(struct sb_sql *s, struct sb_trust *trust, struct sb_err *err);

#endif
