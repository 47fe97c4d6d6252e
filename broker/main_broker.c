/* Purpose: sacbe-broker, the daemon in the middle: start, run, stop.
 * Invariant: privileges are given up before any secret is read; the readiness line is
 * written once peers can connect.
 * Not: the work (broker/io). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/cli/passphrase.h"
#include "broker/host/daemon.h"
#include "broker/host/installed.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "broker/io/check.h"
#include "broker/io/settings.h"
#include "keys/hash.h"
#include "schemas/catalog/catalog.h"

struct daemon {
    struct sb_config *config;
    struct sb_signals *signals;
    struct sb_vault *vault;
    struct sb_catalog *catalog; /* NULL: its default folder is not there */
    struct sb_priority *priorities;
    struct sb_broker_config broker;
};

static const char program[] = "sacbe-broker";
static const char usage[] =
    "usage: sacbe-broker -c FILE [--check] [--ready-fd N]\n"
    "       sacbe-broker --version | --help\n"
    "\n"
    "  -c, --config FILE   configuration (an example: sacbe init writes broker.yaml)\n"
    "      --check         say whether it would start; change nothing\n"
    "      --ready-fd N    write \"ready ADDRESS\" to descriptor N once it listens\n";

static int
open_vault(const struct sb_config *c, struct sb_vault **out, struct sb_err *err)
{
    struct sb_passphrase pass = {0};
    int rc =
        sb_passphrase_configured(&pass, c, "Passphrase of the broker's vault: ", err);
    if (!rc)
        rc = sb_vault_open(
            out, sb_config_text(c, "vault"), sb_bytes(pass.text, pass.n), err);
    sb_passphrase_wipe(&pass);
    return rc;
}

/* The types' priorities, borrowing from the catalogue. The default folder may be
 * absent; one that the file names may not. */
static int load_priorities(struct daemon *d, struct sb_err *err)
{
    struct sb_err why = {0};
    char found[SB_FOLDER_TEXT];
    const char *folder =
        sb_installed_catalogue(sb_config_text(d->config, "catalogue_folder"), found);
    if (!sb_config_has(d->config, "catalogue_folder") && access(folder, R_OK) != 0) {
        sb_log(d->broker.log,
               SB_LOG_WARNING,
               "broker",
               SB_LOG_TEXT("event", "no_priorities"),
               SB_LOG_TEXT("text", "the catalogue's folder is not there"),
               SB_LOG_TEXT("folder", folder));
        return 0;
    }
    int rc = sb_catalog_load(&d->catalog, folder, &why);
    if (rc)
        return sb_config_fail(d->config, "catalogue_folder", rc, err, "%s", why.text);
    size_t n = sb_catalog_type_count(d->catalog);
    d->priorities = calloc(n + 1, sizeof *d->priorities);
    if (!d->priorities)
        return sb_fail(err, SB_E_MEMORY, "priorities");
    for (size_t i = 0; i < n; i++) {
        const struct sb_event_type *t = sb_catalog_type_at(d->catalog, i);
        d->priorities[i].type = sb_bytes_str(t->name);
        d->priorities[i].priority = t->priority > 0 ? (uint64_t)t->priority : 0;
    }
    d->broker.priorities = d->priorities;
    d->broker.n_priorities = n;
    return 0;
}

static int say_ready(const struct sb_broker *b, int fd, struct sb_err *err)
{
    if (fd >= 0 && dprintf(fd, "ready %s\n", sb_broker_address(b)) < 0)
        return sb_fail(err, SB_E_IO, "--ready-fd %d: cannot be written", fd);
    if (fd >= 0)
        (void)close(fd);
    return sb_notify_ready(-1, err);
}

static int serve(struct sb_broker_config *config, int ready_fd, struct sb_err *err)
{
    struct sb_broker *b = NULL;
    int rc = sb_privileges_run_dir(config->run_dir, err);
    if (!rc)
        rc = sb_broker_open(&b, config, err);
    if (!rc) {
        sb_log(config->log,
               SB_LOG_INFO,
               "broker",
               SB_LOG_TEXT("event", "listening"),
               SB_LOG_TEXT("address", sb_broker_address(b)),
               SB_LOG_TEXT("version", SB_VERSION));
        rc = say_ready(b, ready_fd, err);
    }
    if (!rc)
        rc = sb_broker_run(b, err);
    sb_broker_close(b);
    if (!rc)
        sb_log(config->log, SB_LOG_INFO, "broker", SB_LOG_TEXT("event", "stopped"));
    return rc;
}

/* Everything that the broker borrows while it lives. */
static int prepare(struct daemon *d, const char *file, struct sb_err *err)
{
    int rc = sb_signals_open(&d->signals, err);
    if (!rc)
        rc = sb_config_load(&d->config, file, sb_broker_keys, err);
    if (rc)
        return rc;
    sb_settings_broker(d->config, &d->broker);
    d->broker.signals = d->signals;
    d->broker.log = sb_log_new(sb_daemon_log_level(d->config), NULL, NULL);
    rc = load_priorities(d, err);
    if (!rc)
        rc = open_vault(d->config, &d->vault, err);
    d->broker.vault = d->vault;
    return rc;
}

static void release(struct daemon *d)
{
    sb_log_free(d->broker.log);
    sb_vault_free(d->vault);
    sb_catalog_free(d->catalog);
    free(d->priorities);
    sb_config_free(d->config);
    sb_signals_free(d->signals);
}

static int run(const struct sb_daemon_options *o, struct sb_err *err)
{
    struct daemon d = {0};
    size_t bad = 0;
    int rc = prepare(&d, o->file, err);
    if (!rc && o->check)
        bad = sb_check_broker(&d.broker, sb_daemon_say_finding, NULL);
    else if (!rc)
        rc = serve(&d.broker, o->ready_fd, err);
    release(&d);
    if (rc)
        return sb_daemon_fail(program, err);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    struct sb_daemon_options o = {0};
    int rc = sb_daemon_options(argc, argv, program, usage, &o, &err);
    if (rc)
        return rc == 1 ? EXIT_SUCCESS : sb_daemon_fail(program, &err);
    if (sb_privileges_drop(&err) || sb_keys_init(&err))
        return sb_daemon_fail(program, &err);
    return run(&o, &err);
}
