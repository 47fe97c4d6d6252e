/* A passphrase: from --passphrase-file (0600, else SB_E_VAULT_MODE), else the systemd
 * credential $CREDENTIALS_DIRECTORY/sacbe.passphrase, else the terminal without echo.
 * Never from argv or the environment. One trailing newline of a file is dropped. */
#ifndef BROKER_CLI_PASSPHRASE_H
#define BROKER_CLI_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/host/config.h"

#define SB_PASSPHRASE_MAX 1024u

struct sb_passphrase {
    size_t n;
    char text[SB_PASSPHRASE_MAX + 1]; /* NUL after n bytes; no NUL inside */
};

struct sb_passphrase_ask {
    const char *file;   /* --passphrase-file, or NULL */
    const char *prompt; /* for the terminal, e.g. "Passphrase for pnc.vault: " */
    const char *again;  /* prompt of a second reading, for a new one; else NULL */
    bool no_terminal;   /* a daemon: never asks */
};

/* On success the caller wipes `out`. SB_E_VAULT_PASSPHRASE when it is empty, too long,
 * the two readings differ, or nobody can be asked. */
SB_CHECK int sb_passphrase_get(struct sb_passphrase *out,
                               const struct sb_passphrase_ask *ask,
                               struct sb_err *err);
/* That of a daemon's vault, by its keys "vault" and "passphrase_file"; n is 0 when the
 * vault is not sealed. */
SB_CHECK int sb_passphrase_configured(struct sb_passphrase *out,
                                      const struct sb_config *c,
                                      const char *prompt,
                                      struct sb_err *err);
void sb_passphrase_wipe(struct sb_passphrase *p);

#endif
