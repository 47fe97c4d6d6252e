/* Purpose: value trees to canonical bytes and back.
 * Invariant: recursion stops at SB_DEPTH_MAX; what is read was pre-scanned. */
#include "schemas/pack/value.h"

#include <math.h>

#include "schemas/base/limits.h"
#include "schemas/base/text.h"
#include "schemas/pack/pack.h"
#include "schemas/pack/token.h"

struct builder {
    struct sb_bytes in;
    size_t at;
    struct sb_arena *arena;
};

static int build(struct builder *b, struct sb_value *out);

static int build_array(struct builder *b, size_t n, struct sb_value *out)
{
    size_t room =
        1; /* sb_value_push takes the room up to the next power of two as there */
    while (room < n)
        room *= 2;
    struct sb_value *items = sb_arena_alloc(b->arena, room, sizeof *items);
    if (!items)
        return SB_E_MEMORY;
    *out = (struct sb_value){.type = SB_ARRAY};
    out->as.a.items = items;
    out->as.a.n = n;
    for (size_t i = 0; i < n; i++) {
        int rc = build(b, &items[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int build_map(struct builder *b, size_t n, struct sb_value *out)
{
    struct sb_pair *pairs = sb_arena_alloc(b->arena, n, sizeof *pairs);
    if (!pairs)
        return SB_E_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct sb_value key;
        int rc = build(b, &key);
        if (rc == 0)
            rc = build(b, &pairs[i].value);
        if (rc != 0)
            return rc;
        pairs[i].key = key.as.s;
    }
    *out = (struct sb_value){.type = SB_MAP};
    out->as.m.pairs = pairs;
    out->as.m.n = n;
    return 0;
}

static int build(struct builder *b, struct sb_value *out)
{
    struct sb_token t;
    int rc = sb_token_read(sb_bytes(b->in.p + b->at, b->in.n - b->at), &t);
    if (rc != 0)
        return rc;
    b->at += t.size;
    switch (t.kind) {
    case SB_TOKEN_NIL:
        *out = (struct sb_value){.type = SB_NIL};
        return 0;
    case SB_TOKEN_BOOL:
        *out = (struct sb_value){.type = SB_BOOL, .as.b = t.as.u != 0};
        return 0;
    case SB_TOKEN_UINT:
        *out = sb_value_int((int64_t)t.as.u);
        return 0;
    case SB_TOKEN_INT:
        *out = sb_value_int(t.as.i);
        return 0;
    case SB_TOKEN_DOUBLE:
        *out = (struct sb_value){.type = SB_DOUBLE, .as.d = t.as.d};
        return 0;
    case SB_TOKEN_STR:
        *out = sb_value_text(t.as.s);
        return 0;
    case SB_TOKEN_ARRAY:
        return build_array(b, (size_t)t.as.u, out);
    case SB_TOKEN_MAP:
        return build_map(b, (size_t)t.as.u, out);
    case SB_TOKEN_BIN:
        break;
    }
    return SB_E_TYPE;
}

int sb_value_unpack(struct sb_bytes in,
                    struct sb_arena *arena,
                    struct sb_value *out,
                    struct sb_err *err)
{
    int rc = sb_pack_scan(in, SB_PACK_VALUE, err);
    if (rc != 0)
        return rc;
    struct builder b = {.in = in, .arena = arena};
    struct sb_value v;
    rc = build(&b, &v);
    if (rc != 0)
        return sb_fail(err, rc, "a payload of %zu bytes: %s", in.n, sb_code_name(rc));
    *out = v;
    return 0;
}

static int put(const struct sb_value *v, struct sb_buf *out, unsigned depth);

static int put_map(const struct sb_value *v, struct sb_buf *out, unsigned depth)
{
    sb_pack_map(out, v->as.m.n);
    for (size_t i = 0; i < v->as.m.n; i++) {
        const struct sb_pair *p = &v->as.m.pairs[i];
        if (i && sb_bytes_cmp(p[-1].key, p->key) >= 0)
            return SB_E_UNSORTED;
        if (!sb_text_valid(p->key))
            return SB_E_UTF8;
        sb_pack_str(out, p->key);
        int rc = put(&p->value, out, depth);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int put_array(const struct sb_value *v, struct sb_buf *out, unsigned depth)
{
    sb_pack_array(out, v->as.a.n);
    for (size_t i = 0; i < v->as.a.n; i++) {
        int rc = put(&v->as.a.items[i], out, depth);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int put(const struct sb_value *v, struct sb_buf *out, unsigned depth)
{
    switch (v->type) {
    case SB_NIL:
        sb_pack_nil(out);
        return 0;
    case SB_BOOL:
        sb_pack_bool(out, v->as.b);
        return 0;
    case SB_INT:
        sb_pack_int(out, v->as.i);
        return 0;
    case SB_DOUBLE:
        if (!isfinite(v->as.d))
            return SB_E_RANGE;
        sb_pack_double(out, v->as.d);
        return 0;
    case SB_STR:
        if (!sb_text_valid(v->as.s))
            return SB_E_UTF8;
        sb_pack_str(out, v->as.s);
        return 0;
    case SB_ARRAY:
    case SB_MAP:
        if (depth == SB_DEPTH_MAX)
            return SB_E_DEPTH;
        return v->type == SB_MAP ? put_map(v, out, depth + 1)
                                 : put_array(v, out, depth + 1);
    }
    return SB_E_TYPE;
}

int sb_value_pack(const struct sb_value *v, struct sb_buf *out, struct sb_err *err)
{
    int rc = put(v, out, 0);
    if (rc != 0)
        return sb_fail(err, rc, "the value cannot be written: %s", sb_code_name(rc));
    return sb_buf_check(out, err);
}
