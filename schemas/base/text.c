/* Purpose: UTF-8, codes and folding; all Unicode knowledge is libunistring's.
 * Invariant: nothing here reads past a slice's end. */
#include "schemas/base/text.h"

#include <stdlib.h>
#include <uninorm.h>
#include <unictype.h>
#include <unicase.h>
#include <unistr.h>
#include <uniwidth.h>

#include "schemas/base/limits.h"

/* Most text here is: it needs no library. */
static bool is_ascii(struct sb_bytes s)
{
    uint8_t high = 0;
    for (size_t i = 0; i < s.n; i++)
        high |= s.p[i];
    return high < 0x80;
}

bool sb_text_valid(struct sb_bytes s)
{
    return is_ascii(s) || u8_check(s.p, s.n) == NULL;
}

size_t sb_text_length(struct sb_bytes s)
{
    return s.n == 0 ? 0 : u8_mbsnlen(s.p, s.n);
}

size_t sb_text_width(struct sb_bytes s)
{
    int n = s.n == 0 ? 0 : u8_width(s.p, s.n, "UTF-8");
    return n < 0 ? 0 : (size_t)n;
}

static const bool code_bytes[256] = {
    ['-'] = true, ['.'] = true, ['_'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
    ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true,
    ['9'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true,
    ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true,
    ['l'] = true, ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true,
    ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true,
    ['x'] = true, ['y'] = true, ['z'] = true};

bool sb_text_is_code(struct sb_bytes s)
{
    if (s.n == 0 || s.n > SB_CODE_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!code_bytes[s.p[i]])
            return false;
    return true;
}

bool sb_text_number(struct sb_bytes s, uint64_t *out)
{
    uint64_t n = 0;
    if (s.n == 0 || s.n > 18)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = 10 * n + (uint64_t)(s.p[i] - '0');
    }
    *out = n;
    return true;
}

static struct sb_bytes until_slash(struct sb_bytes *rest)
{
    const uint8_t *slash = rest->n ? memchr(rest->p, '/', rest->n) : NULL;
    size_t n = slash ? (size_t)(slash - rest->p) : rest->n;
    struct sb_bytes part = sb_bytes(rest->p, n);
    size_t skip = slash ? n + 1 : n;
    *rest = sb_bytes(rest->p + skip, rest->n - skip);
    return part;
}

static bool is_number(struct sb_bytes s)
{
    if (s.n == 0 || s.n > 19 || (s.n > 1 && s.p[0] == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

bool sb_text_stream_parts(struct sb_bytes s,
                          struct sb_bytes *institution,
                          struct sb_bytes *type,
                          struct sb_bytes *part)
{
    if (s.n == 0 || s.n > SB_STREAM_MAX || s.p[s.n - 1] == '/')
        return false;
    struct sb_bytes rest = s;
    struct sb_bytes a = until_slash(&rest);
    struct sb_bytes b = until_slash(&rest);
    if (!sb_text_is_code(a) || !sb_text_is_code(b) || (rest.n && !is_number(rest)))
        return false;
    if (institution)
        *institution = a;
    if (type)
        *type = b;
    if (part)
        *part = rest;
    return true;
}

/* Copies code points, folding white space, and dropping marks where asked. */
static int put_folded(const uint8_t *s, size_t n, bool marks, struct sb_buf *out)
{
    bool space = false;
    size_t start = out->n;
    for (size_t i = 0; i < n;) {
        ucs4_t c = 0;
        int len = u8_mbtouc(&c, s + i, n - i);
        if (uc_is_property_white_space(c)) {
            space = out->n > start;
        } else if (marks || !uc_is_general_category(c, UC_MARK)) {
            if (space)
                sb_buf_byte(out, ' ');
            space = false;
            sb_buf_put(out, s + i, (size_t)len);
        }
        i += (size_t)len;
    }
    return out->failed;
}

static int fold(struct sb_bytes s,
                uninorm_t form,
                bool marks,
                struct sb_buf *out,
                struct sb_err *err)
{
    if (!sb_text_valid(s))
        return sb_fail(err, SB_E_UTF8, "the text is not UTF-8");
    if (s.n == 0)
        return 0;
    size_t n = 0;
    uint8_t *folded = u8_casefold(s.p, s.n, NULL, form, NULL, &n);
    if (!folded)
        return sb_fail(err, SB_E_MEMORY, "out of memory while folding a text");
    put_folded(folded, n, marks, out);
    free(folded);
    return sb_buf_check(out, err);
}

int sb_text_fold_header(struct sb_bytes s, struct sb_buf *out, struct sb_err *err)
{
    return fold(s, UNINORM_NFC, true, out, err);
}

int sb_text_fold_name(struct sb_bytes s, struct sb_buf *out, struct sb_err *err)
{
    return fold(s, UNINORM_NFKD, false, out, err);
}

size_t sb_text_distance(const char *a, const char *b, size_t most)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    size_t na = strlen(a);
    size_t nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return most + 1;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[nb] > most ? most + 1 : row[nb];
}
