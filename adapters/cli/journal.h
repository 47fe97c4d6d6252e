/* The family `journal` with a `replay` that needs the engine: made of broker/cli's. */
#ifndef ADAPTERS_CLI_JOURNAL_H
#define ADAPTERS_CLI_JOURNAL_H

#include "broker/cli/grammar.h"

#define SB_JOURNAL_VERBS 16u
#define SB_JOURNAL_ROWS 256u

struct sb_journal_family {
    struct sb_cli_family family;
    struct sb_cli_command commands[SB_JOURNAL_VERBS];
    struct sb_tr_row rows[SB_JOURNAL_ROWS];
    size_t n_rows;
};

/* Fills `out`, which must live and stay where it is while the family is in use. */
const struct sb_cli_family *sb_journal_family(struct sb_journal_family *out);

#endif
