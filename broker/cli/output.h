/* What a command says, once: as text for people or as one JSON document for programs.
 *
 * Every call has a key (its name in JSON) and a label or title (in text). key NULL:
 * only text; label NULL: only JSON. Calls never fail; the first failure (memory, a
 * closed pipe) is told by sb_out_finish. --quiet keeps JSON, failed verdicts and
 * errors, and drops the rest of the text.
 *
 *     sb_out_text(out, "exchange", "Exchange", name);
 *     sb_out_table(out, "members", columns, 2);
 *     sb_out_cell_text(out, "pnc"); sb_out_cell_int(out, 3);
 *     sb_out_end(out);
 *
 * Labels, titles and formats are English; the output itself puts them into the user's
 * language (tr.h). Control characters and broken UTF-8 of values are shown escaped.
 *
 * Text: consecutive values stand in two aligned columns; a table's columns are as wide
 * as their widest cell on a terminal (accents count as one). JSON: values are members
 * of the open object, a table is an array of objects by column key. */
#ifndef BROKER_CLI_OUTPUT_H
#define BROKER_CLI_OUTPUT_H

#include <stdio.h>

#include "broker/cli/tr.h"
#include "schemas/base/bytes.h"

enum sb_out_format { SB_OUT_TEXT, SB_OUT_JSON };

enum sb_finding { SB_PASSED, SB_FAILED, SB_INDETERMINATE };

struct sb_out_column {
    const char *key;
    const char *title;
    bool right; /* numbers stand at the right */
};

struct sb_out;

/* Writes to `stream` (borrowed). NULL when memory is exhausted. */
struct sb_out *
sb_out_new(FILE *stream, enum sb_out_format format, bool quiet, enum sb_lang lang);
void sb_out_free(struct sb_out *out); /* takes NULL; does not finish */
/* The table of the family that speaks, before the framework's; borrowed. */
void sb_out_translate(struct sb_out *out, const struct sb_tr_row *table);
enum sb_out_format sb_out_format(const struct sb_out *out);

/* Values of the open object. NULL text: JSON null, "-" in text. */
void sb_out_text(struct sb_out *out, const char *key, const char *label, const char *v);
void sb_out_bytes(struct sb_out *out,
                  const char *key,
                  const char *label,
                  struct sb_bytes v);
void sb_out_int(struct sb_out *out, const char *key, const char *label, int64_t v);
void sb_out_bool(struct sb_out *out, const char *key, const char *label, bool v);
/* Ms since 1970 UTC, as RFC 3339. */
void sb_out_time(struct sb_out *out, const char *key, const char *label, uint64_t ms);
/* A value that is JSON already (checked); only in JSON. */
void sb_out_json(struct sb_out *out, const char *key, struct sb_bytes json);

/* An object within the object, or the next object of an array `key` (created by its
 * first item); `title` is a heading line in text. Ends by sb_out_end. */
void sb_out_section(struct sb_out *out, const char *key, const char *title);
void sb_out_item(struct sb_out *out, const char *key, const char *title);
/* A table: cells row by row, always all columns of a row; ends by sb_out_end. Columns
 * are borrowed until then. Numbers in text are grouped: 6,402,118. */
void sb_out_table(struct sb_out *out,
                  const char *key,
                  const struct sb_out_column *columns,
                  size_t n);
void sb_out_cell_text(struct sb_out *out, const char *v); /* NULL: null, "-" */
void sb_out_cell_bytes(struct sb_out *out, struct sb_bytes v);
void sb_out_cell_int(struct sb_out *out, int64_t v);
void sb_out_cell_bool(struct sb_out *out, bool v);
void sb_out_cell_time(struct sb_out *out, uint64_t ms);
void sb_out_end(struct sb_out *out);

/* A line of prose: JSON "notes". */
void sb_out_note(struct sb_out *out, const char *fmt, ...) SB_PRINTF(2, 3);
/* " ATTENTION text -> command": JSON "attention" [{text, command}]; command may be
 * NULL. Not dropped by --quiet. */
void sb_out_attention(struct sb_out *out, const char *command, const char *fmt, ...)
    SB_PRINTF(3, 4);
/* " PASSED  text": JSON "findings" [{finding, code, text}]; code 0: none. */
void sb_out_finding(struct sb_out *out,
                    enum sb_finding finding,
                    int code,
                    const char *fmt,
                    ...) SB_PRINTF(4, 5);
/* "RESULT: FAILED. text": JSON "result" {finding, text}. The last line. */
void sb_out_result(struct sb_out *out, enum sb_finding finding, const char *fmt, ...)
    SB_PRINTF(3, 4);
/* The error of a refused command, in the document: JSON "error" {code, name, text}. */
void sb_out_error(struct sb_out *out, const struct sb_err *err);

/* For streams (`journal replay`, `tail`): one finished line at once, in both formats;
 * a command that uses it builds no document. */
void sb_out_line(struct sb_out *out, struct sb_bytes line);

/* 6,402,118: how numbers stand in text. */
void sb_out_group(char out[32], uint64_t v);

/* Writes what is pending and flushes. */
SB_CHECK int sb_out_finish(struct sb_out *out, struct sb_err *err);

#endif
