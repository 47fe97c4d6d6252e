/* Which encoding a file has, told from its bytes, and its text in UTF-8. */
#ifndef ADAPTERS_CSV_ENCODING_H
#define ADAPTERS_CSV_ENCODING_H

#include <iconv.h>

#include "schemas/base/bytes.h"

struct sb_csv_encoding { /* plain data; zero before the first byte */
    uint64_t bytes;
    uint64_t line;     /* breaks so far */
    uint64_t bad_line; /* of the first byte that is not UTF-8 */
    bool bom;
    bool wide;       /* UTF-16: a NUL or another mark at the start */
    bool utf8;       /* some character beyond ASCII is well-formed UTF-8 */
    bool other;      /* some byte is not */
    uint8_t tail[4]; /* an unfinished character at the end of a block */
    size_t n_tail;
};

/* Looks at the next block; `last`: nothing follows. */
void sb_csv_encoding_look(struct sb_csv_encoding *e, struct sb_bytes block, bool last);
/* SB_E_CSV_ENCODING when it is none that we read, or two at once. */
SB_CHECK int sb_csv_encoding_judge(const struct sb_csv_encoding *e, struct sb_err *err);

/* Appends Windows-1252 as UTF-8. SB_E_CSV_ENCODING for a byte that it does not have. */
SB_CHECK int sb_csv_from_1252(iconv_t cd,
                              struct sb_bytes in,
                              struct sb_buf *out,
                              struct sb_err *err);

#endif
