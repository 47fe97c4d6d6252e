/* Purpose: rows of a local database, by column name. Not here: any database. */
#include "adapters/engine/db.h"

const struct sb_cell *sb_row_get(const struct sb_row *row, struct sb_bytes name)
{
    for (size_t i = 0; i < row->n; i++)
        if (sb_bytes_eq(row->names[i], name))
            return &row->cells[i];
    return NULL;
}
