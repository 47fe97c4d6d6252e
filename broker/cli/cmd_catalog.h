/* For cmd_catalog*.c only. */
#ifndef BROKER_CLI_CMD_CATALOG_H
#define BROKER_CLI_CMD_CATALOG_H

#include "broker/cli/grammar.h"

extern const struct sb_tr_row sb_catalog_spanish[];

int sb_catalog_run_validate(struct sb_cli *cli, struct sb_err *err);

/* --catalogue, else the installed one. */
const char *sb_catalog_folder(const struct sb_cli *cli);

#endif
