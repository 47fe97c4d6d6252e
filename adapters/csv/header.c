/* Purpose: the names that SQL knows a file's columns by.
 * Invariant: a name is unique in its table and never one of ours. */
#include "adapters/csv/steps.h"
#include "schemas/base/text.h"

static int name_of(struct sb_bytes cell,
                   struct sb_arena *arena,
                   struct sb_bytes *out,
                   struct sb_err *err)
{
    struct sb_buf text = {0};
    int rc = sb_text_fold_header(cell, &text, err);
    for (size_t i = 0; rc == 0 && i < text.n; i++)
        if (text.p[i] == ' ')
            text.p[i] = '_';
    if (rc == 0)
        *out = sb_arena_dup(arena, sb_buf_bytes(&text));
    sb_buf_free(&text);
    if (rc == 0 && !out->p)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    return rc;
}

int sb_csv_header_names(const struct sb_csv_record *header,
                        struct sb_arena *arena,
                        struct sb_columns *out,
                        struct sb_err *err)
{
    struct sb_columns names = {
        sb_arena_alloc(arena, header->n + 1, sizeof *names.items), 0};
    if (!names.items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    if (header->n > SB_CSV_COLUMNS_MAX || !header->sound)
        return sb_fail(err,
                       SB_E_CSV_HEADER,
                       "the header has more than %u columns or a NUL byte",
                       SB_CSV_COLUMNS_MAX);
    for (; names.n < header->n; names.n++) {
        struct sb_bytes *name = &names.items[names.n];
        int rc = name_of(header->cells[names.n], arena, name, err);
        if (rc)
            return rc;
        if (name->n == 0 || name->p[0] == '_')
            return sb_fail(err,
                           SB_E_CSV_HEADER,
                           "column %zu of the header %s",
                           names.n + 1,
                           name->n ? "begins with _, which is ours" : "has no name");
        for (size_t i = 0; i < names.n; i++)
            if (sb_bytes_eq(names.items[i], *name))
                return sb_fail(err,
                               SB_E_CSV_HEADER,
                               "two columns of the header are both \"%.*s\"",
                               SB_FMT(*name));
    }
    *out = names;
    return 0;
}
