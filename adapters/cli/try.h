/* `mapping try`: local rows mapped and judged, nothing sent. */
#ifndef ADAPTERS_CLI_TRY_H
#define ADAPTERS_CLI_TRY_H

#include "adapters/cli/local.h"

struct sb_try {
    const struct sb_cli *cli;
    const struct sb_local *local;
    struct sb_db *db;
    const struct sb_event_type *type;
    struct sb_arena *arena; /* of one row */
    uint64_t left;          /* rows still to be looked at */
    uint64_t rows;
    uint64_t good;
};

/* Maps up to `left` rows, one line each. */
SB_CHECK int sb_try_rows(struct sb_try *t, struct sb_err *err);

#endif
