/* What a command line is once parsed; for the framework's own files only. */
#ifndef BROKER_CLI_STATE_H
#define BROKER_CLI_STATE_H

#include "broker/cli/grammar.h"

#define SB_CLI_OPTIONS_MAX 40u /* of one command, with the common ones */

struct sb_cli_value { /* of one option of the command */
    const char **texts;
    size_t n;
    int64_t number; /* of INT: the last */
};

struct sb_cli {
    const char *program;
    const struct sb_cli_family *const *families; /* all, ended by NULL */
    void *ctx;
    enum sb_lang lang;
    const char *config; /* -c */
    char *found_config; /* owned: looked up */
    const char *passphrase_file;
    bool json;
    bool quiet;
    bool dry_run;
    bool help;
    bool version;
    const struct sb_cli_family *family;
    const struct sb_cli_command *command;
    struct sb_cli_value *values; /* one per option of the command */
    const char **args;
    size_t n_args;
    struct sb_out *out;
};

/* Fills `cli` from argv up to the command's last argument; with --help or --version,
 * family and command may be NULL. Faults are SB_E_USAGE with a suggestion. */
SB_CHECK int
sb_cli_parse(struct sb_cli *cli, int argc, char **argv, struct sb_err *err);
void sb_cli_clear(struct sb_cli *cli); /* frees what parsing made */

/* What every command takes, ended by name NULL; `flags` of the command say which of
 * the last two (SHARED, PASSPHRASE) it has. */
enum { SB_CLI_COMMON_SHARED = 6, SB_CLI_COMMON_PASSPHRASE = 7 };
extern const struct sb_cli_option sb_cli_common[];
/* Does the command (NULL: no command yet) take common option `i`? */
bool sb_cli_takes(const struct sb_cli_command *command, size_t i);

size_t sb_cli_option_count(const struct sb_cli_command *command);
/* "member list", or "status"; out holds 128 bytes. */
const char *sb_cli_name(const struct sb_cli_family *family,
                        const struct sb_cli_command *command,
                        char out[128]);

SB_CHECK int
sb_cli_find_family(struct sb_cli *cli, const char *noun, struct sb_err *err);
/* `word` NULL: there is none. `*taken`: it was a verb; a command without verb takes
 * any word as an argument. With --help and no word, command stays NULL. */
SB_CHECK int sb_cli_find_command(struct sb_cli *cli,
                                 const char *word,
                                 bool *taken,
                                 struct sb_err *err);
/* The family's command without a verb, or NULL. */
const struct sb_cli_command *sb_cli_alone(const struct sb_cli_family *family);

/* Help on `to`: of the program, of `family`, or of `command`, the most special given.
 */
void sb_cli_help(const struct sb_cli *cli, FILE *to);
/* "--status STATUS", "-n, --count N". */
void sb_cli_option_form(const struct sb_cli_option *o, char *out, size_t n);

/* `explain`, `completion`, `manual`: in every program. */
extern const struct sb_cli_family sb_cli_explain;
extern const struct sb_cli_family sb_cli_completion_family;
extern const struct sb_cli_family sb_cli_manual_family;

#endif
