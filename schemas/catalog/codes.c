/* Purpose: code lists and crosswalks in memory.
 * Invariant: rows are sorted by code or folded key, so that a search is binary. */
#include "schemas/catalog/codes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/text.h"
#include "schemas/catalog/format.h"
#include "schemas/catalog/table.h"

struct sb_code_list {
    struct sb_code_row *rows;
    size_t n;
};

struct way {
    struct sb_bytes key; /* folded inputs, a line feed between them */
    struct sb_bytes to;
    bool ambiguous;
};

struct sb_crosswalk {
    struct way *ways;
    size_t n;
    size_t inputs;
};

static int compare_first(const void *a, const void *b)
{
    return sb_bytes_cmp(*(const struct sb_bytes *)a, *(const struct sb_bytes *)b);
}

static int find_columns(const struct table *t,
                        const char *const *names,
                        size_t n,
                        size_t *columns,
                        struct sb_err *err)
{
    for (size_t i = 0; i < n; i++) {
        columns[i] = sb_table_column(t, names[i]);
        if (columns[i] == t->columns)
            return sb_fail(
                err, SB_E_CODE_LIST, "%s:1: no column \"%s\"", t->name, names[i]);
    }
    return 0;
}

static int read_code(const struct table *t,
                     size_t i,
                     const size_t *columns,
                     struct sb_code_row *row,
                     struct sb_err *err)
{
    struct sb_bytes c[6];
    for (size_t j = 0; j < 6; j++)
        c[j] = sb_table_cell(t, i, columns[j]);
    *row = (struct sb_code_row){c[0], c[1], c[2], c[3], c[4], c[5]};
    const char *why = NULL;
    if (row->code.n == 0)
        why = "the code is empty";
    else if ((row->from.n && !sb_format_date(row->from)) ||
             (row->until.n && !sb_format_date(row->until)))
        why = "desde and hasta are dates (2026-11-23) or empty";
    if (why)
        return sb_fail(err, SB_E_CODE_LIST, "%s:%zu: %s", t->name, t->lines[i], why);
    return 0;
}

int sb_code_list_read(struct sb_code_list **out,
                      const char *name,
                      struct sb_bytes csv,
                      struct sb_arena *arena,
                      struct sb_err *err)
{
    static const char *const names[] = {
        "codigo", "nombre", "desde", "hasta", "fuente", "edicion"};
    struct table t;
    size_t columns[6];
    int rc = sb_table_read(&t, name, csv, arena, err);
    if (rc == 0)
        rc = find_columns(&t, names, 6, columns, err);
    if (rc != 0)
        return rc;
    struct sb_code_list *c = sb_arena_alloc(arena, 1, sizeof *c);
    struct sb_code_row *rows = sb_arena_alloc(arena, t.rows + 1, sizeof *rows);
    if (!c || !rows)
        return sb_fail(err, SB_E_MEMORY, "%s: out of memory", name);
    for (size_t i = 0; rc == 0 && i < t.rows; i++)
        rc = read_code(&t, i, columns, &rows[i], err);
    if (rc != 0)
        return rc;
    if (t.rows)
        qsort(rows, t.rows, sizeof *rows, compare_first);
    for (size_t i = 1; i < t.rows; i++)
        if (sb_bytes_eq(rows[i - 1].code, rows[i].code))
            return sb_fail(err,
                           SB_E_CODE_LIST,
                           "%s: the code \"%.*s\" stands there twice",
                           name,
                           SB_FMT(rows[i].code));
    *c = (struct sb_code_list){rows, t.rows};
    *out = c;
    return 0;
}

size_t sb_code_list_count(const struct sb_code_list *c)
{
    return c->n;
}

const struct sb_code_row *sb_code_list_row(const struct sb_code_list *c, size_t i)
{
    return &c->rows[i];
}

const struct sb_code_row *sb_code_list_find(const struct sb_code_list *c,
                                            struct sb_bytes code)
{
    return c->n ? bsearch(&code, c->rows, c->n, sizeof *c->rows, compare_first) : NULL;
}

bool sb_code_list_has(const struct sb_code_list *c, const struct sb_value *v)
{
    char text[24];
    if (v->type == SB_STR)
        return sb_code_list_find(c, v->as.s) != NULL;
    if (v->type != SB_INT)
        return false;
    snprintf(text, sizeof text, "%" PRId64, v->as.i);
    return sb_code_list_find(c, sb_bytes_str(text)) != NULL;
}

static int
fold_inputs(const struct sb_bytes *in, size_t n, struct sb_buf *out, struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct sb_buf one = {0};
        rc = sb_text_fold_name(in[i], &one, err);
        if (i)
            sb_buf_byte(out, '\n');
        sb_buf_put(out, one.p, one.n);
        sb_buf_free(&one);
    }
    return rc ? rc : sb_buf_check(out, err);
}

static int read_way(const struct table *t,
                    size_t i,
                    const size_t *columns,
                    size_t inputs,
                    struct sb_arena *arena,
                    struct way *way)
{
    struct sb_bytes in[SB_CROSSWALK_INPUTS];
    struct sb_buf key = {0};
    for (size_t j = 0; j < inputs; j++)
        in[j] = sb_table_cell(t, i, columns[j]);
    int rc = fold_inputs(in, inputs, &key, NULL);
    way->to = sb_table_cell(t, i, columns[inputs]);
    way->key = sb_arena_dup(arena, sb_buf_bytes(&key));
    sb_buf_free(&key);
    return rc ? rc : way->key.p ? 0 : SB_E_MEMORY;
}

/* The de_ columns in their order, then `a`; how many inputs, or 0. */
static size_t way_columns(const struct table *t, size_t *columns)
{
    size_t n = 0;
    for (size_t i = 0; i < t->columns; i++) {
        if (t->header[i].n < 3 || memcmp(t->header[i].p, "de_", 3) != 0)
            continue;
        if (n == SB_CROSSWALK_INPUTS)
            return 0;
        columns[n++] = i;
    }
    columns[n] = sb_table_column(t, "a");
    bool fine = columns[n] < t->columns && sb_table_column(t, "fuente") < t->columns &&
                sb_table_column(t, "edicion") < t->columns;
    return fine ? n : 0;
}

/* One way per key; the same key to elsewhere makes it ambiguous. */
static size_t merge_ways(struct way *ways, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (to > 0 && sb_bytes_eq(ways[to - 1].key, ways[i].key)) {
            if (!sb_bytes_eq(ways[to - 1].to, ways[i].to))
                ways[to - 1].ambiguous = true;
            continue;
        }
        ways[to++] = ways[i];
    }
    return to;
}

int sb_crosswalk_read(struct sb_crosswalk **out,
                      const char *name,
                      struct sb_bytes csv,
                      struct sb_arena *arena,
                      struct sb_err *err)
{
    struct table t;
    size_t columns[SB_CROSSWALK_INPUTS + 1];
    int rc = sb_table_read(&t, name, csv, arena, err);
    if (rc != 0)
        return rc;
    size_t inputs = way_columns(&t, columns);
    if (inputs == 0)
        return sb_fail(err,
                       SB_E_CODE_LIST,
                       "%s:1: the columns must be one to four de_..., a, fuente, "
                       "edicion",
                       name);
    struct sb_crosswalk *x = sb_arena_alloc(arena, 1, sizeof *x);
    struct way *ways = sb_arena_alloc(arena, t.rows + 1, sizeof *ways);
    if (!x || !ways)
        return sb_fail(err, SB_E_MEMORY, "%s: out of memory", name);
    for (size_t i = 0; i < t.rows; i++) {
        rc = read_way(&t, i, columns, inputs, arena, &ways[i]);
        if (rc != 0)
            return sb_fail(err, rc, "%s:%zu: the row cannot be read", name, t.lines[i]);
    }
    if (t.rows)
        qsort(ways, t.rows, sizeof *ways, compare_first);
    *x = (struct sb_crosswalk){ways, merge_ways(ways, t.rows), inputs};
    *out = x;
    return 0;
}

size_t sb_crosswalk_inputs(const struct sb_crosswalk *x)
{
    return x->inputs;
}

int sb_crosswalk_find(const struct sb_crosswalk *x,
                      const struct sb_bytes *inputs,
                      size_t n,
                      struct sb_bytes *out,
                      struct sb_err *err)
{
    struct sb_buf text = {0};
    if (n != x->inputs)
        return sb_fail(err,
                       SB_E_ARGUMENT,
                       "the crosswalk takes %zu columns, %zu were given",
                       x->inputs,
                       n);
    int rc = fold_inputs(inputs, n, &text, err);
    struct sb_bytes key = sb_buf_bytes(&text);
    const struct way *way = NULL;
    if (rc == 0 && x->n)
        way = bsearch(&key, x->ways, x->n, sizeof *x->ways, compare_first);
    sb_buf_free(&text);
    if (rc != 0)
        return rc;
    if (!way)
        return sb_fail(err, SB_E_NO_MATCH, "the crosswalk has no such entry");
    if (way->ambiguous)
        return sb_fail(err, SB_E_AMBIGUOUS, "the crosswalk has several such entries");
    *out = way->to;
    return 0;
}
