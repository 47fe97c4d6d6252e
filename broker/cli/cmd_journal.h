/* For cmd_journal*.c and cmd_replay*.c only. */
#ifndef BROKER_CLI_CMD_JOURNAL_H
#define BROKER_CLI_CMD_JOURNAL_H

#include "broker/cli/cmd_file.h"
#include "schemas/record/record.h"

extern const struct sb_tr_row sb_journal_spanish[];

/* The journal's file: argument `arg`, else `journal` of the configuration that -c
 * names.
 */
SB_CHECK int sb_journal_path(struct sb_cli *cli,
                             size_t arg,
                             char out[SB_PATH_TEXT],
                             struct sb_err *err);
/* A moment that has passed: as sb_cmd_when, but a length of time counts back. */
SB_CHECK int sb_journal_moment(const char *text, uint64_t *ms, struct sb_err *err);
/* The stream, first and last number of a record, where its kind has them; all
 * empty and 0 otherwise. Slices borrow from the record. */
struct sb_journal_line {
    struct sb_bytes stream;
    uint64_t first;
    uint64_t last;
};
SB_CHECK int sb_journal_describe(enum sb_kind kind,
                                 struct sb_bytes record,
                                 struct sb_arena *arena,
                                 struct sb_journal_line *out,
                                 struct sb_err *err);
/* `journal export` and `journal prune`. */
int sb_journal_run_export(struct sb_cli *cli, struct sb_err *err);
int sb_journal_run_prune(struct sb_cli *cli, struct sb_err *err);
extern const struct sb_cli_option sb_journal_export_options[];
extern const struct sb_cli_option sb_journal_prune_options[];
/* `journal backup` and `journal restore`. */
int sb_journal_run_backup(struct sb_cli *cli, struct sb_err *err);
int sb_journal_run_restore(struct sb_cli *cli, struct sb_err *err);
extern const struct sb_cli_option sb_journal_backup_options[];
extern const struct sb_cli_option sb_journal_restore_options[];
/* `journal replay`. */
int sb_journal_run_replay(struct sb_cli *cli, struct sb_err *err);
extern const struct sb_cli_option sb_journal_replay_options[];

#endif
