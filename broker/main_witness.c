/* Purpose: sacbe-witness, the daemon that watches the broker's journal for an
 * institution and cosigns it: start, run, stop.
 * Invariant: privileges are given up before any secret is read; the readiness line is
 * written once it runs, connected or not.
 * Not: the work (broker/watch). */
#include <stdlib.h>

#include "broker/cli/passphrase.h"
#include "broker/host/clock.h"
#include "broker/host/daemon.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "broker/watch/settings.h"
#include "broker/watch/watch.h"
#include "keys/hash.h"

static const char program[] = "sacbe-witness";
static const char usage[] =
    "usage: sacbe-witness -c FILE [--check] [--ready-fd N]\n"
    "       sacbe-witness --version | --help\n"
    "\n"
    "  -c, --config FILE   configuration\n"
    "      --check         say whether it would run; change nothing\n"
    "      --ready-fd N    write \"ready\" to descriptor N once it runs\n";

static int ready(void *ctx, struct sb_err *err)
{
    return sb_notify_ready(*(int *)ctx, err);
}

static int serve(const struct sb_watch_config *config, int ready_fd, struct sb_err *err)
{
    struct sb_watch *w = NULL;
    int rc = sb_privileges_run_dir(sb_config_text(config->config, "run_dir"), err);
    if (!rc)
        rc = sb_watch_open(&w, config, err);
    if (!rc)
        rc = sb_watch_run(w, ready, &ready_fd, err);
    sb_watch_close(w);
    if (!rc)
        sb_log(config->log, SB_LOG_INFO, "witness", SB_LOG_TEXT("event", "stopped"));
    return rc;
}

static int run(const struct sb_daemon_options *o, struct sb_err *err)
{
    struct sb_config *config = NULL;
    struct sb_signals *signals = NULL;
    struct sb_passphrase pass = {0};
    struct sb_watch_config watch = {.now_ms = sb_clock_now_ms};
    int rc = sb_signals_open(&signals, err);
    if (!rc)
        rc = sb_config_load(&config, o->file, sb_watch_keys, err);
    if (!rc)
        rc = sb_passphrase_configured(&pass, config, "Passphrase of the vault: ", err);
    if (!rc) {
        watch.config = config;
        watch.signals = signals;
        watch.passphrase = pass.text;
        watch.passphrase_n = pass.n;
        watch.log = sb_log_new(sb_daemon_log_level(config), NULL, NULL);
        if (!o->check)
            rc = serve(&watch, o->ready_fd, err);
        else if (sb_watch_check(&watch, sb_daemon_say_finding, NULL))
            rc = sb_fail(err, SB_E_STATE, "it would not run as it is");
    }
    sb_passphrase_wipe(&pass);
    sb_log_free(watch.log);
    sb_config_free(config);
    sb_signals_free(signals);
    return rc;
}

int main(int argc, char **argv)
{
    struct sb_daemon_options o = {0};
    struct sb_err err = {0};
    int rc = sb_daemon_options(argc, argv, program, usage, &o, &err);
    if (rc == 1)
        return EXIT_SUCCESS;
    if (!rc)
        rc = sb_privileges_drop(&err);
    if (!rc)
        rc = sb_keys_init(&err);
    if (!rc)
        rc = run(&o, &err);
    return rc ? sb_daemon_fail(program, &err) : EXIT_SUCCESS;
}
