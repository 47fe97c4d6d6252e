/* Purpose: the journal's catalogues: that they are those which directories name, and
 * one of them loaded where events are validated. */
#include "broker/audit/audit_catalogue.h"
#include "broker/audit/audit_rights.h"

#include <stdlib.h>

static void wrong(struct sb_audit *a, const char *what, struct sb_bytes name)
{
    audit_say(a,
              SB_AUDIT_CATALOGUE,
              SB_AUDIT_FAILED,
              SB_E_CATALOGUE_HASH,
              "%s%.*s",
              what,
              SB_FMT(name));
}

static int keep(struct sb_audit *a,
                const struct audit_entry *e,
                const uint8_t manifest[SB_HASH],
                struct sb_err *err)
{
    struct audit_catalogue *more =
        realloc(a->catalogues, (a->n_catalogues + 1) * sizeof *more);
    if (!more)
        return audit_no_memory(err);
    a->catalogues = more;
    struct audit_catalogue *c = &more[a->n_catalogues++];
    *c = (struct audit_catalogue){.index = e->raw->index};
    memcpy(c->manifest, manifest, SB_HASH);
    memcpy(c->record, e->leaf.record_hash, SB_HASH);
    return 0;
}

int audit_catalogue(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_manifest m;
    struct sb_err why = {0};
    struct sb_buf bytes = {0};
    uint8_t hash[SB_HASH];
    a->facts.asked[SB_AUDIT_CATALOGUE] = true;
    int rc = sb_catalogue_read(e->record.body, a->arena, &m, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    for (size_t i = 0; i < m.n_files; i++) {
        sb_hash(hash, "sacbe/file/1", m.files[i].content);
        if (memcmp(hash, m.files[i].hash, SB_HASH) != 0)
            wrong(a, "this file is not the one of its hash: ", m.files[i].path);
    }
    sb_manifest_write(&m, false, &bytes);
    rc = sb_buf_check(&bytes, err);
    sb_hash(hash, "sacbe/manifest/1", sb_buf_bytes(&bytes));
    sb_buf_free(&bytes);
    if (rc != 0)
        return rc;
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    if (d && memcmp(hash, sb_dir_body(d)->catalogue, SB_HASH) != 0)
        wrong(a,
              "the directory in force names another catalogue than edition ",
              m.edition);
    return keep(a, e, hash, err);
}

void audit_catalogues_free(struct sb_audit *a)
{
    for (size_t i = 0; i < a->n_catalogues; i++)
        sb_catalog_free(a->catalogues[i].loaded);
    free(a->catalogues);
}

static int load_files(const struct sb_manifest *m,
                      struct sb_arena *arena,
                      struct sb_catalog **out,
                      struct sb_err *err)
{
    struct sb_catalog_given *files = sb_arena_alloc(arena, m->n_files, sizeof *files);
    if (!files)
        return audit_no_memory(err);
    for (size_t i = 0; i < m->n_files; i++)
        files[i] = (struct sb_catalog_given){m->files[i].path, m->files[i].content};
    return sb_catalog_load_given(out, "catalogue", files, m->n_files, err);
}

static int load(struct sb_audit *a, struct audit_catalogue *c, struct sb_err *err)
{
    struct sb_bundle *bundle = NULL;
    struct sb_bundle_entry e;
    struct sb_record record;
    struct sb_manifest m;
    struct sb_catalog *loaded = NULL;
    uint8_t hash[SB_HASH];
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_bundle_open(&bundle, a->dir, err) : audit_no_memory(err);
    if (rc == 0)
        rc = sb_bundle_entry(bundle, c->index, arena, &e, err);
    if (rc == 0) {
        sb_sha256(hash, e.record);
        if (memcmp(hash, c->record, SB_HASH) != 0)
            rc = sb_fail(err, SB_E_BUNDLE, "its record has changed since it was read");
    }
    if (rc == 0)
        rc = sb_record_read(e.record, &record, err);
    if (rc == 0)
        rc = sb_catalogue_read(record.body, arena, &m, err);
    if (rc == 0)
        rc = load_files(&m, arena, &loaded, err);
    if (rc == 0)
        c->loaded = loaded;
    c->tried = true;
    sb_bundle_close(bundle);
    sb_arena_free(arena);
    return rc;
}

int audit_catalogue_now(struct sb_audit *a,
                        const struct sb_catalog **out,
                        struct sb_err *err)
{
    const struct sb_dir *d = a->trust ? sb_trust_version(a->trust, a->in_force) : NULL;
    struct sb_err why = {0};
    *out = NULL;
    for (size_t i = a->n_catalogues; d && i > 0; i--) {
        struct audit_catalogue *c = &a->catalogues[i - 1];
        if (memcmp(c->manifest, sb_dir_body(d)->catalogue, SB_HASH) != 0)
            continue;
        int rc = c->tried ? 0 : load(a, c, &why);
        if (audit_stops(rc, &why, err))
            return rc;
        if (rc != 0)
            audit_say(a,
                      SB_AUDIT_CATALOGUE,
                      SB_AUDIT_FAILED,
                      rc,
                      "the catalogue of directory %llu cannot be used: %s",
                      (unsigned long long)a->in_force,
                      why.text);
        *out = c->loaded;
        return 0;
    }
    return 0;
}
