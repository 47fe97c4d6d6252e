/* Text: UTF-8 checks, code points, folding for comparing names, codes, times.
 *
 * Sources: Unicode (NFC, NFKD, case folding, by libunistring), RFC 3339. */
#ifndef SCHEMAS_BASE_TEXT_H
#define SCHEMAS_BASE_TEXT_H

#include "schemas/base/bytes.h"

/* Well-formed UTF-8 (no surrogates, no overlong forms). */
bool sb_text_valid(struct sb_bytes s);
/* Number of code points of well-formed UTF-8. */
size_t sb_text_length(struct sb_bytes s);

/* A decimal number of 1 to 18 digits and nothing else; *out is kept on false. */
bool sb_text_number(struct sb_bytes s, uint64_t *out);

/* Columns that well-formed UTF-8 takes on a terminal: marks 0, wide characters 2. */
size_t sb_text_width(struct sb_bytes s);

/* A code: [a-z0-9_.-]{1,64}. */
bool sb_text_is_code(struct sb_bytes s);
/* institution/type or institution/type/n (n: decimal without leading zeros). The parts
 * borrow from `s`; part is empty when there is none; any out may be NULL. */
bool sb_text_stream_parts(struct sb_bytes s,
                          struct sb_bytes *institution,
                          struct sb_bytes *type,
                          struct sb_bytes *part);

/* Appends NFC lower case with runs of white space as one space, trimmed: for headers.
 */
SB_CHECK int
sb_text_fold_header(struct sb_bytes s, struct sb_buf *out, struct sb_err *err);
/* As above without marks (accents) either: for comparing names of places and codes. */
SB_CHECK int
sb_text_fold_name(struct sb_bytes s, struct sb_buf *out, struct sb_err *err);

/* Levenshtein distance of two short texts, in bytes; more than `most` gives most + 1.
 */
size_t sb_text_distance(const char *a, const char *b, size_t most);

/* Ms since 1970 UTC as "2026-11-23T12:06:42.123Z"; out holds 32 bytes. */
void sb_text_time(char out[32], uint64_t ms);
/* RFC 3339 date-time (with offset) to ms since 1970 UTC; false when it is not one.
 * Fractions beyond ms are cut. Seconds of 60 are refused. */
bool sb_text_time_parse(struct sb_bytes s, int64_t *ms);
/* A day that exists in the Gregorian calendar (year 1 to 9999). */
bool sb_text_day_exists(int year, int month, int day);

#endif
