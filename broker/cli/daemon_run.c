/* Purpose: the order of a daemon's start and end.
 * Invariant: rights are given up before any secret is read; signals are blocked before
 * the first thread; the passphrase is wiped before the process ends.
 * Not: the work (broker/io, broker/watch, adapters/engine). */
#include "broker/cli/daemon_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/cli/passphrase.h"
#include "broker/host/heap.h"
#include "broker/host/manual.h"
#include "broker/host/privileges.h"
#include "broker/metrics/metrics.h"
#include "keys/hash.h"

enum { NOT_CONFIGURED = 2 };

static void make_usage(const struct sb_daemon_program *p, char *out, size_t size)
{
    snprintf(out,
             size,
             "usage: %s -c FILE [--check] [--ready-fd N]\n"
             "       %s --version | --help\n"
             "\n"
             "  -c, --config FILE   configuration: see man %s\n"
             "      --check         say whether it would run; change nothing\n"
             "      --ready-fd N    write \"%s\" to descriptor N once it runs\n",
             p->name,
             p->name,
             p->name,
             p->ready);
}

static int metrics_text(void *ctx, struct sb_buf *out, struct sb_err *err)
{
    const struct sb_daemon *d = ctx;
    return sb_metrics_ask(sb_config_text(d->config, "run_dir"), out, err);
}

/* Off unless it is configured. */
static int
open_metrics(struct sb_metrics_server **out, struct sb_daemon *d, struct sb_err *err)
{
    const struct sb_metrics_config config = {.listen =
                                                 sb_config_text(d->config, "metrics"),
                                             .text = metrics_text,
                                             .ctx = d,
                                             .log = d->log};
    return config.listen ? sb_metrics_open(out, &config, err) : 0;
}

static int
serve(const struct sb_daemon_program *p, struct sb_daemon *d, struct sb_err *err)
{
    struct sb_metrics_server *metrics = NULL;
    int rc = sb_privileges_run_dir(sb_config_text(d->config, "run_dir"), err);
    if (!rc)
        rc = open_metrics(&metrics, d, err);
    if (!rc)
        rc = p->serve(d, err);
    sb_metrics_close(metrics);
    sb_service_stopping(d->service);
    if (!rc)
        sb_log(d->log, SB_LOG_INFO, p->module, SB_LOG_TEXT("event", "stopped"));
    return rc;
}

/* With a configuration: 0, 1 (--check found something), or an error. */
static int work(const struct sb_daemon_program *p,
                const struct sb_daemon_options *o,
                struct sb_daemon *d,
                struct sb_err *err)
{
    struct sb_passphrase pass = {0};
    struct sb_service_config sc = {
        .module = p->module, .file = o->file, .keys = p->keys, .config = d->config};
    sc.log = d->log = sb_log_new(sb_daemon_log_level(d->config), NULL, NULL);
    int rc = sb_service_open(&d->service, &sc, err);
    if (!rc)
        rc = sb_passphrase_configured(
            &pass, d->config, "Passphrase of the vault: ", err);
    d->passphrase = pass.text;
    d->passphrase_n = pass.n;
    if (!rc)
        rc = o->check ? p->check(d, err) : serve(p, d, err);
    sb_passphrase_wipe(&pass);
    d->passphrase = NULL;
    d->passphrase_n = 0;
    sb_service_close(d->service);
    sb_log_free(d->log);
    return rc;
}

static int run(const struct sb_daemon_program *p, const struct sb_daemon_options *o)
{
    struct sb_err err = {.code = 0};
    struct sb_daemon d = {.ready_fd = o->ready_fd};
    struct sb_config *config = NULL;
    int status = EXIT_SUCCESS;
    int rc = sb_privileges_drop(&err);
    sb_heap_keep();
    if (!rc)
        rc = sb_keys_init(&err);
    if (!rc)
        rc = sb_signals_open(&d.signals, &err);
    if (!rc) {
        rc = sb_config_load(&config, o->file, p->keys, &err);
        status = rc ? NOT_CONFIGURED : EXIT_SUCCESS;
    }
    d.config = config;
    if (!rc)
        rc = work(p, o, &d, &err);
    sb_config_free(config);
    sb_signals_free(d.signals);
    if (rc < 0) {
        int said = sb_daemon_fail(p->name, &err);
        return status ? status : said;
    }
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int sb_daemon_run(int argc, char **argv, const struct sb_daemon_program *p)
{
    char usage[512];
    struct sb_err err = {.code = 0};
    struct sb_daemon_options o = {.ready_fd = -1};
    make_usage(p, usage, sizeof usage);
    int rc = sb_daemon_options(argc, argv, p->name, usage, &o, &err);
    if (rc)
        return rc == 1 ? EXIT_SUCCESS : sb_daemon_fail(p->name, &err);
    if (o.manual) {
        sb_config_manual(p->name, p->keys, stdout);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    return run(p, &o);
}
