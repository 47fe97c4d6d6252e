/* Purpose: decode one token, refusing every form that is longer than needed. */
#include "schemas/pack/token.h"

#include "schemas/pack/pack.h"

static uint64_t be(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* A length or count of `width` bytes behind the lead byte; `least`: the smallest value
 * for which this width is the shortest. */
static int head(struct sb_bytes in, size_t width, uint64_t least, struct sb_token *t)
{
    if (in.n < 1 + width)
        return SB_E_TRUNCATED;
    t->as.u = be(in.p + 1, width);
    t->size = 1 + width;
    return t->as.u < least ? SB_E_NOT_CANONICAL : 0;
}

static int text(struct sb_bytes in, enum sb_token_kind kind, struct sb_token *t)
{
    uint64_t n = t->as.u;
    if (n > in.n - t->size)
        return SB_E_TRUNCATED;
    t->kind = kind;
    t->as.s = sb_bytes(in.p + t->size, (size_t)n);
    t->size += (size_t)n;
    return 0;
}

static int negative(struct sb_bytes in, size_t width, struct sb_token *t)
{
    if (in.n < 1 + width)
        return SB_E_TRUNCATED;
    uint64_t v = be(in.p + 1, width);
    unsigned bits = (unsigned)width * 8;
    if (bits < 64 && (v >> (bits - 1)))
        v |= ~0ull << bits;
    t->kind = SB_TOKEN_INT;
    t->as.i = (int64_t)v;
    t->size = 1 + width;
    int64_t most = width == 1 ? -33 : -(INT64_C(1) << (bits / 2 - 1)) - 1;
    return t->as.i > most ? SB_E_NOT_CANONICAL : 0;
}

static int float64(struct sb_bytes in, struct sb_token *t)
{
    if (in.n < 9)
        return SB_E_TRUNCATED;
    uint64_t v = be(in.p + 1, 8);
    t->kind = SB_TOKEN_DOUBLE;
    memcpy(&t->as.d, &v, sizeof v);
    t->size = 9;
    return 0;
}

/* Forms with a lead byte from 0xc0 to 0xdf. */
static int long_form(struct sb_bytes in, struct sb_token *t)
{
    static const uint64_t uint_least[] = {128, 256, 65536, UINT64_C(1) << 32};
    uint8_t c = in.p[0];
    unsigned shift = c & 3u;
    int rc = 0;
    switch (c) {
    case 0xc0:
        *t = (struct sb_token){.kind = SB_TOKEN_NIL, .size = 1};
        return 0;
    case 0xc2:
    case 0xc3:
        *t = (struct sb_token){.kind = SB_TOKEN_BOOL, .as.u = c & 1u, .size = 1};
        return 0;
    case 0xc4: /* bin 8, 16, 32 */
    case 0xc5:
    case 0xc6:
        rc = head(in, (size_t)1 << shift, shift ? UINT64_C(1) << (4u << shift) : 0, t);
        return rc ? rc : text(in, SB_TOKEN_BIN, t);
    case 0xca:
        return SB_E_NOT_CANONICAL;
    case 0xcb:
        return float64(in, t);
    case 0xcc: /* uint 8 to 64 */
    case 0xcd:
    case 0xce:
    case 0xcf:
        t->kind = SB_TOKEN_UINT;
        return head(in, (size_t)1 << shift, uint_least[shift], t);
    case 0xd0: /* int 8 to 64 */
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return negative(in, (size_t)1 << shift, t);
    case 0xd9: /* str 8, 16, 32 */
    case 0xda:
    case 0xdb:
        rc = head(
            in, (size_t)1 << (shift - 1), c == 0xd9 ? 32 : uint_least[shift - 1], t);
        return rc ? rc : text(in, SB_TOKEN_STR, t);
    case 0xdc: /* array, map: 16, 32 */
    case 0xdd:
    case 0xde:
    case 0xdf:
        t->kind = c < 0xde ? SB_TOKEN_ARRAY : SB_TOKEN_MAP;
        return c & 1 ? head(in, 4, 65536, t) : head(in, 2, 16, t);
    default:
        return SB_E_TYPE;
    }
}

int sb_token_read(struct sb_bytes in, struct sb_token *t)
{
    if (in.n == 0)
        return SB_E_TRUNCATED;
    uint8_t c = in.p[0];
    if (c >= 0xc0 && c <= 0xdf)
        return long_form(in, t);
    t->size = 1;
    if (c < 0x80) {
        t->kind = SB_TOKEN_UINT;
        t->as.u = c;
    } else if (c < 0x90) {
        t->kind = SB_TOKEN_MAP;
        t->as.u = c & 15u;
    } else if (c < 0xa0) {
        t->kind = SB_TOKEN_ARRAY;
        t->as.u = c & 15u;
    } else if (c < 0xc0) {
        t->as.u = c & 31u;
        return text(in, SB_TOKEN_STR, t);
    } else {
        t->kind = SB_TOKEN_INT;
        t->as.i = (int64_t)c - 256;
    }
    return 0;
}
