/* What is generated from the tables: manual page, shell completion, and the check that
 * the tables are whole. */
#ifndef BROKER_CLI_PAGES_H
#define BROKER_CLI_PAGES_H

#include "broker/cli/grammar.h"

/* man(7) source of sacbe(1), all commands with options and examples. */
void sb_cli_manual(const struct sb_cli_family *const *families,
                   enum sb_lang lang,
                   FILE *to);
/* A bash completion script. */
void sb_cli_completion(const struct sb_cli_family *const *families, FILE *to);

/* For unit tests of whoever owns families: summaries and examples are there, examples
 * begin with their command, options are unique and none shadows a global, every text
 * has its Spanish. SB_E_STATE with the first fault. */
SB_CHECK int sb_cli_check_families(const struct sb_cli_family *const *families,
                                   struct sb_err *err);

#endif
