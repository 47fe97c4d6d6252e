/* Purpose: rewrite an ECMA-262 pattern into pcre2's syntax.
 * Invariant: what is appended means in pcre2 (UTF, no UCP) what the input means in
 * ECMA-262; whatever would mean something else there is refused. */
#include "schemas/catalog/regex.h"

#include "schemas/base/text.h"

#define SPACE_SET                                                                      \
    "\\x09-\\x0d\\x20\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"   \
    "\\x{205f}\\x{3000}\\x{feff}"
#define OTHER_SET                                                                      \
    "\\x00-\\x08\\x0e-\\x1f\\x21-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"          \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"     \
    "\\x{3001}-\\x{d7ff}\\x{e000}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct rewrite {
    struct sb_bytes in;
    size_t at;
    bool in_class;
    bool quantified; /* the last thing was a quantifier */
    struct sb_buf *out;
    struct sb_err *err;
};

static int refuse(const struct rewrite *w, const char *why)
{
    return sb_fail(w->err, SB_E_SCHEMA_VALUE, "byte %zu: %s", w->at, why);
}

static int peek(const struct rewrite *w, size_t ahead)
{
    return w->at + ahead < w->in.n ? w->in.p[w->at + ahead] : -1;
}

/* \p{Name} or \P{Name}; `at` stands on the p. */
static int put_property(struct rewrite *w)
{
    uint8_t kind = w->in.p[w->at];
    if (peek(w, 1) != '{')
        return refuse(w, "\\p needs a name in braces");
    const uint8_t *name = w->in.p + w->at + 2;
    const uint8_t *end = memchr(name, '}', w->in.n - w->at - 2);
    if (!end || end == name || *name == '^')
        return refuse(w, "\\p needs a name in braces");
    struct sb_bytes s = sb_bytes(name, (size_t)(end - name));
    s = sb_regex_property(s);
    sb_buf_printf(w->out, "\\%c{", kind);
    sb_buf_put(w->out, s.p, s.n);
    sb_buf_byte(w->out, '}');
    w->at = (size_t)(end - w->in.p) + 1;
    return 0;
}

static int hex(const struct rewrite *w, size_t ahead, size_t n, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        int c = peek(w, ahead + i);
        int low = c | 0x20;
        if (c >= '0' && c <= '9')
            *value = *value * 16 + (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *value = *value * 16 + (uint32_t)(low - 'a') + 10;
        else
            return refuse(w, "hexadecimal digits are missing");
    }
    return 0;
}

static int put_point(struct rewrite *w, uint32_t point)
{
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return refuse(w, "no such code point");
    sb_buf_printf(w->out, "\\x{%x}", point);
    return 0;
}

/* \uXXXX, a pair of them, or \u{X}; `at` stands on the u. */
static int put_unicode(struct rewrite *w)
{
    uint32_t point = 0;
    uint32_t low = 0;
    if (peek(w, 1) == '{') {
        size_t n = 0;
        while (peek(w, 2 + n) >= 0 && peek(w, 2 + n) != '}')
            n++;
        if (n == 0 || n > 6 || peek(w, 2 + n) < 0 || hex(w, 2, n, &point) != 0)
            return refuse(w, "\\u{...} needs one to six hexadecimal digits");
        w->at += n + 3;
        return put_point(w, point);
    }
    int rc = hex(w, 1, 4, &point);
    if (rc != 0)
        return rc;
    w->at += 5;
    if (point >= 0xd800 && point < 0xdc00 && peek(w, 0) == '\\' && peek(w, 1) == 'u' &&
        hex(w, 2, 4, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
        w->at += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_point(w, point);
}

static void put_set(struct rewrite *w, bool space)
{
    sb_buf_str(w->out, w->in_class ? "" : "[");
    sb_buf_str(w->out, space ? SPACE_SET : OTHER_SET);
    sb_buf_str(w->out, w->in_class ? "" : "]");
    w->at++;
}

static int put_number_escape(struct rewrite *w, int c)
{
    int next = peek(w, 1);
    bool more = next >= '0' && next <= '9';
    if (c == '0') {
        if (more)
            return refuse(w, "octal escapes are not part of ECMA-262");
        sb_buf_str(w->out, "\\x{0}");
        w->at++;
        return 0;
    }
    if (w->in_class)
        return refuse(w, "no back reference in a class");
    sb_buf_str(w->out, "\\g{");
    while (peek(w, 0) >= '0' && peek(w, 0) <= '9')
        sb_buf_byte(w->out, w->in.p[w->at++]);
    sb_buf_byte(w->out, '}');
    return 0;
}

static int put_letter_escape(struct rewrite *w, int c)
{
    uint32_t point = 0;
    switch (c) {
    case 'p':
    case 'P':
        return put_property(w);
    case 'u':
        return put_unicode(w);
    case 's':
    case 'S':
        put_set(w, c == 's');
        return 0;
    case 'v':
        w->at++;
        return put_point(w, 0x0b);
    case 'x':
        if (hex(w, 1, 2, &point) != 0)
            return SB_E_SCHEMA_VALUE;
        w->at += 3;
        return put_point(w, point);
    case 'c':
        c = peek(w, 1) | 0x20;
        if (c < 'a' || c > 'z')
            return refuse(w, "\\c needs a letter");
        w->at += 2;
        return put_point(w, (uint32_t)(c - 'a') + 1);
    case 'k':
        if (w->in_class || peek(w, 1) != '<')
            return refuse(w, "\\k needs a name in angle brackets");
        break;
    case 'B':
        if (w->in_class)
            return refuse(w, "\\B cannot stand in a class");
        break;
    default:
        if (!strchr("dDwWbfnrt", c))
            return refuse(w, "this escape is not part of ECMA-262");
    }
    sb_buf_printf(w->out, "\\%c", c);
    w->at++;
    return 0;
}

/* `at` stands on the backslash. */
static int put_escape(struct rewrite *w)
{
    w->at++;
    int c = peek(w, 0);
    if (c < 0 || c >= 0x80)
        return refuse(w, "a backslash must be followed by an ASCII character");
    if (c >= '0' && c <= '9')
        return put_number_escape(w, c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return put_letter_escape(w, c);
    w->at++;
    if (c < 0x20 || c == 0x7f)
        return put_point(w, (uint32_t)c);
    sb_buf_printf(w->out, "\\%c", c);
    return 0;
}

/* ECMA has (?: (?= (?! (?<= (?<! (?<name> and plain groups. */
static int put_group(struct rewrite *w)
{
    if (peek(w, 1) == '*')
        return refuse(w, "nothing to repeat");
    if (peek(w, 1) == '?') {
        int c = peek(w, 2);
        if (c < 0 || !strchr(":=!<", c))
            return refuse(w, "this kind of group is not part of ECMA-262");
        sb_buf_str(w->out, "(?");
        w->at += 2;
        return 0;
    }
    sb_buf_byte(w->out, '(');
    w->at++;
    return 0;
}

/* The length of {n} {n,} {n,m} at `at`, or 0. */
static size_t braces(const struct rewrite *w)
{
    size_t i = 1;
    size_t first = 0;
    for (; peek(w, i) >= '0' && peek(w, i) <= '9'; i++)
        first++;
    if (first == 0)
        return 0;
    if (peek(w, i) == ',')
        for (i++; peek(w, i) >= '0' && peek(w, i) <= '9';)
            i++;
    return peek(w, i) == '}' ? i + 1 : 0;
}

static int put_quantifier(struct rewrite *w, size_t n)
{
    if (w->quantified)
        return refuse(w, "nothing to repeat");
    sb_buf_put(w->out, w->in.p + w->at, n);
    w->at += n;
    if (peek(w, 0) == '?') {
        sb_buf_byte(w->out, '?');
        w->at++;
    }
    w->quantified = true;
    return 0;
}

static int put_in_class(struct rewrite *w, int c)
{
    if (c == '\\')
        return put_escape(w);
    w->in_class = c != ']';
    if (c == '[') /* would open a POSIX class */
        sb_buf_byte(w->out, '\\');
    sb_buf_byte(w->out, (uint8_t)c);
    w->at++;
    return 0;
}

static int put_one(struct rewrite *w)
{
    int c = peek(w, 0);
    if (w->in_class)
        return put_in_class(w, c);
    size_t n = c == '{' ? braces(w) : (c == '*' || c == '+' || c == '?');
    if (n > 0)
        return put_quantifier(w, n);
    w->quantified = false;
    if (c == '\\')
        return put_escape(w);
    if (c == '(')
        return put_group(w);
    w->at++;
    w->in_class = c == '[';
    if (c == '.')
        sb_buf_str(w->out, "[^\\n\\r\\x{2028}\\x{2029}]");
    else if (c == '{' || c == '}' || c == ']')
        sb_buf_printf(w->out, "\\%c", c);
    else
        sb_buf_byte(w->out, (uint8_t)c);
    if (w->in_class && peek(w, 0) == '^') {
        sb_buf_byte(w->out, '^');
        w->at++;
    }
    return 0;
}

int sb_regex_translate(struct sb_bytes pattern, struct sb_buf *out, struct sb_err *err)
{
    struct rewrite w = {.in = pattern, .out = out, .err = err};
    if (!sb_text_valid(pattern))
        return sb_fail(err, SB_E_SCHEMA_VALUE, "the pattern is not UTF-8");
    while (w.at < w.in.n) {
        int rc = put_one(&w);
        if (rc != 0)
            return rc;
    }
    if (w.in_class)
        return refuse(&w, "a class is not closed");
    return sb_buf_check(out, err);
}
