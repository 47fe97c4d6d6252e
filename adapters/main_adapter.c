/* sacbe-adapter: the daemon beside an institution's database: start, run, stop.
 *
 * Privileges are given up before any secret is read; readiness is told once the loop
 * runs, connected or not. Not here: the work (adapters/engine). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/csv/csv.h"
#include "adapters/engine/engine.h"
#include "adapters/engine/settings.h"
#include "adapters/sqlite/sqlite.h"
#include "broker/cli/passphrase.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "keys/vault.h"

enum { EXIT_NO = 1, EXIT_USAGE = 2 };

struct options {
    const char *file;
    bool check;
    int ready_fd; /* -1: none */
};

static const struct sb_driver *const drivers[] = {
    &sb_sqlite_driver, &sb_csv_driver, NULL};

static const char usage[] =
    "usage: sacbe-adapter -c FILE [--check] [--ready-fd N]\n"
    "       sacbe-adapter --version | --help\n"
    "\n"
    "  -c, --config FILE   configuration\n"
    "      --check         say whether it would run; change nothing\n"
    "      --ready-fd N    write \"ready\" to descriptor N once it runs\n";

static int fail(const struct sb_err *err)
{
    fprintf(stderr, "sacbe-adapter: SB-%d %s\n", sb_code_number(err->code), err->text);
    return err->code == SB_E_USAGE ? EXIT_USAGE : EXIT_NO;
}

static int read_fd(const char *text, int *out, struct sb_err *err)
{
    char *end = NULL;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0 || n > 1023)
        return sb_fail(err, SB_E_USAGE, "--ready-fd %s: not a descriptor", text);
    *out = (int)n;
    return 0;
}

/* 0: go on; 1: answered already. */
static int read_options(int argc, char **argv, struct options *o, struct sb_err *err)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"ready-fd", required_argument, NULL, 'r'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int rc = 0;
    int c;
    while (!rc && (c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        if (c == 'c')
            o->file = optarg;
        else if (c == 'k')
            o->check = true;
        else if (c == 'r')
            rc = read_fd(optarg, &o->ready_fd, err);
        else if (c == 'v')
            return printf("sacbe-adapter %s\n", SB_VERSION) > 0;
        else if (c == 'h')
            return fputs(usage, stdout) >= 0;
        else
            rc = sb_fail(err, SB_E_USAGE, "see sacbe-adapter --help");
    }
    if (!rc && (!o->file || optind != argc))
        rc = sb_fail(err, SB_E_USAGE, "give -c FILE (see sacbe-adapter --help)");
    return rc;
}

static int
get_passphrase(const struct sb_config *c, struct sb_passphrase *out, struct sb_err *err)
{
    struct sb_passphrase_ask ask = {.file = sb_config_text(c, "passphrase_file"),
                                    .prompt = "Passphrase of the vault: ",
                                    .no_terminal = !isatty(STDIN_FILENO)};
    int rc = sb_vault_is_sealed(sb_config_text(c, "vault"), err);
    return rc == 1 ? sb_passphrase_get(out, &ask, err) : rc;
}

static void say_finding(void *ctx, const char *what, const struct sb_err *why)
{
    (void)ctx;
    if (why)
        printf("FAILED  %s: SB-%d %s\n", what, sb_code_number(why->code), why->text);
    else
        printf("ok      %s\n", what);
}

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

static int run(const struct options *o, struct sb_err *err)
{
    struct sb_config *config = NULL;
    struct sb_signals *signals = NULL;
    struct sb_passphrase pass = {0};
    struct sb_engine_config engine = {.drivers = drivers};
    int rc = sb_signals_open(&signals, err);
    if (!rc)
        rc = sb_config_load(&config, o->file, sb_adapter_keys, err);
    if (!rc)
        rc = get_passphrase(config, &pass, err);
    if (!rc) {
        engine.config = config;
        engine.signals = signals;
        engine.passphrase = pass.text;
        engine.passphrase_n = pass.n;
        engine.log = sb_log_new(sb_adapter_log_level(config), NULL, NULL);
        rc = o->check ? sb_engine_check(&engine, say_finding, NULL, err)
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
    struct options o = {.ready_fd = -1};
    struct sb_err err = {.code = 0};
    int rc = read_options(argc, argv, &o, &err);
    if (rc == 1)
        return 0;
    if (!rc)
        rc = sb_privileges_drop(&err);
    if (!rc)
        rc = sb_keys_init(&err);
    if (!rc)
        rc = run(&o, &err);
    return rc ? fail(&err) : 0;
}
