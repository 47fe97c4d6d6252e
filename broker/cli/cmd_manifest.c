/* Purpose: a catalogue's folder into the record that the journal keeps.
 * Invariant: only a catalogue that loads whole is published.
 * Not for: what the files mean; schemas/catalog checks that. */
#include "broker/cli/cmd_manifest.h"

#include "schemas/catalog/catalog.h"

static int copy(const struct sb_catalog *catalog,
                struct sb_arena *arena,
                struct sb_manifest *m,
                struct sb_err *err)
{
    size_t n = sb_catalog_file_count(catalog);
    m->edition = sb_arena_dup(arena, sb_bytes_str(sb_catalog_edition(catalog)));
    m->files = sb_arena_alloc(arena, n, sizeof *m->files);
    if (!m->edition.p || !m->files)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    if (n > SB_CATALOG_FILES_MAX)
        return sb_fail(
            err, SB_E_LIMIT, "a catalogue has at most %u files", SB_CATALOG_FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct sb_manifest_file *f = &m->files[i];
        struct sb_bytes content;
        const char *path = sb_catalog_file(catalog, i, &content);
        f->path = sb_arena_dup(arena, sb_bytes_str(path));
        f->content = sb_arena_dup(arena, content);
        if (!f->path.p || !f->content.p)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        sb_hash(f->hash, "sacbe/file/1", f->content);
    }
    m->n_files = n;
    return 0;
}

int sb_cmd_manifest_read(const char *folder,
                         struct sb_arena *arena,
                         struct sb_manifest *out,
                         struct sb_err *err)
{
    struct sb_catalog *catalog = NULL;
    struct sb_manifest m = {0};
    int rc = sb_catalog_load(&catalog, folder, err);
    if (rc == 0)
        rc = copy(catalog, arena, &m, err);
    sb_catalog_free(catalog);
    if (rc == 0)
        *out = m;
    return rc;
}

int sb_cmd_manifest_hash(const struct sb_manifest *m,
                         uint8_t out[SB_HASH],
                         struct sb_err *err)
{
    struct sb_buf body = {0};
    sb_manifest_write(m, false, &body);
    int rc = sb_buf_check(&body, err);
    if (rc == 0)
        rc = sb_record_hash(out, sb_buf_bytes(&body), err);
    sb_buf_free(&body);
    return rc;
}

int sb_cmd_manifest_record(const struct sb_manifest *m,
                           struct sb_buf *out,
                           struct sb_err *err)
{
    struct sb_buf body = {.limit = SB_RECORD_MAX};
    sb_manifest_write(m, true, &body);
    int rc = sb_buf_check(&body, err);
    if (rc == 0) {
        sb_record_write(out, sb_buf_bytes(&body), NULL, 0);
        rc = sb_buf_check(out, err);
    }
    sb_buf_free(&body);
    return rc;
}
