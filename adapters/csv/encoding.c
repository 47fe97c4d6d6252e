/* Purpose: UTF-8 or Windows-1252, by the bytes alone.
 * Invariant: a file in which both readings occur is refused: no reading is right. */
#include "adapters/csv/encoding.h"

#include <errno.h>

/* Length of the well-formed character at p; 0: malformed; -1: unfinished. */
static int step(const uint8_t *p, size_t n)
{
    uint8_t c = p[0];
    if (c < 0x80)
        return 1;
    int len = c >= 0xc2 && c <= 0xdf   ? 2
              : c >= 0xe0 && c <= 0xef ? 3
              : c >= 0xf0 && c <= 0xf4 ? 4
                                       : 0;
    for (int i = 1; i < len; i++) {
        if ((size_t)i >= n)
            return -1;
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        bool wrong =
            i == 1 && ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
                       (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f));
        if (wrong)
            return 0;
    }
    return len;
}

static void note(struct sb_csv_encoding *e, int len)
{
    e->utf8 = e->utf8 || len > 1;
    if (len <= 0 && !e->other) {
        e->other = true;
        e->bad_line = e->line + 1;
    }
}

static void look_start(struct sb_csv_encoding *e, struct sb_bytes b)
{
    e->bom = b.n >= 3 && memcmp(b.p, "\xef\xbb\xbf", 3) == 0;
    e->wide =
        b.n >= 2 && (memcmp(b.p, "\xff\xfe", 2) == 0 ||
                     memcmp(b.p, "\xfe\xff", 2) == 0 || b.p[0] == 0 || b.p[1] == 0);
}

void sb_csv_encoding_look(struct sb_csv_encoding *e, struct sb_bytes block, bool last)
{
    size_t i = 0;
    if (e->bytes == 0)
        look_start(e, block);
    e->bytes += block.n;
    while (e->n_tail) { /* finish the character that the last block began */
        uint8_t joined[4];
        memcpy(joined, e->tail, e->n_tail);
        size_t more = block.n < 4 - e->n_tail ? block.n : 4 - e->n_tail;
        if (more)
            memcpy(joined + e->n_tail, block.p, more);
        int len = step(joined, e->n_tail + more);
        if (len < 0 && !last) {
            memcpy(e->tail + e->n_tail, block.p, more);
            e->n_tail += more;
            return;
        }
        note(e, len);
        i = len > 0 ? (size_t)len - e->n_tail : 0;
        e->n_tail = 0;
    }
    while (i < block.n) {
        int len = step(block.p + i, block.n - i);
        if (len < 0 && !last) {
            e->n_tail = block.n - i;
            memcpy(e->tail, block.p + i, e->n_tail);
            return;
        }
        if (len != 1)
            note(e, len);
        e->line += block.p[i] == '\n';
        i += len > 0 ? (size_t)len : 1;
    }
}

int sb_csv_encoding_judge(const struct sb_csv_encoding *e, struct sb_err *err)
{
    if (e->wide)
        return sb_fail(
            err, SB_E_CSV_ENCODING, "the file looks like UTF-16: save it as UTF-8");
    if (e->other && (e->bom || e->utf8))
        return sb_fail(err,
                       SB_E_CSV_ENCODING,
                       "line %llu: the file is neither all UTF-8 nor all "
                       "Windows-1252: save it as UTF-8",
                       (unsigned long long)e->bad_line);
    return 0;
}

int sb_csv_from_1252(iconv_t cd,
                     struct sb_bytes in,
                     struct sb_buf *out,
                     struct sb_err *err)
{
    char text[4096];
    char *from = (char *)(uintptr_t)in.p; /* iconv does not write there */
    size_t left = in.n;
    while (left) {
        char *to = text;
        size_t room = sizeof text;
        size_t rc = iconv(cd, &from, &left, &to, &room);
        sb_buf_put(out, text, (size_t)(to - text));
        if (rc == (size_t)-1 && errno != E2BIG)
            return sb_fail(err,
                           SB_E_CSV_ENCODING,
                           "byte 0x%02x stands for nothing in Windows-1252",
                           (unsigned)*(const uint8_t *)from);
    }
    return sb_buf_check(out, err);
}
