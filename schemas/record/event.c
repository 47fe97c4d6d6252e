/* Purpose: event headers and items <-> bytes. No allocation. */
#include "schemas/record/event.h"

void sb_event_write(const struct sb_event *e, struct sb_buf *out)
{
    sb_pack_array(out, 6);
    sb_pack_cstr(out, "sacbe/event/1");
    sb_pack_str(out, e->stream);
    sb_pack_uint(out, e->epoch_no);
    sb_pack_uint(out, e->seq);
    sb_pack_uint(out, e->schema_version);
    sb_pack_array(out, e->n_classes);
    for (size_t i = 0; i < e->n_classes; i++) {
        sb_pack_array(out, 3);
        sb_pack_str(out, e->classes[i].name);
        sb_pack_bin(out, sb_bytes(e->classes[i].nonce, SB_AEAD_NONCE));
        sb_pack_bin(out, sb_bytes(e->classes[i].kc, sizeof e->classes[i].kc));
    }
}

void sb_item_write(struct sb_bytes header,
                   const uint8_t (*hashes)[SB_HASH],
                   size_t n_classes,
                   struct sb_buf *out)
{
    sb_pack_array(out, 3);
    sb_pack_cstr(out, "sacbe/item/1");
    sb_buf_put(out, header.p, header.n);
    sb_pack_array(out, n_classes);
    for (size_t i = 0; i < n_classes; i++)
        sb_pack_bin(out, sb_bytes(hashes[i], SB_HASH));
}

static void read_event(struct sb_unpack *u, struct sb_event *e)
{
    struct sb_order order = {0};
    sb_unpack_tag(u, "sacbe/event/1", 6);
    e->stream = sb_stream_read(u);
    e->epoch_no = sb_unpack_uint(u, UINT64_MAX);
    e->seq = sb_unpack_uint(u, INT64_MAX);
    e->schema_version = sb_unpack_uint(u, UINT64_MAX);
    e->n_classes = sb_unpack_array(u, 1, SB_CLASSES);
    for (size_t i = 0; i < e->n_classes && !u->failed; i++) {
        sb_unpack_array(u, 3, 3);
        e->classes[i].name = sb_unpack_code(u);
        sb_unpack_fixed(u, e->classes[i].nonce, SB_AEAD_NONCE);
        sb_unpack_fixed(u, e->classes[i].kc, sizeof e->classes[i].kc);
        sb_order_next(&order, u, e->classes[i].name);
    }
    if (!u->failed && (e->seq == 0 || e->epoch_no == 0 || e->schema_version == 0))
        sb_unpack_fail(u, SB_E_RANGE);
}

/* Without a scan before: each array's size is fixed, so nothing is built or nested that
 * a scan would have to bound, and a back-fill has millions of items. */
int sb_item_read(struct sb_bytes bytes, struct sb_item *out, struct sb_err *err)
{
    struct sb_unpack u = sb_unpack(bytes);
    struct sb_item item = {0};
    sb_unpack_tag(&u, "sacbe/item/1", 3);
    size_t start = u.at;
    read_event(&u, &item.event);
    if (!u.failed)
        item.header = sb_bytes(bytes.p + start, u.at - start);
    sb_unpack_array(&u, item.event.n_classes, item.event.n_classes);
    for (size_t i = 0; i < item.event.n_classes && !u.failed; i++)
        sb_unpack_fixed(&u, item.ct_hash[i], SB_HASH);
    int rc = sb_unpack_end(&u, "item", err);
    if (rc == 0)
        *out = item;
    return rc;
}

bool sb_cts_whole(struct sb_bytes raw)
{
    struct sb_unpack u = sb_unpack(raw);
    sb_unpack_array(&u, 2, 2);
    (void)sb_unpack_code(&u);
    size_t n = sb_unpack_array(&u, 1, SB_BATCH_EVENTS);
    for (size_t i = 0; i < n && !u.failed; i++)
        if (sb_unpack_bin(&u, SB_EVENT_MAX).n == 0)
            return false;
    return !u.failed;
}
