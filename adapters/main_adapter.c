/* sacbe-adapter: the daemon beside an institution's database: start, run, stop.
 *
 * Privileges are given up before any secret is read; readiness is told once the loop
 * runs, connected or not. Not here: the work (adapters/engine). */
#include "adapters/csv/csv.h"
#include "adapters/engine/engine.h"
#include "adapters/engine/settings.h"
#include "adapters/sqlite/sqlite.h"
#include "broker/cli/passphrase.h"
#include "broker/host/daemon.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "keys/vault.h"

static const struct sb_driver *const drivers[] = {
    &sb_sqlite_driver, &sb_csv_driver, NULL};

static const char program[] = "sacbe-adapter";
static const char usage[] =
    "usage: sacbe-adapter -c FILE [--check] [--ready-fd N]\n"
    "       sacbe-adapter --version | --help\n"
    "\n"
    "  -c, --config FILE   configuration\n"
    "      --check         say whether it would run; change nothing\n"
    "      --ready-fd N    write \"ready\" to descriptor N once it runs\n";

static int ready(void *ctx, struct sb_err *err)
{
    return sb_notify_ready(*(int *)ctx, err);
}

static int
serve(const struct sb_engine_config *config, int ready_fd, struct sb_err *err)
{
    struct sb_engine *e = NULL;
    int rc = sb_privileges_run_dir(sb_config_text(config->config, "run_dir"), err);
    if (!rc)
        rc = sb_engine_open(&e, config, err);
    if (!rc)
        rc = sb_engine_run(e, ready, &ready_fd, err);
    sb_engine_close(e);
    if (!rc)
        sb_log(config->log, SB_LOG_INFO, "engine", SB_LOG_TEXT("event", "stopped"));
    return rc;
}

static int run(const struct sb_daemon_options *o, struct sb_err *err)
{
    struct sb_config *config = NULL;
    struct sb_signals *signals = NULL;
    struct sb_passphrase pass = {0};
    struct sb_engine_config engine = {.drivers = drivers};
    int rc = sb_signals_open(&signals, err);
    if (!rc)
        rc = sb_config_load(&config, o->file, sb_adapter_keys, err);
    if (!rc)
        rc = sb_passphrase_configured(&pass, config, "Passphrase of the vault: ", err);
    if (!rc) {
        engine.config = config;
        engine.signals = signals;
        engine.passphrase = pass.text;
        engine.passphrase_n = pass.n;
        engine.log = sb_log_new(sb_daemon_log_level(config), NULL, NULL);
        rc = o->check ? sb_engine_check(&engine, sb_daemon_say_finding, NULL, err)
                      : serve(&engine, o->ready_fd, err);
    }
    sb_passphrase_wipe(&pass);
    sb_log_free(engine.log);
    sb_config_free(config);
    sb_signals_free(signals);
    return rc;
}

int main(int argc, char **argv)
{
    struct sb_daemon_options o = {0};
    struct sb_err err = {.code = 0};
    int rc = sb_daemon_options(argc, argv, program, usage, &o, &err);
    if (rc == 1)
        return 0;
    if (!rc)
        rc = sb_privileges_drop(&err);
    if (!rc)
        rc = sb_keys_init(&err);
    if (!rc)
        rc = run(&o, &err);
    return rc ? sb_daemon_fail(program, &err) : 0;
}
