/* Purpose: the output as aligned text.
 * Invariant: columns are aligned by their width on a terminal; no value can move the
 * cursor or start a line of its own. */
#include "broker/cli/output_back.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/base/text.h"

static size_t width(const char *text)
{
    return sb_text_width(sb_bytes_str(text));
}

void sb_out_group(char out[32], uint64_t v)
{
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, v);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void put_grouped(struct sb_buf *to, int64_t v)
{
    char text[32];
    sb_out_group(text, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        sb_buf_byte(to, '-');
    sb_buf_str(to, text);
}

/* The value as clean text that lives until the next flush; "" on failure. */
static const char *render(struct sb_out *out, const struct sb_out_cell *v)
{
    struct sb_buf text = {0};
    switch (v->kind) {
    case SB_OUT_NULL:
        sb_buf_byte(&text, '-');
        break;
    case SB_OUT_STRING:
        sb_out_clean(&text, v->text, true);
        break;
    case SB_OUT_NUMBER:
        put_grouped(&text, v->number);
        break;
    case SB_OUT_TRUTH:
        sb_buf_str(&text, sb_out_word(out, v->number ? "yes" : "no"));
        break;
    }
    struct sb_bytes kept = sb_arena_dup(out->text.arena, sb_buf_bytes(&text));
    if (text.failed || !kept.p)
        sb_out_broken(out, SB_E_MEMORY);
    sb_buf_free(&text);
    return kept.p ? (const char *)kept.p : "";
}

/* Room for one more of `size` bytes in a growing array; false when memory is out. */
static bool grow(struct sb_out *out, void **array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return true;
    size_t more = *room ? *room * 2 : 64;
    void *bigger = reallocarray(*array, more, size);
    if (!bigger) {
        sb_out_broken(out, SB_E_MEMORY);
        return false;
    }
    *array = bigger;
    *room = more;
    return true;
}

static void pad(struct sb_out *out, size_t n)
{
    fprintf(out->stream, "%*s", (int)n, "");
}

static void indent(struct sb_out *out)
{
    pad(out, out->text.depth);
    out->text.wrote = true;
}

void sb_out_text_flush(struct sb_out *out)
{
    struct sb_out_text_back *t = &out->text;
    size_t widest = 0;
    for (size_t i = 0; i < t->n_pairs; i++)
        widest = width(t->pairs[i].label) > widest ? width(t->pairs[i].label) : widest;
    for (size_t i = 0; i < t->n_pairs; i++) {
        indent(out);
        fputs(t->pairs[i].label, out->stream);
        pad(out, widest - width(t->pairs[i].label) + 2);
        fprintf(out->stream, "%s\n", t->pairs[i].value);
    }
    t->n_pairs = 0;
    if (t->n_cells == 0)
        sb_arena_reset(t->arena);
}

void sb_out_text_value(struct sb_out *out,
                       const char *label,
                       const struct sb_out_cell *v)
{
    struct sb_out_text_back *t = &out->text;
    void *array = t->pairs;
    if (!grow(out, &array, t->n_pairs, &t->room_pairs, sizeof *t->pairs))
        return;
    t->pairs = array;
    t->pairs[t->n_pairs++] = (struct sb_out_pair){label, render(out, v)};
}

void sb_out_text_line(struct sb_out *out, const char *line)
{
    sb_out_text_flush(out);
    indent(out);
    fprintf(out->stream, "%s\n", line);
}

void sb_out_text_open(struct sb_out *out, const char *title)
{
    sb_out_text_flush(out);
    if (title) {
        if (out->text.wrote && out->text.depth == 0)
            putc('\n', out->stream);
        indent(out);
        fprintf(out->stream, "%s\n", title);
    }
    out->text.depth++;
}

void sb_out_text_close(struct sb_out *out)
{
    sb_out_text_flush(out);
    if (out->text.depth > 0)
        out->text.depth--;
}

void sb_out_text_cell(struct sb_out *out, const struct sb_out_cell *v)
{
    struct sb_out_text_back *t = &out->text;
    void *array = t->cells;
    if (!grow(out, &array, t->n_cells, &t->room_cells, sizeof *t->cells))
        return;
    t->cells = array;
    t->cells[t->n_cells++] = render(out, v);
}

static void put_row(struct sb_out *out, const char *const *cells, const size_t *widths)
{
    indent(out);
    for (size_t c = 0; c < out->n_columns; c++) {
        size_t room = widths[c] - width(cells[c]);
        bool right = out->columns[c].right;
        bool last = c + 1 == out->n_columns;
        if (right)
            pad(out, room);
        fputs(cells[c], out->stream);
        if (!last)
            pad(out, (right ? 0 : room) + 2);
    }
    putc('\n', out->stream);
}

void sb_out_text_table_end(struct sb_out *out)
{
    struct sb_out_text_back *t = &out->text;
    size_t n = out->n_columns;
    const char **titles = calloc(n, sizeof *titles);
    size_t *widths = calloc(n, sizeof *widths);
    if (!titles || !widths) {
        sb_out_broken(out, SB_E_MEMORY);
        goto done;
    }
    for (size_t c = 0; c < n; c++) {
        titles[c] = sb_out_word(out, out->columns[c].title);
        widths[c] = width(titles[c]);
    }
    for (size_t i = 0; i < t->n_cells; i++)
        if (width(t->cells[i]) > widths[i % n])
            widths[i % n] = width(t->cells[i]);
    if (t->wrote)
        putc('\n', out->stream);
    put_row(out, titles, widths);
    for (size_t i = 0; i + n <= t->n_cells; i += n)
        put_row(out, t->cells + i, widths);
    if (t->n_cells == 0)
        fprintf(out->stream, "%*s%s\n", (int)t->depth, "", sb_out_word(out, "(none)"));
done:
    free(titles);
    free(widths);
    t->n_cells = 0;
    sb_arena_reset(t->arena);
}
