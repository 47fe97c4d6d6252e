/* Purpose: conversions of plain values.
 * Invariant: a text is converted whole or not at all, and independently of the locale.
 */
#include "adapters/engine/transform.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/engine/transform_time.h"
#include "schemas/base/text.h"
#include "schemas/catalog/json.h"

const char *const sb_as_names[] = {
    "int", "number", "text", "date", "datetime", "bool", NULL};
const char *const sb_part_names[] = {"anio", "mes", "dia", "hora", "minuto", NULL};

#define EXACT 9007199254740992.0 /* 2^53: every integer up to it is a double */

static bool is_integral(double d)
{
    return d >= -EXACT && d <= EXACT && floor(d) == d;
}

int sb_transform_cell(const struct sb_cell *cell,
                      struct sb_arena *arena,
                      struct sb_value *out)
{
    *out = (struct sb_value){.type = SB_NIL};
    switch (cell->type) {
    case SB_CELL_INT:
        *out = sb_value_int(cell->i);
        break;
    case SB_CELL_REAL:
        if (!isfinite(cell->d))
            return SB_E_CONVERSION;
        if (is_integral(cell->d))
            *out = sb_value_int((int64_t)cell->d);
        else
            *out = (struct sb_value){.type = SB_DOUBLE, .as.d = cell->d};
        break;
    case SB_CELL_TEXT:
        if (!sb_text_valid(cell->s))
            return SB_E_UTF8;
        *out = sb_value_text(sb_arena_dup(arena, cell->s));
        if (!out->as.s.p)
            return SB_E_MEMORY;
        break;
    case SB_CELL_NULL:
        break;
    }
    return 0;
}

int sb_transform_text(const struct sb_value *in,
                      struct sb_arena *arena,
                      struct sb_bytes *out)
{
    char *number = NULL;
    if (in->type == SB_STR) {
        *out = in->as.s;
        return 0;
    }
    if (in->type == SB_INT) {
        number = sb_arena_str(arena, "%" PRId64, in->as.i);
        *out = number ? sb_bytes_str(number) : (struct sb_bytes){0};
        return number ? 0 : SB_E_MEMORY;
    }
    if (in->type != SB_DOUBLE)
        return SB_E_CONVERSION;
    struct sb_buf text = {0};
    int rc = sb_value_to_json(in, 0, &text, NULL);
    if (rc == 0)
        *out = sb_arena_dup(arena, sb_buf_bytes(&text));
    sb_buf_free(&text);
    return rc ? rc : out->p ? 0 : SB_E_MEMORY;
}

static size_t digits_at(struct sb_bytes s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
        n++;
    return n;
}

static int text_to_int(struct sb_bytes s, int64_t *out)
{
    size_t sign = s.n && s.p[0] == '-';
    size_t n = digits_at(s, sign);
    char copy[64];
    if (n == 0 || sign + n != s.n || s.n >= sizeof copy)
        return SB_E_CONVERSION;
    memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    errno = 0;
    long long v = strtoll(copy, NULL, 10);
    if (errno)
        return SB_E_CONVERSION;
    *out = v;
    return 0;
}

static int to_int(const struct sb_value *in, struct sb_value *out)
{
    int64_t v = 0;
    if (in->type == SB_INT)
        v = in->as.i;
    else if (in->type != SB_STR || text_to_int(in->as.s, &v) != 0)
        return SB_E_CONVERSION;
    *out = sb_value_int(v);
    return 0;
}

/* -?digits[.digits][e[+-]digits]: written without the zeros that JSON refuses. */
static int
text_to_number(struct sb_bytes s, struct sb_arena *arena, struct sb_value *out)
{
    size_t sign = s.n && s.p[0] == '-';
    size_t whole = digits_at(s, sign);
    size_t zeros = 0;
    while (zeros + 1 < whole && s.p[sign + zeros] == '0')
        zeros++;
    if (whole == 0)
        return SB_E_CONVERSION;
    struct sb_buf json = {.limit = 512};
    if (sign)
        sb_buf_byte(&json, '-');
    sb_buf_put(&json, s.p + sign + zeros, s.n - sign - zeros);
    int rc = json.failed == SB_E_LIMIT ? SB_E_CONVERSION : json.failed;
    struct sb_value v = {0};
    bool spaced = json.n && (json.p[json.n - 1] < '0' || json.p[json.n - 1] > '9');
    if (rc == 0 && spaced)
        rc = SB_E_CONVERSION;
    if (rc == 0)
        rc = sb_json_to_value(sb_buf_bytes(&json), arena, &v, NULL);
    sb_buf_free(&json);
    if (rc)
        return rc == SB_E_MEMORY ? rc : SB_E_CONVERSION;
    if (v.type == SB_DOUBLE && is_integral(v.as.d))
        v = sb_value_int((int64_t)v.as.d);
    *out = v;
    return v.type == SB_INT || v.type == SB_DOUBLE ? 0 : SB_E_CONVERSION;
}

static int
to_number(const struct sb_value *in, struct sb_arena *arena, struct sb_value *out)
{
    if (in->type == SB_STR)
        return text_to_number(in->as.s, arena, out);
    if (in->type != SB_INT && in->type != SB_DOUBLE)
        return SB_E_CONVERSION;
    *out = *in;
    return 0;
}

static int to_bool(const struct sb_value *in, struct sb_value *out)
{
    bool yes = (in->type == SB_INT && in->as.i == 1) ||
               (in->type == SB_STR &&
                (sb_bytes_is(in->as.s, "1") || sb_bytes_is(in->as.s, "true")));
    bool no = (in->type == SB_INT && in->as.i == 0) ||
              (in->type == SB_STR &&
               (sb_bytes_is(in->as.s, "0") || sb_bytes_is(in->as.s, "false")));
    if (!yes && !no)
        return SB_E_CONVERSION;
    *out = (struct sb_value){.type = SB_BOOL, .as.b = yes};
    return 0;
}

int sb_transform_as(enum sb_as as,
                    const struct sb_value *in,
                    struct sb_arena *arena,
                    struct sb_value *out)
{
    struct sb_bytes text = {0};
    int rc = 0;
    switch (as) {
    case SB_AS_INT:
        return to_int(in, out);
    case SB_AS_NUMBER:
        return to_number(in, arena, out);
    case SB_AS_TEXT:
        rc = sb_transform_text(in, arena, &text);
        if (rc == 0)
            *out = sb_value_text(text);
        return rc;
    case SB_AS_DATE:
        return sb_transform_date(in, out);
    case SB_AS_DATETIME:
        return sb_transform_datetime(in, arena, out);
    case SB_AS_BOOL:
        return to_bool(in, out);
    case SB_AS_IS:
        break;
    }
    *out = *in;
    return 0;
}

int sb_transform_pad(size_t width,
                     const struct sb_value *in,
                     struct sb_arena *arena,
                     struct sb_value *out)
{
    struct sb_bytes text = {0};
    int rc = sb_transform_text(in, arena, &text);
    if (rc)
        return rc;
    if (text.n == 0 || digits_at(text, 0) != text.n)
        return SB_E_CONVERSION;
    if (text.n >= width) {
        *out = sb_value_text(text);
        return 0;
    }
    uint8_t *padded = sb_arena_alloc(arena, width + 1, 1);
    if (!padded)
        return SB_E_MEMORY;
    memset(padded, '0', width - text.n);
    memcpy(padded + width - text.n, text.p, text.n);
    *out = sb_value_text(sb_bytes(padded, width));
    return 0;
}
