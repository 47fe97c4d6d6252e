/* One CSV file, record by record, in bounded memory.
 *
 * Two passes: the first learns the encoding (UTF-8 with or without a byte order mark,
 * else Windows-1252), the delimiter (`,` `;` tab) and the hash; the second gives
 * records in UTF-8. Both go in slices, so that a large file never keeps its caller
 * long. What cannot be told apart is refused, not guessed. Not here: what the columns
 * mean. */
#ifndef ADAPTERS_CSV_READER_H
#define ADAPTERS_CSV_READER_H

#include "schemas/base/bytes.h"

#define SB_CSV_RECORD_MAX (1024u * 1024u)
#define SB_CSV_COLUMNS_MAX 1024u

struct sb_csv_reader;

struct sb_csv_record {
    const struct sb_bytes *cells; /* as written, without the quotes */
    size_t n;
    uint64_t line; /* where it begins; the file's first line is 1 */
    bool sound;    /* false: a NUL byte, or a quote that stands where none may */
};

typedef int (*sb_csv_fn)(void *ctx,
                         const struct sb_csv_record *record,
                         struct sb_err *err);

SB_CHECK int
sb_csv_reader_open(struct sb_csv_reader **out, const char *path, struct sb_err *err);
void sb_csv_reader_free(struct sb_csv_reader *r); /* takes NULL */

/* A slice of the first pass: 1 when there is more, 0 when it is over.
 * SB_E_CSV_ENCODING, SB_E_CSV_HEADER (no delimiter is certain), SB_E_IO. */
SB_CHECK int sb_csv_reader_learn(struct sb_csv_reader *r, struct sb_err *err);
/* After learning: h("sacbe/csv/1", the file's bytes). */
void sb_csv_reader_hash(const struct sb_csv_reader *r, uint8_t out[SB_HASH]);
/* Whether the first pass found Windows-1252. */
bool sb_csv_reader_is_1252(const struct sb_csv_reader *r);

/* A slice of the second pass, at most about `max` records to fn (the header is the
 * first record): 1 when there is more, 0 at the end. SB_E_CSV_ROW (a quote that is
 * never closed), SB_E_LIMIT (a record too long), what fn returns. */
SB_CHECK int sb_csv_reader_read(
    struct sb_csv_reader *r, size_t max, sb_csv_fn fn, void *ctx, struct sb_err *err);

#endif
