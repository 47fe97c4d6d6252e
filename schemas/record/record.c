/* Purpose: the envelope and what all records share.
 * Invariant: nothing is accepted that sb_record_write would not write. */
#include "schemas/record/record.h"

#include "schemas/base/text.h"

static const struct kind_row {
    enum sb_kind kind;
    const char *text;
    const char *tag;
} kinds[] = {
    {SB_KIND_DIRECTORY, "directory", "sacbe/dir/1"},
    {SB_KIND_CATALOGUE, "catalogue", "sacbe/catalog/1"},
    {SB_KIND_CLAIM, "claim", "sacbe/claim/1"},
    {SB_KIND_EPOCH, "epoch", "sacbe/epoch/1"},
    {SB_KIND_REGRANT, "regrant", "sacbe/regrant/1"},
    {SB_KIND_BATCH, "batch", "sacbe/batch/1"},
    {SB_KIND_RECEIPT, "receipt", "sacbe/receipt/1"},
    {SB_KIND_REJECT, "reject", "sacbe/reject/1"},
    {SB_KIND_HEADS, "heads", "sacbe/heads/1"},
    {SB_KIND_PRUNE, "prune", "sacbe/prune/1"},
    {SB_KIND_PRUNE, "prune", "sacbe/withdraw/1"},
    {SB_KIND_ACT, "act", "sacbe/act/1"},
    {SB_KIND_NOTICE, "notice", "sacbe/notice/1"},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

const char *sb_kind_text(enum sb_kind kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].text;
    return NULL;
}

enum sb_kind sb_kind_from_text(struct sb_bytes text)
{
    for (size_t i = 0; i < KINDS; i++)
        if (sb_bytes_is(text, kinds[i].text))
            return kinds[i].kind;
    return 0;
}

enum sb_kind sb_kind_from_tag(struct sb_bytes tag)
{
    for (size_t i = 0; i < KINDS; i++)
        if (sb_bytes_is(tag, kinds[i].tag))
            return kinds[i].kind;
    return 0;
}

int sb_record_read(struct sb_bytes raw, struct sb_record *out, struct sb_err *err)
{
    if (raw.n > SB_RECORD_MAX)
        return sb_fail(err, SB_E_LIMIT, "a record of %zu bytes is too long", raw.n);
    int rc = sb_pack_scan(raw, SB_PACK_RECORD, err);
    if (rc != 0)
        return rc;
    struct sb_record r = {.raw = raw};
    struct sb_unpack u = sb_unpack(raw);
    struct sb_order order = {0};
    sb_unpack_array(&u, 2, 2);
    r.body = sb_unpack_bin(&u, SB_RECORD_MAX);
    r.n = sb_unpack_array(&u, 0, SB_SIGS_MAX);
    for (size_t i = 0; i < r.n && !u.failed; i++) {
        sb_unpack_array(&u, 2, 2);
        sb_unpack_fixed(&u, r.sigs[i].key_id, SB_KEY_ID);
        sb_unpack_fixed(&u, r.sigs[i].sig, SB_SIG);
        sb_order_next(&order, &u, sb_bytes(r.sigs[i].key_id, SB_KEY_ID));
    }
    rc = sb_unpack_end(&u, "record", err);
    if (rc == 0)
        *out = r;
    return rc;
}

void sb_record_write(struct sb_buf *out,
                     struct sb_bytes body,
                     const struct sb_signature *sigs,
                     size_t n)
{
    sb_pack_array(out, 2);
    sb_pack_bin(out, body);
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++) {
        sb_pack_array(out, 2);
        sb_pack_bin(out, sb_bytes(sigs[i].key_id, SB_KEY_ID));
        sb_pack_bin(out, sb_bytes(sigs[i].sig, SB_SIG));
    }
}

struct sb_bytes sb_record_tag(struct sb_bytes body)
{
    struct sb_unpack u = sb_unpack(body);
    sb_unpack_array(&u, 1, SIZE_MAX);
    return sb_unpack_str(&u, SB_CODE_MAX);
}

void *sb_list_alloc(struct sb_unpack *u, struct sb_arena *arena, size_t *n, size_t size)
{
    void *p = u->failed ? NULL : sb_arena_alloc(arena, *n, size);
    if (!p) {
        sb_unpack_fail(u, SB_E_MEMORY);
        *n = 0;
    }
    return p;
}

struct sb_bytes sb_stream_read(struct sb_unpack *u)
{
    struct sb_bytes stream = sb_unpack_str(u, SB_STREAM_MAX);
    if (!u->failed && !sb_text_stream_parts(stream, NULL, NULL, NULL))
        sb_unpack_fail(u, SB_E_CODE_FORM);
    return stream;
}

void sb_order_next(struct sb_order *o, struct sb_unpack *u, struct sb_bytes key)
{
    if (u->failed)
        return;
    int c = o->any ? sb_bytes_cmp(o->last, key) : -1;
    if (c >= 0)
        sb_unpack_fail(u, c == 0 ? SB_E_DUPLICATE : SB_E_UNSORTED);
    o->last = key;
    o->any = true;
}

void sb_codes_read(struct sb_unpack *u,
                   size_t max,
                   struct sb_arena *arena,
                   struct sb_codes *out)
{
    size_t n = sb_unpack_array(u, 0, max);
    struct sb_order order = {0};
    *out = (struct sb_codes){.items = sb_list_alloc(u, arena, &n, sizeof *out->items)};
    for (size_t i = 0; i < n && !u->failed; i++) {
        out->items[i] = sb_unpack_code(u);
        sb_order_next(&order, u, out->items[i]);
        out->n = i + 1;
    }
}

void sb_codes_write(struct sb_buf *out, const struct sb_codes *codes)
{
    sb_pack_array(out, codes->n);
    for (size_t i = 0; i < codes->n; i++)
        sb_pack_str(out, codes->items[i]);
}

bool sb_codes_has(const struct sb_codes *codes, struct sb_bytes code)
{
    for (size_t i = 0; i < codes->n; i++)
        if (sb_bytes_eq(codes->items[i], code))
            return true;
    return false;
}

bool sb_codes_eq(const struct sb_codes *a, const struct sb_codes *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!sb_bytes_eq(a->items[i], b->items[i]))
            return false;
    return true;
}
