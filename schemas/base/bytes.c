/* Purpose: slices, the growing buffer, hex.
 * Invariant: a buffer's n never passes cap nor, if it has one, its limit. */
#include "schemas/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool sb_bytes_eq(struct sb_bytes a, struct sb_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool sb_bytes_is(struct sb_bytes a, const char *text)
{
    return sb_bytes_eq(a, sb_bytes_str(text));
}

int sb_bytes_cmp(struct sb_bytes a, struct sb_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

/* Makes room for n more bytes; false (and `failed`) when that cannot be. */
static bool reserve(struct sb_buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n > SIZE_MAX / 2 - b->n || (b->limit && n > b->limit - b->n)) {
        b->failed = SB_E_LIMIT;
        return false;
    }
    if (n <= b->cap - b->n)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < b->n + n)
        cap *= 2;
    uint8_t *p = realloc(b->p, cap);
    if (!p) {
        b->failed = SB_E_MEMORY;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void sb_buf_put(struct sb_buf *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void sb_buf_byte(struct sb_buf *b, uint8_t byte)
{
    sb_buf_put(b, &byte, 1);
}

void sb_buf_str(struct sb_buf *b, const char *s)
{
    sb_buf_put(b, s, strlen(s));
}

void sb_buf_printf(struct sb_buf *b, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n > 0 && reserve(b, (size_t)n + 1)) {
        vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void sb_buf_reset(struct sb_buf *b)
{
    b->n = 0;
    b->failed = 0;
}

void sb_buf_free(struct sb_buf *b)
{
    free(b->p);
    *b = (struct sb_buf){.limit = b->limit};
}

int sb_buf_check(const struct sb_buf *b, struct sb_err *err)
{
    if (!b->failed)
        return 0;
    if (b->failed == SB_E_LIMIT)
        return sb_fail(err, SB_E_LIMIT, "more than %zu bytes", b->limit);
    return sb_fail(err, b->failed, "out of memory after %zu bytes", b->n);
}

void sb_hex(char *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool sb_unhex(uint8_t *out, size_t n, struct sb_bytes hex)
{
    if (hex.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = hex_digit(hex.p[2 * i]);
        int lo = hex_digit(hex.p[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
