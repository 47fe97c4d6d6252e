/* Purpose: the roots of an exchange as a text that can be printed and typed again.
 * Invariant: what is read has every part once, in the order in which it is written.
 * Not for: the rest of an anchor; anchor.json carries it. */
#include "keys/roots.h"

#include <stdlib.h>

#include "schemas/base/text.h"

#define ROOTS_FILE_MAX (64u * SB_KIB)
#define FORM "sacbe roots 1"

static int by_pk(const void *a, const void *b)
{
    const struct sb_anchor_root *x = a;
    const struct sb_anchor_root *y = b;
    return memcmp(x->pk, y->pk, SB_PK);
}

/* A holder's name in one line, whatever it holds. */
static void put_holder(const char *holder, struct sb_buf *out)
{
    for (; *holder; holder++) {
        uint8_t b = (uint8_t)*holder;
        sb_buf_byte(out, b < ' ' || b == 0x7f ? ' ' : b);
    }
}

void sb_roots_write(const struct sb_anchor *a, struct sb_buf *out)
{
    struct sb_anchor sorted = *a;
    char hex[2 * SB_PK + 1];
    qsort(sorted.roots, sorted.n_roots, sizeof sorted.roots[0], by_pk);
    sb_hex(hex, a->nonce, SB_NONCE);
    sb_buf_printf(out,
                  FORM "\nexchange %s\nnonce %s\nthreshold %llu\n",
                  a->exchange,
                  hex,
                  (unsigned long long)a->threshold);
    for (size_t i = 0; i < sorted.n_roots; i++) {
        sb_hex(hex, sorted.roots[i].pk, SB_PK);
        sb_buf_printf(out, "root %s ", hex);
        put_holder(sorted.roots[i].holder, out);
        sb_buf_byte(out, '\n');
    }
}

enum part { PART_FORM, PART_EXCHANGE, PART_NONCE, PART_THRESHOLD, PART_ROOTS };

struct reader {
    const char *path;
    struct sb_bytes rest;
    unsigned line_no;
    struct sb_bytes line; /* trimmed */
    enum part next;
    struct sb_anchor a;
};

static int fails(const struct reader *r, struct sb_err *err, const char *what)
{
    return sb_fail(err, SB_E_ROOTS, "%s:%u: %s", r->path, r->line_no, what);
}

static bool is_blank(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r';
}

/* The next line that says something, without the white space around it. */
static bool next_line(struct reader *r)
{
    while (r->rest.n > 0) {
        const uint8_t *end = memchr(r->rest.p, '\n', r->rest.n);
        size_t n = end ? (size_t)(end - r->rest.p) : r->rest.n;
        struct sb_bytes s = sb_bytes(r->rest.p, n);
        size_t used = end ? n + 1 : n;
        r->rest = sb_bytes(r->rest.p + used, r->rest.n - used);
        r->line_no++;
        while (s.n > 0 && is_blank(s.p[s.n - 1]))
            s.n--;
        while (s.n > 0 && is_blank(s.p[0]))
            s = sb_bytes(s.p + 1, s.n - 1);
        if (s.n > 0 && s.p[0] != '#') {
            r->line = s;
            return true;
        }
    }
    return false;
}

/* Cuts "<word> " off the line; what follows the space is left, without more spaces. */
static bool take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if (r->line.n <= n || memcmp(r->line.p, word, n) != 0 || !is_blank(r->line.p[n]))
        return false;
    while (is_blank(r->line.p[n])) /* the line does not end with one */
        n++;
    r->line = sb_bytes(r->line.p + n, r->line.n - n);
    return true;
}

static bool read_number(struct sb_bytes s, uint64_t *out)
{
    return s.n > 0 && s.n <= 2 && s.p[0] != '0' && sb_text_number(s, out);
}

static bool is_holder(struct sb_bytes s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return s.n > 0 && s.n <= SB_NAME_MAX && sb_text_valid(s);
}

static int read_root(struct reader *r, struct sb_err *err)
{
    struct sb_anchor *a = &r->a;
    struct sb_anchor_root root = {0};
    if (a->n_roots == SB_ROOTS_MAX)
        return fails(r, err, "there are more roots than an exchange may have");
    if (r->line.n < 2 * SB_PK + 2 ||
        !sb_unhex(root.pk, SB_PK, sb_bytes(r->line.p, 2 * SB_PK)) ||
        !is_blank(r->line.p[2 * SB_PK]))
        return fails(
            r, err, "a root is \"root\", 64 hex digits and the name of its holder");
    r->line = sb_bytes(r->line.p + 2 * SB_PK, r->line.n - 2 * SB_PK);
    while (is_blank(r->line.p[0]))
        r->line = sb_bytes(r->line.p + 1, r->line.n - 1);
    if (!is_holder(r->line))
        return fails(r, err, "the holder's name is not a text of at most 200 bytes");
    if (!sb_pk_is_good(sb_bytes_str(SB_USE_ROOT), root.pk))
        return fails(r, err, "this root is not a usable key: compare every digit");
    if (a->n_roots > 0 && by_pk(&a->roots[a->n_roots - 1], &root) >= 0)
        return fails(r, err, "roots stand sorted by their keys, each once");
    memcpy(root.holder, r->line.p, r->line.n);
    a->roots[a->n_roots++] = root;
    return 0;
}

static int read_line(struct reader *r, struct sb_err *err)
{
    struct sb_anchor *a = &r->a;
    switch (r->next) {
    case PART_FORM:
        if (!sb_bytes_is(r->line, FORM))
            return fails(r, err, "a file of roots begins with \"" FORM "\"");
        break;
    case PART_EXCHANGE:
        if (!take_word(r, "exchange") || !sb_text_is_code(r->line))
            return fails(r, err, "here stands \"exchange\" and the exchange's code");
        memcpy(a->exchange, r->line.p, r->line.n);
        break;
    case PART_NONCE:
        if (!take_word(r, "nonce") || !sb_unhex(a->nonce, SB_NONCE, r->line))
            return fails(r, err, "here stands \"nonce\" and 32 hex digits");
        break;
    case PART_THRESHOLD:
        if (!take_word(r, "threshold") || !read_number(r->line, &a->threshold))
            return fails(r, err, "here stands \"threshold\" and a number from 1");
        break;
    case PART_ROOTS:
        return take_word(r, "root") ? read_root(r, err)
                                    : fails(r, err, "after the threshold come roots");
    }
    r->next++;
    return 0;
}

static int read_text(struct reader *r, struct sb_err *err)
{
    int rc = 0;
    while (rc == 0 && next_line(r))
        rc = read_line(r, err);
    if (rc == 0 && r->a.n_roots == 0)
        rc = fails(r, err, "the file ends before its first root");
    else if (rc == 0 && r->a.threshold > r->a.n_roots)
        rc = fails(r, err, "the file ends with fewer roots than its threshold");
    return rc;
}

/* Whether this is JSON: an anchor is an object, and no line of roots begins so. */
static bool is_json(struct sb_bytes s)
{
    while (s.n > 0 && (is_blank(s.p[0]) || s.p[0] == '\n'))
        s = sb_bytes(s.p + 1, s.n - 1);
    return s.n > 0 && s.p[0] == '{';
}

int sb_roots_read(const char *path, struct sb_anchor *out, struct sb_err *err)
{
    struct sb_buf file = {0};
    struct reader r = {.path = path};
    int rc = sb_file_read(path, ROOTS_FILE_MAX, &file, err);
    if (rc != 0)
        return rc;
    r.rest = sb_buf_bytes(&file);
    if (is_json(r.rest))
        rc = sb_anchor_read(path, &r.a, err);
    else
        rc = read_text(&r, err);
    sb_buf_free(&file);
    if (rc == 0)
        *out = r.a;
    return rc;
}
