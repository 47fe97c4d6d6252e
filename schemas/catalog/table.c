/* Purpose: read a CSV file with libcsv into a table.
 * Invariant: every row has as many cells as the header. */
#include "schemas/catalog/table.h"

#include <csv.h>

#include "schemas/base/text.h"

struct reading {
    struct table *t;
    struct sb_arena *arena;
    size_t line;
    size_t room;   /* cells that fit */
    size_t filled; /* cells there are, the header's included */
    size_t first;  /* where the row at hand starts */
    const char *why;
};

static void take_cell(void *text, size_t n, void *context)
{
    struct reading *r = context;
    if (r->why)
        return;
    if (r->filled == r->room) {
        r->why = "more cells than the header has columns";
        return;
    }
    struct sb_bytes cell = sb_arena_dup(r->arena, sb_bytes(text, text ? n : 0));
    if (!cell.p)
        r->why = "out of memory";
    r->t->cells[r->filled++] = cell;
}

static void take_row(int end, void *context)
{
    struct reading *r = context;
    struct table *t = r->t;
    (void)end;
    size_t n = r->filled - r->first;
    if (r->why)
        return;
    if (t->columns == 0)
        t->columns = n;
    else if (n != t->columns)
        r->why = "the row has not as many cells as the header";
    else
        t->lines[t->rows++] = r->line;
    r->first = r->filled;
}

static size_t count(struct sb_bytes s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == (uint8_t)c;
    return n;
}

/* Feeds line by line, so that a message can name the line. */
static int feed(struct reading *r, struct sb_bytes csv)
{
    struct csv_parser parser;
    size_t at = 0;
    int memory = 0;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return SB_E_MEMORY;
    while (at < csv.n && !r->why) {
        const uint8_t *end = memchr(csv.p + at, '\n', csv.n - at);
        size_t n = end ? (size_t)(end - csv.p) + 1 - at : csv.n - at;
        r->line++;
        if (csv_parse(&parser, csv.p + at, n, take_cell, take_row, r) != n && !r->why) {
            memory = csv_error(&parser) == CSV_EPARSE ? 0 : SB_E_MEMORY;
            r->why = csv_strerror(csv_error(&parser));
        }
        at += n;
    }
    if (!r->why && csv_fini(&parser, take_cell, take_row, r) != 0)
        r->why = "the last row is not complete";
    csv_free(&parser);
    if (memory)
        return memory;
    return r->why ? SB_E_CODE_LIST : 0;
}

static const char *header_fault(const struct table *t)
{
    if (t->columns == 0)
        return "the file is empty";
    for (size_t i = 0; i < t->columns; i++)
        for (size_t j = 0; j < i; j++)
            if (sb_bytes_eq(t->header[i], t->header[j]))
                return "two columns have the same name";
    return NULL;
}

int sb_table_read(struct table *out,
                  const char *name,
                  struct sb_bytes csv,
                  struct sb_arena *arena,
                  struct sb_err *err)
{
    struct table t = {.name = name};
    struct reading r = {.t = &t, .arena = arena};
    if (!sb_text_valid(csv))
        return sb_fail(err, SB_E_UTF8, "%s: the file is not UTF-8", name);
    if (csv.n >= 3 && memcmp(csv.p, "\xef\xbb\xbf", 3) == 0)
        csv = sb_bytes(csv.p + 3, csv.n - 3);
    size_t lines =
        count(csv, '\n') + count(csv, '\r') + 2; /* libcsv ends a row at both */
    r.room = count(csv, ',') + lines;
    t.cells = sb_arena_alloc(arena, r.room, sizeof *t.cells);
    t.lines = sb_arena_alloc(arena, lines, sizeof *t.lines);
    if (!t.cells || !t.lines)
        return sb_fail(err, SB_E_MEMORY, "%s: out of memory", name);
    int rc = feed(&r, csv);
    t.header = t.cells;
    t.cells += t.columns;
    if (rc == 0)
        r.why = header_fault(&t);
    if (rc != 0 || r.why)
        return sb_fail(
            err, rc ? rc : SB_E_CODE_LIST, "%s:%zu: %s", name, r.line, r.why);
    *out = t;
    return 0;
}

size_t sb_table_column(const struct table *t, const char *header)
{
    size_t i = 0;
    while (i < t->columns && !sb_bytes_is(t->header[i], header))
        i++;
    return i;
}
