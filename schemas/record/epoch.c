/* Purpose: struct sb_epoch <-> body bytes. */
#include "schemas/record/epoch.h"

static void
read_core(struct sb_unpack *u, struct sb_arena *arena, struct sb_epoch_core *c)
{
    struct sb_order order = {0};
    sb_unpack_array(u, 8, 8);
    c->suite = sb_unpack_uint(u, UINT64_MAX);
    c->stream = sb_stream_read(u);
    c->claim_no = sb_unpack_uint(u, UINT64_MAX);
    c->epoch_no = sb_unpack_uint(u, UINT64_MAX);
    sb_unpack_fixed(u, c->directory_hash, SB_HASH);
    c->not_before = sb_unpack_uint(u, UINT64_MAX);
    c->not_after = sb_unpack_uint(u, UINT64_MAX);
    c->n_readers = sb_unpack_array(u, 1, SB_READERS_MAX);
    c->readers = sb_list_alloc(u, arena, &c->n_readers, sizeof *c->readers);
    for (size_t i = 0; i < c->n_readers && !u->failed; i++) {
        sb_unpack_array(u, 3, 3);
        c->readers[i].reader = sb_unpack_code(u);
        sb_unpack_fixed(u, c->readers[i].seal_key_id, SB_KEY_ID);
        sb_codes_read(u, SB_CLASSES, arena, &c->readers[i].classes);
        sb_order_next(&order, u, c->readers[i].reader);
    }
    if (!u->failed && (c->suite != SB_SUITE || c->epoch_no == 0 || c->claim_no == 0 ||
                       c->not_before >= c->not_after))
        sb_unpack_fail(u, SB_E_RANGE);
}

void sb_epoch_core_write(const struct sb_epoch_core *c, struct sb_buf *out)
{
    sb_pack_array(out, 8);
    sb_pack_uint(out, c->suite);
    sb_pack_str(out, c->stream);
    sb_pack_uint(out, c->claim_no);
    sb_pack_uint(out, c->epoch_no);
    sb_pack_bin(out, sb_bytes(c->directory_hash, SB_HASH));
    sb_pack_uint(out, c->not_before);
    sb_pack_uint(out, c->not_after);
    sb_pack_array(out, c->n_readers);
    for (size_t i = 0; i < c->n_readers; i++) {
        sb_pack_array(out, 3);
        sb_pack_str(out, c->readers[i].reader);
        sb_pack_bin(out, sb_bytes(c->readers[i].seal_key_id, SB_KEY_ID));
        sb_codes_write(out, &c->readers[i].classes);
    }
}

void sb_epoch_write(const struct sb_epoch *e, struct sb_buf *out)
{
    sb_pack_array(out, 4);
    sb_pack_cstr(out, "sacbe/epoch/1");
    sb_pack_bin(out, e->core_bytes);
    sb_pack_array(out, e->n_classes);
    for (size_t i = 0; i < e->n_classes; i++) {
        sb_pack_array(out, 2);
        sb_pack_str(out, e->classes[i].name);
        sb_pack_bin(out, sb_bytes(e->classes[i].ec, SB_HASH));
    }
    sb_pack_array(out, e->n_cts);
    for (size_t i = 0; i < e->n_cts; i++)
        sb_pack_bin(out, e->cts[i]);
}

static void read_lists(struct sb_unpack *u, struct sb_arena *arena, struct sb_epoch *e)
{
    struct sb_order order = {0};
    e->n_classes = sb_unpack_array(u, 1, SB_CLASSES);
    e->classes = sb_list_alloc(u, arena, &e->n_classes, sizeof *e->classes);
    for (size_t i = 0; i < e->n_classes && !u->failed; i++) {
        sb_unpack_array(u, 2, 2);
        e->classes[i].name = sb_unpack_code(u);
        sb_unpack_fixed(u, e->classes[i].ec, SB_HASH);
        sb_order_next(&order, u, e->classes[i].name);
    }
    e->n_cts = sb_unpack_array(u, e->core.n_readers, e->core.n_readers);
    e->cts = sb_list_alloc(u, arena, &e->n_cts, sizeof *e->cts);
    for (size_t i = 0; i < e->n_cts && !u->failed; i++)
        e->cts[i] = sb_unpack_bin(u, SB_WRAP_MAX);
}

/* A reader reads something, and nothing that the epoch has no secret for. */
static bool classes_known(const struct sb_epoch *e)
{
    for (size_t r = 0; r < e->core.n_readers; r++) {
        const struct sb_codes *wanted = &e->core.readers[r].classes;
        size_t found = 0;
        for (size_t c = 0; c < e->n_classes; c++)
            found += sb_codes_has(wanted, e->classes[c].name);
        if (found == 0 || found != wanted->n)
            return false;
    }
    return true;
}

int sb_epoch_read(struct sb_bytes body,
                  struct sb_arena *arena,
                  struct sb_epoch *out,
                  struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "epoch");
    struct sb_unpack u = sb_unpack(body);
    struct sb_epoch e = {0};
    sb_unpack_tag(&u, "sacbe/epoch/1", 4);
    e.core_bytes = sb_unpack_bin(&u, SB_RECORD_MAX);
    rc = u.failed ? 0 : sb_pack_scan(e.core_bytes, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "epoch core");
    struct sb_unpack core = sb_unpack(e.core_bytes);
    if (!u.failed) {
        read_core(&core, arena, &e.core);
        rc = sb_unpack_end(&core, "epoch core", err);
        if (rc != 0)
            return rc;
    }
    read_lists(&u, arena, &e);
    if (!u.failed && !classes_known(&e))
        sb_unpack_fail(&u, SB_E_EPOCH_FORM);
    rc = sb_unpack_end(&u, "epoch", err);
    if (rc == 0)
        *out = e;
    return rc;
}
