/* Code lists and crosswalks of the catalogue.
 *
 * A list is a CSV file with the columns codigo, nombre, desde, hasta, fuente, edicion
 * (more may follow). A crosswalk has one to four input columns whose names start with
 * "de_", then `a`, fuente, edicion; inputs are compared folded (case, marks, spaces).
 * Both live as long as their catalogue. */
#ifndef SCHEMAS_CATALOG_CODES_H
#define SCHEMAS_CATALOG_CODES_H

#include "schemas/pack/value.h"

#define SB_CROSSWALK_INPUTS 4u

struct sb_code_list;
struct sb_crosswalk;

struct sb_code_row { /* dates: "2026-11-23" or empty */
    struct sb_bytes code;
    struct sb_bytes name;
    struct sb_bytes from;
    struct sb_bytes until;
    struct sb_bytes source;
    struct sb_bytes edition;
};

/* Reads the whole of a file; `name` and `csv` must live as long as `arena`. Errors:
 * SB_E_CODE_LIST with "name:line: why", SB_E_UTF8, SB_E_MEMORY. */
SB_CHECK int sb_code_list_read(struct sb_code_list **out,
                               const char *name,
                               struct sb_bytes csv,
                               struct sb_arena *arena,
                               struct sb_err *err);
SB_CHECK int sb_crosswalk_read(struct sb_crosswalk **out,
                               const char *name,
                               struct sb_bytes csv,
                               struct sb_arena *arena,
                               struct sb_err *err);

size_t sb_code_list_count(const struct sb_code_list *c);
/* The rows in the order of their codes' bytes; i < count. */
const struct sb_code_row *sb_code_list_row(const struct sb_code_list *c, size_t i);
/* NULL: not in the list. */
const struct sb_code_row *sb_code_list_find(const struct sb_code_list *c,
                                            struct sb_bytes code);
/* A text, or an integer in its decimal form. */
bool sb_code_list_has(const struct sb_code_list *c, const struct sb_value *v);

size_t sb_crosswalk_inputs(const struct sb_crosswalk *x);
/* 0 and *out (lives as long as the crosswalk); SB_E_NO_MATCH; SB_E_AMBIGUOUS when the
 * same inputs lead to several outputs; SB_E_ARGUMENT when n is not its number of
 * inputs; SB_E_UTF8. The error's text does not quote the inputs. */
SB_CHECK int sb_crosswalk_find(const struct sb_crosswalk *x,
                               const struct sb_bytes *inputs,
                               size_t n,
                               struct sb_bytes *out,
                               struct sb_err *err);

#endif
