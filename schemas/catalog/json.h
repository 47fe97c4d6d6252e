/* JSON text (RFC 8259) to value trees and back.
 *
 * Reading is strict: UTF-8, no repeated member, one value and nothing after it, no lone
 * surrogate. \u0000 is taken in a text and refused in a member's name. Integers within
 * int64 are exact; larger ones become doubles; a number that no double holds is
 * refused. Depth is at most SB_JSON_DEPTH. */
#ifndef SCHEMAS_CATALOG_JSON_H
#define SCHEMAS_CATALOG_JSON_H

#include "schemas/pack/value.h"

#define SB_JSON_DEPTH 128u

/* Everything in `out` lives in the arena; nothing borrows from `text`. Errors:
 * SB_E_SCHEMA_JSON with "line L, column C: why", SB_E_DEPTH, SB_E_MEMORY. */
SB_CHECK int sb_json_to_value(struct sb_bytes text,
                              struct sb_arena *arena,
                              struct sb_value *out,
                              struct sb_err *err);

/* Appends `v` as JSON: members in their order, numbers in their shortest exact form,
 * control characters escaped. indent 0: one line; else spaces per level. */
SB_CHECK int sb_value_to_json(const struct sb_value *v,
                              unsigned indent,
                              struct sb_buf *out,
                              struct sb_err *err);

#endif
