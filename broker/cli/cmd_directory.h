/* What a directory says, for commands; for cmd_directory*.c only. */
#ifndef BROKER_CLI_CMD_DIRECTORY_H
#define BROKER_CLI_CMD_DIRECTORY_H

#include "broker/cli/cmd_file.h"

extern const struct sb_tr_row sb_directory_spanish[];

/* Version, validity, signatures, broker, policy, counts. */
void sb_directory_tell(const struct sb_cli *cli, const struct sb_cmd_dir *d);
void sb_directory_tell_policy(const struct sb_cli *cli, const struct sb_directory *d);
SB_CHECK int sb_directory_tell_roots(const struct sb_cli *cli,
                                     const struct sb_cmd_dir *d,
                                     struct sb_err *err);
SB_CHECK int sb_directory_tell_members(const struct sb_cli *cli,
                                       const struct sb_cmd_dir *d,
                                       struct sb_err *err);
/* One row of a table per difference; *n: how many. */
SB_CHECK int sb_directory_tell_changes(const struct sb_cli *cli,
                                       const struct sb_cmd_dir *older,
                                       const struct sb_cmd_dir *newer,
                                       size_t *n,
                                       struct sb_err *err);

/* The roots for publication (keys/roots.h), of a directory file or an anchor.json. */
SB_CHECK int sb_directory_print_roots(struct sb_cli *cli, struct sb_err *err);

/* The vkey lines of the log and of the witnesses, of a signed directory. */
SB_CHECK int sb_directory_print_vkeys(struct sb_cli *cli, struct sb_err *err);

/* cmd_directory_limits.c: --limit; *changed is set when there is one. */
SB_CHECK int sb_directory_set_limits(struct sb_cli *cli,
                                     struct sb_cmd_dir *d,
                                     bool *changed,
                                     struct sb_err *err);
void sb_directory_tell_limits(const struct sb_cli *cli, const struct sb_directory *d);
/* NULL: the directory has no such pair. */
const struct sb_limit *sb_directory_limit(const struct sb_directory *d,
                                          struct sb_bytes code);

/* `directory policy` and `directory generation`. */
int sb_directory_run_policy(struct sb_cli *cli, struct sb_err *err);
int sb_directory_run_generation(struct sb_cli *cli, struct sb_err *err);
extern const struct sb_cli_option sb_directory_policy_options[];
extern const struct sb_cli_option sb_directory_generation_options[];

#endif
