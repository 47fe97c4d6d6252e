/* Purpose: the sentences of the output: notes, attention, findings, the result, errors.
 * Invariant: --quiet never hides a failure. */
#include "broker/cli/output_back.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *const finding_names[] = {"passed", "failed", "indeterminate"};
static const char *const finding_words[] = {"PASSED", "FAILED", "INDETERMINATE"};

/* The sentence in the user's language, clean; NULL when memory is exhausted. The caller
 * frees. */
static char *sentence(struct sb_out *out, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static char *sentence(struct sb_out *out, const char *fmt, va_list args)
{
    char *raw = NULL;
    if (vasprintf(&raw, sb_out_word(out, fmt), args) < 0) {
        sb_out_broken(out, SB_E_MEMORY);
        return NULL;
    }
    struct sb_buf clean = {0};
    sb_out_clean(&clean, sb_bytes_str(raw), true);
    sb_buf_byte(&clean, '\0');
    free(raw);
    if (clean.failed) {
        sb_out_broken(out, clean.failed);
        sb_buf_free(&clean);
        return NULL;
    }
    return (char *)clean.p;
}

static void line(struct sb_out *out, const char *fmt, ...) SB_PRINTF(2, 3);

static void line(struct sb_out *out, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0) {
        sb_out_broken(out, SB_E_MEMORY);
        return;
    }
    sb_out_text_line(out, text);
    free(text);
}

void sb_out_note(struct sb_out *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = sentence(out, fmt, args);
    va_end(args);
    const char *const pairs[] = {NULL, text, NULL};
    if (text && out->format == SB_OUT_JSON)
        sb_out_json_entry(out, "notes", false, pairs);
    else if (text && !out->quiet)
        line(out, "%s", text);
    free(text);
}

void sb_out_attention(struct sb_out *out, const char *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = sentence(out, fmt, args);
    va_end(args);
    const char *const pairs[] = {"text", text, "command", command, NULL};
    if (text && out->format == SB_OUT_JSON)
        sb_out_json_entry(out, "attention", false, pairs);
    else if (text)
        line(out,
             " %s %s%s%s",
             sb_out_word(out, "ATTENTION"),
             text,
             command ? " -> " : "",
             command ? command : "");
    free(text);
}

void sb_out_finding(
    struct sb_out *out, enum sb_finding finding, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = sentence(out, fmt, args);
    va_end(args);
    char number[16] = "";
    if (code != 0)
        snprintf(number, sizeof number, "SB-%d", sb_code_number(code));
    const char *const pairs[] = {"finding",
                                 finding_names[finding],
                                 "text",
                                 text,
                                 "code",
                                 code ? number : NULL,
                                 NULL};
    if (text && out->format == SB_OUT_JSON)
        sb_out_json_entry(out, "findings", false, pairs);
    else if (text && (!out->quiet || finding == SB_FAILED))
        line(out,
             " %-13s %s%s%s",
             sb_out_word(out, finding_words[finding]),
             number,
             code ? " " : "",
             text);
    free(text);
}

void sb_out_result(struct sb_out *out, enum sb_finding finding, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = sentence(out, fmt, args);
    va_end(args);
    const char *const pairs[] = {"finding", finding_names[finding], "text", text, NULL};
    if (text && out->format == SB_OUT_JSON)
        sb_out_json_entry(out, "result", true, pairs);
    else if (text && (!out->quiet || finding != SB_PASSED))
        line(out,
             "%s: %s. %s",
             sb_out_word(out, "RESULT"),
             sb_out_word(out, finding_words[finding]),
             text);
    free(text);
}

void sb_out_error(struct sb_out *out, const struct sb_err *err)
{
    char number[16];
    snprintf(number, sizeof number, "SB-%d", sb_code_number(err->code));
    const char *const pairs[] = {
        "code", number, "name", sb_code_name(err->code), "text", err->text, NULL};
    if (out->format == SB_OUT_JSON)
        sb_out_json_entry(out, "error", true, pairs);
}
