/* What `sacbe init` makes; for cmd_init*.c only. */
#ifndef BROKER_CLI_CMD_INIT_H
#define BROKER_CLI_CMD_INIT_H

#include "broker/cli/cmd_file.h"
#include "broker/cli/cmd_manifest.h"

struct sb_init { /* all zero frees as well */
    const struct sb_cli *cli;
    const char *catalogue;    /* the catalogue's folder */
    const char *folder;       /* as asked */
    char stage[SB_PATH_TEXT]; /* beside it, renamed at the end; empty: none yet */
    uint64_t now;
    uint64_t valid_ms;
    struct sb_arena *arena;
    struct sb_manifest manifest;
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    struct sb_vault *roots[SB_ROOTS_MAX];
    size_t n_roots;
    struct sb_vault *broker;
};

/* Makes the stage (not in a dry run); SB_E_EXISTS when the folder is there and
 * not empty. */
SB_CHECK int sb_init_stage(struct sb_init *in, struct sb_err *err);
/* Directory 1 signed by every root that is held here; appends the record. */
SB_CHECK int
sb_init_directory(struct sb_init *in, struct sb_buf *out, struct sb_err *err);
/* anchor.json, directory-1.sbd, catalogue.sbc, broker.vault, broker.yaml into
 * the stage. */
SB_CHECK int sb_init_write(struct sb_init *in, struct sb_err *err);
/* Appends the configuration of the broker in that folder. */
void sb_init_yaml(const struct sb_init *in, struct sb_buf *out);
/* The stage becomes the folder. */
SB_CHECK int sb_init_finish(struct sb_init *in, struct sb_err *err);
/* Removes the stage and what stands in it. */
void sb_init_abandon(struct sb_init *in);

#endif
