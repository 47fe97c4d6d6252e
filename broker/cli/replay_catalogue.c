/* Purpose: the catalogue of the day, for replay.
 * Invariant: without a folder of the caller's own, types come from the journal alone.
 */
#include "broker/cli/replay_impl.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "broker/cli/cmd_manifest.h"

static int keep(struct replay *r, const struct replay_catalogue *c, struct sb_err *err)
{
    struct replay_catalogue *more =
        realloc(r->catalogues, (r->n_catalogues + 1) * sizeof *more);
    if (!more)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    r->catalogues = more;
    more[r->n_catalogues++] = *c;
    return 0;
}

int replay_take_catalogue(struct replay *r, struct sb_bytes body, struct sb_err *err)
{
    struct sb_manifest m;
    struct replay_catalogue c = {.catalog = NULL};
    int rc = sb_catalogue_read(body, r->arena, &m, err);
    struct sb_catalog_given *files =
        rc == 0 ? sb_arena_alloc(r->arena, m.n_files + 1, sizeof *files) : NULL;
    if (rc == 0 && !files)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_cmd_manifest_hash(&m, c.manifest, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < m.n_files; i++)
        files[i] = (struct sb_catalog_given){m.files[i].path, m.files[i].content};
    rc = sb_catalog_load_given(
        &c.catalog, "the journal's catalogue", files, m.n_files, err);
    if (rc == 0)
        rc = keep(r, &c, err);
    if (rc != 0)
        sb_catalog_free(c.catalog);
    return rc;
}

int replay_take_folder(struct replay *r, const char *folder, struct sb_err *err)
{
    struct replay_catalogue c = {.catalog = NULL};
    int rc = sb_catalog_load(&c.catalog, folder, err);
    if (rc == 0)
        rc = keep(r, &c, err);
    if (rc != 0)
        sb_catalog_free(c.catalog);
    return rc;
}

void replay_catalogues_free(struct replay *r)
{
    for (size_t i = 0; i < r->n_catalogues; i++)
        sb_catalog_free(r->catalogues[i].catalog);
    for (size_t i = 0; i < r->n_schemas; i++)
        free(r->schemas[i].id);
    free(r->catalogues);
    free(r->schemas);
}

static struct sb_bytes file_of(const struct sb_catalog *catalog,
                               const struct sb_event_type *type)
{
    for (size_t i = 0; i < sb_catalog_file_count(catalog); i++) {
        struct sb_bytes content;
        if (strcmp(sb_catalog_file(catalog, i, &content), type->file) == 0)
            return content;
    }
    return sb_bytes(NULL, 0);
}

/* The $id of the type's schema: an absolute URI. */
static int find_schema(struct replay *r,
                       const struct sb_catalog *catalog,
                       const struct sb_event_type *type,
                       const char **out,
                       struct sb_err *err)
{
    for (size_t i = 0; i < r->n_schemas; i++)
        if (r->schemas[i].type == type) {
            *out = r->schemas[i].id;
            return 0;
        }
    struct sb_bytes json = file_of(catalog, type);
    json_t *root = json_loadb((const char *)json.p, json.n, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "$id"));
    struct replay_schema s = {.type = type, .id = id ? strdup(id) : NULL};
    json_decref(root);
    if (!id)
        return sb_fail(
            err, SB_E_SCHEMA_VALUE, "the schema of %s has no $id", type->name);
    struct replay_schema *more =
        s.id ? realloc(r->schemas, (r->n_schemas + 1) * sizeof *more) : NULL;
    if (!more) {
        free(s.id);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    r->schemas = more;
    more[r->n_schemas++] = s;
    *out = s.id;
    return 0;
}

/* The place of the catalogue that the directory of the entry names; else the newest. */
static size_t place_of_day(const struct replay *r, const struct replay_batch *b)
{
    const struct sb_dir *d = sb_trust_version(r->trust, b->leaf.directory_version);
    for (size_t i = r->n_catalogues; d && i > 0; i--)
        if (memcmp(r->catalogues[i - 1].manifest, sb_dir_body(d)->catalogue, SB_HASH) ==
            0)
            return i - 1;
    return r->n_catalogues - 1;
}

int replay_type(struct replay *r,
                const struct replay_batch *b,
                uint64_t schema_version,
                struct sb_replay_event *out,
                struct sb_err *err)
{
    struct sb_err why = {0};
    if (r->n_catalogues == 0)
        return sb_fail(err,
                       SB_E_NOT_FOUND,
                       "there is no catalogue before this event: name one with "
                       "--catalogue");
    size_t day = place_of_day(r, b);
    const struct sb_catalog *catalog = r->catalogues[day].catalog;
    int rc = sb_catalog_find(catalog, b->type, schema_version, &out->type, err);
    for (size_t i = r->n_catalogues; rc == SB_E_UNKNOWN_TYPE && i > 0; i--) {
        const struct sb_catalog *other = r->catalogues[i - 1].catalog;
        if (sb_catalog_find(other, b->type, schema_version, &out->type, &why) == 0) {
            catalog = other;
            rc = 0;
        }
    }
    return rc == 0 ? find_schema(r, catalog, out->type, &out->schema_id, err) : rc;
}
