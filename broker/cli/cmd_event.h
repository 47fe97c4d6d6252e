/* For cmd_event*.c only. */
#ifndef BROKER_CLI_CMD_EVENT_H
#define BROKER_CLI_CMD_EVENT_H

#include "broker/cli/tr.h"

extern const struct sb_tr_row sb_event_spanish[];

#endif
