/* Purpose: the calls of the output, each to its back end.
 * Invariant: in JSON exactly one document is written, at the end; calls never fail, the
 * first failure is told by sb_out_finish. */
#include "broker/cli/output_back.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "schemas/base/text.h"

struct sb_out *
sb_out_new(FILE *stream, enum sb_out_format format, bool quiet, enum sb_lang lang)
{
    struct sb_out *out = calloc(1, sizeof *out);
    if (!out)
        return NULL;
    out->stream = stream;
    out->format = format;
    out->quiet = quiet;
    out->lang = lang;
    out->text.arena = sb_arena_new(0);
    if (!out->text.arena || (format == SB_OUT_JSON && !sb_out_json_start(out))) {
        sb_out_free(out);
        return NULL;
    }
    return out;
}

void sb_out_free(struct sb_out *out)
{
    if (!out)
        return;
    sb_out_json_free(out);
    sb_arena_free(out->text.arena);
    free(out->text.pairs);
    free(out->text.cells);
    free(out);
}

void sb_out_translate(struct sb_out *out, const struct sb_tr_row *table)
{
    out->rows = table;
}

enum sb_out_format sb_out_format(const struct sb_out *out)
{
    return out->format;
}

void sb_out_broken(struct sb_out *out, int code)
{
    if (out->failed == 0)
        out->failed = code;
}

const char *sb_out_word(const struct sb_out *out, const char *en)
{
    return sb_tr_find(out->lang, out->rows, en);
}

void sb_out_clean(struct sb_buf *to, struct sb_bytes v, bool controls)
{
    for (size_t i = 0; i < v.n;) {
        const uint8_t *p = v.p + i;
        size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
        bool whole = n <= v.n - i && sb_text_valid(sb_bytes(p, n));
        bool control = whole && controls &&
                       (p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0));
        if (whole && !control) {
            sb_buf_put(to, p, n);
            i += n;
        } else {
            sb_buf_printf(to, "\\x%02x", (unsigned)p[0]);
            i++;
        }
    }
}

static void
put(struct sb_out *out, const char *key, const char *label, struct sb_out_cell v)
{
    if (out->format == SB_OUT_JSON && key)
        sb_out_json_value(out, key, &v);
    else if (out->format == SB_OUT_TEXT && label && !out->quiet)
        sb_out_text_value(out, sb_out_word(out, label), &v);
}

static struct sb_out_cell string_cell(struct sb_bytes v)
{
    return (struct sb_out_cell){.kind = SB_OUT_STRING, .text = v};
}

static struct sb_out_cell text_cell(const char *v)
{
    return v ? string_cell(sb_bytes_str(v)) : (struct sb_out_cell){.kind = SB_OUT_NULL};
}

static struct sb_out_cell number_cell(enum sb_out_kind kind, int64_t v)
{
    return (struct sb_out_cell){.kind = kind, .number = v};
}

void sb_out_text(struct sb_out *out, const char *key, const char *label, const char *v)
{
    put(out, key, label, text_cell(v));
}

void sb_out_bytes(struct sb_out *out,
                  const char *key,
                  const char *label,
                  struct sb_bytes v)
{
    put(out, key, label, string_cell(v));
}

void sb_out_int(struct sb_out *out, const char *key, const char *label, int64_t v)
{
    put(out, key, label, number_cell(SB_OUT_NUMBER, v));
}

void sb_out_bool(struct sb_out *out, const char *key, const char *label, bool v)
{
    put(out, key, label, number_cell(SB_OUT_TRUTH, v));
}

void sb_out_time(struct sb_out *out, const char *key, const char *label, uint64_t ms)
{
    char text[32];
    sb_text_time(text, ms);
    put(out, key, label, text_cell(text));
}

void sb_out_json(struct sb_out *out, const char *key, struct sb_bytes json)
{
    if (out->format == SB_OUT_JSON)
        sb_out_json_raw(out, key, json);
}

static void
open_object(struct sb_out *out, const char *key, const char *title, bool item)
{
    assert(!out->columns && "a table is open");
    if (out->format == SB_OUT_JSON)
        sb_out_json_open(out, key, item);
    else if (!out->quiet)
        sb_out_text_open(out, title ? sb_out_word(out, title) : NULL);
}

void sb_out_section(struct sb_out *out, const char *key, const char *title)
{
    open_object(out, key, title, false);
}

void sb_out_item(struct sb_out *out, const char *key, const char *title)
{
    open_object(out, key, title, true);
}

void sb_out_table(struct sb_out *out,
                  const char *key,
                  const struct sb_out_column *columns,
                  size_t n)
{
    assert(!out->columns && n > 0);
    out->columns = columns;
    out->n_columns = n;
    out->column = 0;
    if (out->format == SB_OUT_JSON)
        sb_out_json_table(out, key);
    else
        sb_out_text_flush(out);
}

static void cell(struct sb_out *out, struct sb_out_cell v)
{
    assert(out->columns && "no table is open");
    if (out->format == SB_OUT_JSON)
        sb_out_json_cell(out, &v);
    else if (!out->quiet)
        sb_out_text_cell(out, &v);
    out->column = (out->column + 1) % out->n_columns;
}

void sb_out_cell_text(struct sb_out *out, const char *v)
{
    cell(out, text_cell(v));
}

void sb_out_cell_bytes(struct sb_out *out, struct sb_bytes v)
{
    cell(out, string_cell(v));
}

void sb_out_cell_int(struct sb_out *out, int64_t v)
{
    cell(out, number_cell(SB_OUT_NUMBER, v));
}

void sb_out_cell_bool(struct sb_out *out, bool v)
{
    cell(out, number_cell(SB_OUT_TRUTH, v));
}

void sb_out_cell_time(struct sb_out *out, uint64_t ms)
{
    char text[32];
    sb_text_time(text, ms);
    cell(out, text_cell(text));
}

void sb_out_end(struct sb_out *out)
{
    bool table = out->columns != NULL;
    assert(out->column == 0 && "a row is not whole");
    if (out->format == SB_OUT_JSON)
        sb_out_json_close(out);
    else if (table && !out->quiet)
        sb_out_text_table_end(out);
    else if (!out->quiet)
        sb_out_text_close(out);
    out->columns = NULL;
}

void sb_out_line(struct sb_out *out, struct sb_bytes line)
{
    sb_out_text_flush(out);
    out->streamed = true;
    if ((line.n > 0 && fwrite(line.p, 1, line.n, out->stream) != line.n) ||
        putc('\n', out->stream) == EOF || fflush(out->stream) != 0)
        sb_out_broken(out, SB_E_IO);
}

int sb_out_finish(struct sb_out *out, struct sb_err *err)
{
    if (out->format == SB_OUT_TEXT)
        sb_out_text_flush(out);
    else if (!out->finished)
        sb_out_json_finish(out);
    out->finished = true;
    if (fflush(out->stream) != 0 || ferror(out->stream))
        sb_out_broken(out, SB_E_IO);
    if (out->failed == SB_E_IO)
        return sb_fail(err, SB_E_IO, "the output cannot be written");
    if (out->failed != 0)
        return sb_fail(err, out->failed, "the output could not be made");
    return 0;
}
