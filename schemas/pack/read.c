/* Purpose: the bounded reader of records.
 * Invariant: `at` never passes the input's end; after a failure nothing moves. */
#include "schemas/pack/pack.h"

#include "schemas/base/text.h"
#include "schemas/pack/token.h"

void sb_unpack_fail(struct sb_unpack *u, int code)
{
    if (!u->failed)
        u->failed = code;
}

/* Reads the next token if it is of `kind`; false once the reader has failed. */
static bool next(struct sb_unpack *u, enum sb_token_kind kind, struct sb_token *t)
{
    if (u->failed)
        return false;
    int rc = sb_token_read(sb_bytes(u->in.p + u->at, u->in.n - u->at), t);
    if (rc == 0 && t->kind != kind)
        rc = SB_E_TYPE;
    if (rc != 0) {
        u->failed = rc;
        return false;
    }
    u->at += t->size;
    return true;
}

size_t sb_unpack_array(struct sb_unpack *u, size_t min, size_t max)
{
    struct sb_token t;
    if (!next(u, SB_TOKEN_ARRAY, &t))
        return 0;
    if (t.as.u > u->in.n - u->at) {
        u->failed = SB_E_TRUNCATED;
        return 0;
    }
    if (t.as.u < min || t.as.u > max) {
        u->failed = min == max ? SB_E_ARITY : SB_E_RANGE;
        return 0;
    }
    return (size_t)t.as.u;
}

uint64_t sb_unpack_uint(struct sb_unpack *u, uint64_t max)
{
    struct sb_token t;
    if (!next(u, SB_TOKEN_UINT, &t))
        return 0;
    if (t.as.u > max) {
        u->failed = SB_E_RANGE;
        return 0;
    }
    return t.as.u;
}

static struct sb_bytes text(struct sb_unpack *u, enum sb_token_kind kind, size_t max)
{
    struct sb_token t;
    if (!next(u, kind, &t))
        return sb_bytes(NULL, 0);
    if (t.as.s.n > max) {
        u->failed = SB_E_RANGE;
        return sb_bytes(NULL, 0);
    }
    return t.as.s;
}

struct sb_bytes sb_unpack_str(struct sb_unpack *u, size_t max)
{
    struct sb_bytes s = text(u, SB_TOKEN_STR, max);
    if (!u->failed && !sb_text_valid(s))
        u->failed = SB_E_UTF8;
    return u->failed ? sb_bytes(NULL, 0) : s;
}

struct sb_bytes sb_unpack_bin(struct sb_unpack *u, size_t max)
{
    return text(u, SB_TOKEN_BIN, max);
}

void sb_unpack_fixed(struct sb_unpack *u, uint8_t *out, size_t n)
{
    struct sb_bytes s = text(u, SB_TOKEN_BIN, n);
    if (!u->failed && s.n != n)
        u->failed = SB_E_RANGE;
    if (u->failed)
        memset(out, 0, n);
    else
        memcpy(out, s.p, n);
}

struct sb_bytes sb_unpack_code(struct sb_unpack *u)
{
    struct sb_bytes s = sb_unpack_str(u, SIZE_MAX);
    if (!u->failed && !sb_text_is_code(s))
        u->failed = SB_E_CODE_FORM;
    return u->failed ? sb_bytes(NULL, 0) : s;
}

void sb_unpack_tag(struct sb_unpack *u, const char *tag, size_t arity)
{
    sb_unpack_array(u, arity, arity);
    struct sb_bytes s = sb_unpack_str(u, SIZE_MAX);
    if (!u->failed && !sb_bytes_is(s, tag))
        u->failed = SB_E_TAG;
}

struct sb_bytes sb_unpack_raw(struct sb_unpack *u)
{
    size_t start = u->at;
    for (uint64_t left = 1; left > 0 && !u->failed; left--) {
        struct sb_token t;
        int rc = sb_token_read(sb_bytes(u->in.p + u->at, u->in.n - u->at), &t);
        if (rc == 0 && (t.kind == SB_TOKEN_ARRAY || t.kind == SB_TOKEN_MAP)) {
            uint64_t objects = t.kind == SB_TOKEN_MAP ? 2 * t.as.u : t.as.u;
            rc = objects > u->in.n - u->at ? SB_E_TRUNCATED : 0;
            left += rc == 0 ? objects : 0;
        }
        if (rc != 0) {
            u->failed = rc;
            break;
        }
        u->at += t.size;
    }
    return u->failed ? sb_bytes(NULL, 0) : sb_bytes(u->in.p + start, u->at - start);
}

int sb_unpack_end(struct sb_unpack *u, const char *what, struct sb_err *err)
{
    if (u->failed)
        return sb_fail(
            err, u->failed, "%s: byte %zu: %s", what, u->at, sb_code_name(u->failed));
    if (u->at != u->in.n)
        return sb_fail(err, SB_E_TRAILING, "%s: bytes after the end", what);
    return 0;
}
