/* What a process gives up, and what it makes sure of, before it opens anything. */
#ifndef BROKER_HOST_PRIVILEGES_H
#define BROKER_HOST_PRIVILEGES_H

#include "schemas/base/err.h"

#define SB_FILES_WANTED 65536u

/* umask 077; no core dump and no ptrace of our memory by the same user; SIGPIPE
 * ignored; open files raised to the hard limit, SB_FILES_WANTED at most. Call first in
 * main of every program that holds a secret. */
SB_CHECK int sb_privileges_drop(struct sb_err *err);

/* The folder of sockets and state: created 0750 (one level) when absent; refused when
 * it is not a folder, belongs to another user, or others may write in it. */
SB_CHECK int sb_privileges_run_dir(const char *path, struct sb_err *err);

/* Refuses a file that group or others may read or write (secrets: 0600), or that is
 * not a regular file: SB_E_VAULT_MODE. */
SB_CHECK int sb_privileges_secret_file(const char *path, struct sb_err *err);

#endif
