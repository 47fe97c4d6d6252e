/* Purpose: a value tree to JSON text.
 * Invariant: what is written reads back as an equal value. */
#include "schemas/catalog/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/text.h"

struct writer {
    struct sb_buf *out;
    unsigned indent;
};

static void put_text(struct sb_buf *out, struct sb_bytes s)
{
    sb_buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '"' || c == '\\') {
            sb_buf_byte(out, '\\');
            sb_buf_byte(out, c);
        } else if (c == '\n') {
            sb_buf_str(out, "\\n");
        } else if (c < 0x20 || c == 0x7f) {
            sb_buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            sb_buf_byte(out, c);
        }
    }
    sb_buf_byte(out, '"');
}

static void put_double(struct sb_buf *out, double d)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    char *comma = strchr(text, ','); /* the point of some locales */
    if (comma)
        *comma = '.';
    sb_buf_str(out, text);
}

static void put_break(const struct writer *w, unsigned depth)
{
    if (w->indent == 0)
        return;
    sb_buf_byte(w->out, '\n');
    for (unsigned i = 0; i < depth * w->indent; i++)
        sb_buf_byte(w->out, ' ');
}

static int put(const struct writer *w, const struct sb_value *v, unsigned depth);

static int put_map(const struct writer *w, const struct sb_value *v, unsigned depth)
{
    sb_buf_byte(w->out, '{');
    for (size_t i = 0; i < v->as.m.n; i++) {
        if (i)
            sb_buf_byte(w->out, ',');
        put_break(w, depth + 1);
        if (!sb_text_valid(v->as.m.pairs[i].key))
            return SB_E_UTF8;
        put_text(w->out, v->as.m.pairs[i].key);
        sb_buf_str(w->out, w->indent ? ": " : ":");
        int rc = put(w, &v->as.m.pairs[i].value, depth + 1);
        if (rc != 0)
            return rc;
    }
    if (v->as.m.n)
        put_break(w, depth);
    sb_buf_byte(w->out, '}');
    return 0;
}

static int put_array(const struct writer *w, const struct sb_value *v, unsigned depth)
{
    sb_buf_byte(w->out, '[');
    for (size_t i = 0; i < v->as.a.n; i++) {
        if (i)
            sb_buf_byte(w->out, ',');
        put_break(w, depth + 1);
        int rc = put(w, &v->as.a.items[i], depth + 1);
        if (rc != 0)
            return rc;
    }
    if (v->as.a.n)
        put_break(w, depth);
    sb_buf_byte(w->out, ']');
    return 0;
}

static int put(const struct writer *w, const struct sb_value *v, unsigned depth)
{
    if (depth > SB_JSON_DEPTH)
        return SB_E_DEPTH;
    switch (v->type) {
    case SB_NIL:
        sb_buf_str(w->out, "null");
        return 0;
    case SB_BOOL:
        sb_buf_str(w->out, v->as.b ? "true" : "false");
        return 0;
    case SB_INT:
        sb_buf_printf(w->out, "%" PRId64, v->as.i);
        return 0;
    case SB_DOUBLE:
        if (!isfinite(v->as.d))
            return SB_E_RANGE;
        put_double(w->out, v->as.d);
        return 0;
    case SB_STR:
        if (!sb_text_valid(v->as.s))
            return SB_E_UTF8;
        put_text(w->out, v->as.s);
        return 0;
    case SB_ARRAY:
        return put_array(w, v, depth);
    case SB_MAP:
        return put_map(w, v, depth);
    }
    return SB_E_TYPE;
}

int sb_value_to_json(const struct sb_value *v,
                     unsigned indent,
                     struct sb_buf *out,
                     struct sb_err *err)
{
    struct writer w = {out, indent};
    int rc = put(&w, v, 0);
    if (rc != 0)
        return sb_fail(err, rc, "no JSON for this value: %s", sb_code_name(rc));
    return sb_buf_check(out, err);
}
