/* Purpose: bytes of a file -> records, by libcsv, with the line of each.
 * Invariant: memory is bounded by one block and one record.
 * Not for: headers and tables (stage.c). */
#include "adapters/csv/reader.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/csv/encoding.h"
#include "keys/hash.h"

#define BLOCK (256u * 1024u)
#define LEARN_BLOCKS 64u /* of one slice */
#define HEAD_MAX (64u * 1024u)

struct sb_csv_reader {
    FILE *file;
    struct sb_hasher hasher;
    uint8_t hash[SB_HASH];
    struct sb_csv_encoding encoding;
    char delimiter;
    bool reading; /* the second pass has begun */
    bool over;    /* ... and read the whole file */
    iconv_t cd;
    struct csv_parser parser;
    bool parser_open;
    uint8_t *block;
    struct sb_buf text; /* the block in UTF-8 */
    size_t at;          /* read so far of `text` */
    /* the record being read */
    uint64_t line;
    bool cr;        /* the last piece ended in \r */
    uint64_t begin; /* its line; 0: none has begun */
    size_t size;
    struct sb_buf bytes;
    size_t ends[SB_CSV_COLUMNS_MAX + 1];
    size_t n;
    bool sound;
    /* the slice */
    sb_csv_fn fn;
    void *ctx;
    size_t given;
    int failed;
    struct sb_err *err;
};

/* Cells are given as written: libcsv would drop spaces around them. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

int sb_csv_reader_open(struct sb_csv_reader **out, const char *path, struct sb_err *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return sb_fail_os(err, errno, "%s: cannot be read", path);
    struct sb_csv_reader *r = calloc(1, sizeof *r);
    uint8_t *block = malloc(BLOCK);
    if (!r || !block) {
        free(r);
        free(block);
        (void)fclose(file);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    r->file = file;
    r->block = block;
    r->cd = (iconv_t)-1;
    r->line = 1;
    sb_hasher_init(&r->hasher, "sacbe/csv/1");
    *out = r;
    return 0;
}

void sb_csv_reader_free(struct sb_csv_reader *r)
{
    if (!r)
        return;
    if (r->parser_open)
        csv_free(&r->parser);
    if (r->cd != (iconv_t)-1)
        iconv_close(r->cd);
    (void)fclose(r->file);
    sb_buf_free(&r->text);
    sb_buf_free(&r->bytes);
    free(r->block);
    free(r);
}

void sb_csv_reader_hash(const struct sb_csv_reader *r, uint8_t out[SB_HASH])
{
    memcpy(out, r->hash, SB_HASH);
}

bool sb_csv_reader_is_1252(const struct sb_csv_reader *r)
{
    return r->encoding.other;
}

/* The delimiter that the header's line has most of, outside quotes. */
static int find_delimiter(struct sb_csv_reader *r, struct sb_err *err)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t count[sizeof candidates] = {0};
    bool quoted = false;
    rewind(r->file);
    for (size_t i = 0; i < HEAD_MAX; i++) {
        int c = getc(r->file);
        if (c == EOF || (!quoted && (c == '\n' || c == '\r')))
            break;
        quoted = quoted != (c == '"');
        for (size_t k = 0; !quoted && k < sizeof candidates; k++)
            count[k] += c == candidates[k];
    }
    size_t best = 0;
    for (size_t k = 1; k < sizeof candidates; k++)
        best = count[k] > count[best] ? k : best;
    for (size_t k = 0; k < sizeof candidates; k++)
        if (k != best && count[k] && count[k] == count[best])
            return sb_fail(err,
                           SB_E_CSV_HEADER,
                           "line 1: two delimiters are equally likely: use one of , ; "
                           "and tab");
    r->delimiter = candidates[best];
    return 0;
}

int sb_csv_reader_learn(struct sb_csv_reader *r, struct sb_err *err)
{
    for (size_t i = 0; i < LEARN_BLOCKS; i++) {
        size_t n = fread(r->block, 1, BLOCK, r->file);
        if (ferror(r->file))
            return sb_fail_os(err, errno, "the file cannot be read");
        sb_hasher_put(&r->hasher, sb_bytes(r->block, n));
        sb_csv_encoding_look(&r->encoding, sb_bytes(r->block, n), n < BLOCK);
        if (n == BLOCK)
            continue;
        sb_hasher_end(&r->hasher, r->hash);
        int rc = sb_csv_encoding_judge(&r->encoding, err);
        return rc ? rc : find_delimiter(r, err);
    }
    return 1;
}

static int begin_parser(struct sb_csv_reader *r, struct sb_err *err)
{
    if (r->parser_open)
        csv_free(&r->parser);
    r->parser_open = csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
    if (!r->parser_open)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    csv_set_delim(&r->parser, (unsigned char)r->delimiter);
    csv_set_space_func(&r->parser, no_space);
    return 0;
}

static int begin_reading(struct sb_csv_reader *r, struct sb_err *err)
{
    if (fseek(r->file, r->encoding.bom ? 3 : 0, SEEK_SET) != 0)
        return sb_fail_os(err, errno, "the file cannot be read");
    if (r->encoding.other)
        r->cd = iconv_open("UTF-8", "WINDOWS-1252");
    if (r->encoding.other && r->cd == (iconv_t)-1)
        return sb_fail_os(err, errno, "Windows-1252 cannot be read here");
    r->reading = true;
    r->sound = true;
    return begin_parser(r, err);
}

static void on_cell(void *s, size_t n, void *ctx)
{
    struct sb_csv_reader *r = ctx;
    if (r->n <= SB_CSV_COLUMNS_MAX) {
        sb_buf_put(&r->bytes, s, n);
        r->ends[r->n] = r->bytes.n;
    }
    r->n++;
    r->sound = r->sound && !(n && memchr(s, 0, n));
}

static void on_record(int c, void *ctx)
{
    (void)c;
    struct sb_csv_reader *r = ctx;
    struct sb_bytes cells[SB_CSV_COLUMNS_MAX + 1];
    size_t n = r->n <= SB_CSV_COLUMNS_MAX ? r->n : SB_CSV_COLUMNS_MAX + 1;
    for (size_t i = 0; i < n; i++) {
        size_t from = i ? r->ends[i - 1] : 0;
        cells[i] = sb_bytes(r->bytes.p ? r->bytes.p + from : NULL, r->ends[i] - from);
    }
    struct sb_csv_record record = {cells, n, r->begin, r->sound};
    if (r->failed == 0)
        r->failed = sb_buf_check(&r->bytes, r->err);
    if (r->failed == 0)
        r->failed = r->fn(r->ctx, &record, r->err);
    r->given++;
    sb_buf_reset(&r->bytes);
    r->n = 0;
    r->begin = 0;
    r->size = 0;
    r->sound = true;
}

static int fill(struct sb_csv_reader *r, struct sb_err *err)
{
    size_t n = fread(r->block, 1, BLOCK, r->file);
    if (ferror(r->file))
        return sb_fail_os(err, errno, "the file cannot be read");
    sb_buf_reset(&r->text);
    r->at = 0;
    r->over = n < BLOCK;
    if (r->encoding.other)
        return sb_csv_from_1252(r->cd, sb_bytes(r->block, n), &r->text, err);
    sb_buf_put(&r->text, r->block, n);
    return sb_buf_check(&r->text, err);
}

/* The rest of the line at `at`, its break included: a break is \n, \r\n or \r. */
static size_t line_length(const struct sb_csv_reader *r)
{
    const uint8_t *p = r->text.p + r->at;
    size_t left = r->text.n - r->at;
    for (size_t i = 0; i < left; i++) {
        if (p[i] == '\n')
            return i + 1;
        if (p[i] == '\r' && i + 1 < left && p[i + 1] != '\n')
            return i + 1;
    }
    return left;
}

/* A quote where none may stand: where the cells end is not known, but that the line is
 * the record's last is the reading that spoils least. */
static int end_bad_record(struct sb_csv_reader *r, struct sb_err *err)
{
    r->sound = false;
    on_record(0, r);
    return begin_parser(r, err);
}

static int feed_line(struct sb_csv_reader *r, struct sb_err *err)
{
    const uint8_t *p = r->text.p + r->at;
    bool second = r->cr && p[0] == '\n'; /* of a break that a block has cut */
    size_t n = second ? 1 : line_length(r);
    bool ended = !second && n && (p[n - 1] == '\n' || p[n - 1] == '\r');
    r->cr = n && p[n - 1] == '\r';
    bool blank = n == 0 || p[0] == '\n' || p[0] == '\r';
    if (r->begin == 0 && !blank)
        r->begin = r->line;
    r->size = r->begin ? r->size + n : 0;
    if (r->size > SB_CSV_RECORD_MAX)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "line %llu: the record is longer than %u bytes; is a quote "
                       "not closed?",
                       (unsigned long long)r->begin,
                       SB_CSV_RECORD_MAX);
    int rc = 0;
    if (csv_parse(&r->parser, p, n, on_cell, on_record, r) != n && !r->failed)
        rc = csv_error(&r->parser) == CSV_EPARSE
                 ? end_bad_record(r, err)
                 : sb_fail(err, SB_E_MEMORY, "out of memory");
    r->line += ended;
    r->at += n;
    return rc ? rc : r->failed;
}

static int finish(struct sb_csv_reader *r, struct sb_err *err)
{
    uint64_t line = r->begin;
    if (csv_fini(&r->parser, on_cell, on_record, r) != 0)
        return sb_fail(err,
                       SB_E_CSV_ROW,
                       "line %llu: a quote is opened and never closed",
                       (unsigned long long)line);
    return r->failed;
}

int sb_csv_reader_read(
    struct sb_csv_reader *r, size_t max, sb_csv_fn fn, void *ctx, struct sb_err *err)
{
    int rc = r->reading ? 0 : begin_reading(r, err);
    r->fn = fn;
    r->ctx = ctx;
    r->err = err;
    r->given = 0;
    r->failed = 0;
    while (rc == 0 && r->given < max) {
        if (r->at < r->text.n)
            rc = feed_line(r, err);
        else if (!r->over)
            rc = fill(r, err);
        else
            return finish(r, err);
    }
    return rc ? rc : 1;
}
