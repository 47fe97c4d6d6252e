/* One grammar for every command: `sacbe [-c FILE] noun [verb] [options] [arguments]`.
 *
 * A family is a table; parsing, help, completion, the manual and the checks all read
 * the same tables. A `.c` file of its own exports `const struct sb_cli_family
 * sb_cli_<noun>`; the program's main lists the families.
 *
 * Every command has --json, --quiet and --help; with SB_CLI_SHARED also --dry-run; with
 * SB_CLI_PASSPHRASE also --passphrase-file FILE. Globals stand anywhere: -c FILE,
 * --lang en|es, --version. */
#ifndef BROKER_CLI_GRAMMAR_H
#define BROKER_CLI_GRAMMAR_H

#include "broker/cli/output.h"
#include "broker/cli/passphrase.h"
#include "broker/cli/tr.h"

enum sb_exit {
    SB_EXIT_YES = 0,
    SB_EXIT_NO = 1, /* a negative answer */
    SB_EXIT_USAGE = 2,
    SB_EXIT_INDETERMINATE = 3,
    SB_EXIT_AGAIN = 75,
};

enum sb_cli_kind { SB_CLI_FLAG, SB_CLI_TEXT, SB_CLI_INT, SB_CLI_FILE };

struct sb_cli_option {
    const char *name; /* long name without dashes; NULL ends a table */
    enum sb_cli_kind kind;
    char letter;         /* short form, or 0; not c, h, q */
    bool repeated;       /* may stand more than once */
    bool required;       /* a usage error without it */
    const char *value;   /* how the value is shown: "FILE", "N" */
    const char *summary; /* English; its Spanish in the family's table */
    int64_t min;         /* of INT; both 0: any */
    int64_t max;
    const char *const *one_of; /* the only values, ended by NULL; or NULL */
};

enum sb_cli_flag {
    SB_CLI_SHARED = 1,     /* changes shared state: gets --dry-run */
    SB_CLI_PASSPHRASE = 2, /* opens a vault: gets --passphrase-file */
    SB_CLI_HIDDEN = 4,     /* not in help and manual */
};

struct sb_cli;

struct sb_cli_command {
    const char *verb;    /* NULL: the noun alone is the command (`sacbe status`) */
    const char *summary; /* one line, English */
    const char *args;    /* "FILE...", or NULL */
    unsigned args_min;
    unsigned args_max;                   /* UINT_MAX: no bound */
    const struct sb_cli_option *options; /* ended by name NULL; or NULL */
    const char *example;                 /* one line: "sacbe directory show --json" */
    unsigned flags;                      /* of enum sb_cli_flag */
    /* An exit status (enum sb_exit) or a negative code, which the framework prints with
     * err's text and turns into an exit status. */
    int (*run)(struct sb_cli *cli, struct sb_err *err);
};

struct sb_cli_family {
    const char *noun;
    const char *summary;
    const struct sb_cli_command *commands; /* ended by run NULL */
    const struct sb_tr_row *spanish;       /* of the family's texts; or NULL */
};

/* Parses, runs, prints, and returns the process's exit status. `families` ends by NULL;
 * `explain`, `completion` and `manual` are added. `ctx` is what the program gives its
 * commands. */
int sb_cli_main(int argc,
                char **argv,
                const struct sb_cli_family *const *families,
                void *ctx);

/* For commands. Names that the command's table does not have are asserted. Strings
 * borrow from argv. */
bool sb_cli_flag(const struct sb_cli *cli, const char *name);
const char *sb_cli_text(const struct sb_cli *cli, const char *name); /* NULL: absent */
int64_t sb_cli_int(const struct sb_cli *cli, const char *name, int64_t otherwise);
const char *const *
sb_cli_values(const struct sb_cli *cli, const char *name, size_t *count);
size_t sb_cli_arg_count(const struct sb_cli *cli);
const char *sb_cli_arg(const struct sb_cli *cli, size_t i); /* NULL when i >= count */
bool sb_cli_dry_run(const struct sb_cli *cli);
bool sb_cli_quiet(const struct sb_cli *cli);
void *sb_cli_ctx(const struct sb_cli *cli);
struct sb_out *sb_cli_out(const struct sb_cli *cli);
enum sb_lang sb_cli_lang(const struct sb_cli *cli);
/* The configuration file: -c, else the only file of SB_SYSCONFDIR ending in .yaml; none
 * or several are SB_E_USAGE with what to do. Borrowed from `cli`. */
SB_CHECK int sb_cli_config(struct sb_cli *cli, const char **path, struct sb_err *err);
/* --passphrase-file, credential or terminal; `again`: a new one, asked twice. */
SB_CHECK int sb_cli_passphrase(const struct sb_cli *cli,
                               const char *vault,
                               bool again,
                               struct sb_passphrase *out,
                               struct sb_err *err);
/* A text in the user's language; also for printf formats. */
const char *sb_tr(const struct sb_cli *cli, const char *en)
    __attribute__((format_arg(2)));

/* The exit status of a code: 2 usage and unreadable input, 75 try again, else 1. */
enum sb_exit sb_cli_exit(int code);

#endif
