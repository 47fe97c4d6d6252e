/* Capture from SQLite: the table sacbe_change, which triggers fill.
 *
 * Per mapping a *source* ("interior.hecho_transito:tr_hecho"): three triggers on the
 * captured table and on each table of its arrays write the key of the row that changed.
 * Only keys are kept: what the row says is read when it is mapped, so that many changes
 * of one row are one. Keys stand in columns without a type, as they are stored, because
 * text made of them could fail the institution's own statement. */
#ifndef ADAPTERS_SQLITE_CAPTURE_H
#define ADAPTERS_SQLITE_CAPTURE_H

#include "adapters/engine/mapping.h"

#define SB_CAPTURE_KEYS 6u /* columns of a key */

struct sb_capture_trigger {
    struct sb_bytes name;
    struct sb_bytes sql; /* exactly as SQLite keeps it */
};

struct sb_capture { /* what a mapping needs; lives in an arena */
    struct sb_bytes source;
    struct sb_bytes snapshot; /* puts every row's key into the log */
    struct sb_capture_trigger *triggers;
    size_t n_triggers;
};

SB_CHECK int sb_capture_of(const struct sb_mapping *m,
                           struct sb_arena *arena,
                           struct sb_capture *out,
                           struct sb_err *err);
/* 0, SB_E_CAPTURE_MISSING or SB_E_CAPTURE_CHANGED with the command that mends it. */
SB_CHECK int sb_capture_verify(struct sb_db *db,
                               const struct sb_capture *c,
                               const struct sb_mapping *m,
                               struct sb_err *err);
/* The database of a mapping: its own `file`, else `database`. Must be there. */
SB_CHECK int sb_capture_db(struct sb_db **out,
                           const struct sb_mapping *m,
                           const char *database,
                           struct sb_err *err);

/* The driver's verbs; see adapters/engine/driver.h. */
int sb_capture_plan(const struct sb_mapping *m,
                    const char *database,
                    struct sb_buf *sql,
                    struct sb_err *err);
int sb_capture_install(const struct sb_mapping *m,
                       const char *database,
                       struct sb_err *err);
int sb_capture_remove(const struct sb_mapping *m,
                      const char *database,
                      struct sb_err *err);
int sb_capture_check(const struct sb_mapping *m,
                     const char *database,
                     struct sb_err *err);

#endif
