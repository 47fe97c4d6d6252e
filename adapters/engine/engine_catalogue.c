/* Whether the catalogue's files are those that the directory names. */
#include "adapters/engine/engine_impl.h"

#include <stdlib.h>

#include "broker/host/installed.h"
#include "schemas/catalog/catalog.h"

static int
manifest_hash(const struct sb_catalog *cat, uint8_t hash[SB_HASH], struct sb_err *err)
{
    size_t n = sb_catalog_file_count(cat);
    struct sb_manifest_file *files = calloc(n + 1, sizeof *files);
    struct sb_buf bytes = {0};
    if (!files)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        files[i].path = sb_bytes_str(sb_catalog_file(cat, i, &files[i].content));
        sb_hash(files[i].hash, "sacbe/file/1", files[i].content);
    }
    struct sb_manifest m = {
        .edition = sb_bytes_str(sb_catalog_edition(cat)), .files = files, .n_files = n};
    sb_manifest_write(&m, false, &bytes);
    int rc = sb_buf_check(&bytes, err);
    if (!rc)
        rc = sb_record_hash(hash, sb_buf_bytes(&bytes), err);
    sb_buf_free(&bytes);
    free(files);
    return rc;
}

int sb_engine_same_catalogue(const struct sb_engine *e, struct sb_err *err)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(e->env.trust));
    uint8_t hash[SB_HASH];
    char found[SB_FOLDER_TEXT];
    const char *given = sb_config_text(e->config->config, "catalogue_folder");
    int rc = manifest_hash(e->catalog, hash, err);
    if (!rc && memcmp(hash, d->catalogue, SB_HASH) != 0)
        rc = sb_fail(err,
                     SB_E_CATALOGUE_HASH,
                     "directory %llu names another catalogue than %s",
                     (unsigned long long)d->version,
                     sb_installed_catalogue(given, found));
    return rc;
}
