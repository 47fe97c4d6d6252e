/* Purpose: the catalogue's manifest and its journaled form <-> bytes. */
#include "schemas/record/entry.h"

void sb_manifest_write(const struct sb_manifest *m, bool contents, struct sb_buf *out)
{
    sb_pack_array(out, 3);
    sb_pack_cstr(out, contents ? "sacbe/catalog/1" : "sacbe/manifest/1");
    sb_pack_str(out, m->edition);
    sb_pack_array(out, m->n_files);
    for (size_t i = 0; i < m->n_files; i++) {
        sb_pack_array(out, contents ? 3 : 2);
        sb_pack_str(out, m->files[i].path);
        sb_pack_bin(out, sb_bytes(m->files[i].hash, SB_HASH));
        if (contents)
            sb_pack_bin(out, m->files[i].content);
    }
}

int sb_catalogue_read(struct sb_bytes body,
                      struct sb_arena *arena,
                      struct sb_manifest *out,
                      struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "catalogue");
    struct sb_unpack u = sb_unpack(body);
    struct sb_manifest m = {0};
    struct sb_order order = {0};
    sb_unpack_tag(&u, "sacbe/catalog/1", 3);
    m.edition = sb_unpack_str(&u, SB_CODE_MAX);
    m.n_files = sb_unpack_array(&u, 1, SB_CATALOG_FILES_MAX);
    m.files = sb_list_alloc(&u, arena, &m.n_files, sizeof *m.files);
    for (size_t i = 0; i < m.n_files && !u.failed; i++) {
        sb_unpack_array(&u, 3, 3);
        m.files[i].path = sb_unpack_str(&u, SB_NAME_MAX);
        sb_unpack_fixed(&u, m.files[i].hash, SB_HASH);
        m.files[i].content = sb_unpack_bin(&u, SB_SCHEMA_FILE_MAX);
        sb_order_next(&order, &u, m.files[i].path);
    }
    rc = sb_unpack_end(&u, "catalogue", err);
    if (rc == 0)
        *out = m;
    return rc;
}
