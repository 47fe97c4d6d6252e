/* Purpose: changes of a bundle's files by somebody who has no key: bits, ends, ranges,
 * whole files, another exchange's files, an older checkpoint. */
#include "test/flow/mutate/mutate.h"

#include "schemas/base/bytes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *some_file(struct trial *t)
{
    return t->files[trial_below(t, t->n_files)];
}

/* A checkpoint whose witness lines have other names is one without a quorum. */
static void may_be_told(struct change *c, const char *path)
{
    c->told = c->told || strcmp(path, "checkpoint") == 0;
}

static bool replaced(struct trial *t,
                     struct change *c,
                     const char *path,
                     struct sb_bytes before,
                     struct sb_buf *after)
{
    bool differs = !sb_bytes_eq(before, sb_buf_bytes(after));
    if (differs)
        trial_put(t, path, sb_buf_bytes(after));
    may_be_told(c, path);
    sb_buf_free(after);
    return differs;
}

static bool bit_flipped(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    sb_buf_put(&after, before.p, before.n);
    after.p[trial_below(t, before.n)] ^= (uint8_t)(1u << trial_below(t, 8));
    return replaced(t, c, path, before, &after);
}

static bool cut_short(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    size_t n = trial_below(t, 2) == 0 ? before.n - 1 : trial_below(t, before.n);
    sb_buf_put(&after, before.p, n);
    return replaced(t, c, path, before, &after);
}

static bool bytes_added(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    size_t at = trial_below(t, 2) == 0 ? before.n : trial_below(t, before.n);
    sb_buf_put(&after, before.p, at);
    for (uint64_t n = 1 + trial_below(t, 9); n > 0; n--)
        sb_buf_byte(&after, (uint8_t)trial_below(t, 256));
    sb_buf_put(&after, before.p + at, before.n - at);
    return replaced(t, c, path, before, &after);
}

static bool bytes_removed(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    size_t at = trial_below(t, before.n);
    size_t n = 1 + trial_below(t, 64);
    n = n < before.n - at ? n : before.n - at;
    sb_buf_put(&after, before.p, at);
    sb_buf_put(&after, before.p + at + n, before.n - at - n);
    return replaced(t, c, path, before, &after);
}

static bool ranges_swapped(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    size_t n = 1 + trial_below(t, before.n / 2);
    size_t a = trial_below(t, before.n - n + 1);
    size_t b = trial_below(t, before.n - n + 1);
    sb_buf_put(&after, before.p, before.n);
    if (a + n > b && b + n > a)
        n = a < b ? b - a : a - b;
    memcpy(after.p + a, before.p + b, n);
    memcpy(after.p + b, before.p + a, n);
    return replaced(t, c, path, before, &after);
}

static bool files_swapped(struct trial *t, struct change *c)
{
    const char *a = some_file(t);
    const char *b = some_file(t);
    (void)c;
    if (a == b)
        return false;
    struct sb_bytes first = trial_touch(t, a);
    struct sb_bytes second = trial_touch(t, b);
    if (sb_bytes_eq(first, second))
        return false;
    trial_put(t, a, second);
    trial_put(t, b, first);
    return true;
}

static bool file_missing(struct trial *t, struct change *c)
{
    char whole[512];
    const char *path = some_file(t);
    (void)c;
    (void)trial_touch(t, path);
    snprintf(whole, sizeof whole, "%s/%s", t->dir, path);
    assert_int_equal(unlink(whole), 0);
    return true;
}

/* The file of the same name in another exchange's bundle. */
static bool foreign_file(struct trial *t, struct change *c)
{
    char whole[512];
    struct sb_buf other = {0};
    const char *path = some_file(t);
    struct sb_bytes before = trial_touch(t, path);
    snprintf(whole, sizeof whole, "%s/%s", t->foreign->dir, path);
    (void)c;
    if (sb_file_read(whole, 64u * SB_MIB, &other, NULL) != 0) {
        sb_buf_free(&other);
        return false;
    }
    return replaced(t, c, path, before, &other);
}

/* A signature of a witness's key that does not hold refuses the whole note. */
static bool cosignature_false(struct trial *t, struct change *c)
{
    struct sb_buf after = {0};
    struct sb_bytes before = trial_touch(t, "checkpoint");
    sb_buf_put(&after, before.p, before.n);
    uint8_t *at = &after.p[after.n - 3 - trial_below(t, 80)]; /* of the last line */
    *at = *at == 'A' ? 'B' : 'A';
    bool differs = replaced(t, c, "checkpoint", before, &after);
    c->told = false;
    return differs;
}

/* Signed by the log and both witnesses, of a smaller tree, beside newer files: these
 * are what is told, unless the auditor has seen the newer tree. */
static bool checkpoint_older(struct trial *t, struct change *c)
{
    struct sb_buf older = {0};
    struct sb_bytes before = trial_touch(t, "checkpoint");
    forge_note(&t->f, 1 + trial_below(t, t->f.n - 1), t->b.w->broker, &older);
    trial_cosign(t, &older);
    bool differs = replaced(t, c, "checkpoint", before, &older);
    c->since = trial_below(t, 2) == 0;
    c->told = !c->since;
    return differs;
}

const struct kind kinds_of_bytes[] = {
    {"a bit flipped", bit_flipped},
    {"a file cut short", cut_short},
    {"bytes added", bytes_added},
    {"bytes removed", bytes_removed},
    {"ranges of bytes swapped", ranges_swapped},
    {"files swapped", files_swapped},
    {"a file missing", file_missing},
    {"another exchange's file", foreign_file},
    {"a false cosignature", cosignature_false},
    {"an older checkpoint", checkpoint_older},
    {NULL, NULL},
};
