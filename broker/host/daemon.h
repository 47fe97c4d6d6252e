/* What every daemon's main does alike: its command line, how it says a failure, and the
 * keys of configuration that all of them have. */
#ifndef BROKER_HOST_DAEMON_H
#define BROKER_HOST_DAEMON_H

#include "broker/host/config.h"
#include "broker/host/log.h"

struct sb_daemon_options {
    const char *file; /* borrows from argv */
    bool check;
    bool manual;  /* print the page of the configuration, and end */
    int ready_fd; /* -1: none */
};

/* `-c FILE [--check] [--ready-fd N]`, `--manual`, `--version`, `--help`. 0: go on; 1:
 * answered on standard output; SB_E_USAGE. */
SB_CHECK int sb_daemon_options(int argc,
                               char **argv,
                               const char *program,
                               const char *usage,
                               struct sb_daemon_options *out,
                               struct sb_err *err);
/* Says the failure on standard error; returns the exit status: 2 for usage and for
 * faults of a configuration, else 1. */
int sb_daemon_fail(const char *program, const struct sb_err *err);
/* One finding of --check on standard output; `why` NULL when it is well. */
void sb_daemon_say_finding(void *ctx, const char *what, const struct sb_err *why);

/* "log_level" of a configuration with SB_DAEMON_KEYS. */
enum sb_log_level sb_daemon_log_level(const struct sb_config *c);

extern const char *const sb_daemon_log_levels[];

/* Rows of a table of keys. */
#define SB_DAEMON_KEYS                                                                 \
    {.name = "run_dir",                                                                \
     .type = SB_CONFIG_PATH,                                                           \
     .required = true,                                                                 \
     .summary = "folder of admin.sock"},                                               \
        {.name = "vault",                                                              \
         .type = SB_CONFIG_PATH,                                                       \
         .required = true,                                                             \
         .summary = "the program's own keys"},                                         \
        {.name = "passphrase_file",                                                    \
         .type = SB_CONFIG_PATH,                                                       \
         .summary = "opens the vault when it is sealed (0600)"},                       \
        {.name = "anchor",                                                             \
         .type = SB_CONFIG_PATH,                                                       \
         .required = true,                                                             \
         .summary = "anchor.json of the exchange"},                                    \
        {.name = "catalogue_folder",                                                   \
         .type = SB_CONFIG_PATH,                                                       \
         .summary = "the catalogue's files; the installed ones when left out"},        \
        {.name = "metrics",                                                            \
         .type = SB_CONFIG_TEXT,                                                       \
         .summary = "where Prometheus reads, as 127.0.0.1:9464; off when left out"},   \
    {                                                                                  \
        .name = "log_level", .type = SB_CONFIG_TEXT, .preset = "info",                 \
        .one_of = sb_daemon_log_levels, .summary = "error, warning, info or debug"     \
    }

#endif
