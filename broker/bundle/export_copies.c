/* Purpose: copies of directories and catalogues beside the records, for people.
 * Invariant: a copy is the journal's record, byte for byte. */
#include "broker/bundle/export_form.h"

#include <stdio.h>

#include "broker/bundle/folder.h"
#include "schemas/record/entry.h"

struct copies {
    struct sb_export *x;
    struct sb_arena *arena;
};

static int put_copy(struct sb_export *x,
                    const char *path,
                    struct sb_bytes record,
                    struct sb_err *err)
{
    if (sb_folder_has(sb_writes_dir(x->writes), path))
        return 0;
    return sb_writes_put(x->writes, path, record, err);
}

static int put_directory(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct copies *c = ctx;
    struct sb_entry entry;
    char path[SB_TILE_PATH];
    if (e->index >= c->x->goal.checkpoint.size)
        return 1;
    int rc = sb_entry_read(e->leaf, &entry, err);
    if (rc != 0)
        return rc;
    snprintf(path,
             sizeof path,
             SB_BUNDLE_DIRECTORIES "/%llu.sbd",
             (unsigned long long)entry.directory_version);
    return put_copy(c->x, path, e->record, err);
}

/* Of the manifest that a directory names: the catalogue without its contents. */
static int manifest_hash(struct sb_bytes raw,
                         struct sb_arena *arena,
                         uint8_t out[SB_HASH],
                         struct sb_err *err)
{
    struct sb_record record;
    struct sb_manifest manifest;
    struct sb_buf bytes = {0};
    sb_arena_reset(arena);
    int rc = sb_record_read(raw, &record, err);
    if (rc == 0)
        rc = sb_catalogue_read(record.body, arena, &manifest, err);
    if (rc != 0)
        return rc;
    sb_manifest_write(&manifest, false, &bytes);
    rc = sb_buf_check(&bytes, err);
    if (rc == 0)
        rc = sb_record_hash(out, sb_buf_bytes(&bytes), err);
    sb_buf_free(&bytes);
    return rc;
}

static int put_catalogue(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct copies *c = ctx;
    uint8_t hash[SB_HASH];
    char hex[2 * SB_HASH + 1];
    char path[SB_TILE_PATH];
    if (e->index >= c->x->goal.checkpoint.size)
        return 1;
    int rc = manifest_hash(e->record, c->arena, hash, err);
    if (rc != 0)
        return sb_err_wrap(
            err, rc, "entry %llu of the journal", (unsigned long long)e->index);
    sb_hex(hex, hash, SB_HASH);
    snprintf(path, sizeof path, SB_BUNDLE_CATALOGUES "/%s.sbc", hex);
    return put_copy(c->x, path, e->record, err);
}

int sb_export_copies(struct sb_export *x, struct sb_err *err)
{
    struct copies c = {.x = x, .arena = sb_arena_new(0)};
    if (!c.arena)
        return sb_fail(err, SB_E_MEMORY, "no memory for catalogues");
    int rc =
        sb_journal_each(x->reader, 0, SB_KIND_DIRECTORY, false, put_directory, &c, err);
    if (rc == 0)
        rc = sb_journal_each(
            x->reader, 0, SB_KIND_CATALOGUE, false, put_catalogue, &c, err);
    sb_arena_free(c.arena);
    return rc;
}
