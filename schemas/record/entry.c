/* Purpose: leaf data and the readers' and publishers' statements <-> bytes. */
#include "schemas/record/entry.h"

void sb_entry_write(const struct sb_entry *e, struct sb_buf *out)
{
    sb_pack_array(out, 5);
    sb_pack_cstr(out, "sacbe/entry/1");
    sb_pack_cstr(out, sb_kind_text(e->kind));
    sb_pack_uint(out, e->stored_ms);
    sb_pack_uint(out, e->directory_version);
    sb_pack_bin(out, sb_bytes(e->record_hash, SB_HASH));
}

int sb_entry_read(struct sb_bytes leaf_data, struct sb_entry *out, struct sb_err *err)
{
    int rc = sb_pack_scan(leaf_data, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "entry");
    struct sb_unpack u = sb_unpack(leaf_data);
    struct sb_entry e = {0};
    sb_unpack_tag(&u, "sacbe/entry/1", 5);
    struct sb_bytes kind = sb_unpack_code(&u);
    e.stored_ms = sb_unpack_uint(&u, UINT64_MAX);
    e.directory_version = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, e.record_hash, SB_HASH);
    e.kind = u.failed ? 0 : sb_kind_from_text(kind);
    if (!u.failed && e.kind == 0)
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "entry", err);
    if (rc == 0)
        *out = e;
    return rc;
}

static void write_heads(const struct sb_heads *h, struct sb_buf *out)
{
    sb_pack_array(out, h->n);
    for (size_t i = 0; i < h->n; i++) {
        sb_pack_array(out, 3);
        sb_pack_str(out, h->items[i].stream);
        sb_pack_uint(out, h->items[i].seq);
        sb_pack_bin(out, sb_bytes(h->items[i].batch_hash, SB_HASH));
    }
}

static void read_heads(struct sb_unpack *u, struct sb_arena *arena, struct sb_heads *h)
{
    struct sb_order order = {0};
    h->n = sb_unpack_array(u, 0, SB_SUBSCRIPTION_CURSORS);
    h->items = sb_list_alloc(u, arena, &h->n, sizeof *h->items);
    for (size_t i = 0; i < h->n && !u->failed; i++) {
        sb_unpack_array(u, 3, 3);
        h->items[i].stream = sb_stream_read(u);
        h->items[i].seq = sb_unpack_uint(u, INT64_MAX);
        sb_unpack_fixed(u, h->items[i].batch_hash, SB_HASH);
        sb_order_next(&order, u, h->items[i].stream);
    }
}

void sb_receipt_write(const struct sb_receipt *r, struct sb_buf *out)
{
    sb_pack_array(out, 7);
    sb_pack_cstr(out, "sacbe/receipt/1");
    sb_pack_str(out, r->reader);
    sb_pack_str(out, r->subscription);
    write_heads(&r->heads, out);
    sb_pack_uint(out, r->tree_size);
    sb_pack_bin(out, sb_bytes(r->root, SB_HASH));
    sb_pack_uint(out, r->time);
}

int sb_receipt_read(struct sb_bytes body,
                    struct sb_arena *arena,
                    struct sb_receipt *out,
                    struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "receipt");
    struct sb_unpack u = sb_unpack(body);
    struct sb_receipt r = {0};
    sb_unpack_tag(&u, "sacbe/receipt/1", 7);
    r.reader = sb_unpack_code(&u);
    r.subscription = sb_unpack_code(&u);
    read_heads(&u, arena, &r.heads);
    r.tree_size = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, r.root, SB_HASH);
    r.time = sb_unpack_uint(&u, UINT64_MAX);
    rc = sb_unpack_end(&u, "receipt", err);
    if (rc == 0)
        *out = r;
    return rc;
}

void sb_heads_write(struct sb_bytes institution,
                    const struct sb_heads *heads,
                    uint64_t time,
                    struct sb_buf *out)
{
    sb_pack_array(out, 4);
    sb_pack_cstr(out, "sacbe/heads/1");
    sb_pack_str(out, institution);
    write_heads(heads, out);
    sb_pack_uint(out, time);
}

int sb_heads_read(struct sb_bytes body,
                  struct sb_arena *arena,
                  struct sb_bytes *institution,
                  struct sb_heads *heads,
                  uint64_t *time,
                  struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "heads");
    struct sb_unpack u = sb_unpack(body);
    struct sb_heads h = {0};
    sb_unpack_tag(&u, "sacbe/heads/1", 4);
    struct sb_bytes who = sb_unpack_code(&u);
    read_heads(&u, arena, &h);
    uint64_t when = sb_unpack_uint(&u, UINT64_MAX);
    rc = sb_unpack_end(&u, "heads", err);
    if (rc == 0) {
        *institution = who;
        *heads = h;
        *time = when;
    }
    return rc;
}

void sb_reject_write(const struct sb_reject *r, struct sb_buf *out)
{
    sb_pack_array(out, 7);
    sb_pack_cstr(out, "sacbe/reject/1");
    sb_pack_str(out, r->reader);
    sb_pack_str(out, r->stream);
    sb_pack_uint(out, r->seq);
    sb_pack_uint(out, r->code);
    sb_pack_str(out, r->pointer);
    sb_pack_uint(out, r->time);
}

int sb_reject_read(struct sb_bytes body, struct sb_reject *out, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "reject");
    struct sb_unpack u = sb_unpack(body);
    struct sb_reject r = {0};
    sb_unpack_tag(&u, "sacbe/reject/1", 7);
    r.reader = sb_unpack_code(&u);
    r.stream = sb_stream_read(&u);
    r.seq = sb_unpack_uint(&u, INT64_MAX);
    r.code = sb_unpack_uint(&u, 9999);
    r.pointer = sb_unpack_str(&u, SB_KIB);
    r.time = sb_unpack_uint(&u, UINT64_MAX);
    rc = sb_unpack_end(&u, "reject", err);
    if (rc == 0)
        *out = r;
    return rc;
}
