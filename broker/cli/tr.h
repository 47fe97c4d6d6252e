/* Languages: every text that a user sees is written in English in the code and found
 * in Spanish in a table of its family, by its English form.
 *
 * A text without a row stays English; sb_cli_check_families finds such rows for the
 * texts of the tables. */
#ifndef BROKER_CLI_TR_H
#define BROKER_CLI_TR_H

#include <stdbool.h>
#include <stddef.h>

enum sb_lang { SB_LANG_EN, SB_LANG_ES };

struct sb_tr_row {
    const char *en; /* NULL ends a table */
    const char *es; /* the same printf conversions in the same order */
};

/* "es", "es_GT.UTF-8" -> ES; all else -> EN; NULL -> EN. */
enum sb_lang sb_lang_parse(const char *name);
/* From LC_ALL, else LC_MESSAGES, else LANG: the first that is set and not empty. */
enum sb_lang sb_lang_environment(void);

/* The row of `en` in `table`, then in the framework's own; else `en` itself. */
const char *sb_tr_find(enum sb_lang lang, const struct sb_tr_row *table, const char *en)
    __attribute__((format_arg(3)));
/* The framework's own table. */
extern const struct sb_tr_row sb_tr_framework[];

#endif
