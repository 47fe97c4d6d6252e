/* Purpose: the output as one JSON document.
 * Invariant: always valid UTF-8; what is not is shown escaped, never dropped. */
#include "broker/cli/output_back.h"

#include <assert.h>
#include <jansson.h>

bool sb_out_json_start(struct sb_out *out)
{
    out->json.stack[0] = json_object();
    return out->json.stack[0] != NULL;
}

static json_t *top(struct sb_out *out)
{
    return out->json.stack[out->json.depth];
}

static json_t *string(struct sb_bytes v)
{
    struct sb_buf clean = {0};
    sb_out_clean(&clean, v, false);
    json_t *s = clean.failed
                    ? NULL
                    : json_stringn(clean.p ? (const char *)clean.p : "", clean.n);
    sb_buf_free(&clean);
    return s;
}

static json_t *value(const struct sb_out_cell *v)
{
    switch (v->kind) {
    case SB_OUT_STRING:
        return string(v->text);
    case SB_OUT_NUMBER:
        return json_integer(v->number);
    case SB_OUT_TRUTH:
        return json_boolean(v->number);
    case SB_OUT_NULL:
        break;
    }
    return json_null();
}

/* Takes `v`, also when it is NULL or fails. */
static void set(struct sb_out *out, json_t *object, const char *key, json_t *v)
{
    if (!v || json_object_set_new(object, key, v) != 0)
        sb_out_broken(out, SB_E_MEMORY);
}

/* The array `key` of `object`, made when absent. */
static json_t *array_of(struct sb_out *out, json_t *object, const char *key)
{
    json_t *array = json_object_get(object, key);
    if (array)
        return array;
    set(out, object, key, json_array());
    return json_object_get(object, key);
}

void sb_out_json_value(struct sb_out *out, const char *key, const struct sb_out_cell *v)
{
    set(out, top(out), key, value(v));
}

void sb_out_json_raw(struct sb_out *out, const char *key, struct sb_bytes json)
{
    json_error_t why;
    json_t *v = json_loadb((const char *)json.p,
                           json.n,
                           JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                           &why);
    if (v)
        set(out, top(out), key, v);
    else
        sb_out_broken(out, SB_E_INTERNAL);
}

void sb_out_json_open(struct sb_out *out, const char *key, bool item)
{
    assert(out->json.depth < SB_OUT_DEPTH);
    json_t *object = NULL;
    if (!key) { /* only a heading of the text: its values stand where they are */
        object = top(out);
    } else if (item) {
        json_t *array = array_of(out, top(out), key);
        object = json_object();
        if (!array || !object || json_array_append_new(array, object) != 0)
            object = NULL;
    } else {
        set(out, top(out), key, json_object());
        object = json_object_get(top(out), key);
    }
    if (!object)
        sb_out_broken(out, SB_E_MEMORY);
    out->json.stack[++out->json.depth] = object;
}

void sb_out_json_table(struct sb_out *out, const char *key)
{
    out->json.rows = key ? array_of(out, top(out), key) : NULL;
}

void sb_out_json_cell(struct sb_out *out, const struct sb_out_cell *v)
{
    if (!out->json.rows)
        return;
    if (out->column == 0) {
        out->json.row = json_object();
        if (!out->json.row || json_array_append_new(out->json.rows, out->json.row) != 0)
            out->json.row = NULL;
    }
    const char *key = out->columns[out->column].key;
    if (!out->json.row)
        sb_out_broken(out, SB_E_MEMORY);
    else if (key)
        set(out, out->json.row, key, value(v));
}

void sb_out_json_close(struct sb_out *out)
{
    if (out->columns) {
        out->json.rows = NULL;
        out->json.row = NULL;
        return;
    }
    assert(out->json.depth > 0 && "nothing is open");
    out->json.depth--;
}

void sb_out_json_entry(struct sb_out *out,
                       const char *key,
                       bool single,
                       const char *const *pairs)
{
    json_t *root = out->json.stack[0];
    json_t *entry = NULL;
    if (!pairs[0]) {
        entry = string(sb_bytes_str(pairs[1]));
    } else {
        entry = json_object();
        for (size_t i = 0; entry && pairs[i]; i += 2)
            if (pairs[i + 1])
                set(out, entry, pairs[i], string(sb_bytes_str(pairs[i + 1])));
    }
    if (single) {
        set(out, root, key, entry);
        return;
    }
    json_t *array = array_of(out, root, key);
    if (!array || !entry || json_array_append_new(array, entry) != 0)
        sb_out_broken(out, SB_E_MEMORY);
}

void sb_out_json_finish(struct sb_out *out)
{
    json_t *root = out->json.stack[0];
    if (out->streamed && json_object_size(root) == 0)
        return;
    size_t flags = out->streamed ? JSON_COMPACT : JSON_INDENT(2);
    if (json_dumpf(root, out->stream, flags) != 0 || putc('\n', out->stream) == EOF)
        sb_out_broken(out, SB_E_IO);
}

void sb_out_json_free(struct sb_out *out)
{
    json_decref(out->json.stack[0]);
}
