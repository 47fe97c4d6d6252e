/* fuzz.csv: a file of rows, read in slices of a size that the first byte gives. The
 * records do not depend on the size of the slices; cells of sound ones are UTF-8. */
#include "adapters/csv/reader.h"

#include "schemas/base/text.h"
#include "test/fuzz/fuzz.h"

struct seen { /* what was read, as bytes to compare */
    struct sb_buf text;
    uint64_t line;
};

static int take(void *ctx, const struct sb_csv_record *r, struct sb_err *err)
{
    struct seen *s = ctx;
    (void)err;
    fuzz_must(r->line > s->line, "lines rise");
    fuzz_must(r->n <= SB_CSV_COLUMNS_MAX, "columns are bounded");
    s->line = r->line;
    sb_buf_printf(&s->text, "%llu %d", (unsigned long long)r->line, r->sound);
    for (size_t i = 0; i < r->n; i++) {
        fuzz_must(!r->sound || sb_text_valid(r->cells[i]), "cells are UTF-8");
        sb_buf_printf(&s->text, "|%zu:", r->cells[i].n);
        sb_buf_put(&s->text, r->cells[i].p, r->cells[i].n);
    }
    sb_buf_byte(&s->text, '\n');
    return 0;
}

static int read_all(const char *path, size_t slice, struct seen *s, struct sb_err *err)
{
    struct sb_csv_reader *r = NULL;
    int rc = sb_csv_reader_open(&r, path, err);
    fuzz_must(rc == 0, "the file opens");
    do
        rc = sb_csv_reader_learn(r, err);
    while (rc == 1);
    while (rc == 0) {
        rc = sb_csv_reader_read(r, slice, take, s, err);
        if (rc == 0)
            break;
        rc = rc == 1 ? 0 : rc;
    }
    sb_csv_reader_free(r);
    return rc;
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct seen a = {0};
    struct seen b = {0};
    size_t slice = 1 + fuzz_byte(&in) % 7;
    const char *path = fuzz_file(in);
    int rc = read_all(path, slice, &a, &err);
    fuzz_judged(rc, &err);
    fuzz_must(read_all(path, 100000, &b, NULL) == rc, "slices change no verdict");
    fuzz_must(a.text.n == b.text.n &&
                  (a.text.n == 0 || memcmp(a.text.p, b.text.p, a.text.n) == 0),
              "slices change no record");
    sb_buf_free(&a.text);
    sb_buf_free(&b.text);
}

static void seeds(struct fuzz_seeds *to)
{
    fuzz_seed(to,
              "comma",
              sb_bytes_str("\x02"
                           "a,b\n\"x,\n\"\"y\"\"\",2\n3,4\n"));
    fuzz_seed(to,
              "semicolon",
              sb_bytes_str("\x01"
                           "a;b\r\n1,5;2\r\n;\r\n"));
    fuzz_seed(to,
              "tab",
              sb_bytes_str("\x03"
                           "a\tb\n1;5\t2\n"));
    fuzz_seed(to,
              "mark",
              sb_bytes_str("\x01\xef\xbb\xbf"
                           "a,b\n\xc3\xb1,2\n"));
    fuzz_seed(to,
              "windows",
              sb_bytes_str("\x04"
                           "a,b\nPet\xe9n,A\xf1o \x80\n"));
    fuzz_seed(to,
              "quote",
              sb_bytes_str("\x01"
                           "a,b\n5\" x,2\n3,\"4\n"));
}

const struct fuzz_target fuzz_target = {
    .name = "csv", .one = one, .seeds = seeds, .longest = 4096, .mutations = 10000};
