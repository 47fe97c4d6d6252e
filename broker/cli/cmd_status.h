/* For cmd_status*.c only. */
#ifndef BROKER_CLI_CMD_STATUS_H
#define BROKER_CLI_CMD_STATUS_H

#include "broker/cli/cmd_admin.h"

extern const struct sb_tr_row sb_status_spanish[];

/* What an adapter answered: its connection, streams, sources and readings. */
void sb_status_adapter(const struct sb_cli *cli, const struct sb_value *map);

#endif
