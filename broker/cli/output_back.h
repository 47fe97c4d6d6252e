/* What the two back ends of the output share; for output*.c only. */
#ifndef BROKER_CLI_OUTPUT_BACK_H
#define BROKER_CLI_OUTPUT_BACK_H

#include "broker/cli/output.h"

#define SB_OUT_DEPTH 8 /* sections within sections */

enum sb_out_kind { SB_OUT_NULL, SB_OUT_STRING, SB_OUT_NUMBER, SB_OUT_TRUTH };

struct sb_out_cell { /* one value */
    enum sb_out_kind kind;
    struct sb_bytes text; /* STRING: any bytes */
    int64_t number;
};

struct sb_out_pair { /* a value that waits for its neighbours, to be aligned */
    const char *label;
    const char *value;
};

struct sb_out_text_back {
    struct sb_arena *arena; /* of what waits; reset when it is written */
    struct sb_out_pair *pairs;
    size_t n_pairs;
    size_t room_pairs;
    const char **cells; /* of the open table, row by row */
    size_t n_cells;
    size_t room_cells;
    size_t depth;
    bool wrote;
};

struct sb_out_json_back {
    struct json_t *stack[SB_OUT_DEPTH + 1]; /* borrowed from the root, [0] */
    size_t depth;
    struct json_t *rows; /* of the open table */
    struct json_t *row;
};

struct sb_out {
    FILE *stream;
    enum sb_out_format format;
    bool quiet;
    enum sb_lang lang;
    const struct sb_tr_row *rows;
    int failed;                          /* the first failure: a code */
    bool streamed;                       /* sb_out_line was used */
    bool finished;                       /* the document was written */
    const struct sb_out_column *columns; /* of the open table, or NULL */
    size_t n_columns;
    size_t column; /* of the next cell */
    struct sb_out_text_back text;
    struct sb_out_json_back json;
};

/* Remembers the first failure. */
void sb_out_broken(struct sb_out *out, int code);
const char *sb_out_word(const struct sb_out *out, const char *en)
    __attribute__((format_arg(2)));
/* Appends `v` with broken UTF-8 (and, for text, control characters) as \xNN. */
void sb_out_clean(struct sb_buf *to, struct sb_bytes v, bool controls);

void sb_out_text_value(struct sb_out *out,
                       const char *label,
                       const struct sb_out_cell *v);
void sb_out_text_open(struct sb_out *out, const char *title);
void sb_out_text_cell(struct sb_out *out, const struct sb_out_cell *v);
void sb_out_text_table_end(struct sb_out *out);
void sb_out_text_close(struct sb_out *out);
void sb_out_text_line(struct sb_out *out, const char *line);
void sb_out_text_flush(struct sb_out *out);

bool sb_out_json_start(struct sb_out *out);
void sb_out_json_value(struct sb_out *out,
                       const char *key,
                       const struct sb_out_cell *v);
void sb_out_json_raw(struct sb_out *out, const char *key, struct sb_bytes json);
void sb_out_json_open(struct sb_out *out, const char *key, bool item);
void sb_out_json_table(struct sb_out *out, const char *key);
void sb_out_json_cell(struct sb_out *out, const struct sb_out_cell *v);
void sb_out_json_close(struct sb_out *out);
/* {k1: v1, k2: v2 ...} appended to the root's array `key`, or, with `single`, as the
 * root's member; a NULL value is left out. */
void sb_out_json_entry(struct sb_out *out,
                       const char *key,
                       bool single,
                       const char *const *pairs);
void sb_out_json_finish(struct sb_out *out);
void sb_out_json_free(struct sb_out *out);

#endif
