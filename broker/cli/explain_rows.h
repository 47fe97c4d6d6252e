/* The explanations: tables per language, a file each, ended by number 0. */
#ifndef BROKER_CLI_EXPLAIN_ROWS_H
#define BROKER_CLI_EXPLAIN_ROWS_H

#include "broker/cli/explain.h"

extern const struct sb_explain sb_explain_en_data[];     /* to 399 */
extern const struct sb_explain sb_explain_en_exchange[]; /* from 400, without: */
extern const struct sb_explain sb_explain_en_journal[];  /* 600 to 699 */
extern const struct sb_explain sb_explain_es_data[];
extern const struct sb_explain sb_explain_es_exchange[];
extern const struct sb_explain sb_explain_es_journal[];

#endif
