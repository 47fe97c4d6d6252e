/* The declared transforms: one cell of the local database -> one catalogue value.
 *
 * Each returns 0 and *out, or the code of the fault that puts the row in quarantine
 * (SB_E_CONVERSION, SB_E_DATE, SB_E_UTF8 ...), or SB_E_MEMORY. Nothing is repaired and
 * nothing is invented: '12x' is no number, 31 June is no day. Not here: which column
 * goes where (mapping_object.c). */
#ifndef ADAPTERS_ENGINE_TRANSFORM_H
#define ADAPTERS_ENGINE_TRANSFORM_H

#include "adapters/engine/db.h"
#include "schemas/pack/value.h"

#define SB_PARTS 5u /* year, month, day, hour, minute */

enum sb_as {
    SB_AS_IS = 0, /* the cell's own type */
    SB_AS_INT,
    SB_AS_NUMBER,
    SB_AS_TEXT,
    SB_AS_DATE,     /* YYYY-MM-DD */
    SB_AS_DATETIME, /* RFC 3339, in -06:00 */
    SB_AS_BOOL,
};

/* "int" and so on, ended by NULL, in the order of enum sb_as from SB_AS_INT. */
extern const char *const sb_as_names[];
/* "anio" ... "minuto", ended by NULL: parts and precisions. */
extern const char *const sb_part_names[];

/* The cell as it is; NULL gives nil, an integral REAL an integer. */
int sb_transform_cell(const struct sb_cell *cell,
                      struct sb_arena *arena,
                      struct sb_value *out);
/* A value's text: decimal for numbers. */
int sb_transform_text(const struct sb_value *in,
                      struct sb_arena *arena,
                      struct sb_bytes *out);
int sb_transform_as(enum sb_as as,
                    const struct sb_value *in,
                    struct sb_arena *arena,
                    struct sb_value *out);
/* Digits only, zeros on the left up to `width`. */
int sb_transform_pad(size_t width,
                     const struct sb_value *in,
                     struct sb_arena *arena,
                     struct sb_value *out);
/* The first n parts are known (n >= 1): the time in -06:00 with the others lowest. */
int sb_transform_parts(const struct sb_value *parts,
                       size_t n,
                       struct sb_arena *arena,
                       struct sb_value *out);

#endif
