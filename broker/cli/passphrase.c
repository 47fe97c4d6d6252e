/* Purpose: a passphrase, from where it may come from.
 * Invariant: on failure nothing of it stays in memory; the terminal's echo is back
 * whatever happens here.
 * Not for: keys; those live in guarded memory behind `keys`. */
#include "broker/cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "broker/host/privileges.h"
#include "keys/vault.h"

enum { INTERRUPT = 3 }; /* Ctrl-C, read as a character */

void sb_passphrase_wipe(struct sb_passphrase *p)
{
    explicit_bzero(p, sizeof *p);
}

/* One line of `fd`, at most SB_PASSPHRASE_MAX bytes; `whole`: to its end instead. */
static int read_text(
    int fd, bool whole, const char *from, struct sb_passphrase *out, struct sb_err *err)
{
    char c = 0;
    size_t n = 0;
    ssize_t got = 0;
    while ((got = read(fd, &c, 1)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        if (c == '\n' && !whole)
            break;
        if (c == INTERRUPT && !whole)
            return sb_fail(err, SB_E_INTERRUPTED, "interrupted");
        if (n > SB_PASSPHRASE_MAX || c == '\0')
            return sb_fail(err,
                           SB_E_VAULT_PASSPHRASE,
                           "%s: the passphrase is longer than %u bytes or no text",
                           from,
                           SB_PASSPHRASE_MAX);
        out->text[n++] = c;
    }
    c = 0;
    if (got < 0)
        return sb_fail_os(err, errno, "%s: cannot be read", from);
    if (whole && n > 0 && out->text[n - 1] == '\n')
        n--;
    if (n > SB_PASSPHRASE_MAX)
        return sb_fail(
            err, SB_E_VAULT_PASSPHRASE, "%s: the passphrase is too long", from);
    if (n == 0)
        return sb_fail(err, SB_E_VAULT_PASSPHRASE, "%s: the passphrase is empty", from);
    out->text[n] = '\0';
    out->n = n;
    return 0;
}

static int from_file(struct sb_passphrase *out, const char *path, struct sb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? sb_fail(err, SB_E_NOT_FOUND, "%s: no such file", path)
                               : sb_fail_os(err, errno, "%s: cannot be read", path);
    int rc = read_text(fd, true, path, out, err);
    close(fd);
    return rc;
}

static int
ask_once(int tty, const char *prompt, struct sb_passphrase *out, struct sb_err *err)
{
    struct termios before;
    if (tcgetattr(tty, &before) != 0)
        return sb_fail_os(err, errno, "the terminal cannot be asked");
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    silent.c_lflag |= ICANON | ECHONL;
    silent.c_cc[VEOL] = INTERRUPT; /* ends the line, so that we put the echo back */
    if (write(tty, prompt, strlen(prompt)) < 0)
        return sb_fail_os(err, errno, "the terminal cannot be written to");
    if (tcsetattr(tty, TCSAFLUSH, &silent) != 0)
        return sb_fail_os(err, errno, "the terminal's echo cannot be turned off");
    int rc = read_text(tty, false, "terminal", out, err);
    tcsetattr(tty, TCSAFLUSH, &before);
    return rc;
}

static int ask_twice(int tty,
                     const struct sb_passphrase_ask *ask,
                     struct sb_passphrase *out,
                     struct sb_err *err)
{
    int rc = ask_once(tty, ask->prompt, out, err);
    if (rc != 0 || !ask->again)
        return rc;
    struct sb_passphrase second = {0};
    rc = ask_once(tty, ask->again, &second, err);
    if (rc == 0 && strcmp(out->text, second.text) != 0)
        rc = sb_fail(err, SB_E_VAULT_PASSPHRASE, "the two passphrases differ");
    sb_passphrase_wipe(&second);
    return rc;
}

static int from_terminal(struct sb_passphrase *out,
                         const struct sb_passphrase_ask *ask,
                         struct sb_err *err)
{
    int tty = ask->no_terminal ? -1 : open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0)
        return sb_fail(err,
                       SB_E_VAULT_PASSPHRASE,
                       "a passphrase is needed and there is no terminal to ask (give "
                       "--passphrase-file FILE, mode 0600, or a systemd credential "
                       "sacbe.passphrase)");
    int rc = ask_twice(tty, ask, out, err);
    close(tty);
    return rc;
}

/* The path of the credential, where systemd gave one. */
static bool credential(char path[PATH_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || !*folder)
        return false;
    int n = snprintf(path, PATH_MAX, "%s/sacbe.passphrase", folder);
    return n > 0 && n < PATH_MAX && access(path, F_OK) == 0;
}

int sb_passphrase_get(struct sb_passphrase *out,
                      const struct sb_passphrase_ask *ask,
                      struct sb_err *err)
{
    char path[PATH_MAX];
    struct sb_passphrase got = {0};
    int rc = 0;
    if (ask->file) {
        rc = sb_privileges_secret_file(ask->file, err);
        if (rc == 0)
            rc = from_file(&got, ask->file, err);
    } else if (credential(path)) {
        /* systemd answers for its rights: 0400 of the service, in its own mount. */
        rc = from_file(&got, path, err);
    } else {
        rc = from_terminal(&got, ask, err);
    }
    if (rc == 0)
        *out = got;
    sb_passphrase_wipe(&got);
    return rc;
}

int sb_passphrase_configured(struct sb_passphrase *out,
                             const struct sb_config *c,
                             const char *prompt,
                             struct sb_err *err)
{
    struct sb_passphrase_ask ask = {.file = sb_config_text(c, "passphrase_file"),
                                    .prompt = prompt,
                                    .no_terminal = !isatty(STDIN_FILENO)};
    int rc = sb_vault_is_sealed(sb_config_text(c, "vault"), err);
    if (rc == 1)
        return sb_passphrase_get(out, &ask, err);
    if (rc == 0)
        out->n = 0;
    return rc;
}
