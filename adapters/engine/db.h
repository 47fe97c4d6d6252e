/* What the engine needs of a local database: one ops table per driver.
 *
 * Statements are static text from mapping and sink files; values are bound by name
 * (":name"). Names that a statement does not use are ignored; a name that it uses and
 * that is not given is SB_E_MAPPING. All calls from one thread. An error text says what
 * the database said (for the local log only: it never leaves the institution). */
#ifndef ADAPTERS_ENGINE_DB_H
#define ADAPTERS_ENGINE_DB_H

#include "schemas/base/bytes.h"

enum sb_cell_type {
    SB_CELL_NULL = 0,
    SB_CELL_INT,
    SB_CELL_REAL,
    SB_CELL_TEXT,
};

struct sb_cell {
    enum sb_cell_type type;
    int64_t i;
    double d;
    struct sb_bytes s; /* TEXT: UTF-8 */
};

struct sb_param {
    struct sb_bytes name; /* without the colon */
    struct sb_cell cell;
};

struct sb_row { /* lives during the callback, or in the arena where said */
    size_t n;
    const struct sb_bytes *names;
    const struct sb_cell *cells;
};

const struct sb_cell *sb_row_get(const struct sb_row *row, struct sb_bytes name);

/* Returns 0 to go on, 1 to stop, or an error that the query then returns. */
typedef int (*sb_row_fn)(void *ctx, const struct sb_row *row, struct sb_err *err);

struct sb_db; /* a connection; its first member is the ops pointer */

struct sb_db_ops {
    const char *name; /* "sqlite" */
    void (*close)(struct sb_db *db);
    /* Runs one SELECT (fn may be NULL) or one statement that changes. *changed (may be
     * NULL): rows changed. */
    int (*run)(struct sb_db *db,
               struct sb_bytes sql,
               const struct sb_param *params,
               size_t n_params,
               sb_row_fn fn,
               void *ctx,
               struct sb_err *err);
    int (*begin)(struct sb_db *db, struct sb_err *err); /* write transaction at once */
    int (*commit)(struct sb_db *db, struct sb_err *err);
    void (*rollback)(struct sb_db *db);
    /* Prepares only: SQL error, the names it needs, the columns it gives. */
    int (*describe)(struct sb_db *db,
                    struct sb_bytes sql,
                    struct sb_arena *arena,
                    struct sb_bytes **params,
                    size_t *n_params,
                    struct sb_bytes **columns,
                    size_t *n_columns,
                    struct sb_err *err);
    /* Appends a quoted identifier. */
    void (*quote)(struct sb_buf *out, struct sb_bytes identifier);
};

struct sb_db {
    const struct sb_db_ops *ops;
};

#endif
