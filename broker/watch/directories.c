/* Purpose: keep directories over restarts.
 * Invariant: what is loaded was checked by the trust as if it had just come.
 * Not: getting them (watch.c). */
#include "broker/watch/directories.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "schemas/base/text.h"

#define PATH_BYTES 4096

static int
path_of(char out[PATH_BYTES], const char *folder, uint64_t version, struct sb_err *err)
{
    int n = snprintf(out, PATH_BYTES, "%s/directory-%" PRIu64 ".sbd", folder, version);
    if (n < 0 || n >= PATH_BYTES)
        return sb_fail(err, SB_E_ARGUMENT, "%.200s: the path is too long", folder);
    return 0;
}

/* The version that a file's name tells; 0: it is not a directory's. */
static uint64_t version_of(const char *name)
{
    const size_t around = strlen("directory-.sbd");
    size_t n = strlen(name);
    uint64_t version = 0;
    char again[64];
    if (n <= around || strncmp(name, "directory-", strlen("directory-")) != 0 ||
        !sb_text_number(sb_bytes(name + strlen("directory-"), n - around), &version))
        return 0;
    (void)snprintf(again, sizeof again, "directory-%" PRIu64 ".sbd", version);
    return strcmp(again, name) == 0 ? version : 0;
}

/* The lowest version that has a file; 0: none. */
static int find_first(const char *folder, uint64_t *first, struct sb_err *err)
{
    DIR *d = opendir(folder);
    if (!d)
        return sb_fail_os(err, errno, "%s", folder);
    const struct dirent *e;
    uint64_t found = 0;
    errno = 0;
    while ((e = readdir(d)) != NULL) {
        uint64_t version = version_of(e->d_name);
        if (version && (!found || version < found))
            found = version;
    }
    int why = errno;
    closedir(d);
    if (why)
        return sb_fail_os(err, why, "%s", folder);
    *first = found;
    return 0;
}

int sb_directories_load(const char *folder, struct sb_trust *trust, struct sb_err *err)
{
    char path[PATH_BYTES];
    uint64_t version = 0;
    int rc = find_first(folder, &version, err);
    while (!rc && version) {
        rc = path_of(path, folder, version, err);
        if (!rc && access(path, F_OK))
            return 0;
        if (!rc)
            rc = sb_trust_add_file(trust, path, err);
        version++;
    }
    return rc;
}

int sb_directories_keep(const char *folder,
                        const struct sb_trust *trust,
                        struct sb_err *err)
{
    char path[PATH_BYTES];
    const struct sb_dir *dir = sb_trust_newest(trust);
    int rc = path_of(path, folder, sb_dir_body(dir)->version, err);
    return rc ? rc : sb_file_write(path, sb_dir_record(dir), 0600, err);
}
