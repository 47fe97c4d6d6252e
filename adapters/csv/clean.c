/* Purpose: the staged rows of a finished run go, in slices.
 * Invariant: nothing here is needed any more; a crash goes on where it was. */
#include <stdio.h>

#include "adapters/csv/steps.h"

#define ROWS "20000"

static bool exists(struct csv_source *s, const char *table)
{
    return sqlite3_table_column_metadata(
               s->handle, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

/* Deletes some rows: 1 when there were any. */
static int
thin(struct csv_source *s, const char *table, const char *key, struct sb_err *err)
{
    struct sb_buf sql = {0};
    if (!exists(s, table))
        return 0;
    sb_buf_str(&sql, "DELETE FROM ");
    sb_csv_quote(&sql, sb_bytes_str(table));
    sb_buf_printf(&sql, " WHERE (%s) IN (SELECT %s FROM ", key, key);
    sb_csv_quote(&sql, sb_bytes_str(table));
    sb_buf_str(&sql, " LIMIT " ROWS ")");
    int rc = sb_csv_execute(s, &sql, err);
    sb_buf_free(&sql);
    return rc ? rc : sqlite3_changes64(s->handle) > 0;
}

int sb_csv_clean(struct csv_source *s, struct sb_err *err)
{
    if (s->db) { /* its statements know the tables */
        s->db->ops->close(s->db);
        s->db = NULL;
    }
    int rc = thin(s, "_use", "tbl, row", err);
    if (rc == 0)
        rc = thin(s, "_left", "n", err);
    if (rc == 0)
        rc = thin(s, "_event", "_n", err);
    for (size_t i = 0; rc == 0 && i < s->facts->n_set; i++) {
        char table[80];
        snprintf(table, sizeof table, "%.*s", SB_FMT(s->facts->set[i].table));
        rc = thin(s, table, "_row", err);
    }
    if (rc)
        return rc < 0 ? rc : 0;
    return sb_csv_run_forget(s, err);
}
