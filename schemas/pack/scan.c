/* Purpose: judge a whole msgpack object before anything is built from it.
 * Invariant: time is linear in the bytes, memory is a stack of SB_DEPTH_MAX counters.
 */
#include "schemas/pack/pack.h"

#include <math.h>

#include "schemas/base/limits.h"
#include "schemas/base/text.h"
#include "schemas/pack/token.h"

struct level {
    uint64_t left; /* objects still to come: keys and values of a map each count */
    bool map;
    struct sb_bytes key; /* the last key */
    bool has_key;
};

struct scan {
    struct level levels[SB_DEPTH_MAX + 1];
    size_t depth;
};

static bool integral(double d)
{
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == trunc(d);
}

static int judge_value(const struct sb_token *t)
{
    if (t->kind == SB_TOKEN_BIN)
        return SB_E_TYPE;
    if (t->kind == SB_TOKEN_UINT && t->as.u > INT64_MAX)
        return SB_E_RANGE;
    if (t->kind == SB_TOKEN_DOUBLE && !isfinite(t->as.d))
        return SB_E_RANGE;
    if (t->kind == SB_TOKEN_DOUBLE && integral(t->as.d))
        return SB_E_NOT_CANONICAL;
    return 0;
}

static int judge(const struct sb_token *t, enum sb_pack_model model)
{
    if (t->kind == SB_TOKEN_STR && !sb_text_valid(t->as.s))
        return SB_E_UTF8;
    if (model == SB_PACK_VALUE)
        return judge_value(t);
    bool fine = t->kind == SB_TOKEN_UINT || t->kind == SB_TOKEN_STR ||
                t->kind == SB_TOKEN_BIN || t->kind == SB_TOKEN_ARRAY;
    return fine ? 0 : SB_E_TYPE;
}

/* Keys of a map: str, strictly rising. */
static int judge_key(struct level *l, const struct sb_token *t)
{
    if (!l->map || l->left % 2 != 0)
        return 0;
    if (t->kind != SB_TOKEN_STR)
        return SB_E_TYPE;
    if (l->has_key) {
        int c = sb_bytes_cmp(l->key, t->as.s);
        if (c >= 0)
            return c == 0 ? SB_E_DUPLICATE : SB_E_UNSORTED;
    }
    l->key = t->as.s;
    l->has_key = true;
    return 0;
}

static int push(struct scan *s, const struct sb_token *t, size_t rest)
{
    bool map = t->kind == SB_TOKEN_MAP;
    uint64_t objects = map ? t->as.u * 2 : t->as.u;
    if (objects > rest)
        return SB_E_TRUNCATED;
    if (s->depth + 1 > SB_DEPTH_MAX)
        return SB_E_DEPTH;
    s->levels[++s->depth] = (struct level){.left = objects, .map = map};
    return 0;
}

static int
step(struct scan *s, struct sb_bytes in, enum sb_pack_model model, size_t *size)
{
    struct sb_token t;
    struct level *l = &s->levels[s->depth];
    int rc = sb_token_read(in, &t);
    if (rc == 0)
        rc = judge(&t, model);
    if (rc == 0)
        rc = judge_key(l, &t);
    if (rc != 0)
        return rc;
    l->left--;
    *size = t.size;
    if (t.kind == SB_TOKEN_ARRAY || t.kind == SB_TOKEN_MAP)
        rc = push(s, &t, in.n - t.size);
    while (s->depth > 0 && s->levels[s->depth].left == 0)
        s->depth--;
    return rc;
}

int sb_pack_scan(struct sb_bytes in, enum sb_pack_model model, struct sb_err *err)
{
    struct scan s = {.levels[0].left = 1};
    size_t at = 0;
    while (s.depth > 0 || s.levels[0].left > 0) {
        size_t size = 0;
        int rc = step(&s, sb_bytes(in.p + at, in.n - at), model, &size);
        if (rc != 0)
            return sb_fail(err, rc, "byte %zu: %s", at, sb_code_name(rc));
        at += size;
    }
    if (at != in.n)
        return sb_fail(err, SB_E_TRAILING, "byte %zu: bytes after the end", at);
    return 0;
}
