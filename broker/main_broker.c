/* Purpose: sacbe-broker, the daemon in the middle: start, run, stop.
 * Invariant: privileges are given up before any secret is read; the readiness line is
 * written once peers can connect.
 * Not: the work (broker/io). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/cli/passphrase.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "broker/io/check.h"
#include "broker/io/settings.h"
#include "keys/hash.h"
#include "schemas/catalog/catalog.h"

enum { EXIT_NO = 1, EXIT_USAGE = 2 };

struct options {
    const char *file;
    bool check;
    int ready_fd; /* -1: none */
};

struct daemon {
    struct sb_config *config;
    struct sb_signals *signals;
    struct sb_vault *vault;
    struct sb_catalog *catalog; /* NULL: its default folder is not there */
    struct sb_priority *priorities;
    struct sb_broker_config broker;
};

static const char usage[] =
    "usage: sacbe-broker -c FILE [--check] [--ready-fd N]\n"
    "       sacbe-broker --version | --help\n"
    "\n"
    "  -c, --config FILE   configuration (an example: sacbe init writes broker.yaml)\n"
    "      --check         say whether it would start; change nothing\n"
    "      --ready-fd N    write \"ready ADDRESS\" to descriptor N once it listens\n";

static int fail(const struct sb_err *err)
{
    fprintf(stderr, "sacbe-broker: SB-%d %s\n", sb_code_number(err->code), err->text);
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
            return printf("sacbe-broker %s\n", SB_VERSION) > 0;
        else if (c == 'h')
            return fputs(usage, stdout) >= 0;
        else
            rc = sb_fail(err, SB_E_USAGE, "see sacbe-broker --help");
    }
    if (!rc && (!o->file || optind != argc))
        rc = sb_fail(err, SB_E_USAGE, "give -c FILE (see sacbe-broker --help)");
    return rc;
}

static int
open_vault(const struct sb_config *c, struct sb_vault **out, struct sb_err *err)
{
    const char *path = sb_config_text(c, "vault");
    struct sb_passphrase_ask ask = {.file = sb_config_text(c, "passphrase_file"),
                                    .prompt = "Passphrase of the broker's vault: ",
                                    .no_terminal = !isatty(STDIN_FILENO)};
    struct sb_passphrase pass = {0};
    int rc = sb_vault_is_sealed(path, err);
    if (rc == 1)
        rc = sb_passphrase_get(&pass, &ask, err);
    if (!rc)
        rc = sb_vault_open(out, path, sb_bytes(pass.text, pass.n), err);
    sb_passphrase_wipe(&pass);
    return rc;
}

/* The types' priorities, borrowing from the catalogue. The default folder may be
 * absent; one that the file names may not. */
static int load_priorities(struct daemon *d, struct sb_err *err)
{
    struct sb_err why = {0};
    const char *folder = sb_config_text(d->config, "catalogue_folder");
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

static void say_finding(void *ctx, const char *what, const struct sb_err *why)
{
    (void)ctx;
    if (why)
        printf("FAILED  %s: SB-%d %s\n", what, sb_code_number(why->code), why->text);
    else
        printf("ok      %s\n", what);
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
    d->broker.log = sb_log_new(sb_settings_log_level(d->config), NULL, NULL);
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

static int run(const struct options *o, struct sb_err *err)
{
    struct daemon d = {0};
    size_t bad = 0;
    int rc = prepare(&d, o->file, err);
    if (!rc && o->check)
        bad = sb_check_broker(&d.broker, say_finding, NULL);
    else if (!rc)
        rc = serve(&d.broker, o->ready_fd, err);
    release(&d);
    if (rc)
        return fail(err);
    return bad ? EXIT_NO : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    struct options o = {.ready_fd = -1};
    int rc = read_options(argc, argv, &o, &err);
    if (rc)
        return rc == 1 ? EXIT_SUCCESS : fail(&err);
    if (sb_privileges_drop(&err) || sb_keys_init(&err))
        return fail(&err);
    return run(&o, &err);
}
