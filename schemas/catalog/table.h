/* A CSV file of the catalogue in memory; for this room's files only.
 *
 * UTF-8, comma, double quotes; the first row names the columns, which are unique. */
#ifndef SCHEMAS_CATALOG_TABLE_H
#define SCHEMAS_CATALOG_TABLE_H

#include "schemas/base/bytes.h"

struct table {
    const char *name;
    struct sb_bytes *header;
    struct sb_bytes *cells; /* rows * columns */
    size_t *lines;          /* of each row */
    size_t columns;
    size_t rows;
};

/* SB_E_CODE_LIST with "name:line: why". Everything lives in the arena. */
SB_CHECK int sb_table_read(struct table *out,
                           const char *name,
                           struct sb_bytes csv,
                           struct sb_arena *arena,
                           struct sb_err *err);

/* The column's index, or t->columns. */
size_t sb_table_column(const struct table *t, const char *header);

static inline struct sb_bytes
sb_table_cell(const struct table *t, size_t row, size_t column)
{
    return t->cells[row * t->columns + column];
}

#endif
