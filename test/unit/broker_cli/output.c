/* broker.cli.output: the same calls as text and as JSON; progress lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "broker/cli/output.h"
#include "broker/cli/progress.h"

struct written {
    char *text;
    size_t n;
    FILE *f;
    struct sb_out *out;
};

static void
start(struct written *w, enum sb_out_format format, bool quiet, enum sb_lang lang)
{
    *w = (struct written){0};
    w->f = open_memstream(&w->text, &w->n);
    w->out = sb_out_new(w->f, format, quiet, lang);
    assert_non_null(w->out);
}

static void stop(struct written *w)
{
    struct sb_err err = {0};
    if (sb_out_finish(w->out, &err) != 0)
        fail_msg("%s", err.text);
    sb_out_free(w->out);
    (void)fclose(w->f);
}

static const struct sb_out_column columns[] = {
    {"reader", "READER", false}, {"behind", "BEHIND", true}, {"cause", "CAUSE", false}};

static void speak(struct sb_out *out)
{
    sb_out_text(out, "name", "Exchange", "sns");
    sb_out_int(out, "entries", "Journal entries", 6402118);
    sb_out_bool(out, "final", "Final", true);
    sb_out_text(out, "absent", "Absent", NULL);
    sb_out_text(out, "only_json", NULL, "x");
    sb_out_text(out, NULL, "Only text", "y");
    sb_out_time(out, "at", "At", 1700000000123u);
    sb_out_json(out, "raw", sb_bytes_str("[1, {\"a\": null}]"));
    sb_out_table(out, "readers", columns, 3);
    sb_out_cell_text(out, "igm");
    sb_out_cell_int(out, 3185);
    sb_out_cell_text(out, "Petén");
    sb_out_cell_text(out, "Petén-norte");
    sb_out_cell_int(out, -44);
    sb_out_cell_text(out, NULL);
    sb_out_end(out);
    sb_out_section(out, "disk", "Disk");
    sb_out_int(out, "used", "Used", 61);
    sb_out_end(out);
    sb_out_item(out, "roots", "Root");
    sb_out_text(out, "holder", "Holder", "a");
    sb_out_end(out);
    sb_out_item(out, "roots", NULL);
    sb_out_text(out, "holder", "Holder", "b");
    sb_out_end(out);
    sb_out_attention(out, "sacbe directory sign", "directory v%d expires", 41);
    sb_out_finding(out, SB_PASSED, 0, "%d batches", 3);
    sb_out_finding(out, SB_FAILED, SB_E_JOURNAL_ENTRY, "index %d", 7);
    sb_out_note(out, "a note");
    sb_out_result(out, SB_FAILED, "Not proven: %s", "truth");
}

static void text_is_aligned(void **state)
{
    (void)state;
    struct written w;
    start(&w, SB_OUT_TEXT, false, SB_LANG_EN);
    speak(w.out);
    stop(&w);
    assert_string_equal(w.text,
                        "Exchange         sns\n"
                        "Journal entries  6,402,118\n"
                        "Final            yes\n"
                        "Absent           -\n"
                        "Only text        y\n"
                        "At               2023-11-14T22:13:20.123Z\n"
                        "\n"
                        "READER       BEHIND  CAUSE\n"
                        "igm           3,185  Petén\n"
                        "Petén-norte     -44  -\n"
                        "\n"
                        "Disk\n"
                        " Used  61\n"
                        "\n"
                        "Root\n"
                        " Holder  a\n"
                        " Holder  b\n"
                        " ATTENTION directory v41 expires -> sacbe directory sign\n"
                        " PASSED        3 batches\n"
                        " FAILED        SB-601 index 7\n"
                        "a note\n"
                        "RESULT: FAILED. Not proven: truth\n");
    free(w.text);
}

static void json_is_one_document(void **state)
{
    (void)state;
    struct written w;
    start(&w, SB_OUT_JSON, true, SB_LANG_ES);
    speak(w.out);
    struct sb_err err = {0};
    sb_fail(&err, SB_E_GAP, "5 expected");
    sb_out_error(w.out, &err);
    stop(&w);
    json_t *doc = json_loads(w.text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(doc);
    json_t *want =
        json_pack("{s:s s:I s:b s:n s:s s:s s:[i{s:n}]"
                  " s:[{s:s s:i s:s} {s:s s:i s:n}] s:{s:i} s:[{s:s}{s:s}]"
                  " s:[{s:s s:s}] s:[{s:s s:s}{s:s s:s s:s}] s:[s] s:{s:s s:s}"
                  " s:{s:s s:s s:s}}",
                  "name",
                  "sns",
                  "entries",
                  (json_int_t)6402118,
                  "final",
                  1,
                  "absent",
                  "only_json",
                  "x",
                  "at",
                  "2023-11-14T22:13:20.123Z",
                  "raw",
                  1,
                  "a",
                  "readers",
                  "reader",
                  "igm",
                  "behind",
                  3185,
                  "cause",
                  "Petén",
                  "reader",
                  "Petén-norte",
                  "behind",
                  -44,
                  "cause",
                  "disk",
                  "used",
                  61,
                  "roots",
                  "holder",
                  "a",
                  "holder",
                  "b",
                  "attention",
                  "text",
                  "directory v41 expires",
                  "command",
                  "sacbe directory sign",
                  "findings",
                  "finding",
                  "passed",
                  "text",
                  "3 batches",
                  "finding",
                  "failed",
                  "text",
                  "index 7",
                  "code",
                  "SB-601",
                  "notes",
                  "a note",
                  "result",
                  "finding",
                  "failed",
                  "text",
                  "Not proven: truth",
                  "error",
                  "code",
                  "SB-509",
                  "name",
                  "gap",
                  "text",
                  "5 expected");
    assert_non_null(want);
    if (!json_equal(doc, want))
        fail_msg("%s", w.text);
    json_decref(doc);
    json_decref(want);
    free(w.text);
}

static void quiet_keeps_what_must_be_seen(void **state)
{
    (void)state;
    struct written w;
    start(&w, SB_OUT_TEXT, true, SB_LANG_EN);
    speak(w.out);
    stop(&w);
    assert_string_equal(w.text,
                        " ATTENTION directory v41 expires -> sacbe directory sign\n"
                        " FAILED        SB-601 index 7\n"
                        "RESULT: FAILED. Not proven: truth\n");
    free(w.text);
}

static void values_cannot_move_the_cursor(void **state)
{
    (void)state;
    struct written w;
    static const char evil[] = "a\x1b[2J\nb\xff\xc2";
    start(&w, SB_OUT_TEXT, false, SB_LANG_EN);
    sb_out_text(w.out, "k", "Key", evil);
    sb_out_note(w.out, "%s", evil);
    stop(&w);
    assert_string_equal(w.text,
                        "Key  a\\x1b[2J\\x0ab\\xff\\xc2\n"
                        "a\\x1b[2J\\x0ab\\xff\\xc2\n");
    free(w.text);
    start(&w, SB_OUT_JSON, false, SB_LANG_EN);
    sb_out_bytes(w.out, "k", "Key", sb_bytes("a\0\xff", 3));
    stop(&w);
    assert_string_equal(w.text, "{\n  \"k\": \"a\\u0000\\\\xff\"\n}\n");
    free(w.text);
}

static void spanish_comes_from_the_tables(void **state)
{
    (void)state;
    static const struct sb_tr_row rows[] = {{"Exchange", "Intercambio"},
                                            {"READER", "LECTOR"},
                                            {"%d left", "quedan %d"},
                                            {NULL, NULL}};
    struct written w;
    start(&w, SB_OUT_TEXT, false, SB_LANG_ES);
    sb_out_translate(w.out, rows);
    sb_out_text(w.out, "name", "Exchange", "sns");
    sb_out_table(w.out, "readers", columns, 1);
    sb_out_end(w.out);
    sb_out_note(w.out, "%d left", 3);
    sb_out_result(w.out, SB_PASSED, "ok");
    stop(&w);
    assert_string_equal(w.text,
                        "Intercambio  sns\n\nLECTOR\n(ninguno)\nquedan 3\n"
                        "RESULTADO: CORRECTO. ok\n");
    free(w.text);
}

static void streams_are_lines_without_a_document(void **state)
{
    (void)state;
    struct written w;
    start(&w, SB_OUT_JSON, false, SB_LANG_EN);
    sb_out_line(w.out, sb_bytes_str("{\"id\":1}"));
    (void)fflush(w.f);
    assert_string_equal(w.text, "{\"id\":1}\n");
    sb_out_line(w.out, sb_bytes_str("{\"id\":2}"));
    stop(&w);
    assert_string_equal(w.text, "{\"id\":1}\n{\"id\":2}\n");
    free(w.text);
}

static void a_broken_stream_is_told_at_the_end(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    struct sb_err err = {0};
    struct sb_out *out = sb_out_new(full, SB_OUT_TEXT, false, SB_LANG_EN);
    sb_out_note(out, "lost");
    assert_int_equal(sb_out_finish(out, &err), SB_E_IO);
    sb_out_free(out);
    (void)fclose(full);
    sb_out_free(NULL);
}

static void many_rows_are_kept(void **state)
{
    (void)state;
    struct written w;
    start(&w, SB_OUT_TEXT, false, SB_LANG_EN);
    sb_out_table(w.out, "readers", columns, 2);
    for (int i = 0; i < 5000; i++) {
        sb_out_cell_text(w.out, "x");
        sb_out_cell_int(w.out, i);
    }
    sb_out_end(w.out);
    stop(&w);
    assert_non_null(strstr(w.text, "\nx        4,999\n"));
    free(w.text);
}

static void progress_tells_rate_and_rest(void **state)
{
    (void)state;
    char line[160];
    struct sb_progress p = {.what = "verify", .total = 6000000, .started_ms = 1000};
    sb_progress_line(&p, 1500000, 11000, line, sizeof line);
    assert_string_equal(line, "verify  1,500,000 / 6,000,000 (25 %)  150,000/s  -0:30");
    sb_progress_line(&p, 0, 1000, line, sizeof line);
    assert_string_equal(line, "verify  0 / 6,000,000 (0 %)");
    p.total = 0;
    sb_progress_line(&p, 10, 2000, line, sizeof line);
    assert_string_equal(line, "verify  10  10/s");
    struct sb_progress silent;
    sb_progress_start(&silent, true, "x", 1);
    sb_progress_update(&silent, 1);
    sb_progress_end(&silent);
    assert_false(silent.shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_aligned),
        cmocka_unit_test(json_is_one_document),
        cmocka_unit_test(quiet_keeps_what_must_be_seen),
        cmocka_unit_test(values_cannot_move_the_cursor),
        cmocka_unit_test(spanish_comes_from_the_tables),
        cmocka_unit_test(streams_are_lines_without_a_document),
        cmocka_unit_test(a_broken_stream_is_told_at_the_end),
        cmocka_unit_test(many_rows_are_kept),
        cmocka_unit_test(progress_tells_rate_and_rest),
    };
    return cmocka_run_group_tests_name("broker.cli.output", tests, NULL, NULL);
}
