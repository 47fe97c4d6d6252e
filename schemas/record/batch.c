/* Purpose: batches and claims <-> body bytes. No allocation. */
#include "schemas/record/event.h"

void sb_batch_write(const struct sb_batch *b, struct sb_buf *out)
{
    sb_pack_array(out, 10);
    sb_pack_cstr(out, "sacbe/batch/1");
    sb_pack_str(out, b->stream);
    sb_pack_uint(out, b->claim_no);
    sb_pack_uint(out, b->first_seq);
    sb_pack_uint(out, b->count);
    sb_pack_bin(out, sb_bytes(b->prev, SB_HASH));
    sb_pack_bin(out, sb_bytes(b->items_root, SB_HASH));
    sb_pack_bin(out, sb_bytes(b->epoch_hash, SB_HASH));
    sb_pack_bin(out, sb_bytes(b->mapping, SB_MAPPING_ID));
    sb_pack_uint(out, b->sent);
}

int sb_batch_read(struct sb_bytes body, struct sb_batch *out, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "batch");
    struct sb_unpack u = sb_unpack(body);
    struct sb_batch b = {0};
    sb_unpack_tag(&u, "sacbe/batch/1", 10);
    b.stream = sb_stream_read(&u);
    b.claim_no = sb_unpack_uint(&u, UINT64_MAX);
    b.first_seq = sb_unpack_uint(&u, INT64_MAX);
    b.count = sb_unpack_uint(&u, SB_BATCH_EVENTS);
    sb_unpack_fixed(&u, b.prev, SB_HASH);
    sb_unpack_fixed(&u, b.items_root, SB_HASH);
    sb_unpack_fixed(&u, b.epoch_hash, SB_HASH);
    sb_unpack_fixed(&u, b.mapping, SB_MAPPING_ID);
    b.sent = sb_unpack_uint(&u, UINT64_MAX);
    if (!u.failed && (b.claim_no == 0 || b.first_seq == 0 || b.count == 0 ||
                      b.count - 1 > INT64_MAX - b.first_seq))
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "batch", err);
    if (rc == 0)
        *out = b;
    return rc;
}

void sb_claim_write(const struct sb_claim *c, struct sb_buf *out)
{
    sb_pack_array(out, 8);
    sb_pack_cstr(out, "sacbe/claim/1");
    sb_pack_str(out, c->stream);
    sb_pack_uint(out, c->claim_no);
    sb_pack_bin(out, sb_bytes(c->instance, SB_INSTANCE));
    sb_pack_uint(out, c->last_seq);
    sb_pack_bin(out, sb_bytes(c->last_hash, SB_HASH));
    sb_pack_uint(out, c->tree_size);
    sb_pack_bin(out, sb_bytes(c->root, SB_HASH));
}

int sb_claim_read(struct sb_bytes body, struct sb_claim *out, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "claim");
    struct sb_unpack u = sb_unpack(body);
    struct sb_claim c = {0};
    sb_unpack_tag(&u, "sacbe/claim/1", 8);
    c.stream = sb_stream_read(&u);
    c.claim_no = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, c.instance, SB_INSTANCE);
    c.last_seq = sb_unpack_uint(&u, INT64_MAX);
    sb_unpack_fixed(&u, c.last_hash, SB_HASH);
    c.tree_size = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, c.root, SB_HASH);
    if (!u.failed && c.claim_no == 0)
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "claim", err);
    if (rc == 0)
        *out = c;
    return rc;
}
