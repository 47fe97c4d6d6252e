/* Regular expressions as JSON Schema means them: ECMA-262 with its "u" flag, by pcre2.
 *
 * A pattern is rewritten first: \d \w \s and "." have ECMA's meaning, "$" is the very
 * end, escapes and groups that ECMA does not have are refused. Beyond the "u" flag, an
 * escape of an ASCII character that is neither letter nor digit stands for itself, and
 * braces that are no quantifier too. Matching is unanchored and bounded. */
#ifndef SCHEMAS_CATALOG_REGEX_H
#define SCHEMAS_CATALOG_REGEX_H

#include "schemas/base/bytes.h"

struct sb_regex;

/* SB_E_SCHEMA_VALUE with the place in the pattern, SB_E_MEMORY. Safe to share between
 * threads once made. */
SB_CHECK int
sb_regex_new(struct sb_regex **out, struct sb_bytes pattern, struct sb_err *err);
void sb_regex_free(struct sb_regex *r); /* takes NULL */

/* 1 found, 0 not found, SB_E_LIMIT when the effort passed its bound, SB_E_MEMORY. `s`
 * is well-formed UTF-8. */
SB_CHECK int sb_regex_match(const struct sb_regex *r, struct sb_bytes s);

/* Appends the pattern in pcre2's syntax; internal to the room. */
SB_CHECK int
sb_regex_translate(struct sb_bytes pattern, struct sb_buf *out, struct sb_err *err);

/* What pcre2 calls the property that ECMA-262 calls `name`; internal to the room. */
struct sb_bytes sb_regex_property(struct sb_bytes name);

#endif
