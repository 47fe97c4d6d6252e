/* A driver: what one kind of local database (or folder) offers the engine.
 *
 * Programs list the drivers that they were built with; the engine finds them by the
 * name that a mapping or sink file gives. A NULL member: the driver cannot do that.
 * `database` is the file for mappings that name none, and may be NULL. */
#ifndef ADAPTERS_ENGINE_DRIVER_H
#define ADAPTERS_ENGINE_DRIVER_H

#include "adapters/engine/source.h"

struct sb_driver {
    const char *name; /* "sqlite", "csv" */
    int (*db_open)(struct sb_db **out,
                   const char *path,
                   bool create,
                   struct sb_err *err);
    const struct sb_source_ops *source;
    /* Appends the statements that `capture_install` would run, as SQL text. */
    int (*capture_plan)(const struct sb_mapping *m,
                        const char *database,
                        struct sb_buf *sql,
                        struct sb_err *err);
    /* Triggers, change log, and a snapshot of what is there, in one transaction. */
    int (*capture_install)(const struct sb_mapping *m,
                           const char *database,
                           struct sb_err *err);
    int (*capture_remove)(const struct sb_mapping *m,
                          const char *database,
                          struct sb_err *err);
    /* 0, SB_E_CAPTURE_MISSING or SB_E_CAPTURE_CHANGED with the command that mends it.
     */
    int (*capture_check)(const struct sb_mapping *m,
                         const char *database,
                         struct sb_err *err);
    /* Opens the database of a mapping for sb_mapping_check and `mapping try`. */
    int (*mapping_db)(struct sb_db **out,
                      const struct sb_mapping *m,
                      const char *database,
                      struct sb_err *err);
};

/* The driver of that name in a list ended by NULL; SB_E_NOT_FOUND names those there. */
SB_CHECK int sb_driver_find(const struct sb_driver *const *drivers,
                            struct sb_bytes name,
                            const struct sb_driver **out,
                            struct sb_err *err);

#endif
