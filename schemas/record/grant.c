/* Purpose: struct sb_grant <-> body bytes. */
#include "schemas/record/grant.h"

int sb_grant_read(struct sb_bytes body,
                  struct sb_arena *arena,
                  struct sb_grant *out,
                  struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "grant");
    struct sb_unpack u = sb_unpack(body);
    struct sb_grant g = {0};
    sb_unpack_tag(&u, "sacbe/grant/1", 10);
    g.id = sb_unpack_code(&u);
    g.publisher = sb_unpack_code(&u);
    g.type = sb_unpack_code(&u);
    g.reader = sb_unpack_code(&u);
    sb_unpack_fixed(&u, g.reader_sign_key_id, SB_KEY_ID);
    sb_codes_read(&u, SB_CLASSES, arena, &g.classes);
    g.basis = sb_unpack_str(&u, SB_BASIS_MAX);
    g.not_before = sb_unpack_uint(&u, UINT64_MAX);
    g.not_after = sb_unpack_uint(&u, UINT64_MAX);
    if (!u.failed &&
        (g.classes.n == 0 || g.not_before >= g.not_after || g.basis.n == 0))
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "grant", err);
    if (rc == 0)
        *out = g;
    return rc;
}

void sb_grant_write(const struct sb_grant *g, struct sb_buf *out)
{
    sb_pack_array(out, 10);
    sb_pack_cstr(out, "sacbe/grant/1");
    sb_pack_str(out, g->id);
    sb_pack_str(out, g->publisher);
    sb_pack_str(out, g->type);
    sb_pack_str(out, g->reader);
    sb_pack_bin(out, sb_bytes(g->reader_sign_key_id, SB_KEY_ID));
    sb_codes_write(out, &g->classes);
    sb_pack_str(out, g->basis);
    sb_pack_uint(out, g->not_before);
    sb_pack_uint(out, g->not_after);
}
