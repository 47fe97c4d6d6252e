/* Purpose: a database with a set's tables, for checking and trying a mapping before
 * any file is published.
 * Invariant: nothing of the folder or the state changes. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapters/csv/steps.h"
#include "adapters/sqlite/db.h"

#define SAMPLE 20000u /* records of each file */

/* The last file, in order of names, of `folder` that matches member i. */
static bool
find_file(const struct csv_source *s, const char *folder, size_t i, char *out)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, alphasort);
    bool found = false;
    for (int k = n - 1; k >= 0; k--) {
        struct stamp stamp;
        pcre2_match_data *m = pcre2_match_data_create(4, NULL);
        found = m && !found &&
                pcre2_match(s->patterns[i],
                            (PCRE2_SPTR)names[k]->d_name,
                            PCRE2_ZERO_TERMINATED,
                            0,
                            0,
                            m,
                            NULL) > 0 &&
                sb_csv_folder_stamp(folder, names[k]->d_name, &stamp, NULL) == 0;
        pcre2_match_data_free(m);
        if (found) {
            snprintf(out, PATH_MAX, "%s/%s", folder, names[k]->d_name);
            break;
        }
    }
    for (int k = 0; k < n; k++)
        free(names[k]);
    free(names);
    return found;
}

static int stage_all(struct csv_source *s, sqlite3 *db, struct sb_err *err)
{
    const char *folders[] = {s->in, s->done};
    for (size_t i = 0; i < s->facts->n_set; i++) {
        char path[PATH_MAX];
        bool found = false;
        for (size_t k = 0; k < 2 && !found; k++)
            found = find_file(s, folders[k], i, path);
        if (!found)
            return sb_fail(err,
                           SB_E_NOT_FOUND,
                           "%s: no file matches \"%.*s\": put one there to check the "
                           "mapping with",
                           s->in,
                           SB_FMT(s->facts->set[i].pattern));
        int rc = sb_csv_stage_sample(db, s->facts->set[i].table, path, SAMPLE, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int db_fault(sqlite3 *db, const char *path, struct sb_err *err)
{
    return sb_fail(err, sb_csv_code(db, SB_E_IO), "%s: %s", path, sqlite3_errmsg(db));
}

/* Staged into a file without a name: it goes with the connection. */
static int stage_file(struct csv_source *s, struct sb_db **out, struct sb_err *err)
{
    char path[PATH_MAX];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/sacbe-probe-XXXXXX", folder ? folder : "/tmp");
    int fd = mkstemp(path);
    sqlite3 *db = NULL;
    if (fd < 0)
        return sb_fail_os(err, errno, "%s", path);
    close(fd);
    int rc = sqlite3_open(path, &db) == SQLITE_OK ? 0 : db_fault(db, path, err);
    if (rc == 0 && sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        rc = db_fault(db, path, err);
    if (rc == 0)
        rc = stage_all(s, db, err);
    if (rc == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        rc = db_fault(db, path, err);
    sqlite3_close(db);
    if (rc == 0)
        rc = sb_sqlite_db_open(out, path, false, err);
    unlink(path);
    return rc;
}

int sb_csv_probe(struct sb_db **out,
                 const struct sb_mapping *m,
                 const char *database,
                 struct sb_err *err)
{
    (void)database; /* a folder has none */
    struct csv_source *s = calloc(1, sizeof *s);
    if (!s)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    s->mapping = m;
    s->facts = sb_mapping_facts(m);
    int rc = s->facts->n_set <= SB_CSV_MEMBERS_MAX
                 ? sb_csv_folder_open(s, err)
                 : sb_fail(err, SB_E_LIMIT, "a set has too many files");
    if (rc == 0)
        rc = stage_file(s, out, err);
    for (size_t i = 0; i < s->facts->n_set && i < SB_CSV_MEMBERS_MAX; i++)
        pcre2_code_free(s->patterns[i]);
    free(s->in);
    free(s->done);
    free(s->refused);
    free(s);
    return rc;
}
