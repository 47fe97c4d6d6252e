/* Purpose: struct sb_regrant <-> body bytes. */
#include "schemas/record/epoch.h"

void sb_regrant_core_write(const struct sb_regrant *r, struct sb_buf *out)
{
    sb_pack_array(out, 5);
    sb_pack_str(out, r->stream);
    sb_pack_bin(out, sb_bytes(r->directory_hash, SB_HASH));
    sb_pack_str(out, r->reader);
    sb_pack_bin(out, sb_bytes(r->seal_key_id, SB_KEY_ID));
    sb_pack_array(out, r->n_epochs);
    for (size_t i = 0; i < r->n_epochs; i++) {
        sb_pack_array(out, 3);
        sb_pack_uint(out, r->epochs[i].epoch_no);
        sb_pack_bin(out, sb_bytes(r->epochs[i].epoch_hash, SB_HASH));
        sb_codes_write(out, &r->epochs[i].classes);
    }
}

void sb_regrant_write(const struct sb_regrant *r, struct sb_buf *out)
{
    sb_pack_array(out, 3);
    sb_pack_cstr(out, "sacbe/regrant/1");
    sb_pack_bin(out, r->core_bytes);
    sb_pack_bin(out, r->ct);
}

static void read_core(struct sb_unpack *u, struct sb_arena *arena, struct sb_regrant *r)
{
    uint64_t last = 0;
    sb_unpack_array(u, 5, 5);
    r->stream = sb_stream_read(u);
    sb_unpack_fixed(u, r->directory_hash, SB_HASH);
    r->reader = sb_unpack_code(u);
    sb_unpack_fixed(u, r->seal_key_id, SB_KEY_ID);
    r->n_epochs = sb_unpack_array(u, 1, SB_RECORD_MAX);
    r->epochs = sb_list_alloc(u, arena, &r->n_epochs, sizeof *r->epochs);
    for (size_t i = 0; i < r->n_epochs && !u->failed; i++) {
        sb_unpack_array(u, 3, 3);
        r->epochs[i].epoch_no = sb_unpack_uint(u, UINT64_MAX);
        sb_unpack_fixed(u, r->epochs[i].epoch_hash, SB_HASH);
        sb_codes_read(u, SB_CLASSES, arena, &r->epochs[i].classes);
        if (!u->failed && r->epochs[i].epoch_no <= last)
            sb_unpack_fail(u, SB_E_UNSORTED);
        if (!u->failed && r->epochs[i].classes.n == 0)
            sb_unpack_fail(u, SB_E_RANGE);
        last = r->epochs[i].epoch_no;
    }
}

int sb_regrant_read(struct sb_bytes body,
                    struct sb_arena *arena,
                    struct sb_regrant *out,
                    struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "regrant");
    struct sb_unpack u = sb_unpack(body);
    struct sb_regrant r = {0};
    sb_unpack_tag(&u, "sacbe/regrant/1", 3);
    r.core_bytes = sb_unpack_bin(&u, SB_RECORD_MAX);
    r.ct = sb_unpack_bin(&u, SB_RECORD_MAX);
    rc = sb_unpack_end(&u, "regrant", err);
    if (rc == 0)
        rc = sb_pack_scan(r.core_bytes, SB_PACK_RECORD, err);
    if (rc != 0)
        return rc;
    struct sb_unpack core = sb_unpack(r.core_bytes);
    read_core(&core, arena, &r);
    rc = sb_unpack_end(&core, "regrant core", err);
    if (rc == 0)
        *out = r;
    return rc;
}
