/* A daemon's main, but for its work: options, rights, keys, signals, configuration,
 * log, passphrase, service manager, `--check`.
 *
 *     int main(int argc, char **argv) { return sb_daemon_run(argc, argv, &program); }
 *
 * Exit status: 0 after a stop that was asked for, or when --check found all well; 1
 * when it could not start or go on, or when --check found something; 2 for wrong usage
 * and for a configuration that cannot be read or is none. */
#ifndef BROKER_CLI_DAEMON_RUN_H
#define BROKER_CLI_DAEMON_RUN_H

#include "broker/host/daemon.h"
#include "broker/host/service.h"
#include "broker/host/signals.h"

struct sb_daemon { /* what the program's own part is given; borrowed while it runs */
    const struct sb_config *config;
    struct sb_signals *signals;
    struct sb_log *log;
    struct sb_service *service;
    const char *passphrase; /* of the vault; n 0: it is not sealed */
    size_t passphrase_n;
    int ready_fd;
};

struct sb_daemon_program {
    const char *name;                 /* "sacbe-broker" */
    const char *module;               /* of its lines in the log: "broker" */
    const char *ready;                /* what --ready-fd writes, for --help */
    const struct sb_config_key *keys; /* with SB_DAEMON_KEYS */
    /* Says each finding by sb_daemon_say_finding; 0: all is well, 1: it is not. */
    int (*check)(const struct sb_daemon *d, struct sb_err *err);
    /* Runs until it is told to stop; says that it is ready (sb_service_ready). Called
     * with a run_dir that is ours. */
    int (*serve)(const struct sb_daemon *d, struct sb_err *err);
};

/* Returns the exit status. */
int sb_daemon_run(int argc, char **argv, const struct sb_daemon_program *program);

#endif
