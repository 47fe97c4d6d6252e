/* For cmd_catalog*.c only. */
#ifndef BROKER_CLI_CMD_CATALOG_H
#define BROKER_CLI_CMD_CATALOG_H

#include "broker/cli/grammar.h"
#include "schemas/catalog/catalog.h"

extern const struct sb_tr_row sb_catalog_spanish[];

int sb_catalog_run_validate(struct sb_cli *cli, struct sb_err *err);

/* Loads --catalogue, else the installed one. */
SB_CHECK int
sb_catalog_open(const struct sb_cli *cli, struct sb_catalog **out, struct sb_err *err);

#endif
