/* Files as they come: encodings, delimiters, quotes, lines. */
#include "adapters/csv/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct seen { /* records as text: "line:cell|cell;" */
    struct sb_buf text;
    size_t n;
};

static int take(void *ctx, const struct sb_csv_record *r, struct sb_err *err)
{
    (void)err;
    struct seen *s = ctx;
    s->n++;
    sb_buf_printf(&s->text, "%llu:", (unsigned long long)r->line);
    for (size_t i = 0; i < r->n; i++)
        sb_buf_printf(&s->text, "%s%.*s", i ? "|" : "", SB_FMT(r->cells[i]));
    sb_buf_str(&s->text, r->sound ? ";" : "!;");
    return 0;
}

/* Reads a whole file with slices of `max` records; the code of what failed. */
static int
read_all(const void *bytes, size_t n, size_t max, struct seen *out, struct sb_err *err)
{
    char path[] = "/tmp/sacbe-reader-XXXXXX";
    int fd = mkstemp(path);
    struct sb_csv_reader *r = NULL;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(sb_file_write(path, sb_bytes(bytes, n), 0600, err), 0);
    assert_int_equal(sb_csv_reader_open(&r, path, err), 0);
    int rc = 1;
    while (rc == 1)
        rc = sb_csv_reader_learn(r, err);
    if (rc == 0)
        do
            rc = sb_csv_reader_read(r, max, take, out, err);
        while (rc == 1);
    sb_csv_reader_free(r);
    unlink(path);
    return rc;
}

#define TEXT(s) (s), sizeof(s) - 1

static const struct {
    const char *bytes;
    size_t n;
    const char *want; /* records, or the code's name */
} cases[] = {
    {TEXT("a,b\n1,2\n"), "1:a|b;2:1|2;"},
    {TEXT("a,b\r\n1,2\r\n"), "1:a|b;2:1|2;"},
    {TEXT("a,b\r1,2\r3,4"), "1:a|b;2:1|2;3:3|4;"},
    {TEXT("a;b\n1,5;2\n"), "1:a|b;2:1,5|2;"},
    {TEXT("a\tb\n1;5\t2\n"), "1:a|b;2:1;5|2;"},
    {TEXT("a\n1\n"), "1:a;2:1;"},
    {TEXT("\xef\xbb\xbf"
          "a,b\n1,2\n"),
     "1:a|b;2:1|2;"},
    {TEXT("a,b\n\"x,\n\"\"y\"\"\",2\n3,4\n"), "1:a|b;2:x,\n\"y\"|2;4:3|4;"},
    {TEXT("a,b\n\n\n1,2\n\n3,4\n"), "1:a|b;4:1|2;6:3|4;"},
    {TEXT("a,b\n 1 , 2\n"), "1:a|b;2: 1 | 2;"},
    {TEXT("a,b\n1\n1,2,3\n"), "1:a|b;2:1;3:1|2|3;"},
    {TEXT("\"a,b\";c\n1;2\n"), "1:a,b|c;2:1|2;"},
    {TEXT("a,b\n\xc3\xb1,\xe2\x82\xac\n"), "1:a|b;2:\xc3\xb1|\xe2\x82\xac;"},
    {TEXT("a,b\n\xf1,\x80\n"), "1:a|b;2:\xc3\xb1|\xe2\x82\xac;"},
    {TEXT("a,b\nPet\xe9n,A\xf1o\n"), "1:a|b;2:Pet\xc3\xa9n|A\xc3\xb1o;"},
    {TEXT("a,b\n1,\0"
          "2\n3,4\n"),
     "1:a|b;2:1|"},
    {TEXT("a,b\n5\" x,2\n3,4\n"), "1:a|b;2:!;3:3|4;"},
    {TEXT("a,b\n1,\"x\"y\n3,4\n"), "1:a|b;2:1!;3:3|4;"},
    {TEXT("a,b\n\xc3\xb1,\xf1\n"), "csv_encoding"},
    {TEXT("\xef\xbb\xbf"
          "a,b\n\xf1,2\n"),
     "csv_encoding"},
    {TEXT("a,b\n\x81,2\n"), "csv_encoding"},
    {TEXT("\xff\xfe"
          "a\0,\0b\0"),
     "csv_encoding"},
    {TEXT("a\0,\0b\0\n\0"), "csv_encoding"},
    {TEXT("a,b;c\n1,2\n"), "csv_header"},
    {TEXT("a,b\n1,2\n\"3,4\n5,6\n"), "csv_row"},
    {TEXT(""), ""},
};

static void reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {0};
        struct sb_err err = {0};
        int rc = read_all(cases[i].bytes, cases[i].n, 2, &seen, &err);
        sb_buf_byte(&seen.text, '\0');
        const char *got = rc ? sb_code_name(rc) : (const char *)seen.text.p;
        size_t n = strlen(cases[i].want);
        if (strncmp(got, cases[i].want, n) != 0 || (n && !got[0]))
            print_error("case %zu: %s (%s)\n", i, got, err.text);
        assert_int_equal(strncmp(got, cases[i].want, n), 0);
        sb_buf_free(&seen.text);
    }
}

static void names_the_line(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct sb_err err = {0};
    assert_int_equal(read_all(TEXT("a,b\n1,2\n\"3,4\n5,6\n"), 10, &seen, &err),
                     SB_E_CSV_ROW);
    assert_non_null(strstr(err.text, "line 3"));
    sb_buf_free(&seen.text);
    seen = (struct seen){0};
    assert_int_equal(read_all(TEXT("a,b\nx,\xc3\xb1\nx,\xf1\n"), 10, &seen, &err),
                     SB_E_CSV_ENCODING);
    assert_non_null(strstr(err.text, "line 3"));
    sb_buf_free(&seen.text);
}

/* A record's line is right wherever the blocks are cut, and memory stays bounded. */
static void survives_block_ends(void **state)
{
    (void)state;
    struct sb_buf file = {0};
    struct seen seen = {0};
    struct sb_err err = {0};
    sb_buf_str(&file, "a,b\r\n");
    for (size_t i = 0; i < 60000; i++)
        sb_buf_printf(
            &file, "%zu,\"\xc3\xb1\r\n%.*s\"\r\n", i, (int)(i % 7), "xxxxxxx");
    assert_int_equal(sb_buf_check(&file, &err), 0);
    assert_int_equal(read_all(file.p, file.n, 1000, &seen, &err), 0);
    assert_int_equal(seen.n, 60001);
    sb_buf_byte(&seen.text, '\0');
    assert_non_null(strstr((const char *)seen.text.p, ";120000:59999|\xc3\xb1\r\nxx;"));
    sb_buf_free(&seen.text);
    sb_buf_free(&file);
}

static void bounds_records(void **state)
{
    (void)state;
    struct sb_buf file = {0};
    struct seen seen = {0};
    struct sb_err err = {0};
    sb_buf_str(&file, "a,b\n\"");
    for (size_t i = 0; i < 300000; i++)
        sb_buf_str(&file, "12345\n");
    assert_int_equal(read_all(file.p, file.n, 1000, &seen, &err), SB_E_LIMIT);
    assert_non_null(strstr(err.text, "line 2"));
    sb_buf_free(&seen.text);
    sb_buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(names_the_line),
        cmocka_unit_test(survives_block_ends),
        cmocka_unit_test(bounds_records),
    };
    return cmocka_run_group_tests_name("adapters.csv.reader", tests, NULL, NULL);
}
