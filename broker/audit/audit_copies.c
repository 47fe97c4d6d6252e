/* Purpose: the copies that people look at are the journal's own records. */
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_catalogue.h"
#include "broker/bundle/folder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wrong(struct sb_audit *a, const char *path, const char *what)
{
    audit_say(a, SB_AUDIT_FORM, SB_AUDIT_FAILED, SB_E_BUNDLE, "%s: %s", path, what);
}

static int
read_copy(struct sb_audit *a, const char *name, struct sb_buf *out, struct sb_err *err)
{
    int dir = -1;
    int rc = sb_folder_open(&dir, a->dir, err);
    if (rc != 0)
        return rc;
    rc = sb_folder_read(dir, name, SB_E_BUNDLE, SB_RECORD_MAX, out, err);
    close(dir);
    if (rc == 0 || rc == SB_E_MEMORY)
        return rc;
    wrong(a, name, "this copy is missing or cannot be read");
    return 1;
}

static int directory_copies(struct sb_audit *a, struct sb_err *err)
{
    const struct sb_dir *d = a->trust ? sb_trust_newest(a->trust) : NULL;
    for (uint64_t v = d ? sb_dir_body(d)->version : 0; d;
         d = sb_trust_version(a->trust, --v)) {
        char name[64];
        struct sb_buf copy = {0};
        snprintf(name, sizeof name, "directories/%" PRIu64 ".sbd", v);
        int rc = read_copy(a, name, &copy, err);
        if (rc < 0)
            return rc;
        if (rc == 0 && !sb_bytes_eq(sb_buf_bytes(&copy), sb_dir_record(d)))
            wrong(a, name, "this copy is not the directory in the journal");
        sb_buf_free(&copy);
    }
    return 0;
}

static int catalogue_copies(struct sb_audit *a, struct sb_err *err)
{
    for (size_t i = 0; i < a->n_catalogues; i++) {
        char name[128];
        char hex[2 * SB_HASH + 1];
        uint8_t hash[SB_HASH];
        struct sb_buf copy = {0};
        sb_hex(hex, a->catalogues[i].manifest, SB_HASH);
        snprintf(name, sizeof name, "catalogues/%s.sbc", hex);
        int rc = read_copy(a, name, &copy, err);
        if (rc < 0)
            return rc;
        if (rc == 0) {
            sb_sha256(hash, sb_buf_bytes(&copy));
            if (memcmp(hash, a->catalogues[i].record, SB_HASH) != 0)
                wrong(a, name, "this copy is not the catalogue in the journal");
        }
        sb_buf_free(&copy);
    }
    return 0;
}

static bool is_catalogue(const struct sb_audit *a, const char *name)
{
    for (size_t i = 0; i < a->n_catalogues; i++) {
        char hex[2 * SB_HASH + 1];
        char want[2 * SB_HASH + 8];
        sb_hex(hex, a->catalogues[i].manifest, SB_HASH);
        (void)snprintf(want, sizeof want, "%s.sbc", hex);
        if (strcmp(name, want) == 0)
            return true;
    }
    return false;
}

static bool is_directory(const struct sb_audit *a, const char *name)
{
    char want[64];
    uint64_t v = strtoull(name, NULL, 10);
    snprintf(want, sizeof want, "%" PRIu64 ".sbd", v);
    return strcmp(name, want) == 0 && a->trust && sb_trust_version(a->trust, v);
}

static void others(struct sb_audit *a,
                   const char *folder,
                   bool (*known)(const struct sb_audit *, const char *))
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", a->dir, folder);
    DIR *d = n > 0 && (size_t)n < sizeof path ? opendir(path) : NULL;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        if (e->d_name[0] != '.' && !known(a, e->d_name))
            audit_say(a,
                      SB_AUDIT_FORM,
                      SB_AUDIT_INDETERMINATE,
                      SB_E_BUNDLE,
                      "%s/%s: no copy of what the journal holds; it was not judged",
                      folder,
                      e->d_name);
    if (d)
        closedir(d);
}

int audit_copies(struct sb_audit *a, struct sb_err *err)
{
    int rc = directory_copies(a, err);
    if (rc == 0)
        rc = catalogue_copies(a, err);
    if (rc == 0) {
        others(a, "directories", is_directory);
        others(a, "catalogues", is_catalogue);
    }
    return rc;
}
