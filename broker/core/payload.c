/* Purpose: the items and ciphertexts payloads of PUBLISH and ENTRY.
 * Invariant: at most SB_BATCH_EVENTS elements and SB_BATCH_MAX bytes are accepted. */
#include "broker/core/payload.h"

#include "schemas/record/record.h"

#define FIXARRAY 0x90u /* msgpack: an array of up to 15 */
_Static_assert(SB_CLASSES < 16, "the head of a list of classes is one byte");

void sb_items_write(struct sb_buf *out, const struct sb_bytes *items, size_t n)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_pack_bin(out, items[i]);
}

static struct sb_bytes *
read_bins(struct sb_unpack *u, struct sb_arena *arena, size_t *count)
{
    size_t n = sb_unpack_array(u, 1, SB_BATCH_EVENTS);
    struct sb_bytes *bins = u->failed ? NULL : sb_arena_alloc(arena, n, sizeof *bins);
    if (!bins)
        sb_unpack_fail(u, SB_E_MEMORY);
    for (size_t i = 0; bins && i < n && !u->failed; i++)
        bins[i] = sb_unpack_bin(u, SB_EVENT_MAX);
    *count = n;
    return bins;
}

static int scan(struct sb_bytes payload, const char *what, struct sb_err *err)
{
    if (payload.n > SB_BATCH_MAX + 64 * SB_KIB)
        return sb_fail(err, SB_E_LIMIT, "%s: %zu bytes are too many", what, payload.n);
    int rc = sb_pack_scan(payload, SB_PACK_RECORD, err);
    return rc == 0 ? 0 : sb_err_wrap(err, rc, "%s", what);
}

int sb_items_read(struct sb_bytes payload,
                  struct sb_arena *arena,
                  struct sb_bytes **items,
                  size_t *n,
                  struct sb_err *err)
{
    int rc = scan(payload, "items", err);
    if (rc != 0)
        return rc;
    struct sb_unpack u = sb_unpack(payload);
    size_t count = 0;
    struct sb_bytes *bins = read_bins(&u, arena, &count);
    rc = sb_unpack_end(&u, "items", err);
    if (rc == 0) {
        *items = bins;
        *n = count;
    }
    return rc;
}

void sb_cts_write(struct sb_buf *out, const struct sb_cts *cts)
{
    sb_pack_array(out, cts->n);
    for (size_t i = 0; i < cts->n; i++) {
        sb_pack_array(out, 2);
        sb_pack_str(out, cts->classes[i].name);
        sb_items_write(out, cts->classes[i].cts, cts->classes[i].n);
    }
}

void sb_cts_join(struct sb_buf *out, const struct sb_bytes *raw, size_t n)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_buf_put(out, raw[i].p, raw[i].n);
}

struct sb_bytes
sb_cts_joined(struct sb_arena *arena, const struct sb_bytes *raw, size_t n)
{
    size_t size = 1; /* the head of an array of fewer than 16 */
    for (size_t i = 0; i < n; i++)
        size += raw[i].n;
    uint8_t *whole = sb_arena_room(arena, size);
    uint8_t *to = whole;
    if (!whole)
        return sb_bytes(NULL, 0);
    *to++ = (uint8_t)(FIXARRAY | n);
    for (size_t i = 0; i < n; i++) {
        memcpy(to, raw[i].p, raw[i].n);
        to += raw[i].n;
    }
    return sb_bytes(whole, size);
}

int sb_cts_read(struct sb_bytes payload,
                struct sb_arena *arena,
                struct sb_cts *out,
                struct sb_err *err)
{
    int rc = scan(payload, "ciphertexts", err);
    if (rc != 0)
        return rc;
    struct sb_unpack u = sb_unpack(payload);
    struct sb_order order = {0};
    struct sb_cts cts = {.n = sb_unpack_array(&u, 0, SB_CLASSES)};
    for (size_t i = 0; i < cts.n && !u.failed; i++) {
        struct sb_class_cts *c = &cts.classes[i];
        size_t start = u.at;
        sb_unpack_array(&u, 2, 2);
        c->name = sb_unpack_code(&u);
        sb_order_next(&order, &u, c->name);
        c->cts = read_bins(&u, arena, &c->n);
        c->raw = sb_bytes(payload.p + start, u.at - start);
    }
    rc = sb_unpack_end(&u, "ciphertexts", err);
    if (rc == 0)
        *out = cts;
    return rc;
}
