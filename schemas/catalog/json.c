/* Purpose: JSON text to a value tree, by jansson.
 * Invariant: maps come out sorted and unique, integral doubles in int64's range as
 * integers. Jansson refuses integers beyond int64, so those get an exponent first. */
#include "schemas/catalog/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct reader {
    struct sb_arena *arena;
    struct sb_err *err;
};

static bool in_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

/* Whether a run of number characters is an integer that int64 does not hold. */
static bool too_big(struct sb_bytes run)
{
    size_t digits = 0;
    char text[24];
    for (size_t i = 0; i < run.n; i++) {
        if (run.p[i] == '.' || run.p[i] == 'e' || run.p[i] == 'E')
            return false;
        digits += run.p[i] >= '0' && run.p[i] <= '9';
    }
    if (digits < 19 || run.n >= sizeof text)
        return digits >= 19;
    memcpy(text, run.p, run.n);
    text[run.n] = '\0';
    errno = 0;
    (void)strtoll(text, NULL, 10);
    return errno == ERANGE;
}

/* The end of the string that opens at `i`, or the end of the text. */
static size_t skip_string(struct sb_bytes in, size_t i)
{
    for (i++; i < in.n && in.p[i] != '"'; i++)
        if (in.p[i] == '\\' && i + 1 < in.n)
            i++;
    return i < in.n ? i + 1 : in.n;
}

/* Copies the text, marking integers beyond int64 as real numbers. */
static void mark_big(struct sb_bytes in, struct sb_buf *out)
{
    size_t i = 0;
    while (i < in.n) {
        size_t start = i;
        if (in.p[i] == '"') {
            i = skip_string(in, i);
            sb_buf_put(out, in.p + start, i - start);
            continue;
        }
        while (i < in.n && in_number(in.p[i]))
            i++;
        if (i == start)
            i++;
        sb_buf_put(out, in.p + start, i - start);
        if (too_big(sb_bytes(in.p + start, i - start)))
            sb_buf_str(out, "e0");
    }
}

static bool has_big(struct sb_bytes in)
{
    size_t run = 0;
    for (size_t i = 0; i < in.n; i++) {
        run = in.p[i] >= '0' && in.p[i] <= '9' ? run + 1 : 0;
        if (run >= 19)
            return true;
    }
    return false;
}

static int convert(struct reader *r, json_t *j, struct sb_value *out, unsigned depth);

static int compare_pairs(const void *a, const void *b)
{
    const struct sb_pair *x = a;
    const struct sb_pair *y = b;
    return sb_bytes_cmp(x->key, y->key);
}

static int
convert_map(struct reader *r, json_t *j, struct sb_value *out, unsigned depth)
{
    size_t n = json_object_size(j);
    struct sb_pair *pairs = sb_arena_alloc(r->arena, n ? n : 1, sizeof *pairs);
    size_t i = 0;
    if (!pairs)
        return sb_fail(r->err, SB_E_MEMORY, "out of memory while reading JSON");
    for (void *it = json_object_iter(j); it && i < n;
         it = json_object_iter_next(j, it)) {
        struct sb_bytes key = sb_bytes_str(json_object_iter_key(it));
        pairs[i].key = sb_arena_dup(r->arena, key);
        if (!pairs[i].key.p)
            return sb_fail(r->err, SB_E_MEMORY, "out of memory while reading JSON");
        int rc = convert(r, json_object_iter_value(it), &pairs[i].value, depth);
        if (rc != 0)
            return rc;
        i++;
    }
    if (n > 1)
        qsort(pairs, n, sizeof *pairs, compare_pairs);
    *out = (struct sb_value){.type = SB_MAP, .as.m = {pairs, n}};
    return 0;
}

static int
convert_array(struct reader *r, json_t *j, struct sb_value *out, unsigned depth)
{
    size_t n = json_array_size(j);
    size_t room = 1; /* sb_value_push counts on powers of two */
    while (room < n)
        room *= 2;
    struct sb_value *items = sb_arena_alloc(r->arena, room, sizeof *items);
    if (!items)
        return sb_fail(r->err, SB_E_MEMORY, "out of memory while reading JSON");
    for (size_t i = 0; i < n; i++) {
        int rc = convert(r, json_array_get(j, i), &items[i], depth);
        if (rc != 0)
            return rc;
    }
    *out = (struct sb_value){.type = SB_ARRAY, .as.a = {items, n}};
    return 0;
}

static struct sb_value from_double(double d)
{
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == trunc(d))
        return sb_value_int((int64_t)d);
    return (struct sb_value){.type = SB_DOUBLE, .as.d = d};
}

static int convert_text(struct reader *r, json_t *j, struct sb_value *out)
{
    struct sb_bytes s = sb_bytes(json_string_value(j), json_string_length(j));
    *out = sb_value_text(sb_arena_dup(r->arena, s));
    return out->as.s.p
               ? 0
               : sb_fail(r->err, SB_E_MEMORY, "out of memory while reading JSON");
}

static int convert(struct reader *r, json_t *j, struct sb_value *out, unsigned depth)
{
    if (json_is_object(j) || json_is_array(j)) {
        if (depth == SB_JSON_DEPTH)
            return sb_fail(
                r->err, SB_E_DEPTH, "JSON nested deeper than %u levels", SB_JSON_DEPTH);
        return json_is_object(j) ? convert_map(r, j, out, depth + 1)
                                 : convert_array(r, j, out, depth + 1);
    }
    if (json_is_string(j))
        return convert_text(r, j, out);
    if (json_is_integer(j))
        *out = sb_value_int(json_integer_value(j));
    else if (json_is_real(j))
        *out = from_double(json_real_value(j));
    else if (json_is_boolean(j))
        *out = (struct sb_value){.type = SB_BOOL, .as.b = json_is_true(j)};
    else
        *out = (struct sb_value){.type = SB_NIL};
    return 0;
}

int sb_json_to_value(struct sb_bytes text,
                     struct sb_arena *arena,
                     struct sb_value *out,
                     struct sb_err *err)
{
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    struct sb_buf marked = {0};
    json_error_t why;
    if (has_big(text)) {
        mark_big(text, &marked);
        int rc = sb_buf_check(&marked, err);
        if (rc != 0) {
            sb_buf_free(&marked);
            return rc;
        }
        text = sb_buf_bytes(&marked);
    }
    errno = 0;
    json_t *j = json_loadb(text.n ? (const char *)text.p : "", text.n, flags, &why);
    sb_buf_free(&marked);
    if (!j && errno == ENOMEM) /* which jansson calls bad syntax */
        return sb_fail(err, SB_E_MEMORY, "out of memory for JSON");
    if (!j)
        return sb_fail(err,
                       SB_E_SCHEMA_JSON,
                       "line %d, column %d: %s",
                       why.line,
                       why.column,
                       why.text);
    struct reader r = {arena, err};
    struct sb_value v = {.type = SB_NIL};
    int rc = convert(&r, j, &v, 0);
    json_decref(j);
    if (rc == 0)
        *out = v;
    return rc;
}
