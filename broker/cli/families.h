/* The exchange's command families, one per cmd_*.c. */
#ifndef BROKER_CLI_FAMILIES_H
#define BROKER_CLI_FAMILIES_H

#include "broker/cli/grammar.h"

extern const struct sb_cli_family sb_cli_init;
extern const struct sb_cli_family sb_cli_join;
extern const struct sb_cli_family sb_cli_status;
extern const struct sb_cli_family sb_cli_lag;
extern const struct sb_cli_family sb_cli_metrics;
extern const struct sb_cli_family sb_cli_tail;
extern const struct sb_cli_family sb_cli_identity;
extern const struct sb_cli_family sb_cli_card;
extern const struct sb_cli_family sb_cli_directory;
extern const struct sb_cli_family sb_cli_member;
extern const struct sb_cli_family sb_cli_grant;
extern const struct sb_cli_family sb_cli_catalog;
extern const struct sb_cli_family sb_cli_journal;
extern const struct sb_cli_family sb_cli_stream;
extern const struct sb_cli_family sb_cli_audit;
extern const struct sb_cli_family sb_cli_event;

#endif
